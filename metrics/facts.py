"""What was counted, in words: who did it, and what."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, AccountChange, ActivityDay, Contact, Delivery, Session
from surveys.models import Answer, FeedbackItem, Invitation, Response, Survey

# What somebody did, or got.
OF_PEOPLE = (ActivityDay, Session, Delivery)
# What leads to who answered, and what.
ASKED = {Answer: "response__", Response: "", Invitation: ""}


def with_people(facts: QuerySet[Any]) -> QuerySet[Any]:
    """Who it was is asked for once, not for each of them."""
    if facts.model in ASKED:
        path = ASKED[facts.model]
        return facts.select_related(f"{path}contact__merged_into", f"{path}survey")
    if facts.model is FeedbackItem:
        return facts.select_related("theme")
    return facts.select_related("contact__merged_into") if issubclass(facts.model, OF_PEOPLE) else facts


def words_of(fact: Model) -> list[str]:
    """Of the dated values only stages are counted: they are said by their names."""
    if isinstance(fact, AccountChange):
        return [str(dict(Account.Stage.choices).get(fact.value, fact.value))]
    if isinstance(fact, Answer | Response | Invitation):
        return words_of_survey(fact)
    if isinstance(fact, FeedbackItem):
        return [str(fact.get_heard_display()), str(fact.theme)]
    if not isinstance(fact, OF_PEOPLE):
        return [str(fact)]
    return [word for word in (name_of_person(fact.contact), *subject_of(fact)) if word]


def words_of_survey(fact: Answer | Response | Invitation) -> list[str]:
    """Who it was where that may be said, of which survey, and the score."""
    asked = fact.response if isinstance(fact, Answer) else fact
    is_named = isinstance(asked, Invitation) or asked.identity == Survey.Identity.IDENTIFIED
    who = name_of_person(asked.contact) if is_named else _("not named")
    score = [str(fact.score)] if isinstance(fact, Answer) else []
    return [who, str(asked.survey), *score]


def name_of_person(contact: Contact | None) -> str:
    return str(contact.merged_into or contact) if contact else _("unknown person")


def subject_of(fact: ActivityDay | Session | Delivery) -> tuple[str, ...]:
    """What was done to what: a day of one thing, a visit by its pages, a mail by its campaign."""
    if isinstance(fact, ActivityDay):
        return fact.name, fact.object
    return (fact.entry,) if isinstance(fact, Session) else (fact.campaign or fact.mail,)
