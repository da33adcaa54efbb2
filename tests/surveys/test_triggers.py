"""Who is asked because of what happened."""

from datetime import timedelta

import pytest

from accounts.models import Account, ActivityDay, Message, Subscription
from surveys import sending, triggers
from surveys.models import Distribution, Invitation
from tests import factories
from tests.accounts.messages.mailed import people, person
from tests.factories import at
from tests.surveys import rows
from tests.surveys.asking import OPEN, arrive

pytestmark = pytest.mark.django_db
BEGAN, NOW = at("2026-05-20 09:00"), at("2026-05-20 10:00")


@pytest.fixture
def sara():
    return person()


@pytest.fixture
def begin(administrator):
    def begun(trigger, **fields):
        made = Distribution(**{"survey": rows.survey(), "trigger": trigger, **OPEN} | fields)
        sending.distribute_when(made, "email", administrator, BEGAN)
        Distribution.objects.update(made_at=BEGAN)
        return made

    return begun


def look(now=NOW):
    return triggers.turn(lambda: now)


def resolved(contact, when="2026-05-20 09:30"):
    made = factories.ticket(contact.account, [("opened", when), ("resolved", when)], requester=contact)
    made.events.update(recorded_at=at(when))
    return made


def test_requester_of_a_resolved_ticket_is_asked_about_it_once(begin, sara):
    one = begin("ticket")
    resolved(sara, "2026-05-20 08:00")
    ticket = resolved(sara)

    assert (look(), look()) == (1, 0)

    arrive(one, NOW)
    assert Message.objects.get().key == f"survey-{one.pk}-{ticket.pk}"
    invitation = Invitation.objects.get()
    assert (invitation.ticket, invitation.contact, invitation.distribution) == (ticket, sara, one)


def test_old_resolution_that_is_told_now_asks_nobody(begin, sara):
    begin("ticket")
    resolved(sara, "2026-05-16 09:00").events.update(recorded_at=NOW)

    assert look() == 0


def test_only_whoever_is_in_the_population_is_asked(begin, sara):
    population = people()
    omar = person("omar@b.example", account=sara.account)
    begin("ticket", population=population)
    resolved(sara)
    resolved(omar)

    look()

    assert [message.contact for message in Message.objects.all()] == [sara]


def test_event_asks_whoever_did_it_once_a_day(begin, sara):
    begin("event", event="Report Exported")
    given = {
        "day": NOW.date(),
        "name": "Report Exported",
        "count": 1,
        "contact": sara,
        "account": sara.account,
    }
    person_of = "00000000-0000-0000-0000-000000000001"
    ActivityDay.objects.create(person=person_of, last_at=NOW, **given)
    ActivityDay.objects.create(person=person_of, last_at=NOW, **given | {"name": "Other"})

    assert (look(), look()) == (1, 0)


@pytest.mark.parametrize(("starts", "asked"), [("2026-04-19", 0), ("2026-04-20", 1), ("2026-04-21", 0)])
def test_people_of_a_customer_are_asked_after_so_many_days(begin, sara, starts, asked):
    Account.objects.update(stage="live")
    factories.subscription(sara.account, 100, starts)
    begin("customer", days=30)
    assert Subscription.objects.count() == 1
    Distribution.objects.update(looked_until=NOW)

    assert (look(), look()) == (asked, 0)


def test_everybody_is_asked_again_after_so_many_days(begin, sara):
    begin("every", days=30)

    asked = [look(NOW + timedelta(days=days)) for days in (0, 1, 29, 31)]

    assert asked == [1, 0, 0, 1]


def test_what_is_paused_asks_nobody(begin, sara):
    begin("every", days=30)
    Distribution.objects.update(paused_at=NOW)

    assert look() == 0
