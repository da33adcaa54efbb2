"""Tags: one in any spelling, whoever writes them; renamed, merged and removed everywhere."""

import pytest
from django.db import connection

from accounts.imports.columns import Conventions, Refused, tags
from accounts.models import Account, AuditEntry, Contact, Tag, tagged
from accounts.tags import remove_tag, rename_tag
from tests import factories
from tests.accounts.doors import INSERTS, UPDATES, taken_away, through

pytestmark = pytest.mark.django_db


def tags_of(model=Account):
    return {row.name: row.tags for row in model.objects.all()}


@through(*UPDATES)
def test_tags_take_the_spelling_that_there_is_through_every_door(door):
    factories.account("First", tags=["VIP", "مهمّة"])
    row = factories.account("Second")

    door(row, {"tags": ["vip", "مهمه", "vip", " New  one "]})

    assert tags_of()["Second"] == ["New one", "VIP", "مهمّة"]
    assert set(Tag.objects.values_list("name", flat=True)) == {"VIP", "مهمّة", "New one"}


@through(*INSERTS)
def test_a_new_row_too(door):
    Tag.objects.create(name="VIP")
    row = factories.account("First", tags=["vip"])
    taken_away(row)

    door(row)

    assert tags_of() == {"First": ["VIP"]}


def test_tags_of_contacts_are_those_of_accounts():
    account = factories.account(tags=["Champions"])

    Contact.objects.create(account=account, name="Sara", tags=["champions"])

    assert tags_of(Contact) == {"Sara": ["Champions"]}
    assert Tag.objects.count() == 1


def test_what_is_tagged_is_found_in_any_spelling():
    one = factories.account("One", tags=["VIP", "Beta"])
    factories.account("Two", tags=["Beta"])

    assert list(Account.objects.filter(tagged("vip"))) == [one]
    assert Account.objects.filter(tagged("beta")).count() == 2
    assert not Account.objects.filter(tagged("unknown")).exists()


def test_a_renamed_tag_is_renamed_everywhere(administrator):
    account = factories.account("One", tags=["vip", "Beta"])
    Contact.objects.create(account=account, name="Sara", tags=["vip"])
    AuditEntry.objects.all().delete()

    changed = rename_tag(Tag.objects.get(name="vip"), "Very important", by=administrator)

    assert changed == 2
    assert (tags_of(), tags_of(Contact)) == (
        {"One": ["Beta", "Very important"]},
        {"Sara": ["Very important"]},
    )
    assert set(AuditEntry.objects.values_list("table", "actor")) == {
        (table, administrator.pk) for table in ("accounts_account", "accounts_contact", "accounts_tag")
    }


def test_another_spelling_of_a_tag_is_written_everywhere():
    factories.account("One", tags=["vip"])

    rename_tag(Tag.objects.get(), "VIP", by=None)

    assert tags_of() == {"One": ["VIP"]}


def test_a_tag_renamed_into_another_one_is_merged():
    factories.account("One", tags=["Key account", "VIP"])
    factories.account("Two", tags=["Key account"])

    rename_tag(Tag.objects.get(name="Key account"), "vip", by=None)

    assert tags_of() == {"One": ["VIP"], "Two": ["VIP"]}
    assert [tag.name for tag in Tag.objects.all()] == ["VIP"]


def test_a_removed_tag_is_removed_everywhere():
    factories.account("One", tags=["Beta", "VIP"])

    assert remove_tag(Tag.objects.get(name="VIP"), by=None) == 1
    assert tags_of() == {"One": ["Beta"]}
    assert [tag.name for tag in Tag.objects.all()] == ["Beta"]


def test_two_writers_of_a_new_tag_make_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cxhub_tags(ARRAY['VIP', 'vip', '', '  ']), cxhub_tags(ARRAY['Vip'])")

        assert cursor.fetchone() == (["VIP"], ["VIP"])


# Of a cell


def test_a_cell_holds_tags_between_semicolons():
    assert tags("VIP; Reference customer ،vip;; مهم", Conventions()) == ["Reference customer", "VIP", "مهم"]
    assert tags("One, with a comma", Conventions()) == ["One, with a comma"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("x" * 41, "at most 40 characters"), (";".join(map(str, range(31))), "at most 30 tags")],
)
def test_tags_have_limits(cell, reason):
    with pytest.raises(Refused, match=reason):
        tags(cell, Conventions())
