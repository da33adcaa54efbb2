"""Statements that empty what speaks of a person, table by table. Each answers how many rows it changed."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, models

from accounts.models import AuditEntry, Contact, Job, User
from cxhub.persons.doings import MANY
from cxhub.persons.person import Known
from cxhub.persons.places import Place, places, texts_besides
from cxhub.persons.words import Sign, compiled, emptied, found_in, in_json

AT_ONCE = 1000
# So many rows of one column that nobody may empty are named.
NAMED = 20
DASH = "–"

Condition = tuple[str, list[Any]]


def rows_changed(statement: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def speaks(place: Place, text: str, known: Known) -> Condition:
    """Of the person; in a row that is about them, a single word of the name says enough."""
    condition, signs = found_in(text, known.words.signs)
    parameters: list[Any] = [*signs]
    for column in place.columns_to_contacts if known.rows.get(Contact) else ():
        hinted, hints = found_in(text, known.words.hints)
        condition += f' OR ("{column}" = ANY(%s) AND {hinted})'
        parameters += [known.rows[Contact], *hints]
    return condition, parameters


def column_of(place: Place, name: str) -> str:
    field: Any = place.model._meta.get_field(name)
    return f'"{field.column}"'


def readable(place: Place, name: str) -> str:
    """An SQL expression for the words of a field."""
    return in_json(column_of(place, name)) if name in place.structures else column_of(place, name)


def anywhere(place: Place, known: Known) -> Condition:
    """In any of its fields."""
    found = [speaks(place, readable(place, name), known) for name in place.texts + place.structures]
    where = " OR ".join(f"({condition})" for condition, _parameters in found) or "false"
    return where, [one for _condition, parameters in found for one in parameters]


def speaking(place: Place, known: Known) -> list[int]:
    """Rows whose words speak of the person."""
    where, parameters = anywhere(place, known)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{place.key}" FROM "{place.table}" WHERE {where}', parameters)
        return [pk for (pk,) in cursor.fetchall()]


def empty_texts(place: Place, known: Known) -> dict[str, int]:
    """What may not be empty, such as the name of a file, is a dash from now on."""
    emptied_rows = {}
    for name in place.texts:
        column = column_of(place, name)
        condition, parameters = speaks(place, column, known)
        field: Any = place.model._meta.get_field(name)
        nothing = "" if field.blank else DASH
        emptied_rows[name] = rows_changed(
            f"UPDATE \"{place.table}\" SET {column} = '{nothing}' WHERE {column} <> '' AND ({condition})",
            parameters,
        )
    return emptied_rows


def delete(place: Place, known: Known) -> int:
    """Whole rows that nobody counts."""
    where, parameters = anywhere(place, known)
    return rows_changed(f'DELETE FROM "{place.table}" WHERE {where}', parameters)


def empty_structures(place: Place, known: Known) -> dict[str, int]:
    return {name: empty_json(place, name, known.words.signs) for name in place.structures}


def empty_json(place: Place, name: str, signs: Sequence[Sign], among: Condition = ("true", [])) -> int:
    """Of the rows among which one looks: the texts inside that speak of the person, and the names of keys."""
    column = column_of(place, name)
    found, parameters = found_in(in_json(column), signs)
    patterns, changed = compiled(signs), 0
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{place.key}", {column}::text FROM "{place.table}" WHERE ({among[0]}) AND ({found})',
            [*among[1], *parameters],
        )
        while rows := cursor.fetchmany(AT_ONCE):
            changed += _rewrite(place, column, rows, patterns)
    return changed


def _rewrite(place: Place, column: str, rows: Iterable[tuple[Any, str]], patterns: Any) -> int:
    rewritten = []
    for key, text in rows:
        before = json.loads(text)
        if (after := emptied(before, patterns)) != before:
            rewritten.append((key, json.dumps(after)))
    if not rewritten:
        return 0
    return rows_changed(
        f'UPDATE "{place.table}" t SET {column} = d.value::jsonb'
        f' FROM unnest(%s::bigint[], %s::text[]) d (key, value) WHERE t."{place.key}" = d.key',
        [[key for key, _value in rewritten], [value for _key, value in rewritten]],
    )


# What libraries keep


def empty_admin_log(known: Known) -> int:
    """Lines about the person's rows, and those that speak of the person."""
    changed = 0
    for model, ids in known.rows.items():
        about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        changed += about.filter(object_id__in=[str(pk) for pk in ids]).update(
            object_repr="", change_message=""
        )
    return changed


def delete_sessions(known: Known) -> int:
    """Of the erased user, and those with a message that speaks of the person."""
    users, patterns = {str(pk) for pk in known.rows.get(User, [])}, compiled(known.words.signs)
    going = []
    for session in Session.objects.iterator():
        said = session.get_decoded()
        if said.get("_auth_user_id") in users or emptied(said, patterns) != said:
            going.append(session.pk)
    return Session.objects.filter(pk__in=going).delete()[0]


# The audit


def empty_history(job: Job, known: Known, more: dict[str, tuple[Collection[str], Collection[int]]]) -> int:
    """Of the person's rows, also of those that are gone, and of all that this job changed: what personal fields said.

    Elsewhere what speaks of the person. `more`: of a table, further columns of these rows.
    """
    changed = 0
    own = known.by_table
    for place in places():
        changed += _empty_columns(place.table, place.texts, own.get(place.table, ()), job)
    for table, (columns, ids) in more.items():
        changed += _empty_columns(table, columns, ids, job)
    audit = next(place for place in places() if place.model is AuditEntry)
    of_people = [place.table for place in places() if place.is_of_people]
    for name in audit.structures:
        # Of other people only what is nobody's but the erased person's: namesakes stay.
        changed += empty_json(audit, name, known.words.signs, ('"table" <> ALL(%s)', [of_people]))
        changed += empty_json(audit, name, known.words.addresses, ('"table" = ANY(%s)', [of_people]))
    return changed


def _empty_columns(table: str, columns: Collection[str], ids: Collection[int], job: Job) -> int:
    """In one statement of both versions; what is no text stays."""
    if not columns:
        return 0

    def blank(version: str) -> str:
        return (
            f"CASE WHEN {version} IS NOT NULL THEN (SELECT coalesce(jsonb_object_agg(key, CASE WHEN key = ANY(%s)"
            f" AND jsonb_typeof(value) = 'string' THEN '\"\"' ELSE value END), '{{}}') FROM jsonb_each({version})) END"
        )

    names = list(columns)
    return rows_changed(
        f"UPDATE accounts_auditentry SET before = {blank('before')}, after = {blank('after')}"
        ' WHERE "table" = %s AND (before ?| %s OR after ?| %s) AND ("row" = ANY(%s) OR "row" IN'
        ' (SELECT "row" FROM accounts_auditentry WHERE job_id = %s AND "table" = %s))',
        [names, names, table, names, names, list(ids), job.pk, table],
    )


# What nobody may empty without looking


def still_told(known: Known) -> list[tuple[str, str, list[int]]]:
    """Texts that are not taken for personal and speak of the person: model, column, rows."""
    found = []
    for model, column in texts_besides():
        if model in MANY:
            continue
        rows = _rows_that_speak(model, column, known)
        if rows:
            found.append((model._meta.label, column, rows))
    return found


def _rows_that_speak(model: type[models.Model], column: str, known: Known) -> list[int]:
    is_json = isinstance(next(f for f in model._meta.concrete_fields if f.column == column), models.JSONField)
    quoted, table, key = f'"{column}"', model._meta.db_table, model._meta.pk.column
    condition, parameters = found_in(in_json(quoted) if is_json else f"{quoted}::text", known.words.signs)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{key}" FROM "{table}" WHERE {condition} ORDER BY 1 LIMIT {NAMED}', parameters
        )
        return [pk for (pk,) in cursor.fetchall()]
