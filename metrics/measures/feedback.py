"""What customers said that was given a theme. What nobody is named in is no account's."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from metrics.populations import among
from metrics.sources import Dimension, Measure, Reach, Source
from surveys.models import FeedbackItem, Response, Theme


def themes() -> list[tuple[str, str]]:
    """By their numbers."""
    return [(str(theme.pk), str(theme)) for theme in Theme.objects.all()]


def items(reach: Reach) -> QuerySet:
    """Not of machines; of few accounts, where they are asked for, by the index."""
    rows = FeedbackItem.objects.of_people().filter(reach.holds_day("said_on"))
    if reach.accounts is None or 0 in reach.accounts:
        return rows
    return rows.filter(among("account_id", reach.accounts))


FEEDBACK_ITEMS = Measure(
    "feedback_items",
    _("Feedback items"),
    Source(
        "feedback_items",
        FeedbackItem,
        items,
        moment="said_on",
        may_lack_account=True,
        dimensions={
            "theme": Dimension.field("theme_id"),
            "feature": Dimension.field("theme__feature__code"),
            "heard": Dimension.field("heard"),
        },
        besides=(Response,),
    ),
    where=lambda span: span.holds_day("said_on"),
)
