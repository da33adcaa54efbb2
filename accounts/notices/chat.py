"""Posts into chats: claimed, sent side by side, tried again later; none waits for another person's.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; Teams takes adaptive cards alone, by
its Workflows: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
"""

import json
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.messages.markdown import escaped
from accounts.models import ChatPost, NotificationSetting
from accounts.webhooks.posting import Answer, Problem, post

# How long after a try that failed the next one comes.
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 600))
AT_ONCE = 20
# A worker that has had a post for longer is dead: it would have been cut off long before.
LEASE = timedelta(minutes=1)
KEPT = timedelta(days=30)
# One of each person, so that whose chat is slow waits alone.
CLAIM = """
WITH due AS (
  SELECT p.id FROM accounts_chatpost p
  WHERE p.state IN ('waiting', 'posting') AND p.next_at <= %(now)s AND NOT EXISTS (
    SELECT FROM accounts_chatpost b WHERE b.user_id = p.user_id AND b.id <> p.id
      AND (b.state = 'posting' AND b.next_at > %(now)s
        OR b.state IN ('waiting', 'posting') AND b.next_at <= %(now)s AND b.id < p.id))
  ORDER BY p.next_at, p.id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
UPDATE accounts_chatpost p SET state = 'posting', tries = tries + 1, tried_at = %(now)s, next_at = %(lease)s
FROM due WHERE p.id = due.id RETURNING p.id"""


def turn(until: datetime, clock: Callable[[], datetime] = timezone.now) -> None:
    going: dict[Future[Answer], ChatPost] = {}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while True:
            if clock() < until:
                for one, url, body in _claim(clock(), AT_ONCE - len(going)):
                    going[threads.submit(post, url, body, {})] = one
            if not going:
                return
            # Something else may come due while the slow ones are waited for.
            done, _slow = wait(going, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                _settle(going.pop(future), future.result(), clock())


def _claim(now: datetime, most: int) -> list[tuple[ChatPost, str, str]]:
    """Each with where it goes and its body; of who has no chat any more, none."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "most": most, "lease": now + LEASE})
        ids = [pk for (pk,) in cursor.fetchall()]
    claimed = ChatPost.objects.filter(pk__in=ids)
    chats = NotificationSetting.objects.filter(user__chat_posts__in=ids).exclude(chat_url="")
    found = {setting.user_id: setting for setting in chats}
    claimed.exclude(user__in=found).update(state=ChatPost.State.FAILED, lines=[])
    posts = claimed.filter(user__in=found).order_by("pk")
    return [(one, found[one.user_id].chat_url, _body(one, found[one.user_id].chat_kind)) for one in posts]


def _settle(one: ChatPost, answer: Answer, now: datetime) -> None:
    """What was answered is not kept, it may repeat the address; nor what was said, once it is over.

    Unless somebody else has taken it up since.
    """
    state, next_at = ChatPost.State.POSTED, now
    if answer.problem:
        is_last = answer.problem == Problem.GONE or one.tries > len(AGAIN)
        state = ChatPost.State.FAILED if is_last else ChatPost.State.WAITING
        next_at = now if is_last else now + AGAIN[one.tries - 1]
    mine = ChatPost.objects.filter(pk=one.pk, state=ChatPost.State.POSTING, tries=one.tries)
    kept = one.lines if state == ChatPost.State.WAITING else []
    mine.update(state=state, next_at=next_at, status=answer.status, problem=answer.problem, lines=kept)


def forget(now: datetime) -> None:
    ChatPost.objects.over().filter(made_at__lt=now - KEPT).delete()


# What each chat takes


def _body(one: ChatPost, kind: str) -> str:
    content = _card(one) if kind == NotificationSetting.Chat.TEAMS else _slack(one)
    return json.dumps(content, ensure_ascii=False)


def _slack(one: ChatPost) -> dict[str, Any]:
    lines = [f"<{_slack_words(url)}|{_slack_words(words)}>" for words, url in one.lines]
    return {"text": "\n".join(f"• {line}" for line in lines) if len(lines) > 1 else lines[0]}


def _slack_words(text: str) -> str:
    """Otherwise <!channel> would call everybody; a bar would end the address."""
    for character, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "¦")):
        text = text.replace(character, instead)
    return text


def _card(one: ChatPost) -> dict[str, Any]:
    blocks = [
        {"type": "TextBlock", "text": f"[{escaped(words)}]({url})", "wrap": True} for words, url in one.lines
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "rtl": one.language == "ar",
        "body": blocks,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}
