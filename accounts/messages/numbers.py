"""Telephone numbers as the whole world calls them: +966501234567 (E.164)."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


class BadNumber(ValueError):
    pass


def in_full(written: str, country: str = "") -> str:
    """In any digits, with + or 00 before the country's code, or as one dials it in the country. Raises BadNumber."""
    digits = re.sub(r"\d", lambda digit: str(int(digit[0])), written).strip()
    digits = re.sub(r"^00(?=[1-9])", "+", digits)
    try:
        number = phonenumbers.parse(digits, country or None)
    except NumberParseException as error:
        raise BadNumber(written) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise BadNumber(written)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
