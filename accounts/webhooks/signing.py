"""Secrets, and the headers by which a receiver knows us: those of the Standard Webhooks."""

import json
import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

# The specification asks for 24 to 64 bytes.
BYTES = 32


def new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(BYTES)).decode()}"


def body_of(payload: dict[str, Any]) -> str:
    """The same for every try."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def headers(key: str, body: str, signed_by: Iterable[str], now: datetime) -> dict[str, str]:
    """The library takes moments as UTC, whatever their zone."""
    at = now.astimezone(UTC)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(key, at, body) for secret in signed_by),
    }
