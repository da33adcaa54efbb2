from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils import translation

from cxhub.roles import as_markdown


class Command(BaseCommand):
    help = "Write docs/roles.md."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            (Path(settings.BASE_DIR) / "docs" / "roles.md").write_text(as_markdown())
