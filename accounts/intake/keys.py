"""Write keys: made, found by what a sender shows, revoked. The database keeps hashes, but of keys that are public."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.db.models import Q

from accounts.models import User, WriteKey

PREFIX = "cxw_"
# Browsers leave out the port that goes without saying.
USUAL_PORTS = {"http://": ":80", "https://": ":443"}
# A busy sender would otherwise write the row with every batch.
NOTED_EVERY = timedelta(minutes=1)


def make(
    *,
    name: str,
    source: str,
    kind: str,
    by: User | None = None,
    account_source: str = "",
    origins: Sequence[str] = (),
) -> tuple[WriteKey, str]:
    """The row, and the key: that of a server or sandbox is never seen again."""
    text = PREFIX + token_urlsafe(24)
    row = WriteKey(
        name=name,
        source=source,
        account_source=account_source,
        kind=kind,
        origins=list(origins),
        created_by=by,
        digest=hashed(text),
        public_key=text if kind == WriteKey.Kind.BROWSER else "",
    )
    row.full_clean(exclude=["digest"])
    row.save()
    return row, text


def hashed(text: str) -> str:
    """Nobody guesses 192 bits: slow hashing would only slow down each request."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def find(text: str) -> WriteKey | None:
    key = ever(text)
    return key if key and not key.revoked_at else None


def ever(text: str) -> WriteKey | None:
    """Also one that was revoked. By the hash of all of it: how long the search takes tells nothing about keys."""
    return WriteKey.objects.filter(digest=hashed(text)).first() if text else None


def revoke(key: WriteKey, now: datetime) -> bool:
    """Whether it was valid until now."""
    return bool(WriteKey.objects.valid().filter(pk=key.pk).update(revoked_at=now))


def note_use(key: WriteKey, now: datetime) -> None:
    before = now - NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < before:
        unnoted = WriteKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=key.pk)
        unnoted.update(last_used_at=now)


def takes(key: WriteKey, origin: str) -> bool:
    """May pages of this origin send with it? Keys of servers stand in no page."""
    return key.is_public and (not key.origins or origin_of(origin) in map(origin_of, key.origins))


def origin_of(written: str) -> str:
    """As browsers name it: in lower case, without what goes without saying."""
    origin = written.strip().lower().rstrip("/")
    for scheme, port in USUAL_PORTS.items():
        if origin.startswith(scheme):
            return origin.removesuffix(port)
    return origin


def any_takes(origin: str) -> bool:
    """Browsers ask before they show the key."""
    return any(takes(key, origin) for key in WriteKey.objects.valid().filter(kind=WriteKey.Kind.BROWSER))
