"""What of the events is rolled up, bit by bit."""

import pytest
from django.db import connection

from accounts.intake.digests import digits
from accounts.models import ActivityDay, Delivery, Identity, Session
from accounts.rollups import passes
from tests.accounts.intake.knowing import contact_of, known
from tests.accounts.intake.sent import SOURCE, batch, event
from tests.factories import at

pytestmark = pytest.mark.django_db


def rolled_up(*events):
    batch(*events)
    passes.catch_up(at("2030-01-01"))


def test_days_of_activity_add_up_what_was_done():
    rolled_up(
        event("m1", "2026-05-20 10:00", "Resource Rated", resource="guide", rating=3),
        event("m2", "2026-05-20 11:00", "Resource Rated", resource="guide", rating=4),
        event("m3", "2026-05-20 12:00", "Resource Rated", resource="guide"),
    )

    one = ActivityDay.objects.get()
    assert (one.count, one.valued, one.value, one.last_value) == (3, 2, 7, 4)
    assert Session.objects.count() == 3
    assert not Delivery.objects.exists()


def test_first_word_of_a_visit_on_the_company_and_the_campaign_holds():
    rolled_up(
        event("m1", "2026-05-20 10:00", path="/"),
        event("m2", "2026-05-20 10:05", path="/prices", company="c1", campaign="spring"),
        event("m3", "2026-05-20 10:10", path="/ask", company="c2", campaign="autumn"),
        event("m4", "2026-05-20 10:15", "Signed In"),
    )

    one = Session.objects.get()
    assert one.company.hex == digits(SOURCE, "account", "c1")
    assert (one.campaign, one.entry, one.exit) == ("spring", "/", "/ask")
    assert (one.events, one.pages) == (4, 3)


def test_thirty_minutes_without_an_event_are_still_one_visit_and_a_microsecond_more_two():
    rolled_up(event("m1", "2026-05-20 10:00"), event("m2", "2026-05-20 10:30"))
    assert Session.objects.count() == 1

    rolled_up(event("m3", "2026-05-20 11:00:00.000001"))
    assert [one.events for one in Session.objects.order_by("began")] == [2, 1]


def test_a_machine_opens_mails_and_clicks_none():
    rolled_up(
        event("m1", "2026-05-20 10:00", "Email Delivered", email_id="mail 1"),
        event("m2", "2026-05-20 10:01", "Email Opened", email_id="mail 1", machine=True),
        event("m3", "2026-05-20 10:02", "Email Link Clicked", email_id="mail 1", machine=True),
    )

    one = Delivery.objects.get()
    assert (one.opened_at, one.opened_by_machine_at, one.clicked_at) == (None, at("2026-05-20 10:01"), None)

    rolled_up(event("m4", "2026-05-20 10:05", "Email Link Clicked", email_id="mail 1"))
    assert Delivery.objects.get().clicked_at == at("2026-05-20 10:05")


READ = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int FROM pg_stat_xact_user_tables
WHERE relname LIKE 'accounts_session%%' OR relname LIKE 'accounts_activityday%%' OR relname LIKE 'accounts_event%%'
   OR relname LIKE 'accounts_delivery%%'"""
MANY = """
INSERT INTO accounts_session (person, day, began, ended, recorded_at, session, events, pages, entry, exit, goals,
                              channel, campaign)
SELECT md5(n::text)::uuid, moment, moment, moment, moment, '', 1, 0, '', '', '{}', '', ''
FROM generate_series(1, 4000) n,
     LATERAL (SELECT '2026-05-20 10:00+00'::timestamptz + n * interval '1 minute' AS moment) moments;
INSERT INTO accounts_activityday (person, day, name, object, campaign, machine, count, valued, last_at)
SELECT md5(n::text)::uuid, '2026-05-20', 'Page', '', '', false, 1, 0, '2026-05-20 10:00+00'
FROM generate_series(1, 4000) n;
ANALYZE accounts_session, accounts_activityday"""


def test_pass_reads_what_is_near_whatever_is_stored():
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute(READ)
        (before,) = cursor.fetchone()
        rolled_up(*(event(f"m{n}", "2026-05-20 10:00", user=f"u{n}") for n in range(20)))
        cursor.execute(READ)
        (after,) = cursor.fetchone()

    assert Session.objects.count() == 4020
    assert after - before < 1000


def test_an_id_is_its_contacts_from_its_first_day_to_the_day_before_its_end():
    sara = contact_of(known(), name="Sara")
    Identity.objects.create(contact=sara, source=SOURCE, value="u1", since="2026-05-10", until="2026-05-12")

    rolled_up(*(event(f"m{day}", f"2026-05-{day} 10:00") for day in ("09", "10", "11", "12")))

    days = ActivityDay.objects.order_by("day").values_list("contact", "account")
    assert list(days) == [(None, None), *[(sara.pk, sara.account_id)] * 2, (None, None)]
