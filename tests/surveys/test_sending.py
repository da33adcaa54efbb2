"""A survey goes out by a real SMTP server, in both languages, and reminds whoever has not answered."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.messages import mailings, tokens
from accounts.models import Letter, Message
from surveys import invitations, reminders, sending
from surveys.content import Content
from surveys.models import Distribution, Invitation, Survey
from tests.accounts.messages.mailed import NOW, people, person
from tests.accounts.messages.test_letters import elements
from tests.surveys import rows
from tests.surveys.asking import OPEN, to_all

pytestmark = pytest.mark.django_db


def turn(now):
    mailings.turn(now + timedelta(minutes=1), lambda: now)


def links(mail):
    html = mail.get_body(["html"]).get_content()
    return [unescape(one["href"]) for one in elements(html, "a") if one.get("class") == "choice"]


def test_survey_goes_out_and_reminds_only_who_did_not_answer(server, settings, administrator):
    sara = person()
    omar = person("omar@najm.example", name="عمر", language="ar", account=sara.account)
    one = to_all(administrator, reminders=[3])
    now = timezone.now()
    mailings.schedule(one.mailing, now, now)

    turn(now)
    invitations.keep(now)

    english, arabic = sorted(server.taken, key=lambda mail: mail["To"])
    of_sara, of_omar = (Invitation.objects.get(contact=contact) for contact in (sara, omar))
    assert [(i.channel, i.language, i.survey, i.account) for i in (of_sara, of_omar)] == [
        ("email", "en", one.survey, sara.account),
        ("email", "ar", one.survey, sara.account),
    ]
    for mail, invitation in ((english, of_sara), (arabic, of_omar)):
        page = f"{settings.URL}/s/{tokens.of(invitation.message_id, tokens.CHOICE)}/"
        assert links(mail) == [f"{page}?value={n}" for n in range(11)]
    assert "How likely?" in english.get_body(["plain"]).get_content()
    assert "ما مدى احتمال ذلك؟" in arabic.get_body(["plain"]).get_content()

    Invitation.objects.filter(pk=of_omar.pk).update(answered=True)
    later = now + timedelta(days=3, minutes=1)
    assert (reminders.remind_due(later), reminders.remind_due(later)) == (1, 0)
    turn(later)

    (again,) = server.taken[2:]
    reminder = Message.objects.get(reminds_of=of_sara.message)
    assert again["To"] == english["To"]
    assert links(again)[0] == f"{settings.URL}/s/{tokens.of(reminder.pk, tokens.CHOICE)}/?value=0"
    assert invitations.of_message(reminder) == of_sara


def test_nothing_goes_out_of_a_survey_that_asks_nothing_yet(administrator):
    survey = Survey.objects.create(name="Draft")

    with pytest.raises(sending.NotPublished):
        sending.distribute(Distribution(survey=survey), "Draft", people(), "email", administrator)
    assert not Letter.objects.exists()


def test_survey_without_a_scale_has_a_button_alone(administrator):
    one = to_all(administrator, survey=rows.survey(content=Content((rows.WHY,))))

    text = one.mailing.letter.texts["en"]

    assert (text["answers"]["choices"], text["button"]) == ([], "Answer the survey")


@pytest.mark.parametrize("medium", ["email", "sms"])
def test_proposed_texts_can_be_sent_as_they_are(administrator, medium):
    one = to_all(administrator, medium=medium)

    assert mailings.schedule(one.mailing, NOW, NOW)
    assert one.mailing.purpose == "surveys"


def test_messages_leave_at_the_hour_that_is_set_before_they_could(administrator):
    person(time_zone="Asia/Riyadh")
    one = to_all(administrator, **OPEN | {"working_hours": True})
    night = NOW.replace(hour=1)
    mailings.schedule(one.mailing, night, night)

    mailings.queue_due(night)

    assert Message.objects.get().due_at == NOW.replace(hour=6)
