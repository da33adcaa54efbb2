"""A survey in the web page of a customer: what the script, the page in the frame and the page of links say."""

from html import unescape

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.texts import Text
from surveys import tokens, widgets
from surveys.content import Content
from surveys.models import Response
from tests.accounts.messages.mailed import in_role
from tests.surveys import rows
from tests.surveys.rows import NPS, WHY
from tests.surveys.test_answering_pages import fields, page, post, send

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example"


def widget(of=None, **more):
    return rows.link(of, channel="widget", origin=SHOP, **more)


def ancestors(answer):
    policy = answer["Content-Security-Policy"].split("; ")
    return next(one for one in policy if one.startswith("frame-ancestors"))


def test_script_is_small_kept_and_sets_no_cookie(client):
    answer = client.get(f"/s/w/{widget().key}.js")

    assert answer.content == widgets.SCRIPT.read_bytes()
    assert len(answer.content) < 4096
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert (answer["Cache-Control"], dict(client.cookies)) == ("public, max-age=300", {})


@pytest.mark.parametrize(
    ("of_survey", "of_link"),
    [
        ({}, {"revoked_at": timezone.now()}),
        ({}, {"expires_at": timezone.now()}),
        ({"closes": "2020-01-01"}, {}),
        ({}, {"channel": "link"}),
    ],
)
def test_script_is_empty_where_nobody_can_answer(client, of_survey, of_link):
    link = rows.link(rows.survey(**of_survey), **{"channel": "widget", "origin": SHOP} | of_link)

    answers = [client.get(f"/s/w/{key}.js") for key in (link.key, "nobody")]

    assert [(one.status_code, one.content) for one in answers] == [(200, b"")] * 2


@pytest.mark.parametrize("where", ["", "thanks/"])
def test_page_is_framed_where_it_was_made_for(client, where):
    answer = client.get(f"/s/{widget().key}/{where}")

    assert (ancestors(answer), "X-Frame-Options" in answer) == (f"frame-ancestors {SHOP}", False)
    assert f'data-origin="{SHOP}"' in answer.content.decode()


@pytest.mark.parametrize("make", [rows.link, rows.invitation, lambda: rows.link(origin=SHOP)])
def test_other_pages_are_framed_nowhere(client, make):
    asked = make()
    answer = client.get(f"/s/{tokens.of(asked)}/")

    assert (ancestors(answer), answer["X-Frame-Options"]) == ("frame-ancestors 'none'", "DENY")
    assert "framed.js" not in answer.content.decode()


def test_closed_page_says_nothing_to_the_page_around(client):
    assert "framed.js" not in page(client, f"/s/{widget(revoked_at=timezone.now()).key}/")


def test_answer_needs_no_cookie_and_sets_none(client):
    where = f"/s/{widget(rows.survey(quota=1)).key}/"

    answer = send(client, where, nps="9")

    assert (answer.status_code, dict(client.cookies)) == (200, {})
    html = answer.content.decode()
    assert ("data-done" in html, "survey-languages" in html) == (True, False)
    response = Response.objects.get()
    assert (response.channel, bool(response.completed_at)) == ("widget", True)


def test_whoever_changes_their_mind_before_sending_is_thanked_for_what_they_sent(client):
    thanks = {"high": Text(en="Wonderful"), "low": Text(en="We are sorry")}
    where = f"/s/{widget(rows.survey(content=Content((NPS, WHY), thanks=thanks))).key}/"
    sent = fields(page(client, where)) | {"nps": "1"}
    post(client, where, sent | {"_step": "save"})

    answer = post(client, where, sent | {"nps": "9"})

    assert "Wonderful" in answer.content.decode()
    assert Response.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://shop.example/offers?a=1", SHOP),
        ("https://Shop.Example:443", SHOP),
        ("http://متجر.example:8080", "http://xn--pgbep1f.example:8080"),
    ],
)
def test_links_show_what_goes_into_the_web_page(sign_in, alice, typed, origin):
    client, survey = sign_in(in_role(alice, "Survey author")), rows.survey()
    where = f"/surveys/{survey.pk}/links/"

    made = client.post(where, {"name": "Shop", "channel": "widget", "origin": typed})

    link = survey.links.get()
    assert (made.status_code, link.origin) == (302, origin)
    shown = unescape(page(client, where))
    for language, close in [("en", "Close"), ("ar", "إغلاق")]:
        start = f'<script src="{settings.URL}/s/w/{link.key}.js" async data-language="{language}"'
        assert start in shown
        assert f'data-close="{close}"' in shown


def test_only_a_widget_keeps_its_web_page(sign_in, alice):
    client, survey = sign_in(in_role(alice, "Survey author")), rows.survey()

    client.post(f"/surveys/{survey.pk}/links/", {"name": "Shop", "channel": "qr", "origin": SHOP})

    assert survey.links.get().origin == ""
