"""A survey that goes out: once, by a mailing of its own, which is scheduled, paused and stopped as any other."""

from datetime import datetime

from django.db import transaction

from accounts.audit import acting
from accounts.messages import letters, mailings
from accounts.models import Letter, Mailing, Population, User
from accounts.models.identities import Consent
from surveys.hours import spread
from surveys.models import Distribution, Survey
from surveys.wording import proposed


class NotPublished(Exception):
    """There is nothing that anybody could answer."""


@transaction.atomic
def distribute(
    distribution: Distribution, name: str, population: Population, medium: str, by: User
) -> Distribution:
    """Once, to a population: as a draft of a mailing, whose texts may be written otherwise. Raises NotPublished."""
    texts = _texts(distribution.survey, medium)
    with acting(user=by):
        mailing = Mailing(name=name, population=population, made_by=by)
        mailing.purpose, mailing.topic = Consent.Purpose.SURVEYS, distribution.survey.topic
        distribution.mailing = mailings.save(mailing, texts, by, medium)
        distribution.made_by = by
        distribution.save()
    return distribution


@transaction.atomic
def distribute_when(distribution: Distribution, medium: str, by: User, now: datetime) -> Distribution:
    """From now on, by what happens. Raises NotPublished."""
    texts = _texts(distribution.survey, medium)
    with acting(user=by):
        distribution.letter = Letter.objects.create(texts=texts, medium=medium, made_by=by)
        distribution.made_by, distribution.looked_until = by, now
        distribution.save()
    return distribution


@transaction.atomic
def rewrite(distribution: Distribution, seen: int, texts: letters.Texts, by: User) -> bool:
    """What goes out from now on. `seen`: the letter that was shown; False: somebody else has written another one."""
    with acting(user=by):
        medium = distribution.letter.medium  # type: ignore[union-attr]  # by what happens: it has one
        letter = Letter.objects.create(texts=dict(texts), medium=medium, made_by=by)
        mine = Distribution.objects.filter(pk=distribution.pk, letter=seen)
        is_mine = bool(mine.update(letter=letter))
        if not is_mine:
            letter.delete()
        return is_mine


def _texts(survey: Survey, medium: str) -> dict[str, dict[str, object]]:
    current = survey.current
    if current is None:
        raise NotPublished
    return proposed(current.content, medium)


def spread_mailing(mailing: Mailing, now: datetime) -> None:
    """As its distribution says, where it has one."""
    distribution = Distribution.objects.filter(mailing=mailing).first()
    if distribution:
        spread(distribution, "m.mailing_id = %(mailing)s", {"mailing": mailing.pk}, now)
