"""The pages and the answer that say what is wrong with the data."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils import timezone

from accounts import feeds
from accounts.models import Feed, Finding, Import, Job, Upload
from accounts.quality import Grade, Looking, Remedy, count
from accounts.tasks import note_feeds
from cxhub import quality
from cxhub.resources import RESOURCES
from cxhub.tasks import look_at_quality
from tests.accounts.test_feeds import last_days, orders
from tests.factories import account, order, organisation, subscription

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def looking(now=None):
    return Looking(organisation(), now or timezone.now())


def as_role(user, name):
    user.groups.add(Group.objects.get(name=name))
    return user


def found_by(response):
    """key -> (grade, count) of all that the page shows."""
    return {
        one.check.key: (grade.value, one.count)
        for grade, lines in response.context["grades"]
        for one, _remedy in lines
    }


# Counting


def test_every_check_has_its_own_key_and_says_how_it_is_mended():
    checks = list(quality.CHECKS.values())

    assert len(checks) >= 25
    for check in checks:
        assert {str(check.why)[-1], str(check.mend)[-1]} == {"."}
        assert check.grade is not Grade.FINE


def test_every_check_can_be_counted_and_listed(administrator):
    for check in quality.CHECKS.values():
        rows = check.rows_for(administrator, looking())

        assert count(rows) == 0
        assert quality.lines(check, list(quality.ordered(rows)), administrator) == []


def test_every_column_of_a_list_is_something_that_its_rows_have():
    """One that is misspelt would be empty in every line."""
    for check in quality.CHECKS.values():
        rows = check.rows(looking())
        if isinstance(rows, QuerySet):
            named = {column.path.partition(".")[0] for column in check.columns}
            lacking = {name for name in named - {*rows.query.annotations} if not hasattr(rows.model, name)}
            assert not lacking, check.key


def test_what_was_found_is_kept_day_by_day_with_since_when():
    first = account("One", stage="live")
    for days, owned in ((5, False), (4, False), (3, True), (2, False), (1, False)):
        type(first).objects.update(stage="lead" if owned else "live")
        quality.look(looking(NOW - timedelta(days=days, hours=1)))
        quality.look(looking(NOW - timedelta(days=days)))

    kept = Finding.objects.filter(check_key="accounts_without_owner").order_by("day")
    assert list(kept.values_list("found", "since", "looked_at")) == [
        (1, NOW - timedelta(days=5, hours=1), NOW - timedelta(days=5)),
        (1, NOW - timedelta(days=5, hours=1), NOW - timedelta(days=4)),
        (0, None, NOW - timedelta(days=3)),
        (1, NOW - timedelta(days=2, hours=1), NOW - timedelta(days=2)),
        (1, NOW - timedelta(days=2, hours=1), NOW - timedelta(days=1)),
    ]


def test_the_hourly_task_counts_all_checks():
    account("One", stage="live")

    look_at_quality()

    assert set(Finding.objects.values_list("check_key", flat=True)) == set(quality.CHECKS)
    assert Finding.objects.get(check_key="accounts_without_owner").found == 1


def test_counting_costs_the_same_queries_for_one_and_three_rows(django_assert_num_queries):
    account("One", stage="live")
    look = looking()

    with django_assert_num_queries(41):
        quality.look(look)
    for name in ("Two", "Three"):
        account(name, stage="live")
    with django_assert_num_queries(41):
        quality.look(look)


# The page


def test_the_page_says_that_everything_is_fine(sign_in, administrator):
    response = sign_in(administrator).get("/quality/")

    assert {grade for grade, _count in found_by(response).values()} == {"fine"}
    assert "Everything is fine" in response.content.decode()
    assert "just now" in response.content.decode()


def test_whoever_sees_everything_is_shown_what_is_kept(sign_in, administrator):
    account("One", stage="live")
    quality.look(looking())
    account("Two", stage="live")

    response = sign_in(administrator).get("/quality/")
    assert found_by(response)["accounts_without_owner"] == ("problem", 1)
    sign_in(administrator).post("/quality/look/")
    assert found_by(sign_in(administrator).get("/quality/"))["accounts_without_owner"] == ("problem", 2)


def test_others_have_their_own_rows_counted(sign_in, alice, charlie, team):
    account("Hers", stage="live", team=team)
    account("Nobody's", stage="live")
    quality.look(looking())

    hers = found_by(sign_in(as_role(alice, "CSM")).get("/quality/"))
    his = found_by(sign_in(as_role(charlie, "CSM")).get("/quality/"))

    assert hers["accounts_without_owner"] == ("problem", 1)
    assert his["accounts_without_owner"] == ("fine", 0)
    assert "expenses_without_rate" not in hers
    assert "runs_failed" not in hers
    assert sign_in(alice).post("/quality/look/").status_code == 403


def test_whoever_has_no_role_is_told_so(sign_in, charlie):
    page = sign_in(charlie).get("/quality/").content.decode()

    assert "There is no check for you" in page


def test_the_page_costs_the_same_for_one_and_three_rows(sign_in, administrator, django_assert_num_queries):
    client = sign_in(administrator)
    account("One", stage="live")
    quality.look(looking())
    client.get("/quality/")

    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        client.get("/quality/")
    for name in ("Two", "Three"):
        account(name, stage="live")
    quality.look(looking())
    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        client.get("/quality/")


QUERIES_OF_THE_PAGE = 12


# A list


def test_a_list_names_the_rows_and_where_they_are_corrected(sign_in, administrator, alice):
    one = account("Najm", stage="live", team=None)

    page = sign_in(administrator).get("/quality/accounts_without_owner/").content.decode()

    assert f'href="/accounts/{one.pk}/"' in page
    assert f'href="/accounts/{one.pk}/edit/"' in page
    assert "/imports/new/" in page
    page = sign_in(as_role(alice, "CSM")).get("/quality/accounts_without_owner/").content.decode()
    assert "Najm" not in page
    assert "Nothing was found" in page
    assert "/imports/new/" not in page


def test_what_an_account_lacks_is_entered_where_the_list_leads(sign_in, administrator, alice):
    """Not in its own form, which knows no contacts and no subscriptions."""
    one = account("Najm", stage="live", owner=alice)
    subscription(one, 100, "2026-01-01")
    bare = account("Falak", stage="live", owner=alice)
    contact = one.contacts.create(name="Sara", email="nowhere")

    def led(client, check):
        lines = client.get(f"/quality/{check}/").context["lines"]
        return {line.account.name: line.address for line in lines}

    client = sign_in(administrator)
    of_administrator = [
        led(client, check)
        for check in ("accounts_without_plan", "live_without_business", "contacts_with_bad_address")
    ]
    client = sign_in(as_role(alice, "CSM"))
    add = f"/accounts/{bare.pk}/contacts/add/"

    assert of_administrator == [
        {"Najm": f"/admin/accounts/subscription/?account__id__exact={one.pk}"},
        {"Falak": f"/admin/accounts/subscription/add/?account={bare.pk}"},
        {"Najm": f"/contacts/{contact.pk}/edit/"},
    ]
    assert led(client, "accounts_without_contact") == {"Falak": add}
    assert led(client, "accounts_without_plan") == {"Najm": ""}


def test_a_list_shows_what_was_found_on_the_days_before(sign_in, administrator, alice):
    account("One", stage="live")
    now = timezone.now()
    quality.look(looking(now - timedelta(days=40)))
    quality.look(looking(now - timedelta(days=1)))
    account("Two", stage="live")
    quality.look(looking(now))

    response = sign_in(administrator).get("/quality/accounts_without_owner/")

    assert response.context["series"][0]["values"] == [1, 2]
    assert "The last 30 days" in response.content.decode()
    # What others see is not what was counted.
    page = sign_in(as_role(alice, "CSM")).get("/quality/accounts_without_owner/").content.decode()
    assert "The last 30 days" not in page


@pytest.mark.parametrize("address", ["no_such_check", "runs_failed", "expenses_without_rate"])
def test_a_check_that_is_not_the_readers_does_not_exist(sign_in, alice, address):
    client = sign_in(as_role(alice, "CSM"))

    assert client.get(f"/quality/{address}/").status_code == 404
    assert client.get(f"/quality/{address}/export.csv").status_code == 404
    assert client.get(f"/api/v1/quality/{address}/").status_code == 404


def test_a_page_that_cannot_be_is_refused(sign_in, administrator):
    assert sign_in(administrator).get("/quality/accounts_without_owner/?page=x").status_code == 400


def test_a_list_has_pages_and_the_same_queries_for_one_and_three_rows(
    sign_in, administrator, django_assert_num_queries
):
    client = sign_in(administrator)
    account("One", stage="live")
    client.get("/quality/accounts_without_owner/")

    with django_assert_num_queries(7):
        assert len(client.get("/quality/accounts_without_owner/").context["lines"]) == 1
    for number in range(60):
        account(f"More {number:02}", stage="live")
    with django_assert_num_queries(7):
        assert len(client.get("/quality/accounts_without_owner/").context["lines"]) == 50
    assert len(client.get("/quality/accounts_without_owner/?page=2").context["lines"]) == 11


def test_the_file_has_all_rows_that_the_reader_may_see(sign_in, alice, administrator):
    for number in range(60):
        account(f"Najm {number:02}", stage="live")
    hers = account("=Hers", stage="live", team=alice.teams.get())

    def lines(user):
        response = sign_in(user).get("/quality/accounts_without_owner/export.csv")
        return b"".join(response.streaming_content).decode().removeprefix("\ufeff").splitlines()

    assert len(lines(administrator)) == 62
    head, row = lines(as_role(alice, "CSM"))
    assert head == "id,Row,account id,Account,Stage,Owner"
    assert row == f"{hers.pk},'=Hers,{hers.pk},'=Hers,Live,"


def test_the_lists_of_sources_rates_nights_and_runs_can_be_read(sign_in, administrator):
    orders("shop", *last_days(20, until=timezone.now() - timedelta(days=3)))
    order(account("Buyer"), "2026-01-01 10:00", currency="SAR", external_id="foreign")
    feeds.note(timezone.now())
    Job.objects.create(kind="recompute.full", state=Job.State.FAILED, started_at=timezone.now())
    client = sign_in(administrator)

    for key, words in {
        "silent_sources": "shop: Orders",
        "orders_without_rate": "foreign",
        "runs_failed": "Everything anew",
    }.items():
        page = client.get(f"/quality/{key}/")
        assert words in page.content.decode()
        assert words in b"".join(client.get(f"/quality/{key}/export.csv").streaming_content).decode()


# Sources


@pytest.fixture
def silent_shop():
    orders("shop", *last_days(20, until=timezone.now() - timedelta(days=3)))
    feeds.note(timezone.now())
    return Feed.objects.get()


def test_a_source_is_closed_and_expected_again(sign_in, administrator, silent_shop):
    client = sign_in(administrator)
    close, expect = (f"/quality/sources/{silent_shop.pk}/{what}/" for what in ("close", "expect"))
    assert close in client.get("/quality/silent_sources/").content.decode()

    client.post(close)

    page = client.get("/quality/silent_sources/")
    assert page.context["lines"] == []
    assert expect in page.content.decode()
    assert "Ada" in page.content.decode()
    client.post(expect)
    assert [line.title for line in client.get("/quality/silent_sources/").context["lines"]] == [
        "shop: Orders"
    ]


def test_a_source_is_closed_by_whom_may_change_its_facts(sign_in, alice, bob, charlie, silent_shop):
    close = f"/quality/sources/{silent_shop.pk}/close/"

    answers = {
        "stranger": sign_in(charlie).post(close).status_code,
        "CSM": sign_in(as_role(alice, "CSM")).post(close).status_code,
        "looking": sign_in(as_role(bob, "Operations")).get(close).status_code,
    }

    assert answers == {"stranger": 404, "CSM": 403, "looking": 405}
    assert Feed.objects.get().closed_at is None
    assert sign_in(bob).post(close).status_code == 302
    assert Feed.objects.get().closed_by == bob


# Runs


def test_runs_that_failed_or_wait_are_found(administrator, alice):
    now = timezone.now()
    Job.objects.create(kind="a", state="failed", created_at=now - timedelta(days=1), created_by=alice)
    Job.objects.create(kind="b", state="failed", created_at=now - timedelta(days=20))
    Job.objects.create(kind="c", state="waiting", created_at=now - timedelta(minutes=20))
    Job.objects.create(kind="d", state="waiting", created_at=now)
    Job.objects.create(kind="e", state="running", seen_alive_at=now - timedelta(minutes=20))
    Job.objects.create(kind="f", state="running", seen_alive_at=now)

    def kinds(key, user):
        return sorted(job.kind for job in quality.CHECKS[key].rows_for(user, looking(now)))

    assert kinds("runs_failed", administrator) == ["a"]
    assert kinds("runs_forsaken", administrator) == ["c", "e"]
    assert kinds("runs_failed", alice) == ["a"]
    assert kinds("runs_forsaken", alice) == []


def test_import_that_mends_rows_opens_with_their_kind(administrator):
    remedies = {
        key: quality.remedy_of(check, administrator)
        for key, check in quality.CHECKS.items()
        if check.remedy is Remedy.IMPORT
    }

    assert remedies["accounts_without_contact"] == "/imports/new/?resource=contacts"
    assert all(
        remedies[key] == f"/imports/new/?resource={check.resource}" and check.resource in RESOURCES
        for key, check in quality.CHECKS.items()
        if key in remedies and check.resource
    )


def test_rejected_rows_lead_to_their_import(sign_in, administrator):
    upload = Upload.objects.create(name="customers.csv", size=1, sha256="0")
    planned = Import.objects.create(upload=upload, resource="accounts", source="csv")
    for rejected in (0, 7):
        Job.objects.create(
            kind="import",
            state="done",
            parameters={"import": planned.pk, "file": "customers.csv"},
            result={"rejected": rejected},
        )

    response = sign_in(administrator).get("/quality/imports_with_rejections/")

    (line,) = response.context["lines"]
    assert line.cells[:2] == ["customers.csv", 7]
    assert line.address == f"/imports/{planned.pk}/"


# Home


def test_home_says_in_one_line_that_something_is_a_problem(sign_in, administrator, alice):
    client = sign_in(administrator)
    assert "check found a problem with the data" not in client.get("/").content.decode()
    account("One", stage="live")
    quality.look(looking())

    assert "check found a problem with the data." in client.get("/").content.decode()
    assert "check found a problem" not in sign_in(as_role(alice, "CSM")).get("/").content.decode()


def test_home_says_when_nobody_looks_any_more(sign_in, administrator):
    quality.look(looking(timezone.now() - timedelta(hours=4)))

    assert "have not been looked at for hours" in sign_in(administrator).get("/").content.decode()


# For programs


def test_the_answer_lists_what_was_found(sign_in, administrator):
    one = account("Najm", stage="live")
    quality.look(looking())
    client = sign_in(administrator)

    first = client.get("/api/v1/quality/").json()["results"][0]
    rows = client.get("/api/v1/quality/accounts_without_owner/").json()

    assert (first["key"], first["grade"], first["count"]) == ("accounts_without_owner", "problem", 1)
    assert set(first["name"]) == {"en", "ar"}
    assert first["since"] == first["looked_at"]
    assert rows == {
        "key": "accounts_without_owner",
        "count": 1,
        "page": 1,
        "page_size": 100,
        "results": [{"id": str(one.pk), "name": "Najm", "account": str(one.pk)}],
    }
    assert client.get("/api/v1/quality/accounts_without_owner/?page=2").json()["results"] == []


def test_the_answer_is_refused_to_whom_has_no_role(sign_in, charlie, administrator):
    assert sign_in(charlie).get("/api/v1/quality/").status_code == 403
    assert sign_in(administrator).get("/api/v1/quality/?grade=problem").status_code == 400
    assert sign_in(administrator).get("/api/v1/quality/late_facts/?page=0").status_code == 400


def test_feeds_are_noted_by_their_task():
    orders("shop", *last_days(2))

    note_feeds()

    assert Feed.objects.get().source == "shop"
