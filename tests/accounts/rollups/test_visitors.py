"""Visits of a contact are one whatever ids they go by, from when that is known until it is known no more."""

import pytest

from accounts.models import Contact, Identity, Session
from accounts.rollups import passes, rebuilding
from tests.accounts.intake.knowing import contact_of, known
from tests.accounts.intake.sent import SOURCE, batch, event, person
from tests.factories import at

pytestmark = pytest.mark.django_db
LATER = at("2030-01-01")


def rolled_up(*events):
    batch(*events)
    passes.catch_up(LATER)


def visits():
    passes.roll_up(LATER)
    return list(Session.objects.order_by("began").values_list("events", "pages", "entry", "exit"))


def named(contact, value, kind="anonymous", **days):
    return Identity.objects.create(contact=contact, source=SOURCE, kind=kind, value=value, **days)


def visitor(value, kind="anonymous"):
    return {"person": person(value, kind)}


def visiting(day="2026-05-20"):
    """Two pages before signing in and one after it."""
    rolled_up(
        event("m1", f"{day} 10:00", path="/", **visitor("browser")),
        event("m2", f"{day} 10:01", path="/prices", **visitor("browser")),
        event("m3", f"{day} 10:20", path="/app", user="u1"),
    )


@pytest.fixture
def sara():
    return contact_of(known(), name="Sara")


def test_a_visit_goes_on_when_somebody_known_signs_in(sara):
    named(sara, "browser")
    named(sara, "u1", "user")

    visiting()

    assert visits() == [(3, 3, "/", "/app")]
    one = Session.objects.get()
    assert (one.contact, one.person.hex) == (sara, person("browser", "anonymous"))
    assert one.ended - one.began == at("2026-05-20 10:20") - at("2026-05-20 10:00")


def test_visits_are_joined_once_it_is_known_and_parted_when_it_is_not(sara):
    named(sara, "u1", "user")
    visiting()
    assert visits() == [(2, 2, "/", "/prices"), (1, 1, "/app", "/app")]

    browser = named(sara, "browser")
    assert visits() == [(3, 3, "/", "/app")]

    browser.delete()
    assert visits() == [(2, 2, "/", "/prices"), (1, 1, "/app", "/app")]
    assert [one.contact for one in Session.objects.order_by("began")] == [None, sara]


def test_visits_are_joined_by_a_merge_of_contacts(sara):
    other = contact_of(sara.account, name="Sara A.")
    named(sara, "u1", "user")
    named(other, "browser")
    visiting()
    assert len(visits()) == 2

    Contact.objects.filter(pk=other.pk).update(merged_into=sara)
    assert visits() == [(3, 3, "/", "/app")]


def test_both_are_parted_when_their_contact_is_deleted(sara):
    named(sara, "u1", "user")
    named(sara, "browser")
    visiting()
    assert len(visits()) == 1

    sara.delete()
    assert len(visits()) == 2


def test_an_id_joins_visits_on_the_days_only_on_which_it_was_theirs(sara):
    named(sara, "u1", "user")
    visiting("2026-05-20")
    rolled_up(
        event("n1", "2026-05-22 10:00", **visitor("browser")),
        event("n2", "2026-05-22 10:05", user="u1"),
    )

    named(sara, "browser", since="2026-05-21")

    assert [events for events, *_pages in visits()] == [2, 1, 2]


def test_people_of_two_contacts_keep_their_visits_apart(sara):
    omar = contact_of(sara.account, name="Omar")
    named(sara, "browser")
    named(omar, "u1", "user")

    visiting()

    assert len(visits()) == 2


def test_whoever_shares_an_id_with_two_is_not_both(sara):
    """The id is of both; each other id visits with the contact entered first or alone."""
    omar = contact_of(known("Falak", "falak"), name="Omar")
    for contact in (sara, omar):
        named(contact, "u1", "user")
    named(sara, "browser")
    named(omar, "phone")
    visiting()
    rolled_up(event("m4", "2026-05-20 10:25", path="/more", **visitor("phone")))

    assert visits() == [(3, 3, "/", "/app"), (1, 1, "/more", "/more")]


def test_over_a_months_end_and_made_anew_it_is_the_same(sara):
    named(sara, "browser")
    named(sara, "u1", "user")
    rolled_up(
        event("m1", "2026-05-31 23:50", path="/", **visitor("browser")),
        event("m2", "2026-06-01 00:10", path="/app", user="u1"),
    )
    assert visits() == [(2, 2, "/", "/app")]

    Session.objects.all().delete()
    job = rebuilding.start()
    rebuilding.work_on(job)

    assert visits() == [(2, 2, "/", "/app")]


def test_what_comes_late_joins_visits_of_two_ids(sara):
    named(sara, "browser")
    named(sara, "u1", "user")
    rolled_up(
        event("m1", "2026-05-20 10:00", **visitor("browser")), event("m3", "2026-05-20 10:50", user="u1")
    )
    assert len(visits()) == 2

    rolled_up(event("m2", "2026-05-20 10:25", **visitor("browser")))
    assert [events for events, *_pages in visits()] == [3]
