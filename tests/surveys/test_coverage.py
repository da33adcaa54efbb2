"""At which stages customers are asked, and by what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.accounts.messages.mailed import in_role
from tests.factories import account
from tests.surveys import rows

pytestmark = pytest.mark.django_db
ADDRESS = "/surveys/coverage/"
COST = 10


def ask(survey, of, *, days=10):
    rows.invitation(survey, account=of, invited_at=timezone.now() - timedelta(days=days))


def stages(answer):
    found = answer.context["coverage"]
    return {stage.label: (stage.accounts, stage.asked, stage.is_silent) for stage in found.stages}


def test_accounts_that_were_asked_are_counted_once_at_their_stage(sign_in, csm):
    onboarding, support = rows.survey(touchpoint="onboarding"), rows.survey(touchpoint="support")
    rows.survey(archived_at=timezone.now())
    live, other = account("Live", owner=csm, stage="live"), account("Other", owner=csm, stage="live")
    merged = account("Merged", owner=csm, stage="lead", merged_into=live)
    account("New", owner=csm, stage="onboarding")
    account("Test", owner=csm, stage="live", internal=True)
    for one in (live, live, merged):
        ask(support, one)
    ask(onboarding, other, days=100)
    ask(onboarding, account("Theirs", stage="live"))
    client = sign_in(csm)

    half_a_year, quarter = client.get(ADDRESS), client.get(f"{ADDRESS}?days=90")

    assert [one.pk for one in half_a_year.context["coverage"].surveys] == [onboarding.pk, support.pk]
    assert stages(half_a_year)["Live"] == (2, (1, 1), False)
    assert stages(quarter)["Live"] == (2, (0, 1), False)
    assert stages(quarter)["Onboarding"] == (1, (0, 0), True)
    assert stages(quarter)["Lead"] == (0, (0, 0), False)
    assert quarter.content.decode().count("nobody is asked") == 1


def test_costs_the_same_for_many_surveys(sign_in, csm, django_assert_num_queries):
    client = sign_in(csm)
    rows.survey()
    client.get(ADDRESS)
    with django_assert_num_queries(COST):
        client.get(ADDRESS)
    for _more in range(2):
        ask(rows.survey(), account(owner=csm))
    with django_assert_num_queries(COST):
        client.get(ADDRESS)


def test_days_are_some_of_three(sign_in, csm):
    assert sign_in(csm).get(f"{ADDRESS}?days=7").status_code == 400


def test_who_writes_no_surveys_finds_no_such_page(sign_in, charlie):
    assert sign_in(in_role(charlie, "Executive")).get(ADDRESS).status_code == 404
