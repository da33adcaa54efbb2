"""Whoever adds a text decides whether it is about a person."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

pytestmark = pytest.mark.django_db

ROOM_MODELS = [
    model for label in ("accounts", "surveys", "metrics") for model in apps.get_app_config(label).get_models()
]
IMPERSONAL = {
    "Account": "acquired_campaign acquired_channel attributes country industry name name_key region segment tags tier"
    " website",
    "AccountChange": "field value",
    "AccountKey": "source value",
    "ApiToken": "digest name token_key",
    "Attachment": "sha256 type",
    "AttributeDefinition": "choices help key name",
    "AuditEntry": "table",
    "ChosenRow": "action value",
    "Contact": "external_id language preferred_channel source tags time_zone",
    "ColumnMapping": "column field resource source",
    "Departure": "competitor external_id reason source",
    "ExchangeRate": "base currency source",
    "Expense": "campaign channel currency external_id source",
    "Feed": "kind source",
    "Finding": "check_key",
    "Import": "resource source",
    "ErasedAddress": "digest",
    "Job": "key kind position",
    "KeptAnswer": "fingerprint headers key",
    "Lead": "campaign channel company external_id source",
    "Membership": "why_entered why_left",
    "Notice": "kind",
    "Order": "channel currency external_id number source",
    "OrderLine": "external_id source",
    "Organisation": "currency name time_zone",
    "Pause": "external_id source",
    "Payment": "channel currency external_id income source",
    "Plan": "code name",
    "Population": "conditions name",
    "Product": "category name sku",
    "Return": "external_id reason source",
    "RowFate": "column",
    "Subscription": "cancel_reason currency external_id reference source",
    "Tag": "name name_key",
    "Team": "name",
    "Term": "currency external_id lost_reason reference source",
    "Ticket": "channel external_id source",
    "TicketEvent": "external_id source",
    "Upload": "sha256",
    "User": "password time_zone",
    "WorkingCalendar": "country name time_zone",
    # metrics
    "Definition": "key",
    "PopulationValue": "dimension member method",
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.GeneratedField, models.FileField)


def is_text(field):
    if isinstance(field, ArrayField):
        return is_text(field.base_field)
    return isinstance(field, TEXTS) and not field.choices


@pytest.mark.parametrize("model", ROOM_MODELS, ids=lambda model: model.__name__)
def test_every_text_is_known_to_be_personal_or_not(model):
    texts = {field.name for field in model._meta.concrete_fields if is_text(field)}
    reviewed = set(IMPERSONAL.get(model.__name__, "").split())

    assert texts == reviewed | (set(model.personal_fields) & texts)
    assert not reviewed & set(model.personal_fields)
    assert set(model.personal_fields) <= {field.name for field in model._meta.get_fields()}
