"""Workers that hear of the same people at the same instant: none fails, nothing is doubled."""

import threading
from contextlib import closing

import pytest
from django.db import connection, transaction

from accounts.intake.people import lock
from accounts.models import Account, Contact, Identity, Profile
from tests.accounts.intake.saying import alias, group, identify, said

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(*works):
    """Each with a connection of its own; all begin together. Returns what went wrong."""
    start, wrong = threading.Barrier(len(works)), []

    def do(work):
        with closing(connection):
            start.wait(20)
            try:
                work()
            except Exception as error:  # noqa: BLE001  The test says which.
                wrong.append(error)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return wrong


def test_the_same_person_at_the_same_company_comes_once():
    calls = [
        identify("u1", anonymous="a1", name="Sara", email="sara@najm.sa"),
        group("najm", "u1", name="Najm"),
        alias("u0", "u1"),
    ]

    wrong = at_once(*[lambda: said(*calls)] * WORKERS)

    assert wrong == []
    assert (Account.objects.count(), Contact.objects.count(), Profile.objects.count()) == (1, 1, 1)
    assert Identity.objects.count() == 4


def test_two_sources_of_the_same_companies_make_each_once():
    works = [
        lambda source=source, number=number: said(
            identify(f"u{number}", name="Sara"), group("najm", f"u{number}"), source=source
        )
        for number, source in enumerate(["web", "app"] * 2)
    ]

    wrong = at_once(*works)

    assert wrong == []
    assert (Account.objects.count(), Contact.objects.count()) == (1, 4)


def test_sources_are_locked_in_one_order():
    def work(*sources):
        with transaction.atomic():
            lock(sources)
            for source in sources:
                said(identify("u1", name="Sara"), group("najm", "u1"), source=source)

    wrong = at_once(lambda: work("web", "app", "crm"), lambda: work("app", "web", "crm"))

    assert wrong == []
    assert Profile.objects.count() == 3
