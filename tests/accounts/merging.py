"""Accounts are merged and parted, always at the same moment."""

from datetime import UTC, datetime

from accounts.merges import merge_accounts
from accounts.unmerging import undo_merge

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TODAY = NOW.date()


def merge(loser, survivor, **more):
    return merge_accounts(loser, survivor, by=more.pop("by", None), now=NOW, **more)


def parted(job, by=None):
    return undo_merge(job, by=by, now=NOW)
