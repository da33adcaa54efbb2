"""What each check of this room finds, and what it lets pass."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import feeds, quality
from accounts.models import Account, AccountPair, Contact, Departure, Lead, Pause, Plan, Return, Term, Ticket
from accounts.quality import CHECKS, Looking
from tests.accounts.test_feeds import came, last_days, orders
from tests.factories import account, order, organisation, payment, plain, subscription, ticket

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OF = {check.key: check for check in CHECKS}


def looking(now=NOW):
    return Looking(organisation(), now)


def found(key, now=NOW):
    return sorted(str(row) for row in OF[key].rows(looking(now)))


def customer(name, stage="live", **fields):
    return account(name, stage=stage, **fields)


def test_customers_have_an_owner_who_is_there(alice, bob):
    bob.is_active = False
    bob.save()
    customer("Owned", owner=alice)
    customer("Nobody's")
    customer("Bob's", owner=bob)
    customer("Lead", stage="lead")
    customer("Gone", stage="churned")
    customer("Test", internal=True)
    customer("Merged", merged_into=customer("Survivor", owner=alice))

    assert found("accounts_without_owner") == ["Nobody's"]
    assert found("accounts_of_somebody_gone") == ["Bob's"]


def test_customers_have_a_contact_who_has_not_left():
    Contact.objects.create(account=customer("Has one"), name="Sara")
    Contact.objects.create(account=customer("Leaving"), name="Sara", left="2026-04-01")
    Contact.objects.create(account=customer("Left alone"), name="Sara", left="2026-03-31")
    customer("Nobody there")
    loser = customer("Loser", merged_into=customer("By merge"))
    Contact.objects.create(account=loser, name="Sara")

    assert found("accounts_without_contact") == ["Left alone", "Nobody there"]


def test_subscriptions_in_service_name_a_plan():
    plan = plain(Plan)
    subscription(customer("Named"), 10, "2026-01-01", plan=plan)
    subscription(customer("Unnamed"), 10, "2026-01-01")
    both = customer("One of two")
    subscription(both, 10, "2026-01-01", plan=plan)
    subscription(both, 10, "2026-01-01")
    past = customer("Named once")
    subscription(past, 10, "2025-01-01", "2026-01-01", plan=plan)
    subscription(past, 10, "2026-01-01")
    subscription(customer("Over"), 10, "2025-01-01", "2026-03-31")
    customer("Without")

    assert found("accounts_without_plan") == ["Named once", "Unnamed"]


def test_stage_and_subscription_agree():
    for stage in ("churned", "lead", "live"):
        subscription(customer(f"Paying {stage}", stage), 10, "2026-01-01")
        subscription(customer(f"Trying {stage}", stage), 10, "2026-01-01", kind="trial")
        subscription(customer(f"For nothing {stage}", stage), 0, "2026-01-01")
        subscription(customer(f"Ended {stage}", stage), 10, "2025-01-01", "2026-03-31")

    assert found("churned_and_paying") == ["Paying churned"]
    assert found("leads_that_pay") == ["Paying lead"]


def test_who_is_live_has_ordered_or_subscribed():
    order(customer("Ordered"), "2020-01-01 10:00")
    subscription(customer("Subscribed"), 10, "2020-01-01", "2021-01-01")
    customer("Nothing")
    customer("Nothing yet", stage="onboarding")
    order(customer("Loser", merged_into=customer("By merge")), "2020-01-01 10:00")

    assert found("live_without_business") == ["Nothing"]


def test_accounts_that_may_be_one_are_shown_to_whom_may_see_both(alice, administrator):
    pair = [customer("Najm Trading", owner=alice), customer("Najm Trading LLC", owner=alice)]
    AccountPair.objects.create(first=pair[0], second=pair[1], reasons=["name", "phone"], likeness=1)
    other = AccountPair.objects.create(first=pair[0], second=customer("Nejm"), reasons=["name"], likeness=0.7)
    check = OF["duplicates"]

    of_alice = list(check.rows_for(alice, looking()))

    assert [(row.first.name, row.second.name) for row in of_alice] == [("Najm Trading", "Najm Trading LLC")]
    assert of_alice[0].because == "alike by name, same phone number"
    assert check.rows_for(administrator, looking()).count() == 2
    other.delete()
    Account.objects.filter(pk=pair[1].pk).update(merged_into=pair[0])
    assert check.rows(looking()).count() == 0


def test_contacts_can_be_reached():
    there = customer("There")
    for name, email, phone in (
        ("Mail", "sara@example.com", ""),
        ("Phone", "", "+966 50 123 4567"),
        ("Neither", "", ""),
        ("Bad mail", "sara@example", ""),
        ("Two at", "sara@@example.com", ""),
        ("Space", "sara q@example.com", ""),
        ("Short", "", "1234"),
        ("Words", "sara@example.com", "ask Sara 0501234567"),
        ("Arabic domain", "sara@مثال.السعودية", ""),
        ("Extension", "", "(011) 123-4567 x12"),
    ):
        Contact.objects.create(account=there, name=name, email=email, phone=phone)
    Contact.objects.create(account=there, name="Left", left="2026-01-01")
    Contact.objects.create(account=customer("Test", internal=True), name="Tester")

    assert found("contacts_unreachable") == ["Neither"]
    assert found("contacts_with_bad_address") == ["Bad mail", "Short", "Space", "Two at", "Words"]


def test_nothing_lies_ahead():
    ordering = customer("Ordering")
    for when in ("2026-03-31 11:59", "2026-03-31 12:01"):
        order(ordering, when, external_id=when)
        ticket(ordering, opened=when, external_id=when)
    for on in ("2026-03-31", "2026-04-01"):
        payment(ordering, 10, on, external_id=on)

    assert found("orders_ahead") == ["2026-03-31 12:01"]
    assert found("tickets_ahead") == ["2026-03-31 12:01"]
    assert found("payments_ahead") == ["2026-04-01"]


def test_leads_and_departures_do_not_lie_ahead():
    leaving = customer("Leaving")
    for on in ("2026-03-31", "2026-04-01", "2026-04-02"):
        Lead.objects.create(name=on, first_interest=on)
        Departure.objects.create(account=leaving, churn_day=on)

    assert found("leads_ahead") == ["2026-04-01", "2026-04-02"]
    assert [str(row.churn_day) for row in OF["departures_ahead"].rows(looking())] == ["2026-04-02"]


def test_rows_that_contradict_one_another_are_listed():
    najm, star, merged = customer("Najm"), customer("Star"), customer("Najm LLC")
    Account.objects.filter(pk=merged.pk).update(merged_into=najm)
    ordered = order(najm, "2026-03-01 12:00")
    served = subscription(najm, 10, "2026-01-01", "2026-03-01")
    for whose in (najm, merged, star):
        payment(whose, 10, "2026-03-02", order=ordered, external_id=f"order {whose.name}")
        payment(whose, 10, "2026-03-02", subscription=served, external_id=f"served {whose.name}")
        asker = Contact.objects.create(account=whose, name="Sara")
        Ticket.objects.create(account=najm, requester=asker, subject=whose.name, opened_at=NOW)
    for on in ("2026-02-28", "2026-03-01"):
        Return.objects.create(order=ordered, day=on, units=1)
    for starts, ends in (("2025-12-31", "2026-01-02"), ("2026-01-03", "2026-03-02"), ("2026-03-03", None)):
        Pause.objects.create(subscription=served, starts=starts, ends=ends)
    for starts, ends, reference in (
        ("2026-01-01", "2027-01-01", ""),
        ("2026-06-01", "2026-07-01", ""),
        ("2027-01-01", "2028-01-01", ""),
        ("2026-01-01", "2027-01-01", "A"),
    ):
        Term.objects.create(account=najm, starts=starts, ends=ends, reference=reference, currency="USD")

    def rows(key, name):
        return sorted(str(getattr(row, name)) for row in OF[key].rows(looking()))

    assert rows("payments_of_others", "external_id") == ["order Star", "served Star"]
    assert rows("tickets_of_others", "subject") == ["Star"]
    assert rows("returns_before_order", "day") == ["2026-02-28"]
    assert rows("pauses_outside", "starts") == ["2025-12-31", "2026-03-03"]
    assert rows("terms_overlapping", "starts") == ["2026-01-01", "2026-06-01"]


def test_sources_are_silent_by_their_own_rhythm():
    orders("shop", *last_days(20, until=NOW - timedelta(days=3)))
    orders("monthly", *last_days(6, step=30, until=NOW - timedelta(days=3)))
    feeds.note(NOW)

    assert found("silent_sources") == ["shop: order"]
    assert found("silent_sources", NOW + timedelta(days=45)) == ["monthly: order", "shop: order"]


def test_late_facts_are_told_by_their_source():
    buyer = customer("Buyer")
    for number, (source, ordered, recorded) in enumerate(
        [
            ("shop", "2026-03-20 10:00", "2026-03-28 10:00"),
            ("shop", "2026-03-27 10:00", "2026-03-28 09:00"),
            ("bank", "2025-12-01 10:00", "2025-12-30 10:00"),  # long ago
            ("crm", "2026-03-27 10:00", "2026-03-27 10:00"),
        ]
    ):
        came(order(buyer, ordered, source=source, external_id=str(number)), recorded)
    feeds.note(NOW)

    (shop,) = OF["late_facts"].rows(looking())

    assert (shop.source, shop.late, shop.facts, shop.latest) == ("shop", 1, 2, timedelta(days=8))


def test_readers_are_shown_their_own_accounts_only(alice, bob, charlie, team, administrator):
    customer("Hers", owner=None, team=team)
    check = OF["accounts_without_owner"]

    seen = {user.name: quality.count(check.rows_for(user, looking())) for user in (alice, bob, charlie)}

    assert seen == {"Alice": 1, "Bob": 1, "Charlie": 0}
    assert check.is_whole(administrator)
    assert not check.is_whole(alice)


def test_the_accounts_of_a_reader_are_asked_for_once(alice, team, django_assert_num_queries):
    customer("Hers", team=team)
    customer("Nobody's")
    now = looking()
    alice.has_perm(quality.SEE_ALL)

    with django_assert_num_queries(3):
        found = [
            quality.count(OF[key].rows_for(alice, now))
            for key in ("accounts_without_owner", "accounts_without_contact")
        ]

    assert found == [1, 1]


def test_whoever_sees_many_accounts_is_shown_the_same(alice, team, monkeypatch):
    monkeypatch.setattr(quality, "FEW", 1)
    for name in ("One", "Two"):
        Contact.objects.create(account=customer(name, team=team), name="Sara")
    Contact.objects.create(account=customer("Nobody's"), name="Sara")
    now = looking()

    assert now.few_accounts_of(alice) is None
    assert quality.count(OF["contacts_unreachable"].rows_for(alice, now)) == 2
    assert quality.count(OF["accounts_without_owner"].rows_for(alice, now)) == 2


def test_silent_sources_are_shown_to_whom_may_read_what_they_give(alice, administrator):
    orders("shop", *last_days(20, until=NOW - timedelta(days=3)))
    feeds.note(NOW)
    check = OF["silent_sources"]

    assert [row.source for row in check.rows_for(administrator, looking())] == ["shop"]
    assert not check.rows_for(alice, looking())


def test_a_column_follows_a_path_as_far_as_there_is_one():
    row = Account(name="Najm")

    assert quality.Column("x", "name").of(row) == "Najm"
    assert quality.Column("x", "owner.name").of(row) is None
    assert quality.Column("x", "attributes.size").of(Account(attributes={"size": ["2"]})) == ["2"]
