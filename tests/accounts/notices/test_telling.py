"""Who is told of what, and once."""

from itertools import product

import pytest
from django.contrib.auth.models import Permission
from django.utils.translation import override

from accounts import timeline
from accounts.models import Account, Notice, NotificationSetting, Organisation, User
from accounts.notices import telling
from accounts.notices.kinds import (
    BOUNCED,
    ELSEWHERE,
    KINDS,
    MAILING_FINISHED,
    OUTBOX_PAUSED,
    REPLIED,
    RUN_DONE,
    STAGE_CHANGED,
    address,
    says,
)
from accounts.notices.telling import Happening, tell, tell_all, who_sees
from tests.factories import account, at

pytestmark = pytest.mark.django_db
NOW = at("2026-06-10 12:00")
SAID = {"who": "Sara", "subject": "Hello"}


def told():
    rows = Notice.objects.exclude(recipient=None).order_by("recipient")
    return [(notice.recipient.name, notice.mail) for notice in rows.select_related("recipient")]


def test_owner_is_told_beside_what_happened(alice, bob, team):
    najm = account(owner=alice, team=team)

    tell(REPLIED, SAID, NOW, account=najm.pk)

    happened = Notice.objects.happened().get()
    assert (happened.kind, happened.account, happened.payload, happened.happened_at) == (
        REPLIED,
        najm,
        SAID,
        NOW,
    )
    assert (happened.mail, happened.chat) == ("", False)
    hers = Notice.objects.get(recipient=alice)
    assert (hers.account, hers.payload, hers.mail, hers.read_at) == (najm, SAID, "now", None)
    assert not Notice.objects.filter(recipient=bob).exists()


def test_same_thing_again_tells_nobody(alice):
    najm = account(owner=alice)

    tell(REPLIED, SAID, NOW, account=najm.pk, key="1")
    tell(REPLIED, SAID, NOW, account=najm.pk, key="1")
    tell(BOUNCED, {"count": 1}, NOW, account=najm.pk, key="1")

    assert Notice.objects.filter(recipient=alice).count() == 2
    assert Notice.objects.happened().count() == 2


def test_what_has_no_key_is_told_each_time(alice):
    tell(RUN_DONE, {}, NOW, to=[alice.pk])
    tell(RUN_DONE, {}, NOW, to=[alice.pk])

    assert Notice.objects.filter(recipient=alice).count() == 2


def test_who_cannot_see_the_account_is_not_told(alice, bob, charlie, team):
    najm = account(owner=alice, team=team)

    tell(MAILING_FINISHED, {}, NOW, account=najm.pk, to=[alice.pk, bob.pk, charlie.pk])

    assert {name for name, _mail in told()} == {"Alice", "Bob"}


def test_who_has_left_is_not_told(alice):
    najm = account(owner=alice)
    User.objects.update(is_active=False)

    tell(REPLIED, SAID, NOW, account=najm.pk)

    assert told() == []


def test_of_an_account_without_owner_it_is_still_known_what_happened():
    tell(REPLIED, SAID, NOW, account=account().pk)

    assert Notice.objects.get().recipient is None


def test_permission_says_who_is_told_of_the_outbox(alice, bob, administrator):
    bob.user_permissions.add(Permission.objects.get(codename="change_outbox"))

    tell(OUTBOX_PAUSED, {"because": "451 not now"}, NOW)

    assert {name for name, _mail in told()} == {"Bob", "Ada"}


def test_everybody_is_told_as_they_chose(alice, bob, administrator):
    NotificationSetting.objects.create(user=alice, channels={RUN_DONE: {"mail": "now", "chat": True}})
    chat = {"chat_kind": "slack", "chat_url": "https://93.184.215.14/x"}
    NotificationSetting.objects.create(user=bob, channels={RUN_DONE: {"mail": "", "chat": True}}, **chat)

    tell(RUN_DONE, {}, NOW, to=[alice.pk, bob.pk, administrator.pk])

    assert set(told()) == {("Alice", "now"), ("Bob", ""), ("Ada", "digest")}
    assert Notice.objects.get(chat=True).recipient == bob


def test_many_cost_as_many_statements_as_one(alice, bob, django_assert_max_num_queries):
    owned = [account(f"A{number}", owner=user) for number, user in enumerate([alice, bob] * 3)]
    happenings = [Happening(one.pk, SAID) for one in owned]

    with django_assert_max_num_queries(7):
        tell_all(REPLIED, happenings[:1], NOW)
    with django_assert_max_num_queries(7):
        tell_all(REPLIED, happenings, NOW)


def test_accounts_are_seen_as_pages_show_them(alice, bob, charlie, team, administrator):
    owned, of_team, nobodys = account(owner=alice), account(team=team), account()
    accounts, users = [owned, of_team, nobodys], [alice, bob, charlie, administrator]

    seen = who_sees({one.pk for one in accounts}, {user.pk for user in users})

    visible = {user: set(Account.objects.visible_to(user)) for user in users}
    assert seen == {(one.pk, user.pk) for one, user in product(accounts, users) if one in visible[user]}
    assert (of_team.pk, bob.pk) in seen


# Kinds


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("payload", [{}, {"count": 3, "name": {"en": "x", "ar": "y"}}])
def test_every_kind_says_something_in_both_languages_whatever_it_holds(key, payload):
    notice = Notice(kind=key, payload={"count": 1} | payload)

    for language in ("en", "ar"):
        with override(language):
            assert says(notice)
            assert "%(" not in says(notice)
            assert address(notice) in {"", "/messages/", "/runs/", "/accounts/"}


def test_values_are_in_the_reader_s_words():
    notice = Notice(kind=STAGE_CHANGED, payload={"name": "Najm\u202e\n", "stage": "live"})
    run = Notice(kind=RUN_DONE, payload={"name": {"en": "Import", "ar": "استيراد"}})

    assert says(notice) == "Najm is at another stage: Live"
    assert says(run) == "Done: Import"
    with override("ar"):
        assert says(run).endswith("استيراد")


def test_timeline_tells_of_nothing_twice(alice):
    najm = account(owner=alice)
    tell(STAGE_CHANGED, {"name": "Najm", "stage": "live"}, NOW, account=najm.pk, to=[alice.pk])
    tell(MAILING_FINISHED, {"text": "Spring"}, NOW, account=najm.pk, to=[alice.pk])

    entries = timeline.entries([najm.pk], Organisation.current(), at("2026-06-11 12:00"))

    assert STAGE_CHANGED in ELSEWHERE
    assert [entry.detail for entry in entries if entry.kind == "notice"] == ["Spring"]


def test_without_a_chat_nothing_waits_for_one(alice):
    assert telling.wish(NotificationSetting(user=alice), REPLIED) == ("now", False)
