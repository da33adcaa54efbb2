"""Headers of mails, however broken: Python's own reading of them fails in many ways."""

from email.message import Message as Parsed

from accounts.intake import service

FAILS = (ValueError, IndexError, AttributeError, TypeError, LookupError)


def header(mail: Parsed, name: str) -> str:
    """Empty where there is none, or none that can be read."""
    try:
        return service.storable(str(mail.get(name) or ""))
    except FAILS:
        return ""


def headers(mail: Parsed, name: str) -> list[str]:
    try:
        return [str(value) for value in mail.get_all(name, [])]
    except FAILS:
        return []
