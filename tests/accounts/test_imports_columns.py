from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.imports import columns
from accounts.imports.columns import Conventions, Refused

ISO = Conventions()
EXCEL = Conventions(date_format="excel")
AMERICAN = Conventions(date_format="%m/%d/%Y")
YEAR_DAY = Conventions(date_format="%Y-%d-%m")
RIYADH = Conventions(zone=ZoneInfo("Asia/Riyadh"))
ROME = Conventions(zone=ZoneInfo("Europe/Rome"))
GERMAN = Conventions(decimal=",")
POINT = Conventions(decimal=".")

PLAN_KINDS = ["paid", "trial", "cost_of_revenue"]
choice = partial(columns.choice, among=PLAN_KINDS)
quantity = partial(columns.decimal, digits=14, places=3)
hour = partial(columns.integer, least=0, most=23)


@pytest.mark.parametrize(
    ("column", "cell", "conventions", "value"),
    [
        (columns.text, "Najm Logistics", ISO, "Najm Logistics"),
        (partial(columns.text, limit=3), "SMB", ISO, "SMB"),
        (columns.email, "sara@najm.example", ISO, "sara@najm.example"),
        (columns.address, "najm.example", ISO, "https://najm.example"),
        (columns.address, "http://najm.example/a", ISO, "http://najm.example/a"),
        (columns.localized, "Starter", ISO, {"en": "Starter"}),
        (columns.localized, "الباقة الأولى", ISO, {"ar": "الباقة الأولى"}),
        (columns.localized, '{"en": "Starter", "ar": "أساسي"}', ISO, {"en": "Starter", "ar": "أساسي"}),
        (choice, "paid", ISO, "paid"),
        (choice, "PAID", ISO, "paid"),
        (choice, "Cost of revenue", ISO, "cost_of_revenue"),
        (partial(columns.choice_or, among=PLAN_KINDS, otherwise="paid"), "trial", ISO, "trial"),
        (partial(columns.choice_or, among=PLAN_KINDS, otherwise="paid"), "TRIAL", ISO, "paid"),
        (columns.boolean, "Yes", ISO, True),
        (columns.boolean, "نعم", ISO, True),
        (columns.boolean, "١", ISO, True),
        (columns.boolean, "0", ISO, False),
        (columns.boolean, "لا", ISO, False),
        (columns.currency, "sar", ISO, "SAR"),
        (columns.country, "sa", ISO, "SA"),
        (columns.country, "Saudi Arabia", ISO, "SA"),
        (columns.country, "السعودية", ISO, "SA"),
        (columns.country, "الامارات", ISO, "AE"),
        (columns.country, "مصر", ISO, "EG"),
        (columns.day, "46001", EXCEL, date(2025, 12, 10)),
        (columns.day, "1", EXCEL, date(1900, 1, 1)),
        (columns.day, "61", EXCEL, date(1900, 3, 1)),
        (columns.day, "2026-03-31", EXCEL, date(2026, 3, 31)),
        (columns.moment, "46001.5", EXCEL, datetime(2025, 12, 10, 12, tzinfo=UTC)),
        (columns.time_zone, "Asia/Riyadh", ISO, "Asia/Riyadh"),
        (columns.money, "11.77", ISO, Decimal("11.77")),
        (columns.money, "-50", ISO, Decimal(-50)),
        (columns.money, "−50", ISO, Decimal(-50)),
        (columns.money, "1.10000", ISO, Decimal("1.1")),
        (columns.money, "1,234.50", ISO, Decimal("1234.5")),
        (columns.money, "1,234,567", ISO, Decimal(1234567)),
        (columns.money, "1,234", POINT, Decimal(1234)),
        (columns.money, "1.234,5", GERMAN, Decimal("1234.5")),
        (columns.money, "1 234,5", GERMAN, Decimal("1234.5")),
        (columns.money, "1,234", GERMAN, Decimal("1.234")),
        (columns.money, "١٬٢٣٤٫٥", ISO, Decimal("1234.5")),
        (columns.money, "۱۲۳", ISO, Decimal(123)),
        (columns.money, "9" * 15, ISO, Decimal("9" * 15)),
        (quantity, "2.125", ISO, Decimal("2.125")),
        (columns.percent, "20", ISO, Decimal(20)),
        (columns.percent, "20 %", ISO, Decimal(20)),
        (columns.percent, "٢٠٪", ISO, Decimal(20)),
        (hour, "23", ISO, 23),
        (hour, "7.0", ISO, 7),
        (hour, "٧", ISO, 7),
        (columns.day, "2026-03-31", ISO, date(2026, 3, 31)),
        (columns.day, "2026-3-1", ISO, date(2026, 3, 1)),
        (columns.day, "2026/03/31", ISO, date(2026, 3, 31)),
        (columns.day, "20260331", ISO, date(2026, 3, 31)),
        (columns.day, "٢٠٢٦-٠٣-٣١", ISO, date(2026, 3, 31)),
        (columns.day, "2026-03-31 00:00:00", ISO, date(2026, 3, 31)),
        (columns.day, "03/04/2026", AMERICAN, date(2026, 3, 4)),
        (columns.day, "2026-03-04", AMERICAN, date(2026, 3, 4)),
        (columns.day, "2026-03-04", YEAR_DAY, date(2026, 4, 3)),
        (columns.moment, "2026-03-31T14:50:17Z", RIYADH, datetime(2026, 3, 31, 14, 50, 17, tzinfo=UTC)),
        (columns.moment, "2026-03-31 14:50:17+0300", ISO, datetime(2026, 3, 31, 11, 50, 17, tzinfo=UTC)),
        (columns.moment, "2026-03-31T14:50:17-03:30", RIYADH, datetime(2026, 3, 31, 18, 20, 17, tzinfo=UTC)),
        (
            columns.moment,
            "2026-03-31T14:50:17.5+14:00",
            ISO,
            datetime(2026, 3, 31, 0, 50, 17, 500_000, tzinfo=UTC),
        ),
        (columns.moment, "2026-03-31 14:50", RIYADH, datetime(2026, 3, 31, 11, 50, tzinfo=UTC)),
        (
            columns.moment,
            "2012/10/09 14:50:17.250",
            ISO,
            datetime(2012, 10, 9, 14, 50, 17, 250_000, tzinfo=UTC),
        ),
        (columns.moment, "20260331", RIYADH, datetime(2026, 3, 30, 21, tzinfo=UTC)),
        (columns.moment, "03/04/2026", AMERICAN, datetime(2026, 3, 4, tzinfo=UTC)),
        # The hour that comes twice when the clocks go back is its first coming.
        (columns.moment, "2026-10-25 02:30", ROME, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (columns.month, "2026-03", ISO, date(2026, 3, 1)),
        (columns.month, "2026-03-01", ISO, date(2026, 3, 1)),
        (columns.time_of_day, "9:30", ISO, time(9, 30)),
        (columns.days, "2026-03-31; 2026-03-30", ISO, [date(2026, 3, 30), date(2026, 3, 31)]),
        (columns.weekdays, "5 6", ISO, [5, 6]),
        (columns.weekdays, "٥، ٦", ISO, [5, 6]),
        (columns.weekdays, '["5", "6"]', ISO, [5, 6]),
        (columns.tags, "b; a، b", ISO, ["a", "b"]),
        (columns.tags, '["a;b", "x، y", "c,d"]', ISO, ["a;b", "c,d", "x، y"]),
        (columns.tags, "[vip]", ISO, ["[vip]"]),
        (columns.tags, "[5]", ISO, ["[5]"]),
    ],
)
def test_column_reads(column, cell, conventions, value):
    assert column(cell, conventions) == value


@pytest.mark.parametrize(
    ("column", "cell", "conventions", "reason"),
    [
        (partial(columns.text, limit=3), "Enterprise", ISO, "Too long"),
        (columns.email, "sara at najm", ISO, "not an e-mail address"),
        (columns.address, "no address", ISO, "not a web address"),
        (columns.localized, '{"en": ', ISO, "begins as a JSON object"),
        (columns.localized, '{"tlh": "Qapla"}', ISO, "Give one text for each language"),
        (columns.localized, '{"en": 5}', ISO, "Give one text for each language"),
        (choice, "gratis", ISO, "none of: paid, trial"),
        (columns.boolean, "perhaps", ISO, "neither yes nor no"),
        (columns.currency, "US$", ISO, "no currency"),
        (columns.country, "Saudi", ISO, "no country"),
        (columns.country, "XX", ISO, "no country"),
        (columns.country, "EU", ISO, "no country"),
        (columns.day, "60", EXCEL, "no such day"),
        (columns.day, "73051", EXCEL, "no such day"),
        (columns.day, "0", EXCEL, "no such day"),
        (columns.day, "46001.5", EXCEL, "day with a time"),
        (columns.time_zone, "Riyadh", ISO, "no time zone"),
        (columns.money, "$11.77", ISO, "not a number"),
        (columns.money, "1e3", ISO, "not a number"),
        (columns.money, "NaN", ISO, "not a number"),
        (columns.money, "1,5", ISO, "not a number"),
        (columns.money, "1,234", ISO, "thousands or decimals"),
        (columns.money, "12,34.5", ISO, "not a number"),
        (columns.money, "0.00001", ISO, "Too many decimals"),
        (columns.money, "1" + "0" * 15, ISO, "too large"),
        (columns.percent, "120%", ISO, "between 0 and 100"),
        (hour, "24", ISO, "between 0 and 23"),
        (hour, "7.5", ISO, "whole number"),
        (columns.day, "01/02/2026", ISO, "Choose the date format"),
        (columns.day, "1.2.2026", ISO, "Choose the date format"),
        (columns.day, "2026-02-30", ISO, "no such day"),
        (columns.day, "0026-02-03", ISO, "year must lie between"),
        (columns.day, "2026-02-03 10:00", ISO, "day with a time"),
        (columns.day, "2026-2-3", AMERICAN, "chosen date format"),
        (columns.day, "2026-03-13", YEAR_DAY, "chosen date format"),
        (columns.moment, "yesterday", ISO, "Choose the date format"),
        (columns.moment, "2026-03-31 25:00", ISO, "no such time"),
        (columns.moment, "2026-02-30T10:00:00Z", ISO, "no such day"),
        (columns.moment, "2026-03-31T24:00:00Z", ISO, "no such time"),
        (columns.moment, "9999-12-31T23:59:59-05:00", ISO, "year must lie between"),
        (columns.moment, "2026-03-31T10:00:00+25:00", ISO, "no time zone with this offset"),
        (columns.moment, "2026-03-31T10:00:00+14:01", ISO, "no time zone with this offset"),
        (columns.moment, "2026-03-31T10:00:00-0399", ISO, "no time zone with this offset"),
        (columns.moment, "2026-03-29 02:30", ROME, "clocks skipped"),
        (columns.month, "2026-13", ISO, "no such day"),
        (columns.time_of_day, "half nine", ISO, "no time of day"),
        (columns.weekdays, "0 6", ISO, "between 1 and 7"),
        (columns.days, "2026-02-30", ISO, "no such day"),
        (columns.localized, '{"en": "a\\u0000"}', ISO, "NUL, or half of one"),
        (columns.localized, '{"en": "\\ud800"}', ISO, "NUL, or half of one"),
        (columns.localized, '{"en":' * 100_000, ISO, "begins as a JSON object"),
        (columns.tags, '["\\ud800"]', ISO, "NUL, or half of one"),
    ],
)
def test_column_refuses(column, cell, conventions, reason):
    with pytest.raises(Refused, match=reason):
        column(cell, conventions)


def test_reasons_do_not_repeat_the_cell():
    """It may be personal, and reasons are kept."""
    with pytest.raises(Refused) as refused:
        columns.email("sara at najm", ISO)

    assert "sara" not in str(refused.value)


KINDS = {
    "text": partial(columns.text, limit=5),
    "email": columns.email,
    "address": columns.address,
    "localized": columns.localized,
    "choice": choice,
    "names": partial(columns.several_named, names={"a": ["A"]}),
    "tags": columns.tags,
    "boolean": columns.boolean,
    "currency": columns.currency,
    "country": columns.country,
    "time_zone": columns.time_zone,
    "money": columns.money,
    "percent": columns.percent,
    "hour": hour,
    "day": columns.day,
    "moment": columns.moment,
    "month": columns.month,
    "time_of_day": columns.time_of_day,
    "days": columns.days,
    "weekdays": columns.weekdays,
}
WRITTEN = st.one_of(
    st.text(min_size=1),
    st.text('0123456789٣٤²-+:.,/ TZ%٪٫٬e[]{}"\\;|\0\ud800', min_size=1),
    st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:?\d\d", fullmatch=True),
    st.sampled_from(["1e400", "٣/٤", "1" * 20_000, "[" * 20_000, "{" * 20_000, "x" * 20_000, "http://["]),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(cell=WRITTEN, conventions=st.sampled_from([ISO, AMERICAN, RIYADH, GERMAN, POINT]))
def test_a_cell_is_read_or_refused(kind, cell, conventions):
    """Whatever stands in it: anything else would cost the whole file."""
    with suppress(Refused):
        KINDS[kind](cell, conventions)
