"""Whose roll-ups must be attributed anew: written by the database, whichever door a change came by."""

import pytest

from accounts.intake.digests import digest
from accounts.models import Account, AccountKey, Contact, EventMark, Identity
from tests.accounts.doors import DELETES, INSERTS, UPDATES, saved, taken_away, through, upserted

pytestmark = pytest.mark.django_db

# Doors that name a column, not a field.
BY_COLUMN = {"updated_in_sql", "upserted"}
JANE, SECOND = ("web", "user", "jane"), ("web", "user", "jane-2")


def marked():
    """The digests of persons and of companies, each once; none of them has a day."""
    rows = EventMark.objects.values_list("person", "company", "day")
    assert all(day is None for _person, _company, day in rows)
    return {person for person, *_more in rows if person}, {row[1] for row in rows if row[1]}


def persons(*ids):
    return {digest(*one) for one in ids}, set()


def companies(*ids):
    return set(), {digest(*one) for one in ids}


def ours(contact):
    return ("cxhub", "contact", str(contact.pk))


@pytest.fixture
def account(db):
    return Account.objects.create(name="Najm")


@pytest.fixture
def other(db):
    return Account.objects.create(name="Falak")


@pytest.fixture
def jane(account):
    return Contact.objects.create(account=account, name="Jane", source="web", external_id="jane")


@pytest.fixture
def identity(jane):
    return Identity.objects.create(contact=jane, source="app", value="j")


@pytest.fixture
def key(account):
    return AccountKey.objects.create(account=account, source="crm", value="najm")


@pytest.fixture
def forgotten(identity, key):
    """All that was marked when these came."""
    EventMark.objects.all().delete()


def without(row):
    taken_away(row)
    EventMark.objects.all().delete()


# What comes and goes


@through(*INSERTS)
def test_a_new_identity_marks_its_id(identity, door):
    without(identity)

    door(identity)

    assert marked() == persons(("app", "user", "j"))


@through(*INSERTS)
def test_a_new_contact_marks_its_id_and_ours(jane, door):
    without(jane)

    door(jane)

    assert marked() == persons(JANE, ours(jane))


@through(*INSERTS)
def test_a_new_key_marks_its_id(key, door):
    without(key)

    door(key)

    assert marked() == companies(("crm", "account", "najm"))


@through(*DELETES)
def test_a_deleted_identity_marks_its_id(identity, forgotten, door):
    door(identity)

    assert marked() == persons(("app", "user", "j"))


@through(*DELETES)
def test_a_deleted_key_marks_its_id(key, forgotten, door):
    door(key)

    assert marked() == companies(("crm", "account", "najm"))


def test_a_deleted_contact_marks_all_its_ids(jane, identity, forgotten):
    number = ours(jane)

    jane.delete()

    assert marked() == persons(JANE, number, ("app", "user", "j"))


# What moves and is called otherwise


@through(*UPDATES)
@pytest.mark.parametrize(
    ("change", "called"),
    [
        ({"value": "k"}, {("app", "user", "j"), ("app", "user", "k")}),
        ({"source": "web"}, {("app", "user", "j"), ("web", "user", "j")}),
        ({"kind": "anonymous"}, {("app", "user", "j"), ("app", "anonymous", "j")}),
        ({"since": "2026-01-01"}, {("app", "user", "j")}),
        ({"until": "2026-01-01"}, {("app", "user", "j")}),
    ],
    ids=["value", "source", "kind", "since", "until"],
)
def test_a_changed_identity_marks_what_it_was_and_what_it_is(identity, forgotten, door, change, called):
    door(identity, change)

    assert marked() == persons(*called)


@through(*UPDATES)
def test_an_identity_of_another_contact_marks_its_id(identity, forgotten, door, account):
    second = Contact.objects.create(account=account, name="Second")
    EventMark.objects.all().delete()

    door(identity, {"contact_id": second.pk} if door.__name__ in BY_COLUMN else {"contact": second})

    assert marked() == persons(("app", "user", "j"))


@through(*UPDATES)
def test_a_contact_called_otherwise_marks_both_ids(jane, forgotten, door):
    door(jane, {"external_id": "jane-2"})

    assert marked() == persons(JANE, SECOND, ours(jane))


@through(*UPDATES)
def test_a_contact_that_moves_marks_all_its_ids(jane, forgotten, door, other):
    door(jane, {"account_id": other.pk} if door.__name__ in BY_COLUMN else {"account": other})

    assert marked() == persons(JANE, ours(jane), ("app", "user", "j"))


@through(*UPDATES)
def test_a_contact_that_is_merged_marks_all_its_ids(jane, forgotten, door, account):
    survivor = Contact.objects.create(account=account, name="Jane Doe")
    EventMark.objects.all().delete()

    door(
        jane,
        {"merged_into_id": survivor.pk} if door.__name__ in BY_COLUMN else {"merged_into": survivor},
    )

    assert marked() == persons(JANE, ours(jane), ("app", "user", "j"))


@through(*UPDATES)
def test_a_key_of_another_account_marks_its_id(key, forgotten, door, other):
    door(key, {"account_id": other.pk} if door.__name__ in BY_COLUMN else {"account": other})

    assert marked() == companies(("crm", "account", "najm"))


@through(*UPDATES)
def test_a_key_called_otherwise_marks_both_ids(key, forgotten, door):
    door(key, {"value": "falak"})

    assert marked() == companies(("crm", "account", "najm"), ("crm", "account", "falak"))


# What tells nothing new of who somebody is


@through(saved, upserted)
@pytest.mark.parametrize("what", ["jane", "identity", "key"])
def test_what_changes_nothing_marks_nothing(request, forgotten, door, what):
    row = request.getfixturevalue(what)

    door(row, {"source": row.source})

    assert marked() == (set(), set())


@through(*UPDATES)
def test_another_name_marks_nothing(jane, forgotten, door):
    door(jane, {"name": "Jane Doe", "email": "jane@najm.sa"})

    assert marked() == (set(), set())


def test_many_at_once_mark_each(account):
    rows = [
        Contact(account=account, name=f"Contact {number}", source="web", external_id=str(number))
        for number in range(3)
    ]

    made = Contact.objects.bulk_create(rows)
    people = persons(*(("web", "user", str(number)) for number in range(3)), *map(ours, made))
    assert marked() == people
    EventMark.objects.all().delete()
    Contact.objects.update(external_id=None)

    assert marked() == people
