"""What was created, changed or deleted since a moment, for programs that keep a copy."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Max

from accounts.models import Account, AuditEntry

OWN = 'SELECT row FROM accounts_auditentry WHERE "table" = %(table)s AND at >= %(since)s AND row > %(after)s'
# What an account is shown with: its keys, before and after a merge; the names of its owner and its team; what is
# declared of it, which is archived and comes back.
OF_PARTS: dict[type[models.Model], str] = {
    Account: """
    UNION ALL SELECT k.account_id FROM accounts_auditentry e JOIN accounts_accountkey k ON k.id = e.row
      WHERE e."table" = 'accounts_accountkey' AND e.at >= %(since)s
    UNION ALL SELECT (e.before ->> 'account_id')::bigint FROM accounts_auditentry e
      WHERE e."table" = 'accounts_accountkey' AND e.at >= %(since)s
    UNION ALL SELECT a.id FROM accounts_auditentry e JOIN accounts_account a ON a.owner_id = e.row
      WHERE e."table" = 'accounts_user' AND e.at >= %(since)s
    UNION ALL SELECT a.id FROM accounts_auditentry e JOIN accounts_account a ON a.team_id = e.row
      WHERE e."table" = 'accounts_team' AND e.at >= %(since)s
    UNION ALL SELECT a.id FROM accounts_auditentry e
      JOIN accounts_attributedefinition d ON d.id = e.row JOIN accounts_account a ON a.attributes ? d.key
      WHERE e."table" = 'accounts_attributedefinition' AND e.action = 'update' AND e.after ? 'archived'
        AND e.at >= %(since)s"""
}
# An entry carries the time at which its transaction began, and is seen only when that ends. What is under way may be
# anything; a second is for transactions that have begun and are not listed yet.
SEEN_UNTIL = """
    SELECT least(now(), min(xact_start)) - interval '1 second' FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def ids_since(model: type[models.Model], since: datetime, after: int, most: int) -> list[int]:
    """Of rows that changed since then, ascending, greater than `after`."""
    parameters: dict[str, Any] = {"table": model._meta.db_table, "since": since, "after": after, "most": most}
    statement = (
        f"SELECT DISTINCT row FROM ({OWN}{OF_PARTS.get(model, '')}) changed"
        " WHERE row > %(after)s ORDER BY row LIMIT %(most)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row for (row,) in cursor.fetchall()]


def deleted_at(model: type[models.Model], ids: Collection[int]) -> dict[int, datetime]:
    deletions: Any = AuditEntry.objects.filter(
        table=model._meta.db_table, row__in=ids, action=AuditEntry.Action.DELETED
    ).order_by()
    return dict(deletions.values_list("row").annotate(Max("at")))


def seen_until() -> datetime:
    """All that was changed before is seen from now on; ask from here next time."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN_UNTIL)
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment
