"""The pages of notifications: one's own, and nobody else's."""

import re
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, ChatPost, Notice, NotificationSetting, Suppression
from accounts.notices.kinds import KINDS, OUTBOX_PAUSED, REPLIED, RUN_DONE
from accounts.notices.telling import tell
from tests.factories import account

pytestmark = pytest.mark.django_db
LIST, SETTINGS = "/notifications/", "/notifications/settings/"
URL = "https://93.184.215.14/services/T0/B0/secret"


def happens(user, kind=RUN_DONE, *, hours=1, **payload):
    named = {"name": "Import"} | payload
    account = named.pop("account", None)
    tell(kind, named, timezone.now() - timedelta(hours=hours), to=[user.pk], account=account)
    return Notice.objects.filter(recipient=user).latest("pk")


def lines(page):
    """What is told, in order."""
    return [re.sub("[\u2068\u2069]", "", one["words"]) for one in page.context["shown"]]


def given(**more):
    """What the form sends when nothing is changed."""
    kept = {f"mail-{key}": kind.mail for key, kind in KINDS.items()}
    return kept | {"digest_at": "08:00", "quiet_from": "", "quiet_until": "", "chat_kind": ""} | more


def test_own_ones_are_listed_the_unread_first_and_then_the_latest(sign_in, alice):
    for hours, name in ((1, "read"), (3, "old"), (2, "new")):
        one = happens(alice, hours=hours, name=name)
        if name == "read":
            Notice.objects.filter(pk=one.pk).update(read_at=timezone.now())

    page = sign_in(alice).get(LIST)

    assert lines(page) == ["Done: new", "Done: old", "Done: read"]


def test_nobody_sees_those_of_others(sign_in, alice, bob, charlie, administrator):
    one = happens(alice)

    for user in (bob, charlie, administrator):
        client = sign_in(user)
        assert lines(client.get(LIST)) == []
        assert client.post(f"{LIST}{one.pk}/read/").status_code == 404
        assert client.post(f"{LIST}read/").status_code == 302
    one.refresh_from_db()
    assert one.read_at is None


def test_each_leads_to_what_it_is_about(sign_in, alice):
    najm = account(owner=alice)
    happens(alice, REPLIED, account=najm.pk, who="Sara", subject="Hello")
    happens(alice)

    text = sign_in(alice).get(LIST).content.decode()

    assert f'href="/accounts/{najm.pk}/"' in text
    assert 'href="/runs/"' in text


def test_of_an_account_that_one_sees_no_longer_nothing_is_told(sign_in, alice, bob):
    najm = account(owner=alice)
    happens(alice, REPLIED, account=najm.pk, who="Sara", subject="Hello")
    najm.owner = bob
    najm.save()

    page = sign_in(alice).get(LIST)

    assert lines(page) == []
    assert "unread" not in re.sub("(?s)<main.*</main>", "", page.content.decode())


def test_filters_stand_in_the_address(sign_in, alice):
    happens(alice, name="a")
    happens(alice, REPLIED, who="Sara", subject="Hello")
    read = happens(alice, name="b")
    client = sign_in(alice)

    answer = client.post(f"{LIST}{read.pk}/read/?kind={RUN_DONE}")

    assert answer["Location"] == f"{LIST}?kind={RUN_DONE.replace('.', '.')}"
    assert lines(client.get(answer["Location"])) == ["Done: a", "Done: b"]
    assert lines(client.get(f"{LIST}?kind={RUN_DONE}&unread=on")) == ["Done: a"]
    assert client.get(f"{LIST}?kind=nonsense").status_code == 400
    assert client.get(f"{LIST}?page=x").status_code == 400


def test_reading_needs_a_post_and_happens_once(sign_in, alice):
    one, client = happens(alice), sign_in(alice)

    assert client.get(f"{LIST}{one.pk}/read/").status_code == 405
    client.post(f"{LIST}{one.pk}/read/")
    first = Notice.objects.get(pk=one.pk).read_at
    client.post(f"{LIST}{one.pk}/read/")

    assert first is not None
    assert Notice.objects.get(pk=one.pk).read_at == first


def test_all_are_read_at_once(sign_in, alice, bob):
    happens(alice)
    happens(alice)
    other = happens(bob)

    sign_in(alice).post(f"{LIST}read/")

    assert list(Notice.objects.filter(recipient__isnull=False, read_at=None)) == [other]


def test_list_has_pages_of_fifty_and_costs_the_same(sign_in, alice, django_assert_num_queries):
    client = sign_in(alice)
    happens(alice)
    client.get(LIST)
    with django_assert_num_queries(8):
        client.get(LIST)
    for _number in range(60):
        happens(alice)
    with django_assert_num_queries(8):
        page = client.get(LIST)

    assert len(lines(page)) == 50
    assert len(lines(client.get(f"{LIST}?page=2"))) == 11


def test_empty_list_says_so(sign_in, alice):
    assert "Nothing to know" in sign_in(alice).get(LIST).content.decode()


@pytest.mark.parametrize(("count", "said"), [(1, "1"), (99, "99"), (100, "99+"), (101, "99+")])
def test_every_page_says_how_many_are_unread(sign_in, alice, count, said):
    for _number in range(count):
        happens(alice)

    text = sign_in(alice).get("/runs/").content.decode()

    found = re.findall(r'<span class="tag push">(.*?)<span', text, re.DOTALL)
    assert {re.sub("<[^>]*>", "", one).strip() for one in found} == {said}


def test_fragments_and_strangers_ask_for_no_number(client, sign_in, alice):
    happens(alice)
    with CaptureQueriesContext(connection) as asked:
        client.get("/nowhere/")
        client.get("/sign-in/login/")
        sign_in(alice).get("/runs/", headers={"HX-Request": "true"})
    assert not [one for one in asked.captured_queries if "accounts_notice" in one["sql"]]

    with CaptureQueriesContext(connection) as asked:
        client.get("/runs/")
    assert len([one for one in asked.captured_queries if "accounts_notice" in one["sql"]]) == 1


# Settings


def test_what_was_chosen_is_kept(sign_in, alice):
    client = sign_in(alice)
    assert "Somebody answered" in client.get(SETTINGS).content.decode()
    said = {f"mail-{RUN_DONE}": "", f"chat-{REPLIED}": "on", "quiet_from": "21:00", "quiet_until": "07:00"}

    answer = client.post(SETTINGS, given(**said, digest_at="09:30", chat_kind="slack", chat_url=URL))

    assert answer.status_code == 302
    kept = NotificationSetting.objects.get(user=alice)
    assert kept.channels[RUN_DONE] == {"mail": "", "chat": False}
    assert kept.channels[REPLIED] == {"mail": "now", "chat": True}
    assert (kept.quiet_from, kept.quiet_until, kept.digest_at) == (time(21), time(7), time(9, 30))
    assert (kept.chat_kind, kept.chat_url) == ("slack", URL)
    form = client.get(SETTINGS).context["form"]
    assert form[f"mail-{RUN_DONE}"].value() == ""
    assert form[f"chat-{REPLIED}"].value() is True


def test_address_of_a_chat_is_never_shown_again(sign_in, alice, caplog):
    client = sign_in(alice)
    client.post(SETTINGS, given(chat_kind="slack", chat_url=URL))

    shown = client.get(SETTINGS).content.decode()
    refused = client.post(SETTINGS, given(chat_kind="slack", chat_url=URL, digest_at="x"))

    assert "93.184.215.14" in shown
    assert refused.status_code == 400
    assert "B0/secret" not in shown + refused.content.decode() + caplog.text
    assert not AuditEntry.objects.filter(table="accounts_notificationsetting").exists()


def test_address_that_is_left_empty_stays_until_the_chat_is_another(sign_in, alice):
    client = sign_in(alice)
    client.post(SETTINGS, given(chat_kind="slack", chat_url=URL))

    client.post(SETTINGS, given(chat_kind="slack", chat_url=""))
    assert NotificationSetting.objects.get().chat_url == URL
    assert client.post(SETTINGS, given(chat_kind="teams", chat_url="")).status_code == 400
    assert NotificationSetting.objects.get().chat_kind == "slack"
    client.post(SETTINGS, given(chat_kind="", chat_url=""))
    assert (NotificationSetting.objects.get().chat_kind, NotificationSetting.objects.get().chat_url) == (
        "",
        "",
    )


@pytest.mark.parametrize(
    "said",
    [
        {"digest_at": ""},
        {"quiet_from": "21:00"},
        {"quiet_from": "21:00", "quiet_until": "21:00"},
        {"chat_kind": "slack"},
        {"chat_kind": "slack", "chat_url": "https://10.0.0.1/x"},
        {"chat_kind": "slack", "chat_url": "http://93.184.215.14/x"},
        {"chat_kind": "pigeon", "chat_url": URL},
        {f"mail-{RUN_DONE}": "hourly"},
    ],
)
def test_what_cannot_be_is_refused(sign_in, alice, said):
    assert sign_in(alice).post(SETTINGS, given(**said)).status_code == 400
    assert not NotificationSetting.objects.exists()


@pytest.mark.parametrize(
    ("kind", "host", "field", "said"),
    [
        ("", "93.184.215.14", "chat_kind", "Choose which chat this is."),
        ("teams", "hooks.slack.com", "chat_url", "This is an address of Slack."),
        ("slack", "najm.webhook.office.com", "chat_url", "This is an address of Microsoft Teams."),
        ("slack", "prod-1.westeurope.logic.azure.com", "chat_url", "This is an address of Microsoft Teams."),
    ],
)
def test_address_of_another_chat_is_refused_beside_its_field(sign_in, alice, kind, host, field, said):
    page = sign_in(alice).post(SETTINGS, given(chat_kind=kind, chat_url=f"https://{host}/services/T0"))

    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    assert said in page.content.decode()
    assert not NotificationSetting.objects.exists()


def test_times_are_taken_in_digits_of_any_script(sign_in, alice):
    said = {"digest_at": "٠٩:٣٠", "quiet_from": "۲۲:۰۰", "quiet_until": "٠٧:٠٠"}

    assert sign_in(alice).post(SETTINGS, given(**said)).status_code == 302

    kept = NotificationSetting.objects.get()
    assert (kept.digest_at, kept.quiet_from, kept.quiet_until) == (time(9, 30), time(22), time(7))


def test_settings_are_one_s_own(sign_in, alice, bob):
    sign_in(alice).post(SETTINGS, given(digest_at="10:00"))
    sign_in(bob).post(SETTINGS, given(digest_at="11:00"))

    kept = dict(NotificationSetting.objects.values_list("user__name", "digest_at"))
    assert kept == {"Alice": time(10), "Bob": time(11)}


def test_kinds_that_only_others_are_told_of_are_left_out(sign_in, alice, administrator):
    hers = sign_in(alice).get(SETTINGS).context["form"].kinds
    theirs = sign_in(administrator).get(SETTINGS).context["form"].kinds

    assert OUTBOX_PAUSED not in hers
    assert OUTBOX_PAUSED in theirs


def test_who_unsubscribed_may_be_mailed_again(sign_in, alice, bob):
    for user in (alice, bob):
        Suppression.objects.create(address=user.email, purpose="service", reason="unsubscribed")
    client = sign_in(alice)
    assert "Mail me again" in client.get(SETTINGS).content.decode()

    client.post(f"{SETTINGS}mail/")

    assert Suppression.objects.standing().get().address == bob.email
    assert "Mail me again" not in client.get(SETTINGS).content.decode()


def test_what_arrives_nowhere_is_said_and_stays(sign_in, alice):
    Suppression.objects.create(address=alice.email, reason="bounced")
    client = sign_in(alice)

    text = client.get(SETTINGS).content.decode()
    client.post(f"{SETTINGS}mail/")

    assert "Nothing arrives there" in text
    assert "Mail me again" not in text
    assert Suppression.objects.standing().exists()


def test_last_post_says_how_it_went(sign_in, alice):
    now = timezone.now()
    posted = {"user": alice, "language": "en", "lines": [], "tried_at": now}
    ChatPost.objects.create(**posted, state="failed", problem="status", status=404)

    text = sign_in(alice).get(SETTINGS).content.decode()

    assert "404" in text
    assert "It answered with an error." in text
