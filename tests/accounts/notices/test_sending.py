"""When somebody is mailed: at once, in the digest, or after quiet hours; once, whoever is killed or works beside."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, connections

from accounts.messages import sending as engine
from accounts.models import ChatPost, Letter, Message, Notice, NotificationSetting, Suppression
from accounts.notices import sending
from accounts.notices.kinds import REPLIED, RUN_DONE
from accounts.notices.telling import tell
from tests.factories import account, organisation

pytestmark = pytest.mark.django_db
RIYADH = ZoneInfo("Asia/Riyadh")
HOOK = {"chat_kind": "slack", "chat_url": "https://93.184.215.14/services/T0/B0/secret"}


@pytest.fixture(autouse=True)
def here():
    organisation(time_zone="Asia/Riyadh", weekend=[5, 6], name={"en": "Ours", "ar": "لنا"})


def there(written):
    """A Wednesday in June is 2026-06-10."""
    return datetime.fromisoformat(written).replace(tzinfo=RIYADH)


def turn(written):
    now = there(written)
    sending.turn(now + timedelta(seconds=50), lambda: now)


def happens(kind, user, written, *, subject="Hello", **fields):
    now = there(written)
    tell(kind, {"who": "Sara", "subject": subject, "name": "Import"}, now, to=[user.pk], **fields)
    Notice.objects.filter(happened_at=now).update(recorded_at=now)


def replied(user, written, **fields):
    happens(REPLIED, user, written, **fields)


def done(user, written, **fields):
    happens(RUN_DONE, user, written, **fields)


def mails():
    """Their subjects."""
    letters = Letter.objects.filter(messages__isnull=False).order_by("messages__pk")
    return [letter.texts["en"]["subject"] for letter in letters]


def test_important_one_is_mailed_at_once_and_once(alice):
    replied(alice, "2026-06-10 12:00")

    turn("2026-06-10 12:01")
    turn("2026-06-10 12:02")

    message = Message.objects.get()
    assert (message.address, message.name, message.language) == (alice.email, "Alice", "en")
    assert (message.purpose, message.contact, message.account) == ("service", None, None)
    assert mails() == ["Sara answered: Hello"]


def test_others_wait_for_the_digest_of_the_next_working_day(alice):
    for number in range(3):
        done(alice, f"2026-06-11 1{number}:00")

    for now in ("2026-06-11 18:00", "2026-06-12 09:00", "2026-06-13 09:00", "2026-06-14 07:59"):
        turn(now)
        assert mails() == []
    turn("2026-06-14 08:00")
    turn("2026-06-14 08:01")

    assert mails() == ["3 notifications"]


def test_digest_comes_once_a_day_whatever_comes_late(alice):
    done(alice, "2026-06-10 07:00")
    turn("2026-06-10 08:00")
    done(alice, "2026-06-10 07:59")
    NotificationSetting.objects.create(user=alice, digest_at=time(9))

    turn("2026-06-10 09:00")
    assert mails() == ["Done: Import"]

    turn("2026-06-11 09:00")
    assert mails() == ["Done: Import", "Done: Import"]


def test_digest_is_of_the_reader_s_own_zone_and_time(alice):
    alice.time_zone = "Europe/Berlin"
    alice.save()
    NotificationSetting.objects.create(user=alice, digest_at=time(9, 30))
    done(alice, "2026-06-10 07:00")

    turn("2026-06-10 10:29")
    assert mails() == []
    turn("2026-06-10 10:30")
    assert mails() == ["Done: Import"]


def test_in_quiet_hours_nothing_goes_and_at_their_end_one_mail(alice):
    NotificationSetting.objects.create(user=alice, quiet_from=time(21), quiet_until=time(8), **HOOK)
    replied(alice, "2026-06-10 22:00")
    replied(alice, "2026-06-11 02:00", subject="Again")
    done(alice, "2026-06-11 03:00")

    for now in ("2026-06-10 22:01", "2026-06-11 00:00", "2026-06-11 07:59"):
        turn(now)
        assert (mails(), ChatPost.objects.count()) == ([], 0)
    turn("2026-06-11 08:00")

    assert mails() == ["3 notifications"]
    assert len(ChatPost.objects.get().lines) == 2


def test_whole_weekend_may_be_quiet(alice):
    NotificationSetting.objects.create(user=alice, quiet_weekends=True)
    replied(alice, "2026-06-12 12:00")

    turn("2026-06-13 23:59")
    assert mails() == []
    turn("2026-06-14 00:00")
    assert mails() == ["Sara answered: Hello"]


def test_quiet_hours_of_one_hold_up_nobody_else(alice, bob):
    NotificationSetting.objects.create(user=alice, quiet_from=time(0), quiet_until=time(23, 59))
    replied(alice, "2026-06-10 12:00")
    replied(bob, "2026-06-10 12:00")

    turn("2026-06-10 12:01")

    assert Message.objects.get().address == bob.email


def test_letter_is_in_both_languages_and_leads_there(alice, server, settings):
    settings.URL = "https://cx.example"
    najm = account("Najm", owner=alice)
    replied(alice, "2026-06-10 12:00", account=najm.pk, subject="# [x](http://evil.example) {{ csm }} *b*")
    replied(alice, "2026-06-10 12:00", account=najm.pk, subject="مرحبا")

    turn("2026-06-10 12:01")
    now = there("2026-06-10 12:02")
    assert engine.turn(now + timedelta(minutes=1), lambda: now) == 1

    (mail,) = server.taken
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == "Alice <alice@example.com>"
    assert "Sara answered: # [x](http://evil.example) {{ csm }} *b*" in text
    assert "Sara answered: مرحبا" in text
    assert 'href="http://evil.example' not in mail.get_body(("html",)).get_content()
    texts = Letter.objects.get().texts
    assert set(texts) == {"en", "ar"}
    assert f"(https://cx.example/accounts/{najm.pk}/)" in texts["ar"]["body"]
    assert texts["en"]["link"] == "https://cx.example/notifications/"
    assert "https://cx.example/notifications/settings/" in texts["en"]["body"]


def test_subject_of_one_takes_no_merge_fields(alice, server):
    replied(alice, "2026-06-10 12:00", subject="{{ name }}")

    turn("2026-06-10 12:01")
    now = there("2026-06-10 12:02")
    engine.turn(now + timedelta(minutes=1), lambda: now)

    assert server.taken[0]["Subject"] == "Sara answered: (( name ))"


def test_who_unsubscribed_is_mailed_nothing(alice, server):
    Suppression.objects.create(address=alice.email.upper(), purpose="service", reason="unsubscribed")
    replied(alice, "2026-06-10 12:00")

    turn("2026-06-10 12:01")
    now = there("2026-06-10 12:02")
    engine.turn(now + timedelta(minutes=1), lambda: now)

    assert server.taken == []
    assert Message.objects.get().state == "skipped"
    assert Notice.objects.filter(recipient=alice, read_at=None).exists()


def test_account_that_somebody_sees_no_longer_is_in_no_mail(alice, bob):
    najm, noor = account("Najm", owner=alice), account("Noor", owner=alice)
    replied(alice, "2026-06-10 07:00", account=najm.pk)
    replied(alice, "2026-06-10 07:00", account=noor.pk)
    najm.owner = bob
    najm.save()

    turn("2026-06-10 08:00")

    assert f"/accounts/{noor.pk}/" in Letter.objects.get().texts["en"]["body"]
    assert f"/accounts/{najm.pk}/" not in Letter.objects.get().texts["en"]["body"]
    assert not Notice.objects.filter(sending.WAITS).exists()


def test_of_very_many_the_rest_is_counted(alice):
    for _number in range(sending.MOST_LINES + 2):
        tell(REPLIED, {}, there("2026-06-10 12:00"), to=[alice.pk])

    turn("2026-06-10 12:01")

    assert mails() == ["52 notifications"]
    assert "and 2 more" in Letter.objects.get().texts["en"]["body"]


def test_chat_gets_what_was_chosen_in_the_reader_s_language(alice):
    alice.language = "ar"
    alice.save()
    channels = {REPLIED: {"mail": "", "chat": True}, RUN_DONE: {"mail": "now", "chat": False}}
    NotificationSetting.objects.create(user=alice, channels=channels, **HOOK)
    replied(alice, "2026-06-10 12:00")
    done(alice, "2026-06-10 12:00")

    turn("2026-06-10 12:01")

    assert mails() == ["Done: Import"]
    assert (len(ChatPost.objects.get().lines), ChatPost.objects.get().language) == (1, "ar")


def test_what_breaks_off_doubles_and_loses_nothing(alice):
    """The mail is written before the post, in one transaction."""
    NotificationSetting.objects.create(user=alice, **HOOK)
    replied(alice, "2026-06-10 12:00")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_chatpost ADD CONSTRAINT none_today CHECK (false)")

        with pytest.raises(IntegrityError):
            turn("2026-06-10 12:01")
        assert mails() == []

        cursor.execute("ALTER TABLE accounts_chatpost DROP CONSTRAINT none_today")
    turn("2026-06-10 12:02")
    assert (mails(), ChatPost.objects.count()) == (["Sara answered: Hello"], 1)


@pytest.mark.django_db(transaction=True)
def test_whom_another_worker_has_is_left_to_it(alice):
    replied(alice, "2026-06-10 12:00")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM accounts_user WHERE id = %s FOR NO KEY UPDATE", [alice.pk])
        turn("2026-06-10 12:01")
        assert mails() == []
    finally:
        other.rollback()
        other.close()
        connections["default"].ensure_connection()

    turn("2026-06-10 12:02")
    assert mails() == ["Sara answered: Hello"]


def test_looking_costs_the_same_for_one_and_for_three(alice, bob, charlie, django_assert_num_queries):
    done(alice, "2026-06-10 12:00")
    with django_assert_num_queries(4):
        turn("2026-06-10 12:01")
    done(bob, "2026-06-10 12:00")
    done(charlie, "2026-06-10 12:00")
    with django_assert_num_queries(4):
        turn("2026-06-10 12:01")


def test_day_of_the_digest_is_that_of_the_reader(alice):
    done(alice, "2026-06-10 07:00")

    turn("2026-06-10 23:59")

    assert Message.objects.get().key == f"digest-{alice.pk}-{date(2026, 6, 10)}"
