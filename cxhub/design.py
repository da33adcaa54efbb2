"""The page of all tokens and parts, for whoever builds pages: what is shown here is what the product is made of."""

import re
from datetime import date
from functools import cache
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

TOKEN = re.compile(r"^\s*--(?P<name>[a-z0-9-]+):", re.MULTILINE)
GROUPS = {
    "colour": ("page", "surface", "hover", "selected", "line", "ink", "accent", "good", "bad", "warn", "neutral", "noise"),
    "chart": ("series", "chart"),
    "space": ("space",),
    "type": ("text", "leading", "tracking", "weight", "font"),
    "shape": ("radius", "shadow", "focus"),
    "layout": ("sidebar", "measure", "content", "control", "row"),
}
TREND = [31, 33, 32, 36, 38, None, 41, 40, 44, 47, 46, 52]


@cache
def tokens() -> dict[str, list[str]]:
    """Names by group, in the order of the stylesheet; read from it, so that none can be left out."""
    found = finders.find("cxhub/tokens.css")
    with open(str(found), encoding="utf-8") as stylesheet:
        names = list(dict.fromkeys(match["name"] for match in TOKEN.finditer(stylesheet.read())))
    return {group: [name for name in names if name.split("-")[0] in starts] for group, starts in GROUPS.items()}


@staff_member_required
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "design.html", {"tokens": tokens(), "now": timezone.now(), **examples()})


def examples() -> dict[str, Any]:
    months = [date(2026, month, 1) for month in range(1, 13)]
    middle = [value and value / 100 for value in TREND]
    return {
        "trend": TREND,
        "months": months,
        "line": [
            {"name": _("Retention"), "values": middle},
            {"name": _("lower limit"), "role": "low", "values": [value and value - 0.05 for value in middle]},
            {"name": _("upper limit"), "role": "high", "values": [value and value + 0.05 for value in middle]},
        ],
        "bars": [
            {"name": _("New"), "values": [1200, 900, 1500, 800, 1100, 950, 1300, 1250, 900, 1000, 1400, 1600]},
            {"name": _("Expansion"), "values": [300, 500, 250, 600, 450, 700, 350, 400, 800, 650, 500, 900]},
            {"name": _("Churned"), "values": [-200, -150, -400, -100, -350, -80, -300, -220, -90, -500, -120, -60]},
        ],
        "limits": {"low": 0.2552, "high": 0.2758, "share": 0.2654, "before": 0.281},
    }
