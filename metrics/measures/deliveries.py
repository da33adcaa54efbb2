"""Mails, and what became of them in the days after."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Campaign, Delivery, Event, Goal
from accounts.models.facts import heard
from accounts.taxonomy import Topic, names_of
from metrics.measures.activity import days_of_activity
from metrics.sources import Dimension, Measure, Reach, Source, Span

OF_MAILS = {"campaign": Dimension.field("campaign")}


def of_mails(key: str, rows: Callable[[Reach], QuerySet], moment: str) -> Source:
    return Source(
        key,
        Delivery,
        rows,
        moment,
        may_lack_account=True,
        dimensions=OF_MAILS,
        happened=moment,
        besides=(Event,),
    )


def delivered_mails(reach: Reach) -> QuerySet:
    zone = reach.clock.organisation.zone
    rows = Delivery.objects.filter(reach.holds("delivered_at"))
    return rows.annotate(clicked_on=TruncDate("clicked_at", tzinfo=zone))


def sent_mails(reach: Reach) -> QuerySet:
    """What was delivered or came back was sent, also where nobody said so."""
    unsaid = Q(sent_at=None) & (reach.holds("delivered_at") | reach.holds("bounced_at"))
    rows = Delivery.objects.filter(reach.holds("sent_at") | unsaid)
    return rows.annotate(sent=Coalesce("sent_at", "delivered_at", "bounced_at"))


DELIVERED_SOURCE = of_mails("mails_delivered", delivered_mails, "delivered_at")
SENT_SOURCE = of_mails("mails_sent", sent_mails, "sent")


def delivered(span: Span) -> Q:
    return span.holds("delivered_at")


def in_days(span: Span, moment: str, days: int) -> Q:
    """Within so many days of the delivery, by the day of the question."""
    latest = ExpressionWrapper(F("delivered_at") + timedelta(days=days), DateTimeField())
    return Q(**{f"{moment}__lte": latest, f"{moment}__lt": span.by})


def after(moment: str) -> Callable[[Span], Q]:
    def where(span: Span) -> Q:
        return delivered(span) & in_days(span, moment, span.parameter("answer_days"))

    return where


def only_by_machines(span: Span) -> Q:
    days = span.parameter("answer_days")
    return delivered(span) & in_days(span, "opened_by_machine_at", days) & ~_is(span, "opened_at", days)


def _is(span: Span, moment: str, days: int) -> Q:
    """Never unknown, so that it can be denied."""
    return Q(**{f"{moment}__isnull": False}) & in_days(span, moment, days)


def opened_or_clicked(span: Span) -> Q:
    days = span.parameter("answer_days")
    return delivered(span) & (in_days(span, "opened_at", days) | in_days(span, "clicked_at", days))


def converted(span: Span) -> Q:
    """Half of the days for a click, and half from there on for the same person to do what the mail was sent for."""
    days = span.parameter("conversion_days") // 2
    latest = ExpressionWrapper(OuterRef("clicked_at") + timedelta(days=days), DateTimeField())
    done = days_of_activity(span.clock).filter(
        heard("recorded_at", span.known_until),
        person=OuterRef("person"),
        day__gte=OuterRef("clicked_on"),
        last_at__gte=OuterRef("clicked_at"),
        last_at__lte=latest,
    )
    wanted = done.filter(is_wanted(span.parameter("goal")))
    return delivered(span) & in_days(span, "clicked_at", days) & Q(Exists(wanted))


def is_wanted(code: str) -> Q:
    """What one does is the goal that is asked for, or that of the mail's campaign."""
    campaign = Campaign.objects.filter(code=OuterRef(OuterRef(OuterRef("campaign"))))
    goals = (
        Goal.objects.filter(code=code)
        if code
        else Goal.objects.filter(Exists(campaign.filter(goal=OuterRef("pk"))))
    )
    page, event = Goal.Kind.PAGE, Goal.Kind.EVENT
    of_page = Q(name__in=names_of(Topic.PAGE)) & Q(Exists(goals.filter(kind=page, target=OuterRef("object"))))
    return of_page | Q(Exists(goals.filter(kind=event, target=OuterRef("name"))))


def mails(
    key: str, name: Promise, where: Callable[[Span], Q], *parameters: str, source: Source = DELIVERED_SOURCE
) -> Measure:
    return Measure(key, name, source, where=where, parameters=parameters, ripens=bool(parameters))


ANSWER_DAYS = "answer_days"
SENT = mails("mails_sent", _("Mails sent"), lambda span: span.holds("sent"), source=SENT_SOURCE)
BOUNCED = mails(
    "mails_bounced",
    _("Mails that came back"),
    lambda span: span.holds("sent") & Q(bounced_at__lt=span.until),
    source=SENT_SOURCE,
)
DELIVERED = mails("mails_delivered", _("Mails delivered"), delivered)
UNSUBSCRIBED = mails(
    "mails_unsubscribed",
    _("Mails by which somebody unsubscribed"),
    lambda span: delivered(span) & Q(unsubscribed_at__lt=span.until),
)
OPENED = mails("mails_opened", _("Mails opened by people"), after("opened_at"), ANSWER_DAYS)
CLICKED = mails("mails_clicked", _("Mails clicked by people"), after("clicked_at"), ANSWER_DAYS)
REPLIED = mails("mails_replied", _("Mails replied to"), after("replied_at"), ANSWER_DAYS)
OPENED_BY_MACHINES = mails(
    "mails_opened_by_machines", _("Mails opened by machines only"), only_by_machines, ANSWER_DAYS
)
OPENED_OR_CLICKED = mails(
    "mails_opened_or_clicked", _("Mails opened or clicked by people"), opened_or_clicked, ANSWER_DAYS
)
CONVERTED = Measure(
    "mails_converted",
    _("Mails that led to what was wanted"),
    DELIVERED_SOURCE,
    where=converted,
    parameters=("conversion_days", "goal"),
    ripens=True,
)
