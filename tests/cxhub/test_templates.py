import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

PROBLEMS = ["403.html", "404.html", "429.html", "403_csrf.html"]


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_the_worst_need_neither_request_nor_database(name):
    page = render_to_string(name)

    assert 'lang="ar" dir="rtl"' in page
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_problem_pages_say_what_to_do(name, language):
    request = RequestFactory().get("/somewhere/")

    with translation.override(language):
        page = render_to_string(name, {}, request)

    assert f'<html lang="{language}"' in page
    assert page.count("<h1") == 1
    assert 'href="/"' in page


def test_unknown_address_keeps_the_navigation_for_who_is_signed_in(sign_in, alice):
    answer = sign_in(alice).get("/no/such/page/")

    assert answer.status_code == 404
    assert 'id="sidebar"' in answer.content.decode()


@pytest.mark.django_db
def test_sign_in_offers_no_sign_up(client):
    page = client.get("/sign-in/login/").content.decode()

    assert "signup" not in page
    assert 'autocomplete="current-password"' in page


def test_two_factor_page_is_framed(sign_in, alice):
    page = sign_in(alice).get("/sign-in/2fa/", follow=True).content.decode()

    assert page.count("<h1") == 1
    assert "cxhub/tokens.css" in page
