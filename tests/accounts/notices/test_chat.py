"""Posts into chats: what each takes, tried again, and nobody's address told."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ChatPost, NotificationSetting
from accounts.notices import chat
from tests.accounts.webhooks.receiving import answer

pytestmark = pytest.mark.django_db
State = ChatPost.State
LINES = [["Sara answered: <!channel> a|b & [c](d)", "https://cx.example/accounts/7/"]]


def chats(user, url, kind="slack"):
    return NotificationSetting.objects.create(user=user, chat_kind=kind, chat_url=url)


def says(user, lines=LINES, **fields):
    return ChatPost.objects.create(user=user, language=user.language, lines=lines, **fields)


def turn(after=timedelta(0)):
    now = timezone.now() + after
    chat.turn(now + timedelta(seconds=50), lambda: now)


def test_slack_gets_text_that_calls_nobody(alice, receive):
    there = receive()
    chats(alice, there.url)
    says(alice)
    says(alice, [["One", "https://cx.example/"], ["Two", "https://cx.example/"]])

    turn()

    first, second = [json.loads(body) for _headers, body in there.got]
    words = "Sara answered: &lt;!channel&gt; a¦b &amp; [c](d)"
    assert first == {"text": f"<https://cx.example/accounts/7/|{words}>"}
    assert second["text"].splitlines() == ["• <https://cx.example/|One>", "• <https://cx.example/|Two>"]
    assert there.got[0][0]["Content-Type"] == "application/json"


def test_teams_gets_a_card_in_the_reader_s_direction(alice, receive):
    alice.language = "ar"
    alice.save()
    there = receive(answer(202))
    chats(alice, there.url, "teams")
    says(alice)

    turn()

    told = json.loads(there.got[0][1])
    assert told["type"] == "message"
    (attachment,) = told["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"], card["rtl"]) == ("AdaptiveCard", "1.5", True)
    words = r"Sara answered\: \<\!channel\> a\|b \& \[c\]\(d\)"
    text = f"[{words}](https://cx.example/accounts/7/)"
    assert card["body"] == [{"type": "TextBlock", "text": text, "wrap": True}]


def test_what_was_posted_is_over_and_says_nothing_more(alice, receive):
    chats(alice, receive().url)
    one = says(alice)

    turn()
    turn()

    one.refresh_from_db()
    assert (one.state, one.tries, one.status, one.problem, one.lines) == (State.POSTED, 1, 200, "", [])


def test_errors_are_tried_again_later_and_then_given_up(alice, receive):
    there = receive(answer(500, b"secret"))
    chats(alice, there.url)
    one, after = says(alice), timedelta(0)

    for wait in chat.AGAIN:
        turn(after)
        turn(after + wait - timedelta(seconds=30))
        one.refresh_from_db()
        assert (one.state, one.problem, one.status) == (State.WAITING, "status", 500)
        after += wait + timedelta(seconds=1)
    turn(after)

    one.refresh_from_db()
    assert (one.state, one.tries, len(there.got)) == (State.FAILED, 6, 6)


@pytest.mark.parametrize("status", [301, 404, 410, 429])
def test_no_other_answer_is_a_success(alice, receive, status):
    elsewhere = receive()
    there = receive(answer(status, Location=elsewhere.url))
    chats(alice, there.url)
    one = says(alice)

    turn()

    one.refresh_from_db()
    assert one.state == (State.FAILED if status == 410 else State.WAITING)
    assert elsewhere.got == []


def test_private_addresses_are_refused(alice, receive, settings):
    there = receive()
    chats(alice, there.url)
    settings.WEBHOOKS_MAY_REACH_PRIVATE = False
    one = says(alice)

    turn()

    one.refresh_from_db()
    assert (one.state, one.problem, there.got) == (State.WAITING, "address", [])


def test_slow_one_holds_up_nobody_else(alice, bob, receive):
    order = []

    def slow(handler):
        handler.closing.wait(2)
        order.append("slow")
        answer(200)(handler)

    def quick(handler):
        order.append("quick")
        answer(200)(handler)

    chats(alice, receive(slow).url)
    chats(bob, receive(quick).url)
    says(alice)
    for _number in range(3):
        says(bob)

    turn()

    assert order == ["quick", "quick", "quick", "slow"]
    assert set(ChatPost.objects.values_list("state", flat=True)) == {State.POSTED}


def test_post_of_a_dead_worker_is_taken_up(alice, receive):
    there = receive()
    chats(alice, there.url)
    says(alice, state=State.POSTING, tries=1, next_at=timezone.now() + timedelta(seconds=30))

    turn()
    assert there.got == []
    turn(chat.LEASE)
    assert len(there.got) == 1


def test_who_has_no_chat_any_more_is_posted_nothing(alice):
    one = says(alice)

    turn()

    one.refresh_from_db()
    assert (one.state, one.lines) == (State.FAILED, [])


def test_what_is_over_for_long_is_forgotten(alice):
    long_ago = timezone.now() - chat.KEPT - timedelta(hours=1)
    over, waiting = says(alice, state=State.POSTED), says(alice)
    ChatPost.objects.update(made_at=long_ago)
    says(alice, state=State.FAILED)

    chat.forget(timezone.now())

    assert over not in ChatPost.objects.all()
    assert waiting in ChatPost.objects.all()
    assert ChatPost.objects.count() == 2
