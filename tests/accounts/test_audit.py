"""Who changed what, and when we learned of it: written by the database, whichever door a change came by."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection

from accounts.audit import acting
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    Attachment,
    AttributeDefinition,
    AuditEntry,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    FrequencyRule,
    Goal,
    Identity,
    Job,
    Lead,
    Mailing,
    Order,
    OrderLine,
    Organisation,
    Outbox,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Population,
    Product,
    Resource,
    Return,
    Subscription,
    Suppression,
    Tag,
    Team,
    Term,
    Ticket,
    TicketEvent,
    TraitField,
    User,
    WebhookEndpoint,
    WorkingCalendar,
    WriteKey,
)
from tests.accounts.doors import (
    DELETES,
    INSERTS,
    UPDATES,
    copied,
    deleted_in_sql,
    forget,
    taken_away,
    through,
    updated,
)
from tests.factories import account, at, day, organisation, pause, plain, subscription

pytestmark = pytest.mark.django_db

JAN_10 = date(2026, 1, 10)

AUDITED = {
    Account: {"name": "Other"},
    AccountKey: {"value": "cus_2"},
    Attachment: {"name": "other.pdf"},
    Contact: {"name": "Lina"},
    Campaign: {"channel": "mail"},
    CampaignDay: {"clicks": 20},
    Consent: {"purpose": "service"},
    EventName: {"means": "Page"},
    Expense: {"amount": 20},
    Feature: {"code": "export"},
    FrequencyRule: {"days": 60},
    Goal: {"target": "/thanks"},
    Identity: {"value": "u2"},
    Lead: {"name": "Lina"},
    Plan: {"code": "pro"},
    PlanFeature: {"ends": date(2026, 2, 1)},
    Resource: {"kind": "video"},
    TraitField: {"field": "language"},
    Mailing: {"name": "Other"},
    Outbox: {"a_second": 5},
    Suppression: {"purpose": "marketing"},
    WebhookEndpoint: {"description": "Queue"},
    WriteKey: {"name": "Shop"},
    Population: {"shared": True},
    Product: {"sku": "A-2"},
    AttributeDefinition: {"required": True},
    Tag: {"name": "V.I.P."},
    Team: {"name": "South"},
    User: {"name": "Sara"},
    WorkingCalendar: {"name": "Shop"},
    AccountChange: {"value": "churned"},
    Departure: {"reason": "price"},
    ExchangeRate: {"rate": 2},
    Order: {"amount": 20},
    OrderLine: {"amount": 20},
    Pause: {"starts": date(2026, 1, 11)},
    Payment: {"amount": 20},
    Return: {"units": 2},
    Subscription: {"price": 20},
    Term: {"due_mrr": 5},
    Ticket: {"spam": True},
    TicketEvent: {"kind": "resolved"},
}
AUDITS = pytest.mark.parametrize("model", AUDITED, ids=lambda model: model.__name__)


@AUDITS
def test_every_model_s_rows_are_entries(model, alice):
    row = plain(model)
    kept = model.objects.get(pk=row.pk)
    taken_away(row)

    with acting(user=alice):
        copied(row)
        updated(row, AUDITED[model])
        deleted_in_sql(row)

    found = AuditEntry.objects.filter(table=model._meta.db_table, row=kept.pk).order_by("pk")
    assert [(entry.action, entry.actor) for entry in found] == [
        ("insert", alice),
        ("update", alice),
        ("delete", alice),
    ]


@through(*INSERTS)
def test_new_row_is_an_entry_that_names_who_made_it(door, alice):
    job = Job.objects.create(kind="import")
    row = plain(Order)
    taken_away(row)

    with acting(user=alice, job=job):
        door(row)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.job, entry.before, entry.after) == (
        "insert",
        alice,
        job,
        None,
        None,
    )


@through(*UPDATES)
def test_changed_row_is_an_entry_of_what_changed(door, alice):
    row = plain(Order)
    forget()

    with acting(user=alice):
        door(row, {"channel": "web"})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.job) == ("update", alice, None)
    assert (entry.before, entry.after) == ({"channel": ""}, {"channel": "web"})


@through(*DELETES)
def test_deleted_row_is_an_entry_with_all_of_it(door, alice):
    row = plain(Order, channel="web")
    pk = row.pk
    forget()

    with acting(user=alice):
        door(row)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.row, entry.after) == ("delete", alice, pk, None)
    assert (entry.before["id"], entry.before["channel"]) == (pk, "web")


def test_deleted_user_leaves_no_password_behind():
    plain(User, password="hashed").delete()

    entry = AuditEntry.objects.get(table="accounts_user", action="delete")
    assert not {"password", "last_login"} & entry.before.keys()


def test_every_table_is_audited_or_part_of_the_machinery():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'audit_on_%'"
            " AND tgrelid::regclass::text LIKE 'accounts_%'"
        )
        audited = {table for (table,) in cursor.fetchall()}

    machinery = {
        "accounts_accountpair",
        "accounts_activityday",
        "accounts_auditentry",
        "accounts_chatpost",
        "accounts_chosenrow",
        "accounts_columnmapping",
        "accounts_companyprofile",
        "accounts_contactpair",
        "accounts_delivery",
        "accounts_event",
        "accounts_eventkey",
        "accounts_eventmark",
        "accounts_feed",
        "accounts_feedday",
        "accounts_finding",
        "accounts_import",
        "accounts_intakebatch",
        "accounts_intakeminute",
        "accounts_hit",
        "accounts_job",
        "accounts_keptanswer",
        "accounts_letter",
        "accounts_membership",
        "accounts_message",
        "accounts_notice",
        "accounts_onthewire",
        # One's own wishes, with an address that is a secret.
        "accounts_notificationsetting",
        "accounts_otherid",
        "accounts_profile",
        "accounts_providercall",
        "accounts_providerobject",
        "accounts_rejectedevent",
        "accounts_reply",
        "accounts_rowfate",
        "accounts_session",
        "accounts_taxonomyversion",
        "accounts_touched",
        "accounts_upload",
        "accounts_webhookdelivery",
        "accounts_webhooksecret",
    }
    models = list(apps.get_app_config("accounts").get_models())
    memberships = {field.m2m_db_table() for model in models for field in model._meta.local_many_to_many}
    assert audited == {model._meta.db_table for model in models} - machinery | memberships
    assert audited == {model._meta.db_table for model in [*AUDITED, Organisation]} | memberships | {
        "accounts_apitoken",
        "accounts_erasedaddress",
        "accounts_retention",
    }


def test_every_column_of_an_audited_table_is_compared():
    """By name: a migration that adds one has to write the function anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.prosrc, array_agg(a.attname::text) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.attgenerated = ''"
            " WHERE t.tgname = 'audit_on_update' GROUP BY 1, 2"
        )
        functions = cursor.fetchall()

    forgotten = {
        f"{table}.{column}"
        for table, source, columns in functions
        for column in set(columns) - {"id"}
        if f"jsonb_build_object('{column}'" not in source
    }
    assert len(functions) > 20
    assert forgotten == {
        "accounts_outbox.errors",
        "accounts_outbox.heard",
        "accounts_outbox.next_at",
        "accounts_user.password",
        "accounts_user.last_login",
    }


def test_settings_row_is_audited():
    organisation(currency="USD")
    forget()

    organisation(currency="SAR")

    entry = AuditEntry.objects.get()
    assert (entry.row, entry.before, entry.after) == (1, {"currency": "USD"}, {"currency": "SAR"})


def test_password_and_time_of_log_in_are_no_entries(alice):
    forget()

    alice.set_password("another horse")
    alice.last_login = datetime.now(UTC)
    alice.save()

    assert not AuditEntry.objects.exists()


def test_many_rows_are_as_many_entries():
    plain(Account)
    forget()

    Order.objects.bulk_create(
        Order(account=Account.objects.get(), ordered_at=at("2026-01-10 12:00"), amount=amount, currency="USD")
        for amount in range(100)
    )
    Order.objects.filter(amount__gte=50).update(amount=0)
    Order.objects.all().delete()

    assert AuditEntry.objects.filter(table="accounts_order", action="insert").count() == 100
    assert AuditEntry.objects.filter(table="accounts_order", action="update").count() == 50
    assert AuditEntry.objects.filter(table="accounts_order", action="delete").count() == 100


def test_acting_ends_where_it_began(alice, bob):
    with acting(user=alice):
        with acting(user=bob):
            plain(Team, name="Of Bob")
        plain(Team, name="Of Alice")
    plain(Team, name="Of nobody")

    actors = [entry.actor for entry in AuditEntry.objects.filter(table="accounts_team").order_by("-pk")[:3]]
    assert actors == [None, alice, bob]


# When we learned of an end

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = [
    (Subscription, "ends", "ends_recorded_at", date(2026, 3, 1), None),
    (Subscription, "cancelled_on", "cancelled_recorded_at", date(2026, 3, 1), None),
    (Pause, "ends", "ends_recorded_at", date(2026, 3, 1), None),
    (Order, "cancelled_at", "cancelled_recorded_at", datetime(2026, 3, 1, tzinfo=UTC), None),
    (Term, "outcome", "outcome_recorded_at", "lost", "open"),
]
OF_AN_END = pytest.mark.parametrize(("model", "field", "recorded", "decided", "not_yet"), ENDS)


def with_its_day(model, field, value):
    return {"decided_on": None if value == "open" else JAN_10} if model is Term else {}


@OF_AN_END
def test_end_known_from_the_beginning_was_recorded_with_its_row(model, field, recorded, decided, not_yet):
    row = plain(model, recorded_at=LONG_AGO, **{field: decided}, **with_its_day(model, field, decided))

    row.refresh_from_db()
    assert getattr(row, recorded) == LONG_AGO


@OF_AN_END
def test_end_learned_later_has_its_own_time(model, field, recorded, decided, not_yet):
    row = plain(model, recorded_at=LONG_AGO)
    row.refresh_from_db()
    assert getattr(row, recorded) is None

    model.objects.filter(pk=row.pk).update(**{field: decided}, **with_its_day(model, field, decided))

    row.refresh_from_db()
    assert datetime.now(UTC) - getattr(row, recorded) < timedelta(minutes=10)
    assert row.recorded_at == LONG_AGO


@OF_AN_END
def test_end_that_is_said_again_keeps_its_time(model, field, recorded, decided, not_yet):
    row = plain(model, recorded_at=LONG_AGO, **{field: decided}, **with_its_day(model, field, decided))

    model.objects.get(pk=row.pk).save()

    row.refresh_from_db()
    assert getattr(row, recorded) == LONG_AGO


@OF_AN_END
def test_end_that_is_taken_back_has_no_time(model, field, recorded, decided, not_yet):
    row = plain(model, recorded_at=LONG_AGO, **{field: decided}, **with_its_day(model, field, decided))

    model.objects.filter(pk=row.pk).update(**{field: not_yet}, **with_its_day(model, field, not_yet))

    row.refresh_from_db()
    assert getattr(row, recorded) is None


def test_time_that_an_import_gives_is_kept():
    row = pause(subscription(account(), 10, "2026-01-01"), "2026-02-01")

    Pause.objects.filter(pk=row.pk).update(ends=day("2026-03-01"), ends_recorded_at=LONG_AGO)

    row.refresh_from_db()
    assert row.ends_recorded_at == LONG_AGO
