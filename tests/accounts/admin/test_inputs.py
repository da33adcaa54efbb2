from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.http import QueryDict

from accounts.models import (
    Contact,
    Expense,
    Order,
    OrderLine,
    Payment,
    Plan,
    Product,
    TicketEvent,
    WorkingCalendar,
)
from tests import factories
from tests.accounts.admin.pages import address, listed, saved, sent

pytestmark = pytest.mark.django_db


def errors(answer):
    return answer.context["adminform"].form.errors


def test_numbers_and_days_are_taken_in_arabic_digits(page):
    account = factories.account()

    saved(
        page, listed(Payment, "add"), account=account.pk, day="٢٠٢٦-٠١-٣١", amount="١٬٢٣٤٫٥", currency="sar"
    )

    payment = Payment.objects.get()
    assert (payment.day, payment.amount, payment.currency) == (date(2026, 1, 31), Decimal("1234.5"), "SAR")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("amount", "1,234", "Write the number with digits and at most one point"),
        ("amount", "ten", "Write the number with digits and at most one point"),
        ("day", "31/01/2026", "Give the day as 2026-03-31."),
        ("day", "2026-02-30", "Give the day as 2026-03-31."),
        ("currency", "XQQ", "This is no currency."),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(page, field, value, says):
    given = {"account": factories.account().pk, "day": "2026-01-31", "amount": "1", field: value}

    answer = saved(page, listed(Payment, "add"), **given)

    assert says in str(errors(answer)[field])
    assert answer.context["adminform"].form[field].value() == value


def test_an_amount_is_shown_without_idle_decimals(page):
    payment = factories.payment(factories.account(), "10.50", "2026-01-01")

    form = page.get(address("change", payment)).context["adminform"].form

    assert 'value="10.5"' in str(form["amount"])


def test_times_are_those_of_the_readers_zone(page, administrator):
    administrator.time_zone = "Asia/Riyadh"
    administrator.save()

    saved(
        page, listed(Order, "add"), account=factories.account().pk, ordered_at="2026-01-01T03:00", amount="1"
    )

    assert Order.objects.get().ordered_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_split_second_that_nobody_touched_stays(page):
    ticket = factories.ticket(factories.account(), [("opened", "2026-01-01 10:00:00.123456")])
    event = ticket.events.get()

    saved(page, address("change", ticket), **{"events-0-public": None})

    event.refresh_from_db()
    assert event.public is False
    assert event.happened_at.microsecond == 123456


def test_a_name_has_a_line_for_each_language(page):
    saved(page, listed(Product, "add"), sku="A-1", name_en="Reader", name_ar="قارئ")

    assert Product.objects.get().name == {"en": "Reader", "ar": "قارئ"}


def test_a_name_that_is_asked_for_needs_one_language(page):
    answer = saved(page, listed(Plan, "add"), code="gold", name_en="", name_ar="")

    assert "name" in errors(answer)


def test_a_month_is_its_first_day(page):
    saved(page, listed(Expense, "add"), month="٢٠٢٦-٠٣", kind="sales", amount="1", currency="USD")

    expense = Expense.objects.get()
    assert expense.month == date(2026, 3, 1)
    assert 'value="2026-03"' in str(page.get(address("change", expense)).context["adminform"].form["month"])


def test_a_calendar_has_days_of_the_week_and_holidays_line_by_line(page):
    given = {"name": "Riyadh", "country": "sa", "weekend": ["5", "6"], "holidays": "2026-09-23\n٢٠٢٦-٠٢-٢٢"}

    saved(page, listed(WorkingCalendar, "add"), **given)

    calendar = WorkingCalendar.objects.get()
    assert (calendar.country, calendar.weekend, calendar.opens) == ("SA", [5, 6], time(9))
    assert calendar.holidays == [date(2026, 2, 22), date(2026, 9, 23)]
    assert "changed" not in saved(page, address("change", calendar)).headers["Location"]


def test_saving_what_nobody_touched_changes_nothing(page):
    row = factories.plain(WorkingCalendar, weekend=[5, 6], holidays=[date(2026, 9, 23)], country="SA")
    row.refresh_from_db()
    opened = page.get(address("change", row))
    form = opened.context["adminform"].form

    posted = QueryDict(mutable=True)
    for name, value in sent(opened).items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    again = type(form)(posted, instance=row)

    assert again.changed_data == []


def test_codes_are_written_from_the_left_and_names_as_they_are(page):
    form = page.get(listed(Contact, "add")).context["adminform"].form

    directions = {
        name: form.fields[name].widget.attrs["dir"] for name in ("name", "email", "phone", "external_id")
    }
    assert directions == {"name": "auto", "email": "ltr", "phone": "ltr", "external_id": "ltr"}


def test_currency_is_the_organisations_until_another_is_given(page):
    factories.organisation(currency="SAR")

    form = page.get(listed(Order, "add")).context["adminform"].form

    assert form["currency"].value() == "SAR"


@pytest.mark.parametrize(
    ("value", "changes"), [("10", False), ("10.0000", False), ("١٠", False), ("11", True)]
)
def test_a_number_changes_by_its_value(page, value, changes):
    line = factories.plain(OrderLine)
    opened = page.get(address("change", line))

    form = type(opened.context["adminform"].form)(sent(opened, amount=value), instance=line)

    assert form.has_changed() is changes


def test_happening_before_the_opening_is_said_beside_the_entry(page):
    ticket = factories.ticket(factories.account(), opened="2026-01-02 10:00")

    answer = saved(
        page, listed(TicketEvent, "add"), ticket=ticket.pk, kind="worked", happened_at="2026-01-01T10:00"
    )

    assert answer.status_code == 200
    assert "happened_at" in errors(answer)
    assert not TicketEvent.objects.exists()
