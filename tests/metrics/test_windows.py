import calendar
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.windows import Window, WindowError, add_months, longest, parse

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
TEXTS = st.one_of(
    st.integers(1, 3660).map("{}d".format),
    st.integers(1, 120).map("{}m".format),
    st.sampled_from(["month", "quarter", "year"]),
)
FISCAL = st.integers(1, 12)


@pytest.mark.parametrize(
    ("text", "as_of", "first", "last"),
    [
        ("1d", date(2026, 3, 15), date(2026, 3, 15), date(2026, 3, 15)),
        ("30d", date(2026, 3, 15), date(2026, 2, 14), date(2026, 3, 15)),
        ("12m", date(2026, 3, 15), date(2025, 3, 16), date(2026, 3, 15)),
        ("12m", date(2024, 2, 29), date(2023, 3, 1), date(2024, 2, 29)),
        ("12m", date(2025, 2, 28), date(2024, 2, 29), date(2025, 2, 28)),
        ("1m", date(2026, 3, 31), date(2026, 3, 1), date(2026, 3, 31)),
        ("1m", date(2024, 3, 30), date(2024, 3, 1), date(2024, 3, 30)),
        ("3m", date(2025, 12, 31), date(2025, 10, 1), date(2025, 12, 31)),
        ("month", date(2026, 3, 15), date(2026, 3, 1), date(2026, 3, 15)),
        ("month", date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)),
        ("quarter", date(2026, 5, 31), date(2026, 4, 1), date(2026, 5, 31)),
        ("year", date(2026, 5, 31), date(2026, 1, 1), date(2026, 5, 31)),
        ("2026-01-01..2026-03-31", date(2020, 5, 5), date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_parse_gives_the_days_of_the_text(text, as_of, first, last):
    window = parse(text, as_of)

    assert window == Window(first, last)
    assert window.text == text


@pytest.mark.parametrize(
    ("text", "as_of", "fiscal_year_start", "first"),
    [
        ("year", date(2026, 3, 31), 4, date(2025, 4, 1)),
        ("year", date(2026, 4, 1), 4, date(2026, 4, 1)),
        ("year", date(2026, 1, 10), 12, date(2025, 12, 1)),
        ("quarter", date(2026, 1, 10), 2, date(2025, 11, 1)),
        ("quarter", date(2026, 2, 1), 2, date(2026, 2, 1)),
        ("quarter", date(2026, 4, 30), 2, date(2026, 2, 1)),
        ("month", date(2026, 4, 30), 2, date(2026, 4, 1)),
    ],
)
def test_fiscal_years_and_quarters_begin_where_the_organisation_says(text, as_of, fiscal_year_start, first):
    assert parse(text, as_of, fiscal_year_start=fiscal_year_start) == Window(first, as_of)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("٣٠d", "30d"),
        ("۱۲m", "12m"),
        (" 030D ", "30d"),
        ("Month", "month"),
        ("٢٠٢٦-٠١-٠١..٢٠٢٦-٠٣-٣١", "2026-01-01..2026-03-31"),
    ],
)
def test_parse_reads_arabic_digits_and_loose_typing(text, meant):
    window = parse(text, date(2026, 3, 15))

    assert window == parse(meant, date(2026, 3, 15))
    assert window.text == meant


@pytest.mark.parametrize(
    ("first_fact", "first"),
    [
        (date(1997, 1, 1), date(1997, 1, 1)),
        (date(2026, 3, 15), date(2026, 3, 15)),
        (date(2027, 1, 1), date(2026, 3, 15)),
        (None, date(2026, 3, 15)),
    ],
)
def test_all_begins_with_the_first_fact_however_long_ago(first_fact, first):
    assert parse("all", date(2026, 3, 15), first_fact=first_fact) == Window(first, date(2026, 3, 15))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "52w",
        "30",
        "d",
        "-3d",
        "1.5m",
        "0d",
        "0m",
        "3661d",
        "121m",
        "999999999d",
        "weekly",
        "2026-01-01",
        "2026-01-01..",
        "2026-1-1..2026-2-1",
        "20260101..20260201",
        "2026-02-29..2026-03-01",
        "2026-13-01..2026-13-02",
        "0000-01-01..0000-01-02",
        "2026-03-31..2026-01-01",
        "2010-01-01..2026-01-01",
        "0001-01-01..0001-02-01",
        "9999-12-01..9999-12-31",
        "²0d",
    ],
)
def test_parse_rejects_what_is_no_window_and_says_what_to_do(text):
    with pytest.raises(WindowError) as error:
        parse(text, date(2026, 3, 15))

    advice = str(error.value).rstrip(".").rpartition(". ")[2]
    assert advice.split()[0] in {"Write", "Choose", "Put"}


@pytest.mark.parametrize("text", ["3660d", "120m", "1m", "2016-03-15..2026-03-21"])
def test_parse_accepts_windows_at_the_limit(text):
    assert parse(text, date(2026, 3, 15)).days <= 3660


@pytest.mark.parametrize(
    ("text", "as_of"),
    [("30d", date(1, 1, 20)), ("12m", date(1, 6, 1)), ("120m", date(9, 6, 1)), ("month", date.max)],
)
def test_parse_stays_inside_the_calendar(text, as_of):
    with pytest.raises(WindowError):
        parse(text, as_of)


@pytest.mark.parametrize(
    ("text", "as_of", "first", "last"),
    [
        ("30d", date(2026, 3, 15), date(2026, 1, 15), date(2026, 2, 13)),
        ("12m", date(2026, 3, 15), date(2024, 3, 16), date(2025, 3, 15)),
        ("1m", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 3, 15), date(2026, 2, 1), date(2026, 2, 15)),
        ("month", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 31)),
        ("quarter", date(2026, 5, 31), date(2026, 1, 1), date(2026, 2, 28)),
        ("year", date(2024, 2, 29), date(2023, 1, 1), date(2023, 2, 28)),
        ("2026-01-01..2026-03-31", date(2026, 5, 5), date(2025, 10, 3), date(2025, 12, 31)),
    ],
)
def test_the_period_before_is_of_the_same_kind(text, as_of, first, last):
    assert parse(text, as_of).before() == Window(first, last)


def test_the_period_before_keeps_the_day_number_through_a_short_month():
    february = parse("month", date(2026, 3, 31)).before()

    assert february.before() == Window(date(2026, 1, 1), date(2026, 1, 31))


def test_the_period_before_follows_the_fiscal_year():
    window = parse("quarter", date(2026, 1, 10), fiscal_year_start=2)

    assert window.before() == Window(date(2025, 8, 1), date(2025, 10, 10))


@pytest.mark.parametrize(("text", "as_of"), [("all", date(2026, 3, 15)), ("30d", date(1, 2, 10))])
def test_there_is_no_period_before_everything(text, as_of):
    assert parse(text, as_of).before() is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("30d", date(2026, 1, 31), date(2026, 3, 1)),
        ("12m", date(2025, 3, 2), date(2026, 3, 1)),
        ("month", date(2026, 2, 15), date(2026, 3, 1)),
        ("2026-03-01..2026-03-15", date(2026, 2, 15), date(2026, 3, 1)),
        ("all", date(2026, 1, 1), date(2026, 3, 1)),
    ],
)
def test_a_shifted_window_keeps_its_length(text, first, last):
    window = parse(text, date(2026, 3, 15), first_fact=date(2026, 1, 1))

    assert window.shifted(14) == Window(first, last)


def test_a_shifted_window_is_named_by_what_it_holds():
    window = parse("month", date(2026, 3, 15)).shifted(14)

    assert window.text == "2026-02-15..2026-03-01"


def test_all_shifted_past_its_first_fact_is_one_day():
    window = parse("all", date(2026, 3, 15), first_fact=date(2026, 3, 10))

    assert window.shifted(90) == Window(date(2025, 12, 15), date(2025, 12, 15))


def test_months_are_cut_at_calendar_month_ends():
    window = parse("2025-12-31..2026-02-03", date(2026, 3, 15))

    assert window.months() == [
        (date(2025, 12, 30), date(2025, 12, 31)),
        (date(2025, 12, 31), date(2026, 1, 31)),
        (date(2026, 1, 31), date(2026, 2, 3)),
    ]


def test_windows_are_equal_and_ordered_by_their_days():
    month = parse("month", date(2026, 3, 15))
    spelled_out = parse("2026-03-01..2026-03-15", date(2026, 3, 15))

    assert month == spelled_out
    assert {month, spelled_out} == {month}
    assert parse("30d", date(2026, 3, 15)) < month


def test_a_window_ends_after_it_begins():
    with pytest.raises(WindowError):
        Window(date(2026, 3, 2), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_add_months_keeps_the_day_number_or_takes_the_last(day, months, result):
    assert add_months(day, months) == result


@given(DAYS, st.integers(-400, 400))
def test_add_months_moves_by_whole_months(day, months):
    moved = add_months(day, months)

    assert moved.year * 12 + moved.month == day.year * 12 + day.month + months
    assert moved.day == min(day.day, calendar.monthrange(moved.year, moved.month)[1])


@given(TEXTS, DAYS, FISCAL)
def test_every_window_ends_on_its_day_and_tiles_into_months(text, as_of, fiscal_year_start):
    window = parse(text, as_of, fiscal_year_start=fiscal_year_start)

    pieces = window.months()

    assert window.end == as_of
    assert (pieces[0][0], pieces[-1][1]) == (window.start, window.end)
    assert all(piece[1] == following[0] for piece, following in pairwise(pieces))
    assert all(
        (start + timedelta(days=1)).replace(day=1) == end.replace(day=1) and start < end
        for start, end in pieces
    )
    assert sum((end - start).days for start, end in pieces) == window.days


@given(TEXTS, DAYS, FISCAL)
def test_the_period_before_never_overlaps(text, as_of, fiscal_year_start):
    window = parse(text, as_of, fiscal_year_start=fiscal_year_start)

    earlier = window.before()

    assert earlier.last < window.first
    if text[-1] in "dm":
        assert earlier.end == window.start


@given(TEXTS, DAYS, st.integers(0, 200))
def test_shifted_windows_end_that_many_days_earlier(text, as_of, days):
    window = parse(text, as_of)

    shifted = window.shifted(days)

    assert (window.last - shifted.last).days == days
    if not text.endswith("m"):
        assert shifted.days == window.days
    else:
        assert shifted == parse(text, as_of - timedelta(days=days))


@given(st.integers(1, 400), DAYS, st.integers(-500, 500))
def test_a_window_holds_the_days_after_its_start_up_to_its_end(days, as_of, offset):
    window = parse(f"{days}d", as_of)

    assert window.holds(as_of + timedelta(days=offset)) == (-days < offset <= 0)


@given(DAYS, st.integers(1, 60), st.sets(st.integers(1, 7), max_size=6))
def test_working_days_never_take_longer(as_of, working_days, weekend):
    days = longest(working_days, weekend)

    after = [as_of + timedelta(days=1 + number) for number in range(days)]
    assert sum(day.isoweekday() not in weekend for day in after) >= working_days


def test_two_working_days_take_four_over_a_weekend():
    assert [longest(2, weekend) for weekend in ([], [7], [6, 7])] == [2, 3, 4]
