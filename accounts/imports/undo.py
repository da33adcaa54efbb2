"""Taking back what an import or a change of many rows did: what it created goes, what it changed is what it was.

What others changed afterwards is left, and said. The undo is a Job of its own; each step of it is one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import actions
from accounts.audit import acting, is_emptied
from accounts.imports import undo_plan
from accounts.imports.service import BULK
from accounts.imports.service import KIND as IMPORT
from accounts.imports.undo_plan import DELETED, UNDO, Left, Plan, Taken, planned
from accounts.models import Job, Organisation, User
from accounts.resources import REASONS
from accounts.services import apply_dated_values

KIND = UNDO
UNDOABLE = (IMPORT, BULK, *actions.KINDS)
KEY = "undo-"
# So many of the rows that stay stand in the job's row; the door that runs the undo tells all of them.
KEPT_LEFT = 500

COUNTS = ("deleted", "restored", "left", "gone")

Report = Callable[[int, Sequence[Left]], None]


class NotUndoable(ValueError):
    """The job cannot be taken back. The message says why."""


@dataclass(frozen=True)
class Foreseen:
    """What an undo would do now: rows by table, those that stay, and how many somebody has deleted already."""

    taken: dict[str, Taken]
    left: list[Left]
    gone: int

    @property
    def rows(self) -> int:
        return sum(taken.deleted + taken.restored for taken in self.taken.values())


def key_of(job: int) -> str:
    """An import is undone once."""
    return f"{KEY}{job}"


def undone(jobs: Sequence[Job]) -> dict[int, Job]:
    """Of these jobs, the undo of each that has one, even if it is not done yet."""
    found = Job.objects.filter(key__in=[key_of(job.pk) for job in jobs if job.kind in UNDOABLE])
    return {int(undo.parameters["job"]): undo for undo in found}


def has_undo(job: str = "pk") -> Exists:
    """In a query whose rows give the job under this name."""
    key = Concat(Value(KEY), Cast(OuterRef(job), TextField()))
    return Exists(Job.objects.filter(key=key))


def foresee(job: Job) -> Foreseen:
    """Writes nothing but a temporary table."""
    with planned(job, undone([job]).get(job.pk)) as plan:
        stays = plan.left()
        left = [one for one in stays if one.why != DELETED]
        return Foreseen(plan.taken(), left, len(stays) - len(left))


def why_not(job: Job, undo: Job | None, now: datetime) -> str:
    """Why the job cannot be undone now, given its undo where it has one; nothing where it can."""
    of = {"job": job.pk}
    if job.kind not in UNDOABLE:
        return _("Run %(job)s wrote no rows of yours; there is nothing to undo.") % of
    if job.is_going(now):
        return _("Run %(job)s is still going. Stop it first.") % of
    if undo and undo.state == Job.State.DONE:
        return _("Run %(job)s was undone before.") % of
    if undo and undo.state == Job.State.RUNNING and undo.is_going(now):
        return _("Run %(job)s is being undone.") % of
    if is_emptied(job):
        return _("What the rows of run %(job)s were before is no longer kept.") % of
    return ""


def begin(job: Job, *, by: User | None, now: datetime) -> Job:
    """The waiting job that takes this one back, or goes on with that. Raises NotUndoable."""
    with transaction.atomic():
        of = Job.objects.select_for_update().get(pk=job.pk)
        if reason := why_not(of, undone([of]).get(of.pk), now):
            raise NotUndoable(reason)
        Job.objects.dead(now).filter(pk=of.pk).update(state=Job.State.FAILED, finished_at=now)
        what = {name: of.parameters[name] for name in ("resource", "file") if of.parameters.get(name)}
        undo, _made = Job.objects.get_or_create(
            key=key_of(of.pk), defaults={"kind": KIND, "created_by": by, "parameters": {"job": of.pk, **what}}
        )
        Job.objects.filter(pk=undo.pk).wait_again()
        undo.refresh_from_db()
    return undo


def work_on(
    undo: Job,
    *,
    until: datetime | None = None,
    report: Report = lambda _done, _left: None,
    clock: Callable[[], datetime] = timezone.now,
) -> None:
    """From where it was to its end, unless somebody has it or stops it, or its time is over: then it waits again.

    Its state tells the truth however this ends, but for a kill: then its silence does.
    """
    if not undo.start(clock()):
        return
    state = Job.State.FAILED
    try:
        state = _take_back(undo, until, report, clock)
    except KeyboardInterrupt:
        state = Job.State.STOPPED
        raise
    finally:
        undo.refresh_from_db()
        undo.finish(state, clock(), **undo.result)


def due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND).due(now)


def _take_back(undo: Job, until: datetime | None, report: Report, clock: Callable[[], datetime]) -> Job.State:
    undo.refresh_from_db()
    behind = undo.position.get("at")
    of = Job.objects.get(pk=undo.parameters["job"])
    with planned(of, undo, datetime.fromisoformat(behind) if behind else None) as plan:
        if undo.total is None:
            undo.result = dict.fromkeys(COUNTS, 0) | {"rows": []}
            Job.objects.filter(pk=undo.pk).update(total=plan.total(), result=undo.result)
        for at in plan.steps():
            if until and clock() > until:
                return Job.State.WAITING
            with acting(user=undo.created_by, job=undo):
                plan.take_back(at)
                left = _note(undo, plan, at)
            report(undo.done, left)
            if not undo.advance(undo.done, clock()):
                return Job.State.STOPPED
    with acting(user=undo.created_by, job=undo):
        _apply_dated_values(undo, clock())
    return Job.State.DONE


def _note(undo: Job, plan: Plan, at: datetime) -> list[Left]:
    """In the transaction of the rows: killed at any point, nothing is counted twice. Returns what was left."""
    stays = plan.left(at)
    left = [one for one in stays if one.why != DELETED]
    taken = plan.taken(at).values()
    deleted, restored = sum(one.deleted for one in taken), sum(one.restored for one in taken)
    counts = dict(zip(COUNTS, (deleted, restored, len(left), len(stays) - len(left)), strict=True))
    rows = undo.result["rows"]
    rows = rows + [[one.table, one.row, one.why] for one in left[: max(0, KEPT_LEFT - len(rows))]]
    undo.result = {name: undo.result[name] + count for name, count in counts.items()} | {"rows": rows}
    undo.done += sum(counts.values())
    Job.objects.filter(pk=undo.pk).update(position={"at": at.isoformat()}, result=undo.result, done=undo.done)
    return left


def _apply_dated_values(undo: Job, now: datetime) -> None:
    """Once all dated values are what they were: an account without any keeps what it was restored to, one of which a
    dated value stays as it is follows that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (before ->> 'account_id')::bigint FROM accounts_auditentry"
            " WHERE job_id = %(undo)s AND \"table\" = 'accounts_accountchange' AND action = 'delete' UNION"
            ' SELECT c.account_id FROM accounts_auditentry e JOIN accounts_accountchange c ON c.id = e."row"'
            " WHERE job_id = %(undo)s AND \"table\" = 'accounts_accountchange' AND action = 'update' UNION"
            ' SELECT "row" FROM accounts_auditentry'
            " WHERE job_id = %(undo)s AND \"table\" = 'accounts_account' AND action = 'update'",
            {"undo": undo.pk},
        )
        accounts = [account for (account,) in cursor.fetchall()]
    apply_dated_values(Organisation.current().today(now), accounts)


# In words


def kind_of(table: str) -> str:
    """What a row of the table is called."""
    return str(undo_plan.model_of(table)._meta.verbose_name)


def kinds_of(table: str) -> str:
    """What its rows are called."""
    return str(undo_plan.model_of(table)._meta.verbose_name_plural)


def reason_of(why: str) -> str:
    """Why a row stays, in the reader's language."""
    if why.startswith(undo_plan.REFUSED):
        rule = why.removeprefix(undo_plan.REFUSED)
        reason = str(REASONS[rule][1]) if rule in REASONS else rule
        return _("Its earlier values do not fit what came later: %(reason)s") % {"reason": reason}
    return {
        undo_plan.CHANGED: _("It was changed afterwards."),
        undo_plan.NAMED: _("Something that was added or changed afterwards belongs to it."),
        undo_plan.PART: _("What it belongs to stays."),
        undo_plan.ORPHAN: _("What it belonged to before is no longer there."),
    }[why]


def told(rows: Sequence[Sequence[Any]]) -> list[dict[str, object]]:
    """Rows that stayed, as the job's result has them, for a page."""
    return [{"kind": kind_of(table), "row": row, "reason": reason_of(why)} for table, row, why in rows]
