"""What Twilio posts: forms, signed by address and fields.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha1
from hmac import digest
from urllib.parse import parse_qs

from django.utils.crypto import constant_time_compare

# What of our own address is read along with the fields, by another name than theirs.
OUR_ID = "id"


def is_signed(url: str, body: bytes, header: str, token: str) -> bool:
    return constant_time_compare(header, signature(url, body, token))


def signature(url: str, body: bytes, token: str) -> str:
    """Of the address as Twilio was told it, and behind it each field and its value, in the order of their names."""
    said = sorted(_fields(body).items())
    signed = url + "".join(name + value for name, values in said for value in sorted(set(values)))
    return b64encode(digest(token.encode(), signed.encode(), sha1)).decode()


def with_query(body: bytes, query: str) -> bytes:
    return body + f"&{query}".encode() if query else body


def fields(body: bytes) -> Mapping[str, str]:
    return {name: values[-1] for name, values in _fields(body).items()}


def _fields(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
