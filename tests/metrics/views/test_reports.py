"""Addresses at which whoever has one reads the results of a survey."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Contact
from metrics import report_pages
from surveys import releases
from surveys.models import ReportLink
from tests.accounts.messages.mailed import in_role
from tests.factories import account, plain
from tests.metrics.views.test_survey_results import najm, replied, sees_all, signed_in
from tests.metrics.views.viewing import rows_of_csv
from tests.surveys import rows

__all__ = ["najm", "sees_all"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def author(alice):
    """Sees only her own accounts."""
    return signed_in(in_role(alice, "Survey author"))


@pytest.fixture
def survey():
    return rows.survey()


def made(by, survey, **fields):
    """The address, as a path."""
    given = {"name": "Board", "kind": "page", "window": "365d", "language": "en"}
    return by.post(f"/surveys/{survey.pk}/reports/", given | fields).context["made"].split("8000")[-1]


def test_page_has_figures_of_what_its_maker_sees_and_no_names(author, survey, najm, charlie):
    sara = plain(Contact, account=najm, name="Sara")
    replied(survey, 9, "well said", account=najm, contact=sara)
    replied(survey, 2, "not hers", account=account("Other", owner=charlie))

    page = Client().get(made(author, survey))

    words = page.content.decode()
    assert (page.status_code, page.context["score"].value) == (200, 100)
    assert [word for word in ("Najm", "Sara", "well said", "not hers", "Other") if word in words] == []
    assert ("alice" in words.lower(), page["X-Robots-Tag"]) == (True, "noindex, nofollow")


def test_comments_are_shown_where_the_maker_chose_so(author, survey, najm):
    replied(survey, 9, "well said", account=najm, contact=plain(Contact, account=najm, name="Sara"))

    words = Client().get(made(author, survey, with_comments="on")).content.decode()

    assert ("well said" in words, "Sara" in words, "Najm" in words) == (True, False, False)


def test_table_is_the_export_without_a_cookie(author, survey, najm):
    replied(survey, 9, "=1+1", account=najm)

    answered = Client().get(made(author, survey, kind="table"))

    head, line = rows_of_csv(answered)
    assert (head[-2:], line[-2:], dict(answered.cookies)) == (["How likely?", "Why?"], ["9", "'=1+1"], {})


def test_address_is_of_its_own_kind_and_of_nothing_else(author, survey):
    page = made(author, survey)
    table = made(author, survey, kind="table")

    wrong = (f"{page}answers.csv", table.removesuffix("answers.csv"), "/reports/guessed/", f"{page[:-2]}/")

    assert [Client().get(address).status_code for address in wrong] == [404] * 4


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": timezone.now() - timedelta(minutes=1)},
        {"revoked_at": timezone.now() - timedelta(minutes=1)},
    ],
)
def test_address_ends(author, survey, fields):
    page = made(author, survey)
    assert Client().get(page).status_code == 200

    ReportLink.objects.update(**fields)

    assert Client().get(page).status_code == 404


@pytest.mark.parametrize("lost", ["role", "work"])
def test_address_ends_with_what_its_maker_may(author, alice, survey, lost):
    page = made(author, survey)
    if lost == "role":
        alice.groups.clear()
    else:
        type(alice).objects.filter(pk=alice.pk).update(is_active=False)

    assert Client().get(page).status_code == 404


def test_address_that_is_read_too_often_waits(author, survey, monkeypatch):
    page = made(author, survey)
    monkeypatch.setattr(report_pages, "MOST_READS", 1)

    first, second = Client().get(page), Client().get(page)

    assert (first.status_code, second.status_code, second["Retry-After"]) == (200, 429, "60")


def test_page_is_in_the_language_that_was_chosen(author, survey):
    assert 'dir="rtl"' in Client().get(made(author, survey, language="ar")).content.decode()


def test_only_a_digest_of_the_key_is_kept_and_it_is_shown_once(author, survey):
    key = made(author, survey).split("/")[2]

    assert key not in str(ReportLink.objects.values())
    assert key not in author.get(f"/surveys/{survey.pk}/reports/").content.decode()


def test_confidential_report_says_nothing_below_five(sees_all, najm):
    hidden = rows.survey(identity="confidential")
    for _number in range(4):
        replied(hidden, account=najm, days=3)
    page = made(sees_all, hidden)
    assert "Fewer than five responses" in Client().get(page).content.decode()

    replied(hidden, account=najm, days=3)
    releases.release(timezone.now())

    assert Client().get(page).context["score"].n == 5


def test_addresses_are_made_and_revoked_by_those_who_may(author, survey, bob, charlie):
    page, lists = made(author, survey), f"/surveys/{survey.pk}/reports/"
    link = ReportLink.objects.get()
    outsiders = [signed_in(charlie), signed_in(in_role(bob))]
    assert {one.get(lists).status_code for one in outsiders} == {404}
    assert {one.post(f"/surveys/reports/{link.pk}/revoke/").status_code for one in outsiders} == {404}

    revoked = author.post(f"/surveys/reports/{link.pk}/revoke/")

    assert (revoked.status_code, Client().get(page).status_code) == (302, 404)


def test_address_with_a_day_that_is_over_is_refused(author, survey):
    given = {"name": "Board", "kind": "page", "window": "365d", "language": "en", "last_day": "2020-01-01"}

    answered = author.post(f"/surveys/{survey.pk}/reports/", given)

    assert (answered.status_code, ReportLink.objects.count()) == (400, 0)
