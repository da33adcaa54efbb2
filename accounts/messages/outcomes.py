"""What became of a message when it was handed over, by what the other side answered.

SMTP reply codes: RFC 5321; enhanced status codes: RFC 3463. A 4yz reply is temporary, whichever; servers are known to
send 421 (closing), 432, 450, 451, 452 and 454, 455.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER = 500
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Bad destination: mailbox, system, syntax; moved without a trace; no mail taken for the domain.
_NO_SUCH_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)}
_NO_MAILBOX = (550, 551, 553)
_FULL = (2, 2)


class Reason(StrEnum):
    TEMPORARY = "temporary"
    REFUSED = "refused"
    NO_MAILBOX = "no_mailbox"
    MAILBOX_FULL = "mailbox_full"
    NO_ANSWER = "no_answer"
    GAVE_UP = "gave_up"
    BAD_ADDRESS = "bad_address"
    LETTERS_OF_ADDRESS = "letters_of_address"
    LETTER = "letter"
    BROKEN = "broken"
    STOPPED = "stopped"


class Fate(StrEnum):
    """SENT: it is theirs now. LATER: another time it may go. LOST: nobody knows whether it left."""

    SENT = "sent"
    LATER = "later"
    FAILED = "failed"
    BOUNCED = "bounced"
    LOST = "lost"


@dataclass(frozen=True)
class Outcome:
    fate: Fate
    reason: str = ""
    answer: str = ""
    provider_id: str = ""

    @property
    def is_trouble(self) -> bool:
        """It says something about us, or the server: so many in a row pause all. An address may be wrong by itself."""
        return self.fate in (Fate.LATER, Fate.LOST) or self.reason == Reason.REFUSED


class Unreachable(Exception):
    """Nothing was handed over; the message says why."""


def of_reply(code: int, text: str) -> Outcome:
    answer = f"{code} {' '.join(text.split())}"[:LONGEST_ANSWER]
    if 200 <= code < 300:
        return Outcome(Fate.SENT, answer=answer)
    if 400 <= code < 500:
        return Outcome(Fate.LATER, Reason.TEMPORARY, answer)
    status = _ENHANCED.search(text)
    subject = (int(status[2]), int(status[3])) if status else None
    if subject in _NO_SUCH_ADDRESS or (subject is None and code in _NO_MAILBOX):
        return Outcome(Fate.BOUNCED, Reason.NO_MAILBOX, answer)
    return Outcome(Fate.FAILED, Reason.MAILBOX_FULL if subject == _FULL else Reason.REFUSED, answer)


def lost(answer: str) -> Outcome:
    return Outcome(Fate.LOST, Reason.NO_ANSWER, answer[:LONGEST_ANSWER])
