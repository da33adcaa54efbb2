"""Customers who were asked and said nothing, and how much of the revenue those are who did."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from metrics import catalogue
from metrics.answers import Answer
from metrics.models import CurrentValue
from metrics.survey_results import Results
from surveys.models import Invitation

COVERAGE = catalogue.ALL["nps_mrr_coverage"]


def coverage(results: Results) -> Answer | None:
    """MRR that answered; it is known of NPS alone, and where accounts are."""
    if results.is_protected or results.metric is not catalogue.ALL["nps"]:
        return None
    return results.whole.asked(COVERAGE)[0][1]


def silent(results: Results) -> QuerySet[Any]:
    """Accounts that were asked in the window and answered nothing in it, with their MRR of now, the largest first."""
    clock, window = results.scope.clock, results.scope.window
    invited = Invitation.objects.filter(
        survey=results.survey,
        invited_at__gte=clock.end_of(window.start),
        invited_at__lt=clock.end_of(window.last),
    )
    answered = results.everything.filter(is_machine=False)
    mrr = CurrentValue.objects.filter(account=OuterRef("pk"), definition__key="mrr")
    accounts = results.scope.accounts.filter(Exists(_of_account(invited)), ~Exists(_of_account(answered)))
    rows = accounts.annotate(mrr=Subquery(mrr.values("value")[:1]))
    return rows.order_by(F("mrr").desc(nulls_last=True), "name", "pk")


def _of_account(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Also of those that were merged into it."""
    return rows.filter(Q(account=OuterRef("pk")) | Q(account__merged_into=OuterRef("pk")))
