"""Puts the demo company's rows into the database: COPY, one table after the other."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AttributeDefinition,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Fact,
    Feature,
    Goal,
    Identity,
    IntakeBatch,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Return,
    Subscription,
    Team,
    Term,
    Ticket,
    TicketEvent,
    User,
    WorkingCalendar,
)
from accounts.rollups.passes import catch_up
from accounts.services import apply_dated_values
from cxhub.demo import PASSWORD
from cxhub.demo.book import Book, Reference
from cxhub.demo.company import CURRENCY, NAME, TIME_ZONE, WEEKEND
from cxhub.demo.usage import SOURCE

# Whom a row names comes before it. Merged accounts, merged tickets and refunds name rows of their own table.
ORDER: list[type[models.Model]] = [
    Team, User, User.teams.through, WorkingCalendar, Plan, Product, ExchangeRate, AttributeDefinition,
    Account, AccountKey, AccountChange, Contact, Lead, Subscription, Pause, Term, Departure,
    Order, OrderLine, Return, Payment, Expense, Ticket, TicketEvent,
    Feature, PlanFeature, Resource, Goal, Campaign, CampaignDay, Identity, Consent,
]  # fmt: skip
SYSTEMS: dict[type[models.Model], str] = {
    Contact: "crm", Lead: "crm", Departure: "crm",
    Subscription: "billing", Pause: "billing", Term: "billing", Payment: "billing",
    Order: "shop", OrderLine: "shop", Return: "shop",
    Expense: "finance", Ticket: "helpdesk", TicketEvent: "helpdesk",
    CampaignDay: "marketing", Consent: "crm",
}  # fmt: skip

BATCH = 2500


@transaction.atomic
def load(book: Book) -> dict[str, int]:
    """How many rows each model got, by its name."""
    if missing := set(book.rows) - set(ORDER):
        raise ValueError(f"Nobody said when to write {missing}.")
    forget_plans()
    settle_down()
    lock_passwords(book.rows[User])
    firsts = {model: reserve(model, len(book.rows[model])) for model in ORDER}
    for model in ORDER:
        copy(model, book.rows[model], firsts)
    give_roles(book, firsts[User])
    analyse()
    apply_dated_values(book.today)
    return {
        str(model._meta.verbose_name_plural): len(book.rows[model])
        for model in ORDER
        if not model._meta.auto_created
    }


def take_in(book: Book) -> int:
    """The events, as if their senders had just been heard; how many."""
    for some in (book.events[first : first + BATCH] for first in range(0, len(book.events), BATCH)):
        IntakeBatch.objects.create(
            source=SOURCE, received_at=book.now, lines=b"".join(some), events=len(some)
        )
    catch_up(timezone.now())
    return len(book.events)


def analyse() -> None:
    """Until the server does so by itself, a minute later, it would plan the first evaluation for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in ORDER)}")


def forget_plans() -> None:
    """A session that has met the tables while they were small would read them from end to end for every key."""
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")


def settle_down() -> None:
    Organisation.objects.update_or_create(
        pk=1, defaults={"name": NAME, "time_zone": TIME_ZONE, "currency": CURRENCY, "weekend": WEEKEND}
    )


def lock_passwords(users: list[dict[str, Any]]) -> None:
    # One hash for all: it costs time on purpose, and the password is no secret.
    password = make_password(PASSWORD)
    for user in users:
        user["password"] = password


def reserve(model: type[models.Model], size: int) -> int:
    """The first of so many ids, which nobody else will get."""
    if not size:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), max(id) FROM (SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id"
            " FROM generate_series(1, %s)) taken",
            [model._meta.db_table, size],
        )
        first, last = cursor.fetchone()
    if last - first + 1 != size:
        raise RuntimeError("Somebody else writes to this database at the moment. Stop that and try again.")
    return int(first)


def copy(
    model: type[models.Model], rows: list[dict[str, Any]], firsts: dict[type[models.Model], int]
) -> None:
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if is_written(field, rows)]
    columns = [(field.name, field.get_default, translator(field, firsts)) for field in fields]
    names = ", ".join(f'"{name}"' for name in ["id", *(field.column for field in fields)])
    system = SYSTEMS.get(model)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as lines,
    ):
        for number, row in enumerate(rows, start=1):
            if system:
                row |= {"source": system, "external_id": f"{model._meta.model_name}-{number}"}
            values = (
                translate(row[name] if name in row else default()) for name, default, translate in columns
            )
            lines.write_row((firsts[model] + number - 1, *values))


def is_written(field: "models.Field[Any, Any]", rows: list[dict[str, Any]]) -> bool:
    """What the database fills in by itself is left to it, unless a row says otherwise."""
    if field.primary_key or field.generated:
        return False
    is_of_the_fact = field.name in {"source", "external_id"} and issubclass(field.model, Fact)
    return is_of_the_fact or not field.has_db_default() or any(field.name in row for row in rows)


def translator(
    field: "models.Field[Any, Any]", firsts: dict[type[models.Model], int]
) -> Callable[[Any], Any]:
    """From the book's value to the table's."""
    if isinstance(field, models.ForeignKey):
        first = firsts[field.related_model]
        return lambda number: None if number is None else first + number - 1
    if isinstance(field, models.JSONField):
        return Jsonb
    if field.model is AccountChange and field.name == "value":
        return lambda value: (
            str(firsts[value.model] + value.number - 1) if isinstance(value, Reference) else value
        )
    return lambda value: value


def give_roles(book: Book, first: int) -> None:
    """The groups that exist; an installation may have renamed its own."""
    groups = {group.name: group.pk for group in Group.objects.all()}
    User.groups.through.objects.bulk_create(
        User.groups.through(user_id=first + number - 1, group_id=groups[role])
        for number, role in book.roles.items()
        if role in groups
    )
