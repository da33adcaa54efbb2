from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection

from accounts.models import Account, Job, Organisation, Touched
from accounts.services import merge_accounts
from metrics import recompute, storing
from metrics.models import AccountRange, AccountSnapshot, CurrentValue, PopulationValue, StoredDay
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 3, 17), date(2026, 3, 16)
SOON = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Stands still until a test moves it."""
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def _settings_known(db):
    """Making the row touches everybody."""
    Organisation.current()
    Touched.objects.all().delete()


@pytest.fixture
def najm():
    account = factories.account("Najm", stage="live", segment="small")
    factories.subscription(account, 100, "2026-01-01")
    return account


def run(kind=recompute.FULL, **more):
    job = recompute.start(kind, **more)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    return job


def night(now=NOW):
    job = recompute.start_night(now)
    recompute.work_on(job, now + timedelta(hours=1))
    job.refresh_from_db()
    return job


def current(key="mrr"):
    return dict(CurrentValue.objects.of(key).values_list("account", "numerator"))


def snapshots(day, key="mrr"):
    return dict(
        AccountSnapshot.objects.filter(day=day, definition__key=key).values_list("account", "numerator")
    )


def everybody(key="mrr", day=TODAY):
    return PopulationValue.objects.get(definition__key=key, day=day, dimension="", member="").value


def touched():
    return recompute.recompute_touched(SOON)


# Runs over everybody


def test_run_took_as_long_as_everybody_took(clock, najm, monkeypatch):
    monkeypatch.setattr(storing, "store_everybody", lambda _clock: clock.shift(3))

    touched()
    ended = [run(), Job.objects.get(kind=recompute.TOUCHED)]

    assert [(job.finished_at - job.started_at).seconds for job in ended] == [3, 3]


def test_a_full_run_stores_everybodys_values(najm):
    other = factories.account("Other")
    factories.subscription(other, 30, "2026-02-01")

    job = run()

    assert job.state == Job.State.DONE
    assert (job.done, job.total) == (1, 1)
    assert current() == {najm.pk: 100, other.pk: 30}
    assert everybody() == 130
    assert not AccountRange.objects.exists()


def test_a_full_run_over_nobody_is_done_at_once():
    job = run(days=[YESTERDAY])

    assert (job.state, job.total) == (Job.State.DONE, 0)
    assert everybody("customers") == 0
    assert StoredDay.objects.get().day == YESTERDAY


def test_only_stretches_with_accounts_become_ranges():
    ends = [1, 4_999, 5_000, 9_999, 15_000, 5_000_000_000]
    for pk in ends:
        factories.subscription(factories.account(f"Account {pk}", pk=pk), pk, "2026-01-01")

    job = recompute.start(recompute.FULL)

    assert list(job.ranges.order_by("first").values_list("first", "last")) == [
        (0, 4_999),
        (5_000, 9_999),
        (15_000, 19_999),
        (5_000_000_000, 5_000_004_999),
    ]
    recompute.work_on(job, SOON)
    assert current() == {pk: pk for pk in ends}


def test_a_run_keeps_snapshots_of_the_days_it_is_told(najm):
    factories.subscription(najm, 7, "2026-03-01")

    run(recompute.BACKFILL, days=[date(2026, 2, 28), date(2025, 12, 31), YESTERDAY])

    assert snapshots(date(2026, 2, 28)) == {najm.pk: 100}
    assert snapshots(YESTERDAY) == {najm.pk: 107}
    assert snapshots(date(2025, 12, 31)) == {}
    assert StoredDay.objects.filter(stale_since=NOW).count() == 3


def test_values_of_nobody_any_more_are_removed(najm):
    run(days=[YESTERDAY])
    Account.objects.update(internal=True)

    run(days=[YESTERDAY])

    assert not CurrentValue.objects.exists()
    assert not AccountSnapshot.objects.exists()


def test_work_with_a_key_is_started_once(najm):
    assert recompute.start(recompute.NIGHT, key="once")
    assert recompute.start(recompute.NIGHT, key="once") is None
    assert Job.objects.count() == 1


def test_work_ends_when_the_time_is_over_and_goes_on_where_it_was(najm):
    factories.account("Far", pk=6_000_000)
    job = recompute.start(recompute.FULL)

    recompute.work_on(job, until=NOW)
    assert job.ranges.open().count() == 2

    recompute.work_on_range(job)
    assert job.ranges.open().count() == 1
    recompute.work_on(job, until=SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 2)


def test_a_run_stops_when_it_is_asked_to_and_goes_on_when_told(najm):
    factories.account("Far", pk=6_000_000)
    job = recompute.start(recompute.FULL)
    recompute.work_on_range(job)
    Job.objects.update(stop_requested_at=NOW)

    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.STOPPED, 1)

    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert job.state == Job.State.STOPPED

    assert recompute.go_on(job)
    recompute.work_on(job, SOON)
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 2)
    assert not recompute.go_on(job)


def test_a_run_is_finished_once(najm):
    job = recompute.start(recompute.FULL)
    recompute.work_on(job, SOON)

    assert not recompute.finish(job)


def test_a_run_is_not_finished_while_a_range_is_left(najm):
    job = recompute.start(recompute.FULL)
    Job.objects.update(state=Job.State.RUNNING)

    assert not recompute.finish(job)


def test_a_range_that_fails_comes_last_and_then_fails_the_run(najm, monkeypatch):
    far = factories.account("Far", pk=6_000_000)
    factories.subscription(far, 9, "2026-01-01")
    job = recompute.start(recompute.FULL, days=[YESTERDAY])
    breaks_on(monkeypatch, najm)

    for _ in range(2 * recompute.TRIES):
        with pytest.raises(DatabaseError):
            recompute.work_on(job, SOON)
    recompute.work_on(job, SOON)

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.FAILED, 2, 4)
    first = najm.pk // recompute.STRETCH * recompute.STRETCH
    last = first + recompute.STRETCH - 1
    assert job.result["failed"] == [[str(YESTERDAY), first, last], ["", first, last]]
    assert current() == {far.pk: 9}
    assert not StoredDay.objects.exists()


def test_a_failed_run_can_go_on(najm, monkeypatch):
    job = recompute.start(recompute.FULL)
    with monkeypatch.context() as broken:
        breaks_on(broken, najm)
        for _ in range(recompute.TRIES):
            with pytest.raises(DatabaseError):
                recompute.work_on(job, SOON)
        recompute.work_on(job, SOON)

    assert recompute.go_on(job)
    recompute.work_on(job, SOON)

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {})
    assert current() == {najm.pk: 100}


def breaks_on(monkeypatch, account):
    store = storing._evaluate_into_fresh

    def evaluate(metrics, accounts, *rest):
        store(metrics, accounts, *rest)
        if account.pk in accounts:
            raise DatabaseError

    monkeypatch.setattr(storing, "_evaluate_into_fresh", evaluate)


# At night


def test_the_night_keeps_yesterday_and_fills_today(najm):
    factories.subscription(najm, 7, str(TODAY))
    touched()

    job = night()

    assert (job.kind, job.state, job.total) == (recompute.NIGHT, Job.State.DONE, 1)
    assert snapshots(YESTERDAY) == {najm.pk: 100}
    assert current() == {najm.pk: 107}
    assert everybody() == 107
    assert StoredDay.objects.get().day == YESTERDAY


def test_the_night_comes_once_a_day(najm, clock):
    assert recompute.start_night(NOW)
    assert recompute.start_night(NOW + timedelta(hours=1)) is None
    assert recompute.start_night(NOW + timedelta(days=1))


def test_the_night_begins_at_the_organisations_midnight(najm):
    factories.organisation(time_zone="Asia/Riyadh")

    assert recompute.start_night(datetime(2026, 3, 17, 20, 59, tzinfo=UTC)).key == "night 2026-03-16"
    assert recompute.start_night(datetime(2026, 3, 17, 21, 0, tzinfo=UTC)).key == "night 2026-03-17"


def test_nights_that_were_missed_are_made_up_for(najm):
    StoredDay.objects.create(day=date(2026, 3, 12))

    job = night()

    assert job.parameters["days"] == ["2026-03-13", "2026-03-14", "2026-03-15", "2026-03-16"]
    assert [snapshots(date(2026, 3, day)) for day in range(12, 17)] == [{}, *[{najm.pk: 100}] * 4]


def test_no_more_than_a_month_is_made_up_for():
    StoredDay.objects.create(day=date(2024, 3, 12))

    assert len(recompute.start_night(NOW).parameters["days"]) == recompute.NIGHTS + 1


def test_the_night_lists_what_was_not_up_to_date(najm, clock):
    touched()
    forget_marks_of(lambda: factories.subscription(najm, 7, str(YESTERDAY)))
    clock.move_to(NOW + timedelta(days=1), tick=False)

    job = night(NOW + timedelta(days=1))

    assert {key for account, key in job.result["differences"]} >= {"mrr", "mrr_expansion", "arpa"}
    assert {account for account, key in job.result["differences"]} == {najm.pk}
    assert current() == {najm.pk: 107}


def test_a_night_after_a_quiet_day_lists_nothing(najm, clock):
    factories.order(najm, "2026-03-16 10:00")
    factories.resolved_ticket(najm, "2026-03-15 10:00")
    touched()
    clock.move_to(NOW + timedelta(days=1), tick=False)

    assert "differences" not in night(NOW + timedelta(days=1)).result


def test_what_is_touched_still_is_no_difference(najm, clock):
    loser = factories.account("Loser", merged_into=najm)
    touched()
    factories.subscription(loser, 7, str(YESTERDAY))
    clock.move_to(NOW + timedelta(days=1), tick=False)

    assert "differences" not in night(NOW + timedelta(days=1)).result


def test_touched_accounts_wait_until_the_night_has_compared_them(najm, clock):
    touched()
    far = factories.account("Far", pk=6_000_000)
    factories.subscription(far, 9, "2026-01-01")
    factories.subscription(najm, 7, str(TODAY))
    clock.move_to(NOW + timedelta(days=1), tick=False)
    job = recompute.start_night(NOW + timedelta(days=1))
    recompute.work_on_range(job)

    recompute.recompute_touched(NOW + timedelta(days=2))

    assert set(Touched.objects.values_list("account_id", flat=True)) == {far.pk}
    assert current()[najm.pk] == 107
    recompute.work_on(job, NOW + timedelta(days=2))
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {})


def test_a_night_that_was_stopped_lets_touched_accounts_go_on(najm):
    job = recompute.start_night(NOW)
    Job.objects.update(stop_requested_at=NOW)
    assert touched() == 0

    recompute.work_on(job, SOON)

    assert touched() == 1
    assert current() == {najm.pk: 100}


def test_runs_over_touched_accounts_are_forgotten_after_a_week(najm):
    Job.objects.create(kind=recompute.TOUCHED, finished_at=NOW - timedelta(days=8))
    kept = Job.objects.create(kind=recompute.TOUCHED, finished_at=NOW - timedelta(days=6))
    other = Job.objects.create(kind="import", finished_at=NOW - timedelta(days=8))

    recompute.start_night(NOW)

    assert set(Job.objects.exclude(kind=recompute.NIGHT)) == {kept, other}


# Touched accounts


def test_touched_accounts_are_made_anew(najm):
    other = factories.account("Other")
    run()
    Touched.objects.all().delete()
    forget_marks_of(lambda: factories.subscription(other, 5, "2026-01-01"))
    factories.subscription(najm, 7, "2026-03-01")

    assert touched() == 1

    assert current() == {najm.pk: 107}
    assert everybody() == 107
    assert not Touched.objects.exists()
    job = Job.objects.latest("pk")
    assert (job.kind, job.state, job.done, job.total) == (recompute.TOUCHED, Job.State.DONE, 1, 1)


def test_nothing_touched_is_no_run():
    assert touched() == 0
    assert not Job.objects.exists()


def test_marks_stay_when_the_batch_fails(najm, monkeypatch):
    breaks_on(monkeypatch, najm)
    marks = Touched.objects.count()

    with pytest.raises(DatabaseError):
        touched()

    assert Touched.objects.count() == marks > 0
    assert not Job.objects.exists()


def test_batches_take_so_many_marks_and_all_of_their_accounts(najm, monkeypatch):
    for number in range(5):
        factories.subscription(factories.account(f"Account {number}"), 10 + number, "2026-01-01")
    monkeypatch.setattr(recompute, "BATCH", 2)

    assert recompute.recompute_batch() == 1
    assert touched() == 5
    assert len(current()) == 6


def test_values_of_everybody_are_added_up_though_the_worker_was_killed_after_its_batch(najm):
    recompute.recompute_batch()
    assert not PopulationValue.objects.exists()

    assert touched() == 0

    assert everybody() == 100
    assert not Job.objects.unfinished().exists()


def test_batches_of_a_minute_share_one_run(najm):
    recompute.recompute_batch()
    factories.subscription(factories.account("Other"), 10, "2026-01-01")
    touched()

    job = Job.objects.get(kind=recompute.TOUCHED)
    assert (job.state, job.done) == (Job.State.DONE, 2)


def test_a_fact_of_a_merged_account_counts_for_the_survivor(najm):
    loser = factories.account("Loser")
    factories.subscription(loser, 30, "2026-01-01")
    touched()
    merge_accounts(loser, najm, by=None)
    touched()
    assert current() == {najm.pk: 130}

    factories.subscription(loser, 5, "2026-01-01")
    touched()
    assert current() == {najm.pk: 135}

    Account.objects.filter(pk=loser.pk).update(merged_into=None)
    touched()
    assert current() == {najm.pk: 100, loser.pk: 35}


def test_a_merge_changes_the_past_days_too(najm):
    loser = factories.account("Loser")
    factories.subscription(loser, 30, "2026-01-01")
    run(days=[YESTERDAY])
    assert snapshots(YESTERDAY) == {najm.pk: 100, loser.pk: 30}

    merge_accounts(loser, najm, by=None)
    touched()

    assert snapshots(YESTERDAY) == {najm.pk: 130}


def test_a_fact_without_account_counts_for_everybody(najm):
    run(days=[YESTERDAY])
    refresh()
    touched()
    factories.resolved_ticket(None, "2026-03-10 10:00")

    assert touched() == 1

    assert everybody("tickets") == 1
    assert not CurrentValue.objects.of("tickets").exists()
    assert StoredDay.objects.get().stale_since == NOW
    refresh()
    assert everybody("tickets", YESTERDAY) == 1


def test_a_deleted_account_leaves_nothing(najm):
    other = factories.account("Other")
    factories.subscription(other, 30, "2026-01-01")
    run(days=[YESTERDAY])
    refresh()
    assert everybody("mrr", YESTERDAY) == 130

    najm.delete()
    touched()

    assert current() == {other.pk: 30}
    assert snapshots(YESTERDAY) == {other.pk: 30}
    assert everybody() == 30
    refresh()
    assert everybody("mrr", YESTERDAY) == 30


def test_a_deleted_loser_is_missed_by_the_survivor(najm):
    loser = factories.account("Loser", merged_into=najm)
    factories.subscription(loser, 30, "2026-01-01")
    run(days=[YESTERDAY])
    assert snapshots(YESTERDAY) == {najm.pk: 130}

    loser.delete()
    touched()

    assert current() == snapshots(YESTERDAY) == {najm.pk: 100}


def test_the_clock_is_read_after_the_lock(najm, clock, monkeypatch):
    """A batch that began before midnight and waited stores the values of the new day."""
    factories.subscription(najm, 7, "2026-03-18")
    lock = recompute._lock

    def wait(what):
        lock(what)
        clock.move_to(NOW + timedelta(days=1), tick=False)

    monkeypatch.setattr(recompute, "_lock", wait)
    recompute.recompute_batch()

    assert current() == {najm.pk: 107}


def forget_marks_of(change):
    before = set(Touched.objects.values_list("pk", flat=True))
    change()
    Touched.objects.exclude(pk__in=before).delete()


# Everybody touched


def test_a_rate_makes_everything_anew_since_its_day(najm):
    factories.subscription(najm, 10, "2026-01-01", currency="EUR")
    factories.rate("EUR", "2025-01-01", 1)
    run(days=[date(2026, 1, 31), date(2026, 2, 28), YESTERDAY])
    Touched.objects.all().delete()
    factories.rate("EUR", "2026-02-01", 2)

    job = recompute.start_when_everybody_is_touched(NOW)

    assert (job.kind, job.parameters["days"]) == (recompute.FULL, ["2026-02-28", str(YESTERDAY)])
    recompute.work_on(job, SOON)
    assert current() == {najm.pk: 120}
    assert snapshots(date(2026, 1, 31)) == {najm.pk: 110}
    assert snapshots(date(2026, 2, 28)) == {najm.pk: 120}
    assert not Touched.objects.filter(account_id=None).exists()


def test_a_setting_makes_everything_anew(najm):
    run(days=[date(2025, 12, 31), YESTERDAY])
    Touched.objects.all().delete()
    factories.organisation(inactive_days=30)

    assert recompute.start_when_everybody_is_touched(NOW).parameters["days"] == ["2025-12-31", str(YESTERDAY)]


@pytest.mark.parametrize("change", [{"name": {"en": "Falak"}}, {"digits": "arab"}, {"weekend": [5, 6]}])
def test_a_setting_that_no_figure_reads_touches_nobody(najm, change):
    Organisation.current()
    Touched.objects.all().delete()

    factories.organisation(**change)

    assert recompute.start_when_everybody_is_touched(NOW) is None


def test_one_run_over_everybody_after_the_other(najm):
    factories.rate("EUR", "2025-01-01", 1)
    first = recompute.start_when_everybody_is_touched(NOW)
    factories.rate("EUR", "2026-01-01", 2)

    assert recompute.start_when_everybody_is_touched(NOW) is None

    recompute.work_on(first, SOON)
    assert recompute.start_when_everybody_is_touched(NOW)


# Late facts


def test_a_late_fact_changes_the_days_since(najm):
    days = [date(2026, 1, 31), date(2026, 2, 28), YESTERDAY]
    run(days=days)
    touched()
    refresh()
    factories.subscription(najm, 7, "2026-02-10")

    touched()

    assert [snapshots(day)[najm.pk] for day in days] == [100, 107, 107]
    stale = StoredDay.objects.filter(stale_since=NOW).order_by("day")
    assert [stored.day for stored in stale] == days[1:]
    assert everybody("mrr", YESTERDAY) == 100
    refresh()
    assert [everybody("mrr", day) for day in days] == [100, 107, 107]


def test_an_ordinary_fact_of_today_makes_no_day_stale(najm):
    run(days=[YESTERDAY])
    touched()
    refresh()

    factories.order(najm, "2026-03-17 00:00")
    factories.resolved_ticket(najm, "2026-03-17 01:00")
    Account.objects.update(name="Najm Logistics")
    touched()

    assert StoredDay.objects.get().stale_since is None


def test_the_end_of_an_old_subscription_leaves_the_days_before_it_alone(najm):
    run(days=[date(2026, 1, 31), YESTERDAY])
    touched()
    refresh()

    najm.subscriptions.update(ends=date(2026, 3, 1), cancelled_on=date(2026, 2, 20))
    touched()

    assert StoredDay.objects.get(stale_since__isnull=False).day == YESTERDAY
    assert snapshots(YESTERDAY) == {}
    assert snapshots(date(2026, 1, 31)) == {najm.pk: 100}


def test_a_late_fact_reaches_a_day_that_a_run_is_still_storing(najm):
    """The run has stored this account already and will not come back to it."""
    factories.account("Far", pk=6_000_000)
    Touched.objects.all().delete()
    job = recompute.start(recompute.FULL, days=[YESTERDAY], current=False)
    recompute.work_on_range(job)
    assert snapshots(YESTERDAY) == {najm.pk: 100}

    factories.subscription(najm, 7, str(YESTERDAY))
    touched()

    recompute.work_on(job, SOON)
    assert snapshots(YESTERDAY) == {najm.pk: 107}


def test_a_day_stays_stale_since_the_first_late_fact(najm, clock):
    run(days=[YESTERDAY])
    refresh()
    for minutes in (1, 2):
        clock.move_to(NOW + timedelta(minutes=minutes), tick=False)
        factories.subscription(najm, 7, str(YESTERDAY))
        touched()

    assert StoredDay.objects.get().stale_since == NOW + timedelta(minutes=1)


# Stale days


def test_a_stale_day_is_refreshed_once(najm):
    run(days=[YESTERDAY])

    assert recompute.refresh_stale_day(NOW)
    assert not recompute.refresh_stale_day(NOW)
    assert everybody("mrr", YESTERDAY) == 100


def test_the_day_that_has_been_stale_for_longest_comes_first(najm):
    run(days=[date(2026, 2, 28), YESTERDAY])
    StoredDay.objects.filter(day=YESTERDAY).update(stale_since=NOW - timedelta(hours=1))

    recompute.refresh_stale_day(NOW)

    assert StoredDay.objects.get(stale_since__isnull=False).day == date(2026, 2, 28)


def test_a_day_settles_before_it_is_refreshed_unless_it_has_no_values_yet(najm):
    run(days=[YESTERDAY])
    settled = timedelta(minutes=10)
    assert recompute.refresh_stale_day(NOW, settled=settled)

    StoredDay.objects.update(stale_since=NOW)
    assert not recompute.refresh_stale_day(NOW + timedelta(minutes=9), settled=settled)
    assert recompute.refresh_stale_day(NOW + timedelta(minutes=10), settled=settled)


def refresh():
    while recompute.refresh_stale_day(NOW):
        pass


def test_amounts_without_a_rate_are_kept_as_unknown(najm):
    factories.subscription(najm, 10, "2026-01-01", currency="EUR")

    run()

    value = CurrentValue.objects.of("mrr").get()
    assert (value.numerator, value.denominator, value.value) == (None, Decimal(0), None)
    assert everybody() is None


def test_work_leaves_no_temporary_table(najm):
    run(days=[YESTERDAY])
    night()
    touched()
    refresh()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        assert cursor.fetchone() == (0,)
