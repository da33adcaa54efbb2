from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.merges import merge_accounts
from accounts.models import Job, Notice, Organisation, Term, Touched, User
from accounts.services import change_account
from metrics.models import AccountSnapshot, CurrentValue, Definition, PopulationValue, StoredDay
from metrics.storing import partition_for
from tests import factories
from tests.surveys import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return Organisation.current().today(timezone.now())


@pytest.fixture
def computed():
    now = timezone.now()
    return Job.objects.create(kind="recompute.full", state=Job.State.DONE, started_at=now, finished_at=now)


def definition(key):
    return Definition.objects.get_or_create(key=key)[0]


def current(account, key, numerator, denominator=0):
    value = numerator / denominator if denominator else numerator
    CurrentValue.objects.create(
        account=account, definition=definition(key), numerator=numerator, denominator=denominator, value=value
    )


def figure(response, key):
    return next(figure for figure in response.context["figures"] if figure.metric.key == key)


# Home


def test_home_without_accounts_says_so_in_every_panel(sign_in, alice, today):
    page = sign_in(alice).get("/").content.decode()

    assert "Figures have not been computed yet" in page
    assert "Nothing needs you today" in page
    assert "No undecided term ends within 60 days" in page
    assert "No stage, owner or segment changed" in page


def test_home_adds_up_the_readers_own_accounts(sign_in, alice, charlie, computed):
    for owner, mrr, start in ((alice, 100, 80), (alice, 50, 60), (charlie, 900, 900)):
        account = factories.account(f"{owner} {mrr}", owner=owner)
        current(account, "mrr", mrr)
        current(account, "net_revenue_retention", mrr, start)

    response = sign_in(alice).get("/")

    assert figure(response, "mrr").value == 150
    assert float(figure(response, "net_revenue_retention").value) == pytest.approx(150 / 140)
    assert figure(response, "net_revenue_retention").low_sample
    assert figure(response, "net_revenue_retention").is_real is False
    assert figure(response, "tickets").value == 0
    assert figure(response, "customer_churn_rate").value is None


def test_home_of_everybody_shows_the_stored_answers(sign_in, administrator, today, computed):
    for key, value, low, high in (("mrr", 4711, None, None), ("customer_churn_rate", 0.02, 0.01, 0.04)):
        PopulationValue.objects.create(
            day=today, definition=definition(key), numerator=1, denominator=1, value=value, low=low, high=high
        )
        PopulationValue.objects.create(
            day=today.replace(day=1) - timedelta(days=1),
            definition=definition(key),
            numerator=1,
            denominator=1,
            value=value / 2,
        )
    factories.account("Anybody")

    response = sign_in(administrator).get("/?book=all")

    assert figure(response, "mrr").value == 4711
    assert figure(response, "mrr").before == 4711 / 2
    assert figure(response, "customer_churn_rate").is_real is False  # 1 % lies on the edge of the interval


def test_home_begins_with_the_first_book_that_has_accounts(sign_in, alice, team, administrator):
    factories.account("Of the team", team=team)

    assert sign_in(alice).get("/").context["book"].key == f"team-{team.pk}"
    assert sign_in(administrator).get("/").context["book"].key == "all"
    alice.groups.add(Group.objects.get(name="Operations"))
    alice.teams.clear()
    response = sign_in(User.objects.get(pk=alice.pk)).get("/")
    assert response.context["book"].key == "all"
    assert "?book=mine" in response.content.decode()


@pytest.mark.parametrize("book", ["all", "team-0", "x"])
def test_home_offers_no_book_that_the_reader_may_not_see(sign_in, alice, book):
    response = sign_in(alice).get(f"/?book={book}")

    assert response.status_code == 400
    assert "There is no such list of accounts" in response.content.decode()


def test_home_lists_who_needs_attention_and_why(sign_in, alice, charlie, today, computed):
    leaving, falling, ending, busy, fine = (
        factories.account(name, owner=alice) for name in ("Leaving", "Falling", "Ending", "Busy", "Fine")
    )
    factories.subscription(leaving, 100, today - timedelta(days=400), cancelled_on=today - timedelta(days=3))
    current(falling, "mrr_contraction", 40)
    current(busy, "tickets", 7)
    current(fine, "tickets", 4)
    Term.objects.create(
        account=ending, starts=today - timedelta(days=300), ends=today + timedelta(days=20), currency="USD"
    )
    Term.objects.create(
        account=fine, starts=today - timedelta(days=300), ends=today + timedelta(days=61), currency="USD"
    )
    current(factories.account("Charlie's", owner=charlie), "tickets", 50)

    items = sign_in(alice).get("/").context["items"]

    assert [(item.account.name, [reason.kind for reason in item.reasons]) for item in items] == [
        ("Leaving", ["notice"]),
        ("Falling", ["fall"]),
        ("Ending", ["term"]),
        ("Busy", ["tickets"]),
    ]


def test_home_costs_24_queries_for_one_and_three_accounts(
    sign_in, alice, today, computed, django_assert_num_queries
):
    client = sign_in(alice)
    definition("tickets"), definition("mrr_contraction"), definition("mrr_churned")
    current(factories.account("First", owner=alice), "tickets", 9)

    with django_assert_num_queries(24):
        assert len(client.get("/").context["items"]) == 1
    for name in ("Second", "Third"):
        current(factories.account(name, owner=alice), "tickets", 9)
    with django_assert_num_queries(24):
        assert len(client.get("/").context["items"]) == 3


def test_home_says_that_its_past_is_being_recomputed(sign_in, alice, today, computed):
    factories.account("First", owner=alice)
    Touched.objects.all().delete()
    day = StoredDay.objects.create(day=today.replace(day=1) - timedelta(days=1))
    client = sign_in(alice)
    words = "Past days are being recomputed"

    assert words not in client.get("/").content.decode()
    StoredDay.objects.filter(pk=day.pk).update(stale_since=timezone.now())
    assert words in client.get("/").content.decode()


def test_home_tells_what_changed_within_a_week(sign_in, alice, bob, today):
    account = factories.account("Najm", owner=alice)
    change_account(account, by=bob, day=today, stage="live")

    page = sign_in(alice).get("/").content.decode()

    assert "Stage is now <bdi>Live</bdi>" in page


def test_home_in_arabic(sign_in, alice):
    alice.language = "ar"
    alice.save()
    factories.account("Najm", owner=alice)

    page = sign_in(alice).get("/").content.decode()

    assert '<html lang="ar" dir="rtl"' in page
    assert "حساباتي" in page


# An account


def test_account_shows_figures_with_trend_facts_and_timeline(sign_in, alice, today, computed):
    account = factories.account("Najm Logistics", owner=alice, segment="Enterprise", country="SA")
    current(account, "mrr", 120)
    end = today.replace(day=1) - timedelta(days=1)
    partition_for(end)
    StoredDay.objects.create(day=end)
    AccountSnapshot.objects.create(
        account=account, definition=definition("mrr"), day=end, numerator=100, denominator=0, value=100
    )
    account.keys.create(source="crm", value="C-17")
    factories.order(account, "2026-01-01 10:00", number="O-1")

    response = sign_in(alice).get(f"/accounts/{account.pk}/")

    page = response.content.decode()
    assert figure(response, "mrr").value == 120
    assert figure(response, "mrr").before == 100
    assert list(figure(response, "mrr").trend)[-2:] == [100, 120]
    assert figure(response, "orders").value == 0
    for words in ("Najm Logistics", "Enterprise", "C-17", "Order <bdi>O-1</bdi>", "History begins on"):
        assert words in page, words


def test_account_of_a_stranger_is_not_found(sign_in, charlie, alice):
    account = factories.account(owner=alice)

    assert sign_in(charlie).get(f"/accounts/{account.pk}/").status_code == 404


def test_account_number_that_cannot_be_is_not_found(sign_in, alice):
    assert sign_in(alice).get(f"/accounts/{10**40}/").status_code == 404


def test_merged_account_leads_to_its_survivor(sign_in, alice):
    survivor, loser = factories.account("Najm", owner=alice), factories.account("Najm Ltd", owner=alice)
    merge_accounts(loser, survivor, by=alice)

    response = sign_in(alice).get(f"/accounts/{loser.pk}/")

    assert response["Location"] == f"/accounts/{survivor.pk}/"


def test_account_does_not_name_subsidiaries_that_the_reader_may_not_see(sign_in, alice, charlie):
    account = factories.account("Holding", owner=alice)
    factories.account("Seen", owner=alice, parent=account)
    factories.account("Unseen", owner=charlie, parent=account)

    page = sign_in(alice).get(f"/accounts/{account.pk}/").content.decode()

    assert "Seen" in page
    assert "Unseen" not in page
    assert f'href="/metrics/mrr/?group={account.pk}"' in page


def test_account_costs_35_queries_for_one_and_three_of_everything(
    sign_in, alice, computed, django_assert_num_queries
):
    client = sign_in(alice)
    account = factories.account(owner=alice)

    def more(number):
        factories.subscription(account, 100, f"2026-0{number}-01", f"2026-0{number}-20")
        factories.order(account, f"2026-0{number}-02 10:00")
        factories.ticket(account, [("opened", f"2026-0{number}-04 10:00")])
        rows.answer(rows.response(account=account))
        account.contacts.create(name=f"Sara {number}")
        account.keys.create(source="crm", value=str(number))
        factories.account(f"Child {number}", owner=alice, parent=account)
        Notice.objects.create(account=account, kind="x", happened_at=timezone.now())
        change_account(
            account, by=alice, day=timezone.now().date() - timedelta(days=number), tier=str(number)
        )

    more(1)
    with django_assert_num_queries(35):
        assert client.get(f"/accounts/{account.pk}/").status_code == 200
    more(2)
    more(3)
    with django_assert_num_queries(35):
        assert client.get(f"/accounts/{account.pk}/").status_code == 200


def test_figures_of_facts_that_changed_since_say_so(sign_in, alice, charlie, computed):
    """As after a merge: what stands there is still the figure of before."""
    account, merged = (factories.account(name, owner=alice) for name in ("Kept", "Merged"))
    merge_accounts(merged, account, by=alice)
    other = factories.account("Charlie's", owner=charlie)
    client = sign_in(alice)

    def said(address):
        return "Facts have changed since; these figures follow" in client.get(address).content.decode()

    pages = [f"/accounts/{account.pk}/", "/accounts/", "/?book=mine"]
    Touched.objects.all().delete()
    factories.order(other, "2026-01-02 10:00")
    before = [said(page) for page in pages]
    factories.order(merged, "2026-01-02 10:00")

    assert before == [False] * 3
    assert [said(page) for page in pages] == [True] * 3


def test_account_shows_names_as_texts(sign_in, alice):
    account = factories.account("<script>alert(1)</script>", owner=alice)

    page = sign_in(alice).get(f"/accounts/{account.pk}/").content.decode()

    assert "<script>alert(1)" not in page
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in page


def test_account_links_to_web_addresses_only(sign_in, alice):
    page = sign_in(alice)

    def shown(website):
        account = factories.account("Najm", owner=alice, website=website)
        return page.get(f"/accounts/{account.pk}/").content.decode()

    assert 'href="https://najm.example"' in shown("https://najm.example")
    assert 'href="javascript' not in shown("javascript:alert(1)")


# Runs


@pytest.fixture
def operations(alice):
    """Alice, who may see runs."""
    alice.groups.add(Group.objects.get(name="Operations"))
    return alice


def job(**fields):
    fields = {"kind": "recompute.night", "state": Job.State.RUNNING, "total": 10, "done": 4} | fields
    return Job.objects.create(started_at=timezone.now(), **fields)


def test_runs_refresh_only_while_something_runs(sign_in, operations):
    client = sign_in(operations)
    running = job()

    assert 'hx-trigger="every 2s"' in client.get("/runs/").content.decode()
    running.finish(Job.State.DONE, timezone.now())
    assert 'hx-trigger="every 2s"' not in client.get("/runs/").content.decode()


def test_runs_fragment_is_the_list_alone(sign_in, operations):
    job()

    fragment = sign_in(operations).get("/runs/", headers={"HX-Request": "true"}).content.decode()

    assert fragment.strip().startswith('<div id="runs"')
    assert "<html" not in fragment


def test_runs_show_progress_state_and_differences(sign_in, operations):
    job()
    job(kind="import", state=Job.State.FAILED, result={"error": "No such file"}, total=None, done=0)
    job(state=Job.State.DONE, parameters={"days": ["2026-03-01"]}, result={"differences": [[1, "mrr"]]})

    page = sign_in(operations).get("/runs/").content.decode()

    for words in ('value="40"', "No such file", "1 difference", "1 Mar 2026"):
        assert words in page, words


def test_runs_tell_of_an_import_what_it_was_and_what_was_rejected(sign_in, operations):
    job(
        kind="import",
        state=Job.State.DONE,
        parameters={"resource": "orders", "file": "march.csv"},
        result={"rejected": 1, "rejections": [[7, "amount", "This is not a number."]]},
    )

    page = sign_in(operations).get("/runs/").content.decode()

    for words in ("Import", "Orders · march.csv", "1 row rejected", "This is not a number.", "command line"):
        assert words in page, words
    assert "timetable<" not in page


@pytest.mark.parametrize(
    ("kind", "words"), [("import", "--resume {}"), ("recompute.full", "manage.py recompute --go-on {}")]
)
def test_runs_say_how_a_stopped_one_goes_on(sign_in, operations, kind, words):
    stopped = job(kind=kind, state=Job.State.STOPPED)

    assert words.format(stopped.pk) in sign_in(operations).get("/runs/").content.decode()


def test_an_import_can_be_stopped(sign_in, alice):
    running = job(kind="import", created_by=alice)

    assert f"/runs/{running.pk}/stop/" in sign_in(alice).get("/runs/").content.decode()
    sign_in(alice).post(f"/runs/{running.pk}/stop/")
    assert not running.advance(5, timezone.now())


def test_runs_of_others_are_not_seen_without_the_permission(sign_in, alice, bob):
    mine, other = job(created_by=alice), job(created_by=bob)
    client = sign_in(alice)

    assert [run.job for run in client.get("/runs/").context["jobs"]] == [mine]
    assert client.post(f"/runs/{other.pk}/stop/").status_code == 404


def test_runs_cost_eight_queries_for_one_and_three(sign_in, operations, django_assert_num_queries):
    client = sign_in(operations)
    Organisation.current()
    job()

    with django_assert_num_queries(8):
        client.get("/runs/")
    job()
    job()
    with django_assert_num_queries(8):
        client.get("/runs/")


@pytest.mark.parametrize("page", ["0", "x", "-1"])
def test_runs_reject_a_page_that_is_no_number(sign_in, operations, page):
    assert sign_in(operations).get(f"/runs/?page={page}").status_code == 400


def test_runs_of_programs_have_a_list_of_their_own(sign_in, operations):
    night = job()
    sent = job(kind="bulk", parameters={"resource": "orders", "token_name": "Warehouse"})
    client = sign_in(operations)

    page = client.get("/runs/?of=programs")

    assert [run.job for run in page.context["jobs"]] == [sent]
    assert "Orders · Warehouse" in page.content.decode()
    assert [run.job for run in client.get("/runs/").context["jobs"]] == [night]
    assert [run.job for run in client.get("/").context["jobs"]] == [night]
    assert client.get("/runs/?of=ghosts").status_code == 400


def test_stop_asks_the_run_to_stop(sign_in, alice):
    running = job(created_by=alice)

    response = sign_in(alice).post(f"/runs/{running.pk}/stop/")

    running.refresh_from_db()
    assert response["Location"] == "/runs/"
    assert running.stop_requested_at is not None


def test_stop_needs_the_permission(sign_in, operations):
    running = job()

    assert sign_in(operations).post(f"/runs/{running.pk}/stop/").status_code == 403
    running.refresh_from_db()
    assert running.stop_requested_at is None


def test_stop_of_a_run_that_is_over_changes_nothing(sign_in, administrator):
    done = job(state=Job.State.DONE)

    assert sign_in(administrator).post(f"/runs/{done.pk}/stop/").status_code == 302
    done.refresh_from_db()
    assert done.stop_requested_at is None


def test_stop_is_not_asked_by_a_link(sign_in, administrator):
    running = job()

    assert sign_in(administrator).get(f"/runs/{running.pk}/stop/").status_code == 405
