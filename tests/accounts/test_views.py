from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts import panels
from accounts.merges import merge_accounts
from accounts.models import Attachment, Delivery, Departure, Notice, Payment, Plan, Term
from accounts.services import change_account
from tests import factories
from tests.factories import at
from tests.surveys import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(alice):
    return factories.account("Najm Logistics", owner=alice)


def one_of_each(account, number, by):
    """A fact for every panel."""
    factories.subscription(account, 100, f"2026-0{number}-01", f"2026-0{number}-20", reference=f"S{number}")
    Term.objects.create(account=account, starts="2026-01-01", ends=f"2026-0{number}-28", currency="USD")
    account.contacts.create(name=f"Sara {number}", email=f"sara{number}@example.com")
    factories.order(account, f"2026-0{number}-02 10:00", number=f"O-{number}")
    Payment.objects.create(account=account, day=f"2026-0{number}-03", amount=100, currency="USD")
    factories.ticket(account, [("opened", f"2026-0{number}-04 10:00")], subject=f"Broken {number}")
    factories.plain(Attachment, account=account, name=f"terms {number}.pdf")
    change_account(account, by=by, day=date(2026, number, 5), tier=f"Tier {number}")
    rows.answer(rows.response(account=account))


@pytest.mark.parametrize("name", panels.PANELS)
def test_panel_shows_its_facts_at_the_same_cost_for_one_and_three(
    sign_in, alice, account, name, django_assert_num_queries
):
    client = sign_in(alice)
    # Of responses their answers are asked for too.
    cost = 10 + (name == "responses")
    one_of_each(account, 1, alice)

    with django_assert_num_queries(cost):
        assert len(client.get(f"/accounts/{account.pk}/{name}/").context["rows"]) >= 1
    for number in (2, 3):
        one_of_each(account, number, alice)
    with django_assert_num_queries(cost):
        assert len(client.get(f"/accounts/{account.pk}/{name}/").context["rows"]) >= 3


@pytest.mark.parametrize("name", [*panels.PANELS, "timeline"])
def test_panel_of_a_strangers_account_is_not_found(sign_in, charlie, account, name):
    assert sign_in(charlie).get(f"/accounts/{account.pk}/{name}/").status_code == 404


def test_unknown_panel_is_not_found(sign_in, alice, account):
    assert sign_in(alice).get(f"/accounts/{account.pk}/secrets/").status_code == 404


def test_panel_is_a_page_and_a_fragment(sign_in, alice, account):
    client = sign_in(alice)

    page = client.get(f"/accounts/{account.pk}/orders/").content.decode()
    fragment = client.get(f"/accounts/{account.pk}/orders/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" in page
    assert fragment.strip().startswith('<section class="card" id="panel-orders"')


@pytest.mark.parametrize("query", ["page=0", "page=last", "q=" + "x" * 201])
def test_panel_says_what_is_wrong_with_its_address(sign_in, alice, account, query):
    response = sign_in(alice).get(f"/accounts/{account.pk}/contacts/?{query}")

    assert response.status_code == 400
    assert "errorlist" in response.content.decode()


def test_contacts_are_searched_by_name_and_address(sign_in, alice, account):
    account.contacts.create(name="سارة القحطاني", email="sq@example.com")
    account.contacts.create(name="Omar", email="omar@other.example")
    client = sign_in(alice)

    def found(words):
        rows = client.get(f"/accounts/{account.pk}/contacts/", {"q": words}).context["rows"]
        return [contact.email for contact in rows]

    assert found("ساره") == ["sq@example.com"]
    assert found("OTHER.example") == ["omar@other.example"]
    assert found("nobody") == []


def test_changes_name_people_teams_and_stages(sign_in, alice, account, team):
    change_account(account, by=alice, day=date(2026, 2, 1), owner=alice, team=team, stage="live", tier="Gold")
    change_account(account, by=None, day=date(2026, 3, 1), tier="")

    rows = sign_in(alice).get(f"/accounts/{account.pk}/changes/").context["rows"]

    told = {(row.from_day.isoformat(), row.attribute): (row.said, row.by) for row in rows}
    assert told["2026-02-01", "owner"] == ("Alice", alice)
    assert told["2026-02-01", "team"] == ("North", alice)
    assert told["2026-02-01", "stage"] == ("Live", alice)
    assert told["2026-03-01", "tier"] == ("", None)


def test_tickets_say_their_state(sign_in, alice, account):
    log = [("opened", "2026-01-01 10:00"), ("resolved", "2026-01-02 10:00")]
    factories.ticket(account, log, subject="Solved")
    factories.ticket(account, [*log, ("reopened", "2026-01-03 10:00")], subject="Again")

    rows = sign_in(alice).get(f"/accounts/{account.pk}/tickets/").context["rows"]

    assert {ticket.subject: ticket.latest for ticket in rows} == {"Solved": "resolved", "Again": "reopened"}


def test_facts_of_a_merged_account_are_those_of_its_survivor(sign_in, alice, account):
    loser = factories.account("Najm", owner=alice)
    factories.order(loser, "2026-01-01 10:00", number="O-9")
    merge_accounts(loser, account, by=alice)

    rows = sign_in(alice).get(f"/accounts/{account.pk}/orders/").context["rows"]

    assert [order.number for order in rows] == ["O-9"]


# The timeline


def kinds(response):
    return [(entry.kind, entry.label) for entry in response.context["entries"]]


def test_timeline_holds_everything_newest_first(sign_in, alice, account):
    plan = Plan.objects.create(code="growth", name={"en": "Growth", "ar": "النمو"})
    factories.subscription(
        account,
        100,
        "2026-01-01",
        "2026-06-01",
        plan=plan,
        cancelled_on=date(2026, 5, 1),
        cancel_reason="price",
    )
    factories.order(account, "2026-02-01 10:00", number="O-1")
    factories.ticket(
        account, [("opened", "2026-03-01 10:00"), ("resolved", "2026-03-02 10:00")], subject="Broken"
    )
    Term.objects.create(
        account=account,
        starts="2026-01-01",
        ends="2026-06-01",
        currency="USD",
        outcome="lost",
        decided_on="2026-05-02",
        lost_reason="price",
    )
    Departure.objects.create(account=account, churn_day="2026-06-02", reason="price", competitor="Rival")
    Notice.objects.create(
        account=account,
        kind="band.changed",
        payload={"text": "Health fell"},
        happened_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    change_account(account, by=alice, day=date(2026, 1, 15), stage="live")

    response = sign_in(alice).get(f"/accounts/{account.pk}/timeline/")

    assert kinds(response)[:10] == [
        ("departure", "price"),
        ("subscription-end", "Growth"),
        ("term", "Lost"),
        ("subscription-notice", "Growth"),
        ("notice", "band.changed"),
        ("resolution", "Broken"),
        ("ticket", "Broken"),
        ("order", "O-1"),
        ("change", "stage"),
        ("subscription-start", "Growth"),
    ]


def test_timeline_tells_who_opened_a_mail_and_followed_a_link(sign_in, alice, account):
    sara = account.contacts.create(name="Sara")
    moments = {"opened_at": at("2026-02-01 10:00"), "clicked_at": at("2026-02-01 10:05")}
    factories.plain(Delivery, account=account, contact=sara, **moments)
    factories.plain(Delivery, account=account, mail="m2", clicked_at=at("2026-02-01 10:10"))
    by_a_machine = {"opened_by_machine_at": at("2026-02-01 10:00")}
    factories.plain(Delivery, account=account, contact=sara, mail="m3", **by_a_machine)

    response = sign_in(alice).get(f"/accounts/{account.pk}/timeline/")

    seen = [found for found in kinds(response) if found[0] in {"opened", "clicked"}]
    assert seen == [("clicked", ""), ("clicked", "Sara"), ("opened", "Sara")]
    page = response.content.decode()
    assert "<bdi>Sara</bdi> opened a mail" in page
    assert "<bdi>Sara</bdi> followed a link of a mail" in page
    assert "A link of a mail was followed" in page


def test_timeline_names_plans_in_the_readers_language(sign_in, alice, account):
    alice.language = "ar"
    alice.save()
    plan = Plan.objects.create(code="growth", name={"en": "Growth", "ar": "النمو"})
    factories.subscription(account, 100, "2026-01-01", plan=plan)

    response = sign_in(alice).get(f"/accounts/{account.pk}/timeline/")

    assert ("subscription-start", "النمو") in kinds(response)


def test_timeline_pages_meet_without_gap_or_overlap(sign_in, alice, account):
    for number in range(25):  # many of one moment
        factories.order(account, "2026-02-01 10:00", number=f"O-{number}")
        factories.ticket(account, [("opened", "2026-02-01 10:00")], subject=f"T-{number}")
    client = sign_in(alice)
    address, seen = f"/accounts/{account.pk}/timeline/", []

    response = client.get(address)
    while response.context["has_more"]:
        seen += kinds(response)
        response = client.get(address, {"before": str(response.context["entries"][-1].cursor)})
    seen += kinds(response)

    assert len(seen) == len(set(seen)) == 51  # and that Alice became the owner
    assert {label for _kind, label in seen} >= {"O-0", "O-24", "T-0", "T-24"}


def test_timeline_holds_nothing_that_is_yet_to_come(sign_in, alice, account):
    factories.subscription(account, 100, "2026-01-01", "2999-01-01")

    assert ("subscription-end", "") not in kinds(sign_in(alice).get(f"/accounts/{account.pk}/timeline/"))


def test_timeline_shows_amounts_in_their_currency(sign_in, alice, account):
    factories.order(account, "2026-02-01 10:00", amount=Decimal("12.5"), currency="KWD")

    page = sign_in(alice).get(f"/accounts/{account.pk}/timeline/").content.decode()

    assert "KWD\N{NO-BREAK SPACE}12.500" in page


def test_timeline_costs_nine_queries_for_one_and_three_entries(
    sign_in, alice, account, django_assert_num_queries
):
    client = sign_in(alice)
    factories.order(account, "2026-01-01 10:00")
    factories.organisation()

    with django_assert_num_queries(9):
        client.get(f"/accounts/{account.pk}/timeline/")
    one_of_each(account, 2, alice)
    with django_assert_num_queries(9):
        client.get(f"/accounts/{account.pk}/timeline/")


@pytest.mark.parametrize(
    "before",
    [
        "x",
        "2026-01-01T00:00:00+00:00~order",
        "2026-01-01T00:00:00~order~1",
        "2026-01-01T00:00:00+00:00~secret~1",
    ],
)
def test_timeline_rejects_what_is_no_place_in_it(sign_in, alice, account, before):
    response = sign_in(alice).get(f"/accounts/{account.pk}/timeline/", {"before": before})

    assert response.status_code == 400
    assert "This is no place in the timeline" in response.content.decode()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_timeline_takes_any_moment(sign_in, alice, account, at):
    response = sign_in(alice).get(f"/accounts/{account.pk}/timeline/", {"before": f"{at}~order~{10**30}"})

    assert response.status_code in {200, 400}
