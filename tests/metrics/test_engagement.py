"""What people did: who counts as one of them, what is activity, and what parameters name."""

import pytest
from django.db.models import Count

from accounts.models import Contact, EventName, Feature, TaxonomyVersion
from metrics import catalogue, storing
from metrics.framing import QuestionError, check
from metrics.models import Definition, StoredDay
from metrics.populations import Population
from metrics.questions import Question
from metrics.versions import version_of
from tests.factories import account, accounts, day, organisation, subscription
from tests.metrics.asking import answer, clock, parts, value
from tests.metrics.doing import act, contact, plan_with, visit

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"


def test_a_person_of_many_rows_and_days_is_one():
    sara = contact(account())
    for on in ("2026-06-01", "2026-06-30"):
        for name in ("Page", "Signed In"):
            act(sara, on, name)

    assert value("monthly_active_users", JUNE_30) == 1


def test_merged_contacts_are_one_person_also_where_their_accounts_were_merged():
    loser, survivor = accounts(2)
    first, second = contact(loser), contact(survivor)
    for who in (first, second):
        act(who, "2026-06-10")
    assert value("monthly_active_users", JUNE_30) == 2

    Contact.objects.filter(pk=first.pk).update(merged_into=second)
    assert value("monthly_active_users", JUNE_30) == 2  # at two accounts, one at each

    type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor)
    assert value("monthly_active_users", JUNE_30) == 1
    assert value("stickiness", JUNE_30) * 21 == 1  # since the tenth


def test_what_is_nobodys_is_in_counts_and_not_in_people():
    acme = account()
    act(None, "2026-06-10", "Signed In", account=acme)
    act(None, "2026-06-10", "Signed In")

    assert (value("logins", JUNE_30), value("logins", JUNE_30, account=acme.pk)) == (2, 1)
    assert value("monthly_active_users", JUNE_30) == 0
    assert answer("logins", JUNE_30).unattributed == 1
    assert answer("logins_per_person", JUNE_30).reason == "no_denominator"


@pytest.mark.parametrize(
    ("name", "machine", "people"),
    [
        ("Report Sent", False, 1),
        ("Report Sent", True, 0),
        ("Signed Out", False, 0),
        ("Email Opened", False, 0),
        ("Heartbeat", False, 0),
        ("Tipp", False, 1),  # it means something, and what that is makes active
    ],
)
def test_activity_is_what_neither_we_nor_the_organisation_say_is_none(name, machine, people):
    EventName.objects.create(sent_as="Heartbeat", is_activity=False)
    EventName.objects.create(sent_as="Tipp", means="Report Sent", is_activity=False)
    act(contact(account()), "2026-06-10", name, machine=machine)

    assert value("monthly_active_users", JUNE_30) == people


def test_what_came_late_was_not_known_before():
    sara = contact(account())
    act(sara, "2026-06-10", late_on=day("2026-06-20"))
    type(sara.account).objects.update(recorded_at="2026-01-01T00:00Z")

    assert value("monthly_active_users", JUNE_30) == 1
    assert value("monthly_active_users", JUNE_30, known_by="2026-06-19") == 0
    assert value("monthly_active_users", JUNE_30, known_by="2026-06-20") == 1


def test_late_days_are_counted_as_late():
    sara = contact(account())
    act(sara, "2026-06-10", "Signed In", late_on=day("2026-06-12"))
    act(sara, "2026-06-11", "Signed In")

    asked = Question(catalogue.ALL["logins"], Population(), clock(), day(JUNE_30))
    assert (asked.recorded().late, asked.recorded().backfilled) == (1, 0)


def test_the_days_behind_a_count_add_up_to_it():
    sara = contact(account())
    act(sara, "2026-06-10", "Signed In", count=2)
    act(sara, "2026-06-11", "Signed In", count=3)

    (counted,) = Question(catalogue.ALL["logins"], Population(), clock(), day(JUNE_30)).facts(sara.account_id)

    assert counted.listed[0].total == value("logins", JUNE_30) == 5


def test_counts_are_split_by_what_they_are_of():
    sara = contact(account())
    plan_with("full", "export")
    for name, about in (
        ("Page", "/"),
        ("Page", "/prices"),
        ("Resource Viewed", "guide"),
        ("Post Liked", "p1"),
    ):
        act(sara, "2026-06-10", name, about, campaign="spring")
    visit(sara, "2026-06-10 10:00", channel="search", entry="/")

    assert parts("page_views", JUNE_30, by="page") == {"/": 1, "/prices": 1}
    assert parts("page_views", JUNE_30, by="campaign") == {"spring": 2}
    assert parts("resource_views", JUNE_30, by="resource") == {"guide": 1}
    assert parts("social_likes", JUNE_30, by="post") == {"p1": 1}
    assert parts("sessions", JUNE_30, by="channel") == {"search": 1}
    assert parts("bounce_rate", JUNE_30, by="page") == {"/": 1}
    assert parts("monthly_active_users", JUNE_30, by="event") == {"Page": 1, "Resource Viewed": 1}


def test_a_feature_that_there_is_not_is_refused_with_its_name():
    Feature.objects.create(code="export")
    metric = catalogue.ALL["feature_adoption_rate"]
    check(metric, None, clock(), None, {"feature": "export"})

    with pytest.raises(QuestionError, match="There is no “exprot” among these: features") as refused:
        check(metric, None, clock(), None, {"feature": "exprot"})

    assert refused.value.field == "feature"


def test_a_change_of_what_events_mean_makes_a_new_version_of_what_reads_them():
    storing.definitions()
    before = TaxonomyVersion.objects.aggregate(count=Count("pk"))["count"]

    TaxonomyVersion.objects.create()
    storing.definitions()

    versions = dict(Definition.objects.values_list("key", "version"))
    assert (versions["logins"], versions["mrr"]) == (1 + before + 1, 1)
    assert version_of(catalogue.ALL["logins"]) == versions["logins"]
    assert {key for key, metric in catalogue.ALL.items() if metric.reads_events} >= {
        *("daily_active_users", "sessions", "email_open_rate", "arpu", "features_never_used")
    }
    assert not catalogue.ALL["subscribers"].reads_events


def test_values_kept_before_the_change_are_made_again():
    now = clock()
    StoredDay.objects.create(day=day("2026-12-30"))
    storing.store_populations(now, day("2026-12-30"))
    assert storing.without_history() == []

    TaxonomyVersion.objects.create()

    again = storing.without_history()
    assert "logins" in again
    assert "mrr" not in again


def test_the_organisations_week_says_which_days_are_worked():
    sara = contact(account())
    act(sara, "2026-06-01")
    for on in ("2026-06-05", "2026-06-06"):  # a Friday and a Saturday
        act(sara, on)

    organisation(weekend=[5, 6])
    assert value("stickiness_working_days", "2026-06-07", window="7d") * 5 == 1
    organisation(weekend=[6, 7])
    assert value("stickiness_working_days", "2026-06-07", window="7d") * 5 == 2


def test_who_uses_a_feature_without_being_active_by_it_is_no_more_than_all():
    acme = account()
    subscription(acme, 10, "2026-01-01", plan=plan_with("full", "export"))
    for name in ("Sara", "Omar"):
        act(contact(acme, name), "2026-06-10", "Feature Used", "export")
    act(contact(acme, "Lina"), "2026-06-10")
    assert value("feature_adoption_rate", JUNE_30) * 3 == 2

    EventName.objects.create(sent_as="Feature Used", is_activity=False)
    found = answer("feature_adoption_rate", JUNE_30)

    assert (found.value, found.numerator, found.denominator) == (1, 1, 1)


def test_a_median_needs_six_sessions_for_an_interval():
    sara = contact(account())
    for number in range(5):
        visit(sara, f"2026-06-{number + 10} 10:00", number * 10, events=2)
    few = answer("session_duration_median", JUNE_30)
    visit(sara, "2026-06-20 10:00", 50, events=2)
    enough = answer("session_duration_median", JUNE_30)

    assert (few.value, few.interval, few.interval_reason) == (20, None, "too_few_cases")
    assert (enough.value, enough.interval.low, enough.interval.high) == (25, 0, 50)
    assert enough.low_sample
