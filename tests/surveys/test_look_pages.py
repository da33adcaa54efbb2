"""What whoever answers loads beside the page."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from accounts.models.imports import kept_files
from surveys import pictures
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
