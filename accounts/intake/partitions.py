"""The months of the events, in UTC: each has its partition before its first event, and goes as a whole."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Organisation, Retention

# So many months to come have theirs; senders' clocks may be ahead by minutes only.
AHEAD = 3
EVER = date(1900, 1, 1)
# Whoever makes or drops one: the same twice would be a mistake.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('accounts_event'))"
NAMES = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'accounts_event'::regclass AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1"
)


def month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def after(month: datetime) -> datetime:
    return month_of(month + timedelta(days=31))


def before(month: datetime) -> datetime:
    return month_of(month - timedelta(days=1))


def name_of(month: datetime) -> str:
    return f"accounts_event_{month:%Y_%m}"


def months() -> list[datetime]:
    """Those with a partition, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        return [datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC) for (name,) in cursor.fetchall()]


def make_ahead(now: datetime) -> None:
    month = month_of(now)
    for _number in range(AHEAD + 1):
        make([month])
        month = after(month)


@transaction.atomic
def make(wanted: Iterable[datetime]) -> None:
    """What lies in the default partition of these months moves into theirs."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        there = set(months())
        for month in sorted(set(wanted) - there):
            name, bounds = name_of(month), [month, after(month)]
            cursor.execute(f"CREATE TABLE {name} (LIKE accounts_event INCLUDING DEFAULTS)")
            cursor.execute(
                "WITH moved AS (DELETE FROM accounts_event_other WHERE happened_at >= %s AND happened_at < %s"
                f" RETURNING *) INSERT INTO {name} SELECT * FROM moved",
                bounds,
            )
            first, end = (bound.isoformat() for bound in bounds)
            cursor.execute(
                f"ALTER TABLE accounts_event ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')"
            )


# What goes


def kept_from(before: datetime, organisation: Organisation) -> datetime:
    """Where what is older than then goes: the start of the first month of events that stays.

    The month before the first that is still taken stays too: days begin elsewhere than they do in UTC, and visits go
    on past midnight, so that whatever is still added to finds all its events.
    """
    first = organisation.start_of(organisation.today(before).replace(day=1))
    return month_of(first - timedelta(days=2))


def first_whole_day(organisation: Organisation, gone_before: datetime | None) -> date:
    """Of which all events are there: what is rolled up of days before stays as it is."""
    return organisation.today(gone_before) + timedelta(days=1) if gone_before else EVER


@transaction.atomic
def drop_one_before(limit: datetime) -> int:
    """The earliest month, with what is known of its messages; how many events went."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        earliest = next((month for month in months() if month < limit), None)
        end = after(earliest) if earliest else limit
        cursor.execute("DELETE FROM accounts_event_other WHERE happened_at < %s", [end])
        went = cursor.rowcount
        if earliest:
            cursor.execute(f"SELECT count(*) FROM {name_of(earliest)}")
            went += cursor.fetchone()[0]
            cursor.execute(f"DROP TABLE {name_of(earliest)}")
        cursor.execute("DELETE FROM accounts_eventkey WHERE day < %s", [end.date()])
    settings = Retention.objects.filter(pk=Retention.current().pk)
    settings.update(events_gone_before=Greatest(Coalesce("events_gone_before", Value(end)), Value(end)))
    return int(went)
