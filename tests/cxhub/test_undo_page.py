"""The page on which an import is taken back."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.imports import run
from accounts.models import AccountKey, Job, Order, Organisation, Plan
from accounts.resources import ORDERS
from accounts.tasks import undo_imports
from cxhub import runs
from tests import factories
from tests.accounts.importing import OPTIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def operations(alice):
    """Alice, who may see runs."""
    alice.groups.add(Group.objects.get(name="Operations"))
    return alice


def job(**fields):
    return Job.objects.create(kind="import", started_at=timezone.now(), **fields)


@pytest.fixture
def done_import(operations):
    """Alice's, of one order."""
    AccountKey.objects.create(account=factories.account("Najm"), source="crm", value="najm")
    done = job(state=Job.State.RUNNING, created_by=operations, parameters={"resource": "orders"})
    row = {"id": "o1", "account": "najm", "ordered_at": "2026-01-05", "amount": "1", "currency": "USD"}
    run(ORDERS, [(2, row)], fields=list(row), options=OPTIONS, job=done)
    done.refresh_from_db()
    done.finish(Job.State.DONE, timezone.now(), **done.result)
    return done


def test_undo_is_offered_shown_and_begun(sign_in, operations, done_import):
    client = sign_in(operations)

    assert f'href="/runs/{done_import.pk}/undo/"' in client.get("/runs/").content.decode()
    shown = client.get(f"/runs/{done_import.pk}/undo/")
    answer = client.post(f"/runs/{done_import.pk}/undo/")

    assert shown.context["foreseen"].kinds == [("orders", 1, 0)]
    assert answer["Location"] == "/runs/"
    waiting = Job.objects.get(kind="import.undo")
    assert (waiting.state, waiting.created_by) == (Job.State.WAITING, operations)
    assert Order.objects.exists()
    undo_imports()
    assert not Order.objects.exists()


def test_undo_says_what_stays_and_so_does_the_run(sign_in, operations, done_import):
    client = sign_in(operations)
    Order.objects.update(number="9")

    page = client.get(f"/runs/{done_import.pk}/undo/").content.decode()
    client.post(f"/runs/{done_import.pk}/undo/")
    undo_imports()

    najm = Order.objects.get().account
    named = f'<a href="{najm.get_absolute_url()}"><bdi>Najm</bdi></a>: <bdi>It was changed afterwards.</bdi>'
    assert named in page
    assert named in client.get("/runs/").content.decode()
    assert "1 row stays as it is" in page
    assert "It was changed afterwards." in page
    assert "1 row left as it is" in client.get("/runs/").content.decode()


def test_what_the_reader_does_not_see_has_no_name(operations, done_import, bob):
    order, plan = Order.objects.get(), Plan.objects.create(code="pro", name={"en": "Pro"})
    rows = [("accounts_order", order.pk, "changed"), ("accounts_plan", plan.pk, "named")]

    bob.teams.clear()
    named = runs.told(rows, operations)
    unnamed = runs.told(rows, bob)

    assert [one.get("name") for one in named] == ["Najm", "Pro"]
    assert [one.get("name") for one in unnamed] == [None, None]


def test_undo_of_what_is_gone_has_nothing_to_do(sign_in, operations, done_import):
    Order.objects.all().delete()

    page = sign_in(operations).get(f"/runs/{done_import.pk}/undo/").content.decode()

    assert "Nothing is left of it" in page
    assert "<button" not in page.partition("<main")[2]


def test_undo_happens_once(sign_in, operations, done_import):
    client = sign_in(operations)
    client.post(f"/runs/{done_import.pk}/undo/")
    undo_imports()

    answer = client.post(f"/runs/{done_import.pk}/undo/")

    assert answer.status_code == 409
    assert "was undone before" in answer.content.decode()
    page = client.get("/runs/").content.decode()
    assert f"/runs/{done_import.pk}/undo/" not in page
    assert "undone" in strip_tags(page).split()


def test_an_import_that_was_undone_does_not_go_on(sign_in, operations, done_import, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("id,account,ordered_at,amount,currency\no1,najm,2026-01-05,1,USD\n")
    Job.objects.filter(pk=done_import.pk).update(state=Job.State.STOPPED)
    client = sign_in(operations)
    assert f"--resume {done_import.pk}" in client.get("/runs/").content.decode()

    client.post(f"/runs/{done_import.pk}/undo/")
    undo_imports()

    assert f"--resume {done_import.pk}" not in client.get("/runs/").content.decode()
    with pytest.raises(CommandError, match="was undone"):
        call_command("import_csv", "orders", str(file), "--resume", done_import.pk)


def test_undo_needs_the_right_to_delete(sign_in, bob, done_import):
    """Bob may change runs and orders, and delete none."""
    for codename in ("view_job", "change_job", "change_order"):
        bob.user_permissions.add(Permission.objects.get(codename=codename))
    client = sign_in(bob)

    assert client.post(f"/runs/{done_import.pk}/undo/").status_code == 403
    assert f"/runs/{done_import.pk}/undo/" not in client.get("/runs/").content.decode()
    bob.user_permissions.add(Permission.objects.get(codename="delete_order"))
    assert client.post(f"/runs/{done_import.pk}/undo/").status_code == 302


def test_undo_of_an_import_of_others_needs_the_right_to_change_runs(sign_in, operations, done_import):
    Job.objects.update(created_by=None)

    assert sign_in(operations).post(f"/runs/{done_import.pk}/undo/").status_code == 403


def test_undo_of_an_import_that_made_accounts_needs_their_right_too(sign_in, alice, done_import):
    alice.groups.clear()
    for codename in ("delete_order", "change_order", "change_account"):
        alice.user_permissions.add(Permission.objects.get(codename=codename))
    Job.objects.update(parameters={"resource": "orders", "create_accounts": True})

    assert sign_in(alice).post(f"/runs/{done_import.pk}/undo/").status_code == 403


def test_undo_of_strangers_does_not_exist(sign_in, charlie, done_import):
    assert sign_in(charlie).get(f"/runs/{done_import.pk}/undo/").status_code == 404


def test_runs_with_imports_cost_one_query_more_for_one_and_three(
    sign_in, operations, django_assert_num_queries
):
    client = sign_in(operations)
    Organisation.current()
    for count in (1, 2):
        for _number in range(count):
            job(state=Job.State.DONE, result={"created": 1})
        with django_assert_num_queries(9):
            client.get("/runs/")
