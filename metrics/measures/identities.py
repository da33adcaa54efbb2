"""By which ids people are known: whoever has one of a user holds a seat."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Identity
from accounts.models.identities import Sender
from metrics.measures.people import people
from metrics.sources import Reach, Source, Span


def user_ids(reach: Reach) -> QuerySet:
    """An id of which nobody knows since when is listed by the day on which we learned of it."""
    zone = reach.clock.organisation.zone
    return Identity.objects.filter(kind=Sender.USER).annotate(
        began=Coalesce("since", TruncDate("recorded_at", tzinfo=zone))
    )


def is_theirs(span: Span) -> Q:
    since = Q(since=None) | Q(since__lte=span.day)
    return since & (Q(until=None) | Q(until__gt=span.day))


SOURCE = Source(
    "user_ids", Identity, user_ids, moment="began", account="contact__account_id", besides=(Contact,)
)

ASSIGNED = people("people_with_a_user_id", _("People with a user id"), SOURCE, is_theirs)
