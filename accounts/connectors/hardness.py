"""Whether nothing will ever arrive at an address: Anymail calls a bounce what a full mailbox sent back, too.

By what each provider says beside it; where none does, by the status code of the answer (RFC 3463).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
HARD_AT_SPARKPOST = {"10", "30", "90"}
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_NO_SUCH = re.compile(r"(?<![\d.])5\.1\.(?:1|2|3|6|10)(?![\d.])")

Said = Mapping[str, Any]
Ask = Callable[[Said], bool | None]


def _of(said: Said, *path: str) -> Any:
    found: Any = said
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _at_amazon(said: Said) -> bool | None:
    kind = _of(said, "bounce", "bounceType")
    return kind == "Permanent" if kind else None


def _at_mailjet(said: Said) -> bool | None:
    hard = said.get("hard_bounce")
    return hard if isinstance(hard, bool) else None


def _at_resend(said: Said) -> bool | None:
    kind = _of(said, "data", "bounce", "type")
    return kind == "Permanent" if kind else None


def _at_sendgrid(said: Said) -> bool | None:
    return False if said.get("type") == "blocked" else None


def _at_sparkpost(said: Said) -> bool | None:
    wrapped = said.get("msys")
    inner: Said = next(iter(wrapped.values()), {}) if isinstance(wrapped, Mapping) else {}
    kind = _of(inner, "bounce_class")
    return str(kind) in HARD_AT_SPARKPOST if kind else None


def _named(*soft: str) -> Ask:
    """By how the provider calls what happened."""

    def ask(said: Said) -> bool | None:
        called = str(said.get("event") or said.get("Type") or "")
        return False if called in soft else None

    return ask


ASKED: dict[str, Ask] = {
    "amazon_ses": _at_amazon,
    "brevo": _named("soft_bounce"),
    "mailjet": _at_mailjet,
    "mailtrap": _named("soft bounce"),
    "mandrill": _named("soft_bounce"),
    "postmark": _named("SoftBounce", "VirusNotification"),
    "resend": _at_resend,
    "sendgrid": _at_sendgrid,
    "sparkpost": _at_sparkpost,
}


def is_hard(provider: str, said: Any, answer: str) -> bool:
    """`said`: the provider's own event; `answer`: what the other server answered, if it is told."""
    told = ASKED[provider](said) if provider in ASKED and isinstance(said, Mapping) else None
    if told is not None:
        return told
    status = _STATUS.search(answer)
    return names_nobody(answer) if status else True


def names_nobody(answer: str) -> bool:
    """By its status code: that there is no such address."""
    return bool(_NO_SUCH.search(answer))
