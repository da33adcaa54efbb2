"""Any import of any resource, whatever was done before and after it: taken back to the last column, or left whole."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import resources
from accounts.audit import acting
from accounts.imports import service, undo, undo_plan
from accounts.merges import merge_accounts
from accounts.models import (
    Account,
    AuditEntry,
    Contact,
    Job,
    Order,
    OrderLine,
    Organisation,
    Subscription,
    Ticket,
    TicketEvent,
    User,
)
from accounts.services import apply_dated_values, change_account
from tests.accounts.importing import OPTIONS
from tests.accounts.undoing import TABLES, contents, imported
from tests.sampling import some

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
DAYS = ["2026-01-01", "2026-02-01", "2026-03-01"]
AGAIN = [*DAYS, ""]
MOMENTS = [f"{day} 10:00" for day in DAYS]
WORDS = ["", "x", "y"]
IDS = ["1", "2", "3"]
AMOUNTS = ["5", "7"]
SOLD = {"price": "5", "currency": "USD"}
# What rows of each resource may say. What does not fit together is rejected, as always.
SAID = {
    "accounts": {
        "id": IDS,
        "name": ["A", "B"],
        "industry": WORDS,
        "stage": ["", "live", "churned"],
        "segment": WORDS,
        "parent": ["", *IDS],
        "from_day": DAYS,
    },
    "contacts": {"id": IDS, "account": IDS, "name": ["Sara", "Lina"], "joined": AGAIN, "left": AGAIN},
    "leads": {"id": IDS, "account": ["", *IDS], "name": ["Sara"], "first_interest": DAYS, "converted": AGAIN},
    "products": {"sku": IDS, "name_en": WORDS, "name_ar": WORDS},
    "plans": {"code": IDS, "name": WORDS},
    "subscriptions": {
        "id": IDS,
        "account": IDS,
        "reference": ["", "A"],
        "plan": ["", *IDS],
        "price": AMOUNTS,
        "currency": ["USD"],
        "starts": DAYS,
        "ends": AGAIN,
        "cancelled_on": AGAIN,
    },
    "pauses": {"id": IDS, "subscription": IDS, "starts": DAYS, "ends": AGAIN},
    "terms": {
        "id": IDS,
        "account": IDS,
        "starts": DAYS,
        "ends": ["2027-01-01"],
        "currency": ["USD"],
        "outcome": ["", "renewed", "lost"],
        "decided_on": AGAIN,
    },
    "departures": {"id": IDS, "account": IDS, "churn_day": DAYS, "reason": WORDS},
    "exchange_rates": {"base": ["USD"], "currency": ["EUR", "SAR"], "day": DAYS, "rate": AMOUNTS},
    "orders": {
        "id": IDS,
        "account": IDS,
        "ordered_at": MOMENTS,
        "cancelled_at": ["", "2026-03-02"],
        "amount": AMOUNTS,
        "currency": ["USD"],
    },
    "order_lines": {"id": IDS, "order": IDS, "product": ["", *IDS], "amount": AMOUNTS},
    "returns": {"id": IDS, "order": IDS, "line": ["", *IDS], "day": DAYS, "amount": AMOUNTS},
    "payments": {
        "id": IDS,
        "account": IDS,
        "day": DAYS,
        "amount": [*AMOUNTS, "-5"],
        "currency": ["USD"],
        "refund_of": ["", *IDS],
        "order": ["", *IDS],
    },
    "expenses": {
        "id": IDS,
        "month": DAYS,
        "amount": AMOUNTS,
        "currency": ["USD"],
        "kind": ["sales", "other"],
    },
    "tickets": {
        "id": IDS,
        "account": IDS,
        "opened_at": MOMENTS,
        "requester": ["", *IDS],
        "merged_into": ["", *IDS],
        "calendar": ["", "1"],
    },
    "ticket_events": {
        "id": IDS,
        "ticket": IDS,
        "kind": ["opened", "worked", "resolved"],
        "happened_at": MOMENTS,
    },
    "features": {"code": IDS, "name": WORDS},
    "plan_features": {"plan": IDS, "feature": IDS, "starts": AGAIN, "ends": ["", "2026-03-02"]},
    "learning_resources": {"code": IDS, "kind": ["video", "course"], "feature": ["", *IDS]},
    "goals": {"code": IDS, "kind": ["page", "event"], "target": ["/a", "/b"]},
    "campaigns": {"code": IDS, "starts": DAYS, "channel": WORDS, "goal": ["", *IDS]},
    "campaign_days": {"campaign": IDS, "day": DAYS, "cost": AMOUNTS, "currency": ["USD"]},
    "identities": {"contact": IDS, "value": IDS, "kind": ["user", "anonymous"], "since": AGAIN},
    "consents": {
        "id": IDS,
        "contact": IDS,
        "purpose": ["service", "marketing"],
        "given_at": MOMENTS,
        "withdrawn_at": ["", "2026-03-02"],
    },
    "event_names": {"sent_as": IDS, "means": ["", "Page"], "is_activity": ["yes", "no"]},
    "working_calendars": {"name": IDS, "country": ["", "SA"], "holidays": ["", "2026-01-01 2026-02-01"]},
    "helpdesk_log": {
        "ticket": IDS,
        "kind": ["opened", "worked", "resolved"],
        "happened_at": MOMENTS,
        "account": IDS,
    },
}
BY_NAME = {resource.name: resource for resource in resources.RESOURCES}


def rows_of(name, least=1):
    said = st.fixed_dictionaries({field: st.sampled_from(values) for field, values in SAID[name].items()})
    return st.lists(said, min_size=least, max_size=6)


IMPORTS = st.sampled_from(sorted(SAID)).flatmap(
    lambda name: st.tuples(st.just(name), rows_of(name), st.booleans(), st.booleans())
)
OTHERS = st.tuples(
    st.sampled_from(["rewrite", "delete", "add", "date", "merge", "end"]),
    st.integers(0, 50),
    st.integers(0, 50),
)


def take(name, rows, backfill, create_accounts):
    options = replace(OPTIONS, backfill=backfill, create_accounts=create_accounts)
    return imported(BY_NAME[name], rows, options)


def pick(rows, number):
    return rows[number % len(rows)] if rows else None


def other(by, what, number, more):
    """Something that a person does to any row; what the database or a rule refuses is not done."""
    try:
        with acting(user=by):
            DOINGS[what](number, more)
    except (IntegrityError, ValidationError, models.ProtectedError):
        pass


def rewrite(number, more):
    model = pick([m for m in MODELS if m.objects.exists()], number)
    if model:
        row = pick(list(model.objects.order_by("pk")), more)
        column = "source" if hasattr(row, "source") and model._meta.model_name != "accountkey" else None
        name = column or {"account": "website", "accountchange": "value", "product": "category"}.get(
            model._meta.model_name, "id"
        )
        if name != "id":
            dated = "lead" if getattr(row, "field", "") == "stage" else ""
            value = dated if name == "value" else f"other {number} {more}"
            model.objects.filter(pk=row.pk).update(**{name: value})


def delete(number, more):
    model = pick([m for m in MODELS if m.objects.exists()], number)
    if model:
        pick(list(model.objects.order_by("pk")), more).delete()


def add(number, more):
    account, order = (
        pick(list(Account.objects.order_by("pk")), more),
        pick(list(Order.objects.order_by("pk")), more),
    )
    ticket = pick(list(Ticket.objects.order_by("pk")), more)
    if order and number % 4 == 0:
        OrderLine.objects.create(order=order, amount=1)
    elif ticket and number % 4 == 1:
        TicketEvent.objects.create(ticket=ticket, kind="worked", happened_at=ticket.opened_at)
    elif account and number % 4 == 2:
        Subscription.objects.create(
            account=account, reference="A", price=1, currency="USD", starts=pick(DAYS, more)
        )
    elif account:
        Contact.objects.create(account=account, name="Nora")


def redate(number, more):
    account = pick(list(Account.objects.order_by("pk")), number)
    parent = pick(list(Account.objects.order_by("pk")), more)
    if account and account != parent:
        change_account(account, by=None, day=date.fromisoformat(pick(DAYS, more)), segment="z", parent=parent)


def merge(number, more):
    accounts = list(Account.objects.order_by("pk"))
    loser, survivor = pick(accounts, number), pick(accounts, more)
    if loser and loser != survivor:
        merge_accounts(loser, survivor, by=None)


def end(number, more):
    row = pick(list(Subscription.objects.order_by("pk")), number)
    if row:
        Subscription.objects.filter(pk=row.pk).update(ends=pick([None, "2026-05-01"], more))


DOINGS = {"rewrite": rewrite, "delete": delete, "add": add, "date": redate, "merge": merge, "end": end}
MODELS = [m for m in map(undo_plan.model_of, TABLES) if m._meta.model_name not in {"user", "team"}]
DERIVED = {"stage", "segment", "tier", "owner_id", "team_id", "region", "parent_id"}


def emptied():
    """Row by row: to truncate as many tables takes longer than all the rest."""
    machinery = ["accounts_touched", "accounts_auditentry", "accounts_job"]
    tables = ["accounts_notice", *(m._meta.db_table for m in MODELS), *machinery]
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


def undated(columns):
    return {name: value for name, value in json.loads(columns).items() if name not in DERIVED}


def same(table, columns, then):
    """Current values of what is dated follow from the dated values that there are."""
    if columns is None or then is None or table != "accounts_account":
        return columns == then
    return undated(columns) == undated(then)


def check(by, earlier, job_of, later):
    emptied()
    for planned in earlier:
        take(*planned)
    before = contents()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(service, "BATCH", 2)
        job = take(*job_of)
    its = {(entry.table, entry.row) for entry in AuditEntry.objects.filter(job=job)}
    last = AuditEntry.objects.order_by("pk").last()
    for doing in later:
        if len(doing) == 4:
            take(*doing)
        else:
            other(by, *doing)
    by_others = {(e.table, e.row) for e in AuditEntry.objects.filter(pk__gt=last.pk)} if last else set()
    at_last = contents()

    begun = undo.begin(job, by=None, now=NOW)
    undo.work_on(begun)

    begun.refresh_from_db()
    assert begun.state == Job.State.DONE
    after = contents()
    stayed = {(table, row) for table, row, _why in begun.result["rows"]}
    for row in set(before) | set(at_last) | set(after):
        wanted = before if row in its and row not in stayed and row in at_last else at_last
        assert same(row[0], after.get(row), wanted.get(row)), row
    # What others changed was left; and without them nothing was.
    assert its & by_others & set(at_last) <= stayed
    assert later or (after == before and not stayed)
    assert apply_dated_values(Organisation.current().today(NOW), None) == 0 or later


@pytest.fixture
def other_user(db):
    return User.objects.create_user("other@example.com", "correct horse battery")


QUICK = settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
THOROUGH = settings(QUICK, max_examples=400)
CASES = given(
    earlier=st.lists(IMPORTS, max_size=3),
    job_of=IMPORTS,
    later=st.lists(st.one_of(OTHERS, OTHERS, IMPORTS), max_size=5),
)


def test_any_import_is_taken_back_or_left(other_user):
    QUICK(CASES(lambda earlier, job_of, later: check(other_user, earlier, job_of, later)))()


@pytest.mark.long
def test_any_import_of_many_is_taken_back_or_left(other_user):
    THOROUGH(CASES(lambda earlier, job_of, later: check(other_user, earlier, job_of, later)))()


# What rows of the other resources may name.
WORLD = [
    ("accounts", [{"id": one, "name": one, "from_day": "2026-01-01"} for one in IDS], False, False),
    ("plans", [{"code": one} for one in IDS], False, False),
    ("products", [{"sku": one} for one in IDS], False, False),
    ("contacts", [{"id": one, "account": one, "name": "Sara"} for one in IDS], False, False),
    ("subscriptions", [{"id": one, "account": one, **SOLD, "starts": DAYS[0]} for one in IDS], False, False),
    (
        "orders",
        [{"id": one, "account": one, "amount": "5", "currency": "USD", "ordered_at": DAYS[0]} for one in IDS],
        False,
        False,
    ),
    ("tickets", [{"id": one, "account": one, "opened_at": DAYS[0]} for one in IDS], False, False),
    ("features", [{"code": one} for one in IDS], False, False),
    ("goals", [{"code": one, "target": one} for one in IDS], False, False),
    ("campaigns", [{"code": one, "starts": DAYS[0]} for one in IDS], False, False),
]


@pytest.mark.parametrize("name", some(sorted(SAID)))
def test_every_resource_is_taken_back_whole(name, other_user):
    """With all that it may name, and rows of its own from before."""

    @settings(QUICK, max_examples=1)
    @given(first=rows_of(name, 2), second=rows_of(name, 3))
    def taken_back(first, second):
        check(other_user, [*WORLD, (name, first, True, True)], (name, second, False, True), [])

    taken_back()
