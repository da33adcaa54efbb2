"""What is stored, as pages show it: current values of a few accounts, their history, the values of everybody."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import Account, Job, Touched
from metrics import catalogue
from metrics.answers import value_of
from metrics.definitions import Durations, Metric
from metrics.models import AccountRange, AccountSnapshot, CurrentValue, PopulationValue, StoredDay
from metrics.windows import CALENDAR_MONTHS

Number = Any
NOT_REACHED = {
    0.5: _lazy("Half of them have not reached it yet."),
    0.9: _lazy("Nine in ten of them have not reached it yet."),
}


@dataclass(frozen=True)
class Figure:
    """A stored value with what it rests on; `value` None says why in `reason`."""

    metric: Metric
    value: Number | None
    numerator: Number | None = None
    denominator: Number | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    low_sample: bool = False
    reason: str = ""
    trend: Sequence[Number | None] = ()
    before: Number | None = None
    currency: str = ""

    @property
    def is_real(self) -> bool | None:
        """Whether the value before lies outside the interval; None where there is none to tell by.

        What moves in a sample that is too small is taken for noise.
        """
        if self.low_sample:
            return False
        if self.before is None or self.low is None or self.high is None:
            return None
        return not self.low <= self.before <= self.high


def computed_at() -> datetime | None:
    """When the last run over stored values ended; None: nothing is stored yet."""
    runs = Job.objects.filter(kind__startswith="recompute.", state=Job.State.DONE).order_by("-id")
    return runs.values_list("finished_at", flat=True).first()


def history_begins() -> date | None:
    return StoredDay.objects.order_by("day").values_list("day", flat=True).first()


def settled(days: Iterable[date]) -> set[date]:
    """Those of the days of which populations' values are kept and up to date."""
    kept = StoredDay.objects.filter(day__in=list(days)).exclude(_in_work())
    return set(kept.values_list("day", flat=True))


def are_in_work(days: Iterable[date]) -> bool:
    """Whether one of the days is kept and is being made anew."""
    return StoredDay.objects.filter(_in_work(), day__in=list(days)).exists()


def have_changed(accounts: QuerySet[Account] | Collection[int] | None) -> bool:
    """Whether facts of the accounts, or of those merged into them, are noted and not computed yet. None: of anybody."""
    marks = Touched.objects.exclude(account_id=None)
    if accounts is None:
        return marks.exists()
    pks: Any = accounts.order_by().values("pk") if isinstance(accounts, QuerySet) else accounts
    losers = Account.objects.filter(merged_into__in=pks).order_by().values("pk")
    return marks.filter(Q(account_id__in=pks) | Q(account_id__in=losers)).exists()


def _in_work() -> Q:
    """Late facts are first noted, then their days are stale; until a run ends, its days have their old values."""
    touched = Exists(Touched.objects.filter(earliest_day__lte=OuterRef("day")))
    promised = Exists(AccountRange.objects.with_accounts().filter(day=OuterRef("day")))
    return Q(stale_since__isnull=False) | Q(touched) | Q(promised)


def reason_for_none(metric: Metric, has_row: bool) -> str:
    """A metric without a denominator has a row without a value where a rate is missing, one of durations too early."""
    if has_row and metric.durations:
        return not_reached(metric.durations)
    if has_row and metric.denominator is None:
        return _("An exchange rate is missing.")
    return _("There is nothing to count it from.")


def not_reached(durations: Durations) -> str:
    return str(NOT_REACHED[durations.share])


def not_computed() -> str:
    return _("Not computed yet.")


def current(accounts: Collection[int], keys: Collection[str]) -> dict[tuple[int, str], CurrentValue]:
    """One query for any number of accounts and metrics."""
    rows = CurrentValue.objects.filter(account__in=accounts, definition__key__in=keys).select_related(
        "definition"
    )
    return {(row.account_id, row.definition.key): row for row in rows}


def figure_of(metric: Metric, row: CurrentValue | None, currency: str = "", is_filled: bool = True) -> Figure:
    """No row is 0 where a sum is asked for, and no value where there is nothing to divide by."""
    if not is_filled:
        return Figure(metric, None, reason=not_computed())
    if row is None and metric.denominator is None:
        return Figure(metric, 0, numerator=0, currency=currency)
    if row is None or row.value is None:
        return Figure(metric, None, reason=reason_for_none(metric, row is not None))
    return Figure(metric, row.value, row.numerator, metric.denominator and row.denominator, currency=currency)


def of_account(
    account: int, keys: Sequence[str], days: Sequence[date], currency: str, is_filled: bool
) -> list[Figure]:
    """Current values with the headline metrics' history on the days of which snapshots are kept."""
    found = current([account], keys)
    trends = _trends(account, days)
    figures = [(catalogue.ALL[key], found.get((account, key))) for key in keys]
    return [
        with_trend(figure_of(metric, row, currency, is_filled), trends.get(metric.key, []))
        for metric, row in figures
    ]


def _trends(account: int, days: Sequence[date]) -> dict[str, list[Number | None]]:
    kept = set(StoredDay.objects.filter(day__in=days).values_list("day", flat=True))
    rows = AccountSnapshot.objects.filter(account=account, day__in=days).values_list(
        "definition__key", "day", "value"
    )
    values = {(key, day): value for key, day, value in rows}
    return {
        key: [values.get((key, day), _absent(key)) if day in kept else None for day in days]
        for key in catalogue.HEADLINES
    }


def _absent(key: str) -> int | None:
    """What no row means on a day that is kept."""
    return None if catalogue.ALL[key].denominator else 0


def with_trend(figure: Figure, past: Sequence[Number | None]) -> Figure:
    """A month that has begun is not compared with whole ones."""
    if not any(past):
        return figure
    if figure.metric.window in CALENDAR_MONTHS:
        return replace(figure, trend=past)
    return replace(figure, trend=[*past, figure.value], before=past[-1])


def of_population(
    keys: Sequence[str], days: Sequence[date], currency: str, dimension: str = "", member: str = ""
) -> tuple[date | None, list[Figure]]:
    """The newest stored answers of a fixed population with those of the days before; None: nothing is stored."""
    rows = PopulationValue.objects.filter(dimension=dimension, member=member)
    newest = rows.filter(definition__key=keys[0]).order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return None, [Figure(catalogue.ALL[key], None, reason=not_computed()) for key in keys]
    asked = rows.filter(definition__key__in=keys, day__in=[*days, newest]).select_related("definition")
    found = {(row.definition.key, row.day): row for row in asked}
    return newest, [
        with_trend(
            _of_row(catalogue.ALL[key], found.get((key, newest)), currency),
            [(row := found.get((key, day))) and row.value for day in days if day < newest],
        )
        for key in keys
    ]


def derived(metric: Metric, figures: dict[str, Figure]) -> Figure:
    """A metric that is made of others, from their stored answers."""
    parts = [figures[key] for key in metric.of]
    values = [part.value for part in parts]
    if None in values:
        return Figure(
            metric, None, reason=next((part.reason for part in parts if part.reason), not_computed())
        )
    value = metric.combined(values)
    lines = zip(*(part.trend for part in parts), strict=False)
    trend = [None if None in known else metric.combined(known) for known in lines]
    reason = "" if value is not None else reason_for_none(metric, has_row=False)
    low_sample = any(part.low_sample for part in parts)
    currency = parts[0].currency if metric.unit == "money" else ""
    return Figure(metric, value, low_sample=low_sample, reason=reason, trend=trend, currency=currency)


def _of_row(metric: Metric, row: PopulationValue | None, currency: str) -> Figure:
    if row is None:
        return Figure(metric, None, reason=not_computed())
    return Figure(
        metric,
        row.value,
        row.numerator,
        metric.denominator and row.denominator,
        row.accounts,
        row.low,
        row.high,
        row.low_sample,
        ""
        if row.value is not None
        else reason_for_none(metric, has_row=not metric.denominator or bool(row.denominator)),
        currency=currency,
    )


def of_accounts(
    keys: Iterable[str], accounts: QuerySet[Account], currency: str, is_filled: bool
) -> list[Figure]:
    """The current sums of any set of accounts, added up in one statement. Not for everybody's: those are stored."""
    sums = {
        row["definition__key"]: row
        for row in CurrentValue.objects.filter(
            account__in=accounts.order_by().values("pk"), definition__key__in=list(keys)
        )
        .values("definition__key")
        .annotate(
            top=Sum("numerator"),
            bottom=Sum("denominator"),
            counted=Count("account"),
            known=Count("numerator"),
        )
    }
    return [_of_sums(catalogue.ALL[key], sums.get(key), currency, is_filled) for key in keys]


def _of_sums(metric: Metric, row: Any, currency: str, is_filled: bool) -> Figure:
    if not is_filled:
        return Figure(metric, None, reason=not_computed())
    if row is None:
        return figure_of(metric, None, currency)
    if metric.durations:
        # Not to be had from sums.
        return Figure(metric, None, reason=not_computed())
    if row["known"] < row["counted"]:
        return Figure(metric, None, reason=_("An exchange rate is missing."))
    value, _reason = value_of(metric, row["top"], row["bottom"])
    whole = row["bottom"] if metric.denominator else None
    is_small = metric.denominator is not None and row["counted"] < metric.minimum
    reason = "" if value is not None else reason_for_none(metric, has_row=False)
    return Figure(
        metric,
        value,
        row["top"],
        whole,
        row["counted"],
        low_sample=is_small,
        reason=reason,
        currency=currency,
    )
