"""What may be asked for with many rows and by whom, and the run that is left behind."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.imports import undo
from accounts.models import Account, AuditEntry, Job, Order
from accounts.tokens import issue
from tests.cxhub.bulk.sending import fates, order

pytestmark = pytest.mark.django_db


# What is asked for


def test_a_dry_run_writes_nothing(send, najm):
    send("orders", [order("o1")])
    known = Order.objects.get()
    trail = AuditEntry.objects.count()

    answer = send("orders", [order("o1", amount=1), order("o2", number="1")], dry_run="true")

    assert fates(answer) == ["changed", "created"]
    assert [result["id"] for result in answer.json()["results"]] == [str(known.pk), None]
    assert (Order.objects.get().amount, AuditEntry.objects.count(), Job.objects.count()) == (
        known.amount,
        trail,
        1,
    )


def test_accounts_are_created_when_asked_for(send):
    assert send("orders", [order("o1")]).status_code == 422
    assert send("orders", [order("o1")], create_accounts="true", source="shop").status_code == 200

    assert Account.objects.get().keys.get().source == "shop"


def test_a_backfill_was_known_when_it_happened(send, najm):
    send("orders", [order("o1")], backfill="true")

    kept = Order.objects.get()
    assert kept.recorded_at == kept.ordered_at


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"dry_run": "maybe"},
        {"source": "x" * 61},
        {"source": ""},
        {"decimal": "-"},
        {"time_zone": "Mars"},
        {"delimiter": "\n"},
        {"date_format": "%Q"},
        {"date_format": "%d%d"},
    ],
)
def test_parameters_that_cannot_be_are_refused(send, query):
    answer = send("plans", [{"code": "basic"}], **query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"#/{next(iter(query))}"


def test_a_resource_that_there_is_not(send, client, token):
    assert send("users", []).status_code == 404
    assert client.get("/api/v1/bulk/plans/", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_the_description_names_both_answers_of_422_and_that_of_406(sign_in, operations):
    described = sign_in(operations).get("/api/schema/", headers={"Accept": "application/json"}).json()

    answers = described["paths"]["/api/v1/bulk/{resource}/"]["post"]["responses"]
    assert set(answers["422"]["content"]) == {"application/json", "application/problem+json"}
    assert set(answers["406"]["content"]) == {"application/problem+json"}


# Who may


def test_a_token_needs_the_scope(send, operations):
    reading = issue(operations, name="Reader", scopes=["read"], lifetime=None)[1]

    assert send("plans", [{"code": "basic"}], token=reading).status_code == 403


def test_who_may_not_see_all_accounts_is_told(send, charlie):
    charlie.groups.add(Group.objects.get(name="CSM"))
    answer = send("contacts", [], token=issue(charlie, name="His", scopes=["write"], lifetime=None)[1])

    assert answer.status_code == 403
    assert "your roles do not include seeing all" in answer.json()["detail"]


def test_who_may_not_write_such_rows_is_told(send, charlie, najm):
    charlie.groups.add(Group.objects.get(name="Marketing"))
    his = issue(charlie, name="His", scopes=["write"], lifetime=None)[1]

    assert send("leads", [], token=his).status_code == 200
    assert send("orders", [], token=his).status_code == 403
    assert send("leads", [], token=his, create_accounts="true").status_code == 403
    charlie.user_permissions.add(Permission.objects.get(codename="add_account"))
    assert send("leads", [], token=his, create_accounts="true").status_code == 200


def test_strangers_come_in_nowhere(send):
    assert send("plans", [], token="nonsense").status_code == 401


def test_whoever_is_signed_in_needs_no_token(sign_in, operations):
    answer = sign_in(operations).post(
        "/api/v1/bulk/plans/", [{"code": "basic"}], content_type="application/json"
    )

    assert answer.status_code == 200
    assert AuditEntry.objects.get(table="accounts_plan").actor == operations


# What is left behind


def test_what_was_written_is_a_run_that_names_who_and_by_what(send, operations, najm):
    answer = send("orders", [order("o1"), order("o2", account="x", amount="y")])

    run = Job.objects.get()
    assert answer.json()["run"] == str(run.pk)
    assert (run.kind, run.state, run.created_by) == ("bulk", Job.State.DONE, operations)
    assert run.parameters["token_name"] == "Warehouse"
    assert (run.result["created"], run.result["rejected"]) == (1, 1)
    entry = AuditEntry.objects.get(table="accounts_order")
    assert (entry.actor, entry.job) == (operations, run)


def test_a_request_that_changes_nothing_leaves_no_run(send, najm):
    send("orders", [order("o1")])

    answer = send("orders", [order("o1")])

    assert answer.json()["run"] is None
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "can send all of them again"), ("ar", "أن يرسلها كلها")]
)
def test_a_failed_request_is_sent_again_by_its_program(sign_in, operations, language, words):
    Job.objects.create(kind="bulk", state=Job.State.FAILED, created_by=operations)
    operations.language = language
    operations.save()

    page = sign_in(operations).get("/runs/?of=programs").content.decode()

    assert words in page
    assert "recompute --go-on" not in page


def test_a_request_can_be_undone(send, operations, najm, sign_in):
    answer = send("orders", [order("o1"), order("o2", number="7")])

    page = sign_in(operations).get(f"/runs/{answer.json()['run']}/undo/")
    undo.work_on(undo.begin(Job.objects.get(), by=None, now=Job.objects.get().created_at))

    assert page.status_code == 200
    assert not Order.objects.exists()
