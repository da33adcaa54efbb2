"""Erases a person for good: `manage.py erase_person 17`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import Contact, Job
from cxhub.persons import erasing, telling


class Command(BaseCommand):
    help = (
        "Empties the names, addresses and numbers of a contact, of every contact and lead with the same address, and"
        " wherever they are spoken of. Without --for-good it only says what would happen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("contact", type=int, help="the number of the contact")
        parser.add_argument("--for-good", action="store_true", help="does it; it cannot be undone")
        parser.add_argument(
            "--with-businesses", action="store_true", help="also accounts named after the person"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        contact = Contact.objects.filter(pk=options["contact"]).first()
        if not contact:
            raise CommandError(
                _("There is no contact %(number)s.") % {"number": options["contact"]}, returncode=2
            )
        if not options["for_good"]:
            return self._foresee(contact)
        try:
            job = erasing.begin(contact, by=None, with_businesses=options["with_businesses"])
        except erasing.NotErasable as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        erasing.work_on(job)
        self._tell(Job.objects.get(pk=job.pk))
        return None

    def _foresee(self, contact: Contact) -> None:
        foreseen = erasing.foresee(contact)
        for one in foreseen.people:
            self.stdout.write(f"{one._meta.verbose_name} {one.pk}")
        self.stdout.write(_("Nothing was written."))

    def _tell(self, job: Job) -> None:
        if job.state != Job.State.DONE:
            raise CommandError(
                _("A file that names the person is being imported; a worker goes on after it.")
            )
        report = telling.report(job)
        for line in [*report.people, *report.emptied, *report.history, *report.files, *report.left]:
            self.stdout.write(f"{line.kind} {line.of_field}: {line.rows}".replace(" :", ":"))
