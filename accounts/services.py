"""What changes rows of two models, and is wanted by two doors."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.attributes import PREFIX, kept_of
from accounts.models import Account, AccountChange, AccountKey, AttributeDefinition, Organisation, User
from accounts.notices import changes as account_changes
from accounts.notices.changes import Changed

# How a dated value, kept as text, reads as the account's own column; no value at all is "" or NULL there.
CURRENT_VALUES: dict[str, str] = {
    str(field.column): f"nullif(latest.{field.name}, '')::bigint"
    if field.is_relation
    else f"latest.{field.name}"
    for field in Account._meta.concrete_fields
    if field.name in Account.DATED
}
# The declared attributes in force: which, and the texts of those that have a value.
DECLARED = f"substr(field, {len(PREFIX) + 1})"
IS_DECLARED = f"starts_with(field, '{PREFIX}')"
DECLARED_VALUES = (
    f"array_agg({DECLARED}) FILTER (WHERE {IS_DECLARED}) AS declared,"
    f" jsonb_object_agg({DECLARED}, string_to_array(value, E'\\n')) FILTER (WHERE {IS_DECLARED} AND value <> '')"
    " AS held"
)


THE_PAST_IS_OTHERS = _("Your roles do not include changing what held on past days.")


def may_change_the_past(user: User) -> bool:
    """Who may write accounts says what holds from now on; what held is for those who correct dated values."""
    return user.has_perm("accounts.change_accountchange")


def change_account(
    account: Account, *, by: User | None, day: date, now: datetime | None = None, **values: Any
) -> None:
    """Gives dated attributes their value from the day on, and the account whatever of it is in force now.

    Declared ones go by `attribute.<key>`, and their values are texts as `accounts.declared` reads them.
    """
    declared = AttributeDefinition.objects.named(values)
    if unknown := set(values) - {*Account.DATED, *declared}:
        raise ValueError(f"These are not dated: {', '.join(sorted(unknown))}.")
    with transaction.atomic(), connection.cursor() as cursor:
        write_changes(
            cursor,
            "SELECT %s::bigint, field, value, %s::date, NULL::timestamptz"
            " FROM unnest(%s::text[], %s::text[]) AS given(field, value)",
            [account.pk, day, list(values), [as_dated_text(value) for value in values.values()]],
            by=by,
        )
        apply_dated_values(Organisation.current().today(now or timezone.now()), [account.pk])
    account.refresh_from_db(fields=[*Account.DATED, "attributes"])


def correct_dated_value(
    change: AccountChange, *, by: User | None, now: datetime | None = None, **values: Any
) -> None:
    """Says a dated value (`value`), or since when it held (`from_day`), differently; the account follows."""
    with transaction.atomic():
        AccountChange.objects.filter(pk=change.pk).update(**values, by=by)
        apply_dated_values(Organisation.current().today(now or timezone.now()), [change.account_id])
    change.refresh_from_db()


def remove_dated_values(changes: models.QuerySet[AccountChange], now: datetime | None = None) -> None:
    """What was said before holds again; where nothing else was ever said, the account keeps the value."""
    with transaction.atomic():
        accounts = list(changes.order_by().values_list("account", flat=True).distinct())
        changes.delete()
        apply_dated_values(Organisation.current().today(now or timezone.now()), accounts)


def as_dated_text(value: Any) -> str:
    """A value as AccountChange keeps it: the id of what it points to, of several a line each, empty for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return kept_of(value)
    return str(value.pk) if isinstance(value, models.Model) else str(value)


def write_changes(cursor: Any, select: str, parameters: list[Any], *, by: User | None) -> int:
    """Upserts what the SELECT gives: account id, attribute, value, day, recording time (NULL: now).

    Returns how many changed anything. `apply_dated_values` must follow.
    """
    cursor.execute(
        f"""
        INSERT INTO accounts_accountchange AS kept (account_id, field, value, from_day, by_id, recorded_at)
        SELECT account_id, field, value, from_day, %s, coalesce(recorded_at, now())
        FROM ({select}) AS given(account_id, field, value, from_day, recorded_at)
        ON CONFLICT (account_id, field, from_day) DO UPDATE SET value = excluded.value, by_id = excluded.by_id
        WHERE kept.value <> excluded.value""",
        [by and by.pk, *parameters],
    )
    return int(cursor.rowcount)


def apply_dated_values(today: date, accounts: Iterable[int] | None = None) -> int:
    """Brings the current values of the accounts (of all without a list) to what is in force today, and counts them.

    An attribute that was never dated keeps the value that the account has. Owners are told, but not of all at once.
    """
    columns = ", ".join(CURRENT_VALUES)
    latest = ", ".join(f"max(value) FILTER (WHERE field = '{name}') AS {name}" for name in Account.DATED)
    given = ", ".join(
        f"CASE WHEN latest.{column.removesuffix('_id')} IS NULL THEN account.{column} ELSE {value} END"
        for column, value in CURRENT_VALUES.items()
    )
    attributes = "(account.attributes - coalesce(latest.declared, '{}')) || coalesce(latest.held, '{}')"
    chosen = "" if accounts is None else "AND account_id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE accounts_account AS account SET ({columns}, attributes) = ROW({given}, {attributes})
            FROM (SELECT account_id, {latest}, {DECLARED_VALUES} FROM (
                    SELECT DISTINCT ON (account_id, field) account_id, field, value FROM accounts_accountchange
                    WHERE from_day <= %s {chosen} ORDER BY account_id, field, from_day DESC) AS in_force
                  GROUP BY account_id) AS latest
              JOIN accounts_account AS before ON before.id = latest.account_id
            WHERE account.id = latest.account_id
              AND ROW({", ".join(f"account.{column}" for column in CURRENT_VALUES)}, account.attributes)
                  IS DISTINCT FROM ROW({given}, {attributes})
            RETURNING account.id, account.name, before.owner_id, account.owner_id, before.stage, account.stage
            """,
            [today, *([] if accounts is None else [list(accounts)])],
        )
        changed = [Changed(*row) for row in cursor.fetchall()]
    if accounts is not None:
        _tell(changed)
    return len(changed)


def _tell(changed: list[Changed]) -> None:
    """Whom the audit names has done it."""
    known = [one for one in changed if (one.owner_before, one.stage_before) != (one.owner, one.stage)]
    if not known:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT now(), nullif(current_setting('cxhub.actor', true), '')::bigint")
        now, actor = cursor.fetchone()
    account_changes.tell(known, now, by=actor)


def apply_values_that_came_due(now: datetime) -> int:
    """A value dated ahead comes into force on its day; a week back, for times when nobody asked."""
    today = Organisation.current().today(now)
    due = AccountChange.objects.filter(from_day__range=(today - timedelta(days=7), today))
    return apply_dated_values(today, due.values_list("account", flat=True).distinct())


def set_keys(account: Account, keys: Iterable[tuple[str, str]]) -> None:
    """By which (source, id) the account is known from now on, and by no other."""
    wanted = set(keys)
    kept = {(key.source, key.value): key for key in account.keys.all()}
    account.keys.filter(pk__in=[key.pk for name, key in kept.items() if name not in wanted]).delete()
    AccountKey.objects.bulk_create(
        AccountKey(account=account, source=source, value=value)
        for source, value in sorted(wanted - kept.keys())
    )
