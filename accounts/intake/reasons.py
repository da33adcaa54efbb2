"""Why a call, or a whole request, cannot be taken: a code for programs, a sentence for people."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    MALFORMED = "malformed"
    BROKEN_GZIP = "broken_gzip"
    TOO_DEEP = "too_deep"
    NO_OBJECT = "no_object"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNKNOWN_ENCODING = "unknown_encoding"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    HOSTILE_TEXT = "hostile_text"
    BROKEN_TEXT = "broken_text"
    BAD_NUMBER = "bad_number"
    BAD_RATING = "bad_rating"
    BAD_TIME = "bad_time"
    NO_OFFSET = "no_offset"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    NO_PERSON = "no_person"
    NOT_YOURS = "not_yours"
    TRAIT = "trait"
    ERASED = "erased"
    CIRCLE = "circle"
    REFUSED = "refused"
    REFUSED_EVENT = "refused_event"
    REVOKED = "revoked"
    ORIGIN = "origin"
    REQUEST_MALFORMED = "request_malformed"
    REQUEST_TOO_DEEP = "request_too_deep"
    REQUEST_NO_OBJECT = "request_no_object"
    REQUEST_TOO_LARGE = "request_too_large"

    @property
    def of_request(self) -> "Reason":
        """As which it is kept where it is that of a whole request."""
        return OF_REQUESTS[self]

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self])


SENTENCES = {
    Reason.MALFORMED: _("This is no JSON that can be read. Check how it is written and encoded (UTF-8)."),
    Reason.BROKEN_GZIP: _("This is no gzip that can be read. Pack it anew, or send it unpacked."),
    Reason.TOO_DEEP: _("It is nested too deeply. Send it flatter."),
    Reason.NO_OBJECT: _("A call is a JSON object, and a batch has a list of them. Send one."),
    Reason.TOO_LARGE: _("A call has at most 32 KB, and a batch 500 KB. Send less at once."),
    Reason.TOO_MANY: _("A batch has at most 2,500 calls. Send it in parts."),
    Reason.UNKNOWN_ENCODING: _("A body is packed with gzip, or not at all."),
    Reason.UNKNOWN_TYPE: _("The type is one of track, page, screen, identify, group, alias."),
    Reason.UNKNOWN_FIELD: _(
        "There is no such field. Put what you want to say of an event into its properties."
    ),
    Reason.MISSING: _("This must be given, and must not be empty."),
    Reason.WRONG_TYPE: _("This is of another type: ids and names are texts, properties and traits objects."),
    Reason.TOO_LONG: _(
        "This is too long. Names and ids have at most 200 characters, ids of messages 100, sources 60."
    ),
    Reason.HOSTILE_TEXT: _(
        "Names and ids hold no control characters, also none that turn the direction of text."
    ),
    Reason.BROKEN_TEXT: _("A text holds the character NUL, or half a character. Send it without."),
    Reason.BAD_NUMBER: _("A number is too large, or none. Send numbers below 10³⁰."),
    Reason.BAD_RATING: _("A rating is a number from 1 to 5. Send one of this scale, or none."),
    Reason.BAD_TIME: _("This is no time. Give one such as 2026-03-31T10:00:00Z."),
    Reason.NO_OFFSET: _("Write a moment with its offset from UTC, such as 2026-03-31T00:00:00Z."),
    Reason.IN_THE_FUTURE: _("This has not happened yet. Check the sender's clock."),
    Reason.TOO_OLD: _("This happened before the time for which events are kept."),
    Reason.NO_PERSON: _("It does not say who. Give a userId or an anonymousId."),
    Reason.NOT_YOURS: _("“cxhub” is our own source. Name another one."),
    Reason.TRAIT: _("A trait does not fit the field that it is for. All else was taken."),
    Reason.ERASED: _(
        "The person was erased, and stays away until an administrator lets the address in again."
    ),
    Reason.CIRCLE: _("These ids were said to be one another's already. Say which of them is the user's."),
    Reason.REFUSED: _("The database refused it."),
    Reason.REFUSED_EVENT: _(
        "The database refused the event that was read. It cannot be sent again from here: ask the sender for it."
    ),
    Reason.REVOKED: _("The write key was revoked. Give the sender another one."),
    Reason.ORIGIN: _("Pages of this origin may not send with this key."),
}
# Of the answer to a request, and of what is kept of it: some may as well be wrong with one call, which can be mended.
OF_REQUESTS = {
    Reason.REVOKED: Reason.REVOKED,
    Reason.ORIGIN: Reason.ORIGIN,
    Reason.MALFORMED: Reason.REQUEST_MALFORMED,
    Reason.BROKEN_GZIP: Reason.BROKEN_GZIP,
    Reason.TOO_DEEP: Reason.REQUEST_TOO_DEEP,
    Reason.NO_OBJECT: Reason.REQUEST_NO_OBJECT,
    Reason.TOO_LARGE: Reason.REQUEST_TOO_LARGE,
    Reason.TOO_MANY: Reason.TOO_MANY,
    Reason.UNKNOWN_ENCODING: Reason.UNKNOWN_ENCODING,
}
KEPT_OF_REQUESTS = frozenset(OF_REQUESTS.values())
# Nothing of it is left that could be read again.
NOT_AGAIN = KEPT_OF_REQUESTS | {Reason.REFUSED_EVENT}
SENTENCES |= {kept: SENTENCES[answered] for answered, kept in OF_REQUESTS.items()}


class Rejected(Exception):
    """`field` is where in the call, as it was sent."""

    def __init__(self, reason: Reason, field: str = "") -> None:
        super().__init__(reason, field)
        self.reason, self.field = reason, field


def words_of(code: str) -> str:
    """Of a reason that was kept; of one that there is no more, the code itself."""
    return Reason(code).sentence if code in set(Reason) else code
