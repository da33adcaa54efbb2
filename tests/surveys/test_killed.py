"""Workers that are killed while a survey goes out."""

import signal
from collections import Counter
from random import Random

import pytest
from django.utils import timezone

from accounts.messages import mailings
from accounts.models import Contact
from surveys import invitations
from surveys.models import Invitation
from tests import factories
from tests.accounts.messages.test_killed import kill_at, worker
from tests.surveys.asking import to_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real, pytest.mark.long]
PEOPLE, KILLS = 5_000, 20


def ask(by, people):
    account = factories.account()
    Contact.objects.bulk_create(
        Contact(account=account, name="Sara", email=f"p{number}@najm.example", language="en")
        for number in range(people)
    )
    now = timezone.now()
    going = to_all(by)
    mailings.schedule(going.mailing, now, now)
    return going


def test_nobody_is_asked_twice_or_forgotten_though_workers_are_killed(server, administrator):
    random, killed = Random(7), 0
    going = ask(administrator, PEOPLE)
    while killed < KILLS:
        after = len(server.seen) + random.randrange(1, 200)
        step = random.choice(["MAIL", "RCPT", "DATA", "TAKEN"])
        server.after.clear()
        running = kill_at(server, step, lambda _address, after=after: len(server.seen) >= after)
        running.append(worker(server))
        running[0].wait(120)
        killed += running[0].returncode == -signal.SIGKILL
        invitations.keep(timezone.now())
    server.after.clear()
    assert worker(server).wait(300) == 0
    invitations.keep(timezone.now())

    arrived = Counter(str(mail["To"]).strip("<>") for mail in server.seen)
    states = Counter(going.mailing.messages.values_list("state", flat=True))
    invited = Counter(Invitation.objects.values_list("contact__email", flat=True))
    everybody = dict.fromkeys(Contact.objects.values_list("email", flat=True), 1)
    assert set(arrived.values()) == {1}
    assert states["sent"] + states["unknown"] == PEOPLE
    assert states["unknown"] <= KILLS
    assert len(arrived) >= states["sent"]
    assert invited == everybody
