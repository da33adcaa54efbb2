"""Who gets a mailing, who does not, and why: each reason, their order, and that queueing says what the preview said."""

from datetime import timedelta

import pytest

from accounts.messages import mailings, recipients
from accounts.messages.recipients import Skip
from accounts.models import Consent, Contact, FrequencyRule, Message, Organisation, Outbox, Suppression, User
from accounts.models.outboxes import Medium
from accounts.models.populations import Population
from tests import factories
from tests.accounts.messages import writing
from tests.accounts.messages.mailed import NOW, mailing, people, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(administrator):
    return administrator


def skips(mailing, now=NOW):
    """By contact; and what is queued says the same."""
    found = {
        one.contact: one.skip
        for skip in ("", *Skip)
        for one in recipients.some(mailing, now, skip, most=1000)
    }
    assert recipients.counts(mailing, now) == {
        skip: list(found.values()).count(skip) for skip in found.values()
    }
    recipients.queue(mailing, now)
    queued = {one.contact_id: one.reason for one in mailing.messages.all()}
    states = {one.reason: one.state for one in mailing.messages.all()}
    assert queued == found
    assert all(state == ("skipped" if reason else "waiting") for reason, state in states.items())
    return found


def test_people_of_the_population_get_it_in_their_language(maker):
    sara = person()
    omar = person("omar@najm.example", name="عمر", language="ar-SA", account=sara.account)
    someone = person("x@najm.example", name="Élodie", language="fr")
    one = mailing(maker, language="ar")

    assert skips(one) == {sara.pk: "", omar.pk: "", someone.pk: ""}
    written = {message.contact_id: (message.language, message.values) for message in one.messages.all()}
    assert written == {
        sara.pk: ("en", {"name": "Sara"}),
        omar.pk: ("ar", {"name": "عمر"}),
        someone.pk: ("ar", {"name": "Élodie"}),
    }
    assert {(m.address, m.name, m.due_at, m.account) for m in one.messages.filter(contact=sara)} == {
        ("sara@najm.example", "Sara", NOW, sara.account)
    }


def test_language_of_a_letter_that_has_only_one(maker):
    sara = person(language="ar")
    one = mailing(maker, letter={"en": writing.ENGLISH}, language="ar")

    recipients.queue(one, NOW)

    assert one.messages.get(contact=sara).language == "en"


def test_population_of_accounts_is_all_its_people(maker):
    sara, omar = person(), person("omar@other.example", account=factories.account("Other", segment="SMB"))
    person("nobody@internal.example", account=factories.account("Test", internal=True))

    one = mailing(maker, population=people(kind=Population.Kind.ACCOUNTS))

    assert skips(one) == {sara.pk: "", omar.pk: ""}


def test_who_left_the_population_is_not_in_it(maker):
    person()
    sara = person("sara@b.example")
    population = people()
    population.memberships.exclude(contact=sara).update(left=NOW)

    assert skips(mailing(maker, population=population)) == {sara.pk: ""}


def test_merged_people_and_accounts_are_their_survivors(maker, survivor, loser):
    kept = person(account=survivor)
    lost = person("sara@old.example", account=survivor)
    moved = person("omar@najm.example", account=loser)
    population = people()
    Contact.objects.filter(pk=lost.pk).update(merged_into=kept)
    type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor)

    one = mailing(maker, population=population)

    assert skips(one) == {kept.pk: "", moved.pk: ""}
    assert {message.account for message in one.messages.all()} == {survivor}
    of_accounts = mailing(maker, population=people(kind=Population.Kind.ACCOUNTS))
    assert set(skips(of_accounts)) == {kept.pk, moved.pk}


@pytest.mark.parametrize(("days", "skip"), [(0, Skip.GONE), (-1, Skip.GONE), (1, "")])
def test_who_left_the_account_is_gone(maker, days, skip):
    sara = person(left=NOW.date() + timedelta(days=days))

    assert skips(mailing(maker)) == {sara.pk: skip}


def test_who_was_erased_or_has_no_address(maker):
    nobody, erased = person(""), person("erased-7@erased.invalid", name="")
    Contact.objects.filter(pk=erased.pk).update(erased_at=NOW)

    assert skips(mailing(maker)) == {nobody.pk: Skip.NO_ADDRESS, erased.pk: Skip.ERASED}


def test_sms_goes_to_phones(maker):
    sara, omar = person(phone="+966500000001"), person("omar@najm.example", name="Omar")
    one = mailing(maker, medium=Medium.SMS, letter={"en": {"body": "Hello"}})

    assert skips(one) == {sara.pk: "", omar.pk: Skip.NO_ADDRESS}
    assert (one.messages.get(contact=sara).medium, one.messages.get(contact=sara).address) == (
        "sms",
        "+966500000001",
    )


@pytest.mark.parametrize(
    ("suppressed", "skip"),
    [
        ({}, Skip.SUPPRESSED),
        ({"purpose": "service"}, Skip.SUPPRESSED),
        ({"address": "SARA@najm.example"}, Skip.SUPPRESSED),
        ({"purpose": "marketing"}, ""),
        ({"medium": Medium.SMS}, ""),
        ({"lifted_at": NOW}, ""),
    ],
)
def test_suppressed_addresses(maker, suppressed, skip):
    sara = person("Sara@najm.example")
    Suppression.objects.create(**{"address": "sara@najm.example"} | suppressed)

    assert skips(mailing(maker)) == {sara.pk: skip}


@pytest.mark.parametrize(
    ("purpose", "consents", "skip"),
    [
        ("service", [], ""),
        ("surveys", [], ""),
        ("marketing", [], Skip.NO_CONSENT),
        ("marketing", [{}], ""),
        ("service", [{"withdrawn_at": NOW}], Skip.WITHDRAWN),
        ("marketing", [{"withdrawn_at": NOW}], Skip.WITHDRAWN),
        ("marketing", [{"withdrawn_at": NOW}, {"given_at": NOW}], ""),
        ("marketing", [{"purpose": "service"}], Skip.NO_CONSENT),
        ("marketing", [{"channel": "sms"}], Skip.NO_CONSENT),
    ],
)
def test_consent_is_needed_for_marketing_and_respected_in_all(maker, purpose, consents, skip):
    sara = person()
    for given in consents:
        fields = {"purpose": purpose, "channel": "email", "given_at": NOW - timedelta(days=9)} | given
        Consent.objects.create(contact=sara, **fields)

    assert skips(mailing(maker, purpose=purpose)) == {sara.pk: skip}


def test_an_address_gets_it_once(maker):
    first, second = person("Info@najm.example"), person("info@najm.example", account=factories.account("B"))
    gone = person("info@najm.example", left=NOW.date())

    assert skips(mailing(maker)) == {first.pk: "", second.pk: Skip.TWICE, gone.pk: Skip.GONE}


def test_whose_address_another_skipped_one_has_still_gets_it(maker):
    """The first of an address counts among those who would get it."""
    nameless, sara = person("info@najm.example", name=""), person("info@najm.example")

    assert skips(mailing(maker)) == {nameless.pk: Skip.NO_VALUE, sara.pk: ""}


def test_value_that_is_missing_is_named(maker):
    owned = factories.account("Owned", owner=User.objects.create(email="omar@us.example", name="Omar"))
    sara, lina = person(account=owned), person("lina@b.example", account=factories.account("B"))
    words = {"body": "From {{ csm }}, {{ csm_email | us }}"}
    one = mailing(maker, letter=writing.texts(**words))

    assert skips(one) == {sara.pk: "", lina.pk: Skip.NO_VALUE}
    assert recipients.one(one, NOW, lina.pk).lacks == "csm"
    assert recipients.one(one, NOW, sara.pk).lacks == ""
    assert one.messages.get(contact=lina).answer == "csm"
    assert one.messages.get(contact=sara).values == {
        "name": "Sara",
        "csm": "Omar",
        "csm_email": "omar@us.example",
    }


def test_value_is_missed_only_where_the_own_language_asks_for_it(maker):
    letter = writing.texts() | {"ar": writing.ARABIC | {"body": "{{ csm }}"}}
    sara, omar = person(), person("omar@najm.example", language="ar")

    assert skips(mailing(maker, letter=letter)) == {sara.pk: "", omar.pk: Skip.NO_VALUE}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Sara", "Sara"),
        ("Sara  Al Najm", "Sara"),
        ("عبد الله القحطاني", "عبد الله"),
        ("Abu Bakr Siddiq", "Abu Bakr"),
        ("Abd", "Abd"),
        ("عمر بن الخطاب", "عمر"),
        ("د. عبد الله القحطاني", "عبد الله"),
        ("أ.د. سارة حداد", "سارة"),
        ("م. خالد", "خالد"),
        ("م/خالد", "خالد"),
        ("محمد علي", "محمد"),
        ("الأستاذة نورة", "نورة"),
        ("Dr. Sara Haddad", "Sara"),
        ("PROF. Dr Sara Haddad", "Sara"),
        ("Drew Barry", "Drew"),
        ("Mr. Abu Bakr", "Abu Bakr"),
        ('O\'Brien, "Jim"', "O'Brien"),
        ("السيد", "السيد"),
    ],
)
def test_first_names(maker, name, first):
    sara = person(name=name)

    one = mailing(maker, letter=writing.texts(subject="{{ first_name }}"))

    assert recipients.one(one, NOW, sara.pk).values == {"first_name": first}


def test_our_own_name_is_in_the_readers_language(maker):
    Organisation.objects.update_or_create(id=1, defaults={"name": {"en": "Rafeef", "ar": "رفيف"}})
    sara, omar = person(), person("omar@najm.example", language="ar")

    one = mailing(maker, letter=writing.texts(subject="{{ organisation }} {{ account }}"))

    values = [recipients.one(one, NOW, contact.pk).values for contact in (sara, omar)]
    assert values == [
        {"organisation": "Rafeef", "account": "Najm Logistics"},
        {"organisation": "رفيف", "account": "Najm Logistics"},
    ]


def before(contact, days, **fields):
    moment = NOW - timedelta(days=days)
    given = {"contact": contact, "address": contact.email, "sent_at": moment, "due_at": moment}
    return writing.message(**given | fields)


@pytest.mark.parametrize(
    ("sent", "skip"),
    [
        ({}, Skip.PERSON_BUDGET),
        ({"days": 7.1}, ""),
        ({"state": Message.State.DELIVERED}, Skip.PERSON_BUDGET),
        ({"state": Message.State.UNKNOWN}, Skip.PERSON_BUDGET),
        ({"state": Message.State.WAITING, "sent_at": None}, Skip.PERSON_BUDGET),
        ({"state": Message.State.SKIPPED}, ""),
        ({"state": Message.State.FAILED}, ""),
        ({"medium": Medium.SMS}, ""),
        ({"address": "SARA@NAJM.EXAMPLE"}, Skip.PERSON_BUDGET),
        ({"address": "omar@najm.example"}, ""),
    ],
)
def test_budget_of_a_person(maker, sent, skip):
    sara = person()
    Outbox.objects.create(medium=Medium.EMAIL, person_budget=1)
    before(sara, **{"days": 6.9} | sent)

    assert skips(mailing(maker)) == {sara.pk: skip}


def test_budget_of_a_person_has_its_own_days_and_number(maker):
    sara = person()
    Outbox.objects.create(medium=Medium.EMAIL, person_budget=2, budget_days=30)
    before(sara, 29)

    assert recipients.one(mailing(maker), NOW, sara.pk).skip == ""
    before(sara, 29)
    assert recipients.one(mailing(maker), NOW, sara.pk).skip == Skip.PERSON_BUDGET


def test_budget_of_an_account_counts_those_who_get_it_now(maker):
    account = factories.account()
    some = [person(f"p{number}@najm.example", account=account) for number in range(4)]
    other = person("other@b.example", account=factories.account("B"))
    Suppression.objects.create(address="p0@najm.example")
    Outbox.objects.create(medium=Medium.EMAIL, account_budget=3)
    before(some[3], 1)

    assert skips(mailing(maker)) == {
        some[0].pk: Skip.SUPPRESSED,
        some[1].pk: "",
        some[2].pk: "",
        some[3].pk: Skip.ACCOUNT_BUDGET,
        other.pk: "",
    }


@pytest.mark.parametrize(
    ("rule", "asked", "skip"),
    [
        ({"topic": "nps", "days": 90}, {"topic": "nps", "days": 89}, Skip.PERSON_TOPIC),
        ({"topic": "nps", "days": 90}, {"topic": "nps", "days": 91}, ""),
        ({"topic": "nps", "days": 90}, {"topic": "csat", "days": 1}, ""),
        ({"topic": "csat", "days": 90}, {"topic": "nps", "days": 1}, ""),
        ({"days": 30}, {"topic": "csat", "days": 29}, Skip.PERSON_TOPIC),
        ({"days": 30}, {"topic": "", "days": 1}, ""),
        ({"days": 30, "to_person": 2}, {"topic": "csat", "days": 1}, ""),
        # Whatever it came by, and to which address.
        (
            {"days": 30},
            {"topic": "nps", "days": 1, "medium": "sms", "address": "+966501234567"},
            Skip.PERSON_TOPIC,
        ),
        ({"days": 30}, {"topic": "nps", "days": 1, "state": "skipped"}, ""),
        ({"days": 30}, {"topic": "nps", "days": 1, "state": "waiting"}, Skip.PERSON_TOPIC),
    ],
)
def test_rule_of_how_often_a_person_is_asked(maker, rule, asked, skip):
    sara = person()
    FrequencyRule.objects.create(**{"to_person": 1} | rule)
    before(sara, **asked)

    assert skips(mailing(maker, topic="nps")) == {sara.pk: skip}


def test_rules_are_of_what_asks(maker):
    sara = person()
    FrequencyRule.objects.create(days=30, to_person=1)
    before(sara, 1, topic="nps")

    assert skips(mailing(maker)) == {sara.pk: ""}


def test_reminder_belongs_to_what_it_reminds_of(maker):
    sara = person()
    FrequencyRule.objects.create(days=30, to_person=2)
    before(sara, 1, topic="nps")
    before(sara, 1, topic="nps", reminds_of=Message.objects.get())

    assert skips(mailing(maker, topic="nps")) == {sara.pk: ""}


def test_rule_of_how_often_an_account_is_asked_counts_those_who_are_asked_now(maker):
    najm = factories.account()
    some = [person(f"p{number}@najm.example", account=najm) for number in range(3)]
    other = person("other@b.example", account=factories.account("B"))
    FrequencyRule.objects.create(topic="nps", days=30, to_account=2)
    before(some[2], 1, topic="nps")
    before(other, 1, topic="csat")

    assert skips(mailing(maker, topic="nps")) == {
        some[0].pk: "",
        some[1].pk: Skip.ACCOUNT_TOPIC,
        some[2].pk: Skip.ACCOUNT_TOPIC,
        other.pk: "",
    }


def test_only_people_of_accounts_that_its_maker_sees(alice, bob, charlie, team):
    owned = person(account=factories.account("Owned", owner=alice))
    shared = person("b@b.example", account=factories.account("Shared", team=team))
    person("c@c.example", account=factories.account("Other"))

    assert set(skips(mailing(alice))) == {owned.pk, shared.pk}
    assert set(skips(mailing(bob))) == {shared.pk}
    assert skips(mailing(charlie)) == {}


def test_whose_maker_left_reaches_nobody(alice, administrator):
    person(account=factories.account("Owned", owner=alice))
    User.objects.update(is_active=False)

    assert skips(mailing(User.objects.get(pk=alice.pk))) == {}
    assert skips(mailing(User.objects.get(pk=administrator.pk))) == {}
    assert skips(mailing(None)) == {}


def test_pages_of_recipients_follow_one_another(maker):
    some = [person(f"p{number}@najm.example").pk for number in range(5)]
    one = mailing(maker)

    pages = [recipients.some(one, NOW, "", after, 2) for after in (0, some[1], some[3], some[4])]

    assert [[row.contact for row in page] for page in pages] == [some[:2], some[2:4], some[4:], []]
    assert recipients.one(one, NOW, None).contact == some[0]


def test_once_queued_it_says_what_it_said_before(maker):
    person()
    person("b@b.example", name="")
    one = mailing(maker)
    moments = [(mailings.counts(one, NOW), mailings.some(one, NOW, ""), mailings.some(one, NOW, "no_value"))]

    recipients.queue(one, NOW)
    one.queued_at = NOW
    moments.append(
        (mailings.counts(one, NOW), mailings.some(one, NOW, ""), mailings.some(one, NOW, "no_value"))
    )

    assert moments[0] == moments[1]
    sara = moments[0][1][0]
    assert mailings.one(one, NOW, sara.contact) == mailings.one(one, NOW, None) == sara
    assert mailings.one(one, NOW, 0) is None


def test_nobody(maker):
    one = mailing(maker)

    assert (recipients.counts(one, NOW), recipients.one(one, NOW, None), recipients.queue(one, NOW)) == (
        {},
        None,
        0,
    )
