"""A merge taken back: everything as before, but for what somebody changed in between, which stays and is said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.audit import acting, is_emptied
from accounts.histories import attribute
from accounts.merges import MERGED, UNDO, parents_settled
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AuditEntry,
    Consent,
    Contact,
    Departure,
    Identity,
    Job,
    Lead,
    Order,
    Organisation,
    Payment,
    Subscription,
    Term,
    Ticket,
    User,
)
from accounts.services import CURRENT_VALUES, apply_dated_values

# What a merge writes to.
WRITTEN: tuple[type[Model], ...] = (
    Account,
    AccountKey,
    AccountChange,
    Contact,
    Ticket,
    Identity,
    Consent,
)
FACTS: tuple[type[Model], ...] = (Contact, Lead, Subscription, Term, Departure, Order, Payment, Ticket)
OF_PERSONS: dict[type[Model], str] = {Ticket: "requester", Consent: "contact"}
# Follows from the dated values; what was dated in between is applied again afterwards.
FOLLOWS = {*CURRENT_VALUES, "attributes"}
# Triggers write it beside another column, which comes back.
LEARNED = "withdrawn_recorded_at"


class NotUndoable(ValueError):
    """The merge cannot be taken back. The message says why."""


def undone(merges: Iterable[Job]) -> dict[int, Job]:
    """Of these merges, the undo of each that has one."""
    found = Job.objects.filter(key__in=[_key(merge) for merge in merges]).select_related("created_by")
    return {int(undo.parameters["job"]): undo for undo in found}


def why_not(merge: Job) -> str:
    """Why the merge cannot be undone now; nothing where it can."""
    if undone([merge]):
        return _("This merge was undone before.")
    loser = MERGED[merge.kind]._default_manager.filter(pk=merge.parameters["loser"]).first()
    if loser is None:
        return _("Who was merged is no longer there.")
    if is_emptied(merge):
        return _("What was merged is no longer kept as it was before.")
    if loser.merged_into_id == merge.parameters["survivor"]:
        return ""
    if loser.merged_into is None:
        return _("%(loser)s stands by itself already.") % {"loser": loser}
    return _("All of this was merged into %(survivor)s afterwards. Undo that merge first.") % {
        "survivor": loser.merged_into
    }


def entered_since(merge: Job) -> list[tuple[str, int]]:
    """What became known of the survivor after the merge and stays with it, by kind of fact."""
    of_person = MERGED[merge.kind] is Contact
    counted: dict[type[Model], str] = OF_PERSONS if of_person else dict.fromkeys(FACTS, "account")
    found = [
        (model, _since(merge, model).filter(**{whose: merge.parameters["survivor"]}).count())
        for model, whose in counted.items()
    ]
    return [(str(capfirst(model._meta.verbose_name_plural)), count) for model, count in found if count]


def _since(merge: Job, model: type[Model]) -> models.QuerySet[Model]:
    return model._default_manager.filter(recorded_at__gt=merge.created_at)


def undo_merge(merge: Job, *, by: User | None, now: datetime) -> Job:
    """The undo, done; its result counts what stayed as it is, and says why. Raises NotUndoable."""
    try:
        return _undone(merge, by, now)
    except ValidationError as refused:
        raise NotUndoable(" ".join(refused.messages)) from refused


def _undone(merge: Job, by: User | None, now: datetime) -> Job:
    with parents_settled():
        Job.objects.select_for_update().get(pk=merge.pk)
        _lock(merge)
        if reason := why_not(merge):
            raise NotUndoable(reason)
        undo = Job.objects.create(
            kind=UNDO,
            key=_key(merge),
            state=Job.State.DONE,
            parameters={**merge.parameters, "job": merge.pk, "kind": merge.kind},
            created_by=by,
            started_at=now,
            finished_at=now,
        )
        with acting(user=by, job=undo):
            left = _take_back(merge, now)
        undo.finish(Job.State.DONE, now, left=len(left), rows=left)
    undo.refresh_from_db()
    return undo


def told(undo: Job) -> list[str]:
    """What stayed as it is, in words."""
    return [
        _("%(what)s was changed in between and stays as it is.") % {"what": _named(*row)}
        for row in undo.result["rows"]
    ]


def _key(merge: Job) -> str:
    """A merge is undone once."""
    return f"undo-{merge.pk}"


def _lock(merge: Job) -> None:
    rows = [merge.parameters["loser"], merge.parameters["survivor"]]
    model = MERGED[merge.kind]
    list(model._default_manager.select_for_update().filter(pk__in=rows).order_by("pk"))


def _take_back(merge: Job, now: datetime) -> list[list[Any]]:
    """Added rows go and removed ones return before columns do: dated values first, then what follows from them."""
    left: list[list[Any]] = []
    for model in WRITTEN:
        left += _remove_added(merge, model) + _return_removed(merge, model)
    for model in WRITTEN:
        for column in _columns_changed(merge, model):
            left += _restore(merge, model, column)
    if MERGED[merge.kind] is Account:
        # The children as well, of whom somebody may have said something in between.
        accounts = {merge.parameters["loser"], merge.parameters["survivor"]}
        accounts.update(_entries(merge, Account, AuditEntry.Action.CHANGED).values_list("row", flat=True))
        apply_dated_values(Organisation.current().today(now), sorted(accounts))
    return left


def _remove_added(merge: Job, model: type[Model]) -> list[list[Any]]:
    """Unless somebody changed them afterwards; what was taken back since did not."""
    own = _entries(merge, model, AuditEntry.Action.CREATED)
    undos = Job.objects.filter(kind=UNDO, parameters__survivor=merge.parameters["survivor"])
    taken_back = [pk for undo in undos for pk in (undo.pk, undo.parameters["job"])]
    later = AuditEntry.objects.filter(
        table=models.OuterRef("table"), row=models.OuterRef("row"), pk__gt=models.OuterRef("pk")
    ).exclude(job__in=taken_back)
    rows = dict(own.annotate(changed=models.Exists(later)).values_list("row", "changed"))
    model._default_manager.filter(pk__in=[row for row, changed in rows.items() if not changed]).delete()
    stays = model._default_manager.filter(pk__in=[row for row, changed in rows.items() if changed])
    return [[_table(model), row, ""] for row in stays.values_list("pk", flat=True)]


def _return_removed(merge: Job, model: type[Model]) -> list[list[Any]]:
    """Under their own ids. Where something else has their place now, that stays."""
    columns = ", ".join(_quoted(field.column) for field in model._meta.concrete_fields if not field.generated)
    return [
        [_table(model), row, field or ""]
        for row, field in _run(
            f"WITH kept AS (SELECT e.row, e.before ->> 'field' AS of_field, r.* FROM accounts_auditentry e,"
            f" jsonb_populate_record(NULL::{_table(model)}, e.before) r WHERE {OF_MERGE} AND e.action = 'delete'),"
            f" returned AS (INSERT INTO {_table(model)} ({columns}) SELECT {columns} FROM kept"
            " ON CONFLICT DO NOTHING RETURNING id)"
            ' SELECT kept."row", of_field FROM kept WHERE kept."row" NOT IN (SELECT id FROM returned) ORDER BY 1',
            _of_merge(merge, model),
        )
    ]


def _restore(merge: Job, model: type[Model], column: str) -> list[list[Any]]:
    """All rows in one statement: a merge names the last survivor at the end of it, not on the way."""
    table, parameters = _table(model), _of_merge(merge, model)
    changed = f"{OF_MERGE} AND e.action = 'update' AND e.before ? '{column}'"
    same = "true" if column in FOLLOWS else f"to_jsonb(t) -> '{column}' = e.after -> '{column}'"
    stays = _run(
        f'SELECT e."row" FROM accounts_auditentry e LEFT JOIN {table} t ON t.id = e."row"'
        f" WHERE {changed} AND ({same}) IS NOT TRUE ORDER BY 1",
        parameters,
    )
    value = (
        ATTRIBUTES if column == "attributes" else f"(jsonb_populate_record(t, e.before)).{_quoted(column)}"
    )
    _run(
        f'UPDATE {table} t SET {_quoted(column)} = {value} FROM accounts_auditentry e WHERE t.id = e."row"'
        f" AND {changed} AND {same}",
        parameters,
    )
    return [[table, row, column] for (row,) in stays]


OF_MERGE = 'e.job_id = %(merge)s AND e."table" = %(table)s'
# Those that the merge changed; of the others nobody says anything here.
ATTRIBUTES = """(
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM (
      SELECT key, value FROM jsonb_each(t.attributes)
      WHERE e.before -> 'attributes' -> key IS NOT DISTINCT FROM e.after -> 'attributes' -> key
      UNION ALL SELECT key, value FROM jsonb_each(e.before -> 'attributes')
      WHERE e.after -> 'attributes' -> key IS DISTINCT FROM value) held)"""


def _columns_changed(merge: Job, model: type[Model]) -> list[str]:
    known = {field.column for field in model._meta.concrete_fields if not field.generated}
    found = _run(
        f"SELECT DISTINCT jsonb_object_keys(e.before) FROM accounts_auditentry e WHERE {OF_MERGE}"
        " AND e.action = 'update' ORDER BY 1",
        _of_merge(merge, model),
    )
    return [column for (column,) in found if column in known and column != LEARNED]


def _entries(merge: Job, model: type[Model], action: str) -> models.QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(job=merge, table=_table(model), action=action)


def _of_merge(merge: Job, model: type[Model]) -> dict[str, Any]:
    return {"merge": merge.pk, "table": _table(model)}


def _table(model: type[Model]) -> str:
    return model._meta.db_table


def _quoted(column: str | None) -> str:
    return connection.ops.quote_name(str(column))


def _named(table: str, row: int, column: str) -> str:
    """A key, a value of a field, or a dated value, as the reader calls it."""
    model = next(one for one in WRITTEN if one._meta.db_table == table)
    if model is AccountChange:
        change = AccountChange.objects.filter(pk=row).first()
        return attribute(change.field if change else column)
    if column and model in (Account, Contact):
        field = next(one for one in model._meta.concrete_fields if one.column == column)
        return str(field.verbose_name)
    return f"{capfirst(model._meta.verbose_name)} {model._default_manager.filter(pk=row).first() or row}"


def _run(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []
