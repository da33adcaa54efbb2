"""Why a provider's call was not taken, or was taken and changed nothing: a code for programs, a sentence for people."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    MALFORMED = "malformed"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    BAD_TIME = "bad_time"
    BAD_NUMBER = "bad_number"
    BAD_CURRENCY = "bad_currency"
    NOT_UNDERSTOOD = "not_understood"
    NO_EVENTS = "no_events"
    TOO_OLD = "too_old"
    CONFIRM = "confirm"
    NOBODY_KNOWN = "nobody_known"
    IGNORED = "ignored"
    OUTDATED = "outdated"
    NO_MESSAGE = "no_message"
    REFUSED = "refused"
    ERASED = "erased"
    FAILED = "failed"


SENTENCES = {
    Reason.MALFORMED: _("This cannot be read: it is not in the form of this provider."),
    Reason.MISSING: _("This must be given, and must not be empty."),
    Reason.WRONG_TYPE: _("This is of another type than the provider documents."),
    Reason.BAD_TIME: _("This is no moment."),
    Reason.BAD_NUMBER: _("This is no number that can be kept."),
    Reason.BAD_CURRENCY: _("This is no currency that is known."),
    Reason.NOT_UNDERSTOOD: _("The provider was told another address of ours. Correct it there."),
    Reason.NO_EVENTS: _("There is nothing in it that concerns messages."),
    Reason.TOO_OLD: _("This happened before the time for which events are kept."),
    Reason.CONFIRM: _(
        "The provider asks whether calls shall come here. Confirm it there, by the address beside."
    ),
    Reason.NOBODY_KNOWN: _("It does not say whose mail that was."),
    Reason.IGNORED: _("Calls of this type say nothing that is kept."),
    Reason.OUTDATED: _("Something later was said of this already."),
    Reason.NO_MESSAGE: _("No message of ours has this id."),
    Reason.REFUSED: _("The database refused it."),
    Reason.ERASED: _("It is about a person who was erased; nothing of it is kept."),
    Reason.FAILED: _("Working on it failed again and again. Look into the log, and send it again from here."),
}


class Rejected(Exception):
    """`field` is where in the call, as it was sent."""

    def __init__(self, reason: Reason, field: str = "", detail: str = "") -> None:
        super().__init__(reason, field)
        self.reason, self.field, self.detail = reason, field, detail


def words_of(code: str) -> str:
    return str(SENTENCES[Reason(code)]) if code in set(Reason) else code
