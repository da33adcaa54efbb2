"""What an import did is taken back, to the last column; what others did afterwards is left and said."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import resources
from accounts.audit import acting
from accounts.imports import service, undo
from accounts.merges import merge_accounts
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AuditEntry,
    Campaign,
    Contact,
    Feature,
    Goal,
    Job,
    Order,
    OrderLine,
    Plan,
    Product,
    Subscription,
    Tag,
    Term,
    Ticket,
    TicketEvent,
)
from accounts.services import change_account
from tests import factories
from tests.accounts.importing import BACKFILL, CREATING, subscription
from tests.accounts.undoing import NOW, contents, imported, left, order, undone

pytestmark = pytest.mark.django_db


# What is taken back


def test_what_was_created_goes(najm):
    before = contents()
    job = imported(resources.ORDERS, [order("o1"), order("o2", account="new")], CREATING)
    assert Account.objects.count() == 2

    begun = undone(job)

    assert contents() == before
    assert begun.result == {"deleted": 4, "restored": 0, "left": 0, "gone": 0, "rows": []}


def test_what_was_changed_is_what_it_was(najm):
    imported(resources.ORDERS, [order("o1", number="7")])
    before = contents()
    job = imported(resources.ORDERS, [order("o1", number="8", cancelled_at="2026-02-01"), order("o2")])

    begun = undone(job)

    assert contents() == before
    assert (begun.result["deleted"], begun.result["restored"]) == (1, 1)


def test_a_term_that_the_import_decided_is_open_again(najm):
    kept = factories.term(najm, "2025-01-01", "2026-01-01", source="crm", external_id="t1", due_mrr=5)
    lost = factories.term(
        najm,
        "2025-01-01",
        "2026-01-01",
        source="crm",
        external_id="t2",
        outcome="lost",
        decided_on="2025-12-01",
    )
    Term.objects.filter(pk=lost.pk).update(outcome_recorded_at=factories.at("2025-12-02 08:00"))
    row = {"account": "najm", "starts": "2025-01-01", "ends": "2026-01-01", "currency": "USD"}
    decided = row | {"outcome": "renewed", "decided_on": "2025-12-20", "renewed_mrr": "6"}
    before = contents()
    job = imported(resources.TERMS, [{"id": "t1", **decided}, {"id": "t2", **decided}])
    kept.refresh_from_db()
    assert kept.outcome_recorded_at is not None

    undone(job)

    assert contents() == before


def test_when_an_end_was_learned_is_restored_even_if_the_import_left_that_alone(najm):
    """A change of the end alone would be stamped with the present."""
    imported(resources.SUBSCRIPTIONS, [subscription("s1", ends="2026-02-01")], BACKFILL)
    learned = Subscription.objects.get().ends_recorded_at
    job = Job.objects.create(kind=service.KIND, state=Job.State.DONE)
    before = contents()
    with acting(job=job):
        # As an import that says the same time of learning for another end.
        Subscription.objects.update(ends=date(2026, 3, 1))
        Subscription.objects.update(ends_recorded_at=learned)

    undone(job)

    assert contents() == before


def test_periods_give_their_days_back(najm):
    """The old period can only be endless again when the new one has gone."""
    imported(resources.SUBSCRIPTIONS, [subscription("s1", reference="A")])
    before = contents()
    job = imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s1", reference="A", ends="2026-02-01"),
            subscription("s2", "2026-02-01", reference="A"),
        ],
    )
    assert Subscription.objects.count() == 2

    undone(job)

    assert contents() == before


def test_accounts_go_with_keys_and_dated_values_and_get_their_values_back(najm):
    change_account(najm, by=None, day=date(2026, 1, 1), stage="onboarding", segment="small")
    before = contents()
    job = imported(
        resources.ACCOUNTS,
        [
            {"id": "najm", "name": "Najm", "stage": "live", "segment": "large", "from_day": "2026-02-01"},
            {"id": "najm", "name": "Najm", "stage": "churned", "segment": "large", "from_day": "2026-03-01"},
            {"id": "p", "name": "Parent", "stage": "live", "segment": "", "from_day": "2026-02-01"},
        ],
    )
    assert Account.objects.get(pk=najm.pk).stage == "churned"

    undone(job)

    assert contents() == before


def test_a_help_desk_log_goes_as_a_whole(najm):
    before = contents()
    job = imported(
        resources.HELPDESK_LOG,
        [
            {"ticket": "t1", "kind": "opened", "happened_at": "2026-01-05 10:00", "account": "najm"},
            {"ticket": "t1", "kind": "resolved", "happened_at": "2026-01-05 11:00", "account": "najm"},
        ],
    )
    assert TicketEvent.objects.count() == 2

    undone(job)

    assert contents() == before


def test_the_undo_is_audited_as_its_own_job(najm, alice):
    job = imported(resources.ORDERS, [order("o1")])

    begun = undo.begin(job, by=alice, now=NOW)
    undo.work_on(begun)

    entry = AuditEntry.objects.filter(table="accounts_order").latest("id")
    assert (entry.action, entry.job, entry.actor) == ("delete", begun, alice)


def test_figures_of_a_deleted_account_go_with_it(db):
    from metrics.models import CurrentValue, Definition

    job = imported(resources.ACCOUNTS, [{"id": "a", "name": "A"}])
    definition = Definition.objects.create(key="mrr", version=1)
    CurrentValue.objects.create(account=Account.objects.get(), definition=definition, numerator=1)

    undone(job)

    assert not Account.objects.exists()
    assert not CurrentValue.objects.exists()


# What is left


def test_what_was_changed_afterwards_is_left(najm, alice):
    job = imported(resources.ORDERS, [order("o1"), order("o2"), order("o3")])
    o1, o2, o3 = Order.objects.order_by("pk")
    with acting(user=alice):
        Order.objects.filter(pk=o1.pk).update(number="9")
    imported(resources.ORDERS, [order("o2", number="10")])

    begun = undone(job)

    assert set(Order.objects.all()) == {o1, o2}
    assert left(begun) == {("order", o1.pk): "changed", ("order", o2.pk): "changed"}
    assert (begun.result["deleted"], begun.result["left"]) == (1, 2)


def test_a_changed_row_that_was_changed_again_keeps_all_its_values(najm, alice):
    imported(resources.ORDERS, [order("o1", number="1")])
    job = imported(resources.ORDERS, [order("o1", number="2", channel="web")])
    with acting(user=alice):
        Order.objects.update(number="3")
    after = contents()

    begun = undone(job)

    assert contents() == after
    assert left(begun) == {("order", Order.objects.get().pk): "changed"}


def test_what_later_facts_belong_to_is_left(najm):
    job = imported(resources.ORDERS, [order("o1"), order("o2")])
    o1, _o2 = Order.objects.order_by("pk")
    OrderLine.objects.create(order=o1, amount=1)

    begun = undone(job)

    assert Order.objects.get() == o1
    assert left(begun) == {("order", o1.pk): "named"}


def test_a_tag_that_others_hold_since_is_left(najm, alice):
    job = imported(resources.CONTACTS, [{"id": "c", "account": "najm", "name": "Sara", "tags": "VIP; New"}])
    with acting(user=alice):
        Account.objects.filter(pk=najm.pk).update(tags=["vip"])

    begun = undone(job)

    assert not Contact.objects.exists()
    assert left(begun) == {("tag", Tag.objects.get(name="VIP").pk): "named"}
    assert not Tag.objects.filter(name="New").exists()


def test_an_account_that_stays_keeps_its_key_and_its_dated_values(alice):
    rows = [{"id": "a", "name": "A", "stage": "live"}, {"id": "b", "name": "B", "stage": "live"}]
    job = imported(resources.ACCOUNTS, rows)
    a = Account.objects.get(name="A")
    Contact.objects.create(account=a, name="Sara")

    begun = undone(job)

    assert Account.objects.get() == a
    assert AccountKey.objects.get().account == AccountChange.objects.get().account == a
    assert sorted(left(begun).values()) == ["named", "part", "part"]


def test_the_orders_of_an_account_that_stays_go(db):
    job = imported(resources.ORDERS, [order("o1")], CREATING)
    Contact.objects.create(account=Account.objects.get(), name="Sara")

    begun = undone(job)

    assert not Order.objects.exists()
    assert AccountKey.objects.get().value == "najm"
    assert begun.result["deleted"] == 1


def test_a_dated_value_that_was_corrected_keeps_the_whole_account(db, alice):
    days = [{"id": "a", "name": "A", "stage": stage, "from_day": day} for stage, day in STAGES]
    job = imported(resources.ACCOUNTS, days)
    with acting(user=alice):
        AccountChange.objects.filter(from_day="2026-01-01").update(value="onboarding")
    after = contents()

    begun = undone(job)

    assert contents() == after
    assert begun.result["left"] == 4


STAGES = [("lead", "2026-01-01"), ("live", "2026-02-01")]


def test_a_parent_is_left_where_its_child_is(db, alice):
    rows = [{"id": "p", "name": "P", "parent": ""}, {"id": "c", "name": "C", "parent": "p"}]
    job = imported(resources.ACCOUNTS, rows)
    with acting(user=alice):
        Account.objects.filter(name="C").update(industry="paper")

    begun = undone(job)

    assert Account.objects.count() == 2
    assert begun.result["deleted"] == 0


def test_a_parent_named_from_a_day_to_come_is_left(najm, db, alice):
    job = imported(resources.ACCOUNTS, [{"id": "p", "name": "P"}])
    parent = Account.objects.get(name="P")
    change_account(najm, by=alice, day=date(2100, 1, 1), parent=parent)

    begun = undone(job)

    assert left(begun)["account", parent.pk] == "named"


def test_periods_that_others_took_meanwhile_are_left_to_them(najm, alice):
    imported(resources.SUBSCRIPTIONS, [subscription("s1", reference="A"), subscription("s2", reference="B")])
    job = imported(
        resources.SUBSCRIPTIONS,
        [
            subscription("s1", reference="A", ends="2026-02-01"),
            subscription("s2", reference="B", ends="2026-02-01"),
        ],
    )
    s1, s2 = Subscription.objects.order_by("external_id")
    with acting(user=alice):
        factories.subscription(najm, 5, "2026-02-01", reference="A")

    begun = undone(job)

    s1.refresh_from_db()
    s2.refresh_from_db()
    assert (s1.ends, s2.ends) == (date(2026, 2, 1), None)
    assert left(begun) == {("subscription", s1.pk): "refused:subscription_periods_do_not_overlap"}
    assert "already has a period" in undo.reason_of(left(begun)["subscription", s1.pk])


def test_what_belonged_to_something_that_is_gone_is_left(najm):
    basic, pro = Plan.objects.create(code="basic"), Plan.objects.create(code="pro")
    imported(resources.SUBSCRIPTIONS, [subscription("s1", plan="basic")])
    job = imported(resources.SUBSCRIPTIONS, [subscription("s1", plan="pro")])
    basic.delete()

    begun = undone(job)

    assert Subscription.objects.get().plan == pro
    assert [*left(begun).values()] == ["orphan"]


def test_what_was_deleted_meanwhile_needs_nothing(najm):
    job = imported(resources.ORDERS, [order("o1"), order("o2")])
    Order.objects.get(external_id="o1").delete()

    begun = undone(job)

    assert not Order.objects.exists()
    assert (begun.result["deleted"], begun.result["left"], begun.result["gone"]) == (1, 0, 1)


def test_the_last_survivor_of_a_merge_is_left_with_what_it_took_over(najm, alice):
    job = imported(resources.ACCOUNTS, [{"id": "s", "name": "Survivor"}, {"id": "l", "name": "Loser"}])
    survivor, loser = Account.objects.get(name="Survivor"), Account.objects.get(name="Loser")
    merge_accounts(najm, survivor, by=alice)
    merge_accounts(loser, survivor, by=alice)
    after = contents()

    begun = undone(job)

    assert contents() == after
    assert begun.result["left"] == 4


def test_a_dated_value_that_somebody_gave_afterwards_is_no_value_that_came_due(najm, alice):
    job = imported(resources.ACCOUNTS, [{"id": "najm", "name": "Najm", "industry": "paper"}])
    with acting(user=alice):
        change_account(najm, by=alice, day=date(2026, 1, 1), stage="live")
    after = contents()

    begun = undone(job)

    assert contents() == after
    assert left(begun) == {("account", najm.pk): "changed"}


def test_what_came_due_by_itself_nobody_changed(db):
    before = contents()
    job = imported(resources.ACCOUNTS, [{"id": "a", "name": "A", "stage": "live", "from_day": "2026-04-01"}])
    Account.objects.update(stage="live")

    undone(job)

    assert contents() == before


# One after the other


def test_imports_are_undone_one_after_the_other(najm):
    before = contents()
    first = imported(resources.ORDERS, [order("o1", number="1")])
    second = imported(resources.ORDERS, [order("o1", number="2"), order("o2")])

    undone(second)
    undone(first)

    assert contents() == before


def test_an_earlier_import_cannot_take_away_what_a_later_one_did(najm):
    first = imported(resources.ORDERS, [order("o1", number="1")])
    imported(resources.ORDERS, [order("o1", number="2")])

    begun = undone(first)

    assert Order.objects.get().number == "2"
    assert begun.result["left"] == 1


def test_what_is_no_longer_kept_as_it_was_cannot_be_undone(najm):
    imported(resources.ORDERS, [order("o1")])
    job = imported(resources.ORDERS, [order("o1", amount="20")])
    AuditEntry.objects.filter(job=job).update(before={}, after={})

    with pytest.raises(undo.NotUndoable, match="before is no longer kept"):
        undo.begin(job, by=None, now=NOW)


def test_an_import_is_undone_once(najm):
    job = imported(resources.ORDERS, [order("o1")])
    undone(job)

    with pytest.raises(undo.NotUndoable, match="was undone before"):
        undo.begin(job, by=None, now=NOW)


def test_what_still_runs_is_not_undone(najm):
    job = Job.objects.create(kind=service.KIND, state=Job.State.RUNNING, seen_alive_at=NOW)

    with pytest.raises(undo.NotUndoable, match="still going"):
        undo.begin(job, by=None, now=NOW)

    assert undo.begin(job, by=None, now=NOW + timedelta(minutes=3)).state == Job.State.WAITING
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_what_is_no_import_is_not_undone(db):
    job = Job.objects.create(kind="recompute.full", state=Job.State.DONE)

    with pytest.raises(undo.NotUndoable, match="there is nothing to undo"):
        undo.begin(job, by=None, now=NOW)


def test_nobody_takes_an_undo_over_that_is_being_worked_on(najm):
    job = imported(resources.ORDERS, [order("o1")])
    begun = undo.begin(job, by=None, now=NOW)
    assert begun.start(NOW)

    undo.work_on(begun)

    assert Order.objects.exists()
    assert set(undo.due(NOW)) == set()
    assert set(undo.due(NOW + timedelta(minutes=3))) == {begun}


def test_what_is_foreseen_is_what_happens(najm, alice):
    job = imported(resources.ORDERS, [order("o1"), order("o2", account="new"), order("o3")], CREATING)
    o1, _o2, o3 = Order.objects.order_by("pk")
    with acting(user=alice):
        Order.objects.filter(pk=o1.pk).update(number="9")
    o3.delete()
    before = contents()

    foreseen = undo.foresee(job)

    assert contents() == before
    taken = {table: (rows.deleted, rows.restored) for table, rows in foreseen.taken.items()}
    assert taken == {"accounts_account": (1, 0), "accounts_accountkey": (1, 0), "accounts_order": (1, 0)}
    assert [(one.row, one.why) for one in foreseen.left] == [(o1.pk, "changed")]
    assert foreseen.gone == 1


def test_reasons_are_in_the_language_of_the_reader(db):
    with translation.override("ar"):
        said = undo.told([["accounts_order", 7, "changed"]])

    assert said == [{"kind": "طلب", "row": 7, "reason": "تغيّر بعد ذلك."}]


# Every column

# What nobody but the database writes, and what others know a row by.
KEPT = {"id", "source", "external_id", "recorded_at", "field", "erased_at"}
OTHERWISE = {
    "ArrayField": [],
    "BooleanField": True,
    "CharField": "x",
    "DateField": date(2026, 1, 20),
    "DateTimeField": factories.at("2026-01-20 10:00"),
    "DecimalField": 7,
    "JSONField": {"en": "x", "ar": "س"},
    "PositiveIntegerField": 7,
    "PositiveSmallIntegerField": 7,
    "TextField": "x",
    "TimeField": time(10, 30),
}
CODED = (Campaign, Feature, Goal, Plan)
# What the database does not take of one column alone.
NOT_BY_ITSELF = {
    "Campaign": ["ends"],
    "Departure": ["recovered"],
    "EventName": ["means"],
    "Expense": ["month"],
    "Identity": ["until"],
    "Pause": ["ends"],
    "Payment": ["refund_of"],
    "PlanFeature": ["ends"],
    "Subscription": ["starts"],
    "Term": ["ends", "outcome", "decided_on"],
    "Ticket": ["merged_into"],
    "WorkingCalendar": ["closes"],
}


def otherwise(field, row):
    if field.is_relation:
        others = field.related_model._default_manager.exclude(pk=getattr(row, field.attname))
        return others.values_list("pk", flat=True).first()
    if field.choices:
        return next(value for value, _label in field.flatchoices if value != getattr(row, field.attname))
    if field.name in {"currency", "base"}:
        return {"currency": "KWD", "base": "SAR"}[field.name]
    if field.name == "tags":
        return ["VIP"]
    return OTHERWISE[field.get_internal_type()]


@pytest.mark.parametrize("model", sorted({one.model for one in resources.RESOURCES}, key=str))
def test_every_column_that_a_run_changed_is_what_it_was(model):
    for one in (Account, Contact, Contact, Order, Subscription, Ticket, *({Product, *CODED} - {model})):
        factories.plain(one)
    for one in CODED:
        factories.plain(one, code="other")
    row, job = factories.plain(model), Job.objects.create(kind=service.KIND, state=Job.State.DONE)
    before, stays = contents(), []
    for field in model._meta.concrete_fields:
        if field.generated or field.name in KEPT:
            continue
        try:
            with transaction.atomic(), acting(job=job):
                model.objects.filter(pk=row.pk).update(**{field.attname: otherwise(field, row)})
        except IntegrityError:
            stays.append(field.name)
    assert stays == NOT_BY_ITSELF.get(model.__name__, [])

    undone(job)

    assert contents() == before


def test_a_parent_that_stands_below_by_now_is_not_given_back(najm):
    rows = [{"id": "najm", "name": "Najm", "parent": "star"}, {"id": "star", "name": "Star", "parent": ""}]
    imported(resources.ACCOUNTS, rows)
    job = imported(resources.ACCOUNTS, [{"id": "najm", "name": "Najm", "parent": ""}])
    star = Account.objects.get(name="Star")
    change_account(star, by=None, day=NOW.date(), now=NOW, parent=najm)

    begun = undone(job)

    (why,) = left(begun).values()
    assert "circle" in undo.reason_of(why)
    najm.refresh_from_db()
    assert najm.parent is None
