"""What can be imported into this room: each resource with its columns, and what its rules say to people."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db.models import DateTimeField, TextField
from django.utils.functional import lazystr

from accounts.declared import reader_of
from accounts.imports import columns as cells
from accounts.imports.account_rows import AccountStage
from accounts.imports.event_rows import PROPERTIES, EventStage
from accounts.imports.resource import Column, Conflict, Resource, Rule, field_of
from accounts.imports.taken import Options
from accounts.imports.ticket_log import TicketLogStage
from accounts.models import (
    Account,
    AccountChange,
    AttributeDefinition,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    Event,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    Order,
    OrderLine,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    WorkingCalendar,
)
from accounts.models import Resource as LearningResource
from accounts.models.facts import LIES_AHEAD
from accounts.models.identities import ANOTHER_HAS_IT
from accounts.models.offering import NOT_OF_THE_CAMPAIGN
from accounts.models.rules import reasons
from accounts.taxonomy import STANDARD

TODAY = "(now() AT TIME ZONE coalesce((SELECT time_zone FROM accounts_organisation), 'UTC'))::date"

# constraint -> (column, what it says); the id of the sender has a shorter name in files.
REASONS = {
    rule: ("id" if field == "external_id" else field, says) for rule, (field, says) in reasons().items()
}


def resource(name: str, model: Any, fields: str, rules: Sequence[Rule] = (), **more: Any) -> Resource:
    ahead = [not_ahead(model, model.happened)] if getattr(model, "happened", "") else []
    return Resource(name, model, fields.split(), reasons=REASONS, rules=[*ahead, *rules], **more)


def not_ahead(model: Any, name: str) -> Rule:
    """What happens cannot be dated in the future."""
    is_moment = isinstance(field_of(model, name), DateTimeField)
    return Rule(f"s.{name} > {'now()' if is_moment else TODAY}", name, LIES_AHEAD)


def conflict(name: str, equal: str, **more: Any) -> Conflict:
    column, reason = REASONS[name]
    return Conflict(tuple(equal.split()), column, reason, **more)


ACCOUNTS = resource(
    "accounts",
    Account,
    "name industry country website acquired_channel acquired_campaign internal"
    " stage segment tier region owner team parent tags",
    key=("external_id", "from_day"),
    recorded={"recorded_at": "from_day"},
    parsers={"country": cells.country, "tags": cells.tags},
    # An empty stage says nothing: an account always has one.
    nothing={"stage": None},
    more=[Column("from_day", field_of(AccountChange, "from_day"), cells.day, required=False)],
    stage=AccountStage,
)
CONTACTS = resource(
    "contacts",
    Contact,
    "account name email phone language time_zone role joined left preferred_channel preferred_hour tags",
    recorded={"recorded_at": "joined"},
    parsers={"time_zone": cells.time_zone, "tags": cells.tags},
)
LEADS = resource(
    "leads",
    Lead,
    "name email company account first_interest channel campaign converted",
    recorded={"recorded_at": "first_interest"},
)
PRODUCTS = resource("products", Product, "sku name category", key=("sku",))
PLANS = resource("plans", Plan, "code name", key=("code",))
SUBSCRIPTIONS = resource(
    "subscriptions",
    Subscription,
    "account reference plan kind price interval interval_count quantity discount_percent discount_amount discount_ends"
    " currency starts ends cancelled_on cancel_reason past_due_since",
    recorded={"recorded_at": "starts", "ends_recorded_at": "ends", "cancelled_recorded_at": "cancelled_on"},
    parsers={"discount_percent": cells.percent},
    conflicts=[
        conflict(
            "subscription_periods_do_not_overlap",
            "account_id reference",
            period=True,
            only="s.reference <> ''",
        )
    ],
)
PAUSES = resource(
    "pauses",
    Pause,
    "subscription starts ends",
    recorded={"recorded_at": "starts", "ends_recorded_at": "ends"},
    conflicts=[conflict("pause_periods_do_not_overlap", "subscription_id", period=True)],
)
TERMS = resource(
    "terms",
    Term,
    "account reference starts ends notice_by due_mrr currency outcome decided_on renewed_mrr lost_reason",
    recorded={"recorded_at": "starts", "outcome_recorded_at": "decided_on"},
)
DEPARTURES = resource(
    "departures",
    Departure,
    "account churn_day reason competitor note recovered",
    recorded={"recorded_at": "churn_day"},
    conflicts=[conflict("departure_once_per_churn", "account_id churn_day")],
)
EXCHANGE_RATES = resource(
    "exchange_rates",
    ExchangeRate,
    "base currency day rate",
    key=("base", "currency", "day"),
    recorded={"recorded_at": "day"},
)
ORDERS = resource(
    "orders",
    Order,
    "account number ordered_at cancelled_at channel currency amount discount tax shipping",
    recorded={"recorded_at": "ordered_at", "cancelled_recorded_at": "cancelled_at"},
)
ORDER_LINES = resource(
    "order_lines", OrderLine, "order product quantity amount", recorded={"recorded_at": "order__ordered_at"}
)
RETURNS = resource("returns", Return, "order line day units amount reason", recorded={"recorded_at": "day"})
PAYMENTS = resource(
    "payments",
    Payment,
    "account day amount tax currency refund_of order subscription income channel",
    recorded={"recorded_at": "day"},
)
EXPENSES = resource(
    "expenses",
    Expense,
    "month amount currency kind channel campaign",
    recorded={"recorded_at": "month"},
    parsers={"month": cells.month},
)
TICKETS = resource(
    "tickets",
    Ticket,
    "account subject channel type priority product requester assignee opened_at opened_by_staff spam merged_into"
    " calendar",
    recorded={"recorded_at": "opened_at"},
)
TICKET_EVENTS = resource(
    "ticket_events",
    TicketEvent,
    "ticket kind happened_at by public",
    recorded={"recorded_at": "happened_at"},
    rules=[
        Rule(
            "s.happened_at < (SELECT t.opened_at FROM accounts_ticket t WHERE t.id = s.ticket_id)",
            *REASONS["ticketevent_not_before_opening"],
        )
    ],
)
WORKING_CALENDARS = resource(
    "working_calendars",
    WorkingCalendar,
    "name team country time_zone weekend opens closes holidays",
    key=("name",),
    parsers={
        "country": cells.country,
        "time_zone": cells.time_zone,
        "weekend": cells.weekdays,
        "holidays": cells.days,
    },
)
FEATURES = resource("features", Feature, "code name", key=("code",))
PLAN_FEATURES = resource(
    "plan_features",
    PlanFeature,
    "plan feature starts ends",
    key=("plan", "feature", "starts"),
    may_lack=("starts",),
    conflicts=[conflict("planfeature_periods_do_not_overlap", "plan_id feature_id", period=True)],
)
# Not called after their table: resources are what is imported.
LEARNING_RESOURCES = resource(
    "learning_resources", LearningResource, "code name kind address feature topic", key=("code",)
)
GOALS = resource("goals", Goal, "code name kind target", key=("code",))
CAMPAIGNS = resource("campaigns", Campaign, "code name kind channel starts ends goal", key=("code",))
# Who keeps their numbers knows campaign and day, and no ids.
CAMPAIGN_DAYS = resource(
    "campaign_days",
    CampaignDay,
    "campaign day reach impressions clicks cost currency",
    key=("campaign", "day"),
    recorded={"recorded_at": "day"},
    rules=[
        Rule(
            "EXISTS (SELECT FROM accounts_campaign c WHERE c.id = s.campaign_id"
            " AND (s.day >= c.ends OR c.kind <> 'event' AND s.day < c.starts))",
            "day",
            NOT_OF_THE_CAMPAIGN,
        )
    ],
)
# Rows of the file as they will be, and those that it does not touch; of the file's own the first comes in.
SOMEBODY_ELSES_ID = """
EXISTS (
  SELECT FROM (
    SELECT source, kind, value, contact_id, since, until FROM accounts_identity t
    WHERE NOT EXISTS (SELECT FROM {staged} x WHERE x.id = t.id)
    UNION ALL
    SELECT source, kind, value, contact_id, since, until FROM {staged} x WHERE x.line < s.line
  ) o JOIN accounts_contact c ON c.id = o.contact_id
  WHERE o.source = s.source AND o.kind = s.kind AND o.value = s.value AND o.contact_id <> s.contact_id
    AND c.account_id = (SELECT account_id FROM accounts_contact WHERE id = s.contact_id)
    AND (o.until IS NULL OR s.since IS NULL OR o.until > s.since)
    AND (s.until IS NULL OR o.since IS NULL OR s.until > o.since))"""
IDENTITIES = resource(
    "identities",
    Identity,
    "contact value kind verified since until",
    key=("source", "kind", "value", "contact"),
    may_lack=("kind",),
    by_address=("contact",),
    rules=[Rule(SOMEBODY_ELSES_ID, "value", ANOTHER_HAS_IT)],
    conflicts=[conflict("identity_once_per_contact", "kind value contact_id")],
    recorded={"recorded_at": "since"},
)
CONSENTS = resource(
    "consents",
    Consent,
    "contact channel purpose given_at withdrawn_at",
    by_address=("contact",),
    recorded={"recorded_at": "given_at", "withdrawn_recorded_at": "withdrawn_at"},
    conflicts=[conflict("consent_given_once", "contact_id channel purpose given_at")],
)
EVENT_NAMES = resource(
    "event_names",
    EventName,
    "sent_as means is_activity object_property value_property",
    key=("sent_as",),
    parsers={"means": partial(cells.named, names={name: (name,) for name in STANDARD})},
)
_LOGGED = replace(
    TICKET_EVENTS,
    name="logged_events",
    parsers={
        "kind": partial(
            cells.choice_or, among=TicketEvent.Kind.values, otherwise=TicketEvent.Kind.WORKED.value
        )
    },
)


def _ticket_log_stage(log: Resource, fields: Sequence[str], options: Options) -> TicketLogStage:
    return TicketLogStage(log, TICKETS, _LOGGED, fields, options)


# A row for each event; what is said of the ticket counts where the event opens it.
HELPDESK_LOG = replace(
    _LOGGED,
    name="helpdesk_log",
    needs_id=False,
    more=[TICKETS.columns[name] for name in ("account", "subject", "channel", "type", "priority")],
    stage=_ticket_log_stage,
)


def _told(name: str, model_field: str, *, required: bool = False) -> Column:
    return Column(
        name,
        field_of(Event, model_field),
        cells.moment if name == "happened_at" else cells.text,
        None,
        required,
    )


# No rows of ours: what becomes of them is the intake's, so they can neither be undone nor sent to the bulk API.
EVENTS = Resource(
    "events",
    Event,
    (),
    key=(),
    needs_id=False,
    more=[
        _told("event", "name", required=True),
        _told("happened_at", "happened_at", required=True),
        _told("user_id", "person"),
        _told("anonymous_id", "person"),
        _told("account", "company"),
        _told("message_id", "message_id"),
        _told(f"{PROPERTIES}*", "properties"),
    ],
    stage=EventStage,
)


def with_declared(resource: Resource) -> Resource:
    """Accounts with a column for each attribute declared so far, `attribute.<key>`; others as they are."""
    if resource.model is not Account:
        return resource
    declared = [_declared(definition) for definition in AttributeDefinition.objects.in_use()]
    return replace(resource, more=[*resource.more, *declared])


def _declared(definition: AttributeDefinition) -> Column:
    """Staged under a name without a point. Of what is required an empty cell says nothing."""
    stand_in: Any = TextField(lazystr(definition.name))
    stand_in.set_attributes_from_name(definition.field.replace(".", "_"))
    several = definition.type == AttributeDefinition.Type.CHOICES
    nothing = None if definition.required else ""
    return Column(definition.field, stand_in, reader_of(definition), nothing, several=several)


RESOURCES = (
    ACCOUNTS,
    CONTACTS,
    LEADS,
    PRODUCTS,
    PLANS,
    SUBSCRIPTIONS,
    PAUSES,
    TERMS,
    DEPARTURES,
    EXCHANGE_RATES,
    ORDERS,
    ORDER_LINES,
    RETURNS,
    PAYMENTS,
    EXPENSES,
    TICKETS,
    TICKET_EVENTS,
    WORKING_CALENDARS,
    HELPDESK_LOG,
    FEATURES,
    PLAN_FEATURES,
    LEARNING_RESOURCES,
    GOALS,
    CAMPAIGNS,
    CAMPAIGN_DAYS,
    IDENTITIES,
    CONSENTS,
    EVENT_NAMES,
)
