import argparse
import json
import os
from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.utils import timezone

from cxhub.bench import api, engagement, imports, pages, recompute, report, rollups, series
from cxhub.bench import events as events_bench
from cxhub.bench.database import own_database


class Command(BaseCommand):
    help = (
        "Measure figures, a chart, the pages, the API, imports or events, on a large book in a database of its"
        " own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        computing = kinds.add_parser("recompute", help="everybody's figures, beside hand-written SQL")
        computing.add_argument("--accounts", type=positive, default=10_000)
        computing.add_argument("--orders", type=positive, default=1_000_000)
        computing.add_argument("--tickets", type=positive, default=500_000)
        computing.add_argument("--repetitions", type=positive, default=7)
        reading = kinds.add_parser("pages", help="lists and pages, beside the barest page of the same rows")
        reading.add_argument("--accounts", type=positive, default=100_000)
        reading.add_argument("--contacts", type=positive, default=300_000)
        reading.add_argument(
            "--few", type=positive, default=1_000, help="accounts of the small book beside it"
        )
        reading.add_argument("--repetitions", type=positive, default=30)
        charting = kinds.add_parser("series", help="a chart of two years by week, kept and computed")
        charting.add_argument("--accounts", type=positive, default=10_000)
        charting.add_argument("--tickets", type=positive, default=500_000)
        charting.add_argument("--weeks", type=positive, default=series.WEEKS)
        charting.add_argument("--repetitions", type=positive, default=3)
        programs = kinds.add_parser("api", help="lists of the API, beside the barest of the same rows")
        programs.add_argument("--accounts", type=positive, default=10_000)
        programs.add_argument("--orders", type=positive, default=200_000)
        programs.add_argument("--tickets", type=positive, default=100_000)
        programs.add_argument("--repetitions", type=positive, default=60)
        importing = kinds.add_parser(
            "import", help="rows of a file and of the bulk API, beside COPY of the same"
        )
        importing.add_argument("--rows", type=positive, default=100_000)
        importing.add_argument("--repetitions", type=positive, default=3)
        taking = kinds.add_parser("ingest", help="events at the HTTP door and by the worker, beside COPY")
        taking.add_argument("--events", type=positive, default=100_000)
        taking.add_argument("--repetitions", type=positive, default=5)
        rolling = kinds.add_parser("rollup", help="roll-ups of events, beside hand-written GROUP BYs")
        rolling.add_argument("--events", type=positive, default=10_000_000)
        rolling.add_argument("--accounts", type=positive, default=10_000)
        rolling.add_argument("--persons", type=positive, default=200_000)
        rolling.add_argument("--repetitions", type=positive, default=1)
        knowing = kinds.add_parser(
            "engagement",
            help="engagement from roll-ups beside hand-written SQL, and how soon an event counts",
        )
        knowing.add_argument("--events", type=positive, default=10_000_000)
        knowing.add_argument("--accounts", type=positive, default=10_000)
        knowing.add_argument("--persons", type=positive, default=200_000)
        knowing.add_argument("--repetitions", type=positive, default=5)
        for kind in (computing, reading, charting, programs, importing, taking, rolling, knowing):
            kind.add_argument("--json", action="store_true", help="print JSON alone")
            kind.add_argument("--write", action="store_true", help="write docs/benchmarks.md too")
            kind.add_argument("--keep", action="store_true", help="leave the database there")

    def handle(self, *args: Any, kind: str, write: bool, **options: Any) -> None:
        measure, table_of = KINDS[kind]
        found = measure(**options)
        table = table_of(found)
        self.stdout.write(as_json(found) if options["json"] else f"{table}\n\n{as_json(found)}")
        if write:
            report.write(kind, f"{timezone.now():%Y-%m-%d}. {table}")


def measure_recompute(
    *, accounts: int, orders: int, tickets: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_recompute_{os.getpid()}", keep=keep):
        found = recompute.measure(accounts=accounts, orders=orders, tickets=tickets, repetitions=repetitions)
    return {"machine": where, **found}


def measure_pages(
    *, accounts: int, contacts: int, few: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_pages_few_{os.getpid()}", keep=False):
        pages.fill(few, 3 * few)
        of_few = {"accounts": few, "of": pages.statements()}
    with own_database(f"bench_pages_{os.getpid()}", keep=keep):
        pages.fill(accounts, contacts)
        of_many = {"accounts": accounts, "of": pages.statements()}
        timings = pages.timings(repetitions)
    sizes = {"accounts": accounts, "contacts": contacts}
    return {"machine": where, "sizes": sizes, "statements": [of_few, of_many], "timings": timings}


def measure_series(
    *, accounts: int, tickets: int, weeks: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_series_{os.getpid()}", keep=keep):
        found = series.measure(accounts=accounts, tickets=tickets, weeks=weeks, repetitions=repetitions)
    return {"machine": where, **found}


def measure_api(
    *, accounts: int, orders: int, tickets: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_api_{os.getpid()}", keep=keep):
        found = api.measure(accounts=accounts, orders=orders, tickets=tickets, repetitions=repetitions)
    return {"machine": where, **found}


def measure_imports(*, rows: int, repetitions: int, keep: bool, **_options: Any) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_import_{os.getpid()}", keep=keep):
        found = imports.measure(rows=rows, repetitions=repetitions)
    return {"machine": where, **found}


def measure_ingest(*, events: int, repetitions: int, keep: bool, **_options: Any) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_ingest_{os.getpid()}", keep=keep):
        found = events_bench.measure(events=events, repetitions=repetitions)
    return {"machine": where, **found}


def measure_rollup(
    *, events: int, accounts: int, persons: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_rollup_{os.getpid()}", keep=keep):
        found = rollups.measure(events=events, accounts=accounts, persons=persons, repetitions=repetitions)
    return {"machine": where, **found}


def measure_engagement(
    *, events: int, accounts: int, persons: int, repetitions: int, keep: bool, **_options: Any
) -> dict[str, Any]:
    where = report.machine()
    with own_database(f"bench_engagement_{os.getpid()}", keep=keep):
        found = engagement.measure(events=events, accounts=accounts, persons=persons, repetitions=repetitions)
    return {"machine": where, **found}


KINDS: dict[str, tuple[Callable[..., dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
    "recompute": (measure_recompute, report.table_of_recompute),
    "pages": (measure_pages, report.table_of_pages),
    "series": (measure_series, report.table_of_series),
    "api": (measure_api, report.table_of_api),
    "import": (measure_imports, report.table_of_imports),
    "ingest": (measure_ingest, report.table_of_ingest),
    "rollup": (measure_rollup, report.table_of_rollup),
    "engagement": (measure_engagement, report.table_of_engagement),
}


def as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False)


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of one or more.")
    return int(text)
