"""Answers that name nobody count from five up, and move what counts by five.

A response waits until nobody can change it any more, and then for four others of its survey; all that wait are released
at once. Likewise, of what was released, the answers to each question. From then on they count wherever answers do, as
of that moment. One that a program turns out to have given leaves with the next release, which counts those anew that it
was released with; one that a person gave after all waits with the others.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from surveys.anonymous import LEAST
from surveys.models import Answer, Response, Survey


def release(now: datetime) -> int:
    """How many responses were released."""
    waiting = nobodys().filter(released_at=None, is_machine=False).order_by().values("survey")
    full = waiting.annotate(count=Count("pk")).filter(count__gte=LEAST)
    return sum(_release(survey, now) for survey in full.values_list("survey", flat=True))


def nobodys() -> QuerySet[Response]:
    return Response.objects.exclude(identity=Survey.Identity.IDENTIFIED)


@transaction.atomic
def _release(pk: int, now: datetime) -> int:
    """Locked, so that two at once do not count the same."""
    survey = Survey.objects.select_for_update(no_key=True).get(pk=pk)
    responses = nobodys().filter(survey=survey)
    waiting = responses.filter(_is_over(survey, now), released_at=None, is_machine=False)
    count = waiting.count()
    if count < LEAST:
        return 0
    _move(responses, waiting, "is_machine", now)
    answers = Answer.objects.filter(response__in=responses.values("pk")).order_by()
    answers = answers.exclude(value__isnull=True, text="")
    fresh = answers.filter(released_at=None, response__is_machine=False, response__released_at__isnull=False)
    for question, scale, given in [*fresh.values_list("question", "scale").annotate(Count("pk"))]:
        if given >= LEAST:
            same = Q(question=question, scale=scale)
            _move(answers.filter(same), fresh.filter(same), "response__is_machine", now)
    return count


def _is_over(survey: Survey, now: datetime) -> Q:
    """Completed, and for too long to be changed; anonymous ones never are."""
    changeable = Q(completed_at__gt=now - timedelta(hours=survey.hours_to_edit))
    return Q(completed_at__isnull=False) & (Q(identity=Survey.Identity.ANONYMOUS) | ~changeable)


def _move(rows: QuerySet, fresh: QuerySet, is_machine: str, now: datetime) -> None:
    """What is fresh is released, and what was released with anything that leaves is so anew."""
    leaving = rows.filter(**{is_machine: True}, released_at__isnull=False)
    moments = [*leaving.order_by().values_list("released_at", flat=True).distinct()]
    fresh.update(released_at=now)
    rows.filter(**{is_machine: False}, released_at__in=moments).update(released_at=now)
    leaving.update(released_at=None)
