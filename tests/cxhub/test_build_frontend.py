import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cxhub.management.commands import build_frontend

ROOT = Path(__file__).resolve().parents[2]


def test_source_map_comments_are_cut_off():
    assert build_frontend.without_source_map(b"a{}\n/*# sourceMappingURL=a.css.map */\n") == b"a{}\n"
    assert build_frontend.without_source_map(b"f()\n//# sourceMappingURL=f.js.map") == b"f()\n"
    assert build_frontend.without_source_map(b"a{}") == b"a{}"


def test_symbol_keeps_the_strokes_and_drops_the_box():
    svg = '<svg x="1">\n  <path stroke="none" d="M0 0h24v24H0z" fill="none"/>\n  <path d="M4 4" />\n</svg>'

    assert (
        build_frontend.symbol("dot", svg) == '<symbol id="dot" viewBox="0 0 24 24"><path d="M4 4" /></symbol>'
    )


def test_missing_packages_say_what_to_run(settings, tmp_path):
    settings.BASE_DIR = tmp_path

    with pytest.raises(CommandError, match="npm ci"):
        call_command("build_frontend")


def test_lock_names_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_every_icon_that_templates_name_is_in_the_sprite():
    named = set()
    for room in ("accounts", "surveys", "metrics", "cxhub"):
        for template in (ROOT / room).glob("**/templates/**/*.html"):
            named |= set(build_frontend.ICON_TAG.findall(template.read_text()))

    assert named - set(build_frontend.ICONS) == set()
