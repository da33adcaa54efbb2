"""How the tests of imports bring in rows."""

from dataclasses import asdict, replace
from datetime import date
from zoneinfo import ZoneInfo

from accounts.imports import Options, run
from accounts.models import (
    AuditEntry,
    Touched,
)

OPTIONS = Options(today=date(2026, 3, 15), zone=ZoneInfo("Asia/Riyadh"), source="crm")
BACKFILL = replace(OPTIONS, backfill=True)
CREATING = replace(OPTIONS, create_accounts=True)


class Imported:
    """What a run said: its counts, and (line, column, reason) of what was refused."""

    def __init__(self, resource, rows, options=OPTIONS, **more):
        fields = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        self.refused, self.values, self.fates = [], {}, {}
        self.keys, self.changes = {}, {}
        self.outcome = run(
            resource, list(enumerate(rows, start=2)), fields=fields, options=options, report=self.hear, **more
        )
        self.counts = {name: count for name, count in asdict(self.outcome.counts).items() if count}

    def hear(self, line, taken):
        self.fates |= taken.fates
        self.keys |= taken.keys
        self.changes |= taken.changes
        for rejection in taken.rejections:
            self.refused.append((rejection.line, rejection.column, rejection.reason))
            self.values[rejection.line] = rejection.value


def subscription(identity, starts="2026-01-01", **more):
    row = {"id": identity, "account": "najm", "starts": starts, "price": "50", "currency": "USD"}
    return row | more


def trails():
    return AuditEntry.objects.count(), Touched.objects.count()
