"""What events are about and mean, entered by hand."""

import pytest
from django.utils import translation

from accounts.admin.events import GROUPS, fields_of, in_words
from accounts.models import (
    Campaign,
    Consent,
    Contact,
    EventName,
    Feature,
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


@pytest.mark.parametrize("means", ["Dancing", "Signed In"])
def test_a_name_means_something_that_there_is_and_something_else(page, means):
    answer = saved(page, listed(EventName, "add"), sent_as="Signed In", means=means)

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


# People


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
