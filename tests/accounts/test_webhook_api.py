"""The API of webhooks: entered, changed, given another secret, and what they were sent, by the rules of the pages."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import AuditEntry, KeptAnswer, WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.notices.kinds import KINDS
from accounts.webhooks import delivering, endpoints
from tests.accounts.reading import problem
from tests.accounts.writing import Program, pointers

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"


@pytest.fixture
def operations(charlie):
    charlie.groups.add(Group.objects.get(name="Operations"))
    return charlie


@pytest.fixture
def program(operations):
    return Program(operations)


@pytest.fixture
def webhook(alice):
    return endpoints.make(url=URL, description="Queue", by=alice, now=timezone.now())[0]


def failed(webhook, **fields):
    row = delivering.send_test(webhook, timezone.now())
    fields = {"state": "failed", "tries": 1, "tried_at": timezone.now()} | fields
    WebhookDelivery.objects.filter(pk=row.pk).update(**fields)
    return row


def test_a_webhook_is_entered_and_its_secret_answered_once(program, operations):
    response = program.post("webhooks/", {"url": URL, "kinds": ["run.done", "run.done"]})

    made = WebhookEndpoint.objects.get()
    shown = response.json()
    assert response.status_code == 201
    assert (made.kinds, made.created_by) == (["run.done"], operations)
    assert shown.pop("secret") == made.secrets.get().value
    assert shown == program.get(f"webhooks/{made.pk}/").json()
    assert (shown["active"], shown["created_by"]["email"]) == (True, operations.email)
    assert response.headers["Location"].endswith(f"/api/v1/webhooks/{made.pk}/")
    assert AuditEntry.objects.filter(table="accounts_webhookendpoint", actor=operations).exists()


def test_sent_again_with_its_key_the_request_is_answered_without_the_secret(program):
    first, again = (program.post("webhooks/", {"url": URL}, Idempotency_Key="a") for _time in range(2))

    secret = first.json()["secret"]
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json() | {"secret": None}
    assert WebhookSecret.objects.get().value == secret
    assert secret not in KeptAnswer.objects.get().body


def test_another_secret_is_answered_once(program, webhook):
    where = f"webhooks/{webhook.pk}/rotate/"
    before = webhook.secrets.get().value

    first, again = (program.post(where, {}, Idempotency_Key="a") for _time in range(2))

    secret = webhook.secrets.get(until=None).value
    assert first.json()["secret"] == secret != before
    assert again.json() == first.json() | {"secret": None}
    assert secret not in KeptAnswer.objects.get().body
    assert webhook.secrets.count() == 2


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"url": "https://127.0.0.1/"}, "#/url"),
        ({"url": "http://93.184.215.14/"}, "#/url"),
        ({}, "#/url"),
        ({"url": URL, "kinds": ["Band changed"]}, "#/kinds"),
        ({"url": URL, "secret": "mine"}, "#/secret"),
        ({"url": URL, "disabled_at": None}, "#/disabled_at"),
        ({"url": URL, "active": "perhaps"}, "#/active"),
    ],
)
def test_what_does_not_fit_is_said_by_its_field(program, given, where):
    refused = program.post("webhooks/", given)

    assert where in pointers(problem(refused, 400))
    assert not WebhookEndpoint.objects.exists()


def test_kinds_that_there_are_not_are_refused_with_those_that_there_are(program, webhook):
    WebhookEndpoint.objects.update(kinds=["of.old"])
    where = f"webhooks/{webhook.pk}/"

    refused = problem(program.patch(where, {"kinds": ["run.dnoe", "run.done", "of.old"]}), 400)

    assert pointers(refused) == ["#/kinds", "#/kinds"]
    wrong, there_are = (error["detail"] for error in refused["errors"])
    assert wrong == "There is no kind “run.dnoe”."
    assert there_are == f"There are: {', '.join(sorted([*KINDS, 'of.old']))}"
    assert program.patch(where, {"kinds": ["run.done", "of.old"]}).json()["kinds"] == ["run.done", "of.old"]


def test_it_is_changed_and_switched_off_and_on(program, webhook):
    where = f"webhooks/{webhook.pk}/"
    etag = program.get(where).headers["ETag"]

    changed = program.patch(where, {"url": f"{URL}/2", "active": False}, If_Match=etag).json()

    assert (changed["url"], changed["active"], changed["disabled_because"]) == (f"{URL}/2", False, "by_hand")
    assert problem(program.patch(where, {"url": URL}, If_Match=etag), 412)
    assert problem(program.post(f"{where}test/", {}), 409)["code"] == "conflict"
    assert program.patch(where, {"active": True}).json()["disabled_at"] is None
    assert problem(program.patch(where, {"url": "https://10.0.0.1/"}), 400)


def test_one_that_is_entered_switched_off_is_so(program):
    assert program.post("webhooks/", {"url": URL, "active": False}).json()["active"] is False
    assert WebhookEndpoint.objects.active().count() == 0


def test_it_is_deleted_with_what_it_was_sent(program, webhook):
    failed(webhook)

    assert program.delete(f"webhooks/{webhook.pk}/").status_code == 204

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_programs_with_a_copy_learn_what_changed(program, webhook):
    gone = endpoints.make(url=URL, by=None, now=timezone.now())[0].pk
    program.delete(f"webhooks/{gone}/")

    rows = program.get("webhooks/?updated_since=2026-01-01T00:00:00Z").json()["results"]

    assert [(row["id"], row.get("deleted", False)) for row in rows] == [
        (str(webhook.pk), False),
        (str(gone), True),
    ]


def test_a_test_is_sent(program, webhook):
    response = program.post(f"webhooks/{webhook.pk}/test/", {})

    delivery = WebhookDelivery.objects.get()
    assert response.status_code == 201
    assert (response.json()["id"], response.json()["kind"]) == (str(delivery.pk), "webhook.test")
    assert program.get(response.headers["Location"].partition("/api/v1/")[2]).status_code == 200


def test_deliveries_are_listed_and_filtered(program, webhook):
    other = endpoints.make(url=URL, by=None, now=timezone.now())[0]
    first, second, third = failed(webhook), failed(webhook, state="delivered"), failed(other)

    def found(query=""):
        answer = program.get(f"webhooks/deliveries/{query}")
        return [row["id"] for row in answer.json()["results"]]

    assert found() == [str(first.pk), str(second.pk), str(third.pk)]
    assert found(f"?webhook={webhook.pk}&state=failed") == [str(first.pk)]
    assert found("?tried_at__lt=2020-01-01T00:00:00Z") == []
    assert problem(program.get("webhooks/deliveries/?endpoint=1"), 400)
    assert problem(program.get("webhooks/deliveries/?updated_since=2026-01-01T00:00:00Z"), 400)
    shown = program.get(f"webhooks/deliveries/{first.pk}/").json()
    assert (shown["webhook"], shown["key"], shown["payload"]["type"]) == (
        str(webhook.pk),
        WebhookDelivery.objects.get(pk=first.pk).key,
        "webhook.test",
    )


def test_deliveries_are_found_by_what_was_answered(program, webhook):
    failed(webhook, status=500)
    gone = failed(webhook, status=410)

    answer = program.get("webhooks/deliveries/?status=410").json()

    assert [row["id"] for row in answer["results"]] == [str(gone.pk)]
    assert program.get("webhooks/deliveries/?status=99999999").json()["results"] == []
    for odd in ("gone", "-1", "4.1", "9" * 30, "%12%3F"):
        (error,) = problem(program.get(f"webhooks/deliveries/?status={odd}"), 400)["errors"]
        assert error["pointer"] == "#/status"


def test_nobody_writes_deliveries(program, webhook):
    where = f"webhooks/deliveries/{failed(webhook).pk}/"

    assert {
        program.post("webhooks/deliveries/", {}).status_code,
        program.patch(where, {}).status_code,
        program.delete(where).status_code,
    } == {405}


def test_a_delivery_is_sent_again_once(program, webhook):
    delivery = failed(webhook)
    where = f"webhooks/deliveries/{delivery.pk}/replay/"

    assert program.post(where, {}).json()["state"] == "waiting"
    assert problem(program.post(where, {}), 409)
    assert WebhookDelivery.objects.get().tries == 0


def test_all_that_failed_since_are_sent_again(program, webhook):
    now = timezone.now()
    late, early = failed(webhook), failed(webhook, tried_at=now - timedelta(days=2))
    elsewhere = failed(endpoints.make(url=URL, by=None, now=now)[0])
    where = f"webhooks/{webhook.pk}/replay/"

    counted = program.post(where, {"since": (now - timedelta(days=1)).isoformat()})

    assert counted.json() == {"count": 1}
    assert set(WebhookDelivery.objects.failed()) == {early, elsewhere}
    assert problem(program.post(where, {"since": "yesterday"}), 400)
    assert problem(program.post(where, {"sinse": "2026-01-01T00:00:00Z"}), 400)
    assert problem(program.post(where, [1]), 400)
    assert program.post(where, {}).json() == {"count": 1}
    assert WebhookDelivery.objects.filter(pk=late.pk, state="waiting").exists()


def doings(webhook):
    of_it = [f"webhooks/{webhook.pk}/{name}/" for name in ("rotate", "test", "replay")]
    return [*of_it, f"webhooks/deliveries/{failed(webhook).pk}/replay/"]


@pytest.mark.parametrize("role", ["CSM", "Product", "Executive"])
def test_for_others_there_is_none(bob, webhook, role):
    bob.groups.add(Group.objects.get(name=role))
    program = Program(bob)

    assert program.get("webhooks/").status_code == 403
    assert program.get("webhooks/deliveries/").status_code == 403
    assert program.get(f"webhooks/{webhook.pk}/").status_code == 404
    assert {program.post(where, {}).status_code for where in doings(webhook)} == {404}
    assert program.patch(f"webhooks/{webhook.pk}/", {"url": URL}).status_code == 404
    assert program.post("webhooks/", {"url": URL}).status_code == 403


def test_who_may_look_changes_nothing(bob, operations, webhook):
    names = ["view_webhookendpoint", "view_webhookdelivery", "view_all_accounts"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    for program in (Program(bob), Program(operations, "read")):
        assert program.get(f"webhooks/{webhook.pk}/").status_code == 200
        assert {program.post(where, {}).status_code for where in doings(webhook)} == {403}
        assert program.patch(f"webhooks/{webhook.pk}/", {"url": URL}).status_code == 403
        assert program.delete(f"webhooks/{webhook.pk}/").status_code == 403
        assert program.post("webhooks/", {"url": URL}).status_code == 403
    assert WebhookSecret.objects.count() == 1
