"""Many accounts changed from their list: said first, then done, then undone."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts import actions
from accounts.models import Account, AccountChange, Job, Organisation
from accounts.tasks import change_many, undo_imports
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/accounts/change/"


@pytest.fixture
def csm(alice):
    """Alice, who may change her accounts."""
    alice.groups.add(Group.objects.get(name="CSM"))
    return alice


@pytest.fixture
def book(csm):
    return [factories.account(f"Customer {number}", owner=csm, stage="live") for number in (1, 2, 3)]


def stages():
    return dict(Account.objects.values_list("name", "stage"))


def to_churned(*chosen):
    which = {"of": "chosen", "account": [account.pk for account in chosen]} if chosen else {"of": "all"}
    return {**which, "do": "stage", "new_stage": "churned"}


def asked(client, **query):
    return client.get(PAGE, query)


def confirmed(client, query, changing):
    address = client.get(PAGE, query).wsgi_request.get_full_path()
    return client.post(address, {"changing": changing})


def test_list_offers_to_change_and_to_export(sign_in, csm, book):
    page = sign_in(csm).get("/accounts/?stage=live&sort=-name").content.decode()

    assert 'action="/accounts/change/"' in page
    assert f'form="chosen" name="account" value="{book[0].pk}"' in page
    assert '<input type="hidden" name="stage" value="live">' in page
    assert "Change all" in page


def test_list_offers_no_change_to_those_who_may_not(sign_in, bob, book):
    page = sign_in(bob).get("/accounts/").content.decode()

    assert 'value="all"' not in page


def test_chosen_accounts_are_asked_what_becomes_of_them(sign_in, csm, book):
    response = asked(sign_in(csm), of="chosen", account=[book[0].pk, book[2].pk])

    assert response.status_code == 200
    assert response.context["count"] == 2
    assert "What would change" not in response.content.decode()


def test_preview_says_what_would_change_and_what_is_so_already(sign_in, csm, book):
    factories.account("Gone", owner=csm, stage="churned")

    response = asked(sign_in(csm), of="all", do="stage", new_stage="churned")

    assert (response.context["foreseen"].changing, response.context["foreseen"].already) == (3, 1)
    assert response.context["before"] == [("Live", 3)]
    assert "Change <" in response.content.decode()
    assert set(stages().values()) == {"live", "churned"}
    assert not Job.objects.exists()


def test_confirmed_change_is_done_at_once_and_can_be_undone(sign_in, csm, book):
    client = sign_in(csm)

    answer = confirmed(client, to_churned(book[0], book[2]), changing=2)

    assert answer["Location"] == "/accounts/"
    assert stages() == {"Customer 1": "churned", "Customer 2": "live", "Customer 3": "churned"}
    job = Job.objects.get()
    assert (job.kind, job.created_by, job.parameters["said"]) == ("change", csm, "Churned")
    page = client.get("/accounts/").content.decode()
    assert "2 rows were changed." in page
    assert f'<a href="/runs/{job.pk}/undo/">Undo</a>' in page

    client.post(f"/runs/{job.pk}/undo/")
    undo_imports()

    assert set(stages().values()) == {"live"}


def test_all_that_match_are_changed_whatever_is_ticked(sign_in, csm, book):
    factories.account("Elsewhere", owner=csm, stage="live", segment="smb")
    query = {**to_churned(), "account": [book[0].pk], "segment": "smb"}

    confirmed(sign_in(csm), query, changing=1)

    assert [name for name, stage in stages().items() if stage == "churned"] == ["Elsewhere"]


def test_nothing_is_done_when_the_accounts_changed_since_one_looked(sign_in, csm, book):
    answer = confirmed(sign_in(csm), to_churned(*book), changing=2)

    assert answer.status_code == 409
    assert "have changed since you looked" in answer.content.decode()
    assert set(stages().values()) == {"live"}


def test_many_are_left_to_a_worker(sign_in, csm, book, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 2)

    answer = confirmed(sign_in(csm), to_churned(*book), changing=3)

    assert answer["Location"] == "/runs/"
    assert set(stages().values()) == {"live"}
    change_many()
    assert set(stages().values()) == {"churned"}


def test_owner_team_and_tags_are_changed_alike(sign_in, csm, bob, team, book):
    client = sign_in(csm)

    for given in (
        {"do": "team", "new_team": team.pk},
        {"do": "tag", "new_tag": "vip"},
        {"do": "owner", "new_owner": bob.pk},
    ):
        assert confirmed(client, {"of": "all", **given}, changing=3).status_code == 302

    assert set(Account.objects.values_list("owner", "team")) == {(bob.pk, team.pk)}
    assert [account.tags for account in Account.objects.all()] == [["vip"]] * 3


def test_a_day_can_be_said(sign_in, csm, book):
    day = Organisation.current().today(timezone.now()).replace(year=2099)

    confirmed(sign_in(csm), {**to_churned(book[0]), "day": day.isoformat()}, changing=1)

    assert AccountChange.objects.get(value="churned").from_day == day
    assert set(stages().values()) == {"live"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "Which accounts"),
        ({"of": "chosen"}, "None was chosen"),
        ({"of": "chosen", "account": "x"}, "These are no accounts"),
        ({"of": "all", "segmnt": "smb"}, "segmnt"),
        ({"of": "all", "do": "stage"}, "Say which."),
        ({"of": "all", "do": "stage", "new_stage": "gone"}, "Select a valid choice"),
        ({"of": "all", "do": "tag", "new_tag": "a; b"}, "Give one tag."),
        ({"of": "all", "do": "tag", "new_tag": "a", "day": "soon"}, "Enter a valid date"),
        (
            {"of": "all", "do": "stage", "new_stage": "churned", "day": "2020-01-01"},
            "what held on past days",
        ),
        ({"of": "all", "do": "everything"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words(sign_in, csm, book, query, said):
    response = asked(sign_in(csm), **query)

    assert response.status_code == 400
    assert said in response.content.decode()


def test_deactivated_users_are_no_owners_to_choose(sign_in, csm, bob, book):
    bob.is_active = False
    bob.save()

    assert asked(sign_in(csm), of="all", do="owner", new_owner=bob.pk).status_code == 400


def test_accounts_of_others_are_not_changed(sign_in, csm, charlie, book):
    hers = factories.account("Charlie's", owner=charlie, stage="live")

    response = asked(sign_in(csm), **to_churned(hers))

    assert response.context["count"] == 0
    confirmed(sign_in(csm), to_churned(hers, book[0]), changing=2)
    assert set(stages().values()) == {"live"}


def test_whoever_may_not_change_accounts_is_refused(sign_in, bob, book):
    assert asked(sign_in(bob), of="all").status_code == 403


def test_undo_needs_the_right_to_change_accounts(sign_in, csm, book):
    client = sign_in(csm)
    confirmed(client, to_churned(*book), changing=3)
    job = Job.objects.get()
    csm.groups.clear()

    assert client.get(f"/runs/{job.pk}/undo/").status_code == 403
    csm.user_permissions.add(Permission.objects.get(codename="change_account"))
    assert client.get(f"/runs/{job.pk}/undo/").status_code == 200


def test_run_is_listed_with_what_it_did(sign_in, csm, book):
    client = sign_in(csm)
    confirmed(client, to_churned(*book), changing=3)

    page = client.get("/runs/").content.decode()

    assert "Change of many rows" in page
    assert "Churned" in page
    assert "recompute --go-on" not in page


def test_chosen_accounts_are_exported(sign_in, csm, book):
    response = sign_in(csm).get(
        "/accounts/export.csv", {"of": "chosen", "account": [book[1].pk], "columns": "stage"}
    )

    lines = b"".join(response.streaming_content).decode().split("\r\n")
    assert lines[1:] == [f"{book[1].pk},Customer 2,Live", ""]
    assert sign_in(csm).get("/accounts/export.csv", {"of": "chosen"}).status_code == 400


def test_preview_costs_the_same_for_one_and_three(sign_in, csm, book, django_assert_num_queries):
    client = sign_in(csm)
    asked(client, **to_churned())

    with django_assert_num_queries(15):
        asked(client, **to_churned(book[0]))
    with django_assert_num_queries(15):
        asked(client, **to_churned(*book))
