"""Which opens and clicks count: by paper, as scanners and people do them, until they are events."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from accounts.intake import worker
from accounts.intake.digests import digest
from accounts.messages import hits
from accounts.models import Campaign, Delivery, Event, EventMark, Hit, IntakeBatch, Letter, Mailing, Message
from accounts.rollups import passes
from tests import factories
from tests.accounts.messages.writing import SENT, contact, message, texts

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
# An hour after it was sent, unless said otherwise.
LATER = 3600
NOW = SENT + timedelta(days=1)


def hit(sent, seconds=LATER, link=None, *, trap=False, visitor="one", agent=FIREFOX):
    at = sent.sent_at + timedelta(seconds=seconds)
    return Hit.objects.create(message=sent, link=link, trap=trap, at=at, visitor=visitor, agent=agent)


def machines(*made):
    """Of the hits, once they are judged."""
    hits.settle(NOW)
    judged = dict(Hit.objects.values_list("pk", "machine"))
    return [judged[one.pk] for one in made]


def take():
    worker.turn(NOW + timedelta(seconds=50), clock=lambda: NOW)


def roll_up():
    passes.roll_up(NOW + timedelta(seconds=50), clock=lambda: NOW)


def events():
    return list(Event.objects.order_by("happened_at", "id").values_list("name", "machine"))


@pytest.fixture
def sent():
    return message(texts=texts(body="[a](https://a.example) [b](https://b.example)"))


def test_whoever_opens_and_reads_on_is_a_person(sent):
    assert machines(hit(sent), hit(sent, LATER + 4, 0), hit(sent, LATER + 9, 1)) == [False, False, False]


@pytest.mark.parametrize("agent", ["python-requests/2.3", "Googlebot/2.1", "", "Mozilla/5.0"])
def test_known_robots_are_machines(sent, agent):
    assert machines(hit(sent, agent=agent), hit(sent, link=0, agent=agent)) == [True, True]


@pytest.mark.parametrize(
    "agent",
    [GMAIL, "YahooMailProxy; https://help.yahoo.com/kb/x", "Microsoft Office/16.0 (Microsoft Outlook 16.0)"],
)
def test_mail_programs_that_show_pictures_are_opened_by_people(sent, agent):
    assert machines(hit(sent, agent=agent), hit(sent, LATER + 60, 0, agent=agent)) == [False, True]


def test_what_comes_right_after_sending_is_a_machine(sent):
    made = [hit(sent, seconds, visitor=str(seconds)) for seconds in (-1, 0, 4, 5)]

    assert machines(*made) == [True, True, True, False]


def test_whoever_touches_the_trap_is_a_machine_for_this_message(sent):
    other = message()
    made = [
        hit(sent, trap=True),
        hit(sent, LATER + 300, 0),
        hit(sent, LATER - 300),
        hit(sent, LATER + 300, 0, visitor="two"),
        hit(other, LATER + 300, 0, visitor="three"),
        hit(sent, LATER + 7200, 0),
    ]

    assert machines(*made) == [True, True, True, False, False, False]


def test_scanner_of_several_addresses_is_known_by_the_trap(sent):
    other = message()
    made = [
        hit(sent, trap=True),
        hit(sent, LATER - 10, visitor="two"),
        hit(sent, LATER + 10, 0, visitor="three"),
        hit(sent, LATER + 11, 1, visitor="four"),
        hit(other, LATER, 0, visitor="three"),
    ]

    assert machines(*made) == [True, True, True, False, False]


def test_several_links_in_a_moment_are_a_machines(sent):
    made = [
        hit(sent, LATER - 5),
        hit(sent, LATER, 0),
        hit(sent, LATER + 2, 1),
        hit(sent, LATER + 60, 1),
        hit(sent, LATER, 0, visitor="two"),
        hit(sent, LATER + 1, 0, visitor="two"),
        hit(sent, LATER + 3.5, 1, visitor="two"),
    ]

    assert machines(*made) == [True, True, True, False, False, False, False]


def test_links_of_several_messages_in_a_moment_are_a_machines(sent):
    other = message()
    made = [
        hit(sent, LATER, 0),
        hit(other, LATER + 3, 0),
        hit(sent, LATER + 100, 0),
        hit(other, LATER + 104, 0),
        hit(sent, LATER + 200),
        hit(other, LATER + 201),
    ]

    assert machines(*made) == [True, True, False, False, False, False]


def test_what_came_within_the_minute_is_judged_later(sent):
    hit(sent)

    assert hits.settle(sent.sent_at + timedelta(seconds=LATER + 59)) == 0
    assert hits.settle(sent.sent_at + timedelta(seconds=LATER + 60)) == 1
    assert hits.settle(NOW) == 0


def test_what_is_being_sent_is_judged_once_it_was(sent):
    hit(sent)
    Message.objects.update(state="sending")

    assert hits.settle(NOW) == 0


def test_more_than_fit_at_once_are_judged(sent, monkeypatch):
    monkeypatch.setattr("accounts.messages.hits.DUE", hits.DUE.replace("LIMIT 1000", "LIMIT 2"))
    for number in range(5):
        hit(sent, LATER + number)

    assert hits.settle(NOW) == 5


def test_visitors_of_two_days_are_two():
    assert hits.visitor_of("10.0.0.1", SENT) == hits.visitor_of("10.0.0.1", SENT + timedelta(hours=1))
    assert hits.visitor_of("10.0.0.1", SENT) != hits.visitor_of("10.0.0.1", NOW)
    assert "10.0.0.1" not in hits.visitor_of("10.0.0.1", SENT)


# Events


def test_hits_become_events_of_the_contact(alice):
    campaign = Campaign.objects.create(code="spring", starts="2026-05-01")
    sent = message()
    sent.mailing = Mailing.objects.create(
        name="News", population=factories.population(by=alice), letter=sent.letter, campaign=campaign
    )
    sent.save()
    opened, clicked = hit(sent), hit(sent, LATER + 60, 0)
    hit(sent, LATER + 7200, trap=True, visitor="two")

    hits.settle(NOW)
    take()

    first, second = Event.objects.order_by("happened_at")
    for event, made, name in ((first, opened, "Email Opened"), (second, clicked, "Email Link Clicked")):
        assert (event.name, event.source, event.message_id) == (name, "cxhub", f"hit-{made.pk}")
        assert (event.object, event.campaign, event.happened_at) == (str(sent.pk), "spring", made.at)
        assert event.person == digest("cxhub", "contact", str(sent.contact_id))
        assert event.machine is False
    assert second.properties == {"message_id": str(sent.pk), "url": "https://docs.example/guide"}


def test_deliveries_count_people_and_keep_machines_apart(sent):
    other = message(contact=sent.contact, address="two@najm.example")
    person, robot = hit(sent), hit(other, agent="Googlebot/2.1")
    hit(other, LATER + 1, 0, agent="Googlebot/2.1")
    hits.settle(NOW)
    take()
    roll_up()

    opened = {
        one.mail: (one.opened_at, one.opened_by_machine_at, one.clicked_at) for one in Delivery.objects.all()
    }

    assert opened == {str(sent.pk): (person.at, None, None), str(other.pk): (None, robot.at, None)}


def test_hit_that_is_settled_twice_is_one_event(sent):
    hit(sent)
    hits.settle(NOW)
    Hit.objects.update(machine=None)
    hits.settle(NOW)

    assert IntakeBatch.objects.count() == 2
    take()
    assert events() == [("Email Opened", False)]


def test_verdict_and_event_are_kept_together(sent):
    hit(sent)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_intakebatch ADD CONSTRAINT taken_no_more CHECK (false)")

    with pytest.raises(IntegrityError):
        hits.settle(NOW)

    assert Hit.objects.get().machine is None


def test_message_to_no_contact_has_hits_and_no_events():
    sent = message(contact=contact())
    Message.objects.update(contact=None)
    made = hit(sent)

    assert machines(made) == [False]
    assert not IntakeBatch.objects.exists()


def test_click_in_an_sms_is_none_in_a_mail():
    words = {"en": {"body": "See https://docs.example/guide."}}
    sent = message(medium="sms", address="+966501234567", texts=words)
    Letter.objects.update(medium="sms")
    hit(sent, link=0)

    hits.settle(NOW)
    take()

    assert events() == [("SMS Link Clicked", False)]
    assert Event.objects.get().properties["url"] == "https://docs.example/guide"


# Who knows better


def test_verdict_is_flipped_with_its_event(sent, alice):
    made = hit(sent, link=0)
    hits.settle(NOW)
    take()
    roll_up()
    assert Delivery.objects.get().clicked_at == made.at

    hits.flip(made, alice, NOW)

    assert events() == [("Email Link Clicked", True)]
    kept = Hit.objects.get()
    assert (kept.machine, kept.judged_by, kept.judged_at) == (True, alice, NOW)
    roll_up()
    assert not Delivery.objects.filter(clicked_at__isnull=False).exists()

    hits.flip(made, alice, NOW)

    assert events() == [("Email Link Clicked", False)]


def test_scanner_that_takes_its_time_is_judged_anew_once_it_comes_to_the_trap(sent):
    hit(sent)
    hit(sent, LATER + 200, 0)
    hit(sent, LATER + 200, 0, visitor="two")
    hits.settle(NOW)
    take()
    roll_up()
    hit(sent, LATER + 500, trap=True)

    hits.settle(NOW)
    roll_up()

    assert events() == [("Email Opened", True), ("Email Link Clicked", True), ("Email Link Clicked", False)]
    kept = Delivery.objects.get()
    assert (kept.opened_at, kept.clicked_at) == (None, sent.sent_at + timedelta(seconds=LATER + 200))


def test_what_is_judged_anew_and_no_event_yet_stays(sent):
    early = hit(sent)
    hits.settle(NOW)
    hit(sent, LATER + 500, trap=True)

    hits.settle(NOW)

    early.refresh_from_db()
    assert early.machine is False


def test_verdict_is_not_flipped_before_it_is_an_event(sent, alice):
    made = hit(sent)
    EventMark.objects.all().delete()
    with pytest.raises(hits.TooEarly):
        hits.flip(made, alice, NOW)
    hits.settle(NOW)

    with pytest.raises(hits.TooEarly):
        hits.flip(made, alice, NOW)

    assert Hit.objects.get().machine is False
    assert not EventMark.objects.exists()
