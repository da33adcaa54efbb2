"""The pages of webhooks: who sees them, how one is entered, given another secret, switched off, and sent again to."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import AuditEntry, Notice, WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.notices.kinds import KINDS
from accounts.webhooks import delivering, endpoints

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"


@pytest.fixture
def operations(charlie):
    charlie.groups.add(Group.objects.get(name="Operations"))
    return charlie


@pytest.fixture
def webhook(alice):
    return endpoints.make(url=URL, description="Queue", by=alice, now=timezone.now())[0]


def failed(webhook, **fields):
    row = delivering.send_test(webhook, timezone.now())
    fields = {
        "state": "failed",
        "tries": 1,
        "tried_at": timezone.now(),
        "problem": "status",
        "status": 500,
    } | fields
    WebhookDelivery.objects.filter(pk=row.pk).update(**fields)
    return row


def addresses(webhook):
    delivery = failed(webhook)
    of_it = [f"/webhooks/{webhook.pk}/{name}" for name in ("", "edit/", "secret/", "rotate/")]
    return ["/webhooks/", "/webhooks/new/", *of_it, f"/webhooks/deliveries/{delivery.pk}/"]


def doings(webhook):
    of_it = [
        f"/webhooks/{webhook.pk}/{name}/" for name in ("edit", "rotate", "enable", "disable", "test", "again")
    ]
    return [*of_it, f"/webhooks/deliveries/{failed(webhook).pk}/again/"]


@pytest.mark.parametrize("role", ["CSM", "Product", "Executive"])
def test_for_others_there_is_no_such_page(sign_in, bob, webhook, role):
    bob.groups.add(Group.objects.get(name=role))
    client = sign_in(bob)

    assert {client.get(where).status_code for where in addresses(webhook)} == {404}
    assert {client.post(where).status_code for where in doings(webhook)} == {404}
    assert "/webhooks/" not in client.get("/").content.decode()


def test_who_may_look_changes_nothing(sign_in, bob, webhook):
    names = ["view_webhookendpoint", "view_webhookdelivery", "view_all_accounts"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = sign_in(bob)

    assert client.get("/webhooks/").status_code == 200
    assert client.get(f"/webhooks/{webhook.pk}/").status_code == 200
    assert client.get("/webhooks/new/").status_code == 403
    assert {client.post(where).status_code for where in doings(webhook)} == {403}
    assert WebhookSecret.objects.count() == 1


def test_an_empty_list_says_what_to_do(sign_in, operations):
    assert "There is no webhook yet" in sign_in(operations).get("/webhooks/").content.decode()


def test_a_webhook_is_entered_and_its_secret_shown_once(sign_in, operations):
    client = sign_in(operations)
    form = {"url": URL, "description": "Queue", "kinds": "run.done\r\n\r\nrun.failed\r\nrun.done"}

    response = client.post("/webhooks/new/", form, follow=True)

    made = WebhookEndpoint.objects.get()
    secret = made.secrets.get().value
    assert (made.url, made.kinds, made.created_by) == (URL, ["run.done", "run.failed"], operations)
    assert secret in response.content.decode()
    assert Webhook(secret)
    assert response.headers["Cache-Control"].startswith("max-age=0")
    again = client.get(f"/webhooks/{made.pk}/secret/", follow=True)
    assert secret not in again.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "http://93.184.215.14/"}, "url"),
        ({"url": ""}, "url"),
        ({"kinds": "Band changed"}, "kinds"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(sign_in, operations, given, field):
    response = sign_in(operations).post("/webhooks/new/", {"url": URL} | given)

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert not WebhookEndpoint.objects.exists()


def test_kinds_that_there_are_not_are_said_with_their_lines(sign_in, operations):
    Notice.objects.create(kind="band.changed", happened_at=timezone.now())
    typed = "band.changed\r\n\r\nBand changed\r\nrun.done\r\nrun.dnoe"

    response = sign_in(operations).post("/webhooks/new/", {"url": URL, "kinds": typed})

    *lines, there_are = response.context["form"].errors["kinds"]
    assert lines == ["Line 3: there is no kind “Band changed”.", "Line 5: there is no kind “run.dnoe”."]
    assert there_are == f"There are: {', '.join(sorted([*KINDS, 'band.changed']))}"


def test_kinds_that_it_has_stay(sign_in, operations, webhook):
    WebhookEndpoint.objects.update(kinds=["of.old"])
    form = {"url": URL, "kinds": "of.old\r\nrun.done"}

    assert sign_in(operations).post(f"/webhooks/{webhook.pk}/edit/", form).status_code == 302

    webhook.refresh_from_db()
    assert webhook.kinds == ["of.old", "run.done"]


def test_it_is_edited(sign_in, operations, webhook):
    client = sign_in(operations)
    assert 'value="Queue"' in client.get(f"/webhooks/{webhook.pk}/edit/").content.decode()

    client.post(f"/webhooks/{webhook.pk}/edit/", {"url": f"{URL}/2", "kinds": "run.done"})

    webhook.refresh_from_db()
    assert (webhook.url, webhook.kinds) == (f"{URL}/2", ["run.done"])
    assert client.post(f"/webhooks/{webhook.pk}/edit/", {"url": "https://10.0.0.1/"}).status_code == 400


def test_the_audit_knows_who_and_no_secret(sign_in, operations, webhook):
    sign_in(operations).post(f"/webhooks/{webhook.pk}/rotate/")
    sign_in(operations).post(f"/webhooks/{webhook.pk}/disable/")

    noted = AuditEntry.objects.filter(table="accounts_webhookendpoint", row=webhook.pk)
    assert [one.actor for one in noted] == [operations, None]
    assert not AuditEntry.objects.filter(table="accounts_webhooksecret").exists()


def test_another_secret_is_shown_once(sign_in, operations, webhook):
    before = webhook.secrets.get().value

    response = sign_in(operations).post(f"/webhooks/{webhook.pk}/rotate/", follow=True)

    now = webhook.secrets.get(until=None).value
    assert now != before
    assert now in response.content.decode()
    assert before not in response.content.decode()


def test_it_is_switched_off_and_on(sign_in, operations, webhook):
    client = sign_in(operations)

    assert (
        f'action="/webhooks/{webhook.pk}/disable/"' in client.get(f"/webhooks/{webhook.pk}/").content.decode()
    )
    for _click in range(2):
        client.post(f"/webhooks/{webhook.pk}/disable/")
    webhook.refresh_from_db()
    assert webhook.disabled_because == "by_hand"
    assert client.post(f"/webhooks/{webhook.pk}/test/").status_code == 404
    assert "Disabled" in client.get("/webhooks/").content.decode()
    assert (
        f'action="/webhooks/{webhook.pk}/enable/"' in client.get(f"/webhooks/{webhook.pk}/").content.decode()
    )
    for _click in range(2):
        client.post(f"/webhooks/{webhook.pk}/enable/")

    webhook.refresh_from_db()
    assert (webhook.disabled_at, webhook.disabled_because) == (None, "")
    assert not Notice.objects.exists()


def test_the_list_tells_how_they_are_at_the_same_cost(
    sign_in, operations, webhook, django_assert_max_num_queries
):
    failed(webhook)
    failed(webhook, state="delivered", delivered_at=timezone.now(), problem="", status=200)
    failed(webhook, state="waiting", tries=0, tried_at=None)
    client = sign_in(operations)
    client.get("/webhooks/")
    with django_assert_max_num_queries(30) as few:
        (one,) = client.get("/webhooks/").context["webhooks"]
    for _time in range(2):
        endpoints.make(url=URL, by=None, now=timezone.now())

    with django_assert_max_num_queries(30) as more:
        assert len(client.get("/webhooks/").context["webhooks"]) == 3

    assert (one.delivered, one.failed, one.waiting, one.is_well) == (1, 1, 1, False)
    assert len(few.captured_queries) == len(more.captured_queries)


def test_deliveries_are_listed_by_state(sign_in, operations, webhook):
    first, second = failed(webhook), failed(webhook, state="delivered", delivered_at=timezone.now())
    client = sign_in(operations)
    where = f"/webhooks/{webhook.pk}/"

    assert list(client.get(where).context["page"]) == [second, first]
    assert list(client.get(f"{where}?state=failed").context["page"]) == [first]
    assert client.get(f"{where}?state=unheard").status_code == 400


def test_a_delivery_is_shown_and_sent_again(sign_in, operations, webhook):
    delivery = failed(webhook, answer="broken <b>")
    client = sign_in(operations)

    page = client.get(f"/webhooks/deliveries/{delivery.pk}/").content.decode()
    client.post(f"/webhooks/deliveries/{delivery.pk}/again/")

    assert "broken &lt;b&gt;" in page
    assert delivery.key in page
    assert "webhook.test" in page
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 0)


def test_all_that_failed_since_are_sent_again(sign_in, operations, webhook):
    now = timezone.now()
    late, early = failed(webhook), failed(webhook, tried_at=now - timedelta(days=2))
    client = sign_in(operations)

    client.post(f"/webhooks/{webhook.pk}/again/", {"since": "day"})

    assert list(WebhookDelivery.objects.failed()) == [early]
    client.post(f"/webhooks/{webhook.pk}/again/", {"since": ""})
    assert not WebhookDelivery.objects.failed().exists()
    assert WebhookDelivery.objects.filter(pk=late.pk, state="waiting").exists()


def test_a_test_is_sent(sign_in, operations, webhook):
    response = sign_in(operations).post(f"/webhooks/{webhook.pk}/test/", follow=True)

    assert response.status_code == 200
    assert WebhookDelivery.objects.get().kind == "webhook.test"
