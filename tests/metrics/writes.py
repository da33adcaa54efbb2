"""Writes at random, through every door by which facts come in: services, imports, all of the ORM, SQL, COPY."""

from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse

from accounts import resources
from accounts.imports import Options, run
from accounts.merges import merge_accounts
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Return,
    Subscription,
    Team,
    Term,
    Ticket,
    TicketEvent,
    User,
)
from accounts.services import change_account
from tests.metrics.books import FIRST, SEGMENTS, STAGES, ZONES, Writer

OFTEN = (Subscription, Pause, Order, Ticket, TicketEvent, AccountChange)
SELDOM = (Account, OrderLine, Return, Payment, Term, Departure, Contact, Lead, Expense)


class Writes(Writer):
    """`one(now)` writes something and says through which door; None when the database refused it."""

    def __init__(self, random, page):
        super().__init__(random)
        self.page = page
        # A run over everybody makes good whatever was missed before it.
        self.may_settle = True
        self.users = [User.objects.create_user(f"csm{i}@example.com") for i in range(2)]
        self.teams = [Team.objects.create(name=f"Team {i}") for i in range(2)]

    def one(self, now):
        model = self.random.choice(OFTEN * 3 + SELDOM)
        doors = (
            [self.insert] * 4 + [self.update] * 4 + [self.delete] + [self.serve, self.bring_in, self.enter]
        )
        door = (
            self.random.choice(doors) if not self.may_settle or self.random.random() > 0.01 else self.settle
        )
        try:
            with transaction.atomic():
                return door(model, now)
        except (IntegrityError, ValidationError):
            return None

    def pick(self, model):
        """Some row, or None; the same for the same seed."""
        ids = list(model.objects.order_by("pk").values_list("pk", flat=True))
        return model.objects.get(pk=self.random.choice(ids)) if ids else None

    # New rows

    def new(self, model):
        """Not saved yet; None where there is nothing that it could belong to."""
        account, make = self.pick(Account), self.random
        makers = {
            Account: lambda: Account(name="New", internal=make.random() < 0.1, segment=make.choice(SEGMENTS)),
            Subscription: lambda: self.subscription(account),
            Order: lambda: self.one_order(account),
            AccountChange: lambda: AccountChange(account=account, from_day=self.day(), **self.dated()),
            Ticket: lambda: Ticket(
                account=account if make.random() < 0.9 else None,
                opened_at=self.instant(),
                spam=make.random() < 0.1,
            ),
            Payment: lambda: Payment(account=account, day=self.day(), amount=10, currency="USD"),
            Term: lambda: Term(
                account=account, starts=FIRST, ends=self.day() + timedelta(365), currency="USD"
            ),
            Departure: lambda: Departure(account=account, churn_day=self.day()),
            Contact: lambda: Contact(account=account, name="Somebody"),
            Lead: lambda: Lead(name="Somebody", first_interest=self.day()),
            Expense: lambda: Expense(month=self.day().replace(day=1), amount=5, currency="USD", kind="sales"),
        }
        return makers[model]() if model in makers else self.part(model)

    def part(self, model):
        whole = self.pick({Pause: Subscription, TicketEvent: Ticket}.get(model, Order))
        if whole is None:
            return None
        match model.__name__:
            case "Pause":
                return self.pause(whole)
            case "TicketEvent":
                return self.random.choice(list(self.log(whole)))
            case "OrderLine":
                return OrderLine(order=whole, amount=self.random.randint(1, 9))
        return Return(order=whole, day=self.day(), units=1)

    def dated(self):
        field = self.random.choice(["stage", "segment", "tier", "owner", "team"])
        values = {"stage": STAGES, "segment": SEGMENTS, "tier": ("", "gold")}.get(field)
        value = self.random.choice(values or {"owner": self.users, "team": self.teams}[field])
        return {"field": field, "value": str(getattr(value, "pk", value))}

    # Doors

    def insert(self, model, now):
        made = self.new(model)
        if made is None:
            return None
        door = self.random.choice([self.save, self.bulk_create, self.sql_insert, self.copy])
        door(made)
        return f"{door.__name__} {model.__name__}"

    def save(self, made):
        made.save()

    def bulk_create(self, made):
        type(made).objects.bulk_create([made])

    def sql_insert(self, made):
        columns, values = row_of(made)
        places = ", ".join(["%s"] * len(columns))
        execute(f"INSERT INTO {made._meta.db_table} ({', '.join(columns)}) VALUES ({places})", values)

    def copy(self, made):
        columns, values = row_of(made)
        statement = f"COPY {made._meta.db_table} ({', '.join(columns)}) FROM STDIN"
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write_row(values)

    def update(self, model, now):
        """Some row takes over some of the values of one that would be new."""
        row, other = self.pick(model), self.new(model)
        if row is None or other is None or getattr(row, "field", "") != getattr(other, "field", ""):
            return None
        names = [f.attname for f in writable(model) if f.attname == "external_id" or not f.has_db_default()]
        chosen = self.random.sample(names, self.random.randint(1, min(3, len(names))))
        values = {name: getattr(other, name) for name in chosen}
        door = self.random.choice([self.save_fields, self.queryset_update, self.bulk_update, self.sql_update])
        door(row, values)
        return f"{door.__name__} {model.__name__}"

    def save_fields(self, row, values):
        self.give(row, values).save(update_fields=values)

    def queryset_update(self, row, values):
        type(row).objects.filter(pk=row.pk).update(**values)

    def bulk_update(self, row, values):
        names = [field.name for field in writable(type(row)) if field.attname in values]
        type(row).objects.bulk_update([self.give(row, values)], names)

    def sql_update(self, row, values):
        changed = ", ".join(f'"{name}" = %s' for name in values)
        execute(f"UPDATE {row._meta.db_table} SET {changed} WHERE id = %s", [*values.values(), row.pk])

    @staticmethod
    def give(row, values):
        for name, value in values.items():
            setattr(row, name, value)
        return row

    def delete(self, model, now):
        row = self.pick(model)
        if row is None or (model is Account and self.random.random() < 0.7):
            return None
        if self.random.random() < 0.3:
            execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [row.pk])
            return f"sql_delete {model.__name__}"
        try:
            model.objects.filter(pk=row.pk).delete()
        except models.ProtectedError:
            return None
        return f"delete {model.__name__}"

    def serve(self, model, now):
        account, other = self.pick(Account), self.pick(Account)
        if self.random.random() < 0.7:
            values = self.random.choice(
                [{"segment": self.random.choice(SEGMENTS)}, {"owner": self.random.choice(self.users)}]
            )
            change_account(account, by=None, day=self.day(), now=now, **values)
            return "change_account"
        if account.merged_into_id:
            account.merged_into = None
            account.save(update_fields=["merged_into"])
            return "unmerge"
        merge_accounts(account, other, by=None)
        return "merge_accounts"

    def enter(self, model, now):
        """By hand, in the admin."""
        values = {"kind": "paid", "price": "12", "interval": "month", "interval_count": "1", "quantity": "1"}
        values |= {
            "discount_percent": "0",
            "discount_amount": "0",
            "currency": "USD",
            "starts": str(self.day()),
        }
        values |= {"account": self.pick(Account).pk, "pauses-TOTAL_FORMS": "0", "pauses-INITIAL_FORMS": "0"}
        answer = self.page.post(reverse("admin:accounts_subscription_add"), values)
        return "enter in the admin" if answer.status_code == 302 else None

    def bring_in(self, model, now):
        """An import that knows its rows by id: the same ids come again with other values."""
        account = self.pick(Account)
        AccountKey.objects.update_or_create(
            source="crm", value=f"a{account.pk}", defaults={"account": account}
        )
        number = self.random.randint(1, 25)
        made = self.random.choice([self.import_subscription, self.import_order, self.import_ticket])
        resource, row = made()
        row |= {"id": str(number), "account": f"a{account.pk}"}
        options = Options(today=Organisation.current().today(now), zone=self.organisation.zone, source="crm")
        outcome = run(resource, [(2, row)], fields=list(row), options=options)
        return f"{made.__name__}" if not outcome.counts.rejected else None

    def import_subscription(self):
        starts = self.day()
        row = {"starts": str(starts), "price": str(self.random.choice([10, 25])), "currency": "USD"}
        if self.random.random() < 0.5:
            row["ends"] = str(starts + timedelta(self.random.choice([10, 100])))
        return resources.SUBSCRIPTIONS, row

    def import_order(self):
        amount = str(self.random.choice([10, 25]))
        return resources.ORDERS, {
            "ordered_at": self.instant().isoformat(),
            "amount": amount,
            "currency": "USD",
        }

    def import_ticket(self):
        return resources.TICKETS, {"opened_at": self.instant().isoformat(), "subject": "Help"}

    def settle(self, model, now):
        """What bears on everybody."""
        match self.random.randint(1, 4):
            case 1:
                ExchangeRate.objects.update_or_create(
                    base=self.organisation.currency,
                    currency="EUR",
                    day=self.day(),
                    defaults={"rate": Decimal(self.random.randint(5, 40)) / 20},
                )
                return "rate"
            case 2:
                execute("DELETE FROM accounts_exchangerate WHERE currency = 'EUR' AND day > %s", [FIRST])
                return "rates deleted"
            case 3:
                Organisation.objects.update(inactive_days=self.random.choice([20, 90, 365]))
                return "inactive_days"
        Organisation.objects.update(time_zone=self.random.choice(ZONES))
        self.organisation = Organisation.current()
        return "time_zone"


def writable(model):
    """Columns with values of their own."""
    return [field for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]


def row_of(made):
    """Columns and values as the database takes them, without what it fills in itself."""
    given = [
        field for field in writable(type(made)) if not field.has_db_default() or field.attname == "source"
    ]
    values = [field.get_db_prep_save(getattr(made, field.attname), connection) for field in given]
    return [f'"{field.column}"' for field in given], values


def execute(statement, parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
