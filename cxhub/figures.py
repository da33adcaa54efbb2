"""How numbers, amounts and times are written for people, in both languages. Pure: no database, no request."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal
from babel.numbers import format_percent as babel_percent
from babel.units import format_unit
from django.utils.translation import gettext

Number = int | float | Decimal

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CODE_BEFORE_DIGIT = re.compile(r"([A-Z]{2,})(?=\d)")
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
UNIT_PLACES = {"count": 0, "ratio": 2, "score": 1, "days": 1, "minutes": 1, "months": 1, "0–100": 0}


@dataclass(frozen=True)
class Script:
    """A language and, in Arabic, the digits which the organisation chose: "latn" (1 2 3) or "arab" (١ ٢ ٣)."""

    language: str = "en"
    digits: str = "latn"

    @property
    def numbering_system(self) -> str:
        return self.digits if self.language == "ar" else "latn"

    def finish(self, text: str) -> str:
        """Babel uses the signs of a numbering system but leaves its digits to us."""
        if self.numbering_system == "arab":
            return text.translate(ARABIC_DIGITS)
        return text if self.language == "ar" else text.replace("-", MINUS)


def rounded(value: Number, places: int) -> Decimal:
    """Halves go away from zero, as people round; through the shortest text, so that 0.145 is no 0.1449999."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    result = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return abs(result) if result == 0 else result


def number(value: Number, script: Script, places: int | None = None) -> str:
    """Without `places`, whole numbers stay whole and others show at most two decimals."""
    if places is None:
        value, pattern = rounded(value, 2), "#,##0.##"
    else:
        value, pattern = rounded(value, places), "#,##0" + ("." + "0" * places if places else "")
    text = format_decimal(value, pattern, locale=script.language, numbering_system=script.numbering_system)
    return script.finish(text)


def compact(value: Number, script: Script) -> str:
    text = format_compact_decimal(
        rounded(value, 2), locale=script.language, fraction_digits=1, numbering_system=script.numbering_system
    )
    return script.finish(text)


def percent(share: Number, script: Script, places: int = 1) -> str:
    """`share` is a fraction: 0.256 is 25.6%."""
    text = babel_percent(
        rounded(share, places + 2),
        "#,##0" + ("." + "0" * places if places else "") + "%",
        locale=script.language,
        numbering_system=script.numbering_system,
    )
    return script.finish(text)


def money(amount: Number, currency: str, script: Script, short: bool = False) -> str:
    """With the currency's own decimals (two for USD, three for KWD, none for JPY)."""
    settings = {"locale": script.language, "numbering_system": script.numbering_system}
    if short and abs(amount) >= 10_000:
        text = format_compact_currency(rounded(amount, 2), currency, fraction_digits=1, **settings)
    else:
        text = format_currency(Decimal(str(amount)), currency, **settings)
    return script.finish(CODE_BEFORE_DIGIT.sub(rf"\1{NO_BREAK}", text))


def duration(hours: Number, script: Script) -> str:
    """The two largest parts, such as "4 d 1 h"; rounded to the smaller one."""
    minutes = int(rounded(Decimal(str(hours)) * 60, 0))
    sign, minutes = ("-" if minutes < 0 else ""), abs(minutes)
    if minutes >= 1440:
        days, rest = divmod(int(rounded(Decimal(minutes) / 60, 0)), 24)
        parts = [part("day", days, script), part("hour", rest, script) if rest else ""]
    elif minutes >= 60:
        whole, rest = divmod(minutes, 60)
        parts = [part("hour", whole, script), part("minute", rest, script) if rest else ""]
    else:
        parts = [part("minute", minutes, script)]
    joint = " و" if script.language == "ar" else " "
    return script.finish(sign + joint.join(filter(None, parts)))


def part(unit: str, count: int, script: Script) -> str:
    if script.language == "ar":
        return format_unit(count, f"duration-{unit}", "long", locale="ar")
    return f"{count}{NO_BREAK}{ {'day': 'd', 'hour': 'h', 'minute': 'min'}[unit] }"


def measured(value: Number, unit: str, script: Script, places: int) -> str:
    """A number of days, minutes or months with its word in the right plural form."""
    text = format_unit(
        rounded(value, places).normalize(),
        f"duration-{unit.removesuffix('s')}",
        "long",
        locale=script.language,
        numbering_system=script.numbering_system,
    )
    return script.finish(text.replace(" ", NO_BREAK))


def metric(value: Number, unit: str, script: Script, currency: str = "", short: bool = False) -> str:
    """A metric's value in its unit. `%` holds fractions; `money` without a currency (mixed) is a bare number."""
    if unit == "%":
        return percent(value, script)
    if unit == "money" and currency:
        return money(value, currency, script, short=short)
    if unit == "hours":
        return duration(value, script)
    if unit in {"days", "minutes", "months"}:
        return measured(value, unit, script, UNIT_PLACES[unit])
    if unit == "ratio":
        return number(value, script, 2) + "×"
    if short and abs(value) >= 10_000:
        return compact(value, script)
    return number(value, script, None if rounded(value, 2) % 1 else UNIT_PLACES.get(unit))


def interval(low: Number, high: Number, unit: str, script: Script, currency: str = "") -> str:
    """Two limits, the unit once where it is the last letter of both: "25.6–27.6%"."""
    first, last = metric(low, unit, script, currency), metric(high, unit, script, currency)
    if script.language == "en" and unit == "%":
        first = first.removesuffix("%")
    joint = f"{NO_BREAK}–{NO_BREAK}" if MINUS in last or " " in last or NO_BREAK in last else "–"
    return first + joint + last


def change(now: Number, before: Number, unit: str, script: Script) -> str:
    """How much `now` is above `before`: shares and scores in points, everything else in percent of before."""
    if unit == "%":
        points = number(abs(rounded(Decimal(str(now)) - Decimal(str(before)), 4)) * 100, script, 1)
        return gettext("%(points)s pp") % {"points": points}
    if unit in {"score", "0–100"}:
        return number(abs(Decimal(str(now)) - Decimal(str(before))), script, 1)
    if before == 0:
        return metric(abs(now), unit, script)
    share = abs(Decimal(str(now)) - Decimal(str(before))) / abs(Decimal(str(before)))
    return percent(share, script, places=1 if share < 1 else 0)


def day(value: date, script: Script) -> str:
    return script.finish(format_date(value, "d MMM y", locale=script.language))


def moment(value: datetime, script: Script) -> str:
    """An aware time, already in the zone in which it is to be read."""
    pattern = "d MMM y، HH:mm" if script.language == "ar" else "d MMM y, HH:mm"
    return script.finish(format_datetime(value, pattern, locale=script.language))


def month(value: date, script: Script) -> str:
    return script.finish(format_date(value, "MMM y", locale=script.language))


def ago(value: datetime, now: datetime, script: Script) -> str:
    """Seconds and minutes are said in words that do not pretend to more than the page knows."""
    difference = value - now
    if abs(difference) < timedelta(minutes=1):
        return gettext("just now")
    text = format_timedelta(difference, threshold=1, add_direction=True, locale=script.language)
    return script.finish(text)


def out_of(part_count: Number, whole: Number, script: Script) -> str:
    counts = {"part": number(part_count, script), "whole": number(whole, script)}
    return gettext("%(part)s of %(whole)s") % counts
