"""The audit in words: who changed which rows when, and from what to what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BigIntegerField, Max, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext as _

from accounts.histories import attribute
from accounts.models import Account, AccountChange, AuditEntry, Job, User, whole_of_a_part

# Between the statements of one transaction lies less.
AT_ONCE = timedelta(seconds=1)

# A row's own rows, each kind with the name of the reference to it.
Parts = Sequence[tuple[type[models.Model], str]]


@dataclass(frozen=True)
class Difference:
    """What one field held; empty for nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Deed:
    """What became of one row."""

    entry: AuditEntry
    model: type[models.Model] | None
    name: str
    differences: list[Difference]

    @property
    def opts(self) -> Any:
        return self.model._meta if self.model else None

    @property
    def kind(self) -> str:
        return str(self.opts.verbose_name) if self.opts else self.entry.table


@dataclass(frozen=True)
class Step:
    """What somebody, or some work, did in one go; `at` is when it ended."""

    at: datetime
    actor: User | None
    job: Job | None
    deeds: list[Deed]


def entries_of(row: models.Model, parts: Parts = ()) -> QuerySet[AuditEntry]:
    """Of the row and its parts, of those too that were deleted since. Each way has its index, hence the union."""
    ways = [AuditEntry.objects.filter(table=row._meta.db_table, row=row.pk)]
    for model, name in parts:
        of_kind = AuditEntry.objects.filter(table=model._meta.db_table)
        living = model._base_manager.filter(**{name: row.pk}).values("pk")
        gone = deletions(model).alias(whole=whole_of_a_part()).filter(whole=str(row.pk)).values("row")
        ways += [of_kind.filter(row__in=living), of_kind.filter(row__in=gone)]
    first, *others = (way.order_by().values("pk") for way in ways)
    return AuditEntry.objects.filter(pk__in=first.union(*others))


def latest(entries: QuerySet[AuditEntry]) -> int:
    """By which a form knows whether somebody was faster; 0 for a row that nobody ever touched."""
    return entries.aggregate(latest=Max("pk"))["latest"] or 0


def by_hand(user: User) -> QuerySet[AuditEntry]:
    """What somebody changed, newest first; not by imports and other long work."""
    return AuditEntry.objects.filter(actor=user.pk, job=None).order_by("-pk")


def deletions(model: type[models.Model]) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(table=model._meta.db_table, action=AuditEntry.Action.DELETED)


def deleted(model: type[models.Model], user: User) -> QuerySet[AuditEntry]:
    """The rows of a model that are gone, as far as the user would have seen them."""
    entries = deletions(model)
    whole, _dot, _rest = getattr(model, "account_path", "account").partition("__")
    if user.has_perm("accounts.view_all_accounts") or not has_field(model, whole):
        return (
            entries if model is not Account or user.has_perm("accounts.view_all_accounts") else entries.none()
        )
    wholes = seen(model._meta.get_field(whole).related_model, user)
    pointed = Cast(KT(f"before__{whole}_id"), BigIntegerField())
    return entries.alias(whole=pointed).filter(whole__in=wholes.values("pk"))


def has_field(model: type[models.Model], name: str) -> bool:
    return name in {field.name for field in model._meta.concrete_fields}


def seen(model: Any, user: User | None) -> QuerySet[Any]:
    rows = model._base_manager.all() if user is None else model._default_manager.all()
    return rows.visible_to(user) if user and hasattr(rows, "visible_to") else rows


def told(entries: Iterable[AuditEntry], user: User | None = None) -> list[Step]:
    """Newest first, as the entries came. Names of what the user may not see stay numbers. A query per kind of row."""
    found = list(entries)
    known = Known(user)
    known.learn(found)
    return [
        Step(
            group[0].at,
            known.row(User, group[0].actor_id),
            known.row(Job, group[0].job_id),
            [known.deed(entry) for entry in group],
        )
        for group in in_one_go(found)
    ]


def in_one_go(entries: list[AuditEntry]) -> list[list[AuditEntry]]:
    """Those that follow one another, by the same hand: saving one form is several statements."""
    groups: list[list[AuditEntry]] = []
    for entry in entries:
        last = groups[-1][-1] if groups else None
        same_hand = last and (last.actor_id, last.job_id) == (entry.actor_id, entry.job_id)
        if last and same_hand and abs(last.at - entry.at) < AT_ONCE:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


@dataclass
class Known:
    """The rows and names that entries speak of, asked for once per model."""

    user: User | None
    rows: dict[type[models.Model], dict[int, Any]] = field(default_factory=dict)

    def learn(self, entries: list[AuditEntry]) -> None:
        wanted: dict[Any, set[int]] = defaultdict(set)
        for entry in entries:
            if model := model_of(entry.table):
                wanted[model].add(entry.row)
        wanted[User] |= {entry.actor_id for entry in entries if entry.actor_id}
        wanted[Job] |= {entry.job_id for entry in entries if entry.job_id}
        self.fetch(wanted)
        pointed: dict[Any, set[int]] = defaultdict(set)
        for entry in entries:
            for one, value in [*self.values(entry), *self.dated(entry)]:
                if one is not None and one.is_relation and str(value).isdigit():
                    pointed[one.related_model].add(int(value))
        self.fetch(pointed)

    def fetch(self, wanted: dict[Any, set[int]]) -> None:
        for model, ids in wanted.items():
            rows = self.rows.setdefault(model, {})
            visible = seen(model, None if model in {User, Job} else self.user)
            if missing := ids - set(rows):
                rows |= visible.in_bulk(missing)

    def row(self, model: type[models.Model], pk: int | None) -> Any:
        return self.rows.get(model, {}).get(pk) if pk else None

    def values(self, entry: AuditEntry) -> Iterable[tuple[Any, Any]]:
        """Each field with each value that it had in the entry."""
        for held in (entry.before, entry.after):
            for column, value in (held or {}).items():
                yield self.field(entry, column), value

    def dated(self, entry: AuditEntry) -> list[tuple[Any, Any]]:
        change = self.row(AccountChange, entry.row) if model_of(entry.table) is AccountChange else None
        return [(self.field(entry, "value"), change.value)] if change else []

    def field(self, entry: AuditEntry, column: str) -> Any:
        """None for a column that is no more. A dated value is one of the field that it dates."""
        model = model_of(entry.table)
        if model is AccountChange and column == "value":
            change = self.row(AccountChange, entry.row)
            dated = change.field if change else (entry.before or {}).get("field", "")
            return Account._meta.get_field(dated) if dated in Account.DATED else None
        columns = {one.column: one for one in model._meta.concrete_fields} if model else {}
        return columns.get(column)

    def deed(self, entry: AuditEntry) -> Deed:
        model = model_of(entry.table)
        row = self.row(model, entry.row) if model else None
        if row is None and model and entry.action == AuditEntry.Action.DELETED:
            row = as_it_was(model, entry.before or {})
        return Deed(entry, model, self.name(entry, row), self.differences(entry))

    def name(self, entry: AuditEntry, row: Any) -> str:
        if isinstance(row, AccountChange):
            return f"{attribute(row.field)}: {self.words(self.field(entry, 'value'), row.value) or '–'}"
        return str(row) if row else f"#{entry.row}"

    def differences(self, entry: AuditEntry) -> list[Difference]:
        """What people write; what the machine notes beside it (when it was recorded) only if there is no more."""
        before, after = entry.before or {}, entry.after or {}
        columns = [column for column in {**before, **after} if column != "id"]
        by_people = [column for column in columns if getattr(self.field(entry, column), "editable", True)]
        return [
            Difference(
                self.label(entry, column),
                self.words(self.field(entry, column), before.get(column)),
                self.words(self.field(entry, column), after.get(column)),
            )
            for column in by_people or columns
        ]

    def label(self, entry: AuditEntry, column: str) -> str:
        one = self.field(entry, column)
        if model_of(entry.table) is AccountChange and column == "value":
            return _("value")
        return str(one.verbose_name) if one is not None else column

    def words(self, one: Any, value: Any) -> str:
        if value is None or value == "":
            return ""
        if one is not None and one.is_relation:
            found = self.row(one.related_model, int(value)) if str(value).isdigit() else None
            return str(found) if found else f"#{value}"
        if isinstance(one, models.CharField) and one.model is AccountChange and one.name == "field":
            return attribute(value)
        return in_words(one, value)


def in_words(one: Any, value: Any) -> str:
    """A value of a field as JSON holds it, the way the reader writes it."""
    if getattr(one, "flatchoices", None):
        return str(dict(one.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(one, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return str(formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT"))
    if isinstance(one, models.DateField) and (day := parse_date(str(value))):
        return str(formats.date_format(day, "DATE_FORMAT"))
    if isinstance(one, models.TimeField) and (clock := parse_time(str(value))):
        return str(formats.time_format(clock, "TIME_FORMAT"))
    if isinstance(value, float):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, list):
        base = one.base_field if isinstance(one, ArrayField) else None
        return ", ".join(in_words(base, inner) for inner in value)
    if isinstance(value, dict):
        return " / ".join(str(inner) for inner in value.values() if inner not in (None, ""))
    return str(value)


def as_it_was(model: type[models.Model], held: dict[str, Any]) -> models.Model:
    """A row that is gone, as far as its name needs it."""
    kept = {one.column: one for one in model._meta.concrete_fields if not one.generated}
    return model(
        **{
            kept[column].attname: kept[column].to_python(value)
            for column, value in held.items()
            if column in kept
        }
    )


def model_of(table: str) -> type[models.Model] | None:
    return _tables().get(table)


def _tables() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
