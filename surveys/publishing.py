"""A draft becomes a version, which stays as it is: whoever began to answer one ends with that one."""

from collections.abc import Sequence

from django.db import transaction

from accounts.audit import acting
from accounts.models import User
from surveys.content import written
from surveys.models import GradedScale, Survey, SurveyVersion
from surveys.problems import Problem, problems


class NotReady(Exception):
    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in found))
        self.problems = found


@transaction.atomic
def publish(survey: Survey, by: User) -> SurveyVersion:
    """The newest version, where the draft says nothing else. Raises NotReady."""
    drafted = Survey.objects.select_for_update(no_key=True).get(pk=survey.pk).drafted
    if found := problems(drafted, GradedScale.objects.by_key()):
        raise NotReady(found)
    current, asked = survey.current, written(drafted)
    if current and current.asked == asked:
        return current
    number = current.number + 1 if current else 1
    with acting(user=by):
        return SurveyVersion.objects.create(survey=survey, number=number, asked=asked, published_by=by)


def duplicate(survey: Survey, by: User) -> Survey:
    """What it asks and how it looks; not when it is open, nor what was answered."""
    kept = ("name", "touchpoint", "identity", "draft", "quota", "hours_to_edit", "colour", "logo")
    with acting(user=by):
        return Survey.objects.create(made_by=by, **{name: getattr(survey, name) for name in kept})
