"""What was counted, in words: who did it, and what."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, AccountChange, ActivityDay, Contact, Delivery, Session

# What somebody did, or got.
OF_PEOPLE = (ActivityDay, Session, Delivery)


def with_people(facts: QuerySet[Any]) -> QuerySet[Any]:
    """Who it was is asked for once, not for each of them."""
    return facts.select_related("contact__merged_into") if issubclass(facts.model, OF_PEOPLE) else facts


def words_of(fact: Model) -> list[str]:
    """Of the dated values only stages are counted: they are said by their names."""
    if isinstance(fact, AccountChange):
        return [str(dict(Account.Stage.choices).get(fact.value, fact.value))]
    if not isinstance(fact, OF_PEOPLE):
        return [str(fact)]
    return [word for word in (name_of_person(fact.contact), *subject_of(fact)) if word]


def name_of_person(contact: Contact | None) -> str:
    return str(contact.merged_into or contact) if contact else _("unknown person")


def subject_of(fact: ActivityDay | Session | Delivery) -> tuple[str, ...]:
    """What was done to what: a day of one thing, a visit by its pages, a mail by its campaign."""
    if isinstance(fact, ActivityDay):
        return fact.name, fact.object
    return (fact.entry,) if isinstance(fact, Session) else (fact.campaign or fact.mail,)
