from accounts.models.accounts import Account, AccountChange, AccountKey, SearchKey, named_like
from accounts.models.answers import KeptAnswer
from accounts.models.attributes import AttributeDefinition
from accounts.models.commerce import Expense, Order, OrderLine, Payment, Product, Return
from accounts.models.duplicates import AccountPair, ContactPair
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.imports import ColumnMapping, Import, RowFate, Upload
from accounts.models.organisation import Organisation
from accounts.models.people import Contact, Lead
from accounts.models.subscriptions import Departure, ExchangeRate, Pause, Plan, Subscription, Term, mrr_on
from accounts.models.tags import Tag, tagged
from accounts.models.tickets import Ticket, TicketEvent, WorkingCalendar
from accounts.models.tokens import ApiToken
from accounts.models.users import Team, User
from accounts.models.work import AuditEntry, Job, Notice, Touched, whole_of_a_part

__all__ = [
    "Account",
    "AccountChange",
    "AccountKey",
    "AccountPair",
    "ApiToken",
    "AttributeDefinition",
    "AuditEntry",
    "ColumnMapping",
    "Contact",
    "ContactPair",
    "Departure",
    "ExchangeRate",
    "Expense",
    "Fact",
    "FactQuerySet",
    "Import",
    "Job",
    "KeptAnswer",
    "Lead",
    "Notice",
    "Order",
    "OrderLine",
    "Organisation",
    "Pause",
    "Payment",
    "Plan",
    "Product",
    "Return",
    "RowFate",
    "SearchKey",
    "Subscription",
    "Tag",
    "Team",
    "Term",
    "Ticket",
    "TicketEvent",
    "Touched",
    "Upload",
    "User",
    "WorkingCalendar",
    "mrr_on",
    "named_like",
    "tagged",
    "whole_of_a_part",
]
