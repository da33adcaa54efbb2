"""What goes out, over a real SMTP server, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from threading import Thread
from time import sleep

import pytest
from django.db import connection

from accounts.messages import sending
from accounts.messages.outcomes import Fate, Outcome
from accounts.messages.wire import Wire
from accounts.models import Mailing, Message, Notice, OnTheWire, Outbox, Reply, Suppression
from accounts.notices.kinds import says
from tests.accounts.messages.written import letter, message
from tests.factories import account, population

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
State = Message.State


def turn(now=NOW):
    return sending.turn(now + timedelta(minutes=1), lambda: now)


def test_what_is_due_goes_out_once(server):
    sent, later = message(at=NOW), message("bob@customer.example", at=NOW + timedelta(hours=1))

    assert (turn(), turn()) == (1, 0)

    assert server.addresses == ["alice@customer.example"]
    sent.refresh_from_db()
    later.refresh_from_db()
    assert (sent.state, sent.sent_at, sent.tries, sent.answer) == (State.SENT, NOW, 1, "250 2.0.0 taken")
    assert (later.state, later.tries) == (State.WAITING, 0)
    assert not OnTheWire.objects.exists()


@pytest.mark.parametrize(
    ("answers", "automatic", "state"),
    [
        ("first", False, State.SKIPPED),
        ("reminder", False, State.SKIPPED),
        ("other", False, State.SENT),
        ("first", True, State.SENT),
    ],
)
def test_who_answered_is_reminded_no_more(server, answers, automatic, state):
    first, other = message(at=NOW), message("bob@customer.example", at=NOW)
    later = NOW + timedelta(days=1)
    reminder, second = (message(at=at, letter=first.letter, reminds_of=first) for at in (NOW, later))
    turn()
    answered = {"first": first, "reminder": reminder, "other": other}[answers]
    Reply.objects.create(message=answered, mail_id="1", address="a@b.c", automatic=automatic, received_at=NOW)

    turn(later)

    second.refresh_from_db()
    assert (second.state, second.reason) == (state, "answered" if state == State.SKIPPED else "")


def test_many_go_over_one_connection_in_the_order_in_which_they_are_due(server):
    words = letter()
    for number in range(250):
        message(f"p{number}@customer.example", at=NOW - timedelta(seconds=number), letter=words)

    assert turn() == 250

    assert server.addresses == [f"p{number}@customer.example" for number in reversed(range(250))]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 454, 455])
def test_temporary_error_is_tried_again_later(server, step, code):
    one = message(at=NOW)
    server.answers[step] = lambda _address: f"{code} not now"

    turn()

    one.refresh_from_db()
    assert (one.state, one.reason, one.answer) == (State.WAITING, "temporary", f"{code} not now")
    assert (one.due_at, one.tries) == (NOW + timedelta(minutes=1), 1)
    del server.answers[step]
    assert turn(NOW + timedelta(seconds=59)) == 0
    assert turn(NOW + timedelta(minutes=1)) == 1
    assert len(server.taken) == 1


def test_what_is_refused_for_days_is_given_up(server):
    one = message(at=NOW)
    server.answers["RCPT"] = lambda _address: "451 not now"

    now = NOW
    for minutes in sending.AGAIN:
        turn(now)
        now += timedelta(minutes=minutes)
        Outbox.objects.update(errors=0)
    turn(now)

    one.refresh_from_db()
    assert (one.state, one.reason, one.tries) == (State.FAILED, "gave_up", len(sending.AGAIN) + 1)


@pytest.mark.parametrize(
    ("answer", "state", "reason", "suppressed"),
    [
        ("550 5.1.1 no such user", State.BOUNCED, "no_mailbox", True),
        ("550 No such user here", State.BOUNCED, "no_mailbox", True),
        ("552 5.2.2 mailbox full", State.FAILED, "mailbox_full", False),
        ("550 5.7.1 blocked by policy", State.FAILED, "refused", False),
        ("554 refused", State.FAILED, "refused", False),
    ],
)
def test_permanent_error_is_final(server, answer, state, reason, suppressed):
    one, other = message(at=NOW), message("bob@customer.example", at=NOW)
    server.answers["RCPT"] = lambda address: answer if address.startswith("alice") else None

    assert turn() == 1

    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, one.reason, one.answer) == (state, reason, answer)
    assert other.state == State.SENT
    assert Suppression.objects.filter(address="alice@customer.example", message=one).exists() is suppressed


def test_who_is_suppressed_since_is_skipped(server):
    one = message("Alice@customer.example", at=NOW)
    of_surveys = message("bob@customer.example", at=NOW)
    Suppression.objects.create(address="alice@Customer.example", reason="unsubscribed")
    Suppression.objects.create(address="bob@customer.example", purpose="surveys")

    assert turn() == 1

    one.refresh_from_db()
    of_surveys.refresh_from_db()
    assert (one.state, one.reason, of_surveys.state) == (State.SKIPPED, "suppressed", State.SENT)


# Somebody else does it, over a connection of their own.
committed = pytest.mark.django_db(transaction=True)


@committed
@pytest.mark.parametrize("moment", ["paused_at", "stopped_at"])
def test_mailing_that_is_paused_or_stopped_sends_nothing(server, moment):
    words = letter()
    mailing = Mailing.objects.create(name="News", letter=words, population=population(), **{moment: NOW})
    message(at=NOW, letter=words, mailing=mailing)

    assert turn() == 0

    Mailing.objects.update(**{moment: None})
    assert turn() == 1


def test_so_many_errors_in_a_row_pause_all_until_somebody_looks(server):
    Outbox.objects.create(medium="email", errors_allowed=3)
    words = letter()
    for number in range(5):
        message(f"p{number}@customer.example", at=NOW, letter=words)
    server.answers["MAIL"] = lambda _address: "554 5.7.1 your address is blocked"

    turn()

    outbox = Outbox.of("email")
    assert (outbox.paused_at, outbox.paused_because) == (NOW, "554 5.7.1 your address is blocked")
    assert Message.objects.filter(state=State.FAILED).count() == 3
    assert set(Message.objects.filter(state=State.WAITING).values_list("tries", flat=True)) == {0}


def test_success_forgets_the_errors_before_it(server):
    Outbox.objects.create(medium="email", errors_allowed=2)
    words = letter()
    for number in range(6):
        message(f"p{number}@customer.example", at=NOW, letter=words)
    server.answers["RCPT"] = lambda address: "554 no" if int(address[1]) % 2 else None

    assert turn() == 3

    assert Outbox.of("email").paused_at is None


def test_server_that_is_not_there_costs_no_try_and_is_asked_less_and_less_often(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    one = message(at=NOW)

    turn()
    first = Outbox.of("email").next_at
    turn(NOW + timedelta(seconds=9))
    turn(first)

    one.refresh_from_db()
    outbox = Outbox.of("email")
    assert (one.state, one.tries) == (State.WAITING, 0)
    assert (first, outbox.next_at) == (NOW + timedelta(seconds=10), first + timedelta(seconds=20))
    assert (outbox.errors, "refused" in outbox.heard.lower()) == (2, True)


def test_server_that_closes_after_a_mail_is_asked_anew(server):
    words = letter()
    for number in range(3):
        message(f"p{number}@customer.example", at=NOW, letter=words)
    server.answers["MAIL"] = lambda _address: (
        "421 too many in one connection" if len(server.seen) == 1 else None
    )

    turn()

    assert sorted(Message.objects.values_list("state", flat=True)) == ["sent", "waiting", "waiting"]


# Who was killed


def killed(*messages, left=(), answered=()):
    """As a worker leaves a batch that ends right here."""
    wire = Wire(lambda: NOW)
    Message.objects.filter(pk__in=[one.pk for one in messages]).update(
        state=State.SENDING, batch=wire.batch, tries=1
    )
    wire.begin()
    for one in left:
        wire.leaving(one.pk)()
        if one in answered:
            wire.answers[one.pk] = Outcome(Fate.SENT, answer="250 taken")
    return wire


def test_of_a_killed_worker_what_left_is_not_sent_again(server):
    words = letter()
    sent, lost, waits = (message(f"p{n}@customer.example", at=NOW, letter=words) for n in range(3))
    killed(sent, lost, waits, left=[sent, lost], answered=[sent])

    turn()

    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {sent.pk: State.SENT, lost.pk: State.UNKNOWN, waits.pk: State.SENT}
    assert server.addresses == ["p2@customer.example"]
    lost.refresh_from_db()
    assert (lost.reason, lost.answer) == ("no_answer", "The worker stopped while it was being sent.")


def test_of_a_database_that_crashed_nobody_knows_what_left(server):
    words = letter()
    batch = [message(f"p{n}@customer.example", at=NOW, letter=words) for n in range(3)]
    killed(*batch, left=batch[:1])
    OnTheWire.objects.all().delete()

    turn()

    assert set(Message.objects.values_list("state", flat=True)) == {State.UNKNOWN}
    assert server.taken == []


def test_batch_of_a_living_worker_is_left_alone(server):
    one = message(at=NOW)
    wire = killed(one, left=[one])
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [wire._lock])

    turn()

    one.refresh_from_db()
    assert one.state == State.SENDING
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [wire._lock])
    other.close()
    turn()
    one.refresh_from_db()
    assert one.state == State.UNKNOWN


def test_what_is_noted_on_the_wire_waits_for_no_disk():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_onthewire'")
        assert cursor.fetchone() == ("u",)


# Who is told


def test_owner_is_told_once_of_all_that_came_back_together(server, alice):
    alices, nobodys = account("Najm", owner=alice), account("Noor")
    server.answers["RCPT"] = lambda address: "550 5.1.1 nobody here" if "gone" in address else None
    for number in range(4):
        message(f"gone{number}@najm.example", at=NOW, account=alices)
    message("gone@noor.example", at=NOW, account=nobodys)
    message("gone@nowhere.example", at=NOW)
    message("there@najm.example", at=NOW, account=alices)

    turn()
    turn()

    told = Notice.objects.get(recipient=alice)
    assert (told.kind, told.account, told.payload["count"]) == ("message.bounced", alices, 4)
    addresses = "gone0@najm.example, gone1@najm.example, gone2@najm.example …"
    assert says(told) == f"4 messages to Najm came back: {addresses}"
    assert {notice.account for notice in Notice.objects.happened()} == {alices, nobodys}


def test_who_may_change_the_outbox_is_told_once_that_it_paused_itself(server, alice, administrator):
    Outbox.objects.create(medium="email", errors_allowed=2)
    server.answers["RCPT"] = lambda _address: "451 not now"
    for number in range(4):
        message(f"p{number}@customer.example", at=NOW)

    turn()
    turn()

    told = Notice.objects.exclude(recipient=None).get()
    assert (told.kind, told.recipient) == ("outbox.paused", administrator)
    assert says(told).endswith("The last one: 451 not now")


# What is wrong with one, or with us


def broken_letter():
    """Which no form would have taken."""
    return letter(en={"subject": "News", "body": "a\x0bb"})


def test_letter_that_cannot_be_made_into_a_mail_holds_nobody_else_up(server):
    broken, fine = message(at=NOW, letter=broken_letter()), message("bob@customer.example", at=NOW)

    assert turn() == 1

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, broken.reason, fine.state) == (State.FAILED, "letter", State.SENT)


def test_fault_of_ours_holds_nobody_else_up_and_is_listed(server):
    """It came up after the mail was announced: nobody can be sure."""
    values = {"name": {"what": "no text"}}
    broken = message(at=NOW, letter=letter(en={"subject": "{{ name }}", "body": "Hello"}), values=values)
    fine = message("bob@customer.example", at=NOW)

    assert turn() == 1

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert fine.state == State.SENT
    assert (broken.state, bool(broken.answer)) == (State.UNKNOWN, True)


def test_sender_that_is_no_address_stops_all_and_says_so(server):
    Outbox.objects.create(medium="email", sender="bad", errors_allowed=2)
    one = message(at=NOW)

    turn()
    turn(NOW + timedelta(minutes=20))

    one.refresh_from_db()
    outbox = Outbox.of("email")
    assert (one.state, one.tries) == (State.WAITING, 0)
    assert "sender" in outbox.heard
    assert outbox.paused_at


# Who pauses while a batch is on its way


def pausing(server, count, pause):
    """Somebody does so once the second mail is taken, and a second goes by."""
    words = letter()
    for number in range(count):
        message(f"p{number}@customer.example", at=NOW, letter=words, mailing=mailing(words))

    def paused():
        pause()
        connection.close()

    def took(_address):
        if len(server.taken) == 1:
            # The server's own thread may not ask the database.
            somebody = Thread(target=paused)
            somebody.start()
            somebody.join()
            sleep(sending.LOOK + 0.1)

    server.after["TAKEN"] = took


def mailing(words):
    first = Mailing.objects.first()
    return first or Mailing.objects.create(name="News", population=population(), letter=words)


@committed
@pytest.mark.parametrize("moment", ["paused_at", "stopped_at"])
def test_mailing_that_is_paused_or_stopped_goes_no_further(server, moment):
    pausing(server, 9, lambda: Mailing.objects.update(**{moment: NOW}))

    sent = turn()

    assert sent <= 3
    assert Message.objects.filter(state=State.WAITING).count() == 9 - sent


@committed
def test_outbox_that_is_paused_sends_no_more_and_stays_so(server):
    pausing(server, 9, lambda: Outbox.objects.update(paused_at=NOW, paused_because="By hand"))

    assert turn() <= 3

    assert Outbox.of("email").paused_because == "By hand"


def test_pace_is_kept_by_all_workers_together(server):
    Outbox.objects.create(medium="email", a_second=50)
    message(at=NOW)
    other = connection.copy()
    with other.cursor() as cursor:
        # Another worker keeps it.
        key = int.from_bytes(md5(b"pace of email").digest()[:8], signed=True)
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        assert turn() == 0
    other.close()

    assert turn() == 1


def test_batch_of_which_all_are_skipped_leaves_no_trace(server):
    Suppression.objects.create(address="alice@customer.example")
    message(at=NOW)
    message("bob@customer.example", at=NOW + timedelta(seconds=1))

    assert turn(NOW + timedelta(seconds=1)) == 1

    assert not OnTheWire.objects.exists()
