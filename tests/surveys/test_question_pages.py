"""The pages of one question: added, edited by two, moved, duplicated, removed, and worded better."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.texts import Text
from surveys.content import MOST_QUESTIONS, Condition, Kind, Option
from surveys.drafting import question_seen
from surveys.library import LIBRARY
from surveys.models import Survey
from tests.accounts.messages.mailed import in_role
from tests.surveys.drafts import REASON, SCORE, WHY, png, survey

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ROWS = {"options-TOTAL_FORMS": "6", "options-INITIAL_FORMS": "3"}


@pytest.fixture
def hers(sign_in, alice):
    return sign_in(in_role(alice, "Survey author"))


@pytest.fixture
def one():
    return survey()


def where(one, key, rest=""):
    return f"/surveys/{one.pk}/questions/{key}/{rest}"


def typed(question, **other):
    """What the form of it sends when nothing was typed."""
    fields = {"seen": question_seen(question), "text_en": question.text["en"], "text_ar": question.text["ar"]}
    fields |= {"scale": question.scale} if question.scale else {}
    for place, option in enumerate(question.options):
        row = f"options-{place}-"
        texts = {f"{row}text_{code}": text for code, text in option.text.items()}
        fields |= {f"{row}key": option.key, f"{row}ORDER": str(place + 1), **texts}
    return fields | (ROWS if question.options else {}) | other


def asked(key):
    return {question.key: question for question in Survey.objects.get().drafted.questions}[key]


def keys():
    return [question.key for question in Survey.objects.get().drafted.questions]


# Added


@pytest.mark.parametrize("kind", Kind)
def test_a_question_of_each_kind_is_added_and_opened(hers, one, kind):
    response = hers.post(where(one, "new"), {"kind": kind})

    added = asked(keys()[-1])
    assert added.kind == kind
    assert response["Location"] == where(one, added.key)
    assert hers.get(response["Location"]).status_code == 200
    assert hers.get(f"/surveys/{one.pk}/").status_code == 200


def test_a_question_on_a_page_of_its_own_leads_back_to_the_survey(hers, one):
    address = where(one, SCORE.key)

    assert "hx-post" in hers.get(address, headers=HTMX).content.decode()
    assert "hx-post" not in hers.get(address).content.decode()
    saved = hers.post(address, typed(SCORE))
    assert saved["Location"] == f"/surveys/{one.pk}/#asked-{SCORE.key}"


def test_questions_of_the_library_say_their_source(hers, one):
    page = hers.get(f"/surveys/{one.pk}/library/").content.decode()

    assert page.count('name="validated"') == len(LIBRARY)
    assert "Reichheld 2003" in page


@pytest.mark.parametrize("one_of_them", LIBRARY, ids=lambda one: one.key)
def test_a_question_of_the_library_can_be_published_as_it_is(hers, one, one_of_them):
    Survey.objects.update(draft={})

    hers.post(where(one, "new"), {"validated": one_of_them.key})

    assert asked(one_of_them.key) == one_of_them.question
    assert hers.get(f"/surveys/{one.pk}/").context["review"].problems == []


def test_the_same_of_the_library_again_has_a_key_of_its_own(hers, one):
    hers.post(where(one, "new"), {"validated": "nps"})

    assert keys()[0] == "nps"
    assert keys()[-1].startswith("nps-")


def test_no_other_kind_and_not_too_many_are_added(hers, one):
    assert hers.post(where(one, "new"), {"kind": "grid"}).status_code == 404
    full = survey(*(replace(SCORE, key=f"q{number}") for number in range(MOST_QUESTIONS)))

    page = hers.post(where(full, "new"), {"kind": "long"}, follow=True).content.decode()

    assert f"At most {MOST_QUESTIONS} questions." in page


# Edited


def test_a_question_is_edited_and_keeps_its_key(hers, one):
    response = hers.post(
        where(one, "nps"), typed(SCORE, text_en="How likely?", required="on", is_turned="on")
    )

    assert response["Location"] == f"/surveys/{one.pk}/#asked-nps"
    assert asked("nps") == replace(
        SCORE, text=Text(en="How likely?", ar=SCORE.text["ar"]), required=True, is_turned=True
    )


def test_what_was_not_touched_stays(hers, one):
    for question in (SCORE, REASON):
        hers.post(where(one, question.key), typed(question))
    hers.post(where(one, "why"), typed(WHY, if_nps=[str(value) for value in range(7)]))

    assert [asked(question.key) for question in (SCORE, REASON, WHY)] == [SCORE, REASON, WHY]


def test_options_are_renamed_added_moved_and_removed(hers, one):
    changes = {
        "options-0-text_en": "The price",
        "options-1-ORDER": "1",
        "options-0-ORDER": "2",
        "options-2-DELETE": "on",
        "options-3-text_en": "Support",
    }

    hers.post(where(one, "reason"), typed(REASON, **changes))

    speed, price, added = asked("reason").options
    assert speed == REASON.options[1]
    assert price == Option("price", Text(en="The price", ar="السعر"))
    assert (added.text, added.key in {"price", "speed", "other"}) == (Text(en="Support"), False)


def test_keys_of_options_are_made_by_the_house(hers, one):
    hers.post(where(one, "reason"), typed(REASON, **{"options-3-key": "mine", "options-3-text_en": "Mine"}))

    assert "mine" not in {option.key for option in asked("reason").options}


def test_a_picture_is_uploaded_and_stays(hers, settings, tmp_path):
    uploads = dict(settings.STORAGES["uploads"], OPTIONS={"location": tmp_path})
    settings.STORAGES = {**settings.STORAGES, "uploads": uploads}
    pictured = replace(REASON, kind=Kind.PICTURE)
    one = survey(pictured)
    files = {"options-0-picture": SimpleUploadedFile("a.png", png(), "image/png")}

    hers.post(where(one, "reason"), typed(pictured) | files)
    now = asked("reason")
    hers.post(where(one, "reason"), typed(now, text_en="Which?"))

    assert now.options[0].picture.startswith("surveys/")
    assert asked("reason").options == now.options
    assert now.options[0].picture in hers.get(where(one, "reason")).content.decode()


def test_what_is_no_picture_is_refused_beside_its_option(hers):
    pictured = replace(REASON, kind=Kind.PICTURE)
    one = survey(pictured)

    response = hers.post(
        where(one, "reason"), typed(pictured) | {"options-0-picture": SimpleUploadedFile("a.png", b"<svg>")}
    )

    assert response.status_code == 400
    assert "This is no picture" in response.content.decode()


@pytest.mark.parametrize(
    ("question", "given", "expected"),
    [
        (WHY, {"if_nps": ["0", "1"]}, Condition("nps", (), 0, 1)),
        (WHY, {"if_nps": ["0", "10"]}, Condition("nps", ("0", "10"))),
        (WHY, {"if_reason": ["price", "other"]}, Condition("reason", ("price", "other"))),
        (WHY, {}, None),
    ],
)
def test_conditions_name_answers_to_earlier_questions(hers, one, question, given, expected):
    hers.post(where(one, "why"), typed(question, **given))

    assert asked("why").shows_if == ((expected,) if expected else ())


def test_a_number_is_a_condition_from_one_to_another(hers):
    number = replace(SCORE, key="seats", kind=Kind.NUMBER, scale="")
    one = survey(number, replace(WHY, shows_if=()))

    hers.post(where(one, "why"), typed(replace(WHY, shows_if=()), if_seats_least="5"))

    assert asked("why").shows_if == (Condition("seats", (), 5),)


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (SCORE, {"scale": "unknown"}),
        (SCORE, {"text_en": "x" * 501}),
        (REASON, {"options-0-text_en": "x" * 201}),
        (WHY, {"if_nps": ["11"]}),
        (WHY, {"if_later": ["1"], "if_reason": ["nothing"]}),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_typed_is_lost(hers, one, question, given):
    response = hers.post(where(one, question.key), typed(question, help_ar="مساعدة") | given)

    assert response.status_code == 400
    assert response.context["form"]["help_ar"].value() == "مساعدة"
    assert asked(question.key) == question


def test_the_least_is_not_above_the_most(hers):
    several = replace(REASON, kind=Kind.SEVERAL)
    one = survey(several)

    response = hers.post(where(one, "reason"), typed(several, least="3", most="2"))

    assert list(response.context["form"].errors) == ["most"]


def test_the_second_of_two_is_told_and_keeps_what_they_typed(hers, one):
    hers.post(where(one, "nps"), typed(SCORE, text_en="First"))

    response = hers.post(where(one, "nps"), typed(SCORE, text_en="Second"))

    page = response.content.decode()
    assert response.status_code == 409
    assert response.context["form"]["text_en"].value() == "Second"
    assert "Somebody else changed this question" in page
    assert "First" in page
    assert asked("nps").text["en"] == "First"
    hers.post(where(one, "nps"), typed(SCORE, text_en="Second", seen=response.context["seen"]))
    assert asked("nps").text["en"] == "Second"


def test_two_questions_are_edited_side_by_side(hers, one):
    hers.post(where(one, "nps"), typed(SCORE, text_en="First"))

    assert hers.post(where(one, "reason"), typed(REASON, text_en="Second")).status_code == 302


def test_what_is_wrong_does_not_hide_that_somebody_was_faster(hers, one):
    hers.post(where(one, "nps"), typed(SCORE, text_en="First"))

    response = hers.post(where(one, "nps"), typed(SCORE, text_en="x" * 501))

    assert response.context["seen"] == question_seen(SCORE)


def test_a_question_that_is_gone_leads_back(hers, one):
    page = hers.get(where(one, "gone"), follow=True)

    assert "Somebody removed this question meanwhile." in page.content.decode()


def test_in_its_place_it_is_a_part_of_the_page(hers, one):
    part = hers.get(where(one, "nps"), headers=HTMX)
    wrong = hers.post(where(one, "nps"), typed(SCORE, text_en="x" * 501), headers=HTMX)
    late = hers.post(where(one, "nps"), typed(SCORE, seen="other"), headers=HTMX)

    assert 'id="notes-nps"' in part.content.decode()
    assert "<html" not in part.content.decode()
    assert {answer.status_code for answer in (part, wrong, late)} == {200}
    assert all('id="asked-nps"' in answer.content.decode() for answer in (part, wrong, late))


# Steps


@pytest.mark.parametrize(
    ("key", "do", "expected"),
    [
        ("nps", "down", ["reason", "nps", "why"]),
        ("why", "up", ["nps", "why", "reason"]),
        ("reason", "remove", ["nps", "why"]),
    ],
)
def test_moved_and_removed(hers, one, key, do, expected):
    seen = question_seen(asked(key))

    hers.post(where(one, key, "step/"), {"do": do, "seen": seen})

    assert keys() == expected


def test_what_somebody_changed_meanwhile_is_not_removed(hers, one):
    page = hers.post(where(one, "reason", "step/"), {"do": "remove", "seen": "other"}, follow=True)

    assert "Somebody else changed this question meanwhile" in page.content.decode()
    assert "reason" in keys()


def test_a_copy_is_another_question(hers, one):
    hers.post(where(one, "reason", "step/"), {"do": "duplicate"})

    first, second = keys()[1:3]
    assert first == "reason"
    assert second not in ("nps", "reason", "why")
    assert asked(second) == replace(REASON, key=second)


def test_there_is_no_other_step(hers, one):
    assert hers.post(where(one, "nps", "step/"), {"do": "explode"}).status_code == 404


# What is said of it


def test_what_is_wrong_missing_and_better_stands_beside_it(hers):
    one = survey(
        replace(SCORE, text=Text(en="Should we be faster?")),
        replace(WHY, text=Text(en="Why?", ar="لماذا؟")),
        WHY,
    )

    review = hers.get(f"/surveys/{one.pk}/").context["review"]

    score, why, _again = review.questions
    assert score.missing == ["Arabic"]
    assert "plain_verbs" in {finding.rule for finding, _language in score.findings}
    assert [problem.field for problem in why.problems] == ["key"]


def test_a_better_wording_is_taken_over(hers):
    question = replace(SCORE, text=Text(en="How likely is it that you would recommend us to a friend?"))
    one = survey(question)
    page = hers.get(f"/surveys/{one.pk}/")
    ((finding, _language), *_rest) = [
        (finding, language)
        for finding, language in page.context["review"].questions[0].findings
        if finding.wording
    ]
    assert finding.wording in page.content.decode()

    hers.post(where(one, "nps", "wording/"), {"language": "en", "wording": finding.wording})

    assert asked("nps").text == {"en": finding.wording}


def test_a_wording_that_nobody_offered_is_not_taken_over(hers, one):
    page = hers.post(where(one, "nps", "wording/"), {"language": "en", "wording": "Buy!"}, follow=True)

    assert "Nothing was changed" in page.content.decode()
    assert asked("nps") == SCORE
