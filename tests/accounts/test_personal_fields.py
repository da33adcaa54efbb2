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
    "AccountKey": "digest source value",
    "ActivityDay": "campaign name",
    "ApiToken": "digest name token_key",
    "Attachment": "sha256 type",
    "AttributeDefinition": "choices help key name",
    "AuditEntry": "table",
    "Campaign": "channel code name",
    "CampaignDay": "currency external_id source",
    "ChosenRow": "action value",
    "Consent": "external_id source",
    "Contact": "external_id language preferred_channel source tags time_zone",
    "CompanyProfile": "source times value",
    "ColumnMapping": "column field resource source",
    "Delivery": "campaign mail",
    "Departure": "competitor external_id reason source",
    "Event": "campaign message_id name sent_as session source",
    "EventName": "means object_property sent_as value_property",
    "ExchangeRate": "base currency source",
    "Expense": "campaign channel currency external_id source",
    "Feature": "code name",
    "Feed": "kind source",
    "Finding": "check_key",
    "Goal": "code name target",
    "Hit": "visitor",
    "Identity": "digest source",
    "Import": "resource source",
    "ErasedAddress": "digest",
    "IntakeBatch": "source",
    "IntakeMinute": "source",
    "Job": "key kind position",
    "KeptAnswer": "fingerprint headers key",
    "Lead": "campaign channel company external_id source",
    "Mailing": "name",
    "Membership": "why_entered why_left",
    "Message": "key language provider_id reason",
    "ChatPost": "language",
    "Notice": "key kind",
    "NotificationSetting": "channels chat_url",
    "OnTheWire": "provider_id reason",
    "Order": "channel currency external_id number source",
    "OrderLine": "external_id source",
    "Organisation": "currency name time_zone",
    "OtherId": "source",
    "Outbox": "heard paused_because",
    "Pause": "external_id source",
    "Payment": "channel currency external_id income source",
    "Plan": "code name",
    "Population": "conditions name",
    "Product": "category name sku",
    "Profile": "companies digest source times",
    "ProviderCall": "digest field headers provider reason",
    "ProviderObject": "provider value",
    "RejectedEvent": "reason source",
    "Resource": "address code name topic",
    "Return": "external_id reason source",
    "RowFate": "column",
    "Session": "campaign channel session",
    "Subscription": "cancel_reason currency external_id reference source",
    "Tag": "name name_key",
    "Team": "name",
    "Term": "currency external_id lost_reason reference source",
    "Ticket": "channel external_id source",
    "TicketEvent": "external_id source",
    "TraitField": "field trait",
    "Upload": "sha256",
    "User": "password time_zone",
    "WebhookDelivery": "key kind",
    "WebhookEndpoint": "description kinds url",
    "WebhookSecret": "value",
    "WorkingCalendar": "country name time_zone",
    "WriteKey": "account_source digest name origins public_key source",
    # surveys
    "Answer": "question scale value",
    "Distribution": "event",
    "FeedbackItem": "question",
    "GradedScale": "labels name",
    "SpentInvitation": "digest",
    "Invitation": "external_id language source",
    "Response": "external_id language source",
    "ResponseImport": "date_format source",
    "ReportLink": "digest name window",
    "SurveyLink": "key name origin",
    "Survey": "colour draft logo name",
    "SurveyVersion": "asked",
    "Theme": "done name words",
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
