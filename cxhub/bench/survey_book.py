"""A survey of two questions that everybody of a large book was asked by mail, and answers to it."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.memberships import refresh
from accounts.messages import mailings
from accounts.models import Account, Contact, Organisation, Population, User
from accounts.models.outboxes import Medium
from accounts.texts import Text
from cxhub.bench.events import chunks
from surveys import publishing, sending
from surveys.content import Content, Kind, Question, written
from surveys.models import Distribution, Survey

OF_AN_ACCOUNT, AT_ONCE = 10, 5_000
CONTENT = Content(
    (
        Question(
            "nps",
            Kind.SCALE,
            Text(
                en="How likely are you to recommend {organisation} to a colleague?",
                ar="ما مدى احتمال أن توصي زميلًا لك بـ{organisation}؟",
            ),
            scale="nps",
            required=True,
        ),
        Question("why", Kind.LONG, Text(en="What is the main reason?", ar="ما السبب الرئيسي؟")),
    )
)
# Of everybody who was asked; one in ten gives a low score.
RESPONSES = """
INSERT INTO surveys_response (id, survey_id, version_id, invitation_id, account_id, contact_id, channel, language,
  identity, responded_at, completed_at, band)
SELECT gen_random_uuid(), i.survey_id, v.id, i.id, i.account_id, i.contact_id, i.channel, i.language, 'identified',
  n.at, n.at, CASE WHEN i.id %% 10 = 0 THEN 'low' ELSE 'high' END
FROM surveys_invitation i JOIN surveys_surveyversion v USING (survey_id),
LATERAL (SELECT %(now)s - make_interval(mins => 1 + (i.id %% 40000)::int)) n (at)"""
SCORES = """
INSERT INTO surveys_answer (response_id, question, value, scale, measure, score, band)
SELECT r.id, 'nps', to_jsonb(s.score), 'nps', 'nps', s.score, r.band
FROM surveys_response r, LATERAL (SELECT CASE WHEN r.band = 'low' THEN 3 ELSE 9 END) s (score)"""
REASONS = """
INSERT INTO surveys_answer (response_id, question, text)
SELECT id, 'why', CASE language WHEN 'ar' THEN 'الدعم سريع، والتقارير سهلة القراءة.'
  ELSE 'Support is fast, and the reports are easy to read.' END FROM surveys_response"""


def fill(people: int) -> User:
    """So many contacts, whose accounts have an owner; who that is."""
    Organisation.objects.update_or_create(
        pk=1, defaults={"name": {"en": "Bench", "ar": "القياس"}, "time_zone": "Asia/Riyadh"}
    )
    owner = User.objects.create_superuser("owner@bench.example", name="Owner")
    names = (f"Customer {number}" for number in range(1 + people // OF_AN_ACCOUNT))
    Account.objects.bulk_create(Account(name=name, owner=owner) for name in names)
    accounts = list(Account.objects.values_list("pk", flat=True))
    for numbers in chunks(iter(range(people)), AT_ONCE):
        Contact.objects.bulk_create(
            Contact(
                account_id=accounts[number // OF_AN_ACCOUNT],
                name=f"سارة الحربي {number}" if number % 2 else f"Sara Smith {number}",
                email=f"person-{number}@customer.example",
                language="ar" if number % 2 else "en",
            )
            for number in numbers
        )
    return owner


def distribute(owner: User, now: datetime) -> Distribution:
    """To all contacts, at once; not queued yet."""
    survey = Survey.objects.create(name="Relationship", draft=written(CONTENT), made_by=owner)
    publishing.publish(survey, owner)
    everybody = Population.objects.create(
        name={"en": "Everybody"}, kind=Population.Kind.CONTACTS, made_by=owner
    )
    refresh(everybody, lambda _population: [], now)
    going = Distribution(survey=survey, working_hours=False)
    sending.distribute(going, "How are we?", everybody, Medium.EMAIL, owner)
    assert going.mailing
    mailings.schedule(going.mailing, now, now)
    return going


def everybody_answers() -> None:
    """In place of what was answered."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE surveys_response CASCADE")
        cursor.execute(RESPONSES, {"now": timezone.now() - timedelta(hours=1)})
        cursor.execute(SCORES)
        cursor.execute(REASONS)
        cursor.execute("ANALYZE surveys_response, surveys_answer")
