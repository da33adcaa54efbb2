"""The page on which a survey is answered: without a script, from the mail, in every way in which it can go wrong."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from accounts.messages import tokens as words
from accounts.models import Hit, Message
from accounts.texts import Text
from surveys import answering_visits, tokens
from surveys.content import Condition, Content, Kind, Option, Question
from surveys.models import Answer, Invitation, Response
from surveys.wording import proposed
from tests.accounts.messages.mailed import mailing
from tests.factories import plain
from tests.surveys import rows
from tests.surveys.rows import NPS, WHY

pytestmark = pytest.mark.django_db
BAD = Question(
    "bad", Kind.SHORT, Text(en="What went wrong?", ar="ما المشكلة؟"), shows_if=(Condition("nps", most=6),)
)
AGREED = Question("agreed", Kind.CONSENT, Text(en="You may quote me", ar="نعم"), required=True)
OPTIONS = tuple(Option(key, Text(en=key)) for key in "abcdefgh")
CONTENT = Content(
    (NPS, WHY, BAD),
    intro=Text(en="Tell {organisation}", ar="أخبر"),
    thanks={"high": Text(en="Wonderful", ar="رائع"), "": Text(en="Fine")},
)


@pytest.fixture
def survey():
    return rows.survey(content=CONTENT)


@pytest.fixture
def asked(survey):
    return rows.invitation(survey, invited_at=timezone.now(), language="en")


def address(asked):
    return f"/s/{tokens.of(asked)}/"


def page(client, where):
    return client.get(where).content.decode()


def fields(html):
    """Those that no person fills."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    }


def send(client, where, *, to=None, **answers):
    """As a browser does that was sent the page."""
    return post(client, to or where, fields(page(client, where)) | answers)


def post(client, where, given):
    body = "&".join(f"{name}={value}" for name, value in given.items())
    return client.post(where, body, content_type="application/x-www-form-urlencoded")


def kept():
    return {one.question: one.text or one.value for one in Answer.objects.all()}


# Own words in place of an option

WAYS = {
    kind: Question("way", kind, Text(en="Which?"), options=OPTIONS, has_other=True, required=True)
    for kind in (Kind.ONE, Kind.DROPDOWN, Kind.SEVERAL)
}


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (Kind.ONE, {"way": "_other", "_other_way": "Fax"}, "_other"),
        (Kind.DROPDOWN, {"way": "_other", "_other_way": "Fax"}, "_other"),
        (Kind.SEVERAL, {"way": "a&way=_other", "_other_way": "Fax"}, ["a", "_other"]),
        # They stand for nothing.
        (Kind.ONE, {"way": "a", "_other_way": "Fax"}, "a"),
    ],
)
def test_own_words_are_kept_and_found_again(client, kind, given, value):
    asked = rows.invitation(rows.survey(WAYS[kind]), invited_at=timezone.now())

    send(client, address(asked), **given)

    answer = Answer.objects.get()
    words = "" if value == "a" else "Fax"
    assert (answer.value, answer.text) == (value, words)
    assert ('value="Fax"' in page(client, address(asked) + "?change=1")) == bool(words)


@pytest.mark.parametrize(("words", "said"), [("", "Please say what."), ("x" * 301, "at most 300 characters")])
def test_other_without_words_of_some_length_is_no_answer(client, words, said):
    asked = rows.invitation(rows.survey(WAYS[Kind.ONE]))

    answer = send(client, address(asked), way="_other", _other_way=words)

    assert (answer.status_code, kept()) == (400, {})
    assert said in answer.content.decode()


# Asking for it


def test_what_one_chose_in_the_mail_is_not_chosen_for_the_next(client, asked, survey):
    other = rows.invitation(survey, invited_at=timezone.now(), language="en")

    chosen = [
        page(client, where).count(" checked") for where in (f"{address(asked)}?value=9", address(other))
    ]

    assert chosen == [1, 0]


@pytest.mark.parametrize("ask", ["get", "head"])
@pytest.mark.parametrize("more", ["", "?value=9", "thanks/", "withdraw/"])
def test_asking_answers_nothing(client, asked, ask, more):
    before = Invitation.objects.values().get()

    getattr(client, ask)(address(asked) + more)

    assert (Response.objects.count(), Invitation.objects.values().get()) == (0, before)


@pytest.fixture
def mailed(csm):
    """How one is asked by mail, and the message: of a survey with that identity."""

    def by_mail(identity):
        survey = rows.survey(identity=identity)
        one = mailing(csm, letter=proposed(survey.current.content, "email"))
        sent = plain(Message, letter=one.letter, mailing=one, language="en", key="1")
        return rows.invitation(survey, invited_at=timezone.now(), message=sent), sent

    return by_mail


@pytest.mark.parametrize(
    ("identity", "links"), [("identified", [10, 0]), ("confidential", [0, 0]), ("anonymous", [])]
)
def test_whoever_comes_from_the_mail_has_clicked(client, mailed, identity, links):
    asked, sent = mailed(identity)

    for more in ("?value=9", "", "?language=ar"):
        client.get(address(asked) + more)
    client.head(address(asked))

    noted = Hit.objects.order_by("pk").values_list("message", "link")
    assert list(noted) == [(sent.pk, link) for link in links]


def test_click_in_a_reminder_is_the_reminders(client, mailed):
    asked, sent = mailed("identified")
    reminder = plain(Message, letter=sent.letter, reminds_of=sent, language="en", key="2")

    client.get(f"/s/{words.of(reminder.pk, words.CHOICE)}/")

    assert list(Hit.objects.values_list("message", flat=True)) == [reminder.pk]


def test_button_of_a_mail_chooses_its_value(client, asked):
    chosen = re.compile(r'<input type="radio" name="nps" value="(\d+)"[^>]* checked')

    assert chosen.findall(page(client, address(asked) + "?value=9")) == ["9"]
    assert chosen.findall(page(client, address(asked) + "?value=99")) == []


def test_page_is_small_and_of_ours_alone(client, asked):
    html = page(client, address(asked))
    linked = re.findall(r'(?:href|src)="/static/([^"]+)"', html)

    assert sum(Path(finders.find(one)).stat().st_size for one in linked) + len(html) < 50_000
    assert not re.search(r"<style|<script>| style=|https?://", html)


@pytest.mark.parametrize(("language", "direction", "text"), [("en", "ltr", "Why?"), ("ar", "rtl", "لماذا؟")])
def test_page_is_in_the_language_that_is_chosen(client, asked, language, direction, text):
    html = page(client, f"{address(asked)}?language={language}")

    assert f'<html lang="{language}" dir="{direction}">' in html
    assert text in html


def test_page_is_in_a_language_of_the_survey(client, asked):
    Invitation.objects.update(language="fr")

    assert '<html lang="en"' in page(client, address(asked))


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("identified", "together with your name"),
        ("confidential", "at least five people"),
        ("anonymous", "cannot be led back to you"),
    ],
)
def test_page_says_who_sees_what(client, identity, words):
    asked = rows.invitation(rows.survey(identity=identity))

    html = page(client, address(asked))

    assert words in html
    assert ("Please contact me" in html, "data-keeps" in html) == (
        identity == "confidential",
        identity != "anonymous",
    )


def test_options_are_shuffled_for_each_and_stay_so(client):
    many = Question("many", Kind.ONE, Text(en="Which?"), options=OPTIONS, is_shuffled=True)
    survey = rows.survey(many)
    orders = [
        re.findall(r'name="many" value="(\w)"', page(client, address(one)))
        for invited in [rows.invitation(survey, account=None) for _number in range(4)]
        for one in (invited, invited)
    ]

    assert orders[::2] == orders[1::2]
    assert len({"".join(order) for order in orders}) > 1
    assert {"".join(sorted(order)) for order in orders} == {"abcdefgh"}


# Answering


def test_answer_is_kept_and_thanked_for_by_its_band(client, asked):
    answer = send(client, address(asked), nps="9", why="Good")

    assert (answer.status_code, kept()) == (302, {"nps": 9, "why": "Good"})
    assert "Wonderful" in page(client, answer["Location"])
    assert "Wonderful" in page(client, address(asked))


def test_browser_without_cookies_or_a_token_of_ours_can_answer(asked):
    client = Client(enforce_csrf_checks=True)

    send(client, address(asked), nps="2", _seen="nps why bad")

    assert kept() == {"nps": 2}
    assert not client.cookies


def test_question_that_comes_by_an_answer_is_asked_before_the_end(client, asked):
    first = page(client, address(asked))
    answer = send(client, address(asked), nps="2")
    then = page(client, answer["Location"])
    send(client, address(asked), nps="2", bad="All")

    assert 'data-key="bad"' in first
    assert re.search(r'data-key="bad"[^>]* hidden', first)
    assert not re.search(r'data-key="bad"[^>]* hidden', then)
    assert answer["Location"].endswith("#question-bad")
    assert Response.objects.get().completed_at
    assert kept() == {"nps": 2, "bad": "All"}


def test_what_is_missing_is_marked_and_the_rest_kept(client, asked):
    answer = send(client, address(asked), why="Slow")

    html = answer.content.decode()
    assert (answer.status_code, kept()) == (400, {"why": "Slow"})
    assert "<title>Please check your answers · " in html
    assert "Please answer this." in html
    assert ">\nSlow</textarea>" in html
    assert not Response.objects.get().completed_at


def test_nothing_at_all_is_not_sent(client):
    asked = rows.invitation(rows.survey(rows.WHY, identity="confidential"))

    refused = send(client, address(asked), why=" ")
    assert (refused.status_code, Response.objects.count()) == (400, 0)
    assert "Nothing is answered yet." in refused.content.decode()
    # Who asks to be contacted says something.
    assert send(client, address(asked), _contact="on").status_code == 302


def test_consent_that_is_needed_must_be_given(client):
    asked = rows.invitation(rows.survey(AGREED))

    refused, given = send(client, address(asked)), send(client, address(asked), agreed="on")

    assert (refused.status_code, given.status_code, kept()) == (400, 302, {"agreed": True})


def test_parts_are_kept_while_they_are_written_and_found_again(client, asked):
    answer = send(client, address(asked), why="Slow", _step="save")

    assert (answer.status_code, answer.content, kept()) == (204, b"", {"why": "Slow"})
    assert ">\nSlow</textarea>" in page(Client(), address(asked))


def test_language_is_changed_and_what_was_written_kept(client, asked):
    answer = send(client, address(asked), to=f"{address(asked)}?language=ar", why="Slow", _step="language")

    html = page(client, answer["Location"])
    assert '<html lang="ar" dir="rtl">' in html
    assert ">\nSlow</textarea>" in html


def test_answers_are_changed_as_a_whole(client, asked):
    send(client, address(asked), nps="9")

    part = send(client, f"{address(asked)}?change=1", to=address(asked), nps="1", _step="save")
    assert (part.status_code, kept()) == (409, {"nps": 9})
    send(client, f"{address(asked)}?change=1", to=address(asked), nps="8")

    assert kept() == {"nps": 8}


def test_answers_are_withdrawn_by_a_button(client, asked):
    send(client, address(asked), nps="9")

    answer = send(client, f"{address(asked)}withdraw/")

    assert "Your answers are deleted" in answer.content.decode()
    assert (kept(), client.get(address(asked)).status_code) == ({}, 410)


def test_confidential_answer_may_ask_for_contact(client):
    asked = rows.invitation(rows.survey(identity="confidential"))

    send(client, address(asked), nps="2", _contact="on")

    assert Response.objects.get().wants_contact


def test_anonymous_answers_are_thanked_for_at_once(client):
    asked = rows.invitation(rows.survey(content=CONTENT, identity="anonymous"))
    part = send(client, address(asked), nps="9", _step="save")
    further = send(client, address(asked), nps="2")
    nothing_yet = kept()

    answer = send(client, address(asked), nps="9")

    assert (part.status_code, further.status_code, nothing_yet) == (409, 200, {})
    assert "There is more to ask" in further.content.decode()
    html = answer.content.decode()
    assert "Wonderful" in html
    assert "Change my answers" not in html
    assert client.get(address(asked)).status_code == 410


@pytest.mark.parametrize("make", [rows.invitation, rows.link])
def test_answer_that_cannot_be_changed_is_thanked_for(client, make):
    asked = make(rows.survey(content=CONTENT, hours_to_edit=0))

    html = page(client, send(client, address(asked), nps="9")["Location"])

    assert ("Wonderful" in html, "Change my answers" in html) == (True, False)


# By a link


def test_link_is_answered_by_each_browser_and_changed_by_its_own(survey):
    link, hers, his = rows.link(survey), Client(), Client()
    send(hers, address(link), nps="9")
    send(his, address(link), nps="8")

    send(hers, f"{address(link)}?change=1", to=address(link), nps="7")

    assert sorted(Answer.objects.values_list("value", flat=True)) == [7, 8]
    assert hers.cookies["answer"]["path"] == address(link)
    assert (hers.cookies["answer"]["httponly"], hers.cookies["answer"]["samesite"]) == (True, "Lax")


def test_another_person_answers_a_link_on_the_same_device(client, survey):
    link = rows.link(survey)
    send(client, address(link), nps="9")

    send(client, f"{address(link)}?anew=1", to=address(link), nps="1", _seen="nps why bad")

    assert Response.objects.count() == 2


def test_page_of_a_link_sent_again_is_one_response(survey):
    link, client = rows.link(survey), Client()
    given = fields(page(client, address(link))) | {"nps": "9"}

    for _time in range(2):
        post(Client(), address(link), given)

    assert Response.objects.count() == 1


def test_form_of_one_link_is_none_of_another(survey):
    link, other = rows.link(survey), rows.link(survey)
    given = fields(page(Client(), address(link))) | {"nps": "9"}

    post(Client(), address(link), given)
    post(Client(), address(other), given)

    assert (link.responses.count(), other.responses.count()) == (1, 1)


# What goes wrong


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("of_survey", "of_asked", "words", "status"),
    [
        ({}, {"expires_at": timezone.now()}, "The time to answer is over", 410),
        ({}, {"revoked_at": timezone.now()}, "no longer holds", 410),
        ({"opens": "2999-01-01"}, {}, "not open yet", 403),
        ({"closes": "2020-01-01"}, {}, "This survey is closed", 410),
    ],
)
def test_each_reason_has_its_page(client, method, of_survey, of_asked, words, status):
    asked = rows.invitation(rows.survey(**of_survey), **of_asked)

    answer = getattr(client, method)(address(asked), {"nps": "9"})

    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert not Response.objects.exists()


def test_page_of_a_reason_is_in_the_language_of_whoever_was_asked(client, survey):
    asked = rows.invitation(survey, language="ar", revoked_at=timezone.now())

    assert '<html lang="ar" dir="rtl">' in page(client, address(asked))


def test_survey_that_was_never_published_is_not_open_yet(client, asked):
    asked.survey.versions.all().delete()

    assert client.get(address(asked)).status_code == 403


@pytest.mark.parametrize(
    "where",
    [
        "/s/forged/",
        "/s/" + "a" * 30 + "/thanks/",
        "/s/a:b:c/",
        "/s/%00/",
        "/s/a%0Ab/",
        "/s/%D8%B3/",
        "/s/a b/withdraw/",
    ]
    + ["/s/" + "a" * 61 + "/"],
)
def test_forged_address_leads_nowhere(client, where):
    answer = client.get(where)

    assert (answer.status_code, "leads nowhere" in answer.content.decode()) == (404, True)


def test_test_of_a_mailing_keeps_nothing(client, alice):
    one = mailing(alice)
    rows.distribution(trigger="", mailing=one, letter=None)
    test = Message.objects.create(letter=one.letter, language="en", due_at=timezone.now(), key="test-1")

    answer = client.post(f"/s/{words.of(test.pk, words.CHOICE)}/", {"nps": "9"})

    assert "This was a test" in answer.content.decode()
    assert not Response.objects.exists()


def test_comment_of_ten_megabytes_is_refused_beside_its_field(client, asked):
    answer = send(client, address(asked), why="%D8%A7" * (5 << 20), nps="9", bad="All")

    html = answer.content.decode()
    assert (answer.status_code, kept()) == (400, {"nps": 9})
    assert "at most 10000 characters" in html
    assert re.search(r'value="9"[^>]* checked', html)
    assert len(html) < 500_000


def test_part_that_is_wrong_leaves_what_was_kept(client, asked):
    send(client, address(asked), why="Slow", _step="save")

    send(client, address(asked), why="a" * 20_000, nps="9", _step="save")

    assert kept() == {"why": "Slow", "nps": 9}


@pytest.mark.parametrize("given", [{"why": "a%00b"}, {"nps": "%00"}, {"nps": "12"}, {"nps": "x"}])
def test_what_nobody_can_enter_is_an_error(client, asked, given):
    answer = send(client, address(asked), **{"nps": "9"} | given)

    assert answer.status_code == 400
    assert not Response.objects.filter(completed_at__isnull=False).exists()


def test_survey_edited_meanwhile_is_ended_as_it_was_begun(client, asked, survey):
    given = fields(page(client, address(asked))) | {"nps": "9", "why": "Good"}
    survey.versions.create(number=2, asked={"questions": []})

    post(client, address(asked), given)

    assert (Response.objects.get().version.number, kept()) == (1, {"nps": 9, "why": "Good"})


def test_who_sends_too_much_is_asked_to_wait(client, asked, monkeypatch):
    monkeypatch.setattr(answering_visits, "MOST_POSTS", 1)
    first, second = (send(client, address(asked), why="Slow") for _time in range(2))

    assert (first.status_code, second.status_code) == (400, 429)
    assert client.get(address(asked)).status_code == 200


@pytest.mark.parametrize(
    ("given", "is_machine"),
    [({}, False), ({"_homepage": "https://spam.example"}, True), ({"_form": "made up"}, True)],
)
def test_machine_is_marked_and_its_answer_kept(client, asked, given, is_machine, monkeypatch):
    monkeypatch.setattr(answering_visits, "AT_LEAST", 0)
    monkeypatch.setattr(answering_visits, "FOR_AN_ANSWER", 0)

    send(client, address(asked), nps="9", **given)

    assert (Response.objects.get().is_machine, kept()) == (is_machine, {"nps": 9})


def test_answer_that_comes_at_once_is_a_machines(client, asked):
    send(client, address(asked), nps="9")

    assert Response.objects.get().is_machine
