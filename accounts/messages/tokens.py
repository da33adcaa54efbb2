"""Short signed words that stand for a message and one use of them: in addresses of links and of replies.

Letters and digits alone, in any case: on their way mail programs change the case of addresses.
"""

from base64 import b32encode

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

# Of the links in it, whose holder may say what its reader wants; and of the address that replies go to.
LINK, REPLY = "link", "reply"
# Eighty bits: too many to try over the network.
_SIGNED_BYTES, SIGNATURE = 10, 16
_LARGEST = 2**63


def of(message: int, use: str) -> str:
    return int_to_base36(message) + _signature(message, use)


def read(token: str, use: str) -> int | None:
    """The message; None where we did not make the token for this use."""
    number, signature = token[:-SIGNATURE], token[-SIGNATURE:]
    try:
        message = base36_to_int(number)
    except ValueError:
        return None
    given = signature.lower()
    is_ours = given.isascii() and constant_time_compare(given, _signature(message, use))
    return message if is_ours and message < _LARGEST else None


def _signature(message: int, use: str) -> str:
    signed = salted_hmac("accounts.messages.tokens", f"{use} {message}", algorithm="sha256").digest()
    return b32encode(signed[:_SIGNED_BYTES]).decode().lower()
