"""A mailing from its draft to its end, over a real SMTP server, and what came of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.intake import worker
from accounts.intake.digests import digest
from accounts.messages import events, mailings
from accounts.messages.events import Happening
from accounts.messages.mailings import NotReady
from accounts.models import (
    ActivityDay,
    Campaign,
    Contact,
    Delivery,
    Event,
    Goal,
    Letter,
    Mailing,
    Message,
    Organisation,
    Suppression,
)
from accounts.rollups import passes
from tests.accounts.messages import writing
from tests.accounts.messages.mailed import NOW, mailing, people, person, queued

pytestmark = pytest.mark.django_db
State = Mailing.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(administrator):
    return administrator


def turn(now=NOW):
    return mailings.turn(now + MINUTE, lambda: now)


def states(mailing):
    return sorted(mailing.messages.values_list("state", flat=True))


def kept(mailing):
    return Mailing.objects.get(pk=mailing.pk)


# From draft to done


def test_it_waits_for_its_moment_and_reaches_everybody_in_their_language(ada, server):
    person()
    person("omar@najm.example", name="عمر", language="ar")
    one = mailing(ada)

    assert one.state == State.DRAFT
    assert mailings.schedule(one, NOW + MINUTE, NOW)
    assert (one.state, turn()) == (State.SCHEDULED, 0)

    assert turn(NOW + MINUTE) == 2
    assert kept(one).state == State.DONE
    assert {str(mail["To"]): str(mail["Subject"]) for mail in server.taken} == {
        "Sara <sara@najm.example>": "Hello Sara",
        "عمر <omar@najm.example>": "مرحبا عمر",
    }
    assert turn(NOW + 2 * MINUTE) == 0


def test_who_is_in_the_population_when_it_is_sent_gets_it(ada, server):
    person()
    population = people()
    one = mailing(ada, population=population)
    mailings.schedule(one, NOW, NOW)
    late = person("late@najm.example")
    population.memberships.create(contact=late, entered=NOW)
    population.memberships.exclude(contact=late).update(left=NOW)

    turn()

    assert server.addresses == ["Sara <late@najm.example>"]


def test_a_moment_that_is_over_is_now(ada):
    one = mailing(ada)

    mailings.schedule(one, NOW - MINUTE, NOW)

    assert one.due_at == NOW


def test_a_letter_with_a_mistake_cannot_be_scheduled(ada):
    one = mailing(ada, letter=writing.texts(body="{{ nam }}"))

    with pytest.raises(NotReady) as refused:
        mailings.schedule(one, NOW, NOW)

    assert {(problem.language, problem.field) for problem in refused.value.problems} == {
        ("en", "body"),
        ("ar", "body"),
    }
    assert kept(one).state == State.DRAFT


def test_a_draft_stays_where_it_is(ada, server):
    person()
    one = mailing(ada)

    turn()

    assert (kept(one).state, one.messages.count()) == (State.DRAFT, 0)


def test_it_is_queued_once_by_two_workers(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)

    mailings.queue_due(NOW)
    mailings.queue_due(NOW)

    assert states(one) == ["waiting"]


def test_a_mailing_to_nobody_is_done_at_once(ada, server):
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)

    turn()

    assert kept(one).state == State.DONE


def test_who_unsubscribes_once_it_is_queued_does_not_get_it(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.queue_due(NOW)
    Suppression.objects.create(address="SARA@najm.example", purpose="service")

    assert turn() == 0
    assert mailings.counts(kept(one), NOW) == {"suppressed": 1}


# Steps, each once


def test_a_scheduled_one_becomes_a_draft_again(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)

    assert mailings.unschedule(one)
    assert not mailings.unschedule(one)

    turn()
    assert (kept(one).state, server.taken) == (State.DRAFT, [])


def test_what_is_queued_is_no_draft_any_more(ada):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.queue_due(NOW)

    assert not mailings.unschedule(one)
    assert not mailings.schedule(one, NOW + MINUTE, NOW)
    assert kept(one).state == State.SENDING


def test_paused_it_stays_where_it_is_and_goes_on(ada, server):
    person()
    person("omar@najm.example")
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.queue_due(NOW)

    assert mailings.pause(one, NOW)
    assert not mailings.pause(one, NOW)
    assert (turn(), kept(one).state) == (0, State.PAUSED)

    assert mailings.resume(one)
    assert not mailings.resume(one)
    assert (turn(), kept(one).state) == (2, State.DONE)


def test_paused_before_its_moment_it_is_not_queued(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.pause(one, NOW)

    turn()

    assert one.messages.count() == 0


def test_stopped_nothing_leaves_any_more(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.queue_due(NOW)

    assert mailings.stop(one, NOW)
    assert not mailings.stop(one, NOW)
    assert not mailings.pause(one, NOW)
    assert not mailings.resume(one)

    assert (turn(), states(one), kept(one).state) == (0, ["stopped"], State.STOPPED)


def test_what_comes_back_from_the_server_of_a_stopped_one_is_stopped(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    mailings.queue_due(NOW)
    mailings.stop(one, NOW)
    one.messages.update(state=Message.State.WAITING)

    turn()

    assert states(one) == ["stopped"]


def test_it_is_not_done_while_something_waits(ada, server):
    person()
    server.answers["RCPT"] = lambda _address: "451 not now"
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)

    turn()
    assert (kept(one).state, mailings.progress(one)) == (State.SENDING, {"waiting": 1})

    server.answers.clear()
    turn(NOW + MINUTE)
    assert (kept(one).state, mailings.progress(one)) == (State.DONE, {"sent": 1})


# Drafts


def test_other_texts_make_another_letter(ada, alice):
    one = mailing(ada)
    first = one.letter

    mailings.save(one, first.texts, alice)
    assert one.letter == first

    mailings.save(one, writing.texts(subject="Other"), alice)
    assert kept(one).letter.texts["en"]["subject"] == "Other"
    assert (one.letter.made_by, one.made_by) == (alice, ada)
    assert list(Letter.objects.all()) == [one.letter]


def test_a_letter_that_somebody_got_stays(ada, alice):
    one = mailing(ada)
    first = one.letter
    mailings.send_test(one, RECIPIENT, alice, "en", NOW)

    mailings.save(one, writing.texts(subject="Other"), ada)

    assert Letter.objects.filter(pk=first.pk).exists()


def test_a_copy_is_a_draft_of_whoever_made_it(ada, alice, server):
    person()
    one = mailing(ada, purpose="surveys", language="ar")
    mailings.schedule(one, NOW, NOW)
    turn()

    copy = mailings.duplicate(kept(one), alice)

    assert (copy.state, copy.made_by, copy.purpose, copy.language) == (State.DRAFT, alice, "surveys", "ar")
    assert (copy.letter, copy.population) == (one.letter, one.population)


RECIPIENT = mailings.Recipient(1, 1, "Najm", "Sara", "sara@najm.example", "ar", {"name": "سارة"}, "", "")


def test_preview_is_the_mail_without_our_addresses(ada):
    one = mailing(ada)

    shown = mailings.preview(one, RECIPIENT)

    assert shown.subject == "مرحبا سارة"
    assert "https://docs.example/guide-ar" in shown.html
    assert "/m/" not in shown.html + shown.text


def test_a_test_comes_to_oneself_and_counts_nowhere(ada, alice, server):
    one = mailing(ada)

    message = mailings.send_test(one, RECIPIENT, alice, "en", NOW)
    turn()

    (mail,) = server.taken
    assert (str(mail["To"]), str(mail["Subject"])) == ("Alice <alice@example.com>", "Hello سارة")
    assert (message.mailing, message.contact) == (None, None)
    assert (mailings.progress(one), take_in()) == ({}, [])


# What it tells, and what came of it


def take_in(now=NOW):
    worker.turn(now + MINUTE, clock=lambda: now)
    passes.roll_up(now + MINUTE, clock=lambda: now)
    return list(Event.objects.order_by("message_id").values_list("name", "campaign", "object"))


@pytest.mark.parametrize("campaign", ["", "spring"])
def test_what_is_sent_is_delivered_where_nobody_else_will_say_so(ada, server, settings, campaign):
    person()
    one = mailing(
        ada, campaign=Campaign.objects.create(code="spring", starts=NOW.date()) if campaign else None
    )
    mailings.schedule(one, NOW, NOW)

    turn()

    mail = str(one.messages.get().pk)
    assert take_in() == [("Email Delivered", campaign, mail), ("Email Sent", campaign, mail)]
    delivery = Delivery.objects.get()
    assert (delivery.sent_at, delivery.delivered_at, delivery.account) == (
        NOW,
        NOW,
        one.messages.get().account,
    )


def test_what_is_sent_by_a_provider_is_delivered_when_it_says_so(ada, server, settings):
    settings.MAIL_WEBHOOK_SECRETS = ["secret"]
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)

    turn()

    assert [name for name, *_rest in take_in()] == ["Email Sent"]


def test_what_is_refused_for_good_was_sent_and_bounced(ada, server):
    person()
    one = mailing(ada)
    server.answers["RCPT"] = lambda _address: "550 5.1.1 nobody"
    mailings.schedule(one, NOW, NOW)

    turn()

    assert [name for name, *_rest in take_in()] == ["Email Bounced", "Email Sent"]
    assert mailings.results(kept(one)).bounced == 1


def results(one, *happenings, now=NOW):
    events.write(
        [
            Happening(message, name, at, f"{name}{message.pk}{at}", machine)
            for message, name, at, machine in happenings
        ],
        now,
    )
    take_in(now)
    return mailings.results(kept(one))


def test_results_are_people_counted_once(ada, server):
    for number in range(4):
        person(f"p{number}@najm.example")
    server.answers["RCPT"] = lambda address: "550 5.1.1 nobody" if address.startswith("p3") else None
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    turn()
    first, second, third, _bounced = one.messages.order_by("pk").select_related("mailing__campaign")
    later = NOW + timedelta(minutes=5)

    found = results(
        one,
        (first, "Email Opened", later, False),
        (first, "Email Opened", later + MINUTE, False),
        (first, "Email Link Clicked", later, False),
        (second, "Email Opened", later, True),
        (second, "Email Link Clicked", later, True),
        (second, "Unsubscribed", later, False),
        (third, "Email Marked as Spam", later, False),
        (third, "Email Replied", later, False),
        now=NOW + timedelta(hours=1),
    )

    assert found == mailings.Results(
        sent=4,
        delivered=3,
        opened=1,
        clicked=1,
        bounced=1,
        unsubscribed=1,
        complained=1,
        replied=1,
        reached=None,
    )


def test_a_bounce_later_is_no_delivery(ada, server):
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    turn()

    found = results(one, (one.messages.get(), "Email Bounced", NOW + MINUTE, False), now=NOW + MINUTE)

    assert (found.sent, found.delivered, found.bounced) == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Email Opened", "opened"),
        ("Email Link Clicked", "clicked"),
        ("Email Replied", "replied"),
        ("Email Marked as Spam", "complained"),
        ("Unsubscribed", "unsubscribed"),
    ],
)
def test_what_somebody_did_something_with_has_arrived(ada, server, settings, name, part):
    settings.MAIL_WEBHOOK_SECRETS = ["secret"]
    for number in range(3):
        person(f"p{number}@najm.example")
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    turn()
    first, second, third = one.messages.order_by("pk").select_related("mailing__campaign")

    found = results(
        one,
        (first, "Email Delivered", NOW + MINUTE, False),
        (second, name, NOW + MINUTE, False),
        (third, name, NOW + MINUTE, False),
        (third, "Email Bounced", NOW + 2 * MINUTE, False),
        now=NOW + timedelta(hours=1),
    )

    assert (found.sent, found.delivered, found.bounced, getattr(found, part)) == (3, 2, 1, 1)
    assert mailings.results_of([one.pk]) == {one.pk: found}


def test_open_of_a_machine_is_no_delivery(ada, server, settings):
    settings.MAIL_WEBHOOK_SECRETS = ["secret"]
    person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    turn()
    message = one.messages.select_related("mailing__campaign").get()

    found = results(one, (message, "Email Opened", NOW + MINUTE, True), now=NOW + timedelta(hours=1))

    assert (found.sent, found.delivered, found.opened) == (1, 0, 0)


@pytest.mark.parametrize(
    ("state", "sent", "delivered"),
    [("delivered", 1, 1), ("sent", 1, 0), ("sending", 0, 0), ("unknown", 1, 0)],
)
def test_states_say_what_was_sent_and_delivered(ada, state, sent, delivered):
    person()

    found = mailings.results(queued(mailing(ada), state=state))

    assert (found.sent, found.delivered) == (sent, delivered)


def test_what_was_skipped_or_failed_was_not_sent(ada, server):
    person()
    person("b@najm.example", name="")
    one = mailing(ada)
    server.answers["RCPT"] = lambda _address: "554 no"
    mailings.schedule(one, NOW, NOW)
    turn()

    assert states(one) == ["failed", "skipped"]
    assert mailings.results(kept(one)).sent == 0


def activity(contact, when, name="Signed Up", about="", machine=False):
    return ActivityDay.objects.create(
        person=digest("app", "user", str(contact.pk)),
        contact=contact,
        account=contact.account,
        day=Organisation.current().today(when),
        name=name,
        object=about,
        machine=machine,
        count=1,
        value=Decimal(0),
        last_at=when,
    )


@pytest.mark.parametrize(
    ("after", "fields", "reached"),
    [
        (timedelta(hours=1), {}, 1),
        (timedelta(days=14), {}, 1),
        (timedelta(days=15), {}, 0),
        (-MINUTE, {}, 0),
        (timedelta(hours=1), {"machine": True}, 0),
        (timedelta(hours=1), {"name": "Signed In"}, 0),
    ],
)
def test_goal_is_reached_by_the_same_person_afterwards(ada, server, after, fields, reached):
    sara = person()
    person("b@najm.example")
    one = mailing(ada, goal=Goal.objects.create(code="trial", target="Signed Up"))
    mailings.schedule(one, NOW, NOW)
    turn()

    activity(sara, NOW + after, **fields)

    assert mailings.results(kept(one)).reached == reached


def test_goal_may_be_a_page(ada, server):
    sara = person()
    goal = Goal.objects.create(code="prices", kind="page", target="/prices")
    one = mailing(ada, goal=goal)
    mailings.schedule(one, NOW, NOW)
    turn()

    activity(sara, NOW + MINUTE, name="Page", about="/home")
    assert mailings.results(kept(one)).reached == 0
    activity(sara, NOW + MINUTE, name="Page", about="/prices")
    assert mailings.results(kept(one)).reached == 1


def test_own_mailings_are_seen_and_all_by_those_who_see_everything(ada, alice, bob):
    one, other = mailing(alice), mailing(bob, population=people(("role", "user")))

    assert set(Mailing.objects.visible_to(alice)) == {one}
    assert set(Mailing.objects.visible_to(ada)) == {one, other}


def test_contact_who_is_erased_takes_their_messages_along(ada, server):
    sara = person()
    one = mailing(ada)
    mailings.schedule(one, NOW, NOW)
    turn()

    Contact.objects.filter(pk=sara.pk).delete()

    assert mailings.results(kept(one)).sent == 0
