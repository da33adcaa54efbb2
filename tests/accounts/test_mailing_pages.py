"""The pages of mailings: who sees them, how one is written by two, scheduled, paused, stopped and duplicated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.memberships import refresh
from accounts.messages import mailings
from accounts.models import Letter, Mailing, Message, User
from tests import factories
from tests.accounts.messages.mailed import NOW, in_role, mailing, people, person, queued
from tests.accounts.messages.writing import texts
from tests.factories import account

pytestmark = pytest.mark.django_db
STATES = {
    "draft": {},
    "scheduled": {"due_at": timezone.now() + timedelta(days=1)},
    "sending": {"due_at": timezone.now(), "queued_at": timezone.now()},
    "paused": {"due_at": timezone.now() + timedelta(days=1), "paused_at": timezone.now()},
    "stopped": {"due_at": timezone.now(), "stopped_at": timezone.now()},
    "done": {"due_at": timezone.now(), "queued_at": timezone.now(), "finished_at": timezone.now()},
}
PAGES = ("", "edit/", "schedule/", "stop/", "recipients/", "preview/", "preview/mail/")
BUTTONS = ("duplicate", "edit", "schedule", "draft", "pause", "resume", "stop", "test")


@pytest.fixture
def sara(csm):
    return person(account=account(owner=csm))


@pytest.fixture
def news(csm, sara):
    return mailing(csm)


def written(to, **other):
    typed = {
        f"{part}_{language}": value for language, text in texts().items() for part, value in text.items()
    }
    return {"name": "News", "population": to.pk, "purpose": "service", "language": "en"} | typed | other


# Who sees them


@pytest.mark.parametrize("role", ["CSM", "Product"])
def test_for_strangers_there_is_no_such_mailing(sign_in, charlie, news, role):
    client = sign_in(in_role(charlie, role))

    assert {client.get(f"/mailings/{news.pk}/{page}").status_code for page in PAGES} == {404}
    assert {client.post(f"/mailings/{news.pk}/{button}/").status_code for button in BUTTONS} == {404}
    assert Mailing.objects.get().state == "draft"


def test_without_the_right_there_are_no_mailings(sign_in, charlie):
    client = sign_in(in_role(charlie, "Product"))

    assert client.get("/mailings/").status_code == 404
    assert client.get("/mailings/new/").status_code == 404
    assert "/mailings/" not in client.get("/").content.decode()


def test_a_colleague_of_the_same_team_sees_it_only_with_every_account(sign_in, bob, news):
    assert sign_in(in_role(bob)).get("/mailings/").context["listed"] == []
    assert sign_in(bob).get(f"/mailings/{news.pk}/").status_code == 404

    client = sign_in(in_role(bob, "CS manager"))

    assert [one for one, _results in client.get("/mailings/").context["listed"]] == [news]
    assert client.get(f"/mailings/{news.pk}/").status_code == 200


def test_who_reads_everything_changes_nothing(sign_in, charlie, news):
    client = sign_in(in_role(charlie, "Executive"))

    page = client.get(f"/mailings/{news.pk}/").content.decode()

    assert {client.post(f"/mailings/{news.pk}/{button}/").status_code for button in BUTTONS} == {403}
    assert client.get("/mailings/new/").status_code == 403
    assert "Duplicate" not in page
    assert "schedule/" not in page


# The list


def test_an_empty_list_says_what_to_do(sign_in, csm):
    assert "No mailing yet" in sign_in(csm).get("/mailings/").content.decode()


@pytest.mark.parametrize("state", STATES)
def test_mailings_are_listed_by_state(sign_in, csm, sara, state):
    made = {name: mailing(csm, name=name, **moments) for name, moments in STATES.items()}
    client = sign_in(csm)

    listed = client.get(f"/mailings/?state={state}").context["listed"]

    assert [one for one, _results in listed] == [made[state]]
    assert made[state].state == state
    assert len(client.get("/mailings/").context["listed"]) == len(STATES)


def test_a_state_that_there_is_not_is_refused(sign_in, csm):
    assert sign_in(csm).get("/mailings/?state=lost").status_code == 400


def test_list_costs_the_same_for_three(sign_in, csm, sara, django_assert_max_num_queries):
    client = sign_in(csm)
    queued(mailing(csm))
    client.get("/mailings/")
    with django_assert_max_num_queries(30) as few:
        ((_one, results),) = client.get("/mailings/").context["listed"]
    for _time in range(2):
        queued(mailing(csm))

    with django_assert_max_num_queries(30) as more:
        assert len(client.get("/mailings/").context["listed"]) == 3

    assert results.sent == 1
    assert len(few.captured_queries) == len(more.captured_queries)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_all_pages_are_there_in_both_languages(sign_in, csm, news, language):
    User.objects.update(language=language)
    client = sign_in(csm)

    going = mailing(news.made_by, population=news.population, **STATES["scheduled"])
    pages = [client.get(f"/mailings/{going.pk if page == 'stop/' else news.pk}/{page}") for page in PAGES]
    pages += [client.get("/mailings/"), client.get("/mailings/new/")]

    assert {page.status_code for page in pages} == {200}
    assert f'<html lang="{language}"' in pages[0].content.decode()


# Writing


def test_a_mailing_is_written(sign_in, csm, sara):
    response = sign_in(csm).post("/mailings/new/", written(people()))

    made = Mailing.objects.get()
    assert response["Location"] == f"/mailings/{made.pk}/"
    assert (made.name, made.made_by, made.state) == ("News", csm, "draft")
    assert {code: text["subject"] for code, text in made.letter.texts.items()} == {
        code: text["subject"] for code, text in texts().items()
    }


def test_half_a_letter_is_a_draft_that_says_what_is_missing(sign_in, csm):
    client = sign_in(csm)
    typed = written(people(), **{f"{part}_ar": "" for part in ("subject", "body", "button", "link")})

    client.post("/mailings/new/", typed | {"body_en": ""})

    made = Mailing.objects.get()
    page = client.get(f"/mailings/{made.pk}/")
    assert list(made.letter.texts) == ["en"]
    assert [(str(language), part) for language, part, _why in page.context["problems"]] == [
        ("English", "Text"),
        ("Arabic", ""),
    ]
    assert client.get(f"/mailings/{made.pk}/schedule/")["Location"] == f"/mailings/{made.pk}/"
    client.post(f"/mailings/{made.pk}/schedule/", {"when": "now"})
    assert Mailing.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"body_en": "Hello {{ frist_name }}"}, "body_en"),
        ({"subject_ar": "{{ account"}, "subject_ar"),
        ({"body_ar": "[كلمات](javascript:alert(1))"}, "body_ar"),
        ({"button_en": "Go", "link_en": "ftp://example.com"}, "link_en"),
        ({"name": ""}, "name"),
        ({"population": 0}, "population"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(sign_in, csm, typed, field):
    response = sign_in(csm).post("/mailings/new/", written(people(), **typed))

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert response.context["form"]["body_ar"].value() == typed.get("body_ar", texts()["ar"]["body"])
    assert not Mailing.objects.exists()
    assert not Letter.objects.exists()


def test_populations_of_others_are_no_choice(sign_in, csm, charlie):
    private = factories.population(by=charlie, shared=False)

    response = sign_in(csm).post("/mailings/new/", written(private))

    assert list(response.context["form"].errors) == ["population"]


def test_an_edited_letter_is_another_one(sign_in, csm, news):
    before = news.letter_id
    typed = written(news.population, subject_en="Other news", name="Other")

    sign_in(csm).post(f"/mailings/{news.pk}/edit/", typed)

    news.refresh_from_db()
    assert (news.name, news.letter.texts["en"]["subject"]) == ("Other", "Other news")
    assert news.letter_id != before


def test_only_a_draft_is_edited(sign_in, csm, sara):
    one = mailing(csm, **STATES["scheduled"])

    response = sign_in(csm).post(f"/mailings/{one.pk}/edit/", written(one.population, name="Other"))

    one.refresh_from_db()
    assert (response.status_code, one.name) == (409, "News")


def test_what_was_typed_while_somebody_scheduled_it_is_not_lost(sign_in, csm, news):
    client, where = sign_in(csm), f"/mailings/{news.pk}/edit/"
    typed = written(news.population, subject_en="Mine", _seen=client.get(where).context["seen"])
    mailings.schedule(news, NOW + timedelta(days=400), NOW)

    response = client.post(where, typed)

    assert response.status_code == 409
    assert response.context["form"]["subject_en"].value() == "Mine"
    assert "It is no draft any more" in response.content.decode()
    news.refresh_from_db()
    assert news.letter.texts["en"]["subject"] != "Mine"
    assert client.get(where)["Location"] == f"/mailings/{news.pk}/"


@pytest.mark.parametrize("seen", ["²", "x", "9" * 30])
def test_what_was_seen_is_a_number(sign_in, csm, news, seen):
    response = sign_in(csm).post(
        f"/mailings/{news.pk}/edit/", written(news.population, name="Other", _seen=seen)
    )

    news.refresh_from_db()
    assert (response.status_code, news.name) == (302, "Other")


def test_save_and_preview(sign_in, csm, news):
    typed = written(news.population, preview="1")

    response = sign_in(csm).post(f"/mailings/{news.pk}/edit/", typed)

    assert response["Location"] == f"/mailings/{news.pk}/preview/"


def test_the_second_of_two_is_told_and_takes_over_what_the_first_wrote(sign_in, csm, news):
    client, where = sign_in(csm), f"/mailings/{news.pk}/edit/"
    client.post(where, written(news.population))
    page = client.get(where)
    shown = {one.html_initial_name: one.value() for side in page.context["form"].sides for one in side.fields}
    assert all(f'name="{name}"' in page.content.decode() for name in shown)
    shown["_seen"] = page.context["seen"]
    client.post(where, written(news.population, **shown, subject_ar="عنوان آخر", name="First"))

    response = client.post(where, written(news.population, **shown, subject_en="Mine"))

    form = response.context["form"]
    assert response.status_code == 409
    assert form["subject_en"].value() == "Mine"
    assert (form["subject_ar"].value(), form["name"].value()) == ("عنوان آخر", "First")
    assert "Somebody else changed this" in response.content.decode()
    news.refresh_from_db()
    assert news.letter.texts["en"]["subject"] != "Mine"


# Its way


def test_it_is_scheduled_at_once(sign_in, csm, news):
    client = sign_in(csm)
    page = client.get(f"/mailings/{news.pk}/schedule/")

    client.post(f"/mailings/{news.pk}/schedule/", {"when": "now"})

    news.refresh_from_db()
    assert (page.context["gets_it"], news.state) == (1, "scheduled")
    assert news.due_at <= timezone.now()


def test_it_is_scheduled_in_the_reader_s_time_zone(sign_in, csm, news):
    User.objects.update(time_zone="Asia/Riyadh")
    given = {"when": "later", "due_at": "2099-05-20T13:00"}

    page = sign_in(csm).post(f"/mailings/{news.pk}/schedule/", given, follow=True)

    news.refresh_from_db()
    assert news.due_at == factories.at("2099-05-20 10:00")
    assert "20 May 2099" in page.content.decode()


@pytest.mark.parametrize(
    "given", [{"due_at": "2026-01-01T10:00"}, {"due_at": ""}, {"due_at": "soon"}, {"when": ""}]
)
def test_a_time_that_is_over_or_none_is_refused(sign_in, csm, news, given):
    response = sign_in(csm).post(f"/mailings/{news.pk}/schedule/", {"when": "later"} | given)

    news.refresh_from_db()
    assert (response.status_code, news.state) == (400, "draft")


@pytest.mark.parametrize(
    ("before", "button", "after"),
    [
        ("scheduled", "pause", "paused"),
        ("sending", "pause", "paused"),
        ("paused", "resume", "scheduled"),
        ("scheduled", "draft", "draft"),
        ("paused", "draft", "draft"),
        ("scheduled", "stop", "stopped"),
        ("sending", "stop", "stopped"),
        ("paused", "stop", "stopped"),
    ],
)
def test_each_button_does_what_it_says(sign_in, csm, sara, before, button, after):
    one, client = mailing(csm, **STATES[before]), sign_in(csm)

    assert f"/mailings/{one.pk}/{button}/" in client.get(f"/mailings/{one.pk}/").content.decode()
    client.post(f"/mailings/{one.pk}/{button}/")

    one.refresh_from_db()
    assert one.state == after


@pytest.mark.parametrize("button", ["schedule", "pause", "resume", "draft", "stop"])
def test_what_is_no_longer_possible_is_said_and_not_offered(sign_in, csm, sara, button):
    one, client = mailing(csm, **STATES["done"]), sign_in(csm)

    assert f"/{button}/" not in client.get(f"/mailings/{one.pk}/").content.decode()
    page = client.post(f"/mailings/{one.pk}/{button}/", {"when": "now"}, follow=True)

    one.refresh_from_db()
    assert one.state == "done"
    assert "no longer possible" in page.content.decode()


def test_stopping_asks_first(sign_in, csm, sara):
    one = mailing(csm, **STATES["sending"])

    page = sign_in(csm).get(f"/mailings/{one.pk}/stop/").content.decode()

    one.refresh_from_db()
    assert "Stop it for good" in page
    assert one.state == "sending"


@pytest.mark.parametrize("state", ["draft", "stopped", "done"])
def test_what_cannot_be_stopped_is_not_asked_for(sign_in, csm, sara, state):
    one = mailing(csm, **STATES[state])

    page = sign_in(csm).get(f"/mailings/{one.pk}/stop/", follow=True)

    assert page.redirect_chain == [(f"/mailings/{one.pk}/", 302)]
    assert "no longer possible" in page.content.decode()


def test_a_duplicate_is_a_draft_of_one_s_own(sign_in, bob, news):
    manager = in_role(bob, "CS manager")
    Mailing.objects.filter(pk=news.pk).update(due_at=timezone.now())

    response = sign_in(manager).post(f"/mailings/{news.pk}/duplicate/")

    made = Mailing.objects.exclude(pk=news.pk).get()
    assert (made.state, made.made_by, made.letter_id) == ("draft", manager, news.letter_id)
    assert response["Location"] == f"/mailings/{made.pk}/edit/"


# What came of it


def test_progress_is_shown_and_asks_again_until_it_is_over(sign_in, csm, sara):
    person("omar@najm.example", account=sara.account)
    one, client = queued(mailing(csm), state="waiting"), sign_in(csm)
    one.messages.filter(contact=sara).update(state="sent", sent_at=timezone.now())
    where = f"/mailings/{one.pk}/?was=sending"

    part = client.get(where, headers={"HX-Request": "true"})
    assert (part.context["done"], part.context["total"]) == (1, 2)
    assert 'hx-trigger="every 2s"' in part.content.decode()
    assert "HX-Refresh" not in part
    Mailing.objects.update(finished_at=timezone.now())

    part = client.get(where, headers={"HX-Request": "true"})

    assert part["HX-Refresh"] == "true"
    assert "hx-trigger" not in part.content.decode()


def test_results_have_their_shares_and_small_samples_are_marked(sign_in, csm, sara):
    one = queued(mailing(csm), state="bounced")

    page = sign_in(csm).get(f"/mailings/{one.pk}/")

    figures = {name: figure for name, *figure in page.context["results"]}
    assert figures["Came back"] == [1, 1, 1.0, ""]
    assert figures["Opened by people"] == [0, 0, None, "Nothing arrived."]
    assert "Reached the goal" not in figures
    assert "low sample" in page.content.decode()


@pytest.mark.parametrize(
    ("secrets", "state", "delivered"),
    [
        (["secret"], "sent", [0, 0, None, "Nothing is known to have arrived yet."]),
        (["secret"], "delivered", [1, 1, 1.0, ""]),
        (["secret"], "bounced", [0, 1, 0.0, ""]),
        (["secret"], "sending", [0, 0, None, "Nothing was sent yet."]),
        ([], "sent", [0, 1, 0.0, ""]),
    ],
)
def test_nothing_is_said_of_what_a_provider_has_not_reported(
    sign_in, csm, sara, settings, secrets, state, delivered
):
    settings.MAIL_WEBHOOK_SECRETS = secrets
    one = queued(mailing(csm), state=state)

    page = sign_in(csm).get(f"/mailings/{one.pk}/")

    figures = {name: figure for name, *figure in page.context["results"]}
    assert figures["Delivered"] == delivered
    assert delivered[-1] in page.content.decode()


def test_page_of_an_sms_shows_how_its_texts_begin(sign_in, csm, sara):
    letter = {"en": {"body": "Your report is there"}, "ar": {"body": "تقريرك جاهز"}}
    one = mailing(csm, letter=letter, medium="sms")

    page = sign_in(csm).get(f"/mailings/{one.pk}/").content.decode()

    assert '<bdi lang="en" dir="ltr">Your report is there</bdi>' in page
    assert '<bdi lang="ar" dir="rtl">تقريرك جاهز</bdi>' in page


def test_skips_are_told_before_and_after(sign_in, csm, sara):
    person("", account=sara.account)
    one, client = mailing(csm), sign_in(csm)

    before = client.get(f"/mailings/{one.pk}/").context
    queued(one)
    sara.account.contacts.update(email="")
    after = client.get(f"/mailings/{one.pk}/").context

    assert before["gets_it"] == after["gets_it"] == 1
    assert [(skip, count) for skip, _label, count in before["skipped"]] == [("no_address", 1)]
    assert after["skipped"] == before["skipped"]


def test_page_costs_the_same_for_three_people(sign_in, csm, sara, django_assert_max_num_queries):
    client, population = sign_in(csm), people()
    one = mailing(csm, population=population)
    client.get(f"/mailings/{one.pk}/")
    with django_assert_max_num_queries(40) as few:
        assert client.get(f"/mailings/{one.pk}/").context["gets_it"] == 1
    for name in ("a", "b"):
        person(f"{name}@najm.example", account=account(owner=csm))
    refresh(population, lambda _population: [], timezone.now())

    with django_assert_max_num_queries(40) as more:
        assert client.get(f"/mailings/{one.pk}/").context["gets_it"] == 3

    assert len(few.captured_queries) == len(more.captured_queries)


def test_messages_of_a_mailing_that_went_out_stay_what_they_were(sign_in, csm, sara):
    """A duplicate's letter is the same row, and editing it makes another."""
    one = queued(mailing(csm))
    copied = mailings.duplicate(one, csm)

    sign_in(csm).post(f"/mailings/{copied.pk}/edit/", written(one.population, subject_en="Other"))

    assert Message.objects.get().letter.texts["en"]["subject"] == texts()["en"]["subject"]
