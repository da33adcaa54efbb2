"""What customers of the demo company were asked in a year, what they answered, and what became of low answers."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from accounts.models import Account, Contact, Organisation, TicketEvent, User, WorkingCalendar
from accounts.working_hours import days_later, nearest
from cxhub.demo.book import midnight
from surveys import flow
from surveys.answer_rows import band_of, rows
from surveys.content import Content, written
from surveys.follow_ups import DAYS_TO_DO
from surveys.models import Answer, Channel, FollowUp, Invitation, Response, Survey, SurveyVersion
from surveys.scales import BUILT_IN, Band
from surveys.templates import TEMPLATES

MADE_BY = "manager@rafeef.example"
QUARTERS = (325, 234, 143, 52)
YEAR, DAYS_VALID, MOST_OF_AN_ACCOUNT = 365, 30, 3
ABOUT_TICKETS, ANSWERED, BY_SMS, WITH_WORDS = 0.2, 0.36, 0.12, 0.55
# Of tickets that were resolved, from 1 to 5.
CONTENT = (4, 6, 12, 38, 40)
DONE_AFTER, STILL_OPEN = timedelta(days=9), 0.12
WORDS: dict[Band, dict[str, tuple[str, ...]]] = {
    Band.LOW: {
        "en": (
            "The app is slow at month end.",
            "Nobody called us back.",
            "Too many steps for a simple count.",
        ),
        "ar": ("التطبيق بطيء في نهاية الشهر.", "لم يعاود أحد الاتصال بنا.", "خطوات كثيرة لجرد بسيط."),
    },
    Band.MIDDLE: {
        "en": ("Good, but reports need more filters.", "Works, though we miss an Excel import."),
        "ar": ("جيد، لكن التقارير تحتاج إلى مزيد من عوامل التصفية.", "يعمل، لكن ينقصنا الاستيراد من إكسل."),
    },
    Band.HIGH: {
        "en": ("Our branches count twice as fast.", "Support answers within the hour.", "Simply works."),
        "ar": ("صارت فروعنا تجرد بضعف السرعة.", "الدعم يرد خلال ساعة.", "يعمل ببساطة."),
    },
}


class Asked(NamedTuple):
    contact: Contact
    at: datetime
    score: int
    ticket: int | None = None


def ask_customers(seed: int, today: date) -> dict[str, int]:
    """Of the company as it was loaded; how many rows of each model, by its name."""
    dice = random.Random(f"{seed} surveys")  # noqa: S311
    contacts = list(
        Contact.objects.filter(account__stage__in=Account.CUSTOMER_STAGES, account__internal=False)
        .filter(account__merged_into=None, merged_into=None)
        .exclude(email="")
        .select_related("account")
        .order_by("pk")
    )
    before = {model: model._default_manager.count() for model in (Invitation, Response, FollowUp)}
    relationship = publish("relationship", "How are we doing? كيف نحن؟", today)
    write(relationship, each_quarter(contacts, today, dice), today, dice)
    support = publish("support", "After a ticket · بعد التذكرة", today)
    write(support, after_tickets(contacts, today, dice), today, dice)
    return {
        str(model._meta.verbose_name_plural): model._default_manager.count() - count
        for model, count in before.items()
    }


def publish(template: str, name: str, today: date) -> SurveyVersion:
    asked, maker = written(TEMPLATES[template].content), User.objects.get(email=MADE_BY)
    survey = Survey.objects.create(
        name=name, touchpoint=Survey.Touchpoint(template), draft=asked, made_by=maker
    )
    day = midnight(today - timedelta(days=YEAR))
    return SurveyVersion.objects.create(
        survey=survey, number=1, asked=asked, published_by=maker, published_at=day
    )


def each_quarter(contacts: list[Contact], today: date, dice: random.Random) -> Iterator[Asked]:
    """Whoever is there on that day; people of one account see it alike."""
    for back in QUARTERS:
        day = today - timedelta(days=back)
        moods: dict[int, float] = {}
        asked: Counter[int] = Counter()
        for contact in contacts:
            is_there = (contact.joined or day) <= day and (contact.left is None or contact.left > day)
            if is_there and asked[contact.account_id] < MOST_OF_AN_ACCOUNT:
                asked[contact.account_id] += 1
                mood = moods.setdefault(contact.account_id, dice.gauss(8.4, 1.6))
                at = midnight(day) + timedelta(hours=9, minutes=dice.randint(0, 50))
                yield Asked(contact, at, min(10, max(0, round(dice.gauss(mood, 1.2)))))


def after_tickets(contacts: list[Contact], today: date, dice: random.Random) -> Iterator[Asked]:
    known, since = {contact.pk: contact for contact in contacts}, midnight(today - timedelta(days=YEAR))
    resolved = TicketEvent.objects.filter(
        Q(ticket__requester__in=known), kind=TicketEvent.Kind.RESOLVED, happened_at__gte=since
    )
    seen: set[int] = set()
    found = resolved.order_by("happened_at", "pk").values_list("ticket", "ticket__requester", "happened_at")
    for ticket, requester, happened_at in found:
        if ticket not in seen and dice.random() < ABOUT_TICKETS:
            seen.add(ticket)
            at = happened_at + timedelta(hours=2)
            (score,) = dice.choices(range(1, 6), CONTENT)
            yield Asked(known[requester], at, score, ticket)


def write(version: SurveyVersion, asked: Iterator[Asked], today: date, dice: random.Random) -> None:
    """All that happened before today."""
    until = midnight(today)
    people = [(one, _answers_at(one, until, dice)) for one in asked if one.at < until]
    invitations = Invitation.objects.bulk_create(
        _invitation(version, one, answered_at, dice) for one, answered_at in people
    )
    content, responses, answers = version.content, [], []
    for (one, answered_at), invitation in zip(people, invitations, strict=True):
        if answered_at:
            response, given = _answered(content, one, invitation, dice)
            response.version = version
            responses.append(response)
            answers += given
    Response.objects.bulk_create(responses)
    Answer.objects.bulk_create(answers)
    FollowUp.objects.bulk_create(_followed_up(responses, until, dice))


def _answers_at(one: Asked, until: datetime, dice: random.Random) -> datetime | None:
    at = one.at + timedelta(hours=dice.expovariate(1 / 20))
    return at if dice.random() < ANSWERED and at < until else None


def _invitation(
    version: SurveyVersion, one: Asked, answered_at: datetime | None, dice: random.Random
) -> Invitation:
    is_sms = bool(one.contact.phone) and dice.random() < BY_SMS
    return Invitation(
        survey_id=version.survey_id,
        account_id=one.contact.account_id,
        contact=one.contact,
        ticket_id=one.ticket,
        channel=Channel.SMS if is_sms else Channel.EMAIL,
        language=one.contact.language,
        invited_at=one.at,
        delivered_at=one.at,
        started_at=answered_at,
        completed_at=answered_at,
        answered=bool(answered_at),
        expires_at=one.at + timedelta(days=DAYS_VALID),
        recorded_at=one.at,
    )


def _answered(
    content: Content, one: Asked, invitation: Invitation, dice: random.Random
) -> tuple[Response, list[Answer]]:
    first: Any = content.first_scale
    at: Any = invitation.completed_at
    given: dict[str, Any] = {first.key: one.score}
    band = band_of(content, BUILT_IN, given)
    if dice.random() < WITH_WORDS:
        words = dice.choice(WORDS[Band(band)][one.contact.language])
        given |= {question.key: words for question in content.questions if question.is_open}
    response = Response(
        id=UUID(int=dice.getrandbits(128), version=4),
        survey_id=invitation.survey_id,
        invitation=invitation,
        account=one.contact.account,
        contact=one.contact,
        ticket_id=one.ticket,
        channel=invitation.channel,
        language=one.contact.language,
        responded_at=at,
        completed_at=at,
        band=band,
        recorded_at=at,
    )
    answers = rows(content, BUILT_IN, flow.counted(content, given))
    for answer in answers:
        answer.response = response
    return response, answers


def _followed_up(responses: list[Response], until: datetime, dice: random.Random) -> Iterator[FollowUp]:
    here, calendars = Organisation.current(), list(WorkingCalendar.objects.order_by("name"))
    outcomes = (FollowUp.Outcome.SOLVED, FollowUp.Outcome.EXPLAINED, FollowUp.Outcome.NOT_REACHED)
    for response in responses:
        if response.band != Band.LOW:
            continue
        account: Any = response.account
        opened = response.responded_at
        calendar = nearest(calendars, account.team_id, account.country)
        case = FollowUp(response=response, account=account, owner_id=account.owner_id, opened_at=opened)
        case.due_at = days_later(opened, DAYS_TO_DO, calendar, here)
        if opened + DONE_AFTER < until and dice.random() >= STILL_OPEN:
            case.done_at = opened + timedelta(days=dice.uniform(0.2, 6))
            case.outcome = dice.choices(outcomes, (5, 3, 1))[0]
        yield case
