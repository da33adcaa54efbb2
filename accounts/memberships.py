"""Who is in a population: found in one statement, of which only the differences are written.

What a condition on a metric asks of accounts another room says; `Asked` is how it does.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.attributes import YES, is_declared, key_of
from accounts.conditions import IDS, PEOPLE, Condition
from accounts.models import Account, AuditEntry, Contact, Membership, Population, tagged
from accounts.models.subscriptions import plan_on

# Why somebody entered or left, where it was no condition.
FIRST, EDITED, NEW, MERGED, ARCHIVED = "first", "edited", "new", "merged", "archived"
WHYS = (FIRST, EDITED, NEW, MERGED, ARCHIVED)


@dataclass(frozen=True)
class Asked:
    """A condition as the database is asked it: of accounts, or of the contacts themselves."""

    condition: Condition
    q: Q


@dataclass(frozen=True)
class Difference:
    """How many entered, and how many left."""

    entered: int = 0
    left: int = 0


def asked(population: Population, today: date) -> list[Asked]:
    """The conditions of this room."""
    return [Asked(c, q_of(c, today)) for c in population.asked if not c.is_of_metric]


def q_of(condition: Condition, today: date) -> Q:
    field, values = condition.field, condition.values
    if field == "tag":
        return _any(Q(tags=[]) if value == "" else tagged(value) for value in values)
    if is_declared(field):
        return _any(_has_line(key_of(field), value) for value in values)
    if field == "plan":
        of_plans = Account.objects.order_by().alias(of_plan=plan_on(today)).filter(of_plan__in=values)
        return Q(pk__in=of_plans.values("pk"))
    if field == "internal":
        return Q(internal__in=[value == YES for value in values])
    if field == "left":
        return _any(Q(left__lte=today) if v == YES else Q(left=None) | Q(left__gt=today) for v in values)
    if field == PEOPLE:
        return Q(pk__in=[int(value) for value in values])
    if field in IDS:
        known = Q(**{f"{field}__in": [int(value) for value in values if value]})
        return known | Q(**{field: None}) if "" in values else known
    return Q(**{f"{field}__in": values})


def _any(conditions: Any) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _has_line(key: str, value: str) -> Q:
    return Q(attributes__contains={key: [value]}) if value else ~Q(attributes__has_key=key)


def members(kind: str, asked: Sequence[Asked]) -> QuerySet[Any]:
    """The accounts or the contacts that meet all conditions. Internal accounts only where they are asked for.

    Losers of merges are no members; their contacts are those of the survivor.
    """
    of_accounts = [one.q for one in asked if not one.condition.is_of_contact]
    accounts = Account.objects.order_by().filter(*of_accounts, merged_into=None)
    if not any(one.condition.field == "internal" for one in asked):
        accounts = accounts.filter(internal=False)
    if kind == Population.Kind.ACCOUNTS:
        return accounts
    own = [one.q for one in asked if one.condition.is_of_contact]
    contacts = Contact.objects.order_by().alias(survivor=Coalesce("account__merged_into", "account"))
    return contacts.filter(*own, survivor__in=accounts.values("pk"))


def refresh(
    population: Population,
    ask: Callable[[Population], Sequence[Asked]],
    now: datetime,
    *,
    why: str = "",
    since: datetime | None = None,
) -> Difference:
    """Brings the memberships to what the conditions say now; what they are, `ask` is asked while nobody edits them.

    `why` is said of all who enter or leave; without it, the condition that changed is looked for: in the audit from
    `since` on of those who enter, among the conditions that no longer hold of those who leave.
    """
    with transaction.atomic():
        # Two at once would both find somebody missing.
        kept = Population.objects.select_for_update().get(pk=population.pk)
        if kept.kept_since is None:
            Population.objects.filter(pk=kept.pk).update(kept_since=now)
            population.kept_since, why = now, FIRST
        asked = ask(kept)
        wanted = [] if kept.archived else [members(kept.kind, asked)]
        column = kept.kind.removesuffix("s")
        entered, left = _write(kept, column, wanted, now, why)
        if not why:
            _say_why_left(column, left, asked)
            _say_why_entered(column, entered, asked, since)
    return Difference(len(entered), len(left))


# Whose membership goes on is not written to.
DIFFERENCES = """
WITH wanted (id) AS MATERIALIZED ({wanted}),
gone AS (
  UPDATE accounts_membership m SET "left" = greatest(%s, m.entered), why_left = %s
  WHERE m.population_id = %s AND m."left" IS NULL AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = m.{column}_id)
  RETURNING m.id),
come AS (
  INSERT INTO accounts_membership (population_id, {column}_id, entered, why_entered)
  SELECT %s, w.id, %s, %s FROM wanted w
  WHERE NOT EXISTS (SELECT FROM accounts_membership m
                    WHERE m.population_id = %s AND m."left" IS NULL AND m.{column}_id = w.id)
  RETURNING id)
SELECT array(SELECT id FROM come), array(SELECT id FROM gone)
"""
NOBODY = "SELECT NULL::bigint AS id WHERE false", ()


def _write(
    population: Population, column: str, wanted: Sequence[QuerySet[Any]], now: datetime, why: str
) -> tuple[list[int], list[int]]:
    """The ids of memberships that began, and of those that ended."""
    try:
        text, parameters = wanted[0].values("pk").query.sql_with_params() if wanted else NOBODY
    except EmptyResultSet:
        text, parameters = NOBODY
    pk = population.pk
    with connection.cursor() as cursor:
        cursor.execute(
            DIFFERENCES.format(wanted=text, column=column), [*parameters, now, why, pk, pk, now, why, pk]
        )
        entered, left = cursor.fetchone()
    return entered, left


def _say_why_left(column: str, memberships: Collection[int], asked: Sequence[Asked]) -> None:
    """The first condition that no longer holds."""
    if not memberships:
        return
    of_accounts = Account.objects.annotate(why=_broken([a for a in asked if not a.condition.is_of_contact]))
    if column == "account":
        found = of_accounts.filter(memberships__in=memberships).values_list("memberships", "why")
        _say("why_left", found.filter(memberships__in=memberships))
        return
    of_contacts = Contact.objects.annotate(
        why=_broken([a for a in asked if a.condition.is_of_contact], merged=False),
        survivor=Coalesce("account__merged_into", "account"),
    )
    own = of_contacts.filter(memberships__in=memberships)
    rows = list(own.values_list("memberships", "why", "survivor"))
    whys = dict(of_accounts.filter(pk__in={row[2] for row in rows}).values_list("pk", "why"))
    _say("why_left", [(pk, why or whys.get(survivor, "")) for pk, why, survivor in rows])


def _broken(asked: Sequence[Asked], *, merged: bool = True) -> Case:
    first = [When(merged_into__isnull=False, then=Value(MERGED))] if merged else []
    conditions = [When(~one.q, then=Value(one.condition.field)) for one in asked]
    plain = merged and not any(one.condition.field == "internal" for one in asked)
    last = [When(internal=True, then=Value("internal"))] if plain else []
    return Case(*first, *conditions, *last, default=Value(""), output_field=CharField())


def _say_why_entered(
    column: str, memberships: Collection[int], asked: Sequence[Asked], since: datetime | None
) -> None:
    """The one condition whose field the audit says was changed; where none was, the one condition on a metric."""
    fields = [one.condition.field for one in asked]
    if not memberships or (since is None and len(fields) != 1):
        return
    if len(fields) == 1 and since is None:
        Membership.objects.filter(pk__in=memberships).update(why_entered=fields[0])
        return
    rows = dict(Membership.objects.filter(pk__in=memberships).values_list(f"{column}_id", "pk"))
    changed, new = _changed(f"accounts_{column}", rows, since)
    _say(
        "why_entered",
        [(pk, NEW if row in new else _named(fields, changed.get(row, set()))) for row, pk in rows.items()],
    )


def _changed(
    table: str, rows: Collection[int], since: datetime | None
) -> tuple[dict[int, set[str]], set[int]]:
    """The columns of each row that changed, and the rows that are new."""
    entries = AuditEntry.objects.filter(table=table, row__in=list(rows), at__gte=since).order_by()
    changed: dict[int, set[str]] = {}
    new = set()
    for row, action, after, before in entries.values_list("row", "action", "after", "before"):
        if action == AuditEntry.Action.CREATED:
            new.add(row)
        changed.setdefault(row, set()).update(_columns(before or {}, after or {}))
    return changed, new


def _columns(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Declared attributes stand together in one."""
    found = {name.removesuffix("_id") for name in after}
    old, new = before.get("attributes") or {}, after.get("attributes") or {}
    return found | {f"attribute.{key}" for key in {*old, *new} if old.get(key) != new.get(key)}


def _named(fields: Sequence[str], changed: set[str]) -> str:
    found = [field for field in fields if ("tags" if field == "tag" else field) in changed]
    if not found:
        # What stands in other tables: plans, and the values of metrics.
        found = [field for field in fields if field == "plan" or field.startswith("metric.")]
    return found[0] if len(set(found)) == 1 else ""


def _say(field: str, whys: Any) -> None:
    by_why: dict[str, list[int]] = {}
    for pk, why in whys:
        by_why.setdefault(why, []).append(pk)
    for why, memberships in by_why.items():
        Membership.objects.filter(pk__in=memberships).update(**{field: why})
