"""Who may import what, and see or continue the imports of others."""

import pytest

from accounts.models import Account, Import
from tests.cxhub.importing import CONTRACTS, act, browser_of, tried, uploaded, user_with

# Previews are noted over a connection of their own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planned(desk):
    return tried(desk, CONTRACTS + "C3,,K3,5,SAR,\n")


PLACES = ["", "columns/", "report.csv", "rejected.xlsx"]


@pytest.mark.parametrize("place", PLACES)
def test_imports_of_others_are_not_found_by_strangers(planned, place):
    marketing = browser_of(user_with("Marketing", email="mia@example.com"))
    csm = browser_of(user_with("CSM", email="carl@example.com"))

    assert marketing.get(f"/imports/{planned.pk}/{place}").status_code == 404
    assert csm.get(f"/imports/{planned.pk}/{place}").status_code == 404
    assert marketing.get("/imports/").status_code == 200
    assert csm.get("/imports/").status_code == 404
    assert csm.get("/imports/new/").status_code == 404


def test_colleague_sees_the_imports_of_others_and_leaves_them_alone(planned):
    colleague = browser_of(user_with("Operations", email="olga@example.com"))

    assert [one["import"] for one in colleague.get("/imports/").context["listed"]] == [planned]
    assert colleague.get(f"/imports/{planned.pk}/").status_code == 200
    assert colleague.get(f"/imports/{planned.pk}/columns/").status_code == 403
    for action in ("run", "stop", "go-on", "again", "next"):
        assert colleague.post(f"/imports/{planned.pk}/", {"action": action}).status_code == 403
    assert Import.objects.get(pk=planned.pk).job is None


def test_administrator_may_go_on_for_others(planned, administrator):
    desk = browser_of(administrator)

    act(desk, planned, "run")

    assert Import.objects.get(pk=planned.pk).job.created_by == administrator
    assert Account.objects.count() == 2


def test_each_role_is_offered_what_it_may_write(desk):
    marketing = browser_of(user_with("Marketing", email="mia@example.com"))

    offered = [
        name for name, _label in marketing.get("/imports/new/").context["form"].fields["resource"].choices
    ]

    assert offered == ["leads", "goals", "campaigns", "campaign_days"]
    assert uploaded(marketing, CONTRACTS).status_code == 400


def test_accounts_are_created_on_the_way_only_by_those_who_may(desk):
    service = browser_of(user_with("Service manager", email="sam@example.com"))
    uploaded(service, "id,opened\n1,2026-01-01\n", resource="tickets")
    uploaded(desk, "id,opened\n1,2026-01-01\n", resource="tickets")
    his, hers = Import.objects.order_by("pk")

    assert "create_accounts" not in service.get(f"/imports/{his.pk}/columns/").context["form"].fields
    assert "create_accounts" in desk.get(f"/imports/{hers.pk}/columns/").context["form"].fields


def test_navigation_shows_imports_to_those_who_import(desk):
    csm = browser_of(user_with("CSM", email="carl@example.com"))

    assert 'href="/imports/"' in desk.get("/runs/").content.decode()
    assert 'href="/imports/"' not in csm.get("/runs/").content.decode()
