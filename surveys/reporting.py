"""Keys of the addresses at which results are read."""

import secrets
from datetime import datetime
from hashlib import sha256

from surveys.models import ReportLink


def new_key(link: ReportLink) -> str:
    """Which is seen once, and then known by its digest alone."""
    key = secrets.token_urlsafe(24)
    link.digest = _digest(key)
    return key


def found(key: str, kind: str, now: datetime) -> ReportLink | None:
    """None: there is no such address, or no more, or its maker may read no answers any more."""
    links = ReportLink.objects.open(now).select_related("survey", "made_by")
    link = links.filter(digest=_digest(key), kind=kind).first()
    return link if link and link.made_by.has_perm("surveys.view_response") else None


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
