"""Links to a survey: who makes and revokes them, and what leads to them."""

from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.link_pages import address_of
from surveys.models import SurveyLink
from tests.accounts.messages.mailed import in_role
from tests.factories import at, organisation
from tests.surveys import rows

pytestmark = pytest.mark.django_db
PAGES = ("/surveys/{survey}/links/", "/surveys/links/{link}/revoke/", "/surveys/links/{link}/code.svg")


@pytest.fixture
def link():
    return rows.link()


@pytest.fixture
def hers(sign_in, alice):
    return sign_in(in_role(alice, "Survey author"))


def addresses(link):
    return [page.format(survey=link.survey_id, link=link.pk) for page in PAGES]


def test_for_strangers_there_are_no_links(sign_in, charlie, link):
    client = sign_in(charlie)

    assert {client.get(where).status_code for where in addresses(link)} == {404}


def test_whoever_reads_surveys_makes_and_revokes_none(sign_in, bob, link):
    client, (links, revoke, _code) = sign_in(in_role(bob, "Service manager")), addresses(link)

    seen = client.get(links)

    assert (seen.status_code, b"Make the link" in seen.content) == (200, False)
    assert client.post(links, {"name": "Web", "channel": "qr"}).status_code == 403
    assert client.post(revoke).status_code == 403
    assert SurveyLink.objects.get() == link


def test_link_is_open_to_the_end_of_its_last_day(hers, alice):
    organisation(time_zone="Asia/Riyadh")
    survey = rows.survey()

    made = hers.post(
        f"/surveys/{survey.pk}/links/", {"name": "Counter", "channel": "qr", "last_day": "2099-03-01"}
    )

    link = survey.links.get()
    assert (made.status_code, link.name, link.channel, link.made_by) == (302, "Counter", "qr", alice)
    assert link.expires_at == at("2099-03-01 21:00")
    shown = hers.get(f"/surveys/{survey.pk}/links/").content.decode()
    assert settings.URL + f"/s/{link.key}/" in shown
    assert f'src="/surveys/links/{link.pk}/code.svg"' in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"channel": "widget"},
        {"channel": "widget", "origin": "https://shop.example:99999"},
        {"channel": "widget", "origin": "https://*.example"},
        {"channel": "email"},
        {"last_day": "2020-01-01"},
    ],
)
def test_link_that_is_none_is_refused(hers, wrong):
    survey = rows.survey()

    refused = hers.post(f"/surveys/{survey.pk}/links/", {"name": "Counter", "channel": "qr"} | wrong)

    assert (refused.status_code, survey.links.count()) == (400, 0)


def test_revoked_link_leads_nowhere_and_has_no_code(hers, client, link):
    _links, revoke, code = addresses(link)
    asked = hers.get(revoke)

    hers.post(revoke)

    assert (asked.status_code, hers.get(revoke).status_code, hers.get(code).status_code) == (200, 404, 404)
    assert client.get(f"/s/{link.key}/").status_code == 410


def test_code_is_a_picture_of_ours(hers, link):
    answer = hers.get(addresses(link)[-1])

    drawn = ElementTree.fromstring(answer.content)  # noqa: S314
    assert answer["Content-Type"] == "image/svg+xml"
    assert [child.tag.split("}")[1] for child in drawn] == ["rect", "path"]
    assert address_of(link) == f"{settings.URL}/s/{link.key}/"


def test_list_asks_as_much_for_three_as_for_one(hers, link, django_assert_num_queries):
    where = addresses(link)[0]
    hers.get(where)
    with CaptureQueriesContext(connection) as one:
        hers.get(where)
    for _number in range(2):
        rows.response(link.survey, account=None, link=rows.link(link.survey))

    with django_assert_num_queries(len(one)):
        hers.get(where)
