"""A mailing to a population, as tests say it."""

from accounts.memberships import refresh
from accounts.models import Contact, Letter, Mailing
from accounts.models.messages import Medium
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
