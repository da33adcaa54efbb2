"""The letter of what goes out by itself: written, looked at in each language, and tried."""

import pytest

from accounts.messages.choices import ANSWERS
from accounts.models import Letter, Message
from surveys import invitations, triggers
from surveys.models import Distribution, Invitation
from tests.accounts.messages.mailed import in_role, person
from tests.factories import account
from tests.surveys.asking import arrive
from tests.surveys.test_triggers import NOW, begin, look, resolved

__all__ = ["begin"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def one(begin, csm):
    made = begin("ticket")
    Distribution.objects.update(made_by=csm)
    return made


def address(one, more=""):
    return f"/surveys/distributions/{one.pk}/letter/{more}"


def typed(client, one, **more):
    form = client.get(address(one)).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | more


def test_letter_is_shown_in_both_languages(sign_in, csm, one):
    client = sign_in(csm)

    page = client.get(address(one)).content.decode()
    mails = {lang: client.get(address(one, f"mail/?lang={lang}")).content.decode() for lang in ("en", "ar")}

    assert page.count("<iframe") == 2
    assert ("How likely?" in mails["en"], "ما مدى احتمال ذلك؟" in mails["ar"]) == (True, True)


def test_what_is_written_goes_out_from_then_on(sign_in, csm, one):
    sara, client = person(account=account(owner=csm)), sign_in(csm)
    resolved(sara)
    look()
    client.post(address(one), typed(client, one, subject_en="How did we do?"))
    resolved(sara)
    look()
    arrive(one, NOW)

    first, second = Message.objects.order_by("pk")
    assert second.letter.texts["en"]["subject"] == "How did we do?"
    assert second.letter.texts["en"][ANSWERS] == first.letter.texts["en"][ANSWERS]
    assert Invitation.objects.filter(distribution=one).count() == 2


def test_letter_that_could_not_be_sent_is_not_taken(sign_in, csm, one):
    client = sign_in(csm)

    answer = client.post(address(one), typed(client, one, body_en="Dear {{ nobody }}", subject_ar=""))

    assert (answer.status_code, set(answer.context["form"].errors)) == (400, {"body_en", "subject_ar"})
    assert Letter.objects.count() == 1


def test_second_of_two_who_write_is_told(sign_in, csm, one):
    client = sign_in(csm)
    before = typed(client, one)
    client.post(address(one), before | {"subject_en": "Theirs"})

    answer = client.post(address(one), before | {"subject_en": "Mine"})

    one.refresh_from_db()
    assert (answer.status_code, one.letter.texts["en"]["subject"]) == (409, "Theirs")
    assert b"Mine" in answer.content


def test_test_goes_to_whoever_wants_it_and_asks_nobody(sign_in, csm, one):
    sign_in(csm).post(address(one, "test/"), {"lang": "ar"})

    sent = Message.objects.get()
    assert (sent.address, sent.language, sent.letter) == (csm.email, "ar", one.letter)
    assert invitations.of_message(sent) is None


@pytest.mark.parametrize("more", ["", "mail/?lang=en", "test/"])
def test_strangers_find_no_letter(sign_in, charlie, one, more):
    client = sign_in(in_role(charlie))

    assert (client.post if more == "test/" else client.get)(address(one, more)).status_code == 404


def test_every_so_many_days_counts_what_an_earlier_letter_asked(sign_in, csm, begin):
    one, sara = begin("every", days=30), person(account=account(owner=csm))
    Distribution.objects.update(made_by=csm)
    assert triggers.turn(lambda: NOW) == 1
    client = sign_in(csm)
    client.post(address(one), typed(client, one, subject_en="Again?"))

    assert triggers.turn(lambda: NOW.replace(day=25)) == 0
    assert Message.objects.get().contact == sara
