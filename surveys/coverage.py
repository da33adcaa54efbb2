"""Where customers are asked, and where nobody is: stages of accounts by surveys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F
from django.db.models.functions import Coalesce

from accounts.models import Account, Organisation, User
from surveys.models import Invitation, Survey


@dataclass(frozen=True)
class Stage:
    """`asked`: of each survey, how many of its accounts were."""

    label: str
    accounts: int
    asked: tuple[int, ...]

    @property
    def shares(self) -> list[tuple[int, float]]:
        """Beside each count; of no accounts none."""
        return [(count, count / self.accounts if self.accounts else 0.0) for count in self.asked]

    @property
    def is_silent(self) -> bool:
        return bool(self.accounts) and not any(self.asked)


@dataclass(frozen=True)
class Coverage:
    surveys: Sequence[Survey]
    stages: Sequence[Stage]


def coverage_of(reader: User, days: int, now: datetime) -> Coverage:
    """Of the accounts that they may see, as they are now: who was asked in so many days, by surveys that are open."""
    open_today = Survey.objects.with_state(Organisation.current().today(now)).in_state(Survey.State.OPEN)
    surveys = list(open_today.order_by("touchpoint", "name", "pk"))
    known = Account.objects.visible_to(reader).counted()
    accounts = dict(known.order_by().values_list("stage").annotate(Count("pk")))
    asked = (
        Invitation.objects.filter(survey__in=surveys, invited_at__gt=now - timedelta(days=days))
        .annotate(of=Coalesce("account__merged_into", "account"))
        .filter(of__in=known)
        .annotate(stage=Coalesce("account__merged_into__stage", F("account__stage")))
    )
    counts = {
        (stage, survey): count
        for stage, survey, count in asked.order_by()
        .values_list("stage", "survey")
        .annotate(Count("of", distinct=True))
    }
    stages = [
        Stage(str(label), accounts.get(stage, 0), tuple(counts.get((stage, one.pk), 0) for one in surveys))
        for stage, label in Account.Stage.choices
    ]
    return Coverage(surveys, stages)
