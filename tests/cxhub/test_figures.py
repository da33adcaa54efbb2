from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cxhub import figures
from cxhub.figures import Script

EN = Script("en")
AR = Script("ar")
AR_ARAB = Script("ar", "arab")
GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "script", "text"),
    [
        (1234567, EN, "1,234,567"),
        (0.5, EN, "0.5"),
        (2, EN, "2"),
        (-1234.567, EN, "−1,234.57"),
        (1234567.5, AR, "1,234,567.5"),
        (1234567.5, AR_ARAB, "١٬٢٣٤٬٥٦٧٫٥"),
        (-3, AR, "\u200e-3"),
        (-3, AR_ARAB, "\u061c-٣"),
        (-0.001, EN, "0"),
    ],
)
def test_number_is_written_as_its_readers_write_it(value, script, text):
    assert figures.number(value, script) == text


def test_english_keeps_its_digits_whatever_the_organisation_chose():
    assert figures.number(12, Script("en", "arab")) == "12"


@pytest.mark.parametrize(
    ("share", "text"), [(0.265369, "26.5%"), (0, "0.0%"), (1, "100.0%"), (-0.02, "−2.0%"), (1.214, "121.4%")]
)
def test_percent_takes_a_fraction(share, text):
    assert figures.percent(share, EN) == text


@pytest.mark.parametrize(("value", "text"), [(0.145, "15%"), (0.125, "13%"), (-0.125, "−13%")])
def test_percent_rounds_halves_away_from_zero(value, text):
    assert figures.percent(value, EN, places=0) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1234.5"), "USD", "$1,234.50"),
        (Decimal("1234.5"), "KWD", f"KWD{GAP}1,234.500"),
        (Decimal("1234.5"), "JPY", "¥1,234"),
        (Decimal("-12.345"), "SAR", f"−SAR{GAP}12.34"),
        (Decimal(0), "EUR", "€0.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount, currency, text):
    assert figures.money(amount, currency, EN) == text


def test_money_in_arabic_has_the_decimals_of_its_currency():
    assert figures.money(Decimal("1234.5"), "KWD", AR).replace("\u200f", "").startswith("1,234.500")
    assert figures.money(Decimal("1234.5"), "KWD", AR_ARAB).replace("\u200f", "").startswith("١٬٢٣٤٫٥٠٠")


def test_dollars_in_arabic_are_a_bare_sign():
    assert "US" not in figures.money(5, "USD", AR)
    assert figures.money(5, "USD", AR).endswith("$")


def test_short_money_shortens_only_what_is_long():
    assert figures.money(1_234_567, "USD", EN, short=True) == "$1.2M"
    assert figures.money(9_999, "USD", EN, short=True) == "$9,999.00"


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (97.59, "4 d 2 h"),
        (97.4, "4 d 1 h"),
        (96, "4 d"),
        (23.999, "1 d"),
        (5.2, "5 h 12 min"),
        (1, "1 h"),
        (0.75, "45 min"),
        (0, "0 min"),
        (-2, "−2 h"),
        (47.999, "2 d"),
    ],
)
def test_duration_says_the_two_largest_parts(hours, text):
    assert figures.duration(hours, EN).replace(GAP, " ") == text


@given(st.floats(min_value=0, max_value=10_000))
def test_duration_never_shows_a_full_part_as_the_smaller_one(hours):
    parts = figures.duration(hours, EN).replace(GAP, " ").split(" ")

    amounts = dict(zip(parts[1::2], (int(part.replace(",", "")) for part in parts[::2]), strict=True))
    assert amounts.get("h", 0) < 24
    assert amounts.get("min", 0) < 60


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234, "count", "1,234"),
        (1.5, "count", "1.50"),
        (0.2654, "%", "26.5%"),
        (2.146, "ratio", "2.15×"),
        (42.25, "score", "42.3"),
        (1, "days", f"1{GAP}day"),
        (12.5, "days", f"12.5{GAP}days"),
        (4.25, "months", f"4.3{GAP}months"),
        (87.4, "0–100", "87"),
        (-12.4, "−100…100", "−12"),
        (12, "something new", "12"),
    ],
)
def test_metric_is_written_by_its_unit(value, unit, text):
    assert figures.metric(value, unit, EN) == text


def test_money_of_mixed_currencies_is_a_bare_number():
    assert figures.metric(12.5, "money", EN) == "12.5"


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "يوم واحد"), (2, "يومان"), (3, "3 أيام"), (11, "11 يومًا"), (100, "100 يوم"), (2.5, "2.5 يوم")],
)
def test_days_take_all_arabic_forms(count, text):
    with translation.override("ar"):
        assert figures.metric(count, "days", AR).replace(GAP, " ") == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (0.2552, 0.2758, "%", "25.5–27.6%"),
        (1.9, 2.4, "ratio", "1.90–2.40×"),
        (1180, 1290, "count", "1,180–1,290"),
        (-12.5, 4.25, "score", f"−12.5{GAP}– 4.3"),
    ],
)
def test_interval_says_its_sign_once(low, high, unit, text):
    assert figures.interval(low, high, unit, EN) == text


def test_interval_in_arabic_keeps_every_limit_apart():
    assert figures.interval(-0.02, 0.04, "%", AR).count("\N{FIRST STRONG ISOLATE}") == 2


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (0.265, 0.281, "%", "1.6 pp"),
        (0.281, 0.265, "%", "1.6 pp"),
        (110, 100, "count", "10.0%"),
        (300, 100, "money", "200%"),
        (-10, -12, "score", "2.0"),
        (5, 0, "count", "5"),
        (-50, -100, "count", "50.0%"),
    ],
)
def test_change_is_in_points_or_in_percent_of_before(now, before, unit, text):
    assert figures.change(now, before, unit, EN) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30d", "30 days"),
        ("1m", "1 month"),
        ("12m", "12 months"),
        ("month", "this month"),
        ("2026-01-01..2026-03-31", "2026-01-01..2026-03-31"),
    ],
)
def test_window_is_said_in_words(text, words):
    assert figures.window(text) == words


def test_days_and_times_are_written_with_the_month_in_words():
    assert figures.day(date(2026, 3, 1), EN) == "1 Mar 2026"
    assert figures.day(date(2026, 3, 1), AR) == "1 مارس 2026"
    assert figures.day(date(2026, 3, 1), AR_ARAB) == "١ مارس ٢٠٢٦"
    assert figures.moment(datetime(2026, 3, 1, 7, 5, tzinfo=UTC), EN) == "1 Mar 2026, 07:05"
    assert figures.month(date(2026, 3, 1), EN) == "Mar 2026"


def test_ago_does_not_count_seconds():
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    assert figures.ago(now - timedelta(seconds=40), now, EN) == "just now"
    assert figures.ago(now - timedelta(hours=3), now, EN) == "3 hours ago"
    assert figures.ago(now + timedelta(days=2), now, EN) == "in 2 days"
