"""Where personal words may stand: the fields that each model declares, and those of the models of others."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from accounts.models import Contact

# Of libraries, whose models declare nothing. What is not named here holds ids, secrets and times.
OF_OTHERS: dict[str, tuple[str, ...]] = {
    "account.EmailAddress": ("email",),
    "admin.LogEntry": ("object_repr", "change_message"),
    "axes.AccessAttempt": ("username", "user_agent", "path_info", "http_accept", "get_data", "post_data"),
    "axes.AccessFailureLog": ("username", "user_agent", "path_info", "http_accept"),
    "axes.AccessLog": ("username", "user_agent", "path_info", "http_accept"),
    "socialaccount.SocialAccount": ("uid", "extra_data"),
}
# Notes of a library's own, which nobody counts: what speaks of the person goes as a whole.
KEPT_BY_NOBODY = ("axes.AccessAttempt", "axes.AccessFailureLog", "axes.AccessLog")
# Each row of theirs belongs to one of us, and goes when that one is erased.
OF_USERS = (
    "account.EmailAddress",
    "accounts.NotificationSetting",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
)


@dataclass(frozen=True)
class Place:
    """The personal fields of a model. `binaries` hold what is on its way and soon gone."""

    model: type[models.Model]
    texts: tuple[str, ...]
    structures: tuple[str, ...]
    files: tuple[str, ...]
    binaries: tuple[str, ...]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def key(self) -> str:
        return str(self.model._meta.pk.column) if self.model._meta.pk else "id"

    @property
    def is_of_people(self) -> bool:
        """Its rows are persons: who is erased is told by the row, and a namesake stays."""
        return bool(getattr(self.model, "is_person", False)) or self.label in OF_USERS

    @property
    def columns_to_contacts(self) -> list[str]:
        """Those by which a row says whom it is about."""
        return [
            str(field.column)
            for field in self.model._meta.concrete_fields
            if isinstance(field, models.ForeignKey) and field.related_model is Contact
        ]


def personal_fields(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(getattr(model, "personal_fields", OF_OTHERS.get(model._meta.label, ())))


@cache
def places() -> list[Place]:
    """Of all models that have personal fields."""
    return [place for model in apps.get_models() if (place := _place(model))]


def place_of(model: type[models.Model]) -> Place:
    return next(place for place in places() if place.model is model)


def _place(model: type[models.Model]) -> Place | None:
    fields = [model._meta.get_field(name) for name in personal_fields(model)]
    kinds: dict[str, list[str]] = {"texts": [], "structures": [], "files": [], "binaries": []}
    for field in fields:
        if not isinstance(field, models.GeneratedField):
            kinds[_kind(field)].append(field.name)
    if not fields or not model._meta.managed:
        return None
    return Place(model, **{kind: tuple(names) for kind, names in kinds.items()})


def _kind(field: Any) -> str:
    if isinstance(field, models.FileField):
        return "files"
    if isinstance(field, models.BinaryField):
        return "binaries"
    return "structures" if isinstance(field, models.JSONField) else "texts"


def of_things() -> Iterator[Place]:
    """All but those whose rows are persons."""
    return (place for place in places() if not place.is_of_people)


def texts_besides() -> Iterator[tuple[type[models.Model], str]]:
    """Of our own models the texts that nobody takes for personal, and that somebody may have put a name into."""
    ours = [model for model in apps.get_models() if hasattr(model, "personal_fields")]
    for model in ours:
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, (models.CharField, models.TextField, models.JSONField))
            if is_text and not field.choices and field.name not in personal_fields(model):
                yield model, str(field.column)
