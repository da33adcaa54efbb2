import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from cxhub import design

STYLES = Path(__file__).resolve().parents[2] / "cxhub" / "static" / "cxhub"
PHYSICAL = re.compile(
    r"(?<![-\w])(margin|padding|border)-(left|right)|(?<![-\w])(left|right):|text-align: (left|right)|float:"
)
RAW_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(")


def rules(name):
    return re.sub(r"/\*.*?\*/", "", (STYLES / name).read_text(), flags=re.DOTALL)


def test_every_token_is_on_the_page():
    shown = [name for names in design.tokens().values() for name in names]
    declared = {match["name"] for match in design.TOKEN.finditer((STYLES / "tokens.css").read_text())}

    assert set(shown) == declared
    assert len(shown) == len(declared)


def test_stylesheets_use_only_tokens_that_exist():
    declared = {match["name"] for match in design.TOKEN.finditer((STYLES / "tokens.css").read_text())}
    used = {
        name
        for sheet in STYLES.glob("*.css")
        for name in re.findall(r"var\(--(?!tblr)([a-z0-9-]+)", rules(sheet.name))
    }

    assert used - declared == set()


@pytest.mark.parametrize(
    "sheet",
    sorted({sheet.name for sheet in STYLES.glob("*.css")} - {"tokens.css", "api_docs.css"}),
)
def test_stylesheets_know_no_left_and_no_raw_colour(sheet):
    assert PHYSICAL.findall(rules(sheet)) == []
    assert RAW_COLOUR.findall(rules(sheet)) == []


def test_design_page_is_for_staff(sign_in, administrator, alice):
    assert sign_in(administrator).get("/design/").status_code == 200
    assert sign_in(alice).get("/design/").status_code == 302


def test_only_administrators_are_led_to_it(sign_in, administrator, alice):
    """For whoever enters facts all day it is no part of their work."""
    alice.is_staff = True
    alice.save()
    alice.groups.add(Group.objects.get(name="Operations"))

    assert 'href="/design/"' in sign_in(administrator).get("/").content.decode()
    page = sign_in(alice).get("/").content.decode()
    assert 'href="/admin/"' in page
    assert 'href="/design/"' not in page


@pytest.mark.parametrize("language", ["en", "ar"])
def test_design_page_speaks_both_languages(sign_in, administrator, language):
    administrator.language = language
    administrator.save()

    page = sign_in(administrator).get("/design/").content.decode()

    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    assert ("vendor/tabler.rtl.min.css" in page) is (language == "ar")
    assert "style=" not in page
