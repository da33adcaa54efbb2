"""Which accounts and contacts are proposed as one, why, and which are not."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.db import DataError, connection

from accounts import duplicates
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import Account, AccountPair, Contact, ContactPair, Job
from accounts.unmerging import undo_merge

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def account(name, **fields):
    return Account.objects.create(name=name, **fields)


def contact(of, **fields):
    return Contact.objects.create(account=of, **fields)


def found(model=AccountPair):
    """By the names of both the reasons, after a search."""
    duplicates.search(NOW)
    pairs = model.objects.open().select_related("first", "second")
    return {(str(pair.first), str(pair.second)): pair.reasons for pair in pairs}


# By name


@pytest.mark.parametrize(
    "other",
    [
        "NAJM LOGISTICS",
        "Najm Logistics LLC",
        "Najm Logistics Co., Ltd.",
        "Logistics, Najm",
        "Najm-Logistics (L.L.C.)",
        "Najm Logistcs",
        "Najm Logistics Riyadh",
        "The Najm Logistics Company Limited",
    ],
)
def test_names_alike_are_found(other):
    account("Najm Logistics")
    account(other)

    assert found() == {("Najm Logistics", other): ["name"]}


@pytest.mark.parametrize(
    "other",
    ["شركة نجم للنقل", "نجم للنقل المحدودة", "مؤسسة نَجْم للنقل", "شركة نجم للنقل ش.م.م"],
)
def test_arabic_names_alike_are_found(other):
    account("نجم للنقل")
    account(other)

    assert found() == {("نجم للنقل", other): ["name"]}


@pytest.mark.parametrize("other", ["Najm Foods", "Rakaez Logistics", "Nejm", "LLC", "Company Limited"])
def test_other_names_are_not(other):
    account("Najm Logistics")
    account(other)

    assert found() == {}


def test_a_name_of_nothing_but_a_form_is_a_name():
    account("The Company")
    account("The Company")

    assert found() == {("The Company", "The Company"): ["name"]}


def test_likeness_is_kept_as_found_anew():
    account("Najm Logistics")
    second = account("Najm Logistcs")
    found()
    before = AccountPair.objects.get()
    Account.objects.filter(pk=second.pk).update(name="Najm Logistics")

    found()

    after = AccountPair.objects.get()
    assert after.pk == before.pk
    assert before.likeness < after.likeness == 1


# By addresses and numbers


def test_a_web_domain_is_one_with_and_without_www_and_path():
    account("Najm", website="https://www.Najm.sa/en?x=1")
    account("Star", website="http://najm.sa")

    assert found() == {("Najm", "Star"): ["domain"]}


def test_the_domain_of_an_address_is_that_of_the_website():
    account("Najm", website="https://najm.sa")
    contact(account("Star"), name="Sara", email="Sara@NAJM.sa")

    assert found() == {("Najm", "Star"): ["domain"]}


def test_free_mail_says_nothing_of_an_account():
    for name in ("Najm", "Star"):
        contact(account(name), name="Sara", email="sara@gmail.com")

    assert found() == {}


def test_one_address_however_it_is_written():
    contact(account("Najm"), name="Sara", email="sara+cx@najm.sa")
    contact(account("Star"), name="Sara", email="Sara@Najm.sa")

    assert found() == {("Najm", "Star"): ["domain", "email"]}


@pytest.mark.parametrize("other", ["00966 55 123 4567", "055-123-4567", "٠٥٥١٢٣٤٥٦٧", "551234567"])
def test_one_number_however_it_is_written(other):
    contact(account("Najm"), name="Sara", phone="+966 55 123 4567")
    contact(account("Star"), name="Lina", phone=other)

    assert found() == {("Najm", "Star"): ["phone"]}


@pytest.mark.parametrize("other", ["+971 55 123 4567", "+966 56 123 4567", "4567", ""])
def test_other_numbers_are_not(other):
    contact(account("Najm"), name="Sara", phone="+966 55 123 4567")
    contact(account("Star"), name="Lina", phone=other)

    assert found() == {}


def test_what_too_many_share_tells_nothing():
    for number in range(duplicates.MOST_OF_A_KEY + 1):
        account(f"{number * 7919:x}" * 3, website="https://shop.example")

    assert found() == {}


def test_companies_of_one_group_are_several():
    parent = account("Najm", website="https://najm.sa")
    account("Star", website="https://najm.sa", parent=parent)
    account("Moon", website="https://najm.sa", parent=parent)

    assert found() == {}


def test_test_accounts_are_nobody_s_duplicates():
    account("Rafeef", website="https://rafeef.sa", internal=True)
    contact(account("Rafeef", website="https://rafeef.sa"), name="Sara", email="sara@rafeef.sa")

    assert found() == {}


# What is said and done


def test_pairs_that_are_alike_no_longer_go():
    account("Najm Logistics")
    second = account("Najm Logistics LLC")
    found()
    Account.objects.filter(pk=second.pk).update(name="Rakaez")

    assert found() == {}
    assert not AccountPair.objects.exists()


def test_what_was_said_to_be_two_is_remembered(alice):
    account("Najm Logistics")
    second = account("Najm Logistics LLC")
    found()
    AccountPair.objects.update(dismissed_at=NOW, dismissed_by=alice)

    assert found() == {}
    Account.objects.filter(pk=second.pk).update(name="Rakaez")
    found()
    Account.objects.filter(pk=second.pk).update(name="Najm Logistics")
    assert found() == {}
    assert AccountPair.objects.get().dismissed_by == alice


def test_a_pair_that_is_merged_is_open_no_more_until_that_is_undone():
    first, second = account("Najm Logistics"), account("Najm Logistics LLC")
    found()

    merge = merge_accounts(second, first, by=None)

    assert not AccountPair.objects.open().exists()
    undo_merge(merge, by=None, now=NOW)
    assert AccountPair.objects.open().exists()


def test_a_loser_of_a_merge_is_no_duplicate_and_its_people_are_the_survivor_s():
    first, second = account("Najm"), account("Star")
    contact(second, name="Sara", email="sara@najm.sa")
    contact(account("Moon"), name="Lina", email="lina@najm.sa")
    merge_accounts(second, first, by=None)

    assert found() == {("Najm", "Moon"): ["domain"]}


def test_pairs_are_seen_by_those_who_see_both(alice, bob, charlie, administrator, team):
    account("Najm Logistics", owner=alice, team=team)
    account("Najm Logistics LLC", owner=alice, team=team)
    account("Najm Logistics Ltd", owner=charlie)
    found()

    seen = [AccountPair.objects.visible_to(user).count() for user in (alice, bob, charlie, administrator)]
    assert seen == [1, 1, 0, 3]


def test_contacts_are_seen_by_those_who_see_their_account(alice, charlie):
    people = account("Najm", owner=alice)
    contact(people, name="Sara Ahmad")
    contact(people, name="sara ahmad")
    found()

    assert [ContactPair.objects.visible_to(user).count() for user in (alice, charlie)] == [1, 0]


def test_likeliest_come_first():
    account("Najm Logistics", website="https://najm.sa")
    account("Najm Logistics LLC", website="https://najm.sa")
    account("Rakaez Trading")
    account("Rakaez Tradng")
    account("Moon Foods")
    account("Moon Foods Inc")
    found()

    pairs = AccountPair.objects.likeliest_first().select_related("first")
    assert [pair.first.name for pair in pairs] == ["Najm Logistics", "Moon Foods", "Rakaez Trading"]


def test_a_search_is_a_job_that_counts():
    account("Najm Logistics")
    account("Najm Logistics LLC")

    assert duplicates.searched_at() is None
    job = duplicates.search(NOW)

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"accounts": 1, "contacts": 0})
    assert duplicates.searched_at() == job.finished_at


def test_a_search_that_fails_says_so(monkeypatch):
    account("Najm Logistics")
    account("Najm Logistics LLC")
    monkeypatch.setitem(duplicates.PARAMETERS, "alike", "much")

    with pytest.raises(DataError):
        duplicates.search(NOW)

    assert Job.objects.get().state == Job.State.FAILED
    assert duplicates.searched_at() is None


# Contacts


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"email": "sara@gmail.com"}, {"email": "SARA+x@gmail.com"}, ["email"]),
        ({"name": "Sara", "phone": "+966551234567"}, {"name": "S. A.", "phone": "055 123 4567"}, ["phone"]),
        ({"name": "سارة أحمد"}, {"name": "ساره احمد"}, ["name"]),
        ({"name": "Sara Ahmad"}, {"name": "Ahmad Sara"}, ["name"]),
    ],
)
def test_contacts_of_one_account_that_are_alike_are_found(one, other, reasons):
    najm = account("Najm")
    contact(najm, **one)
    contact(najm, **other)

    assert list(found(ContactPair).values()) == [reasons]


def test_contacts_of_two_accounts_are_two():
    for name in ("Najm", "Rakaez"):
        contact(account(name), name="Sara Ahmad", email="sara@gmail.com")

    assert found(ContactPair) == {}


def test_contacts_who_are_merged_are_one():
    najm = account("Najm")
    first, second = contact(najm, name="Sara Ahmad"), contact(najm, name="Sara Ahmad")
    merge_contacts(second, first, by=None)

    assert found(ContactPair) == {}


# Many


def test_misspelt_names_are_found_among_many_and_few_others():
    """The measure that `ALIKE` was chosen by, smaller: a letter or a word short, turned round, of another form."""
    random = Random(1)
    names = [made_up(random) for _ in range(2000)]
    first = [account.pk for account in Account.objects.bulk_create(Account(name=" ".join(n)) for n in names)]
    chosen = random.sample(range(2000), 100)
    doubles = Account.objects.bulk_create(Account(name=misspelt(names[place], random)) for place in chosen)
    true = {(first[place], double.pk) for place, double in zip(chosen, doubles, strict=True)}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account")  # nobody waits for the server to find out by itself

    duplicates.search(NOW)

    pairs = set(AccountPair.objects.values_list("first", "second"))
    assert len(pairs & true) >= 93
    assert len(pairs - true) <= 10


def made_up(random):
    return [word(random), word(random), random.choice(["Logistics", "Trading", "Foods", "Medical", "Energy"])]


def word(random):
    return "".join(
        random.choice("bcdfghjklmnpqrstvwz") + random.choice("aeiou") + random.choice(["", "n", "r"])
        for _ in range(random.randint(2, 4))
    )


def misspelt(words, random):
    words = list(words)
    match random.choice(["letter", "word", "order", "form"]):
        case "letter":
            place = random.randrange(1, len(words[0]))
            words[0] = words[0][:place] + words[0][place + 1 :]
        case "word":
            words.pop()
        case "order":
            words.reverse()
        case "form":
            words.append("L.L.C.")
    return " ".join(words)
