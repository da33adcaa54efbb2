from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from accounts.models import OrderLine, Organisation
from accounts.services import change_account
from metrics import catalogue, reference
from metrics.definitions import FAMILIES, Estimate, Level, RollUp, in_every_language
from metrics.models import Definition
from metrics.reference import Reference
from metrics.storing import definitions
from tests import factories

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def reference_of(key):
    return Reference.of(catalogue.ALL[key], Organisation.current())


def test_everything_that_a_definition_can_say_has_words():
    assert set(reference.LEVELS) == set(Level)
    assert set(reference.ROLL_UPS) == set(RollUp)
    assert set(reference.INTERVALS) >= set(Estimate)
    assert {metric.minimum_counts for metric in catalogue.ALL.values()} <= set(reference.COUNTED)


@pytest.mark.django_db
@pytest.mark.parametrize("key", catalogue.ALL)
def test_every_metric_knows_since_when_there_are_its_facts(key):
    assert {day for _kind, day in reference_of(key).facts} == {None}


@pytest.mark.django_db
def test_facts_begin_with_the_first_one():
    Organisation.current()
    Organisation.objects.update(time_zone="Asia/Riyadh")
    account = factories.account()
    change_account(account, by=None, day=date(2025, 3, 1), stage="live")
    factories.subscription(account, 100, "2024-05-06")
    order = factories.order(account, "2023-12-31 22:30")
    OrderLine.objects.create(order=order, amount=1)

    assert dict(reference_of("customers").facts) == {
        "dated values": date(2025, 3, 1),
        "orders": date(2024, 1, 1),  # the day of the organisation
        "subscriptions": date(2024, 5, 6),
    }
    assert dict(reference_of("product_return_rate").facts) == {
        "order lines": date(2024, 1, 1),
        "returns": None,
    }
    assert dict(reference_of("arr").facts) == {"subscriptions": date(2024, 5, 6)}


@pytest.mark.django_db
def test_a_definition_is_in_force_since_its_version_is():
    assert reference_of("mrr").in_force_since is None

    definitions()
    Definition.objects.filter(key="mrr").update(version=7, since="2020-01-01T00:00Z")
    assert reference_of("mrr").in_force_since is None
    definitions()

    assert reference_of("mrr").in_force_since.date() == timezone.now().date()


@pytest.mark.parametrize("metric", catalogue.ALL.values(), ids=lambda metric: metric.key)
def test_rivals_are_sentences_and_name_other_metrics(metric):
    for rival in metric.rivals:
        english, arabic = in_every_language(rival.text).values()
        assert english.endswith(".")
        assert arabic.endswith(".")
        assert english != arabic
        assert rival.key != metric.key


# docs/metrics.md


def test_page_is_what_the_code_says():
    call_command("describe_metrics", check=True)


def test_page_holds_every_metric_with_both_names():
    with translation.override("en"):
        page = reference.as_markdown()

    for metric in catalogue.ALL.values():
        names = in_every_language(metric.name)
        assert f"\n### {names['en']} · {names['ar']}\n\n`{metric.key}`: {metric.formula}\n" in page
        assert all(alias in page for alias in metric.aliases)
        assert all(str(rival.text) in page for rival in metric.rivals)
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == [
        "Conventions",
        *map(str, FAMILIES.values()),
    ]


def test_check_fails_where_the_page_is_stale_and_writing_mends_it(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="make docs"):
        call_command("describe_metrics", check=True)

    call_command("describe_metrics")

    call_command("describe_metrics", check=True)
    assert (tmp_path / "docs" / "metrics.md").read_text() == PAGE.read_text()
