"""Data quality of the whole house: the checks of all rooms, what they found, and where it is mended.

What every row of a table has to be read for is counted once an hour and kept, which makes a history of it; readers who
may not see everything have their own rows counted when they look.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin import site
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.feeds import KINDS
from accounts.imports import KIND as IMPORT
from accounts.imports import undo, work
from accounts.models import Account, AccountPair, Contact, ExchangeRate, Feed, Finding, Job, User
from accounts.models.work import SILENCE
from accounts.quality import CHECKS as OF_ACCOUNTS
from accounts.quality import Check, Column, Grade, Looking, Remedy, count, may_close
from cxhub import runs
from cxhub.resources import importable_by
from cxhub.roles import named
from metrics.quality import CHECKS as OF_METRICS

# So many days of runs and imports are looked at, and of the history of a check shown.
RECENT_DAYS, TREND_DAYS = 14, 30
# Work waits its turn for minutes.
WAITING = timedelta(minutes=15)
# Checks are counted every hour; after so long nobody counts any more.
STALE = timedelta(hours=3)
VIEW_JOB = ("accounts.view_job",)


def seen_runs(rows: QuerySet[Job], user: User, _looking: Looking) -> QuerySet[Job]:
    return rows.filter(pk__in=runs.visible_to(user).order_by().values("pk"))


def failed_runs(looking: Looking) -> QuerySet[Job]:
    since = looking.now - timedelta(days=RECENT_DAYS)
    return Job.objects.filter(state=Job.State.FAILED, created_at__gt=since).select_related("created_by")


def forsaken_runs(looking: Looking) -> QuerySet[Job]:
    """Nobody takes them up, or whoever did gives no sign of life."""
    waiting = Q(state=Job.State.WAITING, created_at__lt=looking.now - WAITING)
    dead = Q(state=Job.State.RUNNING) & (
        Q(seen_alive_at__lt=looking.now - WAITING)
        | Q(seen_alive_at=None, started_at__lt=looking.now - WAITING - SILENCE)
    )
    return Job.objects.unfinished().filter(waiting | dead).select_related("created_by")


def imports_with_rejections(looking: Looking) -> QuerySet[Job]:
    """Neither what was undone, nor whose rows came again, mended: what is still wrong with these stands at those."""
    since = looking.now - timedelta(days=RECENT_DAYS)
    found = Job.objects.filter(kind=IMPORT, created_at__gt=since, result__rejected__gt=0)
    mended = Exists(work.taken().filter(mends__job=OuterRef("pk")))
    return found.exclude(mended).exclude(undo.has_undo()).select_related("created_by")


OWN = (
    Check(
        "runs_failed",
        _("Runs of the last 14 days that failed"),
        _("What they were to do is not done, or not to its end."),
        failed_runs,
        VIEW_JOB,
        _("Look at what went wrong, and take the run up again."),
        Grade.PROBLEM,
        Remedy.RUNS,
        columns=(Column(_("Started"), "started_at"), Column(_("By"), "created_by")),
        account=None,
        whole=VIEW_JOB,
        seen=seen_runs,
        live=True,
    ),
    Check(
        "runs_forsaken",
        _("Runs that nobody works on"),
        _("They wait for a worker, or theirs gave no sign of life for a quarter of an hour."),
        forsaken_runs,
        VIEW_JOB,
        _("See whether a worker runs."),
        Grade.PROBLEM,
        Remedy.RUNS,
        columns=(Column(_("Created"), "created_at"), Column(_("Last sign of life"), "seen_alive_at")),
        account=None,
        whole=VIEW_JOB,
        seen=seen_runs,
        live=True,
    ),
    Check(
        "imports_with_rejections",
        _("Imports of the last 14 days with rejected rows"),
        _("These rows are missing until they are mended."),
        imports_with_rejections,
        ("accounts.view_account",),
        _("Open the import, download its rejected rows, mend and upload them."),
        remedy=Remedy.IMPORTS,
        columns=(
            Column(_("File"), "parameters.file"),
            Column(_("Rejected"), "result.rejected"),
            Column(_("Created"), "created_at"),
            Column(_("By"), "created_by"),
        ),
        account=None,
        whole=VIEW_JOB,
        seen=seen_runs,
        live=True,
    ),
)

CHECKS: dict[str, Check] = {check.key: check for check in (*OF_ACCOUNTS, *OF_METRICS, *OWN)}


@dataclass(frozen=True)
class Found:
    """`since` is when the first of an unbroken row of looks found something; None: not known to the reader."""

    check: Check
    count: int
    looked_at: datetime
    since: datetime | None = None
    trend: Sequence[int] = ()

    @property
    def grade(self) -> Grade:
        return self.check.grade if self.count else Grade.FINE


# Counting


def look(looking: Looking) -> None:
    """Counts everything and keeps it as what was found today."""
    before = _latest_findings()
    findings = []
    for check in CHECKS.values():
        found, last = count(check.rows(looking)), before.get(check.key)
        since = last.since if last and last.since else looking.now
        findings.append(
            Finding(
                check_key=check.key,
                day=looking.today,
                found=found,
                since=since if found else None,
                looked_at=looking.now,
            )
        )
    Finding.objects.bulk_create(
        findings,
        update_conflicts=True,
        unique_fields=["check_key", "day"],
        update_fields=["found", "since", "looked_at"],
    )


def _latest_findings() -> dict[str, Finding]:
    latest = Finding.objects.order_by("check_key", "-day").distinct("check_key")
    return {finding.check_key: finding for finding in latest}


def overview(user: User, looking: Looking) -> list[Found]:
    """All checks that are the reader's to see, the worst first."""
    kept: dict[str, list[Finding]] = defaultdict(list)
    recent = Finding.objects.filter(day__gt=looking.today - timedelta(days=TREND_DAYS)).order_by("day")
    for finding in recent:
        kept[finding.check_key].append(finding)
    found = [_found(check, user, looking, kept[check.key]) for check in checks_for(user)]
    grades = list(Grade)
    return sorted(found, key=lambda one: grades.index(one.grade))


def _found(check: Check, user: User, looking: Looking, kept: list[Finding]) -> Found:
    """What is kept is what everybody's rows come to."""
    known = kept if check.is_whole(user) else []
    if known and not check.live:
        last = known[-1]
        return Found(check, last.found, last.looked_at, last.since, [one.found for one in known])
    found = count(check.rows_for(user, looking))
    since = known[-1].since if known and found else None
    return Found(check, found, looking.now, since, [one.found for one in known[:-1]] + [found])


def history(check: Check, user: User, looking: Looking) -> list[Finding]:
    """What was found on each of the last days, where that is what the reader would find."""
    if not check.is_whole(user):
        return []
    since = looking.today - timedelta(days=TREND_DAYS)
    return list(Finding.objects.filter(check_key=check.key, day__gt=since).order_by("day"))


def checks_for(user: User) -> list[Check]:
    return [check for check in CHECKS.values() if check.is_for(user)]


@dataclass(frozen=True)
class Warned:
    """What the home page says: how many checks found a problem when they were last looked at."""

    problems: int
    is_stale: bool


def warning(user: User, looking: Looking) -> Warned | None:
    """From what is kept, in one query: of the reader's checks those that leave nothing out. None: nothing to say."""
    own = {check.key: check for check in checks_for(user) if check.is_whole(user)}
    latest = [finding for key, finding in _latest_findings().items() if key in own] if own else []
    if not latest:
        return None
    problems = sum(finding.found > 0 and own[finding.check_key].grade is Grade.PROBLEM for finding in latest)
    is_stale = max(finding.looked_at for finding in latest) < looking.now - STALE
    return Warned(problems, is_stale) if problems or is_stale else None


# Lists


@dataclass(frozen=True)
class Line:
    """A row as people read it: `cells` are one for each column of the check, `address` is where it is corrected."""

    row: Any
    title: str
    account: Account | None
    cells: list[Any]
    address: str
    can_close: bool = False

    @property
    def pk(self) -> str:
        return str(getattr(self.row, "pk", self.row))

    @property
    def is_day(self) -> bool:
        return isinstance(self.row, date)

    @property
    def shown(self) -> list[tuple[str, Any]]:
        """Each cell with how a page writes it; a length of time in hours."""
        return [_shown(cell) for cell in self.cells]


def _shown(cell: Any) -> tuple[str, Any]:
    match cell:
        case datetime():
            return "moment", cell
        case date():
            return "day", cell
        case timedelta():
            return "hours", cell / timedelta(hours=1)
        case int() | Decimal():
            return "number", cell
        case None | "":
            return "number", None
    return "text", cell


def lines(check: Check, rows: Sequence[Any], user: User) -> list[Line]:
    return [
        Line(
            row,
            title_of(row),
            check.account_of(row),
            [column.of(row) for column in check.columns],
            address_of(check, row, user),
            isinstance(row, Feed) and check.key == "silent_sources" and may_close(row, user),
        )
        for row in rows
    ]


def ordered(rows: Any) -> Any:
    """Pages need an order that two rows never share."""
    if isinstance(rows, QuerySet):
        return rows.order_by(*(rows.query.order_by or rows.model._meta.ordering), "pk")
    return rows


def table(check: Check, rows: Any, user: User) -> Iterator[list[Any]]:
    """As a file: the names of the columns, then the lines."""
    yield [_("id"), _("Row"), _("account id"), _("Account"), *(column.label for column in check.columns)]
    found = rows.iterator(chunk_size=2000) if isinstance(rows, QuerySet) else rows
    for row in found:
        (line,) = lines(check, [row], user)
        account = (line.account.pk, line.account.name) if line.account else (None, None)
        yield [line.pk, line.title, *account, *(_in_a_file(cell) for cell in line.cells)]


def _in_a_file(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, datetime) else str(cell) if isinstance(cell, Model) else cell


def title_of(row: Any) -> str:
    if isinstance(row, Feed):
        return f"{row.source}: {capfirst(str(KINDS[row.kind]._meta.verbose_name_plural))}"
    if isinstance(row, AccountPair):
        return row.first.name
    if isinstance(row, Job):
        return str(runs.Run(row, can_stop=False).name)
    return str(row)


def address_of(check: Check, row: Any, user: User) -> str:
    """Where the reader mends it; empty where they cannot."""
    if isinstance(row, Job):
        of_import = runs.Run(row, can_stop=False).page_of_import
        return reverse("import", args=[of_import]) if of_import else reverse("runs")
    if check.key in MENDED_AT:
        page, right, of_the_admin = MENDED_AT[check.key]
        may = user.has_perm(right) and (user.is_staff or not of_the_admin)
        return page(row.pk) if may else ""
    if isinstance(row, Account | Contact):
        kind = str(row._meta.model_name)
        may = user.has_perm(named("change", row._meta.label_lower))
        return reverse(f"edit-{kind}", args=[row.pk]) if may else ""
    if not isinstance(row, Model) or not site.is_registered(type(row)) or not user.is_staff:
        return ""
    if not user.has_perm(named("change", row._meta.label_lower)):
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def in_the_admin(page: str, parameter: str) -> Callable[[int], str]:
    return lambda account: reverse(f"admin:accounts_subscription_{page}", query={parameter: account})


# Of accounts that lack something: where it is entered, by whom, and whether that is in the admin.
MENDED_AT: dict[str, tuple[Callable[[int], str], str, bool]] = {
    "accounts_without_contact": (
        lambda account: reverse("add-contact", args=[account]),
        "accounts.add_contact",
        False,
    ),
    "accounts_without_plan": (
        in_the_admin("changelist", "account__id__exact"),
        "accounts.change_subscription",
        True,
    ),
    "live_without_business": (in_the_admin("add", "account"), "accounts.add_subscription", True),
}


def remedy_of(check: Check, user: User) -> str:
    """The page on which it is mended, where the reader has one."""
    importable = importable_by(user)
    match check.remedy:
        case Remedy.RUNS:
            return reverse("runs")
        case Remedy.IMPORTS:
            return reverse("imports") if importable else reverse("runs")
        case Remedy.DUPLICATES:
            return reverse("duplicates")
        case Remedy.RATES if user.is_staff and user.has_perm(named("add", ExchangeRate._meta.label_lower)):
            return reverse("admin:accounts_exchangerate_add")
        case Remedy.RATES if "exchange_rates" in importable:
            return f"{reverse('new-import')}?resource=exchange_rates"
        case Remedy.IMPORT if check.resource in importable:
            return f"{reverse('new-import')}?resource={check.resource}"
        case Remedy.IMPORT if importable and not check.resource:
            return reverse("new-import")
    return ""
