"""Short signed words that stand for a message and one use of them: in addresses of links and of replies.

Letters and digits alone, in any case: on their way mail programs change the case of addresses. Those of SMS are
shorter, and nobody changes their case.
"""

from base64 import b32encode

from django.core.signing import b62_decode, b62_encode
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

# Of the links in it, whose holder may say what its reader wants; of the address that replies go to; and of the page
# where its reader answers what it asks.
LINK, REPLY, CHOICE = "link", "reply", "choice"
# Eighty bits: too many to try over the network.
_SIGNED_BYTES, SIGNATURE = 10, 16
_LARGEST = 2**63
# Of a short one fifty-nine bits, in ten letters and digits.
SHORT_SIGNATURE = 10
# What of an SMS a short one leads to: the page of its reader's choices, a link, by its number from one on, or the page
# where they answer.
PREFERENCES, ANSWERS, PLACES = 0, 63, 64


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


def short(message: int, place: int) -> str:
    """It tells nothing of the others: whoever is sent a link on cannot choose for its reader."""
    number = message * PLACES + place
    return b62_encode(number) + _short_signature(number)


def read_short(token: str) -> tuple[int, int] | None:
    """The message and the place; None where we did not make the token."""
    number, signature = token[:-SHORT_SIGNATURE], token[-SHORT_SIGNATURE:]
    if not (
        number.isascii() and number.isalnum() and signature.isascii() and len(number) < SHORT_SIGNATURE * 2
    ):
        return None
    read = b62_decode(number)
    is_ours = b62_encode(read) == number and constant_time_compare(signature, _short_signature(read))
    return divmod(read, PLACES) if is_ours and read // PLACES < _LARGEST else None


def _short_signature(number: int) -> str:
    signed = salted_hmac("accounts.messages.tokens", f"short {number}", algorithm="sha256").digest()
    return b62_encode(int.from_bytes(signed[:8])).zfill(SHORT_SIGNATURE)[-SHORT_SIGNATURE:]


def _signature(message: int, use: str) -> str:
    signed = salted_hmac("accounts.messages.tokens", f"{use} {message}", algorithm="sha256").digest()
    return b32encode(signed[:_SIGNED_BYTES]).decode().lower()
