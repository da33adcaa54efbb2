"""Dated values as people read them: the name of the attribute, and the name of what a value points to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.attributes import lines_of
from accounts.models import Account, AccountChange, AttributeDefinition, Team, User

IS_AN_ID = r"^[0-9]{1,18}$"


def in_words(changes: QuerySet[AccountChange]) -> QuerySet[AccountChange]:
    """With `words`: the value, or the name of the user, team or account whose id it is. No query per row."""
    pointed = Case(When(value__regex=IS_AN_ID, then=Cast("value", BigIntegerField())))
    names: dict[str, Any] = {
        "owner": _of(User, Coalesce(NullIf("name", Value("")), "email", output_field=CharField())),
        "team": _of(Team, F("name")),
        "parent": _of(Account, F("name")),
    }
    cases = [When(field=field, then=name) for field, name in names.items()]
    return changes.annotate(pointed=pointed).annotate(
        words=Case(*cases, default=F("value"), output_field=CharField())
    )


def _of(model: type[User | Team | Account], name: Any) -> Subquery:
    return Subquery(model._default_manager.filter(pk=OuterRef("pointed")).values(_name=name)[:1])


@dataclass(frozen=True)
class Told:
    """A dated value as a page tells it; `said` is empty where the value was taken away."""

    account: Account
    attribute: str
    said: str
    from_day: date
    recorded_at: datetime
    by: User | None


def told(changes: Iterable[Any]) -> list[Told]:
    """Of rows `in_words`, with account and by selected."""
    changes = list(changes)
    declared = AttributeDefinition.objects.named(change.field for change in changes)
    return [
        Told(
            change.account,
            attribute(change.field, declared),
            said(change.field, change.words, declared),
            change.from_day,
            change.recorded_at,
            change.by,
        )
        for change in changes
    ]


Declared = Mapping[str, AttributeDefinition]


def attribute(field: str, declared: Declared | None = None) -> str:
    """The name of one of `Account.DATED`, or of the declared ones, which are looked up where they are not given."""
    declared = AttributeDefinition.objects.named([field]) if declared is None else declared
    if field in declared:
        return str(declared[field])
    return str(getattr(Account._meta.get_field(field), "verbose_name", field))


def said(field: str, words: str | None, declared: Declared | None = None) -> str:
    """A stage and a choice are kept as a code and read as a word of the reader's language."""
    declared = AttributeDefinition.objects.named([field]) if declared is None else declared
    if field in declared:
        return declared[field].words(lines_of(words or ""))
    if field == "stage" and words in Account.Stage.values:
        return str(Account.Stage(words).label)
    return words or ""
