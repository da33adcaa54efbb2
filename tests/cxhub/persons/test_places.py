"""Which fields erasure reaches: all that a model calls personal, also of libraries."""

import pytest
from django.apps import apps
from django.db import models

from cxhub.persons.places import KEPT_BY_NOBODY, OF_OTHERS, personal_fields, places

OURS = {"accounts", "surveys", "metrics"}
# Ids, secrets, and names of our own vocabulary.
IMPERSONAL = {
    "admin.LogEntry": "object_id",
    "auth.Permission": "name codename",
    "auth.Group": "name",
    "contenttypes.ContentType": "app_label model",
    "sessions.Session": "session_key session_data",
    "account.EmailConfirmation": "key",
    "mfa.Authenticator": "type data",
    "socialaccount.SocialApp": "provider provider_id name client_id secret key settings",
    "socialaccount.SocialAccount": "provider",
    "socialaccount.SocialToken": "token token_secret",
    "axes.AccessLog": "session_hash",
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.FileField)


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_personal_field_is_reached(model):
    reached = {
        name
        for place in places()
        if place.model is model
        for name in place.texts + place.structures + place.files + place.binaries
    }
    computed = {f.name for f in model._meta.concrete_fields if isinstance(f, models.GeneratedField)}

    assert reached == set(personal_fields(model)) - computed


@pytest.mark.parametrize(
    "model",
    [one for one in apps.get_models() if one._meta.app_label not in OURS],
    ids=lambda one: one._meta.label,
)
def test_every_text_of_a_library_is_known_to_be_personal_or_not(model):
    label = model._meta.label
    texts = {field.name for field in model._meta.concrete_fields if isinstance(field, TEXTS)}

    assert texts == set(OF_OTHERS.get(label, ())) | set(IMPERSONAL.get(label, "").split())


def test_what_libraries_are_said_to_have_exists():
    assert {apps.get_model(label)._meta.label for label in [*OF_OTHERS, *KEPT_BY_NOBODY]} >= set(OF_OTHERS)


def test_persons_are_known_as_such():
    assert {place.label for place in places() if place.is_of_people} == {
        "accounts.Contact",
        "accounts.Lead",
        "accounts.User",
        "account.EmailAddress",
        "socialaccount.SocialAccount",
    }
