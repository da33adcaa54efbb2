"""Pages say up to when the facts of a metric have come in, and which source is behind."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts import feeds
from accounts.models import Account
from tests.accounts.test_feeds import last_days, orders
from tests.metrics.test_completeness import payments

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def arrived():
    orders("shop", *last_days(20))
    payments("bank", *last_days(20, until=NOW - timedelta(days=10)))
    feeds.note(NOW)


def page(client, address):
    return " ".join(client.get(address).content.decode().split())


def text(client, address):
    """As it is read."""
    return " ".join(re.sub(r"<[^>]*>", " ", page(client, address)).split())


def test_the_page_of_a_metric_names_the_source_that_is_behind(sign_in, administrator, arrived):
    client = sign_in(administrator)

    revenue = page(client, "/metrics/total_revenue/")
    assert "21 Mar 2026, 07:00" in revenue
    assert "(payments from <bdi>bank</bdi>, the last of them" in revenue
    assert "silent for longer than usual" in revenue
    ordered = page(client, "/metrics/orders/")
    assert "31 Mar 2026, 03:00" in ordered
    assert "silent for longer than usual" not in ordered
    assert "(no source is behind)" in page(client, "/metrics/tickets/")


def test_before_anything_was_noted_the_page_says_so(sign_in, administrator):
    assert "nothing was noted yet" in page(sign_in(administrator), "/metrics/orders/")


def test_the_catalogue_marks_what_waits_for_a_silent_source(sign_in, administrator, arrived):
    response = sign_in(administrator).get("/metrics/")

    behind = {
        metric.key: completeness.held_back_by and completeness.held_back_by.source
        for _label, rows in response.context["families"]
        for metric, _figure, completeness in rows
    }
    assert (behind["orders"], behind["profit"], behind["tickets"]) == ("shop", "bank", None)
    assert "a source is silent" in response.content.decode()


def test_cohorts_and_the_pages_of_an_account_say_it(sign_in, administrator, arrived):
    client, pk = sign_in(administrator), Account.objects.earliest("pk").pk

    assert "Data complete to 31 Mar 2026, 03:00" in text(
        client, "/metrics/cohorts/?measure=activity&months=2"
    )
    assert "Data complete to 21 Mar 2026, 07:00" in text(client, f"/metrics/total_revenue/rows/{pk}/")
    assert "Data complete to 31 Mar 2026, 03:00" in text(client, f"/accounts/{pk}/")
