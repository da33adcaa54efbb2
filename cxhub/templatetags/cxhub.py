"""Numbers, times and small parts of pages; each number keeps its direction inside the text around it."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.db.models import Model
from django.http import HttpRequest
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from accounts.models import Notice, Organisation, User
from accounts.requests import organisation_of
from accounts.texts import HOSTILE
from cxhub import figures
from cxhub.figures import Script
from cxhub.resources import importable_by
from cxhub.sparkline import HEIGHT, WIDTH, draw

register = template.Library()

# A number or a time, or None; "" for a variable that the template does not have.
Known = Any

# One more than is written.
MOST_UNREAD = 100
CSS_TAGS = {"success": "good", "error": "bad", "warning": "warn"}
CSS_ICONS = {"success": "circle-check", "error": "alert-triangle", "warning": "alert-triangle"}


def request_of(context: Context) -> HttpRequest | None:
    """Also inside an {% include … only %}, which drops the variables but not the request."""
    return getattr(context, "request", None) or context.get("request")


@register.simple_tag(takes_context=True)
def organisation(context: Context) -> Organisation:
    """Once per request: every page shows its name, Arabic pages ask for its digits at every number."""
    request = request_of(context)
    return Organisation.current() if request is None else organisation_of(request)


def script_of(context: Context) -> Script:
    language = (get_language() or "en").split("-")[0]
    return Script(language, organisation(context).digits if language == "ar" else "latn")


def isolated(text: str, title: str = "") -> SafeString:
    language = (get_language() or "en").split("-")[0]
    towards = "rtl" if language == "ar" else "ltr"
    if title:
        return format_html('<bdi class="num" dir="{}" title="{}">{}</bdi>', towards, title, text)
    return format_html('<bdi class="num" dir="{}">{}</bdi>', towards, text)


def missing(value: Any) -> bool:
    return value is None or value == ""


def nothing(reason: str = "") -> SafeString:
    """A dash for eyes, words for screen readers, the reason for whoever points at it."""
    reason = reason or gettext("no value")
    return format_html(
        '<span class="nil" title="{}"><span aria-hidden="true">–</span><span class="visually-hidden">{}</span></span>',
        reason,
        reason,
    )


@register.simple_tag(takes_context=True)
def number(context: Context, value: Known, places: int | None = None, reason: str = "") -> SafeString:
    if missing(value):
        return nothing(reason)
    return isolated(figures.number(value, script_of(context), places))


@register.simple_tag(takes_context=True)
def percent(context: Context, share: Known, places: int = 1, reason: str = "") -> SafeString:
    """The share as a fraction: 0.256 shows as 25.6%."""
    return nothing(reason) if missing(share) else isolated(figures.percent(share, script_of(context), places))


@register.simple_tag(takes_context=True)
def money(
    context: Context, amount: Known, currency: str, short: bool = False, reason: str = ""
) -> SafeString:
    if missing(amount):
        return nothing(reason)
    script = script_of(context)
    text = figures.money(amount, currency, script, short=short)
    return isolated(text, figures.money(amount, currency, script) if short else "")


@register.simple_tag(takes_context=True)
def duration(context: Context, hours: Known, reason: str = "") -> SafeString:
    if missing(hours):
        return nothing(reason)
    script = script_of(context)
    exact = gettext("%(hours)s hours") % {"hours": figures.number(hours, script)}
    return isolated(figures.duration(hours, script), exact)


@register.simple_tag(takes_context=True)
def day(context: Context, value: Known, reason: str = "") -> SafeString:
    """A day; of a time, the day in the reader's zone."""
    if missing(value):
        return nothing(reason)
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    text = figures.day(value, script_of(context))
    return format_html('<time class="num" datetime="{}">{}</time>', value.isoformat(), text)


@register.simple_tag(takes_context=True)
def month(context: Context, value: date) -> SafeString:
    text = figures.month(value, script_of(context))
    return format_html('<time class="num" datetime="{}">{}</time>', f"{value:%Y-%m}", text)


@register.simple_tag(takes_context=True)
def moment(context: Context, value: Known, reason: str = "") -> SafeString:
    if missing(value):
        return nothing(reason)
    text = figures.moment(timezone.localtime(value), script_of(context))
    return format_html('<time class="num" datetime="{}">{}</time>', value.isoformat(), text)


@register.simple_tag(takes_context=True)
def ago(context: Context, value: Known, now: datetime, reason: str = "") -> SafeString:
    if missing(value):
        return nothing(reason)
    script = script_of(context)
    exact = figures.moment(timezone.localtime(value), script)
    text = figures.ago(value, now, script)
    return format_html('<time class="num" datetime="{}" title="{}">{}</time>', value.isoformat(), exact, text)


@register.simple_tag(takes_context=True)
def metric(
    context: Context,
    value: Known,
    unit: str,
    currency: str | None = "",
    short: bool = False,
    reason: str = "",
) -> SafeString:
    """A metric's value in its unit; what is shortened says the exact value when pointed at."""
    if missing(value):
        return nothing(reason)
    return written(value, unit, script_of(context), currency or "", short)


@lru_cache(maxsize=20_000)
def written(value: figures.Number, unit: str, script: Script, currency: str, short: bool) -> SafeString:
    """Remembered: Babel takes 50 µs for a number, and a list of accounts writes 400 of them, many of them twice."""
    text = figures.metric(value, unit, script, currency, short=short)
    if unit == "hours":
        return isolated(text, gettext("%(hours)s hours") % {"hours": figures.number(value, script)})
    exact = figures.metric(value, unit, script, currency)
    return isolated(text, exact if exact != text else "")


@register.simple_tag(takes_context=True)
def interval(
    context: Context,
    low: Known,
    high: Known,
    unit: str,
    currency: str | None = "",
    reason: str = "",
) -> SafeString:
    """The 95% interval; a limit that was not reached is open."""
    if missing(low) and missing(high):
        return nothing(reason)
    script, currency = script_of(context), currency or ""
    if missing(high):
        text = gettext("from %(low)s") % {"low": figures.metric(low, unit, script, currency)}
    elif missing(low):
        text = gettext("up to %(high)s") % {"high": figures.metric(high, unit, script, currency)}
    else:
        text = figures.interval(low, high, unit, script, currency)
    return isolated(text)


@register.filter
def window_words(text: str) -> str:
    """`30d` as 30 days, `month` as this month."""
    return figures.window(text)


@register.simple_tag(takes_context=True)
def out_of(context: Context, part: Known, whole: Known) -> SafeString:
    return isolated(figures.out_of(part, whole, script_of(context)))


@register.inclusion_tag("_change.html", takes_context=True)
def change(
    context: Context,
    now: Known,
    before: Known,
    unit: str,
    better: str = "none",
    real: bool | None = None,
) -> dict[str, Any]:
    """What moved between two periods. `better`: up, down or none; `real`: False where it is noise."""
    if missing(now) or missing(before) or now == before == 0:
        return {}
    script = script_of(context)
    text = figures.change(now, before, unit, script)
    # What is written as 0.0 did not move for the reader.
    step = (
        (now > before) - (now < before) if any(digit not in "0٠" for digit in text if digit.isdigit()) else 0
    )
    wanted = {"up": 1, "down": -1}.get(better, 0)
    meaning = "noise" if real is False else {1: "good", -1: "bad"}.get(step * wanted, "neutral")
    return {"step": step, "meaning": meaning, "amount": isolated(text), "is_noise": real is False}


@register.inclusion_tag("_sparkline.html")
def sparkline(values: Sequence[Known], label: str = "") -> dict[str, Any]:
    """A line is a shape, not a figure: the numbers must stand on the page or one click away."""
    points = [None if value is None else float(value) for value in values or ()]
    return {"drawn": draw(points), "label": label, "width": WIDTH, "height": HEIGHT}


@register.inclusion_tag("_chart.html", takes_context=True)
def chart(
    context: Context,
    title: str,
    labels: Sequence[date | str],
    series: Sequence[dict[str, Any]],
    unit: str,
    currency: str | None = "",
    kind: str = "line",
    first: str = "",
    months: bool = False,
    low: bool = False,
) -> dict[str, Any]:
    """A chart with its table; the page includes _chart_scripts.html.

    Each of `series` has a name, as many values as labels, and maybe a role: low and high are the limits
    around the series before them, before is the period before.
    """
    script, currency = script_of(context), currency or ""
    columns = [
        [
            {"exact": "", "text": "–"}
            if missing(value)
            else {"exact": f"{float(value)!r}", "text": figures.metric(value, unit, script, currency)}
            for value in column["values"]
        ]
        for column in series
    ]
    write = figures.month if months else figures.day
    names = [write(label, script) if isinstance(label, date) else label for label in labels]
    return {
        "title": title,
        "first": first or gettext("Day"),
        "series": series,
        "rows": list(zip(names, zip(*columns, strict=True), strict=True)),
        "unit": unit,
        "currency": currency,
        "kind": kind,
        "low": low,
        "digits": script.numbering_system,
    }


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Decoration only: the word beside it, or the label of its button, says what it means."""
    address = f"{static('vendor/icons.svg')}#{name}"
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', css, address
    )


@register.inclusion_tag("_nav_item.html", takes_context=True)
def nav_item(
    context: Context,
    label: str,
    route: str,
    icon: str,
    exact: bool = False,
    also: str = "",
    but: str = "",
    count: int = 0,
) -> dict[str, Any]:
    """A place in the main navigation, current on the pages below it and below `also`, not on those below `but`; these
    name what addresses begin with. `count`: of what is unread there. Nothing where there is no such route."""
    try:
        address = reverse(route)
    except NoReverseMatch:
        return {}
    request = request_of(context)
    path = request.path if request else ""
    is_below = path.startswith((address, *also.split())) and not path.startswith(tuple(but.split()))
    is_current = path == address if exact else is_below
    current = "page" if path == address else "true" if is_current else ""
    return {"label": label, "address": address, "icon": icon, "current": current, "count": count}


@register.simple_tag(takes_context=True)
def may_import(context: Context) -> bool:
    """Whether the pages of imports are there for the reader."""
    user = getattr(request_of(context), "user", None)
    return isinstance(user, User) and bool(importable_by(user))


@register.simple_tag(takes_context=True)
def unread(context: Context) -> int:
    """How many notifications the reader has not read, at most a hundred; asked once a page."""
    request = request_of(context)
    user = getattr(request, "user", None)
    if request is None or not isinstance(user, User):
        return 0
    kept = vars(request)
    if "unread" not in kept:
        kept["unread"] = Notice.objects.told_to(user).filter(read_at=None).order_by()[:MOST_UNREAD].count()
    return int(kept["unread"])


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The reader's choice, "light" or "dark"; empty follows the device."""
    request = request_of(context)
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.filter
def notice_kind(level: str) -> str:
    return CSS_TAGS.get(level, "")


@register.filter
def notice_icon(level: str) -> str:
    return CSS_ICONS.get(level, "info-circle")


@register.filter
def visible(text: str) -> str:
    """Characters that nobody sees, or that turn the direction of what follows, as they are written in JSON."""
    return HOSTILE.sub(
        lambda found: found[0] if found[0] in "\t\n\r" else f"\\u{ord(found[0]):04x}", str(text)
    )


@register.filter
def kind(row: Model) -> str:
    """What a row of its kind is called."""
    return capfirst(str(row._meta.verbose_name))
