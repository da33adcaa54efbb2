"""Currencies: which exist, and how many decimals their smallest coin has."""

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision


@cache
def minor_unit(currency: str) -> int:
    """Decimals of the currency's smallest coin: 2 for most, 3 for KWD, BHD, OMR, JOD and TND, 0 for JPY."""
    return get_currency_precision(currency)


@cache
def known_currencies() -> frozenset[str]:
    """Every ISO 4217 code that Babel knows, those out of use included: old invoices carry them."""
    return frozenset(get_global("all_currencies"))
