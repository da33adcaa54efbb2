"""The feedback board and its themes: whose items are seen, in which order, and what is done there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, ExchangeRate, Feature, Mailing
from surveys.models import Answer, FeedbackItem, Theme
from tests.accounts.messages.mailed import in_role, person
from tests.factories import account, subscription, ticket
from tests.surveys import rows

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def hers(alice):
    return signed_in(in_role(alice))


@pytest.fixture
def sees_all(bob):
    return signed_in(in_role(bob, "CS manager"))


@pytest.fixture
def najm(alice):
    made = account("Najm", owner=alice)
    subscription(made, 100, "2025-01-01")
    return made


def listed(client, **asked):
    response = client.get("/feedback/", asked)
    return [(str(row.theme), row.items, row.of_accounts, row.mrr) for row in response.context["page"]]


def commented(survey, text, **fields):
    then = timezone.now() - timedelta(days=2)
    to = rows.response(survey, on=then.strftime("%Y-%m-%d 12:00"), identity=survey.identity, **fields)
    return Answer.objects.create(response=to, question="why", text=text)


# The board


def test_strangers_find_no_board(sign_in, charlie, najm):
    about = rows.item(account=najm)
    client = sign_in(charlie)

    pages = ("/feedback/", f"/feedback/{about.theme_id}/", f"/feedback/accounts/{najm.pk}/")
    assert {client.get(page).status_code for page in pages} == {404}


def test_themes_are_sorted_by_the_mrr_behind_them_and_then_by_accounts(sees_all, najm):
    big, small = account(), account()
    subscription(big, 300, "2025-01-01")
    exports, prices, looks, speed = (rows.theme(name) for name in ("Exports", "Prices", "Looks", "Speed"))
    for _twice in range(2):
        rows.item(exports, account=najm)
    rows.item(prices, account=big)
    rows.item(looks, account=account(), heard="review")
    for of in (najm, small):
        rows.item(speed, account=of)
    rows.item(speed, account=None)

    assert listed(sees_all) == [
        ("Prices", 1, 1, 300),
        ("Speed", 3, 2, 100),
        ("Exports", 2, 1, 100),
        ("Looks", 1, 1, 0),
    ]
    assert [name for name, *_row in listed(sees_all, sort="-items")] == [
        "Speed",
        "Exports",
        "Looks",
        "Prices",
    ]


def test_merged_accounts_are_one(sees_all, najm):
    loser, about = account(), rows.theme()
    for of in (najm, loser):
        rows.item(about, account=of)
    type(loser).objects.filter(pk=loser.pk).update(merged_into=najm)

    assert listed(sees_all) == [("Exports", 2, 1, 100)]


def test_items_are_those_of_the_readers_accounts(hers, sees_all, najm, charlie):
    about, his = rows.theme(), account(owner=charlie)
    subscription(his, 50, "2025-01-01")
    rows.item(about, account=najm)
    theirs = rows.item(about, account=his)
    rows.item(about, account=None)

    assert (listed(hers), listed(sees_all)) == ([("Exports", 2, 1, 100)], [("Exports", 3, 2, 150)])
    assert len(hers.get(f"/feedback/{about.pk}/").context["page"]) == 2
    assert hers.post(f"/feedback/items/{theirs.pk}/remove/").status_code == 404
    assert hers.get(f"/feedback/accounts/{his.pk}/").status_code == 404


def test_what_machines_said_counts_nowhere(sees_all, najm):
    given = rows.response(account=najm, is_machine=True)
    rows.item(heard="comment", response=given, account=najm)

    assert listed(sees_all) == [("Exports", 0, 0, 0)]


def test_mrr_is_unknown_where_a_rate_is_missing(sees_all, najm):
    rows.item(account=najm)
    subscription(najm, 10, "2025-01-01", currency="EUR")
    assert not ExchangeRate.objects.exists()

    assert listed(sees_all) == [("Exports", 1, 1, None)]


def test_filters_choose_themes(hers, najm):
    feature = Feature.objects.create(code="export", name={"en": "Export"})
    rows.item(rows.theme(feature=feature, words=["إكسل"]), account=najm)
    rows.item(rows.theme("Prices", status="done"), account=najm, heard="review")

    def names(**asked):
        return [name for name, *_row in listed(hers, **asked)]

    assert names(status="done") == names(heard="review") == names(q="price") == ["Prices"]
    assert names(feature=feature.pk) == names(q="اكسل") == ["Exports"]
    assert hers.get("/feedback/", {"status": "lost"}).status_code == 400


def test_board_costs_the_same_for_one_theme_and_for_three(hers, najm, django_assert_num_queries):
    rows.item(account=najm)
    hers.get("/feedback/")
    with django_assert_num_queries(12):
        hers.get("/feedback/")
    for name in ("A", "B"):
        rows.item(rows.theme(name), account=account(owner=najm.owner))
    with django_assert_num_queries(12):
        hers.get("/feedback/")


# A theme


def test_theme_is_written_and_its_status_changed_with_who_did_it(hers, alice):
    made = hers.post("/feedback/", {"theme": "Exports"})
    about = Theme.objects.get()
    given = {"name_en": "Exports", "name_ar": "التصدير", "status": "planned", "words": "csv؛ excel file; csv"}

    assert made["Location"] == f"/feedback/{about.pk}/"
    assert hers.post(made["Location"], given).status_code == 302

    about.refresh_from_db()
    assert (about.status, about.words, about.name["ar"]) == ("planned", ["csv", "excel file"], "التصدير")
    entry = AuditEntry.objects.filter(table="surveys_theme", action="update").get()
    assert (entry.actor, entry.before["status"]) == (alice, "open")
    assert "Planned" in hers.get(made["Location"]).content.decode()
    assert hers.post(made["Location"], given | {"name_en": "", "name_ar": ""}).status_code == 400


def test_who_may_not_change_reads_alone(bob, najm):
    reader, about = signed_in(in_role(bob, "Executive")), rows.item(account=najm).theme
    item = about.items.get()

    answered = [
        reader.get(f"/feedback/{about.pk}/"),
        reader.post(f"/feedback/{about.pk}/", {"status": "done"}),
        reader.post("/feedback/", {"theme": "New"}),
        reader.post(f"/feedback/{about.pk}/suggested/"),
        reader.post(f"/feedback/items/{item.pk}/remove/"),
        reader.post(f"/feedback/{about.pk}/tell/"),
    ]

    assert [response.status_code for response in answered] == [200, 403, 403, 403, 403, 403]
    assert b"<form method" not in answered[0].content.split(b"<main")[1]


def test_comments_with_its_words_are_added_one_by_one_or_all(hers, najm):
    survey, about = rows.survey(), rows.theme(words=["export"])
    first, *_others = [commented(survey, f"Export {n}", account=najm) for n in range(3)]
    page = f"/feedback/{about.pk}/"
    assert len(hers.get(page).context["suggested"]) == 3

    hers.post(f"{page}suggested/", {"answer": first.pk})
    assert about.items.get().response == first.response
    hers.post(f"{page}suggested/")

    assert (about.items.count(), list(hers.get(page).context["suggested"])) == (3, [])


def test_item_that_was_wrong_is_removed(hers, najm):
    item = rows.item(account=najm)

    hers.post(f"/feedback/items/{item.pk}/remove/")

    assert not FeedbackItem.objects.exists()


def test_those_who_said_it_are_told_by_a_draft(hers, najm):
    sara = person(account=najm)
    about = rows.item(account=najm, contact=sara).theme

    told = hers.post(f"/feedback/{about.pk}/tell/")

    assert told["Location"] == f"/mailings/{Mailing.objects.get().pk}/edit/"
    assert hers.get(told["Location"]).status_code == 200
    about.items.all().delete()
    assert hers.post(f"/feedback/{about.pk}/tell/")["Location"] == f"/feedback/{about.pk}/"
    assert Mailing.objects.count() == 1


# Where it was said


def test_comment_gets_a_theme_on_the_results(hers, najm):
    survey = rows.survey()
    answer = commented(survey, "Exports!", account=najm)
    given = {"response": answer.response_id, "question": "why", "theme": "Exports"}

    part = hers.post(f"/surveys/{survey.pk}/results/tag/", given, headers={"HX-Request": "true"})
    whole = hers.post(f"/surveys/{survey.pk}/results/tag/?window=90d", given | {"theme": "Prices"})

    assert b"Exports</bdi>" in part.content
    assert whole["Location"] == f"/surveys/{survey.pk}/results/?window=90d#comments"
    assert {(item.account, str(item.theme)) for item in FeedbackItem.objects.all()} == {
        (najm, "Exports"),
        (najm, "Prices"),
    }
    assert hers.get(f"/surveys/{survey.pk}/results/").content.count(b'class="tag tag-accent"') == 2


def test_comment_that_is_not_shown_gets_no_theme(hers, najm, charlie):
    theirs = commented(rows.survey(), "Theirs", account=account(owner=charlie))
    hidden = commented(rows.survey(identity="confidential"), "One of few", account=najm)

    for answer in (theirs, hidden):
        given = {"response": answer.response_id, "question": "why", "theme": "Exports"}
        page = f"/surveys/{answer.response.survey_id}/results/tag/"
        assert hers.post(page, given).status_code == 404

    assert not Theme.objects.exists()


def test_ticket_and_what_was_said_elsewhere_are_written_down(hers, najm):
    opened = ticket(
        najm, [("opened", "2026-01-05 12:00")], subject="Export fails", requester=person(account=najm)
    )
    page = f"/feedback/accounts/{najm.pk}/"
    of_ticket = {"theme": "Exports", "heard": "ticket", "ticket": opened.pk}
    for given in (
        of_ticket,
        of_ticket,
        {"theme": "Exports", "heard": "touchpoint", "text": "Faster, please"},
    ):
        assert hers.post(page, given).status_code == 302

    about = Theme.objects.get()
    assert sorted(about.items.values_list("heard", "ticket", "text")) == [
        ("ticket", opened.pk, ""),
        ("touchpoint", None, "Faster, please"),
    ]
    assert about.items.get(heard="ticket").contact == opened.requester
    content = hers.get(f"/feedback/{about.pk}/").content.decode()
    assert ("Export fails" in content, "Faster, please" in content) == (True, True)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"heard": "ticket"}, "ticket"),
        ({"heard": "review"}, "text"),
        ({"heard": "review", "text": "x", "said_on": "2999-01-01"}, "said_on"),
        ({"heard": "comment", "text": "x"}, "heard"),
        ({"heard": "review", "text": "x", "theme": ""}, "theme"),
    ],
)
def test_what_lacks_something_is_not_written_down(hers, najm, given, field):
    refused = hers.post(f"/feedback/accounts/{najm.pk}/", {"theme": "Exports"} | given)

    assert (refused.status_code, set(refused.context["form"].errors)) == (400, {field})


def test_survey_drafts_what_its_people_are_told(hers, najm):
    survey = rows.survey()
    commented(survey, "Good", account=najm, contact=person(account=najm))

    told = hers.post(f"/surveys/{survey.pk}/results/tell/")

    assert told["Location"] == f"/mailings/{Mailing.objects.get().pk}/edit/"
    nobody = rows.survey()
    back = hers.post(f"/surveys/{nobody.pk}/results/tell/")
    assert back["Location"] == f"/surveys/{nobody.pk}/results/"
