"""Who agreed to receive what we send."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, Contact
from accounts.models.facts import unheard
from metrics.measures.people import people
from metrics.sources import Dimension, Reach, Source, Span


def given(reach: Reach) -> QuerySet:
    return Consent.objects.filter(given_at__lt=reach.until, purpose=Consent.Purpose.MARKETING)


def in_force(span: Span) -> Q:
    lasts = Q(withdrawn_at=None) | Q(withdrawn_at__gte=span.until)
    return Q(given_at__lt=span.until) & (lasts | unheard("withdrawn_recorded_at", span.known_until))


SOURCE = Source(
    "consents",
    Consent,
    given,
    moment="given_at",
    account="contact__account_id",
    dimensions={"channel": Dimension.field("channel")},
    besides=(Contact,),
)

SUBSCRIBERS = people("subscribers", _("Subscribers"), SOURCE, in_force)
