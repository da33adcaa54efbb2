import argparse
import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.management import BaseCommand, CommandParser
from django.utils import timezone

from cxhub.bench import (
    answering,
    api,
    engagement,
    imports,
    pages,
    recompute,
    report,
    rollups,
    sending,
    series,
)
from cxhub.bench import events as events_bench
from cxhub.bench.database import own_database

Found = dict[str, Any]


def measure_pages(*, accounts: int, contacts: int, few: int, repetitions: int, keep: bool) -> Found:
    with own_database(f"bench_pages_few_{os.getpid()}", keep=False):
        pages.fill(few, 3 * few)
        of_few = {"accounts": few, "of": pages.statements()}
    with own_database(f"bench_pages_{os.getpid()}", keep=keep):
        pages.fill(accounts, contacts)
        of_many = {"accounts": accounts, "of": pages.statements()}
        timings = pages.timings(repetitions)
    sizes = {"accounts": accounts, "contacts": contacts}
    return {"sizes": sizes, "statements": [of_few, of_many], "timings": timings}


def in_own_database(measure: Callable[..., Found]) -> Callable[..., Found]:
    def measured(*, keep: bool, **sizes: int) -> Found:
        with own_database(f"bench_{os.getpid()}", keep=keep):
            return measure(**sizes)

    return measured


class Kind(NamedTuple):
    """`sizes` are the options, and how large each is where nobody says otherwise."""

    help: str
    measure: Callable[..., Found]
    table: Callable[[Found], str]
    sizes: dict[str, int]


OF_EVENTS = {"events": 10_000_000, "accounts": 10_000, "persons": 200_000}
KINDS = {
    "recompute": Kind(
        "everybody's figures, beside hand-written SQL",
        in_own_database(recompute.measure),
        report.table_of_recompute,
        {"accounts": 10_000, "orders": 1_000_000, "tickets": 500_000, "repetitions": 7},
    ),
    "pages": Kind(
        "lists and pages, beside the barest page of the same rows and a book of few accounts",
        measure_pages,
        report.table_of_pages,
        {"accounts": 100_000, "contacts": 300_000, "few": 1_000, "repetitions": 30},
    ),
    "series": Kind(
        "a chart of two years by week, kept and computed",
        in_own_database(series.measure),
        report.table_of_series,
        {"accounts": 10_000, "tickets": 500_000, "weeks": series.WEEKS, "repetitions": 3},
    ),
    "api": Kind(
        "lists of the API, beside the barest of the same rows",
        in_own_database(api.measure),
        report.table_of_api,
        {"accounts": 10_000, "orders": 200_000, "tickets": 100_000, "repetitions": 60},
    ),
    "import": Kind(
        "rows of a file and of the bulk API, beside COPY of the same",
        in_own_database(imports.measure),
        report.table_of_imports,
        {"rows": 100_000, "repetitions": 3},
    ),
    "ingest": Kind(
        "events at the HTTP door and by the worker, beside COPY",
        in_own_database(events_bench.measure),
        report.table_of_ingest,
        {"events": 100_000, "repetitions": 5},
    ),
    "rollup": Kind(
        "roll-ups of events, beside hand-written GROUP BYs",
        in_own_database(rollups.measure),
        report.table_of_rollup,
        {**OF_EVENTS, "repetitions": 1},
    ),
    "engagement": Kind(
        "engagement from roll-ups beside hand-written SQL, and how soon an event counts",
        in_own_database(engagement.measure),
        report.table_of_engagement,
        {**OF_EVENTS, "repetitions": 5},
    ),
    "send": Kind(
        "mails, beside a bare loop that hands over the same ones",
        in_own_database(sending.measure),
        report.table_of_sending,
        {"messages": 5_000, "many": 100_000, "repetitions": 7},
    ),
    "answer": Kind(
        "answers to a survey beside a bare form, their export, and the memory that asking takes",
        in_own_database(answering.measure),
        report.table_of_answering,
        {"people": 100_000, "answers": 100, "repetitions": 15},
    ),
}


class Command(BaseCommand):
    help = (
        "Measure figures, a chart, the pages, the API, imports, events, mails or answers, on a large book in a"
        " database of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(dest="kind", required=True)
        for name, kind in KINDS.items():
            of_kind = parsers.add_parser(name, help=kind.help)
            for size, usual in kind.sizes.items():
                of_kind.add_argument(f"--{size}", type=positive, default=usual)
            of_kind.add_argument("--json", action="store_true", help="print JSON alone")
            of_kind.add_argument("--write", action="store_true", help="write docs/benchmarks.md too")
            of_kind.add_argument("--keep", action="store_true", help="leave the database there")

    def handle(self, *args: Any, kind: str, write: bool, keep: bool, **options: Any) -> None:
        _help, measure, table_of, sizes = KINDS[kind]
        found = {"machine": report.machine()} | measure(keep=keep, **{name: options[name] for name in sizes})
        table = table_of(found)
        self.stdout.write(as_json(found) if options["json"] else f"{table}\n\n{as_json(found)}")
        if write:
            report.write(kind, f"{timezone.now():%Y-%m-%d}. {table}")


def as_json(found: Found) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False)


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of one or more.")
    return int(text)
