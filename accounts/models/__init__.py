from accounts.models.accounts import Account, AccountChange, AccountKey, SearchKey, named_like
from accounts.models.answers import KeptAnswer
from accounts.models.attachments import Attachment
from accounts.models.attributes import AttributeDefinition
from accounts.models.calls import ProviderCall, ProviderObject
from accounts.models.commerce import Expense, Order, OrderLine, Payment, Product, Return
from accounts.models.duplicates import AccountPair, ContactPair
from accounts.models.events import ActivityDay, Delivery, Event, Session
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.identities import CompanyProfile, Consent, Identity, OtherId, Profile
from accounts.models.imports import ColumnMapping, Import, RowFate, Upload
from accounts.models.intake import (
    EventKey,
    EventMark,
    IntakeBatch,
    IntakeMinute,
    RejectedEvent,
    WriteKey,
)
from accounts.models.messages import Hit, Letter, Mailing, Message, OnTheWire, Reply
from accounts.models.notifications import ChatPost, NotificationSetting
from accounts.models.offering import (
    Campaign,
    CampaignDay,
    EventName,
    Feature,
    Goal,
    PlanFeature,
    Resource,
    TaxonomyVersion,
    TraitField,
)
from accounts.models.organisation import Organisation
from accounts.models.outboxes import FrequencyRule, Outbox
from accounts.models.people import Contact, ErasedAddress, Lead, Person
from accounts.models.populations import Membership, Population
from accounts.models.quality import Feed, FeedDay, Finding
from accounts.models.retention import Retention
from accounts.models.subscriptions import Departure, ExchangeRate, Pause, Plan, Subscription, Term, mrr_on
from accounts.models.suppressions import Suppression
from accounts.models.tags import Tag, tagged
from accounts.models.tickets import Ticket, TicketEvent, WorkingCalendar
from accounts.models.tokens import ApiToken
from accounts.models.users import Team, User
from accounts.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookSecret
from accounts.models.work import AuditEntry, ChosenRow, Job, Notice, Touched, whole_of_a_part

__all__ = [
    "Account",
    "AccountChange",
    "AccountKey",
    "AccountPair",
    "ActivityDay",
    "ApiToken",
    "Attachment",
    "AttributeDefinition",
    "AuditEntry",
    "Campaign",
    "CampaignDay",
    "ChatPost",
    "ChosenRow",
    "ColumnMapping",
    "CompanyProfile",
    "Consent",
    "Contact",
    "ContactPair",
    "Delivery",
    "Departure",
    "ErasedAddress",
    "Event",
    "EventKey",
    "EventMark",
    "EventName",
    "ExchangeRate",
    "Expense",
    "Fact",
    "FactQuerySet",
    "Feature",
    "Feed",
    "FeedDay",
    "Finding",
    "FrequencyRule",
    "Goal",
    "Hit",
    "Identity",
    "Import",
    "IntakeBatch",
    "IntakeMinute",
    "Job",
    "KeptAnswer",
    "Lead",
    "Letter",
    "Mailing",
    "Membership",
    "Message",
    "Notice",
    "NotificationSetting",
    "OnTheWire",
    "Order",
    "OrderLine",
    "Organisation",
    "OtherId",
    "Outbox",
    "Pause",
    "Payment",
    "Person",
    "Plan",
    "PlanFeature",
    "Population",
    "Product",
    "Profile",
    "ProviderCall",
    "ProviderObject",
    "RejectedEvent",
    "Reply",
    "Resource",
    "Retention",
    "Return",
    "RowFate",
    "SearchKey",
    "Session",
    "Subscription",
    "Suppression",
    "Tag",
    "TaxonomyVersion",
    "Team",
    "Term",
    "Ticket",
    "TicketEvent",
    "Touched",
    "TraitField",
    "Upload",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
    "WorkingCalendar",
    "WriteKey",
    "mrr_on",
    "named_like",
    "tagged",
    "whole_of_a_part",
]
