"""How numbers, amounts and times are written for people, in both languages. Pure: no database, no request."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal
from babel.numbers import format_percent as babel_percent
from django.utils.translation import gettext, ngettext

Number = int | float | Decimal

SIGN_WITH_LETTERS = re.compile(r"(?P<letters>[A-Z]{1,2})(?P<sign>[$£¥])")
CODE_BEFORE_DIGIT = re.compile(r"([A-Z]{2,})(?=\d)")
SPAN = re.compile(r"(?P<count>[0-9]{1,4})(?P<unit>[dm])")
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
LEFT_TO_RIGHT_MARK = "\N{LEFT-TO-RIGHT MARK}"
ARABIC_MARK = "\N{ARABIC LETTER MARK}"
ARABIC_SIGNS = str.maketrans(
    dict(zip("0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True)) | {"-": f"{ARABIC_MARK}-", "%": f"٪{ARABIC_MARK}"}
)
# From here on the short form says thousands and millions in words.
LONG = 10_000
UNIT_PLACES = {
    "count": 0,
    "ratio": 2,
    "score": 1,
    "days": 1,
    "minutes": 1,
    "months": 1,
    "0–100": 0,
    "−100…100": 0,
}


@dataclass(frozen=True)
class Script:
    """A language and, in Arabic, the organisation's digits: "latn" (1 2 3) or "arab" (١ ٢ ٣)."""

    language: str = "en"
    digits: str = "latn"

    @property
    def numbering_system(self) -> str:
        return self.digits if self.language == "ar" else "latn"

    def finish(self, text: str) -> str:
        """Babel leaves the digits to us, and drops the marks without which a minus lands behind it."""
        if self.numbering_system == "arab":
            return text.translate(ARABIC_SIGNS)
        return text.replace("-", f"{LEFT_TO_RIGHT_MARK}-" if self.language == "ar" else MINUS)


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
    locale, numbering = script.language, script.numbering_system
    if short and abs(float(amount)) >= LONG:
        text = format_compact_currency(
            rounded(amount, 2), currency, fraction_digits=1, locale=locale, numbering_system=numbering
        )
    else:
        text = format_currency(Decimal(str(amount)), currency, locale=locale, numbering_system=numbering)
    if script.language == "ar":
        return script.finish(SIGN_WITH_LETTERS.sub(sign_alone, text))
    return script.finish(CODE_BEFORE_DIGIT.sub(rf"\1{NO_BREAK}", text))


def sign_alone(match: re.Match[str]) -> str:
    """US$ is just $; letters that must stay keep their sign beside them in a line from right to left."""
    if match["letters"] in {"US", "UK"}:
        return match["sign"]
    return match.group() + LEFT_TO_RIGHT_MARK


def duration(hours: Number, script: Script) -> str:
    """The two largest parts, such as "4 d 1 h"; rounded to the smaller one."""
    minutes = int(rounded(Decimal(str(hours)) * 60, 0))
    sign, minutes = (MINUS if minutes < 0 else ""), abs(minutes)
    if minutes >= 1440:
        days, rest = divmod(int(rounded(Decimal(minutes) / 60, 0)), 24)
        parts = [part("day", days, script), part("hour", rest, script) if rest else ""]
    elif minutes >= 60:
        whole, rest = divmod(minutes, 60)
        parts = [part("hour", whole, script), part("minute", rest, script) if rest else ""]
    else:
        parts = [part("minute", minutes, script)]
    joint = " و" if script.language == "ar" else " "
    return sign + joint.join(filter(None, parts))


def part(unit: str, count: int, script: Script) -> str:
    patterns = {
        "day": ngettext("%(count)s d", "%(count)s d", count),
        "hour": ngettext("%(count)s h", "%(count)s h", count),
        "minute": ngettext("%(count)s min", "%(count)s min", count),
    }
    return patterns[unit].replace(" ", NO_BREAK) % {"count": number(count, script, 0)}


def measured(value: Number, unit: str, script: Script) -> str:
    """A number of days, minutes or months with its word in the right plural form."""
    exact = rounded(value, UNIT_PLACES[unit])
    # Arabic says 2.5 days in the form of 100 days, English in that of many.
    count = int(exact) if exact == int(exact) else 100
    patterns = {
        "days": ngettext("%(count)s day", "%(count)s days", count),
        "minutes": ngettext("%(count)s minute", "%(count)s minutes", count),
        "months": ngettext("%(count)s month", "%(count)s months", count),
    }
    text = number(exact, script, 0 if exact == int(exact) else 1)
    return patterns[unit].replace(" ", NO_BREAK) % {"count": text}


def metric(value: Number, unit: str, script: Script, currency: str = "", short: bool = False) -> str:
    """A metric's value in its unit. `%` holds fractions; `money` without a currency is a bare number."""
    if unit == "%":
        return percent(value, script)
    if unit == "money" and currency:
        return money(value, currency, script, short=short)
    if unit == "hours":
        return duration(value, script)
    if unit in {"days", "minutes", "months"}:
        return measured(value, unit, script)
    if unit == "ratio":
        return number(value, script, 2) + "×"
    if short and abs(float(value)) >= LONG:
        return compact(value, script)
    if unit == "count" and rounded(value, 2) % 1:
        return number(value, script, 2)
    return number(value, script, UNIT_PLACES.get(unit))


def interval(low: Number, high: Number, unit: str, script: Script, currency: str = "") -> str:
    """Two limits; in English a sign that ends both is said once: "25.6–27.6%"."""
    first, last = metric(low, unit, script, currency), metric(high, unit, script, currency)
    if script.language == "ar":
        return f"{isolate(first)}–{isolate(last)}"
    if unit in {"%", "ratio"}:
        first = first.removesuffix(last[-1])
    is_plain = not {MINUS, NO_BREAK, " "} & {*first, *last}
    return f"{first}–{last}" if is_plain else f"{first}{NO_BREAK}– {last}"


def isolate(text: str) -> str:
    """Keeps a minus or a unit with its own number where two numbers stand in a line from right to left."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def change(now: Number, before: Number, unit: str, script: Script) -> str:
    """How much `now` is above `before`: shares and scores in points, everything else in percent of before."""
    if unit == "%":
        points = number(abs(rounded(Decimal(str(now)) - Decimal(str(before)), 4)) * 100, script, 1)
        return gettext("%(points)s pp") % {"points": points}
    if unit in {"score", "0–100", "−100…100"}:
        return number(abs(Decimal(str(now)) - Decimal(str(before))), script, 1)
    if before == 0:
        return metric(abs(Decimal(str(now))), unit, script)
    share = abs(Decimal(str(now)) - Decimal(str(before))) / abs(Decimal(str(before)))
    return percent(share, script, places=1 if share < 1 else 0)


def window(text: str) -> str:
    """A window as it stands in addresses, such as 30d or 12m, in words; another one as it is."""
    match = SPAN.fullmatch(text)
    if match and match["unit"] == "d":
        count = int(match["count"])
        return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}
    if match:
        count = int(match["count"])
        return ngettext("%(count)s month", "%(count)s months", count) % {"count": count}
    names = {
        "month": gettext("this month"),
        "quarter": gettext("this quarter"),
        "year": gettext("this fiscal year"),
        "all": gettext("since the beginning"),
    }
    return names.get(text, text)


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
