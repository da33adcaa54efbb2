"""A mailing to a population, as tests say it."""

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.memberships import refresh
from accounts.messages import recipients
from accounts.models import Contact, Letter, Mailing, User
from accounts.models.outboxes import Medium
from accounts.models.populations import Population
from tests import factories
from tests.accounts.messages.writing import texts
from tests.factories import at

NOW = at("2026-05-20 10:00")


def mailing(by, *, letter=None, medium=Medium.EMAIL, **fields):
    """To the contacts of all accounts, of as many as there are now."""
    population = fields.pop("population", None) or people()
    kept = Letter.objects.create(texts=letter or texts(), medium=medium)
    return Mailing.objects.create(
        **{"name": "News", "population": population, "letter": kept, "made_by": by} | fields
    )


def people(*conditions, kind=Population.Kind.CONTACTS):
    population = factories.population(*conditions, kind=kind)
    refresh(population, lambda _population: [], NOW)
    return population


def person(email="sara@najm.example", *, account=None, **fields):
    given = {"account": account or factories.account(), "name": "Sara", "email": email, "language": "en"}
    return Contact.objects.create(**given | fields)


def in_role(user, role="CSM"):
    """As they are read anew, with its rights."""
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


def queued(one, state="sent"):
    """With all its messages in that state."""
    now = timezone.now()
    recipients.queue(one, now)
    one.messages.filter(state="waiting").update(state=state, sent_at=now)
    Mailing.objects.filter(pk=one.pk).update(due_at=now, queued_at=now)
    one.refresh_from_db()
    return one
