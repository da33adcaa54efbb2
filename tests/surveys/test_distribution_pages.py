"""The pages on which a survey is sent: who sees them, what they make, and what they show."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.messages import mailings
from accounts.models import Mailing, Message
from surveys.models import Distribution, Invitation, Survey
from tests.accounts.messages.mailed import in_role, people, person
from tests.factories import account
from tests.surveys import rows
from tests.surveys.asking import sent, to_all

pytestmark = pytest.mark.django_db
STEPS = ("distributions/{}/pause/", "distributions/{}/resume/")


@pytest.fixture
def asked(csm):
    """Two days ago."""
    person(account=account(owner=csm))
    return sent(to_all(csm), timezone.now() - timedelta(days=2))


def typed(**more):
    return {"name": "May", "medium": "email", "days_valid": 30, "reminders": "3, 7"} | more


def new(survey):
    return f"/surveys/{survey.pk}/distributions/new/"


def test_for_strangers_there_is_no_such_distribution(sign_in, charlie, asked):
    client, one = sign_in(in_role(charlie)), Invitation.objects.get()

    assert client.get(f"/surveys/{asked.survey.pk}/distributions/").context["page"].object_list.count() == 0
    assert client.get(f"/surveys/distributions/{asked.pk}/").status_code == 404
    assert {client.post(f"/surveys/{step.format(asked.pk)}").status_code for step in STEPS} == {404}
    assert client.post(f"/surveys/invitations/{one.pk}/remind/").status_code == 404


def test_who_reads_everything_sends_nothing(sign_in, charlie, asked):
    client, one = sign_in(in_role(charlie, "Executive")), Invitation.objects.get()

    page = client.get(f"/surveys/distributions/{asked.pk}/").content.decode()

    assert "/remind/" not in page
    assert client.get(new(asked.survey)).status_code == 403
    assert client.post(f"/surveys/invitations/{one.pk}/remind/").status_code == 403


def test_survey_is_sent_as_a_mailing_whose_pages_do_the_rest(sign_in, csm):
    survey, population = rows.survey(), people()
    client = sign_in(csm)
    client.get(new(survey))

    answer = client.post(new(survey), typed(population=population.pk, working_hours="on", per_hour=50))

    mailing = Mailing.objects.get()
    assert answer["Location"] == f"/mailings/{mailing.pk}/"
    made = Distribution.objects.get()
    assert (made.reminders, made.per_hour, made.working_hours, made.made_by) == ([3, 7], 50, True, csm)
    assert (mailing.population, mailing.name, made.mailing) == (population, "May", mailing)
    page = client.get(answer["Location"]).content.decode()
    assert f"/surveys/distributions/{made.pk}/" in page
    assert "duplicate/" not in page
    assert client.post(f"/mailings/{mailing.pk}/duplicate/").status_code == 404


def test_what_it_asks_outlives_the_editing_of_its_texts(sign_in, csm):
    one = to_all(csm)
    client, texts = sign_in(csm), one.mailing.letter.texts
    parts = {
        f"{part}_{language}": text[part]
        for language, text in texts.items()
        for part in ("subject", "body", "button")
    }
    about = {"name": "May", "population": one.mailing.population_id, "purpose": "surveys", "language": "en"}

    client.post(f"/mailings/{one.mailing.pk}/edit/", about | parts | {"subject_en": "Another"})

    kept = Mailing.objects.get().letter.texts
    assert kept["en"] == texts["en"] | {"subject": "Another"}
    assert kept["ar"] == texts["ar"]


def test_what_happens_sends_from_now_on(sign_in, csm):
    survey = rows.survey()
    client = sign_in(csm)

    answer = client.post(new(survey), typed(trigger="customer", days=30))

    made = Distribution.objects.get()
    assert answer["Location"] == f"/surveys/distributions/{made.pk}/"
    assert set(made.letter.texts) == {"en", "ar"}
    assert client.get(answer["Location"]).status_code == 200
    client.post(f"/surveys/distributions/{made.pk}/pause/")
    assert Distribution.objects.get().paused_at
    client.post(f"/surveys/distributions/{made.pk}/resume/")
    assert Distribution.objects.get().paused_at is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "population"),
        ({"trigger": "event"}, "event"),
        ({"trigger": "every"}, "days"),
        ({"trigger": "ticket", "reminders": "soon"}, "reminders"),
        ({"trigger": "ticket", "days_valid": 0}, None),
    ],
    ids=str,
)
def test_what_is_missing_is_said_where_it_is_missing(sign_in, csm, given, field):
    answer = sign_in(csm).post(new(rows.survey()), typed(**given))

    assert answer.status_code == 400
    assert not field or set(answer.context["form"].errors) == {field}
    assert not Distribution.objects.exists()


def test_survey_that_nobody_could_answer_is_not_sent(sign_in, csm):
    survey = Survey.objects.create(name="Draft")

    assert sign_in(csm).get(new(survey))["Location"] == f"/surveys/{survey.pk}/distributions/"


def test_progress_costs_the_same_for_three(sign_in, csm, asked, django_assert_max_num_queries):
    client = sign_in(csm)
    where = f"/surveys/{asked.survey.pk}/distributions/"
    Invitation.objects.update(started_at=timezone.now(), completed_at=timezone.now())
    with django_assert_max_num_queries(20):
        (one,) = client.get(where).context["page"]
    assert (one.sent, one.delivered, one.started, one.completed) == (1, 1, 1, 1)
    for _time in range(2):
        to_all(csm, survey=asked.survey)

    with django_assert_max_num_queries(20):
        assert len(client.get(where).context["page"].object_list) == 3


def test_one_person_is_reminded_by_a_button(sign_in, csm, asked):
    client, one = sign_in(csm), Invitation.objects.get()
    remind = f"/surveys/invitations/{one.pk}/remind/"
    assert remind in client.get(f"/surveys/distributions/{asked.pk}/").content.decode()

    answers = [client.post(remind, follow=True).content.decode() for _time in range(2)]

    assert Message.objects.filter(reminds_of=one.message).count() == 1
    assert ["on its way" in answer for answer in answers] == [True, False]


def test_of_an_anonymous_survey_nobody_sees_who_answered(sign_in, csm, asked):
    Survey.objects.update(identity="anonymous")
    Invitation.objects.update(answered=True)

    client = sign_in(csm)

    page = client.get(f"/surveys/distributions/{asked.pk}/").content.decode()

    assert "remind/" not in page
    assert client.post(f"/surveys/invitations/{Invitation.objects.get().pk}/remind/").status_code == 404
    assert page.count("Completed") == 1


def test_preview_of_the_mailing_shows_what_it_asks(sign_in, csm):
    person(account=account(owner=csm))
    one = to_all(csm)

    html = sign_in(csm).get(f"/mailings/{one.mailing.pk}/preview/mail/?lang=ar").content.decode()

    assert html.count('class="choice"') == 11
    assert mailings.counts(one.mailing, timezone.now()) == {"": 1}
