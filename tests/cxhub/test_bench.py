import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import Account, ActivityDay, Message, Organisation, User
from cxhub.bench import answering, api, event_book, floor, imports, pages, recompute, report, rollups, sending
from cxhub.bench.books import build_recompute_book
from cxhub.bench.database import own_database
from cxhub.bench.server import asked_on_load
from cxhub.bench.timing import Ratio, Timing, interleaved
from cxhub.management.commands import bench
from metrics.recompute import clock_at

SMALL = {"accounts": 60, "orders": 2_000, "tickets": 800}


@pytest.fixture
def book(db):
    build_recompute_book(**SMALL, today=Organisation().today(timezone.now()))


def test_floor_gives_the_sums_of_the_engine(book):
    clock = clock_at(timezone.now())

    floor.fill(clock)
    recompute.evaluate(clock)

    assert floor.differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), array_agg(DISTINCT metric) FROM floor")
        rows, counted = cursor.fetchone()
    assert rows > 500
    # Nobody is new or comes back, or left and is back.
    assert {metric.key for metric in floor.counted()} - set(counted) == {
        "customers_joined_and_left",
        "customers_returned",
        "mrr_new",
        "mrr_reactivated",
        "new_customers",
    }


def test_a_floor_that_differs_is_found(book):
    clock = clock_at(timezone.now())
    floor.fill(clock)
    recompute.evaluate(clock)

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE floor SET numerator = numerator + 0.01 WHERE metric = 'mrr' AND account_id = 1"
        )
        cursor.execute("DELETE FROM floor WHERE metric = 'orders' AND account_id = 2")

    assert {(account, metric) for account, metric, *_sums in floor.differences()} == {
        (1, "mrr"),
        (2, "orders"),
    }


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_recompute_measures_everything_and_leaves_nothing(capsys):
    call_command(
        "bench", "recompute", "--accounts=40", "--orders=400", "--tickets=200", "--repetitions=2", "--json"
    )

    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"machine", "sizes", "metrics", "rows", "timings", "ratios", "peak_memory_mb"}
    assert set(found["timings"]) == {
        "floor",
        "evaluation",
        "first full run",
        "full run without changes",
        "100 touched accounts",
        "everybody's answers after them",
        "metric by metric",
        "account by account, from 20 of them",
    }
    assert set(found["ratios"]) == {"evaluation / floor", "100 touched accounts / full run"}
    assert not Account.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [f"bench_{os.getpid()}"])
        assert cursor.fetchone() is None


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_series_gives_kept_and_computed_points(capsys):
    call_command(
        "bench", "series", "--accounts=40", "--tickets=200", "--weeks=2", "--repetitions=1", "--json"
    )

    found = json.loads(capsys.readouterr().out)
    assert set(found["of"]) == {"mrr", "time_to_resolution"}
    assert set(found["of"]["mrr"]) == {"timings", "ratio"}
    assert report.table_of_series(found).count("| mrr, ") == 2


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_imports_are_measured_beside_copy(capsys):
    call_command("bench", "import", "--rows=30", "--repetitions=1", "--json")

    found = json.loads(capsys.readouterr().out)
    assert set(found["of"]) == {"orders", "subscriptions"}
    assert set(found["of"]["orders"]) == {
        "COPY, into an empty table",
        "import, into an empty table",
        "bulk API, into an empty table",
        "COPY, into a filled table",
        "import, half known and changed",
        "bulk API, half known and changed",
        "import, all known and unchanged",
    }
    assert set(found["memory_mb"]) == {"after a fifth", "at the end"}
    table = report.table_of_imports(found)
    assert table.count("| 1 |") + table.count("|       1 |") == 4
    assert table.count("≥ 0.25") == 10


@pytest.mark.long
@pytest.mark.parametrize("name", imports.KINDS)
def test_copy_and_import_bring_the_same_rows(name, db):
    imports.fill_accounts()
    kind = imports.KINDS[name]
    rows = list(kind.rows(12))

    def kept():
        columns = [f.column for f in kind.resource.model._meta.concrete_fields if "recorded" not in f.name]
        return list(kind.resource.model.objects.order_by("external_id").values_list(*columns[1:]))

    imports.copying(kind, rows)()
    copied = kept()
    kind.resource.model.objects.all().delete()
    imports.importing(kind, rows)()

    assert kept() == copied
    assert len(copied) == 12


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_api_is_held_against_the_barest_lists(capsys):
    call_command(
        "bench", "api", "--accounts=60", "--orders=400", "--tickets=200", "--repetitions=2", "--json"
    )

    found = json.loads(capsys.readouterr().out)
    assert set(found["ratios"]) == set(api.VIEWS)
    assert len(found["timings"]) == 2 * len(api.VIEWS)
    assert report.table_of_api(found).count("≤ 2") == len(api.VIEWS)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="cxhub.bench.urls")
def test_bare_lists_have_the_rows_of_the_api(client, book):
    reader = User.objects.create_superuser("api@bench.example")
    client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")

    for name in api.VIEWS:
        bare, ours = (client.get(api.paths()[kind]).json() for kind in (f"{name}, bare", name))
        assert [str(row["id"]) for row in bare] == [row["id"] for row in ours["results"]]
        assert len(bare) == api.ROWS


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_pages_answer_with_the_same_statements_for_few_and_many(capsys):
    call_command(
        "bench", "pages", "--accounts=300", "--contacts=900", "--few=100", "--repetitions=2", "--json"
    )

    found = json.loads(capsys.readouterr().out)
    assert set(found["timings"]) == {"sees every account", "CSM"}
    few, many = found["statements"]
    assert few["of"]["sees every account"] == many["of"]["sees every account"]
    assert set(found["timings"]["CSM"]) == set(many["of"]["CSM"])


def test_a_benchmark_keeps_its_hands_off_other_databases():
    with pytest.raises(CommandError, match="does not write to cxhub"), own_database("cxhub", keep=False):
        pass


@pytest.mark.parametrize("arguments", [["recompute", "--accounts=0"], ["recompute", "--orders=many"], []])
def test_bench_says_what_is_no_size(arguments):
    with pytest.raises(CommandError):
        call_command("bench", *arguments)


def test_pieces_take_turns():
    calls = []

    found = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)

    assert calls == ["a", "b", "a", "b"]
    assert [len(timing.seconds) for timing in found.values()] == [2, 2]


def test_ratio_is_taken_pair_by_pair():
    ratio = Ratio.of(Timing([2.0, 30.0, 8.0]), Timing([1.0, 10.0, 2.0]))

    assert ratio.as_json() == {"median": 3.0, "min": 2.0, "max": 4.0}


def test_what_a_page_asks_for_is_found():
    page = '<div id="a" hx-get="/x/?a=1&amp;b=2" hx-trigger="load"></div><a hx-get="/y/">y</a>'

    assert asked_on_load(page) == ["/x/?a=1&b=2"]


def test_only_its_own_section_is_written(tmp_path):
    page = Path(tmp_path / "benchmarks.md")
    page.write_text(
        "Before\n<!-- pages: written by manage.py bench -->old<!-- end of pages -->\n"
        "<!-- recompute: written by manage.py bench -->kept<!-- end of recompute -->"
    )

    report.write("pages", "new", page)

    assert page.read_text() == (
        "Before\n<!-- pages: written by manage.py bench -->\n\nnew\n\n<!-- end of pages -->\n"
        "<!-- recompute: written by manage.py bench -->kept<!-- end of recompute -->"
    )


@pytest.mark.parametrize("name", bench.KINDS)
def test_page_of_benchmarks_has_a_section_for_each(name):
    assert f"<!-- {name}: written by manage.py bench -->" in report.PAGE.read_text()


@pytest.mark.django_db
def test_routes_of_the_pages_lead_somewhere(client, administrator):
    Account.objects.create(name="Najm Trading", segment="enterprise")
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")

    answers = {name: client.get(path).status_code for name, (path, _aim) in pages.routes().items()}

    assert set(answers.values()) == {200}


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_rollups_are_held_against_hand_written_statements(capsys):
    call_command("bench", "rollup", "--events=4000", "--accounts=20", "--persons=300", "--json")

    found = json.loads(capsys.readouterr().out)
    assert found["sizes"] == {"events": 4000, "persons": 300, "accounts": 20}
    assert {(one["stored"], one["new"]) for one in found["passes"]} == {
        (stored, new) for stored in (400, 4000) for new in rollups.NEW
    }
    assert all(one["blocks"] > one["fetched"] >= 0 for one in found["passes"])
    assert found["full"]["of these: sessions"]["median"] > 0
    assert report.table_of_rollup(found).count("new events, ") == 4


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_floor_of_activity_that_differs_is_found():
    event_book.build(accounts=20, persons=300)
    event_book.add_events(0, 400, timezone.now())
    rollups.build()
    rollups.compare()

    ActivityDay.objects.filter(pk=ActivityDay.objects.first().pk).update(count=99)

    with pytest.raises(AssertionError, match=r"\(1, 1\)"):
        rollups.compare()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_engagement_is_held_against_a_hand_written_statement(capsys):
    call_command(
        "bench", "engagement", "--events=4000", "--accounts=120", "--persons=300", "--repetitions=1", "--json"
    )

    found = json.loads(capsys.readouterr().out)
    assert list(found["of"])[0] == "hand-written"
    assert set(found["latency"]) == {
        "the answer to one event",
        "from it to the current values of the accounts, one event",
        "and to those of everybody, one event",
        "the answer to 100 events",
        "from it to the current values of the accounts, 100 events",
        "and to those of everybody, 100 events",
    }
    assert report.table_of_engagement(found).count("≤ 5.0 s") == 2


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_sending_is_held_against_a_bare_loop():
    found = sending.measure(messages=30, many=130, repetitions=1)

    assert set(found["of"]) == {"bare loop", "engine"}
    assert (
        found["memory_mb"]["before"]
        <= found["memory_mb"]["in the first tenth"]
        <= found["memory_mb"]["in all"]
    )
    assert Message.objects.filter(state="sent").count() == 130
    table = report.table_of_sending({"machine": report.machine()} | found)
    assert table.count("≥ 0.6") == 1


@pytest.mark.django_db
def test_a_mail_that_came_twice_or_not_at_all_is_found():
    with sending.sink() as server:
        sending.hand_over(server.port, [("a@bench.example", b"Subject: x\r\n\r\n.x\r\n")] * 2)
        with pytest.raises(AssertionError, match="2 messages were sent"):
            server.check(2)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_answers_are_held_against_a_bare_form(capsys):
    call_command("bench", "answer", "--people=30", "--answers=3", "--repetitions=1", "--json")

    found = json.loads(capsys.readouterr().out)
    assert [name for name in found["of"] if "ratio" in found["of"][name]] == ["survey"]
    assert list(found["memory_mb"]) == [
        "before",
        "with all queued",
        "in the first tenth sent",
        "in all sent",
        "with all invited",
    ]
    assert len(found["export"]["memory_mb"]) == 3
    assert report.table_of_answering(found).count("≥ 0.5") == 1


def test_answers_of_more_people_than_are_asked_are_refused():
    with pytest.raises(ValueError, match="Nobody answers twice"):
        answering.measure(people=3, answers=2, repetitions=1)
