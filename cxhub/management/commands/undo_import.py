"""Takes back what an import did: `manage.py undo_import 17`."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.imports import undo
from accounts.imports.undo_plan import Left
from accounts.models import Job

# As shells have it of what Ctrl-C ended.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Takes back what an import or a request to the bulk API did: rows that it created are deleted, rows that it"
        " changed get their earlier values back. What was changed afterwards is left and listed. The same command goes"
        " on with an undo that was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, help="the number of the run")
        parser.add_argument("--dry-run", action="store_true", help="says what would be done, writes nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        job = Job.objects.filter(pk=options["job"]).first()
        if not job:
            raise CommandError(_("There is no run %(job)s.") % {"job": options["job"]}, returncode=2)
        if options["dry_run"]:
            self._foresee(job)
        else:
            self._undo(job)

    def _foresee(self, job: Job) -> None:
        foreseen = undo.foresee(job)
        self._tell(0, foreseen.left)
        for table, taken in foreseen.taken.items():
            self.stdout.write(
                _("%(kind)s: %(deleted)s to delete, %(restored)s to restore.")
                % {"kind": undo.kind_of(table), "deleted": taken.deleted, "restored": taken.restored}
            )
        self.stdout.write(_("Nothing was written."))

    def _undo(self, job: Job) -> None:
        try:
            begun = undo.begin(job, by=None, now=timezone.now())
        except undo.NotUndoable as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        try:
            undo.work_on(begun, report=self._tell)
        except KeyboardInterrupt:
            raise CommandError(self._stopped(job), returncode=INTERRUPTED) from None
        begun.refresh_from_db()
        if begun.state != Job.State.DONE:
            raise CommandError(self._stopped(job))
        self.stdout.write(
            _("Deleted: %(deleted)s, restored: %(restored)s, left: %(left)s, deleted before: %(gone)s.")
            % {name: begun.result.get(name, 0) for name in undo.COUNTS}
        )

    def _tell(self, _done: int, left: Sequence[Left]) -> None:
        for one in left:
            self.stdout.write(f"{undo.kind_of(one.table)} {one.row}: {undo.reason_of(one.why)}")

    @staticmethod
    def _stopped(job: Job) -> str:
        return str(_("Stopped. The same command goes on: undo_import %(job)s.") % {"job": job.pk})
