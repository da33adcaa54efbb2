from datetime import date

import pytest

from accounts.models import Account, AccountChange, Contact
from accounts.models.rules import IN_A_CIRCLE
from accounts.services import change_account
from tests import factories
from tests.accounts.admin.pages import address, latest, listed, saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(alice):
    account = Account.objects.create(name="Falak")
    change_account(account, by=alice, day=date(2026, 1, 1), segment="mid-market")
    change_account(account, by=alice, day=date(2026, 2, 1), segment="enterprise")
    return account


def segments(account):
    account.refresh_from_db()
    dated = account.changes.filter(field="segment").values_list("from_day", "value")
    return account.segment, [(str(day), value) for day, value in dated]


def test_values_hold_from_the_day_that_is_given(page, account, administrator):
    saved(page, address("change", account), tier="Gold", from_day="2026-01-15")

    change = account.changes.get(field="tier")
    assert (change.value, change.from_day, change.by) == ("Gold", date(2026, 1, 15), administrator)


def test_corrected_value_becomes_the_accounts_own(page, account, administrator):
    saved(page, address("change", account.changes.get(value="enterprise")), value="strategic")

    change = account.changes.get(value="strategic")
    assert segments(account) == ("strategic", [("2026-01-01", "mid-market"), ("2026-02-01", "strategic")])
    assert change.by == administrator
    assert latest(account).after == {"segment": "strategic"}


def test_corrected_day_decides_what_is_in_force(page, account):
    saved(page, address("change", account.changes.get(value="mid-market")), from_day="2026-03-01")

    assert segments(account) == ("mid-market", [("2026-02-01", "enterprise"), ("2026-03-01", "mid-market")])


def test_two_values_of_one_day_are_refused_in_words(page, account):
    answer = saved(page, address("change", account.changes.get(value="mid-market")), from_day="2026-02-01")

    assert answer.status_code == 200
    assert answer.context["errors"]
    assert segments(account)[0] == "enterprise"


def test_deleted_value_gives_way_to_the_one_before(page, account):
    page.post(address("delete", account.changes.get(value="enterprise")), {"post": "yes"})

    assert segments(account) == ("mid-market", [("2026-01-01", "mid-market")])


def test_several_values_are_deleted_through_the_service_too(page, account):
    chosen = account.changes.filter(value="enterprise")
    action = {"action": "delete_selected", "_selected_action": [row.pk for row in chosen], "post": "yes"}

    page.post(listed(AccountChange), action)

    assert segments(account) == ("mid-market", [("2026-01-01", "mid-market")])


def test_new_dated_value_asks_for_its_attribute_first(page, account):
    answer = page.get(listed(AccountChange, "add", account=account.pk))

    assert [name for name, _label in answer.context["attributes"]] == list(Account.DATED)
    assert f"?field=owner&amp;account={account.pk}" in answer.content.decode()
    assert page.get(listed(AccountChange, "add", field="name")).context["attributes"]


@pytest.mark.parametrize("field", Account.DATED)
def test_every_attribute_is_dated_by_hand(page, account, alice, team, field):
    parent = factories.account("Parent")
    values = {"stage": "live", "owner": alice.pk, "team": team.pk, "parent": parent.pk}

    saved(
        page,
        listed(AccountChange, "add", field=field),
        account=account.pk,
        value=values.get(field, "New"),
        from_day="2026-03-01",
    )

    account.refresh_from_db()
    assert account.changes.get(field=field, from_day="2026-03-01").value == str(values.get(field, "New"))
    assert getattr(account, f"{field}_id" if field in {"owner", "team", "parent"} else field) == values.get(
        field, "New"
    )


def test_a_stage_that_there_is_not_is_refused(page, account):
    url = listed(AccountChange, "add", field="stage")

    answer = saved(page, url, account=account.pk, value="asleep", from_day="2026-03-01")

    assert "value" in answer.context["adminform"].form.errors


def test_account_shows_its_latest_dated_values_and_the_way_to_all(page, account, monkeypatch):
    monkeypatch.setattr("accounts.admin.entry.PARTS", 1)

    text = page.get(address("change", account)).content.decode()

    assert f"{listed(AccountChange)}?account__id__exact={account.pk}" in text
    assert address("change", account.changes.get(value="enterprise")) in text
    assert address("change", account.changes.get(value="mid-market")) not in text
    assert page.get(f"{listed(AccountChange)}?account__id__exact={account.pk}").status_code == 200


def test_a_fact_leads_to_the_page_of_its_account(page, account):
    contact = account.contacts.create(name="Mona")

    assert f'href="/accounts/{account.pk}/"' in page.get(address("change", contact)).content.decode()


def test_contact_leads_to_the_rights_of_the_person_for_those_who_may(page, as_role, alice):
    contact = factories.plain(Contact)
    contact.account.owner = alice
    contact.account.save()
    link = f'href="/people/{contact.pk}/rights/"'

    assert link in page.get(address("change", contact)).content.decode()
    assert link not in as_role(alice, "CSM").get(address("change", contact)).content.decode()


def test_user_leads_to_their_erasure(page, bob):
    assert f'href="/users/{bob.pk}/erase/"' in page.get(address("change", bob)).content.decode()


def test_list_of_accounts_leads_to_where_many_are_changed(page):
    links = [page.get(listed(Account, **query)).content.decode() for query in ({}, {"q": "Najm & Co"})]

    assert 'href="/accounts/">Change many accounts' in links[0]
    assert 'href="/accounts/?q=Najm%20%26%20Co">Change many accounts' in links[1]


def test_an_account_above_itself_is_refused_beside_its_parent(page, account):
    child = factories.account("Child", parent=account)

    refused = saved(page, address("change", account), parent=child.pk)

    assert refused.context["adminform"].form.errors == {"parent": [str(IN_A_CIRCLE)]}


def test_a_dated_value_whose_end_keeps_accounts_apart_is_not_deleted(page, account, alice):
    child = factories.account("Child")
    change_account(account, by=alice, day=date(2026, 1, 1), parent=child)
    change_account(account, by=alice, day=date(2026, 2, 1), parent=None)
    change_account(child, by=alice, day=date(2025, 1, 1), parent=None)
    change_account(child, by=alice, day=date(2026, 2, 1), parent=account)
    ended = account.changes.get(field="parent", value="")

    one = page.post(address("delete", ended), {"post": "yes"}, follow=True)
    chosen = {"action": "delete_selected", "_selected_action": [ended.pk], "post": "yes"}
    many = page.post(listed(AccountChange), chosen, follow=True)

    for answer in (one, many):
        assert str(IN_A_CIRCLE) in [str(message) for message in answer.context["messages"]]
    assert account.changes.filter(pk=ended.pk).exists()


def test_no_two_sections_of_an_account_have_one_name(page):
    account = factories.account("Najm", segment="small")

    answer = page.get(address("change", account))

    titles = [part.name for part in answer.context["adminform"]]
    titles += [part.opts.verbose_name_plural for part in answer.context["inline_admin_formsets"]]
    assert len(set(map(str, titles))) == len(titles)
