"""Who is in which population, by the values of metrics too: from the current values, and over windows of their own."""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import memberships
from accounts.audit import acting
from accounts.conditions import AT_LEAST, AT_MOST, NO_VALUE, Condition, NotUnderstood, at
from accounts.memberships import ARCHIVED, EDITED, Asked, Difference
from accounts.models import Organisation, Population, User
from metrics import catalogue, populations, stored, windows
from metrics.account_list import METRICS
from metrics.definitions import Metric, Unit
from metrics.evaluate import per_account
from metrics.framing import QuestionError, check, question_of
from metrics.models import CurrentValue
from metrics.populations import among
from metrics.sources import Clock

log = logging.getLogger(__name__)

# By key and window, what each account has that has anything; None: it has no value.
Values = dict[tuple[str, str], dict[int, Decimal | None]]
LOOKUPS = {AT_LEAST: "gte", AT_MOST: "lte"}


def check_metrics(conditions: Sequence[Condition], clock: Clock) -> None:
    """Whether there are such metrics, of accounts, with such windows. Raises `NotUnderstood`."""
    for place, condition in enumerate(conditions):
        if condition.is_of_metric:
            with at(place):
                _check(condition, clock)


def _check(condition: Condition, clock: Clock) -> None:
    if condition.metric not in METRICS:
        raise NotUnderstood(_("Accounts have no metric “%(key)s”.") % {"key": condition.metric})
    metric = catalogue.ALL[condition.metric]
    if not has_own_window(condition, metric):
        if metric.durations or windows.is_of_two_days(condition.window):
            raise NotUnderstood(
                _("“%(name)s” cannot be asked over this window. Leave the window out.")
                % {"name": metric.name}
            )
        try:
            check(metric, None, clock, condition.window)
        except QuestionError as error:
            raise NotUnderstood(str(error)) from None


def has_own_window(condition: Condition, metric: Metric) -> bool:
    return condition.window in ("", metric.window)


class Asking:
    """Conditions as the database is asked them at one moment; what has to be computed is computed once."""

    def __init__(self, now: datetime) -> None:
        self.clock = Clock(Organisation.current(), now)
        self.values: Values = {}

    def __call__(self, population: Population) -> list[Asked]:
        of_metrics = [Asked(c, self._q(c)) for c in population.asked if c.is_of_metric]
        return [*memberships.asked(population, self.clock.today), *of_metrics]

    def _q(self, condition: Condition) -> Q:
        """What there is no row of is 0 where a sum is asked for, and no value where there is nothing to divide by."""
        if condition.metric not in METRICS:
            return Q(pk__in=[])
        metric = catalogue.ALL[condition.metric]
        is_met_by_none = _is_met(condition, metric, None if metric.denominator else Decimal(0))
        if has_own_window(condition, metric):
            return _of_current(condition, metric, is_met_by_none)
        values = self._values(metric, condition.window)
        met = {account for account, value in values.items() if _is_met(condition, metric, value)}
        return ~among("pk", [*(values.keys() - met)]) if is_met_by_none else among("pk", [*met])

    def _values(self, metric: Metric, window: str) -> dict[int, Decimal | None]:
        key = metric.key, window
        if key not in self.values:
            question = question_of(metric, self.clock.today, self.clock, window)
            rows = per_account([question], populations.Population(), self.clock, question.membership_day)
            with connection.cursor() as cursor:
                cursor.execute(VALUES.format(rows=rows.text, divisor=_divisor(metric)), rows.parameters)
                self.values[key] = dict(cursor.fetchall())
        return self.values[key]


# NaN is an amount without a rate.
VALUES = """
SELECT member, nullif(numerator / {divisor}, 'NaN') FROM ({rows}) sums WHERE member <> 0
"""


def _divisor(metric: Metric) -> str:
    return "nullif(denominator, 0)" if metric.denominator else "1"


def threshold(condition: Condition, metric: Metric) -> Decimal:
    """Of shares a fraction, as values are kept."""
    return condition.number / 100 if metric.unit is Unit.PERCENT else condition.number


def _is_met(condition: Condition, metric: Metric, value: Decimal | None) -> bool:
    if condition.is_ == NO_VALUE or value is None:
        return condition.is_ == NO_VALUE and value is None
    limit = threshold(condition, metric)
    return value >= limit if condition.is_ == AT_LEAST else value <= limit


def _of_current(condition: Condition, metric: Metric, is_met_by_none: bool) -> Q:
    kept = CurrentValue.objects.filter(account=OuterRef("pk"), definition__key=metric.key)
    found = Q(Exists(_met(kept, condition, metric)))
    return found | ~Q(Exists(kept)) if is_met_by_none else found


def _met(kept: QuerySet[CurrentValue], condition: Condition, metric: Metric) -> QuerySet[CurrentValue]:
    if condition.is_ == NO_VALUE:
        return kept.filter(value=None)
    limit: Any = float(threshold(condition, metric))
    return kept.filter(**{f"value__{LOOKUPS[condition.is_]}": limit})


def can_be_evaluated(population: Population) -> bool:
    """Before the first run every account would have 0 of everything."""
    return stored.computed_at() is not None or not any(c.is_of_metric for c in population.asked)


def refresh(
    population: Population, asking: Asking, *, why: str = "", since: datetime | None = None
) -> Difference:
    """At once; one that asks for metrics has to wait for their first values."""
    if not can_be_evaluated(population):
        return Difference()
    return memberships.refresh(population, asking, asking.clock.now, why=why, since=since)


def refresh_all(now: datetime, since: datetime | None = None) -> Difference:
    """Of all that are in use. `since` is when this was last done, for telling why somebody entered."""
    asking, entered, left = Asking(now), 0, 0
    for population in Population.objects.in_use():
        try:
            difference = refresh(population, asking, since=since)
        except NotUnderstood:
            log.warning("population %s is not understood", population.pk)
            continue
        entered, left = entered + difference.entered, left + difference.left
    return Difference(entered, left)


def save(population: Population, *, by: User, now: datetime) -> Population:
    """With its members as they are from now on."""
    with acting(user=by):
        population.save()
        refresh(population, Asking(now), why=ARCHIVED if population.archived else EDITED)
    return population


def found(population: Population, asking: Asking) -> Any:
    """Who would be in it, accounts or contacts, whatever is kept."""
    return memberships.members(population.kind, asking(population))
