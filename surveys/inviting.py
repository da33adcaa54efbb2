"""Somebody is asked by a program, which tells them the address itself: once, however often it is said."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.messages import recipients
from accounts.messages.recipients import Skip
from accounts.models import Organisation
from surveys.answering import is_full
from surveys.models import Channel, Invitation, Survey

MOST_DAYS_VALID = 365
# By programs, about the topic of a rule f: its surveys are known.
_BY_PROGRAMS = """
(SELECT count(*) FROM surveys_invitation i WHERE i.{whose} AND i.channel = 'program'
   AND i.invited_at > %(now)s - f.days * interval '1 day' AND (f.topic = '' OR i.survey_id = ANY(%(surveys)s)))"""


class WhyNot(models.TextChoices):
    DRAFT = "draft", _("This survey was never published.")
    CLOSED = "closed", _("This survey cannot be answered today.")
    ARCHIVED = "archived", _("This survey is archived.")
    FULL = "full", _("This survey has as many responses as it takes.")
    ERASED = "erased", _("This contact was erased.")
    PERSON_TOPIC = "person_topic", Skip.PERSON_TOPIC.label
    ACCOUNT_TOPIC = "account_topic", Skip.ACCOUNT_TOPIC.label
    TAKEN = "taken", _("There is another invitation with this id at this source already.")


class NotInvited(Exception):
    def __init__(self, why: WhyNot) -> None:
        super().__init__(why.value)
        self.why = why


def invite(wish: Invitation, days_valid: int, now: datetime) -> tuple[Invitation, bool]:
    """`wish`: not kept yet; of survivors of merges. What is there already by its id is given back, as it is, and False.

    Raises NotInvited.
    """
    wish.channel, wish.invited_at, wish.delivered_at = Channel.PROGRAM, now, now
    wish.expires_at = now + timedelta(days=days_valid)
    if known := _known(wish):
        return _same(known, wish), False
    if why := _why_not(wish, now):
        raise NotInvited(why)
    if wish.contact and not wish.language:
        wish.language = wish.contact.language.partition("-")[0].lower()
    try:
        with transaction.atomic():
            wish.save(force_insert=True)
    except IntegrityError:
        # Somebody else says the same at this moment.
        if known := _known(wish):
            return _same(known, wish), False
        raise
    return wish, True


def survivor(row: Any) -> Any:
    """Of an account or a contact, which may be none."""
    return row and (row.merged_into or row)


def _known(wish: Invitation) -> Invitation | None:
    named = Invitation.objects.filter(source=wish.source, external_id=wish.external_id)
    found: Invitation | None = named.select_related("account__merged_into", "contact__merged_into").first()
    return found if wish.external_id else None


def _same(known: Invitation, wish: Invitation) -> Invitation:
    """A language that is not said is any."""
    if _said(known) != _said(wish) or wish.language not in ("", known.language):
        raise NotInvited(WhyNot.TAKEN)
    return known


def _said(one: Invitation) -> tuple[Any, ...]:
    valid = one.expires_at and one.expires_at - one.invited_at
    return one.survey_id, survivor(one.account), survivor(one.contact), one.ticket_id, one.channel, valid


def _why_not(wish: Invitation, now: datetime) -> WhyNot | None:
    today = Organisation.current().today(now)
    survey: Any = Survey.objects.with_state(today).get(pk=wish.survey_id)
    if survey.state != Survey.State.OPEN:
        return WhyNot(survey.state)
    if is_full(wish.survey):
        return WhyNot.FULL
    if wish.contact and wish.contact.erased_at:
        return WhyNot.ERASED
    why = _asked_enough(wish, now)
    return WhyNot(why) if why else None


def _asked_enough(wish: Invitation, now: datetime) -> str:
    """As a distribution would leave them out."""
    topic = wish.survey.topic
    theirs = Q(contact=wish.contact) if wish.contact else Q()
    theirs |= Q(account=wish.account) if wish.account else Q()
    before = Survey.objects.filter(
        pk__in=Invitation.objects.filter(theirs, channel=Channel.PROGRAM).values("survey")
    )
    asked = {
        "contact": wish.contact_id,
        "address": wish.contact.email if wish.contact else None,
        "account": wish.account_id,
        "surveys": [survey.pk for survey in before if survey.topic == topic],
    }
    return recipients.asked_enough(asked, topic, _BY_PROGRAMS, now)
