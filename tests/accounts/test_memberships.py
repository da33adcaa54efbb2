"""Who is in a population, since when, until when and why."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import memberships
from accounts.memberships import Difference
from accounts.merges import merge_accounts
from accounts.models import Account, AuditEntry, Contact, Membership, Plan, Population, Team
from tests.factories import account, attribute, organisation, population, subscription

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _settings(db):
    organisation()


def later(minutes):
    return NOW + timedelta(minutes=minutes)


def ask(of):
    return memberships.asked(of, TODAY)


def refresh(of, minutes=0, **options):
    return memberships.refresh(of, ask, later(minutes), **options)


def members(of):
    return sorted(
        row.account.name if row.account else row.contact.name
        for row in Membership.objects.filter(population=of).open().select_related("account", "contact")
    )


def found(*conditions, **fields):
    of = population(*conditions, **fields)
    refresh(of)
    return members(of)


# Who


def test_values_are_alternatives_and_conditions_narrow_one_another():
    account("One", segment="large", tier="gold")
    account("Two", segment="small", tier="gold")
    account("Three", segment="large", tier="silver")
    account("Four", segment="tiny", tier="gold")

    assert found(("segment", ["large", "small"]), ("tier", "gold")) == ["One", "Two"]


@pytest.mark.parametrize(
    "field", ["segment", "tier", "region", "industry", "country", "acquired_channel", "acquired_campaign"]
)
def test_words_are_compared_and_none_is_a_value(field):
    account("One", **{field: "SA"})
    account("Two", **{field: "AE"})
    account("None")

    assert found((field, "SA")) == ["One"]
    assert found((field, ["AE", ""])) == ["None", "Two"]


def test_stage_is_compared():
    account("One", stage="live")
    account("Two", stage="churned")

    assert found(("stage", ["live", "renewing"])) == ["One"]


@pytest.mark.parametrize("field", ["owner", "team", "parent"])
def test_owner_team_and_parent_are_compared_by_id(field, alice, team):
    given = {"owner": alice, "team": team, "parent": account("Parent")}[field]
    account("One", **{field: given})
    account("Two")

    assert found((field, given.pk)) == ["One"]
    assert found((field, ["", given.pk])) == sorted(Account.objects.values_list("name", flat=True))


def test_tags_are_found_in_any_spelling():
    account("One", tags=["VIP", "beta"])
    account("Two", tags=["beta"])
    account("None")

    assert found(("tag", "vip")) == ["One"]
    assert found(("tag", ["vip", ""])) == ["None", "One"]


def test_declared_attributes_are_compared_by_each_of_their_values():
    attribute("modules", "choices", choices=["crm", "erp"])
    account("One", attributes={"modules": ["crm", "erp"]})
    account("Two", attributes={"modules": ["erp"]})
    account("None")

    assert found(("attribute.modules", "crm")) == ["One"]
    assert found(("attribute.modules", ["crm", ""])) == ["None", "One"]


def test_plan_is_that_of_the_largest_subscription_in_service_of_the_whole_account():
    basic, pro = Plan.objects.create(code="basic"), Plan.objects.create(code="pro")
    one, loser = account("One"), account("Loser")
    subscription(one, 10, "2026-01-01", plan=basic)
    subscription(loser, 100, "2026-01-01", plan=pro)
    subscription(account("Gone"), 100, "2025-01-01", "2026-01-01", plan=pro)
    merge_accounts(loser, one, by=None)

    assert found(("plan", "pro")) == ["One"]
    assert found(("plan", "basic")) == []
    assert found(("plan", "")) == ["Gone"]


def test_internal_accounts_are_in_only_where_they_are_asked_for():
    account("One")
    account("Ours", internal=True)

    assert found() == ["One"]
    assert found(("internal", "true")) == ["Ours"]
    assert found(("internal", ["true", "false"])) == ["One", "Ours"]


def test_contacts_are_found_by_what_they_and_their_accounts_are():
    large, small = account("Large", segment="large"), account("Small", segment="small")
    for name, of, fields in [
        ("Sara", large, {"role": "admin", "language": "ar"}),
        ("Lina", large, {"role": "user", "language": "ar", "left": date(2026, 3, 17)}),
        ("Omar", small, {"role": "admin", "language": "en", "left": date(2026, 3, 18)}),
    ]:
        Contact.objects.create(account=of, name=name, **fields)

    assert found(("role", "admin"), kind="contacts") == ["Omar", "Sara"]
    assert found(("role", "admin"), ("segment", "large"), kind="contacts") == ["Sara"]
    assert found(("language", ["ar"]), kind="contacts") == ["Lina", "Sara"]
    assert found(("left", "true"), kind="contacts") == ["Lina"]
    assert found(("left", "false"), kind="contacts") == ["Omar", "Sara"]


def test_contacts_of_who_lost_a_merge_are_those_of_the_survivor():
    loser, survivor = account("Loser", segment="small"), account("Survivor", segment="large")
    Contact.objects.create(account=loser, name="Sara")
    merge_accounts(loser, survivor, by=None)

    assert found(("segment", "large"), kind="contacts") == ["Sara"]
    assert found(("segment", "small"), kind="contacts") == []


# When


def test_only_differences_are_written():
    one, two = account("One", segment="large"), account("Two", segment="large")
    of = population(("segment", "large"))

    assert refresh(of) == Difference(2, 0)
    Account.objects.filter(pk=two.pk).update(segment="small")
    assert refresh(of, 5) == Difference(0, 1)
    assert refresh(of, 10) == Difference()
    Account.objects.filter(pk=two.pk).update(segment="large")
    assert refresh(of, 15) == Difference(1, 0)

    rows = Membership.objects.order_by("entered", "account").values_list("account", "entered", "left")
    assert list(rows) == [(one.pk, NOW, None), (two.pk, NOW, later(5)), (two.pk, later(15), None)]


def test_first_evaluation_says_since_when_it_is_kept():
    of = population()

    refresh(of)
    refresh(of, 5)

    assert Population.objects.get().kept_since == of.kept_since == NOW


def test_clock_that_goes_back_ends_no_membership_before_it_began():
    one = account("One", segment="large")
    of = population(("segment", "large"))
    refresh(of)
    Account.objects.filter(pk=one.pk).update(segment="small")

    refresh(of, -5)

    assert Membership.objects.get().left == NOW


def test_nobody_is_in_an_archived_one_any_more():
    account("One")
    of = population()
    refresh(of)
    Population.objects.update(archived=True)

    refresh(of, 5, why="archived")

    assert list(Membership.objects.values_list("left", "why_left")) == [(later(5), "archived")]


def test_evaluation_costs_the_same_for_one_member_and_for_many(django_assert_num_queries):
    account("One", segment="large", tags=["vip"])
    of = population(("segment", "large"), ("tag", "vip"))
    refresh(of)

    with django_assert_num_queries(4):
        refresh(of, 5)
    for name in "ABCDE":
        account(name, segment="large", tags=["vip"])
    with django_assert_num_queries(4):
        refresh(of, 10)

    assert len(members(of)) == 6


def test_members_are_read_as_they_were_at_the_end_of_the_day_here():
    organisation(time_zone="Asia/Riyadh")
    one = account("One", segment="large")
    of = population(("segment", "large"))
    # 23:30 of the 17th in Riyadh.
    memberships.refresh(of, ask, datetime(2026, 3, 17, 20, 30, tzinfo=UTC))
    Account.objects.filter(pk=one.pk).update(segment="small")
    memberships.refresh(of, ask, datetime(2026, 3, 18, 21, 0, tzinfo=UTC))

    def on(day):
        return Membership.objects.on(date.fromisoformat(day)).count()

    # Midnight of the 19th begins at 21:00 UTC: at the end of the 18th it was still in.
    assert [on(day) for day in ("2026-03-17", "2026-03-18", "2026-03-19")] == [1, 1, 0]


def test_before_anything_was_kept_it_is_read_as_it_was_then():
    one = account("One", segment="large")
    of = population(("segment", "large"))
    refresh(of)
    Account.objects.filter(pk=one.pk).update(segment="small")
    refresh(of, 5)

    assert Membership.objects.on(date(2020, 1, 1)).count() == 1
    assert Membership.objects.on(TODAY).count() == 0


# Why


def whys(of):
    return dict(Membership.objects.filter(population=of).values_list("account__name", "why_entered"))


def test_first_members_were_in_it_from_the_first():
    account("One")
    of = population()

    refresh(of)

    assert whys(of) == {"One": "first"}


def test_who_leaves_is_told_which_condition_no_longer_holds():
    named = {
        "One": {"segment": "small"},
        "Two": {"tags": []},
        "Three": {"internal": True},
        "Four": {"segment": "small", "tags": []},
    }
    for name in named:
        account(name, segment="large", tags=["vip"])
    of = population(("segment", "large"), ("tag", "vip"))
    refresh(of)
    for name, values in named.items():
        Account.objects.filter(name=name).update(**values)

    refresh(of, 5)

    left = dict(Membership.objects.values_list("account__name", "why_left"))
    assert left == {"One": "segment", "Two": "tag", "Three": "internal", "Four": "segment"}


def test_who_loses_a_merge_leaves_because_of_it():
    loser, survivor = account("Loser"), account("Survivor")
    of = population()
    refresh(of)
    merge_accounts(loser, survivor, by=None)

    refresh(of, 5)

    assert dict(Membership.objects.values_list("account__name", "why_left")) == {
        "Loser": "merged",
        "Survivor": "",
    }


def test_contact_leaves_because_of_its_own_or_its_accounts_condition():
    of_account = account("Large", segment="large")
    sara = Contact.objects.create(account=of_account, name="Sara", role="admin")
    lina = Contact.objects.create(account=account("Other", segment="large"), name="Lina", role="admin")
    of = population(("role", "admin"), ("segment", "large"), kind="contacts")
    refresh(of)
    Account.objects.filter(pk=of_account.pk).update(segment="small")
    Contact.objects.filter(pk=lina.pk).update(role="user")

    refresh(of, 5)

    assert dict(Membership.objects.values_list("contact", "why_left")) == {
        sara.pk: "segment",
        lina.pk: "role",
    }


def test_who_enters_is_told_which_condition_the_audit_says_was_changed():
    attribute("modules", "choices", choices=["crm"])
    team = Team.objects.create(name="West")
    for name, values in {
        "One": {"tier": "silver"},
        "Two": {"team": None},
        "Three": {"tags": []},
        "Four": {"attributes": {"modules": []}},
        "Both": {"tier": "silver", "team": None},
    }.items():
        plain = {"tier": "gold", "team": team, "tags": ["vip"], "attributes": {"modules": ["crm"]}}
        account(name, **(plain | values))
    of = population(("tier", "gold"), ("team", team.pk), ("tag", "vip"), ("attribute.modules", "crm"))
    refresh(of)
    # In one transaction everything happens at once.
    AuditEntry.objects.update(at=later(-1))
    Account.objects.update(tier="gold", team=team, tags=["vip"], attributes={"modules": ["crm"]})
    account("Six", tier="gold", team=team, tags=["vip"], attributes={"modules": ["crm"]})

    refresh(of, 5, since=NOW)

    assert whys(of) == {
        "One": "tier",
        "Two": "team",
        "Three": "tag",
        "Four": "attribute.modules",
        "Both": "",
        "Six": "new",
    }


def test_with_one_condition_it_was_that_one():
    one = account("One", segment="small")
    of = population(("segment", "large"))
    refresh(of)
    Account.objects.filter(pk=one.pk).update(segment="large")

    refresh(of, 5)

    assert whys(of) == {"One": "segment"}


# Anything

FIELDS = {
    "segment": ["", "large", "small"],
    "tier": ["", "gold"],
    "country": ["", "SA", "AE"],
    "stage": ["lead", "live", "churned"],
    "internal": ["true", "false"],
    "tag": ["", "vip", "beta"],
    "attribute.modules": ["", "crm", "erp"],
    "role": ["user", "admin"],
    "language": ["", "ar", "en"],
    "left": ["true", "false"],
}
OF_CONTACTS = ("role", "language", "left")


@st.composite
def conditions(draw, of_contacts):
    known = [field for field in FIELDS if of_contacts or field not in OF_CONTACTS]
    fields = draw(st.lists(st.sampled_from(known), max_size=4, unique=True))
    return [
        (field, draw(st.lists(st.sampled_from(FIELDS[field]), min_size=1, max_size=2, unique=True)))
        for field in fields
    ]


def value(row, field):
    """All values that the account or the contact has of a field, read without the engine."""
    if field == "tag":
        return row.tags or [""]
    if field == "attribute.modules":
        return row.attributes.get("modules") or [""]
    if field == "internal":
        return ["true" if row.internal else "false"]
    if field == "left":
        return ["true" if row.left and row.left <= TODAY else "false"]
    return [getattr(row, field)]


def meets(row, asked):
    return all(set(value(row, field)) & set(values) for field, values in asked)


def in_a_loop(asked, of_contacts):
    """One by one, as one would with a pencil."""
    own = [one for one in asked if one[0] in OF_CONTACTS]
    rest = [one for one in asked if one[0] not in OF_CONTACTS]
    asks_for_internal = any(field == "internal" for field, _values in asked)
    accounts = {
        one.pk
        for one in Account.objects.all()
        if one.merged_into_id is None and (asks_for_internal or not one.internal) and meets(one, rest)
    }
    if not of_contacts:
        return accounts
    return {
        one.pk
        for one in Contact.objects.select_related("account")
        if (one.account.merged_into_id or one.account_id) in accounts and meets(one, own)
    }


def change_something(random):
    for one in random.sample(list(Account.objects.order_by("pk")), 4):
        Account.objects.filter(pk=one.pk).update(
            segment=random.choice(FIELDS["segment"]),
            tier=random.choice(FIELDS["tier"]),
            country=random.choice(FIELDS["country"]),
            stage=random.choice(FIELDS["stage"]),
            internal=random.random() < 0.3,
            tags=random.sample(["vip", "beta"], random.randint(0, 2)),
            attributes={"modules": random.sample(["crm", "erp"], random.randint(1, 2))}
            if random.random() < 0.6
            else {},
        )
    for one in random.sample(list(Contact.objects.order_by("pk")), 3):
        Contact.objects.filter(pk=one.pk).update(
            role=random.choice(FIELDS["role"]),
            language=random.choice(FIELDS["language"]),
            left=random.choice([None, TODAY, TODAY + timedelta(days=1)]),
        )
    if random.random() < 0.3:
        loser, survivor = random.sample(list(Account.objects.filter(merged_into=None)), 2)
        merge_accounts(loser, survivor, by=None)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), of_contacts=st.booleans(), random=st.randoms(use_true_random=False))
def test_any_filter_finds_whom_a_plain_loop_finds_and_its_history_adds_up(data, of_contacts, random):
    asked = data.draw(conditions(of_contacts))
    with transaction.atomic():
        attribute("modules", "choices", choices=["crm", "erp"])
        for number in range(8):
            one = account(f"Customer {number}")
            Contact.objects.create(account=one, name=f"Person {number}")
        of = population(*asked, kind="contacts" if of_contacts else "accounts")
        sizes = {}
        for step in range(4):
            change_something(random)
            difference = refresh(of, step)
            wanted = in_a_loop(asked, of_contacts)
            sizes[step] = len(wanted)
            assert kept(of, of_contacts) == wanted
            assert difference.entered - difference.left == sizes[step] - sizes.get(step - 1, 0)
        assert_history_adds_up(of, sizes)
        transaction.set_rollback(True)


def kept(of, of_contacts):
    column = "contact" if of_contacts else "account"
    return set(Membership.objects.filter(population=of).open().values_list(column, flat=True))


def assert_history_adds_up(of, sizes):
    """At every moment: those who had entered less those who had left; and nobody was in it twice at once."""
    rows = list(Membership.objects.filter(population=of))
    for step, size in sizes.items():
        entered = sum(row.entered <= later(step) for row in rows)
        left = sum(row.left is not None and row.left <= later(step) for row in rows)
        assert entered - left == size
    for one, other in product(rows, rows):
        is_same = (one.account_id, one.contact_id) == (other.account_id, other.contact_id)
        if one.pk < other.pk and is_same:
            assert one.left is not None
            assert one.left <= other.entered
