"""Windows of days: `30d`, `12m`, `month`, `quarter`, `year`, `all`, `2026-01-01..2026-03-31`.

A window holds whole days, and its *start* is the end of the day before the first of them, so that the moments
between which a movement is measured are the ends of `start` and of `end`.
"""

import calendar
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

MAX_DAYS = 3660
MAX_MONTHS = 120

# Room for the day before the first and for the midnight after the last, in any time zone.
EARLIEST = date(1, 1, 2)
LATEST = date(9999, 12, 30)

CALENDAR_MONTHS = {"month": 1, "quarter": 3, "year": 12}

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_ROLLING = re.compile(r"([0-9]{1,6})([dm])")
_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")


class WindowError(ValueError):
    """The text is no window; the message is for the person who wrote it."""


@dataclass(frozen=True, order=True)
class Window:
    """Two windows are equal when their days are; `text` only says how the window was asked for."""

    first: date
    last: date
    text: str = field(default="", compare=False)
    # The day of the month that was asked for; a short month hides it, and the period before 1m of 31 March is
    # all of February.
    day_number: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise WindowError(_("The window ends before it begins. Put the earlier day first."))
        if self.first < EARLIEST or self.last > LATEST:
            raise _out_of_calendar()

    @property
    def start(self) -> date:
        return self.first - timedelta(days=1)

    @property
    def end(self) -> date:
        return self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def months(self) -> list[tuple[date, date]]:
        """(start, end] pieces, cut at the ends of calendar months, that together are the window."""
        cuts = [self.start]
        while cuts[-1] < self.last:
            cuts.append(min(_month_end(cuts[-1] + timedelta(days=1)), self.last))
        return list(pairwise(cuts))

    def before(self) -> "Window | None":
        """The period to compare with; None for `all` and where the calendar begins."""
        if self.text == "all":
            return None
        try:
            return self._before()
        except WindowError:
            return None

    def _before(self) -> "Window":
        number = self.day_number or self.last.day
        if months := CALENDAR_MONTHS.get(self.text, 0):
            first = add_months(self.first, -months)
            last = _same_number(self.last, -months, number)
        elif months := _rolling_months(self.text):
            first = _plus(_same_number(self.last, -2 * months, number), 1)
            last = self.start
        else:
            return self.shifted(self.days)
        return Window(first, last, self.text, number)

    def shifted(self, days: int) -> "Window":
        """Moved back at full length, so that everything in it had `days` to ripen.

        To compare two shifted windows take `before()` first: a month moved back is no calendar month.
        """
        first, last = _plus(self.first, -days), _plus(self.last, -days)
        if self.text == "all":
            return Window(min(self.first, last), last, self.text)
        if months := _rolling_months(self.text):
            return _rolling(months, last, self.text)
        if _ROLLING.fullmatch(self.text):
            return Window(first, last, self.text)
        return _range(first, last)


def parse(text: str, as_of: date, *, fiscal_year_start: int = 1, first_fact: date | None = None) -> Window:
    """The window that `text` means on the day `as_of`. A range of two days does not look at `as_of`."""
    text = _plain(text)
    if text == "all":
        return Window(min(first_fact or as_of, as_of), as_of, text)
    if text in CALENDAR_MONTHS:
        return Window(_first_of(text, as_of, fiscal_year_start), as_of, text, as_of.day)
    if match := _ROLLING.fullmatch(text):
        return _parse_rolling(int(match[1]), match[2], as_of)
    if match := _RANGE.fullmatch(text):
        return _parse_range(match[1], match[2])
    raise WindowError(
        _(
            "“%(text)s” is not a window. Write a number of days such as 30d, a number of months such as 12m, "
            "month, quarter, year, all, or two days such as 2026-01-01..2026-03-31."
        )
        % {"text": text[:40]}
    )


def is_of_two_days(text: str) -> bool:
    """Such a window is the same on every day."""
    return _RANGE.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    return with_plain_digits(text.strip().lower())


def with_plain_digits(text: str) -> str:
    """Arabic and Persian digits as those that dates and windows are written with."""
    return text.translate(_DIGITS)


def longest(working_days: int, weekend: Collection[int]) -> int:
    """So many days so many working days can take, whatever day they follow."""
    rest = len({*weekend})
    return working_days + rest * -(-working_days // max(7 - rest, 1))


def add_months(day: date, months: int) -> date:
    """The same day number, or the last day of a shorter month."""
    return _same_number(day, months, day.day)


def ends_of_months(until: date, count: int) -> list[date]:
    """The last so many that are not after the day, the latest first, as far as the calendar goes back."""
    ends: list[date] = []
    end = _plus(until, 1).replace(day=1)
    while len(ends) < count and end > EARLIEST:
        end -= timedelta(days=1)
        ends.append(end)
        end = end.replace(day=1)
    return ends


def _same_number(day: date, months: int, number: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not EARLIEST.year <= year <= LATEST.year:
        raise _out_of_calendar()
    return date(year, month + 1, min(number, calendar.monthrange(year, month + 1)[1]))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _out_of_calendar() from None


def _first_of(text: str, as_of: date, fiscal_year_start: int) -> date:
    months_into_the_year = (as_of.month - fiscal_year_start) % 12
    return add_months(as_of.replace(day=1), -(months_into_the_year % CALENDAR_MONTHS[text]))


def _parse_rolling(number: int, unit: str, as_of: date) -> Window:
    limit = MAX_DAYS if unit == "d" else MAX_MONTHS
    if not 1 <= number <= limit:
        raise WindowError(
            _("A window has 1 to %(days)s days or 1 to %(months)s months. Write such a number, or all.")
            % {"days": MAX_DAYS, "months": MAX_MONTHS}
        )
    if unit == "m":
        return _rolling(number, as_of, f"{number}m")
    return Window(_plus(as_of, 1 - number), as_of, f"{number}d")


def _rolling(months: int, last: date, text: str) -> Window:
    return Window(_plus(add_months(last, -months), 1), last, text, last.day)


def _rolling_months(text: str) -> int:
    return int(text[:-1]) if text.endswith("m") else 0


def _range(first: date, last: date) -> Window:
    return Window(first, last, f"{first}..{last}")


def _parse_range(first: str, last: str) -> Window:
    window = _range(_day(first), _day(last))
    if window.days > MAX_DAYS:
        raise WindowError(
            _("This window has %(count)s days. Choose at most %(days)s, or all.")
            % {"count": window.days, "days": MAX_DAYS}
        )
    return window


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WindowError(
            _("%(text)s is not a day of the calendar. Write year, month and day, such as 2026-03-31.")
            % {"text": text}
        ) from None


def _out_of_calendar() -> WindowError:
    return WindowError(_("The window leaves the calendar. Choose a shorter one or another day."))
