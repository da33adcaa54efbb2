"""Writes all that is kept about a person: `manage.py export_person 17 jumana.zip`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Contact
from cxhub.persons import exporting


class Command(BaseCommand):
    help = (
        "Writes all that is kept about a contact into one ZIP file of JSON and CSV: every contact and lead with the"
        " address, what they asked and what was noted, the history of their rows, and which files name them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("contact", type=int, help="the number of the contact")
        parser.add_argument("file", type=Path, help="where to write; never over a file that there is")
        parser.add_argument("--language", choices=["en", "ar"], default="en")

    def handle(self, *args: Any, **options: Any) -> None:
        contact = Contact.objects.filter(pk=options["contact"]).first()
        if not contact:
            raise CommandError(
                _("There is no contact %(number)s.") % {"number": options["contact"]}, returncode=2
            )
        try:
            with options["file"].open("xb") as file, translation.override(options["language"]):
                job = exporting.write(contact, file, by=None, now=timezone.now())
        except FileExistsError:
            raise CommandError(
                _("%(file)s is there already.") % {"file": options["file"]}, returncode=2
            ) from None
        self.stdout.write(_("%(rows)s rows written.") % {"rows": job.result["rows"]})
