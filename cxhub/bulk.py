"""Rows that a program sends, taken as imports take those of a file.

Rows may say different things: those that say the same are taken together. A row does not win by being among others:
of two with the same id the first counts, and the other is refused unless it says the same.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.imports import Counts, FieldsDoNotFit, Options, Rejection, Resource, Taken, run
from accounts.imports.columns import Refused
from accounts.imports.service import BULK, KEPT_REJECTIONS
from accounts.models import Job
from cxhub.bulk_bodies import Cells, Rows, Wrong

REJECTED = "rejected"
# Each takes statements of its own.
KINDS_OF_ROWS = 50


class TooManyKinds(ValueError):
    """The rows say too many different things."""


@dataclass
class Result:
    """What became of a row: its fate, our id of it, and what is wrong."""

    fate: str = REJECTED
    id: int | None = None
    wrong: list[Wrong] = field(default_factory=list)


@dataclass
class Answer:
    """In the order of the rows. `job` is None where nothing was written."""

    results: list[Result]
    job: Job | None = None

    @property
    def counts(self) -> Counts:
        fates = [result.fate for result in self.results]
        return Counts(
            len(fates), *(fates.count(name) for name in ("created", "changed", "unchanged", REJECTED))
        )


def take(
    resource: Resource,
    rows: Rows,
    options: Options,
    *,
    about: Mapping[str, Any],
    now: datetime,
    dry_run: bool,
) -> Answer:
    """A job for whatever is written, so that it can be undone; `about` stands among its parameters."""
    groups = {frozenset(row) for row in rows if not isinstance(row, list)}
    if len(groups) > (KINDS_OF_ROWS if resource.needs_id or not resource.id_field else 1):
        raise TooManyKinds
    if dry_run:
        with transaction.atomic():
            answer = Answer(_Taking(resource, options).take(rows))
            transaction.set_rollback(True)
        for result in answer.results:
            result.id = None if result.fate == "created" else result.id
        return answer
    with _job(resource, options, about, now) as job:
        answer = Answer(_Taking(resource, options, job).take(rows), job)
        _note(answer, job, now)
    return answer


@contextmanager
def _job(resource: Resource, options: Options, about: Mapping[str, Any], now: datetime) -> Iterator[Job]:
    """Its state tells the truth, however this ends."""
    said = {"resource": resource.name, "source": options.source, "create_accounts": options.create_accounts}
    job = Job.objects.create(
        kind=BULK,
        state=Job.State.RUNNING,
        started_at=now,
        seen_alive_at=now,
        created_by=options.by,
        parameters={**said, **about},
    )
    try:
        yield job
    finally:
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(state=Job.State.FAILED, finished_at=now)


def _note(answer: Answer, job: Job, now: datetime) -> None:
    """What changed nothing leaves no run: a program that sends the same again and again would fill the list."""
    counts = answer.counts
    if not (counts.created or counts.changed):
        job.delete()
        answer.job = None
        return
    rejections = [
        [index, wrong.field, wrong.reason]
        for index, result in enumerate(answer.results)
        for wrong in result.wrong
    ]
    job.finish(Job.State.DONE, now, **asdict(counts), rejections=rejections[:KEPT_REJECTIONS])


class _Taking:
    def __init__(self, resource: Resource, options: Options, job: Job | None = None) -> None:
        self.resource, self.options, self.job = resource, options, job
        self.keys = [resource.columns[name] for name in _key_fields(resource)]
        self.taken_by: dict[Hashable, int] = {}

    def take(self, rows: Rows) -> list[Result]:
        self.results = [Result(wrong=row if isinstance(row, list) else []) for row in rows]
        waiting = [(number, row) for number, row in enumerate(rows) if not isinstance(row, list)]
        while waiting:
            waiting = self._round(waiting)
        return self.results

    def _round(self, rows: list[tuple[int, Cells]]) -> list[tuple[int, Cells]]:
        """Takes of each id the rows that say what the first of them says; returns those whose turn it is not yet."""
        groups: dict[frozenset[str], list[tuple[int, Cells]]] = {}
        keys: dict[int, Hashable] = {}
        first: dict[Hashable, frozenset[str]] = {}
        later = []
        for number, row in rows:
            key, said = self._key(row), frozenset(row)
            if key in self.taken_by:
                self._refuse_second(number, self.taken_by[key])
            elif first.setdefault(key, said) == said:
                groups.setdefault(said, []).append((number, row))
                keys[number] = key
            else:
                later.append((number, row))
        for group in groups.values():
            self._run(group)
        for number, key in keys.items():
            if self.results[number].fate != REJECTED:
                self.taken_by.setdefault(key, number)
        return later

    def _run(self, group: Sequence[tuple[int, Cells]]) -> None:
        fields = list(group[0][1])
        lines = [(number + 1, row) for number, row in group]
        try:
            run(
                self.resource,
                lines,
                fields=fields,
                options=self.options,
                job=self.job,
                report=self._hear,
                tell_planner=False,
            )
        except FieldsDoNotFit as misfit:
            for number, _row in group:
                self.results[number].wrong.append(Wrong("", str(misfit)))

    def _hear(self, _line: int, taken: Taken) -> None:
        for line, fate in taken.fates.items():
            result = self.results[line - 1]
            result.fate, result.id = fate, taken.ids.get(line)
        for rejection in taken.rejections:
            self._reject(rejection)

    def _reject(self, rejection: Rejection) -> None:
        result = self.results[rejection.line - 1]
        result.fate, result.id = REJECTED, None
        repeats = rejection.repeats
        reason = rejection.reason if repeats is None else repeated(repeats - 1)
        result.wrong.append(Wrong(rejection.column, reason))

    def _refuse_second(self, number: int, earlier: int) -> None:
        name = self.resource.id_field or self.resource.key[-1]
        self.results[number].wrong.append(Wrong(name, repeated(earlier)))

    def _key(self, row: Cells) -> Hashable:
        return tuple(self._parsed(column, row.get(column.name, "")) for column in self.keys)

    def _parsed(self, column: Any, cell: str) -> Hashable:
        try:
            return column.parse(cell, self.options.conventions) if cell else None
        except Refused:
            return cell


def repeated(index: int) -> str:
    """Rows have one number, in pointers as in words."""
    return _("Row %(row)s has this id already, with other values.") % {"row": index}


def _key_fields(resource: Resource) -> list[str]:
    """What tells rows apart, by the names that they have here."""
    names = [name for name in resource.key if name != "source"]
    return ["id" if name == "external_id" else name for name in names]
