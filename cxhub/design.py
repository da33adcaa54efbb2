"""The page of all tokens and parts, for whoever builds pages."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

TOKEN = re.compile(r"^\s*--(?P<name>[a-z0-9-]+):", re.MULTILINE)
GROUPS = {
    "colour": (
        "page",
        "surface",
        "hover",
        "selected",
        "line",
        "ink",
        "link",
        "accent",
        "good",
        "bad",
        "warn",
        "neutral",
        "noise",
    ),
    "chart": ("series", "chart"),
    "space": ("space",),
    "type": ("text", "leading", "tracking", "weight", "font"),
    "shape": ("radius", "shadow", "focus"),
    "layout": ("sidebar", "measure", "content", "control", "row"),
}
TREND = [31, 33, 32, 36, 38, None, 41, 40, 44, 47, 46, 52]
NEW = [1200, 900, 1500, 800, 1100, 950, 1300, 1250, 900, 1000, 1400, 1600]
EXPANSION = [300, 500, 250, 600, 450, 700, 350, 400, 800, 650, 500, 900]
CHURNED = [-200, -150, -400, -100, -350, -80, -300, -220, -90, -500, -120, -60]


@cache
def tokens() -> dict[str, list[str]]:
    """Names by group, in the order of the stylesheet; read from it, so that none can be left out."""
    found = finders.find("cxhub/tokens.css")
    stylesheet = Path(str(found)).read_text(encoding="utf-8")
    names = list(dict.fromkeys(match["name"] for match in TOKEN.finditer(stylesheet)))
    return {
        group: [name for name in names if name.split("-")[0] in starts] for group, starts in GROUPS.items()
    }


@staff_member_required
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "design.html", {"tokens": tokens(), "now": timezone.now(), **examples()})


def examples() -> dict[str, Any]:
    months = [date(2026, month, 1) for month in range(1, 13)]
    middle = [None if value is None else value / 100 for value in TREND]
    return {
        "trend": TREND,
        "months": months,
        "line": [
            {"name": _("Retention"), "values": middle},
            {"name": _("lower limit"), "role": "low", "values": moved(middle, -0.05)},
            {"name": _("upper limit"), "role": "high", "values": moved(middle, 0.05)},
        ],
        "bars": [
            {"name": _("New"), "values": NEW},
            {"name": _("Expansion"), "values": EXPANSION},
            {"name": _("Churned"), "values": CHURNED},
        ],
        "limits": {"low": 0.2552, "high": 0.2758, "share": 0.2654, "before": 0.281},
    }


def moved(values: list[float | None], by: float) -> list[float | None]:
    return [None if value is None else value + by for value in values]
