"""What whoever answers loads beside the page."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models.imports import kept_files
from accounts.texts import Text
from surveys import pictures
from surveys.content import Content, Kind, Option, Question, written
from tests.surveys import rows
from tests.surveys.drafts import png

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    kept = dict(settings.STORAGES["uploads"], OPTIONS={"location": tmp_path})
    settings.STORAGES = {**settings.STORAGES, "uploads": kept}


def test_theme_is_a_stylesheet_for_everybody(client):
    response = client.get("/s/theme/3454d1.css")

    assert (response.status_code, response["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "--theme: light-dark(#3454d1" in response.content.decode()
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize("colour", ["red", "3454d", "3454d1}", "3454D1"])
def test_what_is_no_colour_is_no_stylesheet(client, colour):
    assert client.get(f"/s/theme/{colour}.css").status_code == 404


def test_a_picture_is_shown_to_everybody_and_runs_nothing(client):
    name = pictures.keep(ContentFile(png(), "a.png"))

    response = client.get(pictures.address_of(name))

    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert b"".join(response.streaming_content) == png()
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_only_what_was_signed_is_shown(client):
    kept_files().save("2026/01/customers.csv", ContentFile(b"name"))

    assert client.get("/s/picture/2026/01/customers.csv").status_code == 404
    assert client.get("/s/picture/2026/01/customers.csv:forged").status_code == 404
    assert client.get(pictures.address_of("surveys/gone.png")).status_code == 404


def test_the_same_picture_is_kept_once():
    names = {pictures.keep(ContentFile(png(), name)) for name in ("a.png", "b.png")}

    assert len(names) == 1


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<html>", b"%PDF-1.7", png(pictures.MOST_BYTES + 1)],
)
def test_what_is_no_small_picture_is_refused(content):
    with pytest.raises(ValidationError):
        pictures.keep(ContentFile(content, "a.png"))


def which(picture):
    options = (Option("a", Text(en="A"), picture),)
    return Content((Question("which", Kind.PICTURE, Text(en="Which?"), options=options),))


def test_picture_that_nothing_shows_any_more_is_deleted():
    shown = ("logo", "draft", "version")
    names = {
        one: pictures.keep(ContentFile(png() + one.encode(), "a.png")) for one in (*shown, "former", "unused")
    }
    survey = rows.survey(content=which(names["version"]), logo=names["logo"])
    survey.draft = written(which(names["draft"]))
    survey.save()
    other = kept_files().save("2026/01/customers.csv", ContentFile(b"name"))
    now = timezone.now()

    at_once = pictures.forget_unused(now)
    later = pictures.forget_unused(now + timedelta(days=2))

    assert (at_once, later) == (0, 2)
    assert [one for one, name in names.items() if kept_files().exists(name)] == list(shown)
    assert kept_files().exists(other)


def test_without_pictures_nothing_is_deleted():
    assert pictures.forget_unused(timezone.now()) == 0
