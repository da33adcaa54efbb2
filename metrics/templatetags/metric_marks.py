"""An answer drawn: where its value and interval stand on a line."""

from typing import Any

from django import template

from metrics.answers import Answer
from metrics.scales import Scale, mark

register = template.Library()


@register.inclusion_tag("metrics/_mark.html")
def interval_mark(answer: Answer, scale: Scale | None) -> dict[str, Any]:
    """Decoration: the numbers stand beside it."""
    if answer.value is None or scale is None:
        return {}
    interval = answer.interval
    low, high = (interval.low, interval.high) if interval else (None, None)
    return {"mark": mark(scale, float(answer.value), low, high)}
