from typing import Any

from django.core.management.base import BaseCommand

from cxhub import translations


class Command(BaseCommand):
    help = "Compile the translations that changed (.po to .mo); needs no GNU gettext."
    # Runs while a machine is being built.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for file in sorted((translations.ROOT / "cxhub" / "locale").glob("*/LC_MESSAGES/*.po")):
            if translations.compile_catalog(file):
                self.stdout.write(f"{file.relative_to(translations.ROOT)} compiled")
