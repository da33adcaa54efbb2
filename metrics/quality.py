"""What keeps facts out of figures, and figures behind their facts: checks as in `accounts.quality`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Account,
    ExchangeRate,
    Expense,
    Order,
    Payment,
    Subscription,
    Term,
    Ticket,
    Touched,
)
from accounts.quality import (
    Check,
    Column,
    Grade,
    Looking,
    Remedy,
    all_rows,
    has,
    paid_in_service,
)
from metrics.measures.tickets import helped
from metrics.models import StoredDay
from metrics.windows import add_months

# A rate is old after so many days: somebody who enters one a month has time to do it.
RATE_DAYS = 35
# What is spent and earned within so many months makes a currency one that is in use.
IN_USE_MONTHS = 12
# The night's run has so many hours of the day, and touched accounts so many minutes.
NIGHT_HOURS, TOUCHED_MINUTES = 3, 10
VIEW_JOB = ("accounts.view_job",)
# Nothing but the database says so: not even the wrong clock of a worker.
SOURCE = Column(_("Source"), "source")


# Without a rate


def first_rates(looking: Looking) -> dict[str, date]:
    """Of each currency the first day of which there is a rate into the organisation's."""
    rates = ExchangeRate.objects.filter(base=looking.organisation.currency).order_by()
    return dict(rates.values_list("currency").annotate(first=Min("day")))


def without_rate(model: Any, day: str, amount: str = "amount") -> Callable[[Looking], QuerySet[Any]]:
    """An amount of 0 needs none."""
    is_moment = model._meta.get_field(day).get_internal_type() == "DateTimeField"

    def rows(looking: Looking) -> QuerySet[Any]:
        known = first_rates(looking)
        foreign = ~Q(currency=looking.organisation.currency) & ~Q(**{amount: 0})
        lacking = ~Q(currency__in=known)
        for currency, first in known.items():
            limit = looking.organisation.start_of(first) if is_moment else first
            lacking |= Q(currency=currency, **{f"{day}__lt": limit})
        found = model.objects.filter(foreign, lacking)
        return found if model is Expense else found.filter(account__internal=False).select_related("account")

    return rows


def check_rate(key: str, model: Any, day: str, name: Promise, amount: str = "amount") -> Check:
    meta = model._meta
    return Check(
        key,
        name,
        _("An amount is never guessed: figures of money that count one of these have no value."),
        without_rate(model, day, amount),
        (f"accounts.view_{meta.model_name}",),
        _("Enter a rate from that day on, or correct the currency."),
        Grade.PROBLEM,
        Remedy.RATES,
        columns=(
            Column(meta.get_field(day).verbose_name, day),
            Column(meta.get_field(amount).verbose_name, amount),
            Column(_("Currency"), "currency"),
            SOURCE,
        ),
        account=None if model is Expense else "account",
        seen=all_rows if model is Expense else Check.seen,
    )


RATES = (
    check_rate("orders_without_rate", Order, "ordered_at", _("Orders without an exchange rate")),
    check_rate("payments_without_rate", Payment, "day", _("Payments without an exchange rate")),
    check_rate(
        "subscriptions_without_rate",
        Subscription,
        "starts",
        _("Subscriptions without an exchange rate"),
        "price",
    ),
    check_rate("expenses_without_rate", Expense, "month", _("Expenses without an exchange rate")),
)


@dataclass(frozen=True)
class Currency:
    """`newest` is the day of its latest rate; None: there is none."""

    pk: str
    newest: date | None

    def __str__(self) -> str:
        return self.pk


def old_rates(looking: Looking) -> list[Currency]:
    base = looking.organisation.currency
    rates = ExchangeRate.objects.filter(base=base, day__lte=looking.today).order_by("currency", "-day")
    newest = dict(rates.distinct("currency").values_list("currency", "day"))
    wanted = looking.today - timedelta(days=RATE_DAYS)
    used = [Currency(code, newest.get(code)) for code in in_use(looking) if code != base]
    return [currency for currency in used if currency.newest is None or currency.newest < wanted]


def in_use(looking: Looking) -> list[str]:
    since = add_months(looking.today, -IN_USE_MONTHS)
    used: list[QuerySet[Any]] = [
        Subscription.objects.in_service(looking.today),
        Term.objects.filter(outcome=Term.Outcome.OPEN),
        Order.objects.filter(ordered_at__gte=looking.organisation.start_of(since)),
        Payment.objects.filter(day__gte=since),
        Expense.objects.filter(month__gte=since),
    ]
    first, *others = (rows.order_by().values_list("currency", flat=True) for rows in used)
    return sorted(first.union(*others))


OLD_RATES = Check(
    "rates_old",
    _("Currencies in use without a rate of the last 35 days"),
    _("Amounts are converted at the last rate that is known, however old it is."),
    old_rates,
    ("accounts.view_exchangerate", "accounts.view_all_accounts"),
    _("Enter today's rate, or import rates."),
    remedy=Remedy.RATES,
    columns=(Column(_("Latest rate"), "newest"),),
    account=None,
    seen=all_rows,
)


# Without an account, and with one that does not count


def tickets_without_account(_looking: Looking) -> QuerySet[Ticket]:
    return helped().filter(account=None).select_related("requester")


def internal_with_revenue(looking: Looking) -> QuerySet[Account]:
    internal = Account.objects.filter(internal=True, merged_into=None).select_related("owner")
    earning = has(paid_in_service(looking).filter(price__gt=0)) | has(Order.objects.filter(amount__gt=0))
    return internal.filter(earning | has(Payment.objects.filter(amount__gt=0)))


LEFT_OUT = (
    Check(
        "tickets_without_account",
        _("Tickets without an account"),
        _("They count among everybody's, and in no part of the customers and at no account."),
        tickets_without_account,
        ("accounts.view_ticket",),
        _("Name the account of the ticket, or give the account its key at the source and import again."),
        remedy=Remedy.IMPORT,
        resource="tickets",
        columns=(Column(_("Opened"), "opened_at"), SOURCE, Column(_("Id at the source"), "external_id")),
        account="account",
    ),
    Check(
        "internal_with_revenue",
        _("Test or internal accounts with revenue"),
        _("No figure counts what they pay and order."),
        internal_with_revenue,
        ("accounts.view_account", "accounts.view_order", "accounts.view_payment"),
        _("Take the mark away where it is a customer after all."),
        columns=(Column(_("Stage"), "get_stage_display"), Column(_("Owner"), "owner")),
    ),
)


# Runs


def missed_nights(looking: Looking) -> list[date]:
    """Days that are over and whose figures are not kept; none before the first night there was."""
    last = StoredDay.objects.order_by("-day").values_list("day", flat=True).first()
    is_time = looking.now > looking.organisation.start_of(looking.today) + timedelta(hours=NIGHT_HOURS)
    until = looking.today if is_time else looking.today - timedelta(days=1)
    days = 0 if last is None else (until - last).days
    return [until - timedelta(days=back) for back in range(1, days)]


def touched_in_vain(looking: Looking) -> QuerySet[Touched]:
    return Touched.objects.filter(at__lt=looking.now - timedelta(minutes=TOUCHED_MINUTES)).order_by("at")


RUNS = (
    Check(
        "nights_missed",
        _("Days without their night's run"),
        _("Their figures are not kept, so that trends end before them. The next night makes up for 31 days."),
        missed_nights,
        VIEW_JOB,
        _("See whether a worker and the timetable run."),
        Grade.PROBLEM,
        Remedy.RUNS,
        account=None,
        whole=VIEW_JOB,
        seen=all_rows,
        live=True,
    ),
    Check(
        "touched_in_vain",
        _("Changes that have waited for their figures for ten minutes"),
        _("Lists and home show what was before them."),
        touched_in_vain,
        VIEW_JOB,
        _("See whether a worker and the timetable run."),
        Grade.PROBLEM,
        Remedy.RUNS,
        columns=(Column(_("Changed"), "at"), Column(_("Back to"), "earliest_day")),
        account=None,
        whole=VIEW_JOB,
        seen=all_rows,
        live=True,
    ),
)

CHECKS: Sequence[Check] = (*RATES, OLD_RATES, *LEFT_OUT, *RUNS)
