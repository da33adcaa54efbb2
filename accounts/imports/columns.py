"""How a cell of a file becomes a value: one pure function per kind of column.

Each takes the cell (stripped, not empty) and the conventions of its file, and gives the value or says why not.
What can be read in two ways is refused, not guessed.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from accounts.attributes import LONGEST_TAG, MOST_TAGS, NAMES_SEPARATOR, tags_of
from accounts.countries import country_called
from accounts.imports.records import is_text
from accounts.money import known_currencies
from accounts.texts import Text, search_key

UTC_ZONE = ZoneInfo("UTC")


class Refused(ValueError):
    """The cell cannot be taken. The message says why, without repeating the cell: it may be personal."""


@dataclass(frozen=True)
class Conventions:
    """How a file writes what can be written in several ways."""

    zone: ZoneInfo = UTC_ZONE
    date_format: str = ""
    decimal: str = ""


Parse = Callable[[str, Conventions], object]

DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹−", "01234567890123456789-")
ISO_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)|(\d{4})/(\d\d?)/(\d\d?)|(\d{4})(\d\d)(\d\d)")
ISO_MOMENT = re.compile(
    r"(?P<day>[\d/-]+)(?:[T ]\s*(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
# As programs write moments: these come by the million, and no two are the same.
OF_PROGRAMS = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
)
# What a workbook's own days are written as; no format that puts the day or the month first can mean it.
SURE_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
ISO_MONTH = re.compile(r"(\d{4})[-/]?(\d\d)")
TIME = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?")
PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
ARABIC_SCRIPT = re.compile(r"[\u0620-\u064a]")
LIST_SEPARATOR = re.compile(r"[;,|،\s]+")
# No number of ours has as many digits; written out, one of them could fill the memory.
WRITTEN_OUT = 60
# Outside of these a year is a slip of the keyboard.
EARLIEST, LATEST = 1900, 2200
FARTHEST = timedelta(hours=14)
# A format by which spreadsheets count days: 46001 is 2025-12-10. They count one in February of 1900 that never was.
SERIAL = "excel"
SERIAL_DAY = re.compile(r"\d{1,5}(?:\.\d+)?")
NO_DAY, LAST_SERIAL = 60, 73050
YES = {"1", "true", "t", "yes", "y", "on", "نعم", "صح"}
NO = {"0", "false", "f", "no", "n", "off", "لا", "خطأ"}


def with_latin_digits(cell: str) -> str:
    return cell if cell.isascii() else cell.translate(DIGITS)


# From JSON to a cell


def cell_of(value: Any, decimal: str = "") -> str:
    """Numbers exactly as they are written; null is an empty cell."""
    match value:
        case str():
            return whole(value.strip())
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return _written(Decimal(value)).replace(".", decimal or ".")
    raise Refused(_("A plain value belongs here, no list and no object."))


def _written(number: Decimal) -> str:
    is_short = abs(number.adjusted()) < WRITTEN_OUT and len(number.as_tuple().digits) < WRITTEN_OUT
    return f"{number:f}" if is_short else str(number)


# Several items in one cell


def as_cell(items: Sequence[str]) -> str:
    """As a JSON array, which no separator divides."""
    return json.dumps(items, ensure_ascii=False) if items else ""


def items_in(cell: str, separator: re.Pattern[str]) -> list[str]:
    """Of a JSON array of texts its items as they are, else what stands between the separators."""
    found = _array(cell) if cell.startswith("[") else None
    if found is None:
        return [one for one in separator.split(cell) if one]
    return [whole(one.strip()) for one in found if one.strip()]


def _array(cell: str) -> list[str] | None:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if all(isinstance(one, str) for one in found) else None


def whole(text: str) -> str:
    """JSON can write down what is no text."""
    if not is_text(text):
        raise Refused(_("This holds a character that is none: a NUL, or half of one."))
    return text


# Texts


def text(cell: str, _conventions: Conventions, *, limit: int = 0) -> str:
    if limit and len(cell) > limit:
        raise Refused(
            _("Too long: %(length)s characters; the limit is %(limit)s.")
            % {"length": len(cell), "limit": limit}
        )
    return cell


def email(cell: str, conventions: Conventions, *, limit: int = 254) -> str:
    try:
        validate_email(cell)
    except ValidationError:
        raise Refused(_("This is not an e-mail address.")) from None
    return text(cell, conventions, limit=limit)


def address(cell: str, conventions: Conventions, *, limit: int = 200) -> str:
    """Of a website; `example.com` is taken as https."""
    whole = cell if "://" in cell else f"https://{cell}"
    try:
        URLValidator(schemes=["http", "https"])(whole)
    except ValidationError:
        raise Refused(_("This is not a web address.")) from None
    return text(whole, conventions, limit=limit)


def localized(cell: str, _conventions: Conventions, *, languages: Collection[str] = ("en", "ar")) -> Text:
    """A text in several languages as a JSON object by language code, or a plain text: Arabic script is Arabic."""
    if not cell.startswith("{"):
        return Text({"ar" if ARABIC_SCRIPT.search(cell) else "en": cell})
    try:
        texts = json.loads(cell)
    except (ValueError, RecursionError):
        raise Refused(_("This begins as a JSON object and is none.")) from None
    if not set(texts) <= set(languages) or not all(isinstance(one, str) for one in texts.values()):
        raise Refused(_("Give one text for each language, by its code (en, ar)."))
    return Text({language: whole(one) for language, one in texts.items()})


def choice(cell: str, _conventions: Conventions, *, among: Collection[str]) -> str:
    for known in (cell, cell.lower(), cell.lower().replace(" ", "_").replace("-", "_")):
        if known in among:
            return known
    raise Refused(_("This is none of: %(choices)s.") % {"choices": ", ".join(among)})


def choice_or(cell: str, _conventions: Conventions, *, among: Collection[str], otherwise: str) -> str:
    """To the letter: somebody else's word that looks like one of ours may mean another thing."""
    return cell if cell in among else otherwise


def named(cell: str, _conventions: Conventions, *, names: Mapping[str, Collection[str]]) -> str:
    """Of the keys that which has the name, in any spelling."""
    wanted = search_key(cell)
    for key, known in names.items():
        if wanted in map(search_key, known):
            return key
    choices = ", ".join(" / ".join(dict.fromkeys(known)) for known in names.values())
    raise Refused(_("This is none of: %(choices)s.") % {"choices": choices})


def several_named(cell: str, conventions: Conventions, *, names: Mapping[str, Collection[str]]) -> list[str]:
    """Each once, in the order of the keys."""
    chosen = {named(one, conventions, names=names) for one in items_in(cell, NAMES_SEPARATOR)}
    return [key for key in names if key in chosen]


def tags(cell: str, _conventions: Conventions) -> list[str]:
    found = tags_of(items_in(cell, NAMES_SEPARATOR))
    if any(len(one) > LONGEST_TAG for one in found):
        raise Refused(_("A tag has at most %(limit)s characters.") % {"limit": LONGEST_TAG})
    if len(found) > MOST_TAGS:
        raise Refused(_("There are at most %(limit)s tags.") % {"limit": MOST_TAGS})
    return found


def boolean(cell: str, _conventions: Conventions) -> bool:
    word = with_latin_digits(cell).lower()
    if word in YES or word in NO:
        return word in YES
    raise Refused(_("This is neither yes nor no."))


def currency(cell: str, _conventions: Conventions) -> str:
    if (code := cell.upper()) in known_currencies():
        return code
    raise Refused(_("This is no currency. Give a code such as SAR."))


def country(cell: str, _conventions: Conventions) -> str:
    """By its code, or its name in English or Arabic."""
    if code := country_called(cell):
        return code
    raise Refused(_("This is no country. Give its two letters, as in SA."))


@cache
def known_time_zones() -> set[str]:
    """Of the system: it looks through its files for them."""
    return available_timezones()


def time_zone(cell: str, _conventions: Conventions) -> str:
    if cell in known_time_zones():
        return cell
    raise Refused(_("This is no time zone. Give a name such as Asia/Riyadh."))


# Numbers


def number(cell: str, conventions: Conventions) -> Decimal:
    """Thousands may be grouped where that cannot be mistaken for decimals."""
    plain = with_latin_digits(cell)
    if conventions.decimal != "," and PLAIN.fullmatch(plain):
        return Decimal(plain)
    if "٫" in plain or "٬" in plain:
        plain = plain.replace("٬", "").replace("٫", ".")
    elif conventions.decimal == ",":
        plain = re.sub(r"(?<=\d)[. \u00a0\u202f](?=\d{3}(?:\D|$))", "", plain).replace(",", ".")
    elif GROUPED.fullmatch(plain):
        if not conventions.decimal and plain.count(",") == 1 and "." not in plain:
            raise Refused(_("The comma can mean thousands or decimals. Choose the decimal sign."))
        plain = plain.replace(",", "")
    if not PLAIN.fullmatch(plain):
        raise Refused(_("This is not a number."))
    return Decimal(plain)


def decimal(cell: str, conventions: Conventions, *, digits: int, places: int) -> Decimal:
    """Nothing is rounded: what does not fit is refused."""
    value = number(cell, conventions)
    if value and value.adjusted() >= digits - places:
        raise Refused(_("The number is too large."))
    if value != round(value, places):
        raise Refused(_("Too many decimals; the limit is %(limit)s.") % {"limit": places})
    return value


def money(cell: str, conventions: Conventions) -> Decimal:
    return decimal(cell, conventions, digits=19, places=4)


def percent(cell: str, conventions: Conventions, *, digits: int = 7, places: int = 4) -> Decimal:
    """In percent, with or without the sign: 20 and 20% are the same, 0.2 is a fifth of a percent."""
    value = decimal(cell.rstrip("%٪ "), conventions, digits=digits, places=places)
    if not 0 <= value <= 100:
        raise Refused(_("A percentage lies between 0 and 100."))
    return value


def integer(cell: str, conventions: Conventions, *, least: int, most: int) -> int:
    value = number(cell, conventions)
    if not least <= value <= most:
        raise Refused(_("This must lie between %(least)s and %(most)s.") % {"least": least, "most": most})
    if value != int(value):
        raise Refused(_("This is not a whole number."))
    return int(value)


# Days and times


def day(cell: str, conventions: Conventions) -> date:
    """A midnight counts as its day; any other time does not belong into a column of days."""
    plain = with_latin_digits(cell)
    if _has_format(plain, conventions):
        found_by = _by_format(plain, conventions.date_format)
        if conventions.date_format == SERIAL and found_by.time() != time():
            raise _with_a_time()
        return found_by.date()
    found = ISO_MOMENT.fullmatch(plain)
    if not found or found["offset"]:
        raise _not_understood()
    if any(int(found[part] or 0) for part in ("hour", "minute", "second", "fraction")):
        raise _with_a_time()
    return _iso_day(found["day"])


def moment(cell: str, conventions: Conventions) -> datetime:
    """Without an offset of its own, in the file's time zone; a mere day is its first instant there."""
    plain = with_latin_digits(cell)
    if not conventions.date_format and OF_PROGRAMS.fullmatch(plain):
        check_year(int(plain[:4]))
        # Where there is no such day or hour, the parts below say so.
        with suppress(ValueError):
            return datetime.fromisoformat(plain).astimezone(UTC)
    if _has_format(plain, conventions):
        return _aware(_by_format(plain, conventions.date_format), conventions.zone)
    found = ISO_MOMENT.fullmatch(plain)
    if not found:
        raise _not_understood()
    clock = _clock(found["hour"] or "0", found["minute"] or "0", found["second"] or "0")
    clock = clock.replace(microsecond=int((found["fraction"] or "0")[:6].ljust(6, "0")))
    naive = datetime.combine(_iso_day(found["day"]), clock)
    if offset := found["offset"]:
        return naive.replace(tzinfo=_zone_at(offset)).astimezone(UTC)
    return _aware(naive, conventions.zone)


def has_offset(cell: str) -> bool:
    """Of a moment: whether it is the same wherever it is read."""
    found = ISO_MOMENT.fullmatch(with_latin_digits(cell))
    return bool(found and found["offset"])


def month(cell: str, conventions: Conventions) -> date:
    """`2026-03`, or its first day."""
    if found := ISO_MONTH.fullmatch(with_latin_digits(cell)):
        return _date(int(found[1]), int(found[2]), 1)
    return day(cell, conventions)


def time_of_day(cell: str, _conventions: Conventions) -> time:
    if found := TIME.fullmatch(with_latin_digits(cell)):
        return _clock(found[1], found[2], found[3] or "0")
    raise Refused(_("This is no time of day. Give it as 09:30."))


def days(cell: str, conventions: Conventions) -> list[date]:
    return sorted({day(one, conventions) for one in items_in(cell, LIST_SEPARATOR)})


def weekdays(cell: str, conventions: Conventions) -> list[int]:
    """From 1 (Monday) to 7 (Sunday)."""
    return sorted({integer(one, conventions, least=1, most=7) for one in items_in(cell, LIST_SEPARATOR)})


def _not_understood() -> Refused:
    return Refused(
        _("Only dates written as 2026-03-31, 2026/03/31 or 20260331 are sure. Choose the date format.")
    )


def _with_a_time() -> Refused:
    return Refused(_("This is a day with a time; only a day belongs here."))


def _iso_day(written: str) -> date:
    found = ISO_DAY.fullmatch(written)
    if not found:
        raise _not_understood()
    year, number_of_month, number_of_day = (int(part) for part in found.groups() if part is not None)
    return _date(year, number_of_month, number_of_day)


def _date(year: int, number_of_month: int, number_of_day: int) -> date:
    check_year(year)
    try:
        return date(year, number_of_month, number_of_day)
    except ValueError:
        raise Refused(_("There is no such day.")) from None


def check_year(year: int) -> None:
    if not EARLIEST <= year <= LATEST:
        raise Refused(
            _("The year must lie between %(least)s and %(most)s.") % {"least": EARLIEST, "most": LATEST}
        )


def _clock(hour: str, minute: str, second: str) -> time:
    try:
        return time(int(hour), int(minute), int(second))
    except ValueError:
        raise Refused(_("There is no such time of day.")) from None


def _zone_at(offset: str) -> tzinfo:
    if offset in "Zz":
        return UTC
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if away > FARTHEST or int(offset[-2:]) > 59:
        raise Refused(_("There is no time zone with this offset."))
    return timezone(-away if offset[0] == "-" else away)


def _has_format(plain: str, conventions: Conventions) -> bool:
    is_sure = not conventions.date_format.startswith("%Y") and SURE_DAY.fullmatch(plain)
    return bool(conventions.date_format) and not is_sure


def is_date_format(text: str) -> bool:
    """Whether days that are written by it can be read again, as those of `%d/%m/%Y` can."""
    if text == SERIAL:
        return True
    try:
        datetime.strptime(datetime(2026, 3, 31, tzinfo=UTC_ZONE).strftime(text), text)  # noqa: DTZ007
    except (ValueError, re.error):
        # The latter where a part stands in it twice.
        return False
    return True


def _by_serial(cell: str) -> datetime:
    number = float(cell) if SERIAL_DAY.fullmatch(cell) else 0
    if not 1 <= number < LAST_SERIAL + 1 or int(number) == NO_DAY:
        raise Refused(_("There is no such day, or it is not written in the chosen date format."))
    first = date(1899, 12, 30) if number > NO_DAY else date(1899, 12, 31)
    return datetime.combine(first, time()) + timedelta(seconds=round(number * 86400))


def _by_format(cell: str, date_format: str) -> datetime:
    if date_format == SERIAL:
        return _by_serial(cell)
    try:
        found = datetime.strptime(cell, date_format)  # noqa: DTZ007 `_aware` gives it the zone of the file
    except ValueError:
        raise Refused(_("There is no such day, or it is not written in the chosen date format.")) from None
    _date(found.year, found.month, found.day)
    return found


def _aware(naive: datetime, zone: ZoneInfo) -> datetime:
    """In UTC. An hour that comes twice is taken as the first; one that a clock skips cannot have been."""
    if naive.tzinfo:
        return naive.astimezone(UTC)
    there = naive.replace(tzinfo=zone).astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != naive:
        if naive.time() == time():
            # The day itself begins with a skipped hour: its first instant is what was meant.
            return there
        raise Refused(_("The clocks skipped this hour in the time zone of the file."))
    return there
