from typing import Any

from django.core.management.base import BaseCommand

from cxhub import translations


class Command(BaseCommand):
    help = "Bring the Arabic catalogue in line with the texts in code and templates, and list what it lacks."
    # Runs while a machine is being built.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        known = translations.read() if translations.ARABIC.exists() else translations.Catalog(locale="ar")
        catalog = translations.updated(known, translations.collect())
        translations.write(catalog)
        faults = translations.faults(catalog)
        for fault in faults:
            self.stderr.write(fault)
        self.stdout.write(f"{len(catalog)} texts, {len(faults)} to translate")
