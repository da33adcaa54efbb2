"""What can be imported: a model, its columns, and what the database will ask of its rows.

All of it is derived from the model's fields, so that a limit or a choice is said once.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.expressions import DatabaseDefault
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.fields import CurrencyField, LocalizedField
from accounts.imports import columns as cells
from accounts.imports.columns import Conventions, Parse, Refused
from accounts.imports.references import lookup, unknown

if TYPE_CHECKING:
    from accounts.imports.taken import Taking

LANGUAGES = ("en", "ar")
# Days, kinds and prices come again and again; converting each of them once per some thousand rows is enough.
REMEMBERED = 4096


@dataclass(frozen=True)
class Column:
    """`nothing`: what an empty cell means. `language`: the column gives one language of a text in several.
    `several`: it is staged as a text and may hold several values. `by_address`: it names a contact by e-mail, too."""

    name: str
    field: models.Field
    parse: Parse
    nothing: object = None
    required: bool = False
    language: str = ""
    several: bool = False
    by_address: bool = False

    @property
    def staged(self) -> str:
        """Its name in the staging table: a reference lies there as it was written, beside the id that it becomes."""
        return f"{self.field.name}_key" if self.field.is_relation else self.into

    @property
    def into(self) -> str:
        """The column of the table."""
        return str(self.field.column)

    @property
    def label(self) -> str:
        """What people call it, in the reader's language."""
        if self.name == "id":
            return _("Id")
        called = capfirst(str(self.field.verbose_name))
        languages = {"en": _("English"), "ar": _("Arabic")}
        return f"{called} ({languages[self.language]})" if self.language else called

    @property
    def related(self) -> type[models.Model]:
        return cast("type[models.Model]", self.field.related_model)

    @property
    def lookup(self) -> tuple[str, str]:
        return lookup(self.related, self.by_address)

    @property
    def unknown(self) -> str:
        return unknown(self.related, self.by_address)


@dataclass(frozen=True)
class Rule:
    """Rows of the staging table `s`, in full `{staged}`, that are refused, and why."""

    bad: str
    column: str
    reason: Any


@dataclass(frozen=True)
class Conflict:
    """Rows that exclude one another: equal in all of `equal` and, where there are periods, overlapping in them."""

    equal: tuple[str, ...]
    column: str
    reason: Any
    period: bool = False
    only: str = "true"


@dataclass(frozen=True)
class Resource:
    """`recorded`: recording time -> the field (or reference__field) that says when it happened, for a backfill.

    `may_lack`: fields of the key that a row need not give; `by_address`: contacts that may be named by their address.
    """

    name: str
    model: type[models.Model]
    fields: Sequence[str]
    key: tuple[str, ...] = ("source", "external_id")
    may_lack: tuple[str, ...] = ()
    by_address: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    conflicts: Sequence[Conflict] = ()
    parsers: Mapping[str, Parse] = field(default_factory=dict)
    reasons: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    nothing: Mapping[str, object] = field(default_factory=dict)
    more: Sequence[Column] = ()
    needs_id: bool = True
    stage: "Callable[..., Taking] | None" = None

    @property
    def id_field(self) -> str:
        """The column that tells rows apart at their source; nothing for those with a key of their own."""
        return "id" if "external_id" in self.key else ""

    @cached_property
    def columns(self) -> dict[str, Column]:
        found = {}
        if self.id_field:
            found["id"] = Column(
                "id", external_id_of(self.model), partial(cells.text, limit=200), None, self.needs_id
            )
        for name in self.fields:
            field_ = field_of(self.model, name)
            parse = self.parsers.get(name) or parser_of(field_)
            required = is_required(field_) or (name in self.key and name not in self.may_lack)
            nothing = self.nothing.get(name, nothing_in(field_))
            found[name] = Column(name, field_, parse, nothing, required, by_address=name in self.by_address)
            if isinstance(field_, LocalizedField):
                for language in LANGUAGES:
                    part = f"{name}_{language}"
                    found[part] = Column(part, field_, partial(cells.text, limit=1000), language=language)
        return found | {column.name: column for column in self.more}

    @cached_property
    def must_give(self) -> list[Column]:
        """What every row must give. The rest of what is required may be left out of rows that change what is known."""
        if self.id_field and self.needs_id:
            return [self.columns[self.id_field]]
        return [column for column in self.columns.values() if column.required]

    def needed_when_new(self, given: Collection[str]) -> list[Column]:
        """What a row that is not known yet lacks."""
        return [column for column in self.columns.values() if column.required and column.name not in given]

    @property
    def key_columns(self) -> set[str]:
        """Those of the key that a file gives: the source is the same for all of its rows."""
        return set(self.key) - {"source"}

    @cached_property
    def key_into(self) -> dict[str, bool]:
        """The columns of the table that make the key, and whether they may be empty."""
        named = {"external_id": "id"}
        given = {name: self.columns[named.get(name, name)] for name in self.key if name != "source"}
        return {name: False for name in self.key if name == "source"} | {
            column.into: name in self.may_lack and column.field.null for name, column in given.items()
        }

    def reason_of(self, rule: str) -> tuple[str, str]:
        """Which column a rule of the database is about, and what it says."""
        column, reason = self.reasons.get(
            rule, ("", _("The database refuses the row: %(rule)s.") % {"rule": rule})
        )
        return column, str(reason)


def field_of(model: type[models.Model], name: str) -> models.Field:
    return cast("models.Field", model._meta.get_field(name))


def external_id_of(model: type[models.Model]) -> models.Field:
    try:
        return field_of(model, "external_id")
    except FieldDoesNotExist:
        stand_in = models.CharField(max_length=200)
        stand_in.set_attributes_from_name("external_id")
        return stand_in


def is_required(field_: models.Field) -> bool:
    return not (field_.null or field_.blank or field_.has_default())


def nothing_in(field_: models.Field) -> object:
    default = None if field_.null or field_.is_relation else field_.get_default()
    return None if isinstance(default, DatabaseDefault) else default


def parser_of(field_: models.Field) -> Parse:
    """The column function of a model's field."""
    if field_.choices:
        return partial(cells.choice, among=[value for value, _label in field_.flatchoices])
    if isinstance(field_, models.DecimalField):
        return partial(cells.decimal, digits=field_.max_digits, places=field_.decimal_places)
    if isinstance(field_, models.IntegerField):
        least, most = BaseDatabaseOperations.integer_field_ranges[field_.get_internal_type()]
        return partial(cells.integer, least=least, most=most)
    if field_.is_relation:
        return partial(cells.text, limit=254)
    for kind, parse in BY_TYPE:
        if isinstance(field_, kind):
            return parse
    limit = field_.max_length or 0
    if isinstance(field_, models.EmailField):
        return partial(cells.email, limit=limit)
    return partial(cells.address if isinstance(field_, models.URLField) else cells.text, limit=limit)


# The narrower type first: a moment is a day in Django's eyes.
BY_TYPE: Sequence[tuple[type[models.Field], Parse]] = (
    (CurrencyField, cells.currency),
    (LocalizedField, partial(cells.localized, languages=LANGUAGES)),
    (models.BooleanField, cells.boolean),
    (models.DateTimeField, cells.moment),
    (models.DateField, cells.day),
    (models.TimeField, cells.time_of_day),
)


class FieldsDoNotFit(ValueError):
    """The fields that the rows give are not those that they must give."""


def refuse_missing(resource: Resource, fields: Sequence[str]) -> None:
    if missing := [column.name for column in resource.must_give if column.name not in fields]:
        raise FieldsDoNotFit(_("Every row must give: %(names)s.") % {"names": ", ".join(missing)})


class RowReader:
    """Turns {field: cell} into the values of the staging table, in its order."""

    def __init__(self, resource: Resource, fields: Sequence[str], conventions: Conventions) -> None:
        chosen = [resource.columns[name] for name in fields]
        self.simple = [self._reader(column, conventions) for column in chosen if not column.language]
        self.texts: dict[str, list[Column]] = {}
        for column in chosen:
            if column.language:
                self.texts.setdefault(column.staged, []).append(column)
        plain = {column.staged for column in chosen if not column.language}
        if clash := plain & set(self.texts):
            names = {"names": ", ".join(sorted(clash))}
            raise FieldsDoNotFit(_("Give these either as a whole or by language: %(names)s.") % names)
        refuse_missing(resource, fields)
        self.staged = [column.staged for column in chosen if not column.language] + list(self.texts)

    @staticmethod
    def _reader(
        column: Column, conventions: Conventions
    ) -> tuple[str, bool, object, Callable[[str], object]]:
        stage = staging_of(column.field)

        def parse(cell: str) -> object:
            value = column.parse(cell, conventions)
            return stage(value) if stage else value

        nothing = as_staged(column.field, column.nothing)
        # Texts differ from row to row, and there is nothing to convert in them.
        remembering = getattr(column.parse, "func", None) is not cells.text
        return column.name, column.required, nothing, lru_cache(REMEMBERED)(parse) if remembering else parse

    def read(self, row: Mapping[str, str]) -> tuple[list[object], list[tuple[str, str]]]:
        """The values, and what is wrong: (field, reason). With anything wrong the values are of no use."""
        values: list[object] = []
        wrong: list[tuple[str, str]] = []
        for name, required, nothing, parse in self.simple:
            if cell := row.get(name, ""):
                try:
                    values.append(parse(cell))
                except Refused as refused:
                    wrong.append((name, str(refused)))
            elif required:
                wrong.append((name, _("This must not be empty.")))
            else:
                values.append(nothing)
        for columns in self.texts.values():
            given = {column.language: row[column.name] for column in columns if row.get(column.name)}
            values.append(json.dumps(given, ensure_ascii=False))
        return values, wrong


def as_staged(field_: models.Field, value: Any) -> object:
    """Hashable, and in a form that COPY takes."""
    stage = staging_of(field_)
    return stage(value) if stage else value


def staging_of(field_: models.Field) -> Callable[[Any], str] | None:
    """None where the value itself is both."""
    if isinstance(field_, models.JSONField):
        return partial(json.dumps, ensure_ascii=False)
    return _array if isinstance(field_, ArrayField) else None


def _array(value: Sequence[object]) -> str:
    return "{" + ",".join(_element(str(one)) for one in value) + "}"


def _element(text: str) -> str:
    """Of an array as PostgreSQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
