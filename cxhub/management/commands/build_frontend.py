import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

TABLER = "@tabler/core/dist/css"
INTER = "@fontsource-variable/inter/files/inter"
PLEX = "@fontsource/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-arabic"
FILES = {
    f"{TABLER}/tabler.min.css": "tabler.min.css",
    f"{TABLER}/tabler.rtl.min.css": "tabler.rtl.min.css",
    "chart.js/dist/chart.umd.min.js": "chart.min.js",
    f"{INTER}-latin-wght-normal.woff2": "inter-latin.woff2",
    f"{INTER}-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    f"{PLEX}-400-normal.woff2": "plex-arabic-400.woff2",
    f"{PLEX}-500-normal.woff2": "plex-arabic-500.woff2",
    f"{PLEX}-600-normal.woff2": "plex-arabic-600.woff2",
}

ICONS = [
    "activity",
    "adjustments-horizontal",
    "alert-triangle",
    "archive",
    "arrow-back-up",
    "arrow-down",
    "arrow-merge",
    "arrow-up",
    "arrows-exchange",
    "arrows-sort",
    "bell",
    "books",
    "building",
    "calendar",
    "chart-line",
    "check",
    "checklist",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "circle-x",
    "clock",
    "columns-3",
    "coin",
    "copy",
    "device-desktop",
    "device-mobile",
    "dots",
    "download",
    "external-link",
    "eye",
    "eye-off",
    "file-import",
    "filter",
    "fingerprint",
    "flag",
    "help-circle",
    "history",
    "home",
    "inbox",
    "info-circle",
    "key",
    "language",
    "layout-dashboard",
    "link",
    "list-search",
    "logout",
    "mail",
    "mail-opened",
    "menu-2",
    "message-circle",
    "message-question",
    "minus",
    "moon",
    "palette",
    "paperclip",
    "pencil",
    "player-pause",
    "player-play",
    "plus",
    "report-analytics",
    "refresh",
    "search",
    "send",
    "settings",
    "shield-lock",
    "shopping-cart",
    "sun",
    "table",
    "tag",
    "ticket",
    "trash",
    "trending-down",
    "trending-up",
    "upload",
    "user",
    "users",
    "users-group",
    "wave-sine",
    "webhook",
    "x",
]

SOURCE_MAP = re.compile(rb"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")
ICON_TAG = re.compile(r'{% icon "([a-z0-9-]+)"')
SVG_BODY = re.compile(r"<svg[^>]*>(?P<body>.*)</svg>", re.DOTALL)
# Tabler's outlines begin with an invisible square that only keeps the box; the symbol's viewBox does that.
SVG_BOX = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


class Command(BaseCommand):
    help = "Copy what the browser loads out of node_modules into build/static."
    # Runs while a machine is being built.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        packages = Path(settings.BASE_DIR) / "node_modules"
        if not packages.is_dir():
            raise CommandError(f"{packages} does not exist. Run `npm ci` first.")
        target = Path(settings.BASE_DIR) / "build" / "static" / "vendor"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for source, name in FILES.items():
            (target / name).write_bytes(without_source_map((packages / source).read_bytes()))
        (target / "icons.svg").write_text(sprite(packages / "@tabler" / "icons" / "icons" / "outline"))
        size = sum(file.stat().st_size for file in target.iterdir())
        self.stdout.write(f"{len(list(target.iterdir()))} files, {size // 1024} KB in {target}")


def without_source_map(content: bytes) -> bytes:
    """The manifest storage looks for the map that such a comment names, and fails without it."""
    return SOURCE_MAP.sub(b"", content)


def sprite(folder: Path) -> str:
    symbols = (symbol(name, (folder / f"{name}.svg").read_text()) for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def symbol(name: str, svg: str) -> str:
    match = SVG_BODY.search(svg)
    if match is None:
        raise CommandError(f"The icon {name} is no <svg>. Check the version of @tabler/icons.")
    body = " ".join(SVG_BOX.sub("", match["body"]).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'
