"""What a person did, after they were erased: counted as before, and saying nothing of them."""

import pytest

from accounts.models import (
    ActivityDay,
    Contact,
    Delivery,
    Event,
    EventName,
    Identity,
    IntakeBatch,
    OtherId,
    Profile,
    RejectedEvent,
    Session,
)
from accounts.rollups import passes, rebuilding
from cxhub.persons.exporting import sections_of
from tests.accounts.intake.saying import identify
from tests.accounts.intake.sent import SOURCE, batch, event
from tests.cxhub.persons.traces import EMAIL, NAME, erase
from tests.factories import account, at

pytestmark = pytest.mark.django_db
LATER = at("2030-01-01")


@pytest.fixture
def contact():
    made = Contact.objects.create(account=account(), name=NAME, email=EMAIL, source="crm", external_id="7")
    Identity.objects.create(contact=made, source=SOURCE, value=EMAIL)
    Identity.objects.create(contact=made, source=SOURCE, kind="anonymous", value="a1")
    return made


def came(*events, then=passes.catch_up):
    batch(*events)
    then(LATER)


def rolled():
    columns = ("day", "name", "object", "count", "account", "contact")
    return set(ActivityDay.objects.values_list(*columns)), Session.objects.values_list("contact").count()


def test_events_say_nothing_of_the_person_and_are_counted_as_before(contact, administrator):
    came(
        event("m1", "2026-05-20 10:00", path="/a", title=NAME, user=EMAIL),
        event("m2", "2026-05-20 10:05", path="/b", user=EMAIL, machine=True),
        event("m3", "2026-05-20 10:06", path=f"/of/{EMAIL}", user=EMAIL),
        event("m4", "2026-05-20 10:00", path="/a", plan="pro", user="somebody"),
    )
    before = rolled()

    job = erase(contact, administrator)
    passes.roll_up(LATER)

    assert job.result["emptied"]["accounts.Event"] == 3
    assert {one.message_id: one.properties for one in Event.objects.all()} == {
        "m1": {},
        "m2": {},
        "m3": {},
        "m4": {"path": "/a", "plan": "pro"},
    }
    assert Event.objects.get(message_id="m3").object == ""
    days, sessions = rolled()
    assert sessions == before[1]
    assert days - before[0] == {(at("2026-05-20").date(), "Page", "", 1, contact.account_id, contact.pk)}
    assert not Identity.objects.filter(value=EMAIL).exists()
    assert Identity.objects.filter(value="a1", contact=contact).exists()


def test_id_of_a_source_that_is_the_address_gives_way_to_another(contact, administrator):
    Contact.objects.filter(pk=contact.pk).update(source=SOURCE, external_id=EMAIL)
    came(event("m1", "2026-05-20 10:00", path="/a", user=EMAIL))
    before = rolled()

    erase(contact, administrator)
    passes.roll_up(LATER)

    assert rolled() == before
    assert Contact.objects.get().external_id is None


def test_what_senders_said_goes(contact, administrator):
    Profile.objects.create(source=SOURCE, value=EMAIL, traits={})
    Profile.objects.create(source=SOURCE, value="u9", traits={"email": EMAIL})
    stays = Profile.objects.create(source=SOURCE, value="u2", traits={"email": "omar@najm.example"})
    for value, user in (("a1", EMAIL), ("a2", "u2")):
        OtherId.objects.create(
            source=SOURCE, kind="anonymous", value=value, user=user, said_at=at("2026-05-20")
        )
    RejectedEvent.objects.create(
        source=SOURCE, received_at=at("2026-05-20"), reason="x", content=f'"{EMAIL}"'
    )

    erase(contact, administrator)

    assert Profile.objects.get() == stays
    assert OtherId.objects.get().value == "a2"
    assert RejectedEvent.objects.get().content == "–"


def test_batch_that_waits_says_nothing_either(contact, administrator):
    waiting = [
        event("m1", "2026-05-20 10:00", path="/a", plan="pro", user=EMAIL),
        event("m2", "2026-05-20 10:00", path="/a", by=EMAIL, user="somebody"),
        event("m3", "2026-05-20 10:00", path="/a", plan="pro", user="somebody"),
    ]
    batch(
        *waiting,
        calls=[
            {
                "type": "identify",
                "user": "u9",
                "at": "2026-01-10T10:00:00+00:00",
                "verified": True,
                "traits": {"email": EMAIL},
            }
        ],
    )

    erase(contact, administrator)
    found = IntakeBatch.objects.get()
    passes.catch_up(LATER)

    assert EMAIL not in f"{bytes(found.lines)}{found.calls}"
    kept = Event.objects.order_by("message_id").values_list("object", "properties")
    assert list(kept) == [("/a", {}), ("/a", {}), ("/a", {"path": "/a", "plan": "pro"})]


def test_what_waits_under_an_address_is_theirs_when_it_is_taken_in(contact, administrator):
    came(event("m1", "2026-05-20 10:00", path="/a", user=EMAIL))
    batch(
        event("m2", "2026-05-20 10:05", path="/a", user=EMAIL, channel="ads"),
        calls=[identify(EMAIL, name=NAME), identify("u9", name="Omar")],
    )

    erase(contact, administrator)
    [said] = IntakeBatch.objects.get().calls
    passes.catch_up(LATER)

    assert said["user"] == "u9"
    day = ActivityDay.objects.get()
    assert (day.count, day.contact_id) == (2, contact.pk)
    assert Session.objects.get().channel == "ads"


def test_rows_that_become_alike_are_one(contact, administrator):
    came(
        event("m1", "2026-05-20 10:00", path=f"/of/{EMAIL}/1", user=EMAIL),
        event("m2", "2026-05-20 10:05", path=f"/of/{EMAIL}/2", user=EMAIL),
        event("m3", "2026-05-20 10:06", path="/b", user=EMAIL, channel="ads"),
    )

    erase(contact, administrator)
    passes.roll_up(LATER)

    assert sorted(ActivityDay.objects.values_list("object", "count")) == [("", 2), ("/b", 1)]
    one = Session.objects.get()
    assert (one.entry, one.exit, one.events, one.channel) == ("", "/b", 3, "ads")


def test_mail_that_is_called_after_the_person_stays_a_mail(contact, administrator):
    mail = f"welcome/{EMAIL}"
    came(
        event("m1", "2026-05-20 10:00", "Email Sent", user=EMAIL, email_id=mail),
        event("m2", "2026-05-20 10:05", "Email Opened", user=EMAIL, email_id=mail),
        event("m3", "2026-05-20 10:05", "Email Sent", user="other", email_id="news"),
    )

    erase(contact, administrator)
    rebuilding.work_on(rebuilding.start())
    passes.roll_up(LATER)

    kept = Delivery.objects.exclude(mail="news").get()
    assert EMAIL not in kept.mail
    assert (kept.contact_id, kept.opened_at) == (contact.pk, at("2026-05-20 10:05"))
    assert set(ActivityDay.objects.exclude(object="news").values_list("object", "count")) == {(kept.mail, 1)}


def test_names_that_mean_something_else_later_take_nothing_from_who_was_erased(contact, administrator):
    came(event("m1", "2026-05-20 10:00", "Feature Used", user=EMAIL, feature="reports"))
    erase(contact, administrator)

    EventName.objects.create(sent_as="Feature Used", means="Resource Viewed")
    rebuilding.work_on(rebuilding.start_when_due())
    passes.roll_up(LATER)

    day = ActivityDay.objects.get()
    assert (day.name, day.object, day.contact_id) == ("Resource Viewed", "reports", contact.pk)


def test_export_holds_what_the_person_did_and_nothing_of_others(contact):
    came(
        event("m1", "2026-05-20 10:00", path="/a", plan="pro", user=EMAIL),
        event("m2", "2026-05-20 10:05", "Email Sent", user=EMAIL, email_id="news"),
        event("m3", "2026-05-20 10:00", path="/secret", user="somebody"),
    )
    Profile.objects.create(source=SOURCE, value=EMAIL, traits={"plan": "pro"})

    told = {section.name: section.rows for section in sections_of(contact)}

    assert {name: len(told[name]) for name in ("event", "session", "delivery", "identity", "profile")} == {
        "event": 2,
        "session": 1,
        "delivery": 1,
        "identity": 2,
        "profile": 1,
    }
    assert "/secret" not in str(told)
    assert "/a" in str(told["event"])
