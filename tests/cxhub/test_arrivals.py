"""What came in is in the figures at once."""

from datetime import timedelta
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from accounts.intake import keys, service
from accounts.intake.bodies import Sending
from accounts.models import Contact, Event, IntakeBatch, Touched
from cxhub import arrivals, tasks
from metrics import recompute
from metrics.models import CurrentValue
from tests.factories import account, plain


def sent(*calls):
    key = keys.make(name="Server", source="app", kind="server")[0]
    service.take(service.sender_of(key), Sending(list(calls)), now=timezone.now())


def signed_in(number):
    return {"type": "track", "event": "Signed In", "userId": "u1", "messageId": f"m{number}"}


def logins(of):
    values = CurrentValue.objects.filter(account=of, definition__key="logins")
    return [int(value) for value in values.values_list("value", flat=True)]


@pytest.fixture
def najm(db):
    # Accounts of which it has still to compare yesterday wait for the night's run; that is others' test.
    recompute.start_night(timezone.now())
    najm = account("Najm")
    plain(Contact, account=najm, name="سارة", source="app", external_id="u1")
    Touched.objects.all().delete()
    return najm


def test_what_was_sent_is_in_the_current_value_of_its_account(najm):
    sent(signed_in(1), signed_in(2))

    call_command("take_events")

    assert logins(najm) == [2]
    assert not Touched.objects.exists()


def test_the_task_of_the_button_does_the_same(najm):
    sent(signed_in(1))

    tasks.take_in()

    assert logins(najm) == [1]


def test_the_command_says_what_it_took(najm, capsys):
    sent(signed_in(1))
    IntakeBatch.objects.update(tries=99)
    sent(signed_in(2))

    call_command("take_events")

    told = capsys.readouterr()
    assert told.out.startswith("Batches taken: 1, in ")
    assert told.err == "Batches that still wait: 1.\n"
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_has_is_waited_for(najm):
    sent(signed_in(1))

    def take():
        arrivals.take_in(timezone.now())
        connections.close_all()

    other = Thread(target=take)
    with transaction.atomic():
        IntakeBatch.objects.select_for_update().get()
        other.start()
        other.join(timedelta(seconds=1).total_seconds())
        assert other.is_alive()
    other.join()

    assert logins(najm) == [1]
