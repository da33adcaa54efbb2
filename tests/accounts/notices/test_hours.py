"""Quiet hours and digests by the clock on the wall, also in the nights in which it is moved."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.notices.hours import is_quiet, is_weekend, last_digest, moment

RIYADH, CAIRO, BERLIN = map(ZoneInfo, ("Asia/Riyadh", "Africa/Cairo", "Europe/Berlin"))
EVERY_ZONE = pytest.mark.parametrize("zone", [RIYADH, CAIRO, BERLIN], ids=str)
MINUTE = timedelta(minutes=1)


def there(zone, written, *, fold=0):
    return datetime.fromisoformat(written).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@EVERY_ZONE
@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_over_midnight(zone, clock, quiet):
    assert is_quiet(there(zone, f"2026-06-10 {clock}"), zone, time(22), time(7)) == quiet


@EVERY_ZONE
@pytest.mark.parametrize(
    ("clock", "quiet"), [("11:59", False), ("12:00", True), ("13:29", True), ("13:30", False)]
)
def test_within_a_day(zone, clock, quiet):
    assert is_quiet(there(zone, f"2026-06-10 {clock}"), zone, time(12), time(13, 30)) == quiet


def test_without_both_times_nothing_is_quiet():
    now = there(RIYADH, "2026-06-10 03:00")

    assert not is_quiet(now, RIYADH, None, None)
    assert not is_quiet(now, RIYADH, time(22), None)


def quiet_minutes(zone, begins, ends, since):
    """Of two days: when it was quiet, in UTC."""
    minutes = [since + number * MINUTE for number in range(2 * 24 * 60)]
    return [now for now in minutes if is_quiet(now, zone, begins, ends)]


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        (RIYADH, "2026-03-28", 9),
        (BERLIN, "2026-03-28", 8),
        (BERLIN, "2026-10-24", 10),
        (CAIRO, "2026-04-23", 8),
        (CAIRO, "2026-10-29", 10),
    ],
)
def test_night_in_which_the_clock_is_moved_is_one_stretch(zone, evening, hours):
    quiet = quiet_minutes(zone, time(22), time(7), there(zone, f"{evening} 12:00"))[: hours * 60 + 1]

    assert quiet[0] == there(zone, f"{evening} 22:00")
    assert quiet[hours * 60 - 1] - quiet[0] == timedelta(hours=hours) - MINUTE
    assert len(quiet) == hours * 60 or quiet[-1] - quiet[-2] > timedelta(hours=10)


def test_end_that_the_clock_shows_twice_comes_once():
    """Half past two: quiet ends at the first, and does not begin again when it is two again."""
    quiet = quiet_minutes(BERLIN, time(22), time(2, 30), there(BERLIN, "2026-10-24 12:00"))

    first_night = [now for now in quiet if now < there(BERLIN, "2026-10-25 12:00")]
    assert first_night[-1] == there(BERLIN, "2026-10-25 02:29")
    assert not is_quiet(there(BERLIN, "2026-10-25 02:10", fold=1), BERLIN, time(22), time(2, 30))


def test_beginning_that_is_left_out_comes_when_it_would_have():
    """In Cairo midnight is followed by one o'clock."""
    assert not is_quiet(there(CAIRO, "2026-04-23 23:59"), CAIRO, time(0, 30), time(6))
    assert is_quiet(there(CAIRO, "2026-04-24 01:30"), CAIRO, time(0, 30), time(6))


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-06-10 08:00", "2026-06-10"),
        ("2026-06-10 07:59", "2026-06-09"),
        # Friday and Saturday are free.
        ("2026-06-12 12:00", "2026-06-11"),
        ("2026-06-13 12:00", "2026-06-11"),
        ("2026-06-14 07:59", "2026-06-11"),
        ("2026-06-14 08:00", "2026-06-14"),
    ],
)
def test_digest_comes_on_working_days(now, day):
    assert last_digest(there(RIYADH, now), RIYADH, time(8), [5, 6]) == date.fromisoformat(day)


def test_digest_comes_even_where_no_day_is_a_working_day():
    now = there(RIYADH, "2026-06-10 09:00")

    assert last_digest(now, RIYADH, time(8), range(1, 8)) == date(2026, 6, 10)


def test_digest_at_a_time_that_is_left_out_comes_an_hour_later():
    assert moment(date(2026, 3, 29), time(2, 30), BERLIN) == there(BERLIN, "2026-03-29 03:30")


@pytest.mark.parametrize(("day", "free"), [("2026-06-11", False), ("2026-06-12", True), ("2026-06-13", True)])
def test_weekend_is_that_of_the_reader_s_zone(day, free):
    assert is_weekend(there(RIYADH, f"{day} 00:00"), RIYADH, [5, 6]) == free
    assert is_weekend(there(RIYADH, f"{day} 23:59"), RIYADH, [5, 6]) == free
