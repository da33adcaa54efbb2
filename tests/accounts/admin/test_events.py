"""What events are about and mean, entered by hand."""

from uuid import uuid4

import pytest
from django.utils import translation

from accounts.admin.events import GROUPS, fields_of, in_words
from accounts.models import (
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Event,
    EventName,
    Feature,
    Goal,
    Identity,
    Plan,
    PlanFeature,
    Resource,
    TaxonomyVersion,
    TraitField,
)
from accounts.taxonomy import STANDARD, Topic
from tests import factories
from tests.accounts.admin.pages import address, listed, results, saved, sent

pytestmark = pytest.mark.django_db


def errors(answer):
    return answer.context["adminform"].form.errors


# Names of events


def test_every_name_that_is_known_can_be_chosen_once(page):
    form = page.get(listed(EventName, "add")).context["adminform"].form

    offered = [name for _group, names in form.fields["means"].choices[1:] for name, _label in names]
    assert sorted(offered) == sorted(STANDARD)
    assert sorted(topic for topics in GROUPS.values() for topic in topics) == sorted(Topic)


def test_a_mapped_name_is_explained_and_makes_a_version(page):
    before = TaxonomyVersion.objects.count()

    saved(page, listed(EventName, "add"), sent_as="export_ok", means="Feature Used", object_property="what")

    row = EventName.objects.get()
    assert (row.means, TaxonomyVersion.objects.count()) == ("Feature Used", before + 1)
    assert "Whoever does this is active." in page.get(listed(EventName)).content.decode()
    assert "What it was done to: \u2068what\u2069." in in_words(row)


def test_an_event_of_its_own_may_be_no_activity(page):
    saved(page, listed(EventName, "add"), sent_as="ping", is_activity=None)

    row = EventName.objects.get()
    assert (row.means, row.is_activity) == ("", False)
    assert in_words(row).startswith("Whoever does this is not active by it.")


def test_a_name_that_figures_know_is_explained_as_they_read_it():
    own = EventName(sent_as="Feature Used", is_activity=False)

    assert "\u2068feature\u2069" in in_words(own)
    assert in_words(own).startswith("Whoever does this is not active by it.")
    assert "active by it" in in_words(EventName(sent_as="Email Opened"))


def test_several_properties_are_told_apart_without_arrows():
    said = in_words(EventName(sent_as="x", means="Page"))

    assert "\u2068path\u2069, else \u2068url\u2069, else \u2068name\u2069" in said


def test_another_meaning_of_a_name_that_figures_know_is_asked_for_twice(page):
    for message, name, sent_as in (("1", "Feature Used", ""), ("2", "Page", "Feature Used"), ("3", "A", "")):
        Event.objects.create(
            happened_at=factories.at("2026-01-10 12:00"),
            source="app",
            message_id=message,
            name=name,
            sent_as=sent_as,
            person=uuid4(),
        )

    asked = saved(page, listed(EventName, "add"), sent_as="Feature Used")
    assert "events: 2" in str(errors(asked)["sure"])
    assert 'type="checkbox" name="sure"' in asked.content.decode()
    assert not EventName.objects.exists()
    page.post(listed(EventName, "add"), sent(asked, sure="on"))

    row = EventName.objects.get()
    assert row.sent_as == "Feature Used"
    assert saved(page, address("change", row)).status_code == 302
    assert list(errors(saved(page, address("change", row), means="Page"))) == ["sure"]


def test_who_only_reads_is_asked_nothing(as_role, charlie):
    row = factories.plain(EventName, sent_as="Feature Used")

    answer = as_role(charlie, "Executive").get(address("change", row))

    assert answer.status_code == 200
    assert "sure" not in answer.content.decode()


@pytest.mark.parametrize("means", ["Dancing", "Signed In"])
def test_a_name_means_something_that_there_is_and_something_else(page, means):
    answer = saved(page, listed(EventName, "add"), sent_as="Signed In", means=means, sure="on")

    assert list(errors(answer)) == ["means"]
    assert not EventName.objects.exists()


def test_a_name_is_found_by_what_it_means(page):
    factories.plain(EventName, means="Signed In")
    factories.plain(EventName, sent_as="export_ok", means="Feature Used")

    found = results(page.get(listed(EventName, q="signed")))

    assert [row.sent_as for row in found] == ["login"]


def test_what_a_name_means_is_said_in_arabic():
    with translation.override("ar"):
        assert "من يفعل هذا فهو نشط." in in_words(EventName(sent_as="x", means="Signed In"))


# Traits


def test_a_trait_goes_into_a_declared_attribute(page):
    factories.attribute("seats", "whole")

    saved(page, listed(TraitField, "add"), about="account", trait="seat_count", field="attribute.seats")

    assert TraitField.objects.get().field == "attribute.seats"
    assert "Seats" in page.get(listed(TraitField)).content.decode()


def test_a_trait_of_a_person_goes_into_no_field_of_accounts(page):
    answer = saved(page, listed(TraitField, "add"), about="person", trait="branch", field="industry")

    assert "there is no such field" in str(errors(answer)["field"])
    assert not TraitField.objects.exists()


def test_an_attribute_that_is_archived_stays_chosen(page):
    attribute = factories.attribute("seats", "whole")
    row = factories.plain(TraitField, about="account", trait="seats", field="attribute.seats")
    attribute.archived = True
    attribute.save()

    saved(page, address("change", row), trait="licences")

    row.refresh_from_db()
    assert (row.trait, row.field) == ("licences", "attribute.seats")


def test_traits_go_into_fields_that_there_are():
    for about, model in (("person", Contact), ("account", Contact.account.field.related_model)):
        assert all(model._meta.get_field(name) for name in fields_of(about))


# What events are about


def test_a_plan_gets_its_features_on_its_own_page(page):
    plan, feature = factories.plain(Plan, name={"en": "Basic"}), factories.plain(Feature)
    form = page.get(address("change", plan))

    page.post(
        address("change", plan),
        sent(
            form,
            **{
                "features-TOTAL_FORMS": "1",
                "features-0-plan": plan.pk,
                "features-0-feature": feature.pk,
                "features-0-starts": "٢٠٢٦-٠١-٠١",
            },
        ),
    )

    assert [str(row.starts) for row in PlanFeature.objects.filter(plan=plan)] == ["2026-01-01"]


def test_a_plan_has_no_feature_until_before_it_gets_it(page):
    plan, feature = factories.plain(Plan, name={"en": "Basic"}), factories.plain(Feature)
    given = {"plan": plan.pk, "feature": feature.pk, "starts": "2026-08-25", "ends": "2025-08-25"}

    answer = saved(page, listed(PlanFeature, "add"), **given)

    assert errors(answer) == {"ends": ["The end must come after the start."]}


def test_a_feature_is_in_a_plan_once_at_a_time(page):
    row = factories.plain(PlanFeature)

    answer = saved(page, listed(PlanFeature, "add"), plan=row.plan_id, feature=row.feature_id)

    assert "on some of these days already" in str(errors(answer)["starts"])


@pytest.mark.parametrize("model", [Feature, Resource, Campaign], ids=lambda model: model.__name__)
@pytest.mark.parametrize("text", ["export", "التصدير", "ألتصدير"])
def test_what_has_a_name_is_found_in_both_languages(page, model, text):
    row = factories.plain(model, code="x1", name={"en": "Export", "ar": "التصدير"})

    assert results(page.get(listed(model, q=text))) == [row]


def test_numbers_of_a_campaign_are_entered_day_by_day(page):
    campaign = factories.plain(Campaign, name={"en": "Spring"})
    form = page.get(address("change", campaign))

    page.post(
        address("change", campaign),
        sent(
            form,
            **{
                "days-TOTAL_FORMS": "1",
                "days-0-campaign": campaign.pk,
                "days-0-day": "2026-01-11",
                "days-0-reach": "٩٠٠",
                "days-0-impressions": "1000",
                "days-0-clicks": "7",
                "days-0-cost": "12.5",
                "days-0-currency": "SAR",
            },
        ),
    )

    assert list(campaign.days.values_list("reach", "clicks", "currency")) == [(900, 7, "SAR")]


OF_A_DAY = {
    "days-TOTAL_FORMS": "1",
    "days-0-impressions": "1",
    "days-0-clicks": "1",
    "days-0-cost": "1",
    "days-0-currency": "SAR",
}


@pytest.mark.parametrize(
    ("reach", "taken"),
    [("١٬٠٠٠", 1000), ("1,234,567", 1234567), ("1200", 1200), ("1,000", None), ("7.5", None)],
)
def test_whole_numbers_are_taken_as_amounts_are(page, reach, taken):
    campaign = factories.plain(Campaign, name={"en": "Spring"})
    given = OF_A_DAY | {"days-0-day": "2026-01-11", "days-0-reach": reach}

    answer = page.post(address("change", campaign), sent(page.get(address("change", campaign)), **given))

    assert list(campaign.days.values_list("reach", flat=True)) == ([taken] if taken else [])
    assert answer.status_code == (302 if taken else 200)


@pytest.mark.parametrize(
    ("kind", "on", "is_taken"),
    [
        ("email", "2026-01-09", False),
        ("email", "2026-01-10", True),
        ("email", "2026-01-19", True),
        ("email", "2026-01-20", False),
        ("event", "2026-01-09", True),
        ("event", "2026-01-20", False),
    ],
)
def test_a_day_is_within_its_campaign(page, kind, on, is_taken):
    days = {"starts": factories.day("2026-01-10"), "ends": factories.day("2026-01-20")}
    campaign = factories.plain(Campaign, name={"en": "Spring"}, kind=kind, **days)

    alone = saved(page, listed(CampaignDay, "add"), campaign=campaign.pk, day=on, currency="SAR")
    campaign.days.all().delete()
    given = OF_A_DAY | {"days-0-day": on, "days-0-reach": "1"}
    page.post(address("change", campaign), sent(page.get(address("change", campaign)), **given))

    assert campaign.days.exists() is is_taken
    assert (alone.status_code == 302) is is_taken
    if not is_taken:
        assert list(errors(alone)) == ["day"]


def test_a_day_of_a_campaign_is_named_by_both(page):
    campaign = factories.plain(Campaign, name={"en": "Spring"})

    answer = page.post(
        listed(CampaignDay, "add"),
        sent(page.get(listed(CampaignDay, "add")), campaign=campaign.pk, day="2026-01-10", currency="SAR"),
        follow=True,
    )

    assert "Spring \u2066" in str(*answer.context["messages"])
    assert "2026-01-10" in str(*answer.context["messages"])


@pytest.mark.parametrize("goal", ["abc", "1.5", "99999999999999999999999", "-1", "\0"])
def test_what_is_no_choice_at_all_is_refused_beside_the_field(page, goal):
    answer = saved(page, listed(Campaign, "add"), code="x", name_en="X", starts="2026-01-10", goal=goal)

    assert answer.status_code == 200
    assert list(errors(answer)) == ["goal"]


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("/pricing", "/pricing"),
        ("https://shop.example/pricing?x=1", "/pricing"),
        ("/pricing?x=1", "/pricing"),
    ],
)
def test_a_page_that_is_a_goal_is_known_by_its_path(page, given, target):
    saved(page, listed(Goal, "add"), code="x", name_en="X", kind="page", target=given)

    assert Goal.objects.get().target == target


def test_a_goal_that_is_no_path_is_asked_for_twice(page):
    given = {"code": "x", "name_en": "X", "kind": "page", "target": "Home"}

    asked = saved(page, listed(Goal, "add"), **given)
    assert list(errors(asked)) == ["sure"]
    assert not Goal.objects.exists()
    page.post(listed(Goal, "add"), sent(asked, sure="on"))

    goal = Goal.objects.get()
    assert goal.target == "Home"
    assert saved(page, address("change", goal), name_en="Y").status_code == 302


# People


SARA_LEFT = {"value": "u1", "until": factories.day("2026-03-01")}


@pytest.mark.parametrize(
    ("has", "gets", "is_taken"),
    [
        ({"since": None}, {}, False),
        (SARA_LEFT, {"since": "2026-02-28"}, False),
        (SARA_LEFT, {"since": "2026-03-01"}, True),
        ({"since": factories.day("2026-03-01")}, {"until": "2026-03-01"}, True),
        ({"since": factories.day("2026-03-01")}, {"until": "2026-03-02"}, False),
        ({"source": "other"}, {}, True),
        ({"kind": "anonymous"}, {}, True),
    ],
)
def test_an_id_is_of_one_contact_of_an_account_at_a_time(page, has, gets, is_taken):
    sara = factories.plain(Contact, name="Sara")
    other = Contact.objects.create(account=sara.account, name="Omar")
    factories.plain(Identity, contact=sara, **has)
    given = {"contact": other.pk, "source": "app", "kind": "user", "value": "u1"}

    answer = saved(page, listed(Identity, "add"), **given, **gets)

    assert Identity.objects.filter(contact=other).exists() is is_taken
    assert is_taken or list(errors(answer)) == ["value"]


def test_an_id_acts_at_several_accounts_and_is_saved_again(page):
    row = factories.plain(Identity)
    elsewhere = Contact.objects.create(account=factories.account("Falak"), name="Sara")

    saved(page, listed(Identity, "add"), contact=elsewhere.pk, source="app", kind="user", value="u1")

    assert Identity.objects.filter(contact=elsewhere).exists()
    assert saved(page, address("change", row), verified="on").status_code == 302


def test_a_consent_is_withdrawn_at_the_contact(page):
    consent = factories.plain(Consent)
    form = page.get(address("change", consent.contact))

    page.post(
        address("change", consent.contact),
        sent(form, **{"consents-0-withdrawn_at": "2026-02-01T10:00:00"}),
    )

    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert consent.withdrawn_recorded_at is not None


@pytest.mark.parametrize("model", [Identity, Consent], ids=lambda model: model.__name__)
def test_what_is_of_a_contact_is_found_by_the_person(page, model):
    contact = factories.plain(Contact, name="سارة", email="sara@najm.example")
    row = factories.plain(model, contact=contact)

    found = [results(page.get(listed(model, q=text))) for text in ("ساره", "sara@najm", "nobody")]

    assert found == [[row], [row], []]
