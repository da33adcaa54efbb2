"""How the fields of a row are read and written over the API. What a field may hold is the model's to say."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Refused
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.attributes import LONGEST_TAG, MOST_TAGS
from accounts.declared import NotRead, read
from accounts.fields import LocalizedField
from accounts.imports import columns
from accounts.imports.columns import Conventions, cell_of
from accounts.imports.columns import Refused as Unread
from accounts.imports.references import NAMED_BY
from accounts.models import Account, AttributeDefinition, User
from accounts.problems import Merged

ORIGIN = ("source", "external_id", "recorded_at")
# Of ids whose source a program does not name, by whichever door they come.
UNNAMED_SOURCE = "api"
FIELDS = serializers.ModelSerializer.serializer_field_mapping


def read_as_cell(parse: Callable[..., Any], given: Any, **limits: int | None) -> Any:
    """As the cells of a file and what the bulk route takes are read, and refused in the same words."""
    try:
        return parse(cell_of(given), Conventions(), **limits)
    except Unread as unread:
        raise serializers.ValidationError(str(unread)) from unread


class Moment(serializers.DateTimeField):
    """The same text for every reader, whatever time zone they live in; written with its offset from UTC."""

    default_error_messages: ClassVar = {
        "naive": _("Write a moment with its offset from UTC, such as 2026-03-31T00:00:00Z."),
    }

    def to_internal_value(self, given: Any) -> datetime:
        moment: datetime = read_as_cell(columns.moment, given)
        if not columns.has_offset(cell_of(given)):
            self.fail("naive")
        return moment

    def to_representation(self, value: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(serializers.DateField):
    def to_internal_value(self, given: Any) -> date:
        day: date = read_as_cell(columns.day, given)
        return day


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$", "example": "09:30:00"})
class TimeOfDay(serializers.TimeField):
    """Wherever one is: without an offset, which what OpenAPI calls a time must have."""

    def to_internal_value(self, given: Any) -> time:
        clock: time = read_as_cell(columns.time_of_day, given)
        return clock


class Amount(serializers.DecimalField):
    def to_internal_value(self, given: Any) -> Decimal:
        return self.quantize(
            read_as_cell(columns.decimal, given, digits=self.max_digits, places=self.decimal_places)
        )


class Whole(serializers.IntegerField):
    def to_internal_value(self, given: Any) -> int:
        number: int = read_as_cell(columns.integer, given, least=self.min_value, most=self.max_value)
        return number


class LocalizedText(serializers.DictField):
    """One text by language code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(child=serializers.CharField(), **kwargs)


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "example": {"seats": 250, "modules": ["crm", "erp"]}}
)
class Attributes(serializers.Field):
    """Declared attributes by key: texts, whole numbers, true or false; days and exact decimals in strings.

    Written they become `{"attribute.<key>": text}`, as `change_account` takes them.
    """

    @cached_property
    def declared(self) -> dict[str, AttributeDefinition]:
        return {definition.key: definition for definition in AttributeDefinition.objects.in_use()}

    def to_representation(self, kept: dict[str, list[str]]) -> dict[str, Any]:
        return {
            key: self._said(definition, kept[key])
            for key, definition in (self.declared if kept else {}).items()
            if key in kept
        }

    @staticmethod
    def _said(definition: AttributeDefinition, lines: list[str]) -> Any:
        value = definition.value(lines)
        return value if isinstance(value, int | list) else lines[0]

    def to_internal_value(self, given: Any) -> dict[str, str]:
        if not isinstance(given, dict):
            raise serializers.ValidationError(_("Give an object: a value for each key."))
        try:
            return read(given, self.declared.values())
        except NotRead as refused:
            raise serializers.ValidationError({key: [why] for key, why in refused.reasons.items()}) from None


class Tags(serializers.ListField):
    """Each tag once, whatever its spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, **kwargs)


def names_of(model: type[models.Model]) -> tuple[str, ...]:
    """By what a program may name a row beside its id."""
    if model is User:
        return ("email",)
    return (NAMED_BY[model],) if model in NAMED_BY else ("source", "external_id")


class Reference(serializers.PrimaryKeyRelatedField):
    """Another row that the writer may see: its id, or an object by which others know it. Read as its id, or as
    `shown_by` shows it."""

    default_error_messages: ClassVar = {
        "does_not_exist": _("There is nothing by this name, or not for you."),
        "incorrect_type": _("Give an id as a string of digits, or an object with: {names}."),
    }

    def __init__(self, *, shown_by: type[serializers.Serializer[Any]] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shown: Any = shown_by and shown_by()

    def use_pk_only_optimization(self) -> bool:
        return self.shown is None

    def to_representation(self, value: Any) -> Any:
        return self.shown.to_representation(value) if self.shown else str(value.pk)

    def to_internal_value(self, given: Any) -> Any:
        rows: Any = self.get_queryset()
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(self.context["request"].user)
        try:
            row = rows.get(**self._condition(given, rows.model))
        except rows.model.DoesNotExist:
            self.fail("does_not_exist")
        self._refuse_merged(row)
        return row

    def _condition(self, given: Any, model: type[models.Model]) -> dict[str, Any]:
        names = names_of(model)
        if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 19:
            return {"pk": int(given)}
        if not isinstance(given, Mapping) or set(given) != set(names):
            self.fail("incorrect_type", names=", ".join(names))
        texts = {name: serializers.CharField().run_validation(given[name]) for name in names}
        if model is Account:
            return {"keys__source": texts["source"], "keys__value": texts["external_id"]}
        return {"email__iexact": texts["email"]} if model is User else texts

    def _refuse_merged(self, row: Any) -> None:
        """Facts that a loser already has stay where they are."""
        kept = getattr(self.root.instance, f"{self.source}_id", None)
        if isinstance(row, Account) and row.merged_into_id and row.pk != kept:
            raise Merged(row.merged_into_id)


class RowSerializer(serializers.ModelSerializer[Any]):
    """A row of ours, read and written. Whether it may be so, the model's own fields, rules and `clean` say; what
    other rows stand in the way of, the database says when it is written."""

    serializer_related_field = Reference
    serializer_field_mapping: ClassVar = {
        **FIELDS,
        models.BigAutoField: serializers.CharField,
        models.DateTimeField: Moment,
        models.DateField: Day,
        models.TimeField: TimeOfDay,
        models.DecimalField: Amount,
        **dict.fromkeys([kind for kind, field in FIELDS.items() if field is serializers.IntegerField], Whole),
        # They may be empty, and an empty text is no address.
        models.EmailField: serializers.CharField,
        models.URLField: serializers.CharField,
        LocalizedField: LocalizedText,
    }
    Meta: Any
    # constraint -> the field here, where it is about rows that are part of this one.
    pointers: ClassVar[dict[str, str]] = {}

    def get_validators(self) -> list[Any]:
        return []

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """What is unique together need not all be given."""
        return extra_kwargs, {}

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if model_field.primary_key:
            return serializers.CharField, {"read_only": True}
        if field_name == "external_id":
            kwargs["allow_blank"] = False
        # They are asked with all else that the model says, so that all of it is said at once.
        kwargs.pop("validators", None)
        return field_class, kwargs

    def to_internal_value(self, given: Any) -> Any:
        if isinstance(given, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = {name: [self._not_written(name)] for name in given if name not in writable}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(given)

    def _not_written(self, name: str) -> Any:
        if name in self.fields:
            return _("This is not written by you. Leave it out.")
        return _("There is no such field.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """The row is as it would be afterwards, even where nothing is saved."""
        if self.instance is None and given.get("external_id") and not given.get("source"):
            given["source"] = self._source_of(given["external_id"])
        self.row: Any = self.instance or self.Meta.model()
        fields = self.row._meta.concrete_fields
        for name in given.keys() & {field.name for field in fields}:
            setattr(self.row, name, given[name])
        # References were looked up when they were read.
        check(self.row, unasked={f.name for f in fields if f.name not in given or f.is_relation})
        return given

    def _source_of(self, external_id: str) -> str:
        """Rows from before there was a name for it have none; such an id is there already."""
        known = self.Meta.model._default_manager.filter(source="", external_id=external_id)
        return "" if known.exists() else UNNAMED_SOURCE

    def create(self, given: dict[str, Any]) -> Any:
        self.row.save(force_insert=True)
        return self.row

    def update(self, row: Any, given: dict[str, Any]) -> Any:
        row.save(update_fields=list(given))
        return row


def check(row: models.Model, unasked: set[str]) -> None:
    """All that can be said of a row without looking at others like it, in words beside the fields."""
    errors: dict[str, Any] = {}
    for asked in (lambda: row.clean_fields(exclude=unasked), row.clean):
        try:
            asked()
        except Refused as refused:
            errors = refused.update_error_dict(errors)
    for rule in row._meta.constraints:
        if isinstance(rule, models.CheckConstraint) and rule.violation_error_code not in errors:
            try:
                rule.validate(type(row), row)
            except Refused as refused:
                errors.setdefault(str(refused.code), []).append(Refused(refused.message))
    if errors:
        raise Refused(errors)
