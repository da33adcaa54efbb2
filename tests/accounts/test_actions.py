"""The same change for many rows: what it would do, what it did, and its undo."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.actions import Change, Foreseen
from accounts.attributes import MOST_TAGS
from accounts.imports import undo
from accounts.models import Account, AccountChange, AuditEntry, Contact, Job, Organisation, Tag, Ticket
from accounts.models.work import SILENCE, TRIES
from accounts.services import change_account
from accounts.tasks import change_many
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TODAY = date(2026, 3, 15)
EVERYBODY = Account.objects.all


def clock():
    return NOW


def stage(value, day=TODAY):
    return Change("stage", value, day)


def tag(name, action="tag"):
    return Change(action, name, TODAY)


def done(rows, change, by=None, **more):
    """The job, which must be done."""
    job = actions.begin([(rows, change)], by=by, **more)
    actions.work_on(job, clock=clock)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    return job


def undone(job):
    begun = undo.begin(job, by=None, now=NOW)
    undo.work_on(begun)
    begun.refresh_from_db()
    assert begun.state == Job.State.DONE
    return begun


def rows_of(*models):
    with connection.cursor() as cursor:
        found = {}
        for model in models:
            table = model._meta.db_table
            cursor.execute(f"SELECT id, to_jsonb(t) FROM {table} t")
            found |= {(table, row): columns for row, columns in cursor.fetchall()}
    return found


def stages():
    return dict(Account.objects.values_list("name", "stage"))


# Dated values


def test_foreseen_says_how_many_change_and_how_many_are_so_already():
    factories.accounts(2, stage="live")
    factories.account("Churned", stage="churned")

    assert actions.foresee(EVERYBODY(), stage("churned")) == Foreseen(rows=3, changing=2)
    assert actions.foresee(EVERYBODY(), stage("churned")).already == 1
    assert actions.foresee(Account.objects.none(), stage("churned")) == Foreseen(rows=0, changing=0)


def test_only_the_chosen_that_differ_are_changed_dated_and_counted():
    chosen, other = factories.account("Chosen", stage="live"), factories.account("Other", stage="live")
    same = factories.account("Same", stage="churned")

    job = done(Account.objects.exclude(pk=other.pk), stage("churned"))

    assert stages() == {"Chosen": "churned", "Other": "live", "Same": "churned"}
    assert job.result == {"changed": 1, "unchanged": 1}
    assert (job.done, job.total) == (1, 1)
    dated = AccountChange.objects.filter(from_day=TODAY)
    assert list(dated.values_list("account", "field", "value")) == [(chosen.pk, "stage", "churned")]
    assert not dated.filter(account=same).exists()


def test_audit_puts_a_change_down_to_its_person_and_its_job(alice):
    account = factories.account(stage="live")

    job = done(EVERYBODY(), stage("churned"), by=alice)

    entry = AuditEntry.objects.get(table="accounts_account", row=account.pk, action="update")
    assert (entry.actor, entry.job, entry.after) == (alice, job, {"stage": "churned"})
    assert AccountChange.objects.get(from_day=TODAY).by == alice


def test_a_day_ahead_changes_nothing_today():
    factories.account("Najm", stage="live")

    done(EVERYBODY(), stage("churned", TODAY + timedelta(days=1)))

    assert stages() == {"Najm": "live"}
    assert AccountChange.objects.filter(value="churned", from_day=TODAY + timedelta(days=1)).exists()


def test_a_day_that_is_past_leaves_what_came_later():
    account = factories.account("Najm", stage="live")
    change_account(account, by=None, day=TODAY, now=NOW, stage="renewing")

    job = done(EVERYBODY(), stage("onboarding", TODAY - timedelta(days=9)))

    assert stages() == {"Najm": "renewing"}
    assert job.result["changed"] == 1


def test_what_was_never_dated_is_already_as_it_is():
    Account.objects.create(name="Undated", stage="live")

    assert actions.foresee(EVERYBODY(), stage("live")).already == 1
    assert actions.foresee(EVERYBODY(), stage("churned")).changing == 1


def test_owner_and_team_are_given_by_their_ids(alice, bob, team):
    account = factories.account(owner=alice)

    done(EVERYBODY(), Change("owner", str(bob.pk), TODAY))
    done(EVERYBODY(), Change("team", str(team.pk), TODAY))

    account.refresh_from_db()
    assert (account.owner, account.team) == (bob, team)
    assert actions.foresee(EVERYBODY(), Change("owner", str(bob.pk), TODAY)).changing == 0


# Tags


def test_a_tag_is_added_in_the_spelling_that_there_is():
    for name, tags in (("Has", ["VIP"]), ("Other", ["early"]), ("None", [])):
        Account.objects.create(name=name, tags=tags)

    assert actions.foresee(EVERYBODY(), tag("vip")) == Foreseen(rows=3, changing=2)
    job = done(EVERYBODY(), tag("vip"))

    assert dict(Account.objects.values_list("name", "tags")) == {
        "Has": ["VIP"],
        "Other": ["early", "VIP"],
        "None": ["VIP"],
    }
    assert job.result == {"changed": 2, "unchanged": 1}


def test_a_tag_is_taken_away():
    Account.objects.create(name="Has", tags=["VIP", "early"])
    Account.objects.create(name="Not", tags=["early"])

    job = done(EVERYBODY(), tag("vip", "untag"))

    assert dict(Account.objects.values_list("name", "tags")) == {"Has": ["early"], "Not": ["early"]}
    assert job.result == {"changed": 1, "unchanged": 1}


def test_who_has_as_many_tags_as_there_may_be_is_left_and_counted():
    Account.objects.create(name="Full", tags=[f"tag {number}" for number in range(MOST_TAGS)])
    Account.objects.create(name="Room")

    assert actions.foresee(EVERYBODY(), tag("VIP")) == Foreseen(rows=2, changing=1, full=1)
    assert done(EVERYBODY(), tag("VIP")).result["changed"] == 1


def test_contacts_are_tagged_alike():
    contact = factories.plain(Contact)

    done(Contact.objects.all(), tag("VIP", "contact.tag"))

    contact.refresh_from_db()
    assert contact.tags == ["VIP"]


def test_tickets_are_assigned(alice):
    ticket = factories.plain(Ticket)

    done(Ticket.objects.all(), Change("ticket.assignee", str(alice.pk), TODAY))

    ticket.refresh_from_db()
    assert ticket.assignee == alice


# What happens meanwhile


def test_what_was_confirmed_is_what_is_done_whatever_the_list_became():
    factories.account("Confirmed", segment="smb", stage="live")
    job = actions.begin([(Account.objects.filter(segment="smb"), stage("churned"))], by=None)
    factories.account("Later", segment="smb", stage="live")

    actions.work_on(job, clock=clock)

    assert stages() == {"Confirmed": "churned", "Later": "live"}


def test_rows_that_are_gone_by_then_are_passed_over():
    gone, _kept = factories.accounts(2, stage="live")
    job = actions.begin([(EVERYBODY(), stage("churned"))], by=None)
    gone.delete()

    actions.work_on(job, clock=clock)

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"changed": 1, "unchanged": 1})


def test_time_that_is_over_leaves_the_rest_to_the_next(monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 2)
    factories.accounts(5, stage="live")
    job = actions.begin([(EVERYBODY(), stage("churned"))], by=None)
    moments = iter([NOW, NOW, *[NOW + timedelta(seconds=9)] * 9])

    actions.work_on(job, until=NOW, clock=lambda: next(moments))

    job.refresh_from_db()
    assert (job.state, job.done, job.chosen.count()) == (Job.State.WAITING, 2, 3)
    change_many()
    job.refresh_from_db()
    assert (job.state, job.done, job.result) == (Job.State.DONE, 5, {"changed": 5, "unchanged": 0})
    assert set(stages().values()) == {"churned"}


def test_who_stops_it_keeps_what_is_done(monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 2)
    factories.accounts(5, stage="live")
    job = actions.begin([(EVERYBODY(), stage("churned"))], by=None)

    def stopping():
        Job.objects.filter(pk=job.pk, done=0, state=Job.State.RUNNING).update(stop_requested_at=NOW)
        return NOW

    actions.work_on(job, clock=stopping)

    job.refresh_from_db()
    assert (job.state, job.done, job.chosen.count()) == (Job.State.STOPPED, 2, 0)
    assert list(stages().values()).count("churned") == 2


def test_what_is_stopped_while_it_waits_never_begins():
    factories.accounts(1, stage="live")
    job = actions.begin([(EVERYBODY(), stage("churned"))], by=None)
    Job.objects.update(stop_requested_at=NOW)

    change_many()

    job.refresh_from_db()
    assert job.state == Job.State.STOPPED
    assert set(stages().values()) == {"live"}


def test_what_a_dead_worker_had_is_taken_up():
    factories.accounts(1, stage="live")
    job = actions.begin([(EVERYBODY(), stage("churned"))], by=None)
    job.start(NOW - timedelta(days=400))

    change_many()

    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_what_kills_every_worker_is_given_up_with_what_was_chosen():
    factories.account("Najm")
    job = actions.begin([(EVERYBODY(), stage("live"))], by=None)
    for _worker in range(TRIES):
        assert job.start(NOW)
        Job.objects.update(seen_alive_at=NOW - 2 * SILENCE)
        waiting = list(actions.due(NOW))

    job.refresh_from_db()
    assert (waiting, job.is_given_up, job.chosen.count()) == ([], True, 0)


def test_statements_do_not_grow_with_the_rows():
    Organisation.current()
    counts = []
    for _round in range(2):
        factories.accounts(1 + 9 * len(counts), stage="live")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            done(Account.objects.filter(stage="live"), stage("churned"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Taking it back


def test_undo_restores_every_column(alice, bob):
    dated, undated = (
        factories.account("Dated", owner=alice),
        Account.objects.create(name="Undated", owner=alice),
    )
    before = rows_of(Account, AccountChange, Tag)

    jobs = [done(EVERYBODY(), Change("owner", str(bob.pk), TODAY)), done(EVERYBODY(), tag("VIP"))]
    assert {account.owner for account in EVERYBODY()} == {bob}
    for job in reversed(jobs):
        undone(job)

    assert rows_of(Account, AccountChange, Tag) == before
    assert {dated.pk, undated.pk} == set(Account.objects.filter(owner=alice).values_list("pk", flat=True))


def test_undo_leaves_and_names_what_was_changed_afterwards(alice):
    first, second = factories.accounts(2, stage="live")
    job = done(EVERYBODY(), stage("churned"))
    change_account(first, by=alice, day=TODAY, now=NOW, stage="renewing")

    begun = undone(job)

    assert {account.pk: account.stage for account in EVERYBODY()} == {first.pk: "renewing", second.pk: "live"}
    assert ["accounts_account", first.pk, "named"] in begun.result["rows"]
    assert begun.result["left"] == 2


def test_undo_keeps_a_new_tag_that_somebody_else_uses_by_now():
    Account.objects.create(name="Najm")
    job = done(EVERYBODY(), tag("VIP"))
    Contact.objects.create(account=factories.account("Other"), name="Sara", tags=["VIP"])

    begun = undone(job)

    assert Account.objects.get(name="Najm").tags == []
    assert Tag.objects.filter(name="VIP").exists()
    assert [why for table, _row, why in begun.result["rows"] if table == "accounts_tag"] == ["named"]
