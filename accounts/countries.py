"""Countries: their codes, and what people call them in English and Arabic."""

import re
from collections.abc import Mapping
from functools import cache

from babel import Locale

from accounts.texts import search_key

LANGUAGES = ("en", "ar")
# What Babel lists besides countries: unions, pseudo languages, places whose codes are only reserved.
NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
# What people write besides the names that Babel has.
OTHERWISE: Mapping[str, str] = {
    "SA": "KSA, Kingdom of Saudi Arabia, السعودية, العربية السعودية",
    "AE": "UAE, Emirates, الإمارات, دولة الإمارات العربية المتحدة",
    "US": "USA, U.S., U.S.A., United States of America, America, أمريكا, الولايات المتحدة الأمريكية",
    "GB": "UK, U.K., Great Britain, Britain, بريطانيا",
    "EG": "Arab Republic of Egypt, جمهورية مصر العربية",
    "KW": "دولة الكويت",
    "QA": "دولة قطر",
    "BH": "Kingdom of Bahrain, مملكة البحرين",
    "OM": "Sultanate of Oman, سلطنة عمان",
    "JO": "المملكة الأردنية الهاشمية",
    "PS": "Palestine, State of Palestine, فلسطين",
    "SY": "Syrian Arab Republic",
    "TR": "Turkey, Turkiye",
    "HK": "Hong Kong, هونغ كونغ",
    "MO": "Macao, Macau, ماكاو",
    "CZ": "Czech Republic",
    "CI": "Ivory Coast, Cote d'Ivoire, ساحل العاج",
    "RU": "Russian Federation",
    "NL": "Holland, The Netherlands",
    "VN": "Viet Nam",
    "MM": "Burma",
}
NOT_A_LETTER = re.compile(r"[\W_]+")


@cache
def names_of_countries(language: str) -> Mapping[str, str]:
    """By code, in the order of the names."""
    names = Locale(language).territories
    found = {
        code: name
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
    return dict(sorted(found.items(), key=lambda pair: search_key(pair[1])))


@cache
def known_countries() -> frozenset[str]:
    return frozenset(names_of_countries("en"))


def country_called(name: str) -> str:
    """Its code, for a code or a name in any spelling; nothing where there is none."""
    code = name.upper()
    return code if code in known_countries() else _names().get(_plain(name), "")


@cache
def _names() -> Mapping[str, str]:
    called = {_plain(one): code for code, names in OTHERWISE.items() for one in names.split(",")}
    for language in LANGUAGES:
        called |= {_plain(name): code for code, name in names_of_countries(language).items()}
    return called


def _plain(name: str) -> str:
    words = NOT_A_LETTER.sub(" ", search_key(name)).split()
    return " ".join(word.removeprefix("ال") or word for word in words)
