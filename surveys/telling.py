"""Those who asked for something, or answered a survey, are told what was done, by a drafted mailing.

It goes to a list of people that is made once. Whoever was promised not to be named is on none: of a survey that is not
identified everybody who was asked is told, whether they answered or not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import memberships
from accounts.audit import acting
from accounts.conditions import MOST_PEOPLE, PEOPLE, one_of
from accounts.messages import letters, mailings
from accounts.messages.markdown import escaped
from accounts.models import Contact, Mailing, Organisation, Population, User
from accounts.models.identities import Consent
from accounts.texts import Text
from surveys.models import FeedbackItem, Invitation, Response, Survey, Theme

# No field of letters: while it stands there, nothing can be sent.
TO_WRITE = "{{ what_was_done }}"
LONGEST_NAME = 120


class NobodyToTell(Exception):
    """Nobody is known who could be told."""


class TooMany(Exception):
    """More than a list can hold."""


def behind(theme: Theme, by: User) -> QuerySet[Contact]:
    """Who is known to have said it."""
    items = FeedbackItem.objects.visible_to(by).of_people().filter(theme=theme)
    return _people(items, by)


def tell_theme(theme: Theme, by: User, now: datetime) -> Mailing:
    """Raises NobodyToTell and TooMany."""
    texts = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            texts[language] = _letter(
                _("What became of “%(theme)s”") % {"theme": theme.name.in_language(language)},
                _("You told us about “%(theme)s”. This is what we did:")
                % {"theme": escaped(theme.name.in_language(language))},
                escaped(theme.done.get(language, "")),
            )
    with transaction.atomic():
        mailing = _drafted(_("You said, we did: %(name)s"), theme.name, behind(theme, by), texts, by, now)
        with acting(user=by):
            Theme.objects.filter(pk=theme.pk).update(mailing=mailing)
    return mailing


def tell_survey(survey: Survey, by: User, now: datetime) -> Mailing:
    """Raises NobodyToTell and TooMany."""
    texts = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            texts[language] = _letter(
                _("What we did with what you told us"),
                _("Thank you to everybody who answered our survey. This is what we heard, and what we did:"),
            )
    names = {code: survey.name for code, _language in settings.LANGUAGES}
    return _drafted(_("You said, we did: %(name)s"), names, _asked(survey, by), texts, by, now)


def _asked(survey: Survey, by: User) -> QuerySet[Contact]:
    """Who answered, where that may be known; else who was asked to."""
    given = Response.objects.filter(survey=survey, is_machine=False)
    hidden = given.exclude(identity=Survey.Identity.IDENTIFIED)
    if survey.identity == Survey.Identity.IDENTIFIED and not hidden.exists():
        return _people(given, by)
    return _people(Invitation.objects.filter(survey=survey), by)


def _people(rows: QuerySet[Any], by: User) -> QuerySet[Contact]:
    survivors = rows.filter(contact__isnull=False).order_by()
    survivors = survivors.values(person=Coalesce("contact__merged_into", "contact"))
    return Contact.objects.visible_to(by).filter(pk__in=survivors).order_by("pk")


def _letter(subject: str, said: str, done: str = "") -> dict[str, str]:
    """In the active language."""
    parts = [_("Hello {{ first_name | there }},"), said, done or TO_WRITE, _("Thank you for telling us.")]
    return {
        letters.SUBJECT: subject,
        letters.BODY: "\n\n".join(parts),
        letters.BUTTON: "",
        letters.LINK: "",
    }


@transaction.atomic
def _drafted(
    pattern: str,
    names: Mapping[str, str],
    people: QuerySet[Contact],
    texts: Mapping[str, Mapping[str, Any]],
    by: User,
    now: datetime,
) -> Mailing:
    listed = [str(pk) for pk in people.values_list("pk", flat=True)[: MOST_PEOPLE + 1]]
    if not listed:
        raise NobodyToTell
    if len(listed) > MOST_PEOPLE:
        raise TooMany
    name = (pattern % {"name": str(Text(names))})[:LONGEST_NAME]
    with acting(user=by):
        population = Population(
            name=Text({code: name for code, _language in settings.LANGUAGES}),
            kind=Population.Kind.CONTACTS,
            conditions=[one_of(PEOPLE, listed).as_json()],
            made_by=by,
        )
        population.save()
        today = Organisation.current().today(now)
        memberships.refresh(population, lambda one: memberships.asked(one, today), now)
        mailing = Mailing(name=name, population=population, purpose=Consent.Purpose.SURVEYS, made_by=by)
        return mailings.save(mailing, texts, by)
