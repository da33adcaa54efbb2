"""Whatever the order and the batches in which calls come, the same is made of them: against a naive computation."""

import json
from collections import defaultdict

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountKey, Contact, Identity, OtherId, Profile
from tests.accounts.intake.saying import alias, group, identify, said

pytestmark = pytest.mark.django_db

USERS = ["u1", "u2", "u3", "م4"]
ANONYMOUS = ["a1", "a2", "a3"]
COMPANIES = ["najm", "falak"]
NAMES = ["Sara", "سارة", "Sara \u200fأحمد\u200e", "Z" * 200]
SHARED = ["one@najm.sa", "ONE@najm.sa", "two@najm.sa", "three@falak.sa"]
minutes = st.integers(0, 9)


@st.composite
def calls_of(draw):
    """Whether users share addresses is the same for all."""
    shares = draw(st.booleans())
    calls = []
    for _number in range(draw(st.integers(1, 10))):
        minute, user = draw(minutes), draw(st.sampled_from(USERS))
        kind = draw(st.sampled_from(["identify", "identify", "join", "browser", "group", "alias", "alias"]))
        if kind == "identify":
            calls.append(identify(user, minute=minute, **draw(traits_of(user, shares))))
        elif kind == "join":
            anonymous = draw(st.sampled_from(ANONYMOUS))
            calls.append(identify(user, minute=minute, anonymous=anonymous))
        elif kind == "browser":
            anonymous = draw(st.sampled_from(ANONYMOUS))
            traits = draw(traits_of(user, shares))
            calls.append(identify(user, minute=minute, anonymous=anonymous, verified=False, **traits))
        elif kind == "group":
            calls.append(group(draw(st.sampled_from(COMPANIES)), user, minute=minute))
        else:
            previous = draw(st.sampled_from([*USERS, *ANONYMOUS]))
            calls.append(alias(previous, user, minute=minute))
    return shares, calls


@st.composite
def traits_of(draw, user, shares):
    own = [f"{user.replace('م', 'm')}{number}@najm.sa" for number in (1, 2)]
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(NAMES),
                "email": st.sampled_from(SHARED if shares else own),
                "phone": st.sampled_from(["+966 1", "+٩٦٦ ٢"]),
            },
        )
    )


# The naive computation


def newest(calls):
    """Of each trait what was said last."""
    found = {}
    for call in calls:
        for trait, value in call["traits"].items():
            one = (call["at"], json.dumps(value, ensure_ascii=False), value)
            found[trait] = max(found.get(trait, one), one)
    return {trait: value for trait, (_at, _text, value) in found.items()}


def joins(calls):
    """By anonymous id who it is, for all but aliases that a server told."""
    found = defaultdict(list)
    for call in calls:
        said_of = (not call["verified"], call["at"], call["user"])
        if call["type"] == "identify" and call["anonymous"]:
            found[call["anonymous"]].append(said_of)
    return {value: min(claims) for value, claims in found.items()}


def aliases(calls):
    """(time, earlier id, user), of each two once: in the order of time, and at one moment in that of `calls`."""
    found = {}
    for call in sorted(calls, key=lambda call: call["at"]):
        if call["type"] == "alias" and call["previous"] != call["user"]:
            found.setdefault((call["previous"], call["user"]), call["at"])
    return [(at, previous, user) for (previous, user), at in found.items()]


def without_circles(claims):
    """By earlier id whose it is: one after the other, as if those that are rejected had never been sent."""
    edges = {}
    for _at, previous, user in claims:
        if previous not in edges and not is_circle({**edges, previous: user}, previous):
            edges[previous] = user
    return edges


def is_circle(edges, start):
    here = edges[start]
    for _step in edges:
        if here == start:
            return True
        here = edges.get(here)
    return False


def naive(calls):
    verified = [call for call in calls if call["verified"]]
    claims = aliases(calls)
    edges = without_circles(claims)
    anonymous = joins(calls)
    others = {("anonymous", value, join[2]): join[:2] for value, join in anonymous.items()}
    others |= {("user", previous, user): (False, at) for at, previous, user in claims}
    for at, previous, user in claims:
        if edges.get(previous) == user:
            join = (False, at, user)
            anonymous[previous] = min(join, anonymous.get(previous, join))

    def root(user):
        while user in edges:
            user = edges[user]
        return user

    told_of = {call["user"] for call in verified} | {user for pair in edges.items() for user in pair}
    persons = {root(user): {one for one in told_of if root(one) == root(user)} for user in told_of}
    people = {}
    for name, users in persons.items():
        traits = newest(call for call in verified if call["type"] == "identify" and call["user"] in users)
        companies = {
            call["company"] for call in verified if call["type"] == "group" and call["user"] in users
        }
        people[name] = traits, companies
    contacts = {
        (company, traits.get("email", "").lower(), traits.get("name", ""), latin(traits.get("phone", "")))
        for traits, companies in people.values()
        for company in companies
        if traits.get("email") or traits.get("name")
    }
    identities = set()
    for name, (traits, companies) in people.items():
        email = traits.get("email", "").lower()
        where = companies if email or traits.get("name") else set()
        if not companies and email:
            accounts = {company for company, address, *_more in contacts if address == email}
            where = accounts if len(accounts) == 1 else set()
        ids = {("user", user, True) for user in persons[name]}
        ids |= {
            ("anonymous", value, not unverified)
            for value, (unverified, _at, user) in anonymous.items()
            if root(user) == name
        }
        identities |= {(*one, company, email) for one in ids for company in where}
    return contacts, identities, others


def latin(text):
    return text.translate(str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789"))


# What is in the database


def stored():
    keys = dict(AccountKey.objects.values_list("account", "value"))
    contacts = {
        row.pk: (keys[row.account_id], row.email.lower(), row.name, row.phone)
        for row in Contact.objects.all()
    }
    identities = {
        (row.kind, row.value, row.verified, *contacts[row.contact_id][:2]) for row in Identity.objects.all()
    }
    others = {
        (row.kind, row.value, row.user): (not row.verified, row.said_at.isoformat())
        for row in OtherId.objects.all()
    }
    return set(contacts.values()), identities, others


def profiles(calls):
    users = {call["user"] for call in calls if call["verified"] and call["user"]}
    by_user = {}
    for user in users:
        own = [call for call in calls if call["verified"] and call["user"] == user]
        companies = defaultdict(list)
        for call in own:
            if call["type"] == "group":
                companies[call["company"]].append(call["at"])
        by_user[user] = newest(own), {name: min(times) for name, times in companies.items()}
    return by_user


def stored_profiles():
    return {
        row.value: (row.traits, {name: time.replace(".000000", "") for name, time in row.companies.items()})
        for row in Profile.objects.all()
    }


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls_of(), st.data())
def test_any_order_in_any_batches_makes_the_same(given_calls, data):
    shares, calls = given_calls
    order = data.draw(st.permutations(calls))
    size = data.draw(st.integers(1, 4))

    with transaction.atomic():
        for first in range(0, len(order), size):
            said(*order[first : first + size])
        contacts, identities, others = stored()
        kept = stored_profiles()
        again = set(Identity.objects.values_list("pk", flat=True)), Contact.objects.count()
        said(*order)
        assert again == (set(Identity.objects.values_list("pk", flat=True)), Contact.objects.count())
        transaction.set_rollback(True)

    of_contacts, of_identities, of_others = naive(order)
    assert others == of_others
    assert kept == {
        user: profile for user, profile in profiles(calls).items() if user in kept or any(profile)
    }
    assert identities == of_identities
    short = 2 if shares else 4
    assert {one[:short] for one in contacts} == {one[:short] for one in of_contacts}
