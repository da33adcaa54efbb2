"""Runs: long work that shows how far it is. Which somebody may see and stop, and what each kind is called."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import actions, duplicates
from accounts.imports import KIND as IMPORT
from accounts.imports import Resource, undo, undo_plan
from accounts.imports.service import BULK
from accounts.imports.work import PREVIEW
from accounts.merges import MERGED
from accounts.merges import UNDO as UNDO_OF_A_MERGE
from accounts.models import Account, Job, User
from accounts.rollups import rebuilding
from cxhub import retention
from cxhub.persons import erasing, exporting
from cxhub.resources import RESOURCES, label_of
from cxhub.roles import named

NAMES: dict[str, Promise] = {
    "recompute.night": _("Night's run"),
    "recompute.full": _("Everything anew"),
    "recompute.backfill": _("Past days"),
    "recompute.history": _("History of new metrics"),
    "recompute.touched": _("Touched accounts"),
    IMPORT: _("Import"),
    PREVIEW: _("Preview of an import"),
    undo.KIND: _("Undo of a run"),
    BULK: _("Rows sent by a program"),
    actions.KIND: _("Change of many rows"),
    actions.HANDOVER: _("Hand-over of a book"),
    duplicates.KIND: _("Search for duplicates"),
    rebuilding.KIND: _("Events rolled up anew"),
    erasing.KIND: _("Erasure of a person"),
    retention.KIND: _("Retention"),
    exporting.KIND: _("Export of a person's data"),
}
# These are over at once, and stand in a list of their own.
ELSEWHERE = (*MERGED, UNDO_OF_A_MERGE)
# These look up between two pieces of their work whether somebody asked them to stop.
STOPPABLE = (
    "recompute.night",
    "recompute.full",
    "recompute.backfill",
    "recompute.history",
    IMPORT,
    PREVIEW,
    retention.KIND,
    undo.KIND,
    *actions.KINDS,
    rebuilding.KIND,
)
# Who begins what belongs to nobody. "Everything anew" is begun by both: also when a rate or a setting changed.
BEGUN_BY: dict[str, Promise] = {
    "recompute.full": _("timetable or command line"),
    "recompute.backfill": _("command line"),
    IMPORT: _("command line"),
    undo.KIND: _("command line"),
    rebuilding.KIND: _("timetable or command line"),
}

SHOWN_REJECTIONS = 20
SHOWN_LEFT = 20


def visible_to(user: User) -> QuerySet[Job]:
    """All with the permission, else what one started oneself."""
    jobs = Job.objects.select_related("created_by")
    return jobs if user.has_perm("accounts.view_job") else jobs.filter(created_by=user)


def listed(user: User, *, sent_by_programs: bool = False) -> QuerySet[Job]:
    """What programs send every few minutes stands in a list of its own."""
    jobs = visible_to(user).exclude(kind__in=ELSEWHERE)
    return jobs.filter(kind=BULK) if sent_by_programs else jobs.exclude(kind=BULK)


def may_stop(user: User, job: Job) -> bool:
    is_going = job.state in {Job.State.WAITING, Job.State.RUNNING} and job.stop_requested_at is None
    return (
        is_going
        and job.kind in STOPPABLE
        and (job.created_by_id == user.pk or user.has_perm("accounts.change_job"))
    )


def may_undo(user: User, job: Job) -> bool:
    """Whoever began it, or may change runs; and may delete and change rows of its kind.

    Of what changed many rows: may change such rows.
    """
    is_theirs = job.created_by_id == user.pk or user.has_perm("accounts.change_job")
    if job.kind in actions.KINDS:
        return is_theirs and user.has_perms([named("change", model) for model in _acted_on(job)])
    resource = RESOURCES.get(job.parameters.get("resource", ""))
    if job.kind not in undo.UNDOABLE or not (is_theirs and resource):
        return False
    return user.has_perms(
        [named(verb, model) for verb in ("delete", "change") for model in _written(job, resource)]
    )


def _acted_on(job: Job) -> set[str]:
    done = actions.ACTIONS.get(job.parameters.get("do", ""))
    return {done.model._meta.label_lower if done else Account._meta.label_lower}


def _written(job: Job, resource: Resource) -> set[str]:
    models: set[type[Model]] = {resource.model, *([Account] if job.parameters.get("create_accounts") else [])}
    return {model._meta.label_lower for model in models}


@dataclass(frozen=True)
class Run:
    """What a page says of a job."""

    job: Job
    can_stop: bool
    can_undo: bool = False
    undo: Job | None = None
    reader: User | None = None

    @property
    def name(self) -> Promise | str:
        return NAMES.get(self.job.kind, self.job.kind)

    @property
    def is_going(self) -> bool:
        return self.job.state in {Job.State.WAITING, Job.State.RUNNING}

    @property
    def is_undone(self) -> bool:
        """Taken back, or being so, or in part."""
        return self.undo is not None

    @property
    def is_being_undone(self) -> bool:
        return self.undo is not None and self.undo.state in {Job.State.WAITING, Job.State.RUNNING}

    @property
    def is_stopping(self) -> bool:
        return self.is_going and self.job.stop_requested_at is not None

    @property
    def percent(self) -> int | None:
        share = self.job.share_done
        return None if share is None else round(100 * share)

    @property
    def what(self) -> str:
        """Of an import: which kind of rows, out of which file. Of new metrics: which. Of many rows: their new value."""
        parameters = self.job.parameters
        if keys := parameters.get("keys"):
            return " · ".join(keys)
        rows = [label_of(parameters["resource"])] if parameters.get("resource") else []
        said = ("file", "token_name", "said", "reason")
        return " · ".join(rows + [str(parameters[name]) for name in said if parameters.get(name)])

    @property
    def is_import(self) -> bool:
        return self.job.kind == IMPORT

    @property
    def begun_by(self) -> Promise:
        return BEGUN_BY.get(self.job.kind, _("timetable"))

    @property
    def goes_on_with(self) -> str:
        """What one types to take up a run that was stopped, or broke off."""
        kinds_over = {*actions.KINDS, erasing.KIND, retention.KIND, BULK}
        is_over = self.is_undone or self.page_of_import or self.job.kind in kinds_over
        if is_over or self.job.state not in {Job.State.STOPPED, Job.State.FAILED}:
            return ""
        if self.job.kind == undo.KIND:
            return f"manage.py undo_import {self.job.parameters['job']}"
        return f"--resume {self.job.pk}" if self.is_import else f"manage.py recompute --go-on {self.job.pk}"

    @property
    def page_of_import(self) -> int | None:
        """Of an uploaded file: where it goes on, and what became of its rows."""
        return self.job.parameters.get("import")

    @property
    def is_failed_request(self) -> bool:
        """Only its program can send it again."""
        return self.job.kind == BULK and self.job.state == Job.State.FAILED

    @property
    def is_erasure(self) -> bool:
        """It has a report of its own."""
        return self.job.kind == erasing.KIND

    @property
    def rejected(self) -> int:
        """How many rows of the file were not taken."""
        return int(self.job.result.get("rejected", 0))

    @property
    def rejections(self) -> list[dict[str, object]]:
        """Why: the first of the reasons."""
        listed = self.job.result.get("rejections", [])[:SHOWN_REJECTIONS]
        return [dict(zip(("line", "column", "reason"), one, strict=True)) for one in listed]

    @property
    def left(self) -> int:
        """How many rows an undo left as they are."""
        return int(self.job.result.get("left", 0))

    @property
    def left_rows(self) -> list[dict[str, object]]:
        """Which, and why: the first of them."""
        return told(self.job.result.get("rows", [])[:SHOWN_LEFT], self.reader)

    @property
    def days(self) -> list[date]:
        """The past days that are computed."""
        return [date.fromisoformat(day) for day in self.job.parameters.get("days", ())]

    @property
    def seconds(self) -> float | None:
        begun, ended = self.job.started_at, self.job.finished_at
        return (ended - begun).total_seconds() if begun and ended else None

    @property
    def differences(self) -> int:
        """How many values kept at night were not what the day's facts give."""
        return len(self.job.result.get("differences", ()))


@dataclass(frozen=True)
class Foreseen:
    """What an undo would do, for a page: (kind of rows, to delete, to restore), and what would stay."""

    kinds: list[tuple[str, int, int]]
    rows: int
    left: int
    left_rows: list[dict[str, object]]
    gone: int


def told(rows: Sequence[Sequence[Any]], reader: User | None) -> list[dict[str, object]]:
    """Rows that an undo leaves: which, why, and what they are called, where the reader may see that."""
    ids = defaultdict(set)
    for table, row, _why in rows:
        ids[table].add(row)
    names = {(table, pk): name for table in ids for pk, name in _called(table, ids[table], reader).items()}
    told = undo.told(rows)
    return [one | names.get((table, row), {}) for one, (table, row, _why) in zip(told, rows, strict=True)]


def _called(table: str, ids: set[int], reader: User | None) -> dict[int, dict[str, object]]:
    """A row of an account is called by that."""
    model = undo_plan.model_of(table)
    of_account = model is Account or any(field.name == "account" for field in model._meta.fields)
    found: Any = model._default_manager.filter(pk__in=ids)
    if reader is None or not (of_account or reader.has_perm(named("view", model._meta.label_lower))):
        return {}
    if not of_account:
        return {row.pk: {"name": str(row)} for row in found}
    accounts = dict(found.values_list("pk", "pk" if model is Account else "account"))
    seen = Account.objects.visible_to(reader).in_bulk(set(accounts.values()) - {None})
    return {
        pk: {"name": seen[account].name, "address": seen[account].get_absolute_url()}
        for pk, account in accounts.items()
        if account in seen
    }


def foreseen(job: Job, reader: User) -> Foreseen:
    found = undo.foresee(job)
    kinds = [(undo.kinds_of(table), taken.deleted, taken.restored) for table, taken in found.taken.items()]
    stays = told([(one.table, one.row, one.why) for one in found.left[:SHOWN_LEFT]], reader)
    return Foreseen(kinds, found.rows, len(found.left), stays, found.gone)


def described(user: User, jobs: Iterable[Job], now: datetime) -> list[Run]:
    listed = list(jobs)
    undos = undo.undone(listed)
    return [_described(user, job, undos.get(job.pk), now) for job in listed]


def _described(user: User, job: Job, its_undo: Job | None, now: datetime) -> Run:
    wrote = any(job.result.get(fate) for fate in ("created", "changed"))
    waits = its_undo is not None and its_undo.state == Job.State.WAITING
    can_undo = wrote and not waits and may_undo(user, job) and not undo.why_not(job, its_undo, now)
    return Run(job, may_stop(user, job), can_undo, its_undo, user)
