"""The pages of surveys: who sees them, how one is begun, set up, published, duplicated and archived."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from surveys.models import Survey
from surveys.publishing import publish
from surveys.templates import TEMPLATES
from tests.accounts.messages.mailed import in_role
from tests.surveys.drafts import SCORE, content, png, survey
from tests.surveys.rows import response as answered

pytestmark = pytest.mark.django_db
PAGES = ("", "settings/", "texts/", "preview/", "versions/", "library/", "questions/nps/")
WRITTEN = ("settings/", "texts/", "library/", "questions/nps/")
BUTTONS = (
    *("publish/", "duplicate/", "archive/", "take-back/", "settings/", "texts/"),
    *("questions/new/", "questions/nps/", "questions/nps/step/", "questions/nps/wording/"),
)
SET_UP = {
    "name": "Relationship",
    "touchpoint": "relationship",
    "identity": "identified",
    "hours_to_edit": "24",
    "colour": "",
}


@pytest.fixture
def author(alice):
    return in_role(alice, "Survey author")


@pytest.fixture
def hers(sign_in, author):
    return sign_in(author)


@pytest.fixture
def one():
    return survey()


# Who sees them


def test_for_strangers_there_is_no_such_survey(sign_in, charlie, one):
    client = sign_in(charlie)

    assert {client.get(f"/surveys/{one.pk}/{page}").status_code for page in PAGES} == {404}
    assert {client.post(f"/surveys/{one.pk}/{button}").status_code for button in BUTTONS} == {404}
    assert {
        client.get(f"/surveys/{page}").status_code for page in ("", "new/", "scales/", "scales/new/")
    } == {404}
    assert "/surveys/" not in client.get("/").content.decode()


def test_who_only_reads_changes_nothing(sign_in, charlie, one):
    client = sign_in(in_role(charlie, "Service manager"))
    before = one.draft

    page = client.get(f"/surveys/{one.pk}/").content.decode()

    assert {client.post(f"/surveys/{one.pk}/{button}").status_code for button in BUTTONS} == {403}
    assert {client.get(f"/surveys/{one.pk}/{page}").status_code for page in WRITTEN} == {403}
    assert client.get("/surveys/new/").status_code == 403
    assert "questions/nps/" not in page
    assert Survey.objects.get().draft == before


def test_what_is_not_there_is_not_found(hers):
    assert {hers.get(f"/surveys/1/{page}").status_code for page in PAGES} == {404}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_all_pages_are_there_in_both_languages(sign_in, author, one, language):
    User.objects.update(language=language)
    client = sign_in(author)
    publish(one, author)

    pages = [client.get(f"/surveys/{one.pk}/{page}") for page in PAGES]
    pages += [client.get(f"/surveys/{page}") for page in ("", "new/", "scales/", "scales/new/")]

    assert {page.status_code for page in pages} == {200}
    assert f'<html lang="{language}"' in pages[0].content.decode()


# The list


def test_an_empty_list_leads_to_the_templates(hers):
    page = hers.get("/surveys/").content.decode()

    assert "No survey yet" in page
    assert 'href="/surveys/new/"' in page


def test_surveys_are_listed_by_state(hers, author):
    yesterday = timezone.now().date() - timedelta(days=1)
    made = {
        "draft": survey(name="draft"),
        "open": survey(name="open"),
        "closed": survey(name="closed", closes=yesterday),
        "archived": survey(name="archived", archived_at=timezone.now()),
    }
    for state in ("open", "closed", "archived"):
        publish(made[state], author)

    def listed(query):
        return {one.name for one, _languages in hers.get(f"/surveys/{query}").context["listed"]}

    assert {state: listed(f"?state={state}") for state in made} == {state: {state} for state in made}
    assert listed("") == {"draft", "open", "closed"}
    assert hers.get("/surveys/?state=lost").status_code == 400


def test_list_says_versions_and_languages_and_costs_the_same_for_three(
    hers, author, one, django_assert_max_num_queries
):
    publish(one, author)
    hers.get("/surveys/")
    with django_assert_max_num_queries(30) as few:
        ((listed, languages),) = hers.get("/surveys/").context["listed"]
    for _time in range(2):
        survey()

    with django_assert_max_num_queries(30) as more:
        assert len(hers.get("/surveys/").context["listed"]) == 3

    assert (listed.latest, [str(language) for language in languages]) == (1, ["English", "Arabic"])
    assert len(few.captured_queries) == len(more.captured_queries)


# A new one


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_survey_begins_with_a_template(hers, author, key):
    response = hers.post("/surveys/new/", {"name": "Mine", "template": key})

    made = Survey.objects.get()
    assert response["Location"] == f"/surveys/{made.pk}/"
    assert (made.name, made.made_by, made.drafted) == ("Mine", author, TEMPLATES[key].content)
    assert hers.get(f"/surveys/{made.pk}/").context["review"].problems == []


def test_templates_say_what_they_ask(hers):
    page = hers.get("/surveys/new/").content.decode()

    assert "What was missing for a 9?" in page
    assert "ما الذي كان ينقص لتمنحنا 9؟" in page


def test_a_blank_survey_says_what_is_missing(hers):
    hers.post("/surveys/new/", {"name": "Mine", "template": ""})

    page = hers.get(f"/surveys/{Survey.objects.get().pk}/").content.decode()

    assert "Ask at least one question." in page
    assert "No question yet" in page


@pytest.mark.parametrize("given", [{"name": ""}, {"name": "Mine", "template": "other"}])
def test_a_new_survey_needs_a_name_and_a_known_template(hers, given):
    assert hers.post("/surveys/new/", given).status_code == 400
    assert not Survey.objects.exists()


# Settings and texts


def test_settings_are_saved(hers, one, settings, tmp_path):
    uploads = dict(settings.STORAGES["uploads"], OPTIONS={"location": tmp_path})
    settings.STORAGES = {**settings.STORAGES, "uploads": uploads}
    logo = SimpleUploadedFile("logo.png", png(), "image/png")
    given = {
        "identity": "anonymous",
        "closes": "2030-01-01",
        "quota": "100",
        "colour": "#3454D1",
        "picture": logo,
    }

    hers.post(f"/surveys/{one.pk}/settings/", SET_UP | given)

    one.refresh_from_db()
    assert (one.identity, str(one.closes), one.quota, one.colour) == (
        "anonymous",
        "2030-01-01",
        100,
        "#3454d1",
    )
    assert one.logo.name.startswith("surveys/")
    page = hers.get(f"/surveys/{one.pk}/").content.decode()
    assert "/s/theme/3454d1.css" in page
    assert "/s/picture/surveys/" in page

    hers.post(f"/surveys/{one.pk}/settings/", SET_UP | {"drop_logo": "on"})

    one.refresh_from_db()
    assert not one.logo


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"colour": "red"}, "colour"),
        ({"opens": "2026-02-01", "closes": "2026-01-01"}, "closes"),
        ({"quota": "0"}, "quota"),
        ({"identity": "nobody"}, "identity"),
        ({"picture": SimpleUploadedFile("logo.png", b"<svg>", "image/png")}, "picture"),
    ],
)
def test_settings_that_are_wrong_are_said_beside_their_field(hers, one, given, field):
    response = hers.post(f"/surveys/{one.pk}/settings/", SET_UP | given)

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]


def test_who_answers_stays_once_somebody_has(hers, one, author):
    publish(one, author)
    answered(one)

    refused = hers.post(f"/surveys/{one.pk}/settings/", SET_UP | {"identity": "anonymous"})
    kept = hers.post(f"/surveys/{one.pk}/settings/", SET_UP | {"name": "Renamed"})

    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["identity"])
    assert kept.status_code == 302


def test_the_second_of_two_is_told_of_settings_and_keeps_what_they_typed(hers, one):
    where = f"/surveys/{one.pk}/settings/"
    seen = hers.get(where).context["seen"]
    hers.post(where, SET_UP | {"seen": seen, "name": "First"})

    response = hers.post(where, SET_UP | {"seen": seen, "name": "Second"})

    assert response.status_code == 409
    assert response.context["form"]["name"].value() == "Second"
    assert "Somebody else changed this" in response.content.decode()
    assert Survey.objects.get().name == "First"
    hers.post(where, SET_UP | {"seen": response.context["seen"], "name": "Second"})
    assert Survey.objects.get().name == "Second"


def test_texts_are_saved_in_every_language(hers, one):
    where = f"/surveys/{one.pk}/texts/"
    seen = hers.get(where).context["seen"]

    hers.post(where, {"seen": seen, "intro_en": "Hello", "intro_ar": "مرحبًا", "thankslow_en": "Sorry"})

    one.refresh_from_db()
    assert one.drafted == content(intro={"en": "Hello", "ar": "مرحبًا"}, thanks={"low": {"en": "Sorry"}})


def test_the_second_of_two_is_told_of_texts(hers, one):
    where = f"/surveys/{one.pk}/texts/"
    seen = hers.get(where).context["seen"]
    hers.post(where, {"seen": seen, "intro_en": "First"})

    response = hers.post(where, {"seen": seen, "intro_en": "Second"})

    assert response.status_code == 409
    assert response.context["form"]["intro_en"].value() == "Second"
    assert Survey.objects.get().drafted.intro == {"en": "First"}
    hers.post(where, {"seen": response.context["seen"], "intro_en": "Second"})
    assert Survey.objects.get().drafted.intro == {"en": "Second"}


def test_a_text_that_is_too_long_is_refused(hers, one):
    response = hers.post(f"/surveys/{one.pk}/texts/", {"intro_en": "x" * 5001})

    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["intro_en"]


# Its way


def test_publishing_makes_a_version_that_is_listed(hers, one, author):
    response = hers.post(f"/surveys/{one.pk}/publish/", follow=True)

    version = one.versions.get()
    assert (version.number, version.published_by, version.content) == (1, author, one.drafted)
    assert "Version 1 is published" in response.content.decode()
    assert "Publish a new version" not in response.content.decode()
    assert "How likely are you to recommend us?" in hers.get(f"/surveys/{one.pk}/versions/").content.decode()


def test_problems_keep_it_from_being_published_and_checks_do_not(hers):
    wrong, advised = survey(SCORE, SCORE), survey(SCORE)

    page = hers.post(f"/surveys/{wrong.pk}/publish/", follow=True).content.decode()
    hers.post(f"/surveys/{advised.pk}/publish/")

    assert "It cannot be published yet" in page
    assert f'action="/surveys/{wrong.pk}/publish/"' not in page
    assert not wrong.versions.exists()
    assert advised.versions.exists()
    assert hers.get(f"/surveys/{advised.pk}/").context["review"].advised


def test_a_duplicate_is_opened(hers, one):
    response = hers.post(f"/surveys/{one.pk}/duplicate/")

    made = Survey.objects.exclude(pk=one.pk).get()
    assert response["Location"] == f"/surveys/{made.pk}/"
    assert made.drafted == one.drafted


def test_archived_and_taken_back(hers, one):
    hers.post(f"/surveys/{one.pk}/archive/")
    one.refresh_from_db()
    assert one.archived_at
    assert f"/surveys/{one.pk}/take-back/" in hers.get(f"/surveys/{one.pk}/").content.decode()

    hers.post(f"/surveys/{one.pk}/take-back/")

    one.refresh_from_db()
    assert one.archived_at is None


# Preview


@pytest.mark.parametrize(
    ("language", "words", "direction"), [("en", "How likely are you", "ltr"), ("ar", "ما مدى احتمال", "rtl")]
)
@pytest.mark.parametrize("page", ["", "preview/"])
def test_preview_is_in_the_chosen_language(hers, one, language, words, direction, page):
    html = hers.get(f"/surveys/{one.pk}/{page}?language={language}").content.decode()

    shown = html[html.index('<div class="survey"') :]
    assert shown.startswith(f'<div class="survey" lang="{language}" dir="{direction}"')
    assert words in shown
    assert {"en": "Not at all likely", "ar": "غير محتمل إطلاقًا"}[language] in shown


def test_preview_in_no_language_is_not_found(hers, one):
    assert hers.get(f"/surveys/{one.pk}/preview/?language=xx").status_code == 404
