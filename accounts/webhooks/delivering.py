"""What is new is written down for each webhook that wants it, and what is due is sent.

A webhook has one delivery under way at a time, so that a slow receiver holds up itself alone. Whoever is killed leaves
one that another takes up after a minute, under the same key: the receiver may get it twice, and knows it by that.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.models.webhooks import WebhookDeliveryQuerySet
from accounts.webhooks import endpoints, signing
from accounts.webhooks.posting import Answer, Problem, post

# How long after a try that failed the next one comes, as the Standard Webhooks propose.
AGAIN = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Webhooks that are sent to at once, by one worker.
AT_ONCE = 50
NOTICES_AT_ONCE = 1000
# A worker that has had a delivery for longer is dead: it would have been cut off long before.
LEASE = timedelta(minutes=1)
KEPT = timedelta(days=30)
TEST = "webhook.test"

# Of each notice once: it is said in the row itself that it is new, for rows become visible in any order. What has a
# recipient is a notification of one of us, beside a notice of what happened.
SPREAD = """
WITH new AS (
  SELECT id FROM accounts_notice WHERE for_webhooks ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED),
taken AS (
  UPDATE accounts_notice n SET for_webhooks = false FROM new WHERE n.id = new.id RETURNING n.*),
made AS (
  INSERT INTO accounts_webhookdelivery
    (key, endpoint_id, notice_id, kind, payload, state, tries, since, next_at, problem, answer, took)
  SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), e.id, n.id, n.kind,
    jsonb_build_object(
      'type', n.kind,
      'timestamp', to_char(n.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'data', jsonb_build_object(
        'notice', n.id, 'account', n.account_id, 'content', n.payload)),
    'waiting', 0, %(now)s, %(now)s, '', '', interval '0'
  FROM taken n JOIN accounts_webhookendpoint e ON e.disabled_at IS NULL AND n.recorded_at >= e.created_at
    AND (e.kinds = '{}' OR n.kind = ANY(e.kinds))
  WHERE n.recipient_id IS NULL
  ORDER BY n.id, e.id
  ON CONFLICT DO NOTHING)
SELECT count(*) FROM taken"""
# Held while one of its deliveries is claimed: of two workers the second one sees what the first one has.
FREE = """
SELECT e.id FROM accounts_webhookendpoint e
WHERE e.disabled_at IS NULL AND EXISTS (
  SELECT FROM accounts_webhookdelivery d
  WHERE d.endpoint_id = e.id AND d.state IN ('waiting', 'delivering') AND d.next_at <= %(now)s)
FOR NO KEY UPDATE OF e SKIP LOCKED"""
CLAIM = """
WITH due AS (
  SELECT d.id FROM unnest(%(endpoints)s::bigint[]) e (id), LATERAL (
    SELECT id, next_at FROM accounts_webhookdelivery
    WHERE endpoint_id = e.id AND state IN ('waiting', 'delivering') AND next_at <= %(now)s
    ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) d
  WHERE NOT EXISTS (
    SELECT FROM accounts_webhookdelivery b
    WHERE b.endpoint_id = e.id AND b.state = 'delivering' AND b.next_at > %(now)s)
  ORDER BY d.next_at, d.id LIMIT %(most)s)
UPDATE accounts_webhookdelivery d
SET state = 'delivering', tries = tries + 1, tried_at = %(now)s, next_at = %(lease)s
FROM due WHERE d.id = due.id RETURNING d.id"""


@dataclass(frozen=True)
class Parcel:
    """What a thread needs to send a delivery; it asks the database nothing."""

    delivery: WebhookDelivery
    url: str
    body: str
    secrets: list[str]

    def send(self) -> Answer:
        now = timezone.now()
        signed = signing.headers(self.delivery.key, self.body, self.secrets, now)
        return post(self.url, self.body, signed)


def turn(until: datetime, clock: Callable[[], datetime] = timezone.now) -> int:
    """Sends what is due until nothing is, or the time is over; how many were tried."""
    spread(clock())
    tried = 0
    going: dict[Future[Answer], Parcel] = {}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while True:
            if clock() < until:
                going |= {
                    threads.submit(parcel.send): parcel for parcel in claim(clock(), AT_ONCE - len(going))
                }
            if not going:
                return tried
            # Something else may come due while the slow ones are waited for.
            done, _slow = wait(going, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                settle(going.pop(future).delivery, future.result(), clock())
                tried += 1


def spread(now: datetime) -> None:
    """New notices become deliveries."""
    taken = NOTICES_AT_ONCE
    while taken == NOTICES_AT_ONCE:
        with connection.cursor() as cursor:
            cursor.execute(SPREAD, {"now": now, "most": NOTICES_AT_ONCE})
            (taken,) = cursor.fetchone()


@transaction.atomic
def claim(now: datetime, most: int) -> list[Parcel]:
    """One of each webhook that has none under way."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, {"now": now})
        free = [pk for (pk,) in cursor.fetchall()]
        given: dict[str, Any] = {"endpoints": free, "now": now, "lease": now + LEASE, "most": most}
        cursor.execute(CLAIM, given)
        ids = [pk for (pk,) in cursor.fetchall()]
    claimed = list(WebhookDelivery.objects.filter(pk__in=ids).select_related("endpoint").order_by("pk"))
    secrets: dict[int, list[str]] = {}
    for secret in WebhookSecret.objects.valid(now).filter(endpoint__in=[one.endpoint_id for one in claimed]):
        secrets.setdefault(secret.endpoint_id, []).append(secret.value)
    return [
        Parcel(one, one.endpoint.url, signing.body_of(one.payload), secrets.get(one.endpoint_id, []))
        for one in claimed
    ]


@transaction.atomic
def settle(delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    """Unless somebody else has taken it up since."""
    delivery.status, delivery.problem = answer.status, answer.problem
    delivery.answer, delivery.took = answer.text, answer.took
    delivery.state, delivery.next_at = _fate(delivery, answer, now)
    if delivery.state == WebhookDelivery.State.DELIVERED:
        delivery.delivered_at = now
    fields = ("status", "problem", "answer", "took", "state", "next_at", "delivered_at")
    mine = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=WebhookDelivery.State.DELIVERING, tries=delivery.tries
    )
    if mine.update(**{name: getattr(delivery, name) for name in fields}):
        _look_at_endpoint(delivery, now)


def _fate(delivery: WebhookDelivery, answer: Answer, now: datetime) -> tuple[str, datetime]:
    if not answer.problem:
        return WebhookDelivery.State.DELIVERED, now
    is_test = delivery.notice_id is None
    if is_test or answer.problem == Problem.GONE or delivery.tries > len(AGAIN):
        return WebhookDelivery.State.FAILED, now
    return WebhookDelivery.State.WAITING, now + AGAIN[delivery.tries - 1]


def _look_at_endpoint(delivery: WebhookDelivery, now: datetime) -> None:
    """After the last try, three days after the first one, where nothing else was delivered in between."""
    if delivery.problem == Problem.GONE:
        endpoints.disable(delivery.endpoint, WebhookEndpoint.Why.GONE, now)
    elif delivery.state == WebhookDelivery.State.FAILED and delivery.tries > len(AGAIN):
        since = delivery.since
        if not WebhookDelivery.objects.filter(
            endpoint=delivery.endpoint_id, delivered_at__gte=since
        ).exists():
            endpoints.disable(delivery.endpoint, WebhookEndpoint.Why.FAILING, now)


def send_test(endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """One that is tried once."""
    payload = {"type": TEST, "timestamp": now.isoformat(), "data": {"webhook": endpoint.pk}}
    return WebhookDelivery.objects.create(
        endpoint=endpoint, kind=TEST, payload=payload, since=now, next_at=now
    )


def replay(deliveries: WebhookDeliveryQuerySet, now: datetime) -> int:
    """What is over is sent again, under the same key; how many."""
    again = {"state": WebhookDelivery.State.WAITING, "tries": 0, "since": now, "next_at": now}
    return deliveries.over().update(**again)


def forget(now: datetime) -> None:
    WebhookDelivery.objects.over().filter(made_at__lt=now - KEPT, next_at__lt=now - KEPT).delete()
