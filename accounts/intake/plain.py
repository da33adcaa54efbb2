"""An event in our own words, as the API takes it: the same as a track call of the Segment spec, and read as one."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.intake.calls import Call, Read, Receipt, identifier, read
from accounts.intake.digests import OURS
from accounts.intake.reasons import Reason, Rejected

LONGEST_SOURCE = 60
# Ours and Segment's, in the call and within its context.
NAMES = {
    "event": "event",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "account": "context.groupId",
    "happened_at": "timestamp",
    "properties": "properties",
    "message_id": "messageId",
}
OURS_FOR = {theirs: ours for ours, theirs in NAMES.items()}
SOURCE = "source"


class Broken:
    """A line that is no JSON."""

    def __init__(self, line: str, rejected: Rejected) -> None:
        self.line, self.rejected = line, rejected


def sentence_of(reason: Reason) -> str:
    """Which names our fields, not Segment's."""
    if reason == Reason.NO_PERSON:
        return _("It does not say who. Give a user_id or an anonymous_id.")
    return reason.sentence


def read_row(row: Any, receipt: Receipt, *, kind: str = "", position: int = 0) -> Read:
    if isinstance(row, Broken):
        raise row.rejected
    if type(row) is dict:
        for name in row:
            if name not in NAMES and name != SOURCE:
                raise Rejected(Reason.UNKNOWN_FIELD, name.encode("utf-8", "replace").decode())
        _source(row)
    try:
        return read(call_of(row), receipt, kind=kind, position=position)
    except Rejected as rejected:
        raise Rejected(rejected.reason, OURS_FOR.get(rejected.field, rejected.field)) from None


def call_of(row: Any) -> Any:
    """What it has more than it may stays where it is, so that nothing of it is lost where it is kept."""
    if isinstance(row, Broken):
        return row.line
    if type(row) is not dict:
        return row
    call: Call = {"type": "track"}
    for name, value in row.items():
        theirs = NAMES.get(name) or name
        if theirs == "context.groupId":
            call["context"] = {"groupId": value}
        elif theirs != SOURCE:
            call[theirs] = value
    return call


def source_of(row: Any) -> str:
    """Empty where the row names none, or none that could be one: then reading it says so."""
    try:
        return _source(row) if type(row) is dict else ""
    except Rejected:
        return ""


def _source(row: Call) -> str:
    source = identifier(row, SOURCE, SOURCE, SOURCE, LONGEST_SOURCE)
    if source == OURS:
        raise Rejected(Reason.NOT_YOURS, SOURCE)
    return source
