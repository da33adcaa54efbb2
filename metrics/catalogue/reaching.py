"""What people use of the product, and how they take what one sends, publishes and holds."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Campaign, Feature
from metrics import definitions
from metrics.catalogue.customers import JOINED
from metrics.catalogue.engagement import ACTIVE, ACTIVE_PEOPLE, GOAL, OF_UNITS, SHARE_OF_UNITS, engagement
from metrics.definitions import PERSONS, Better, Estimate, Family, Metric, Parameter, Unit
from metrics.measures import activity, campaigns, consents, content, deliveries, features, sessions, tours
from metrics.measures.customers import days_since_joining
from metrics.measures.features import blocks
from metrics.terms import END, START, Chosen, Flow, Level, Term, common, count, days_after, least, size

FEATURE = Parameter("feature", _("feature"), default="", of=Feature)
OPENING_DAYS = Parameter("answer_days", _("days in which an answer counts"), default=3)
REPLY_DAYS = Parameter("answer_days", _("days in which an answer counts"), default=14)
WANTED_DAYS = Parameter("conversion_days", _("days to convert"), default=14, least=2)
TOUR_DAYS = Parameter("tour_days", _("days in which a tour is completed"), default=7)
CAMPAIGN = Parameter("campaign", _("campaign"), default="", of=Campaign)
STEP = Parameter("step", _("step of the tour"), default="")
TICKET_DAYS = Parameter("ticket_days", _("days in which a ticket counts"), default=1)

INCLUDED = Level(features.INCLUDED, END, END)
INCLUDED_ASKED = Level(features.INCLUDED_ASKED, END, END)
USED = common(Flow(features.USED_BY), INCLUDED_ASKED)
TOURS_COMPLETED, TOURS_BEGUN = Flow(tours.COMPLETED), Flow(tours.BEGUN)


def _onboarding(key: str, name: Promise, formula: Promise, *terms: Term, **fields: Any) -> Metric:
    numerator, denominator = (*terms, None)[:2]
    return Metric(
        key=key,
        name=name,
        family=Family.ONBOARDING,
        formula=formula,
        numerator=numerator,
        denominator=denominator,
        **fields,
    )


LIFE_DAYS = Parameter("life_days", _("days as a customer"), default=90, least=30)
# Of these days the last thirty.
LAST_OF_LIFE = days_after(days_since_joining(), Chosen("life_days") - 29, Chosen("life_days"))

STARTING = [
    _onboarding(
        "new_customer_usage_retention",
        _("New-customer usage retention"),
        _(
            "Accounts whose first day as a customer ever lies in the window, shifted back by the days as a customer: "
            "the share with an active event in the last thirty of these days, from the 61st to the 90th after the "
            "first unless said otherwise."
        ),
        count(JOINED & (size(common(Flow(activity.ACTIVE_DAYS), LAST_OF_LIFE)) > 0)),
        count(JOINED),
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        estimate=Estimate.WILSON,
        minimum=30,
        parameters=(LIFE_DAYS,),
        ripens_for="life_days",
    ),
]

FEATURES = [
    _onboarding(
        "feature_adoption_rate",
        _("Feature adoption"),
        _(
            "Of the accounts whose plan in service includes the feature on the day: people who used it in the window "
            "/ people active in it. Without a feature both are added up over all features."
        ),
        # The organisation may say that whoever uses a feature is not active by that.
        least(size(USED), ACTIVE_PEOPLE * blocks(INCLUDED_ASKED)),
        ACTIVE_PEOPLE * blocks(INCLUDED_ASKED),
        unit=Unit.PERCENT,
        better=Better.UP,
        window="30d",
        minimum=30,
        parameters=(FEATURE, PERSONS),
        people=(USED, features.of_each(INCLUDED_ASKED, ACTIVE)),
        aliases=("product adoption", "معدل اعتماد المنتج", "معدل تبني المنتج", "معدل تبني الميزات"),
        **SHARE_OF_UNITS,
    ),
    _onboarding(
        "feature_breadth",
        _("Feature breadth"),
        _("Features that the plans in service include on the day: the share used in the window, by anybody."),
        blocks(common(Flow(features.FEATURES_USED), INCLUDED)),
        blocks(INCLUDED),
        unit=Unit.PERCENT,
        better=Better.UP,
        window="30d",
        minimum=10,
        **OF_UNITS,
    ),
    _onboarding(
        "features_never_used",
        _("Features never used"),
        _(
            "Features that the plans in service include on the day and that nobody of the account used in the window, "
            "which is all the time so far unless another one is asked for."
        ),
        blocks(INCLUDED - Flow(features.FEATURES_EVER_USED)),
        unit=Unit.COUNT,
        better=Better.DOWN,
        window="all",
    ),
]

TOURS = [
    _onboarding(
        "tour_completion_rate",
        _("Product-tour completion"),
        _(
            "People who began a product tour in the window, shifted back by the days in which it is completed, each "
            "once for each tour: the share that completed it, or the step that is named, in these days."
        ),
        size(TOURS_COMPLETED),
        size(TOURS_BEGUN),
        unit=Unit.PERCENT,
        better=Better.UP,
        window="90d",
        minimum=30,
        parameters=(TOUR_DAYS, STEP, PERSONS),
        people=(TOURS_COMPLETED, TOURS_BEGUN),
        ripens_for="tour_days",
        **SHARE_OF_UNITS,
    ),
]

GOALS = [
    engagement(
        "goal_conversion_rate",
        _("Goal conversion"),
        _("Sessions of the window that reached the goal, or without one any goal / sessions."),
        Flow(sessions.CONVERSIONS),
        Flow(sessions.SESSIONS),
        unit=Unit.PERCENT,
        minimum=100,
        parameters=(GOAL,),
        aliases=("conversion rate", "CVR", "معدل التحويل"),
        **SHARE_OF_UNITS,
    ),
    engagement(
        "goal_conversion_rate_people",
        _("Goal conversion by people"),
        _(
            "People who reached the goal, or without one any goal, in a session of the window / people with a session."
        ),
        size(Flow(sessions.PEOPLE_CONVERTED)),
        size(Flow(sessions.PEOPLE)),
        unit=Unit.PERCENT,
        minimum=100,
        parameters=(GOAL,),
        **SHARE_OF_UNITS,
    ),
]

# Who is reached belongs to no account.
OF_CAMPAIGN: dict[str, Any] = {
    "unit": Unit.PERCENT,
    "level": definitions.Level.ORGANISATION,
    "estimate": Estimate.WILSON,
    "minimum": 100,
    "minimum_counts": "units",
    "parameters": (CAMPAIGN,),
    "of_each": "campaign",
}

CAMPAIGNS = [
    engagement(
        "campaign_conversion_rate",
        _("Campaign conversion"),
        _(
            "Of one campaign: people who did something in the window that names it, and on that day or later in the "
            "window reached its goal / its reach, the sum of its days in the window. Of its mails, clicks and replies "
            "are such things. Without a campaign there is no value, but a split by campaign is the table of all; a "
            "campaign without a goal has none either."
        ),
        size(Flow(campaigns.CONVERTED)),
        Flow(campaigns.REACH),
        aliases=("conversion rate", "CVR", "معدل التحويل"),
        **OF_CAMPAIGN,
    ),
    engagement(
        "campaign_conversion_rate_by_clicks",
        _("Campaign conversion by clicks"),
        _("The same people of one campaign / its clicks, the sum of its days in the window."),
        size(Flow(campaigns.CONVERTED)),
        Flow(campaigns.CLICKS),
        **OF_CAMPAIGN,
    ),
]


def _of_mails(
    key: str, name: Promise, formula: Promise, numerator: Term, denominator: Term, **fields: Any
) -> Metric:
    said: dict[str, Any] = {"unit": Unit.PERCENT, "minimum": 100} | SHARE_OF_UNITS | fields
    return engagement(key, name, formula, numerator, denominator, **said)


OPENING: dict[str, Any] = {"parameters": (OPENING_DAYS,), "ripens_for": "answer_days"}
REPLYING: dict[str, Any] = {"parameters": (REPLY_DAYS,), "ripens_for": "answer_days"}
CTR = ("CTR", "نسبة النقر إلى الظهور")

MAILS = [
    _of_mails(
        "email_open_rate",
        _("Open rate"),
        _(
            "Messages delivered in the window, shifted back by the days in which an answer counts: the share that a "
            "person opened in these days. A machine's opening is none."
        ),
        Flow(deliveries.OPENED),
        Flow(deliveries.DELIVERED),
        aliases=CTR,
        **OPENING,
    ),
    _of_mails(
        "email_click_rate",
        _("Click rate"),
        _(
            "Messages delivered in the window, shifted back by the days in which an answer counts: the share that a "
            "person clicked in these days."
        ),
        Flow(deliveries.CLICKED),
        Flow(deliveries.DELIVERED),
        aliases=CTR,
        **OPENING,
    ),
    _of_mails(
        "email_open_rate_people",
        _("Open rate without machines"),
        _("As the open rate; messages that only machines opened are in neither number."),
        Flow(deliveries.OPENED),
        Flow(deliveries.DELIVERED) - Flow(deliveries.OPENED_BY_MACHINES),
        **OPENING,
    ),
    _of_mails(
        "email_click_to_open_rate",
        _("Click to open"),
        _(
            "Of the same messages as the open rate: those that people clicked / those that they opened or clicked."
        ),
        Flow(deliveries.CLICKED),
        Flow(deliveries.OPENED_OR_CLICKED),
        **OPENING,
    ),
    _of_mails(
        "email_conversion_rate",
        _("Mail conversion"),
        _(
            "Messages delivered in the window, shifted back by the days to convert: the share that a person clicked "
            "in half of these days, and in the other half from the click on did what is the goal; without one, that "
            "of the message's campaign."
        ),
        Flow(deliveries.CONVERTED),
        Flow(deliveries.DELIVERED),
        parameters=(WANTED_DAYS, GOAL),
        ripens_for="conversion_days",
    ),
    _of_mails(
        "email_reply_rate",
        _("Reply rate"),
        _(
            "Messages delivered in the window, shifted back by the days in which an answer counts: the share with a "
            "reply in these days."
        ),
        Flow(deliveries.REPLIED),
        Flow(deliveries.DELIVERED),
        **REPLYING,
    ),
    _of_mails(
        "email_unsubscribe_rate",
        _("Unsubscribe rate"),
        _("Messages delivered in the window: the share by which somebody unsubscribed by its end."),
        Flow(deliveries.UNSUBSCRIBED),
        Flow(deliveries.DELIVERED),
        better=Better.DOWN,
    ),
    _of_mails(
        "email_bounce_rate",
        _("Mail bounce rate"),
        _(
            "Messages sent in the window: the share that came back by its end. What was delivered or came back was "
            "sent then, where nobody said when."
        ),
        Flow(deliveries.BOUNCED),
        Flow(deliveries.SENT),
        better=Better.DOWN,
    ),
]

SUBSCRIBERS = [
    engagement(
        "subscribers",
        _("Subscribers"),
        _("Contacts whose consent to marketing, by any channel, is in force at the end of the day."),
        size(Level(consents.SUBSCRIBERS, END, END)),
        window=None,
    ),
    engagement(
        "list_churn_rate",
        _("List churn"),
        _("Of the subscribers at the start of the window, the share that are none at its end."),
        size(Level(consents.SUBSCRIBERS, START, START) - Level(consents.SUBSCRIBERS, END, END)),
        size(Level(consents.SUBSCRIBERS, START, START)),
        unit=Unit.PERCENT,
        better=Better.DOWN,
        window="month",
        membership=START,
        minimum=30,
        **SHARE_OF_UNITS,
    ),
]

REGISTERED, ATTENDED = Flow(content.REGISTERED), Flow(content.ATTENDED)

CONTENT = [
    engagement("social_likes", _("Likes"), _("Likes of posts in the window."), Flow(content.LIKES)),
    engagement(
        "social_shares", _("Shares"), _("Times that posts were shared in the window."), Flow(content.SHARES)
    ),
    engagement(
        "social_comments", _("Comments"), _("Comments on posts in the window."), Flow(content.COMMENTS)
    ),
    engagement("social_clicks", _("Clicks"), _("Clicks on posts in the window."), Flow(content.CLICKS)),
    engagement(
        "event_registrations",
        _("Registrations"),
        _("People registered for events held in the window: each once for each event."),
        size(REGISTERED),
        window="90d",
    ),
    engagement(
        "event_attendance",
        _("Attendance"),
        _("People who attended events held in the window: each once for each event."),
        size(ATTENDED),
        window="90d",
    ),
    engagement(
        "event_walk_ins",
        _("Walk-ins"),
        _("People who attended an event held in the window without having registered for it."),
        size(ATTENDED - REGISTERED),
        window="90d",
    ),
    engagement(
        "event_attendance_rate",
        _("Attendance rate"),
        _("People registered for events held in the window: the share that attended."),
        size(common(REGISTERED, ATTENDED)),
        size(REGISTERED),
        unit=Unit.PERCENT,
        window="90d",
        minimum=30,
        **SHARE_OF_UNITS,
    ),
    engagement(
        "event_interactions",
        _("Interactions"),
        _("Votes, posts and comments during campaigns and events in the window."),
        Flow(content.INTERACTIONS),
        window="90d",
    ),
    engagement(
        "resource_views",
        _("Resource views"),
        _("Views of learning resources in the window."),
        Flow(content.VIEWS),
        aliases=("knowledge base", "تصنيفات موارد التعليم", "الموارد التعليمية"),
    ),
    engagement(
        "resource_rating",
        _("Resource rating"),
        _("Mean of the last rating that each person gave each learning resource in the window."),
        Flow(content.RATING),
        Flow(content.RATED),
        unit=Unit.SCORE,
        window="90d",
        estimate=Estimate.STUDENT,
        minimum=10,
        minimum_counts="units",
        aliases=("knowledge base", "تصنيفات موارد التعليم", "الموارد التعليمية"),
    ),
    engagement(
        "resource_usefulness",
        _("Resource usefulness"),
        _(
            "People who viewed a learning resource in the window, shifted back by the days in which a ticket counts, "
            "each once for each resource: the share that rated it 4 or better since, or opened no ticket on its topic "
            "in these days."
        ),
        size(Flow(content.VIEWERS) - (Flow(content.ASKING) - Flow(content.PLEASED))),
        size(Flow(content.VIEWERS)),
        unit=Unit.PERCENT,
        window="90d",
        minimum=30,
        parameters=(TICKET_DAYS,),
        ripens_for="ticket_days",
        **SHARE_OF_UNITS,
    ),
]

REACHING = [*STARTING, *TOURS, *FEATURES, *GOALS, *CAMPAIGNS, *MAILS, *SUBSCRIBERS, *CONTENT]
