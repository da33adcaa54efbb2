"""Customers whose people did something, made inside the database: as many events as one likes, the same every time.

A visit is eight events of one person under a minute apart; every twentieth is mail instead. Half of them say which
company and which session. One in a hundred is a machine's; one in two hundred became known three days later.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.intake import partitions
from accounts.models import AccountKey, Event, EventMark, Organisation, Touched
from cxhub.bench.books import build_recompute_book
from cxhub.bench.bulk import filling

SOURCE, DAYS = "crm", 75
PERSONS = """
CREATE TABLE bench_person AS
SELECT n AS number, cxhub_digest(%(source)s, 'user', 'contact-' || n) AS person,
       cxhub_digest(%(source)s, 'account', 'company-' || 1 + (n - 1) %% %(accounts)s) AS company
FROM generate_series(1, %(persons)s) n;
ALTER TABLE bench_person ADD PRIMARY KEY (number);
ANALYZE bench_person"""
COMPANIES = """
INSERT INTO accounts_accountkey (account_id, source, value)
SELECT id, %(source)s, 'company-' || id FROM accounts_account"""
EVENTS = """
WITH visits AS (
  SELECT v, hashint8extended(v, 1) & 2147483647 AS who, hashint8extended(v, 2) & 2147483647 AS day,
         hashint8extended(v, 3) & 2147483647 AS second, hashint8extended(v, 4) & 2147483647 AS what,
         v %% 20 = 0 AS is_mail
  FROM generate_series(%(since)s::bigint / 8, (%(until)s::bigint - 1) / 8) v),
events AS (
  SELECT visits.*, k, (what + k * 7919) %% 1000 AS thing,
         %(first)s::timestamptz + day %% %(days)s * interval '1 day' + (5 * 3600 + second %% (14 * 3600) + 53 * k)
           * interval '1 second' AS happened_at
  FROM visits, generate_series(0, 7) k)
INSERT INTO accounts_event (happened_at, recorded_at, source, message_id, name, sent_as, object, value, campaign,
                            person, company, session, machine, properties)
SELECT happened_at, happened_at + CASE WHEN v %% 200 = 7 THEN interval '3 days' ELSE interval '4 seconds' END,
       %(source)s, 'm' || v * 8 + k, CASE WHEN is_mail THEN (ARRAY['Email Sent', 'Email Delivered', 'Email Opened',
                                                      'Email Link Clicked'])[1 + k %% 4]
            WHEN k = 0 THEN 'Signed In' WHEN k = 6 THEN 'Report Exported' WHEN k %% 2 = 1 THEN 'Page'
            ELSE 'Feature Used' END,
       '', CASE WHEN is_mail THEN 'mail-' || v * 2 + k / 4 WHEN k IN (0, 6) THEN ''
                WHEN k %% 2 = 1 THEN '/app/' || thing %% 60 ELSE 'feature-' || thing %% 40 END,
       CASE WHEN k = 6 AND NOT is_mail THEN thing END, CASE WHEN is_mail THEN 'campaign-' || thing %% 5 ELSE '' END,
       p.person, CASE WHEN v %% 2 = 1 THEN p.company END, CASE WHEN v %% 2 = 1 THEN 's' || v ELSE '' END, v %% 100 = 3,
       '{"plan": "pro"}'
FROM events JOIN bench_person p ON p.number = 1 + who %% %(persons)s
WHERE v * 8 + k >= %(since)s AND v * 8 + k < %(until)s"""
NEW = """
WITH new AS (
  INSERT INTO accounts_event (happened_at, recorded_at, source, message_id, name, sent_as, object, campaign, person,
                              company, session, machine, properties)
  SELECT %(now)s::timestamptz - (n %% 3600) * interval '1 second', %(now)s, %(source)s, %(mark)s || n, 'Feature Used',
         '', 'feature-' || n %% 40, '', p.person, p.company, '', false, '{}'
  FROM generate_series(1, %(count)s) n
  JOIN bench_person p ON p.number = 1 + (hashint8extended(n, %(salt)s) & 2147483647) %% %(persons)s
  RETURNING person, happened_at)
INSERT INTO accounts_eventmark (person, day)
SELECT DISTINCT person, (happened_at AT TIME ZONE %(zone)s)::date FROM new"""


def build(*, accounts: int, persons: int) -> None:
    """In an empty database: four of five persons are contacts. No event yet."""
    today = Organisation().today(timezone.now())
    build_recompute_book(accounts, accounts, accounts, today=today, contacts=persons * 4 // 5)
    given: dict[str, Any] = {"source": SOURCE, "accounts": accounts, "persons": persons}
    with filling(AccountKey) as cursor:
        cursor.execute(COMPANIES, given)
        cursor.execute(PERSONS, given)
    forget_marks()


def forget_marks() -> None:
    EventMark.objects.all().delete()
    Touched.objects.all().delete()


def first_moment(now: datetime) -> datetime:
    organisation = Organisation.current()
    return organisation.start_of(organisation.today(now) - timedelta(days=DAYS))


def add_events(since: int, until: int, now: datetime) -> None:
    """The events with these numbers, spread over all days up to yesterday; nothing is marked."""
    first = first_moment(now)
    moments = (first + timedelta(days=day) for day in range(-1, DAYS + 2))
    partitions.make({partitions.month_of(moment) for moment in moments})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_person")
        persons = cursor.fetchone()[0]
    with filling(Event) as cursor:
        cursor.execute(
            EVENTS,
            {
                "since": since,
                "until": until,
                "first": first,
                "days": DAYS,
                "source": SOURCE,
                "persons": persons,
            },
        )
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) accounts_event")


def add_new(count: int, salt: int, now: datetime) -> None:
    """As the worker leaves them: of persons drawn anew for each `salt`, within the last hour, and marked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_person")
        persons = cursor.fetchone()[0]
        given: dict[str, Any] = {
            "now": now,
            "source": SOURCE,
            "mark": f"new-{salt}-",
            "count": count,
            "salt": salt,
        }
        zone = Organisation.current().time_zone
        cursor.execute(NEW, {**given, "persons": persons, "zone": zone})
