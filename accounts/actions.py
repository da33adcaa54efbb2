"""The same change for many rows at once, as one job that can be undone.

Which rows is written down when somebody confirms it, so that what was said is what is done, whoever changes the list
meanwhile. What is done leaves that table in the transaction of the change: killed at any point, nothing is lost and
nothing done twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import CharField, F, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from accounts.attributes import MOST_TAGS
from accounts.audit import acting
from accounts.models import Account, AccountChange, ChosenRow, Contact, Job, Organisation, Tag, Ticket, User
from accounts.services import apply_dated_values, write_changes
from accounts.texts import search_key

KIND = "change"
HANDOVER = "handover"
KINDS = (KIND, HANDOVER)
# So many rows are one transaction; a page waits for no more.
BATCH = 5_000


@dataclass(frozen=True)
class Change:
    """What becomes of a row: an action by its name, a value as text (the id of what it points to), from which day."""

    action: str
    value: str
    day: date


@dataclass(frozen=True)
class Foreseen:
    """Of the rows that were chosen: how many change, and how many cannot, having as many tags as there may be."""

    rows: int
    changing: int
    full: int = 0

    @property
    def already(self) -> int:
        return self.rows - self.changing - self.full


@dataclass(frozen=True)
class Occasion:
    """From which day the values hold, which day it is, and who says so."""

    day: date
    today: date
    by: User | None


@dataclass(frozen=True)
class Dated:
    """An attribute of accounts gets a value from the day on."""

    field: str
    model: type[models.Model] = Account

    def differing(self, rows: QuerySet[Any], value: str, day: date) -> QuerySet[Any]:
        return rows.annotate(in_force=self.in_force(day)).exclude(in_force=value)

    def in_force(self, day: date) -> Coalesce:
        """On that day, as it is kept; what was never dated was always as it is now."""
        dated = AccountChange.objects.filter(account=OuterRef("pk"), field=self.field, from_day__lte=day)
        last = Subquery(dated.order_by("-from_day").values("value")[:1])
        now = Cast(F(self.field), CharField())
        return Coalesce(last, now, Value(""), output_field=CharField())

    def write(self, values: Mapping[int, str], on: Occasion) -> int:
        with connection.cursor() as cursor:
            changed = write_changes(
                cursor,
                "SELECT account, %s, value, %s::date, NULL::timestamptz"
                " FROM unnest(%s::bigint[], %s::text[]) AS given(account, value)",
                [self.field, on.day, list(values), list(values.values())],
                by=on.by,
            )
        apply_dated_values(on.today, values)
        return changed


@dataclass(frozen=True)
class Tagged:
    """A tag is added, or taken away."""

    model: type[models.Model]
    adds: bool

    def differing(self, rows: QuerySet[Any], value: str, _day: date | None = None) -> QuerySet[Any]:
        having = {"tags__contains": [spelt(value)]}
        return rows.exclude(**having).exclude(is_full()) if self.adds else rows.filter(**having)

    def write(self, values: Mapping[int, str], _on: Occasion) -> int:
        function = "array_append" if self.adds else "array_remove"
        changed = 0
        for name, rows in by_value(values).items():
            differing = self.differing(self.model._default_manager.filter(pk__in=rows), name)
            tags = Func("tags", Value(spelt(name)), function=function)
            changed += differing.order_by().update(tags=tags)
        return changed


@dataclass(frozen=True)
class Assigned:
    """Somebody looks after a ticket from now on."""

    model: type[models.Model] = Ticket

    def differing(self, rows: QuerySet[Any], value: str, _day: date) -> QuerySet[Any]:
        return rows.exclude(assignee=int(value))

    def write(self, values: Mapping[int, str], _on: Occasion) -> int:
        return sum(
            Ticket.objects.filter(pk__in=rows).update(assignee=int(value))
            for value, rows in by_value(values).items()
        )


ACTIONS: dict[str, Dated | Tagged | Assigned] = {
    "owner": Dated("owner"),
    "team": Dated("team"),
    "stage": Dated("stage"),
    "tag": Tagged(Account, adds=True),
    "untag": Tagged(Account, adds=False),
    "contact.tag": Tagged(Contact, adds=True),
    "contact.untag": Tagged(Contact, adds=False),
    "ticket.assignee": Assigned(),
}


def by_value(values: Mapping[int, str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, value in values.items():
        rows.setdefault(value, []).append(row)
    return rows


def spelt(name: str) -> str:
    """As the tag is spelt here; as it is written where there is none yet."""
    known = Tag.objects.filter(name_key=search_key(name)).values_list("name", flat=True).first()
    return known or name


def is_full() -> models.Q:
    return models.Q(tags__len__gte=MOST_TAGS)


def differing(rows: QuerySet[Any], change: Change) -> QuerySet[Any]:
    """Those that it would change."""
    return ACTIONS[change.action].differing(rows, change.value, change.day)


def foresee(rows: QuerySet[Any], change: Change) -> Foreseen:
    action = ACTIONS[change.action]
    changing = differing(rows, change).order_by().count()
    full = 0
    if isinstance(action, Tagged) and action.adds:
        full = rows.exclude(tags__contains=[spelt(change.value)]).filter(is_full()).order_by().count()
    return Foreseen(rows.order_by().count(), changing, full)


def begin(
    chosen: Sequence[tuple[QuerySet[Any], Change]],
    *,
    by: User | None,
    kind: str = KIND,
    parameters: Mapping[str, Any] | None = None,
) -> Job:
    """The waiting job that makes the changes where rows are not so yet. All are from one day on."""
    with transaction.atomic():
        days = {change.day for _rows, change in chosen}
        told = {"day": min(days).isoformat()} if days else {}
        job = Job.objects.create(kind=kind, created_by=by, parameters={**told, **(parameters or {})})
        rows = sum(found.order_by().count() for found, _change in chosen)
        total = sum(_choose(job, found, change) for found, change in chosen)
        result = {"changed": 0, "unchanged": rows - total}
        Job.objects.filter(pk=job.pk).update(total=total, result=result)
        job.refresh_from_db()
    return job


def _choose(job: Job, rows: QuerySet[Any], change: Change) -> int:
    changing = differing(rows, change).order_by().values_list("pk")
    # Empty sets would raise where others are written as they are.
    statement, parameters = changing.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_chosenrow (job_id, action, row, value)"
            f" SELECT %s, %s, chosen.id, %s FROM ({statement}) AS chosen(id)",
            [job.pk, change.action, change.value, *parameters],
        )
        return int(cursor.rowcount)


def work_on(job: Job, *, until: datetime | None = None, clock: Callable[[], datetime] = timezone.now) -> None:
    """From where it was to its end, unless somebody has it or stops it, or its time is over: then it waits again."""
    if not job.start(clock()):
        return
    state = Job.State.FAILED
    try:
        state = _change(job, until, clock)
    finally:
        job.refresh_from_db()
        job.finish(state, clock(), **job.result)
        if state != Job.State.WAITING:
            job.chosen.all().delete()


def due(now: datetime) -> QuerySet[Job]:
    waiting = Job.objects.filter(kind__in=KINDS).due(now)
    ChosenRow.objects.filter(job__state=Job.State.FAILED).delete()
    return waiting


def _change(job: Job, until: datetime | None, clock: Callable[[], datetime]) -> Job.State:
    job.refresh_from_db()
    # Tickets before accounts: imports take their locks in this order.
    while action := job.chosen.order_by("-action").values_list("action", flat=True).first():
        if until and clock() > until:
            return Job.State.WAITING
        with acting(user=job.created_by, job=job):
            _change_some(job, action, clock())
        if not job.advance(job.done, clock()):
            return Job.State.STOPPED
    return Job.State.DONE


def _change_some(job: Job, action: str, now: datetime) -> None:
    """A batch. Imports of the same table go before it or after it, and so does whoever changes one of the rows."""
    does = ACTIONS[action]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [does.model._meta.db_table])
    chosen = job.chosen.filter(action=action).order_by("row")[:BATCH]
    values = dict(chosen.values_list("row", "value"))
    rows = does.model._default_manager.filter(pk__in=values).order_by("pk")
    there = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    day, today = date.fromisoformat(job.parameters["day"]), Organisation.current().today(now)
    changed = does.write({pk: values[pk] for pk in there}, Occasion(day, today, job.created_by))
    job.chosen.filter(action=action, row__in=values).delete()
    job.done += len(values)
    job.result |= {
        "changed": job.result["changed"] + changed,
        "unchanged": job.result["unchanged"] + len(values) - changed,
    }
    Job.objects.filter(pk=job.pk).update(done=job.done, result=job.result)
