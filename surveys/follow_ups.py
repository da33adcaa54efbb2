"""A low answer becomes a case: whose it is, until when, what came of it; and who is told when nobody did anything.

Each step is one conditional UPDATE: of two at once, one happens.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.messages import letters
from accounts.models import Account, Contact, Letter, Message, Organisation, User
from accounts.notices.telling import Happening, tell, tell_all
from accounts.working_hours import calendar_of, days_later
from surveys.models import FollowUp, Response, Survey
from surveys.notices import FOLLOW_UP_DONE, FOLLOW_UP_OPENED, FOLLOW_UP_OVERDUE, about
from surveys.scales import Band

# Of work.
DAYS_TO_DO = 2


def open_for(response: Response, now: datetime) -> FollowUp | None:
    """Once, where somebody has to do something about it; None where nobody has."""
    return _open(response, now) if _asks_for_one(response) else None


@transaction.atomic
def _open(response: Response, now: datetime) -> FollowUp:
    account = _survivor(response.account)
    due_at = days_later(now, DAYS_TO_DO, calendar_of(account), Organisation.current())
    opened = {
        "account": account,
        "owner": account.owner if account else None,
        "opened_at": now,
        "due_at": due_at,
    }
    case, is_new = FollowUp.objects.get_or_create(response=response, defaults=opened)
    if is_new:
        told = _about(case)
        tell(FOLLOW_UP_OPENED, told, now, account=case.account_id, to=[case.owner_id], key=str(case.pk))
    return case


def _asks_for_one(response: Response) -> bool:
    """Of confidential answers nobody learns whose they are, unless they ask to be contacted."""
    if response.is_machine:
        return False
    is_known = bool(response.contact_id or response.account_id)
    is_low = response.identity == Survey.Identity.IDENTIFIED and response.band == Band.LOW
    return response.wants_contact or (is_known and is_low)


def _survivor(account: Account | None) -> Account | None:
    return account.merged_into or account if account else None


def _about(case: FollowUp) -> dict[str, object]:
    return {"follow_up": case.pk, **about(case.response, case.response.answers.all())}


def close(case: FollowUp, outcome: str, note: str, now: datetime) -> bool:
    """False: somebody was faster."""
    is_first = bool(
        FollowUp.objects.filter(pk=case.pk, done_at=None).update(done_at=now, outcome=outcome, note=note)
    )
    case.refresh_from_db()
    if is_first:
        tell(FOLLOW_UP_DONE, {**_about(case), "outcome": outcome}, now, account=case.account_id)
    return is_first


def reopen(case: FollowUp) -> bool:
    """It was not done after all; what was noted stays."""
    return bool(FollowUp.objects.filter(pk=case.pk, done_at__isnull=False).update(done_at=None, outcome=""))


def hand_over(case: FollowUp, owner: User, now: datetime) -> None:
    """Who has it now is told."""
    if FollowUp.objects.filter(pk=case.pk).exclude(owner=owner).update(owner=owner):
        key = f"{case.pk}:{owner.pk}"
        tell(FOLLOW_UP_OPENED, _about(case), now, account=case.account_id, to=[owner.pk], key=key)


@transaction.atomic
def escalate(now: datetime) -> int:
    """Once for each that is overdue; how many there were."""
    overdue = FollowUp.objects.filter(done_at=None, escalated_at=None, due_at__lt=now)
    locked = overdue.select_for_update(skip_locked=True, of=("self",))
    cases = [
        *locked.select_related("response__survey", "response__contact").prefetch_related("response__answers")
    ]
    FollowUp.objects.filter(pk__in=[case.pk for case in cases]).update(escalated_at=now)
    happenings = [
        Happening(case.account_id, _about(case), [case.owner_id], f"{case.pk}:{case.due_at.isoformat()}")
        for case in cases
    ]
    tell_all(FOLLOW_UP_OVERDUE, happenings, now)
    return len(cases)


# Writing to whoever answered


class NotWritable(Exception):
    """What is wrong with the text, by its field, in the words of the active language."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


@transaction.atomic
def write(case: FollowUp, subject: str, body: str, by: User, now: datetime) -> Message:
    """A mail in the language of whoever answered, on its way. Raises NotWritable."""
    contact = reader_of(case)
    language = language_of(case)
    texts = {language: {letters.SUBJECT: subject, letters.BODY: body}}
    problems = {
        problem.field: problem.message for problem in letters.problems(texts) if problem.language == language
    }
    if letters.fields_of(texts[language]):
        problems[letters.BODY] = _("Write the words themselves: this goes to one person.")
    if contact is None:
        problems[letters.BODY] = _("Nobody can be written to: there is no address.")
    if contact is None or problems:
        raise NotWritable(problems)
    return Message.objects.create(
        letter=Letter.objects.create(texts=texts, made_by=by),
        contact=contact,
        account=case.account,
        address=contact.email,
        name=contact.name,
        language=language,
        due_at=now,
    )


def reader_of(case: FollowUp) -> Contact | None:
    """Who can be written to, if anybody."""
    contact = case.response.contact
    contact = contact.merged_into or contact if contact else None
    return contact if contact and contact.email else None


def language_of(case: FollowUp) -> str:
    """In which they are written to: their own, or the one in which they answered."""
    contact, known = reader_of(case), [code for code, _name in settings.LANGUAGES]
    wanted = [contact.language if contact else "", case.response.language]
    return next((code[:2] for code in wanted if code[:2] in known), settings.LANGUAGE_CODE[:2])


def conversation(case: FollowUp) -> list[Message]:
    """What was written to them since, the oldest first, with what they answered."""
    contact = reader_of(case)
    if contact is None:
        return []
    since = Message.objects.filter(contact=contact, queued_at__gte=case.opened_at)
    return [*since.select_related("letter").prefetch_related("replies").order_by("queued_at", "pk")]
