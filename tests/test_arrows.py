"""Who may know whom: accounts ← surveys ← metrics, cxhub knows all and is known by nobody."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KNOWN = {
    "accounts": {"accounts"},
    "surveys": {"accounts", "surveys"},
    "metrics": {"accounts", "surveys", "metrics"},
    "cxhub": {"accounts", "surveys", "metrics", "cxhub"},
}
DOORS = {
    "admin",
    "answering_forms",
    "answering_pages",
    "answering_visits",
    "api",
    "api_urls",
    "api_values",
    "channel_pages",
    "coverage_pages",
    "distribution_forms",
    "distribution_pages",
    "engagement_forms",
    "engagement_pages",
    "events_api",
    "feedback_forms",
    "feedback_pages",
    "follow_up_forms",
    "follow_up_pages",
    "forms",
    "import_forms",
    "import_pages",
    "intake_forms",
    "intake_pages",
    "intake_urls",
    "letter_forms",
    "letter_pages",
    "link_forms",
    "link_pages",
    "mailing_api",
    "mailing_forms",
    "mailing_pages",
    "mailing_previews",
    "look_pages",
    "management",
    "frequency_pages",
    "message_forms",
    "message_pages",
    "notice_forms",
    "notice_pages",
    "page_urls",
    "population_api",
    "population_forms",
    "population_pages",
    "question_forms",
    "question_pages",
    "report_forms",
    "report_pages",
    "scale_forms",
    "scale_pages",
    "serializers",
    "short_urls",
    "survey_api",
    "survey_forms",
    "survey_pages",
    "tasks",
    "urls",
    "views",
    "webhook_api",
    "webhook_forms",
    "webhook_pages",
    "widgets",
}
# "metrics.Run", "metrics.tasks.recompute", "metrics.view_company_figures"; "cxhub.actor" is a setting of the database.
NAME = re.compile(r"(accounts|surveys|metrics|cxhub)((\.[A-Za-z_]\w*)+)")
DATABASE_SETTINGS = {"cxhub.actor", "cxhub.job"}


def names(source: str) -> set[str]:
    """All that a module imports, at its head or inside a function, and all that it names in whole strings."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            found.add(node.value)
    return found - DATABASE_SETTINGS


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", KNOWN)
def test_room_names_only_those_it_may_know(room):
    strangers = set(KNOWN) - KNOWN[room]

    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(room)
        for name in names(path.read_text())
        if name.split(".")[0] in strangers
    }

    assert wrong == set()


@pytest.mark.parametrize("room", ["accounts", "surveys", "metrics"])
def test_only_doors_import_doors(room):
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(room)
        if not DOORS & {*path.relative_to(ROOT / room).parts, path.stem}
        for name in names(path.read_text())
        if name.split(".")[0] == room and DOORS & set(name.split(".")[1:2])
    }

    assert wrong == set()


@pytest.mark.parametrize(
    "source",
    [
        "import metrics.evaluate",
        "from metrics import evaluate",
        "def f():\n    from metrics.evaluate import value",
        "run = get_model('metrics.Run')",
        "send('metrics.tasks.recompute')",
    ],
)
def test_names_sees_every_way_to_know_a_room(source):
    assert any(name.startswith("metrics") for name in names(source))


def test_names_ignores_prose():
    assert names("'''The metrics app. See metrics.Run for more.'''") == set()
