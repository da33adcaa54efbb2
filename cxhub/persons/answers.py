"""What a person answered in surveys, and what was noted of it.

Rows, values and scores stay, so that no figure changes. What they wrote goes as a whole, like their answers to mails.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.models import Contact
from cxhub.persons import rewriting
from cxhub.persons.person import Known
from cxhub.persons.places import place_of
from cxhub.persons.words import found_in
from surveys.models import Answer, FollowUp, Invitation, Response, Survey

# Nobody here may see what these people answered, not even whoever hands it out to them.
CONFIDED = Q(identity=Survey.Identity.CONFIDENTIAL, wants_contact=False)
MODELS = (Invitation, Response, Answer, FollowUp)


def empty(known: Known, now: datetime) -> dict[str, int]:
    """How many rows of each kind. Nobody answers by their invitations any more."""
    asked = Invitation.objects.filter(contact__in=known.rows.get(Contact, []), revoked_at=None)
    changed = {
        "surveys.Invitation": asked.update(revoked_at=now),
        "surveys.FollowUp": _follow_ups(known).exclude(note="").update(note=""),
        "surveys.Answer": _empty_where_they_said_who_they_are(known)
        + Answer.objects.filter(response__in=_responses(known)).exclude(text="").update(text=""),
    }
    return {label: rows for label, rows in changed.items() if rows}


def in_history(known: Known) -> dict[str, Any]:
    """What the history says of them: columns and rows, by table."""
    rows = list(_follow_ups(known).values_list("pk", flat=True))
    return {FollowUp._meta.db_table: (("note",), rows)}


def rows_of(known: Known) -> Iterator[tuple[type[Model], Iterable[Any]]]:
    """For the person to read, by way of somebody here, who learns by it no more than elsewhere."""
    theirs = Q(contact__in=known.rows.get(Contact, []))
    yield Invitation, map(_as_told, Invitation.objects.filter(theirs).select_related("survey").order_by("pk"))
    responses = Response.objects.filter(theirs).order_by("responded_at", "pk")
    confided = set(responses.filter(CONFIDED).values_list("pk", flat=True))
    yield Response, (_without_band(one) if one.pk in confided else one for one in responses)
    told = Answer.objects.exclude(response__in=confided)
    speaking = Q(pk__in=rewriting.speaking(place_of(Answer), known), response__contact=None)
    yield Answer, told.filter(speaking | Q(response__in=responses)).order_by("pk")
    yield FollowUp, _follow_ups(known).order_by("pk")


def _as_told(asked: Invitation) -> Invitation:
    """Of an anonymous survey nobody is told who answered."""
    if asked.survey.identity == Survey.Identity.ANONYMOUS:
        asked.answered = None  # type: ignore[assignment]
    return asked


def _without_band(response: Response) -> Response:
    response.band = ""
    return response


def _responses(known: Known) -> QuerySet[Response]:
    return Response.objects.filter(contact__in=known.rows.get(Contact, []))


def _follow_ups(known: Known) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(response__in=_responses(known))


def _empty_where_they_said_who_they_are(known: Known) -> int:
    """By a link nobody is known, unless they say it: then one word of the name is enough in all that they wrote."""
    speaking = rewriting.speaking(place_of(Answer), known)
    hinted, hints = found_in('"text"', known.words.hints)
    return rewriting.rows_changed(
        f"UPDATE surveys_answer SET text = '' WHERE text <> '' AND {hinted} AND response_id IN"
        " (SELECT response_id FROM surveys_answer WHERE id = ANY(%s))",
        [*hints, speaking],
    )
