"""Whatever comes, in whatever order: the roll-ups are those of the distinct events."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.intake import worker
from accounts.models import AccountKey, ActivityDay, Contact, Delivery, Goal, Identity, Job, Session
from accounts.rollups import passes, rebuilding
from tests.accounts.intake.sent import SOURCE, batch, event
from tests.accounts.rollups import naive, stored
from tests.factories import account, at, day, organisation

LATER = at("2030-01-01")
# Clocks are put on, put back, or a month ends, within hours.
STARTS = {
    "Asia/Beirut": ["2026-03-28 20:00", "2026-10-24 18:00"],
    "America/New_York": ["2026-03-08 03:00", "2026-11-01 02:00"],
    "America/Havana": ["2026-11-01 02:00", "2026-03-08 03:00"],
    "UTC": ["2026-02-28 20:00"],
}
NAMES = ["Page", "Page", "Screen", "Feature Used", "Signed In", "Resource Rated", "Post Liked", "Our Own"]
MAILS = ["Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]
USERS = ["u1", "u1", "u2", "u3"]
CHANGES = [
    *("same", "same", "same", "other", "other", "contact", "identity", "until"),
    *("key", "unkey", "move", "merge", "forget"),
]


def several(elements, **more):
    return st.lists(elements, min_size=1, **more)


sent = st.fixed_dictionaries(
    {
        # Minutes, many of them just half an hour apart; seconds around the edge.
        "minute": st.one_of(
            st.integers(0, 12).map(lambda halves: halves * 30),
            st.integers(0, 480),
            st.integers(0, 5).map(lambda days: days * 1440 + 300),
        ),
        "second": st.sampled_from([0, 0, 1, 59]),
        "name": st.sampled_from([*NAMES, *MAILS]),
        "object": st.sampled_from(["", "/a", "/b"]),
        "value": st.sampled_from([None, None, 1, 2.5]),
        "user": st.sampled_from(USERS),
        "company": st.sampled_from([None, None, "c1", "c2"]),
        "session": st.sampled_from(["", "", "A", "B", "C"]),
        "machine": st.sampled_from([False, False, False, True]),
        "campaign": st.sampled_from(["", "", "may"]),
        "late": st.sampled_from([0, 0, 1, 2, 40]),
    }
)
change = st.tuples(
    st.sampled_from(CHANGES),
    st.sampled_from(USERS),
    st.integers(0, 3),
)
step = st.one_of(several(st.integers(0, 30)).map(tuple), several(change, max_size=2))


def made(start, number, one):
    when = at(start) + timedelta(minutes=one["minute"], seconds=one["second"])
    said = (
        {"email_id": one["object"]}
        if one["name"] in MAILS
        else {"path": one["object"], "feature": one["object"]}
    )
    if one["name"] == "Resource Rated" and one["value"] is not None:
        said["rating"] = one["value"]
    return event(
        f"m{number % 7}-{number}",
        when,
        one["name"],
        one["user"],
        company=one["company"],
        recorded_at=when + timedelta(days=one["late"], minutes=1),
        session=one["session"],
        machine=one["machine"],
        campaign=one["campaign"],
        **said,
    )


class World:
    """Who becomes known, and is forgotten."""

    def __init__(self, start):
        self.day = at(start).date()
        self.accounts = [account("Falak"), account("Najm")]
        self.contact("u1", 0)

    def change(self, kind, user, number):
        getattr(self, kind)(user, number)

    def contact(self, user, number):
        given = {"account": self.accounts[number % 2], "name": user}
        Contact.objects.get_or_create(source=SOURCE, external_id=user, defaults=given)

    def identity(self, user, number):
        contact = Contact.objects.create(account=self.accounts[number % 2], name=user)
        since = [None, self.day, day("2026-03-29")][number % 3]
        Identity.objects.create(contact=contact, source=SOURCE, value=user, since=since)

    def same(self, user, number):
        """The user is, too, the contact who was entered first."""
        if contact := Contact.objects.order_by("pk").first():
            since = {"since": [None, None, self.day + timedelta(1)][number % 3]}
            Identity.objects.get_or_create(contact=contact, source=SOURCE, value=user, defaults=since)

    def other(self, user, _number):
        Identity.objects.filter(source=SOURCE, value=user).delete()

    def until(self, user, number):
        identities = Identity.objects.filter(source=SOURCE, value=user, since=None)
        identities.update(until=self.day + timedelta(days=number))

    def merge(self, _user, _number):
        first, last = Contact.objects.order_by("pk").first(), Contact.objects.order_by("pk").last()
        if first != last and not (first.merged_into_id or last.merged.exists()):
            Contact.objects.filter(pk=last.pk).update(merged_into=first)

    def key(self, _user, number):
        given = {"account": self.accounts[number % 2]}
        AccountKey.objects.get_or_create(source=SOURCE, value=f"c{1 + number // 2}", defaults=given)

    def unkey(self, _user, number):
        AccountKey.objects.filter(value=f"c{1 + number // 2}").delete()

    def move(self, user, number):
        Contact.objects.filter(external_id=user).update(account=self.accounts[number % 2])

    def forget(self, user, _number):
        Contact.objects.filter(name=user).delete()


ANY = settings(deadline=None, suppress_health_check=list(HealthCheck))
CASES = {
    "zone": st.sampled_from(sorted(STARTS)),
    "which": st.integers(0, 1),
    "streams": st.lists(sent, min_size=6, max_size=30),
    "steps": several(step, max_size=6),
    "spoilt": st.sampled_from(["", "nothing", "wrong"]),
    "days": st.sampled_from([None, None, 16]),
}


@pytest.mark.django_db
@settings(ANY, max_examples=6)
@given(**CASES)
def test_rollups_are_those_of_the_distinct_events(**case):
    check(**case)


@pytest.mark.long
@pytest.mark.django_db
@settings(ANY, max_examples=300)
@given(**CASES)
def test_rollups_of_many_streams_are_those_of_the_distinct_events(**case):
    check(**case)


def check(zone, which, streams, steps, spoilt, days):
    start = STARTS[zone][which % len(STARTS[zone])]
    with transaction.atomic():
        organisation(time_zone=zone)
        world = World(start)
        Goal.objects.create(code="a", kind="page", target="/a")
        Goal.objects.create(code="f", kind="event", target="Feature Used")
        events = [made(start, number, one) for number, one in enumerate(streams)]

        for one in steps:
            if isinstance(one, tuple):
                batch(*(events[number % len(events)] for number in one))
                worker.turn(LATER)
            else:
                for kind, user, number in one:
                    world.change(kind, user, number)
            passes.roll_up(LATER)
        batch(*reversed(events))
        passes.catch_up(LATER)

        assert_stored(events, zone)
        spoil(spoilt)
        rebuild(rebuilding.start(days=days))
        assert_stored(events, zone)
        organisation(time_zone="Asia/Tokyo")
        Goal.objects.filter(code="a").update(target="/b")
        rebuild(rebuilding.start_when_due())
        assert_stored(events, "Asia/Tokyo")
        transaction.set_rollback(True)


def spoil(how):
    """A rebuild begins with what is there, with nothing, or with what is wrong."""
    if how == "nothing":
        ActivityDay.objects.all().delete()
        Session.objects.all().delete()
        Delivery.objects.all().delete()
    if how == "wrong":
        ActivityDay.objects.update(count=F("count") + 1)
        Session.objects.update(began=F("began") - timedelta(minutes=50))
        Delivery.objects.filter(mail="/a").update(opened_at=F("recorded_at"))


def rebuild(job):
    rebuilding.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, job.total)
    passes.roll_up(LATER)


def assert_stored(events, zone):
    assert stored.activity() == naive.activity(events, zone)
    assert stored.sessions() == naive.sessions(events, zone)
    assert stored.deliveries() == naive.deliveries(events, zone)
