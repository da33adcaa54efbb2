"""The floor of `bench recompute`, and whether it is the same as what the engine gives."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Model

from accounts.models import ActivityDay, Consent, Delivery, Identity, PlanFeature, Session
from metrics import catalogue, framing, storing
from metrics.definitions import Metric
from metrics.sources import Clock, Rates
from metrics.windows import Window
from surveys.models import Answer, FollowUp, Invitation, Response

SQL = Path(__file__).with_name("floor.sql").read_text()


# What the book of this bench has none of; `bench engagement` is about those of events.
ELSEWHERE: set[type[Model]] = {
    *(ActivityDay, Consent, Delivery, Identity, PlanFeature, Session),
    *(Answer, FollowUp, Invitation, Response),
}


def counted() -> list[Metric]:
    """The stored metrics that are counted here by hand."""
    return [metric for metric in storing.stored_metrics() if not ELSEWHERE & models_of(metric)]


def models_of(metric: Metric) -> set[type[Model]]:
    return {model for source in metric.sources for model in (source.model, *source.besides)}


def fill(clock: Clock) -> None:
    """The temporary table `floor`: account_id, metric, numerator, denominator."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, _parameters(clock))


def _parameters(clock: Clock) -> dict[str, Any]:
    day, ripe = clock.today, _window_of("product_return_rate", clock)
    settled, won = _window_of("renewal_rate", clock), _window_of("lead_conversion_rate", clock)
    starts = {
        "month": _start_of("orders", clock),
        "days_30": _start_of("tickets", clock),
        "days_90": _start_of("ticket_reopen_rate", clock),
        "days_365": _start_of("average_order_value", clock),
        "year": _start_of("net_revenue_retention", clock),
        "ripe_since": ripe.start,
        "ripe_until": ripe.end,
        "settled_since": settled.start,
        "settled_until": settled.end,
        "won_since": won.start,
        "won_until": won.end,
        **_cuts(clock),
    }
    rates = Rates.into(clock, day)
    since = [known for known, _rate in rates.known["EUR"]]
    return {
        "day": day,
        **starts,
        **{f"{name}_at": clock.end_of(start) for name, start in starts.items()},
        "sar": rates.of("SAR", day),
        "eur_day": rates.of("EUR", day),
        **{f"eur_{name}": rates.of("EUR", start) for name, start in starts.items()},
        "eur_rates": [rate for _known, rate in rates.known["EUR"]],
        "eur_days": since,
        "eur_since": [clock.end_of(known - timedelta(days=1)) for known in since],
    }


def _cuts(clock: Clock) -> dict[str, date]:
    """Where the quarter of the quick ratio is cut before this month; where it begins at the end of one, twice there."""
    starts = [start for start, _end in _window_of("quick_ratio", clock).months()][:-1]
    return {f"cut_{i}": start for i, start in enumerate([starts[0], *starts][-3:])}


def _start_of(key: str, clock: Clock) -> date:
    return _window_of(key, clock).start


def _window_of(key: str, clock: Clock) -> Window:
    return framing.question_of(catalogue.ALL[key], clock.today, clock).window


# Hours are added up in another order and as floats; everything else is the same to the last digit.
DIFFERENCES = """
    SELECT coalesce(f.account_id, e.account_id), coalesce(f.metric, e.metric),
           f.numerator, e.numerator, f.denominator, e.denominator
    FROM floor f FULL JOIN evaluated e USING (account_id, metric)
    WHERE f.denominator IS DISTINCT FROM e.denominator
       OR CASE WHEN metric = ANY(%s) THEN f.numerator IS NULL OR e.numerator IS NULL
                    OR abs(f.numerator - e.numerator) > 1e-9 * greatest(abs(f.numerator), abs(e.numerator))
               ELSE f.numerator IS DISTINCT FROM e.numerator END
    LIMIT 20"""


def differences() -> list[tuple[Any, ...]]:
    """Rows that the table `floor` and the engine's `evaluated` do not have in common; there should be none."""
    hours = [key for key, metric in catalogue.ALL.items() if metric.unit == "hours"]
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, [hours])
        return cursor.fetchall()
