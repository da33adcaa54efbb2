"""What the API is asked of metrics."""

from collections.abc import Container
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.attributes import PREFIX
from accounts.models import AttributeDefinition
from metrics import catalogue, cohorts, warehouse
from metrics.definitions import Metric, Parameter
from metrics.populations import COLUMNS, DIMENSIONS, FILTERS, POPULATION, TENURE, By

LARGEST_ID = 2**63 - 1
STEPS = ("day", "week", "month")
MOST_DIMENSIONS = 2
LONGEST_TEXT = 300


class FilterSerializer(serializers.Serializer[Any]):
    """Which accounts: those with these values on the membership day."""

    account = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="One account, by its id."
    )

    group = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="A parent with its descendants, by its id.",
    )
    logos = serializers.ChoiceField(
        choices=["parent"],
        required=False,
        help_text="parent: a group of companies counts once, with all it has.",
    )

    def get_fields(self) -> dict[str, Any]:
        """With a filter for each declared attribute that is asked by; a field's name with a point is a path."""
        asked = {name: _filter(name) for name in self.context.get("declared", ())}
        return super().get_fields() | {name: _filter(name) for name in FILTERS} | asked

    @property
    def chosen(self) -> dict[str, str]:
        """As they are asked of a population."""
        known = {"account", "group", "logos", *FILTERS}
        declared = self.validated_data.get(PREFIX.strip("."), {})
        plain = {name: str(value) for name, value in self.validated_data.items() if name in known}
        return plain | {f"{PREFIX}{key}": value for key, value in declared.items()}


def _filter(name: str) -> serializers.Field:
    if name in COLUMNS:
        text = f"Accounts whose {name} has this id."
        return serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, help_text=text)
    if name == POPULATION:
        text = "Accounts that were in the population of this id on the membership day."
        return serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, help_text=text)
    if name == TENURE:
        text = "Accounts that have been customers for at most so many days."
        return serializers.IntegerField(required=False, min_value=1, max_value=99_999, help_text=text)
    return serializers.CharField(required=False, max_length=200, help_text=f"Accounts of this {name}.")


def _parameter(parameter: Parameter) -> serializers.Field:
    if parameter.choices:
        return serializers.ChoiceField(
            choices=parameter.names, required=False, help_text=f"Left out: {parameter.default}."
        )
    if parameter.is_text:
        return serializers.CharField(required=False, max_length=LONGEST_TEXT)
    return serializers.IntegerField(required=False, min_value=parameter.least, max_value=parameter.most)


def parameters_of_metrics(question: type["WindowedSerializer"]) -> list[OpenApiParameter]:
    """For the schema, which describes all metrics at one address: each names those that take it."""
    takers: dict[str, list[Metric]] = {}
    parameters: dict[str, Parameter] = {}
    for metric in catalogue.ALL.values():
        for parameter in metric.parameters:
            name = parameter.asked_as(question.words())
            parameters.setdefault(name, parameter)
            takers.setdefault(name, []).append(metric)
    return [_described(name, parameter, takers[name]) for name, parameter in parameters.items()]


def _described(name: str, parameter: Parameter, metrics: list[Metric]) -> OpenApiParameter:
    code = "The code of one. " if parameter.of or parameter.listed else ""
    return OpenApiParameter(
        name,
        str if parameter.choices or parameter.is_text else int,
        enum=parameter.names or None,
        description=f"{code}Only of {', '.join(metric.key for metric in metrics)}.",
    )


class WindowedSerializer(FilterSerializer):
    window = serializers.CharField(
        required=False,
        max_length=40,
        help_text="30d, 12m, month, quarter, year, all, or two days such as 2026-01-01..2026-03-31. "
        "Left out: the metric's own.",
    )
    known_by = serializers.DateField(
        required=False,
        help_text="Only facts recorded by the end of this day count. Left out: all that is known.",
    )

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {name: _parameter(p) for name, p in self.parameters.items()}

    @classmethod
    def words(cls) -> Container[str]:
        """The address's own."""
        return cls._declared_fields

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Those of the metric that is asked, by what they are called here."""
        metric = self.context.get("metric")
        return {p.asked_as(self.words()): p for p in metric.parameters} if metric else {}

    @property
    def given_parameters(self) -> dict[str, int | str]:
        found = self.validated_data
        return {p.name: found[name] for name, p in self.parameters.items() if name in found}

    def asked_as(self, name: str) -> str:
        return next((here for here, p in self.parameters.items() if p.name == name), name)


class QuestionSerializer(WindowedSerializer):
    as_of = serializers.DateField(
        required=False, help_text="The day, in the organisation's time zone. Left out: today, up to now."
    )


class SplitQuestionSerializer(QuestionSerializer):
    compare = serializers.ChoiceField(
        choices=["before"],
        required=False,
        help_text="before: with the period before and the change from it; of what has no window, a month ago.",
    )
    by = serializers.CharField(
        required=False,
        max_length=100,
        help_text="Adds the parts: one answer for each value that accounts, or the facts counted, have. Two are "
        "divided by a comma: segment,region. Declared attributes go by attribute.<key>, as filters too.",
    )

    def validate_by(self, text: str) -> By:
        """Named one by one, so that the message can say what there is."""
        names = tuple(name.strip() for name in text.split(","))
        known = (
            *DIMENSIONS,
            *AttributeDefinition.objects.for_filters().named(names),
            *(catalogue.dimensions(metric) if (metric := self.context.get("metric")) else ()),
        )
        unknown = [name for name in names if name not in known]
        if unknown:
            message = _("This metric cannot be split by “%(name)s”. Use one or two of: %(known)s.")
            raise serializers.ValidationError(message % {"name": unknown[0], "known": ", ".join(known)})
        if len(names) > MOST_DIMENSIONS or len(set(names)) < len(names):
            raise serializers.ValidationError(_("Split by one dimension, or by two that are not the same."))
        return names


class SeriesQuestionSerializer(WindowedSerializer):
    step = serializers.ChoiceField(
        choices=STEPS,
        default="month",
        help_text="Every day; every seventh day back from the last; the last days of months, and the last day.",
    )

    def get_fields(self) -> dict[str, Any]:
        first = serializers.DateField(required=False, help_text="Left out: a year before the last day.")
        last = serializers.DateField(required=False, help_text="Left out: today.")
        return super().get_fields() | {"from": first, "to": last}


class RowsQuestionSerializer(QuestionSerializer):
    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=500, default=100)


class ValuesQuestionSerializer(FilterSerializer):
    keys = serializers.CharField(
        required=False, max_length=4000, help_text="Metrics, divided by commas: mrr,csat. Left out: all."
    )
    as_of = serializers.DateField(required=False, help_text="Left out: today.")
    known_by = serializers.DateField(
        required=False,
        help_text="Only facts recorded by the end of this day count. Left out: all that is known.",
    )

    def get_fields(self) -> dict[str, Any]:
        """A row is an account, never a group of them."""
        return {name: field for name, field in super().get_fields().items() if name != "logos"}

    def validate_keys(self, text: str) -> list[Metric]:
        names = dict.fromkeys(name.strip() for name in text.split(","))
        known = warehouse.exported()
        if unknown := [name for name in names if name not in known]:
            message = _("“%(name)s” is no metric that an account has; /api/v1/metrics/ lists them.")
            raise serializers.ValidationError(message % {"name": unknown[0]})
        return [known[name] for name in names]


class CohortsQuestionSerializer(FilterSerializer):
    measure = serializers.ChoiceField(
        choices=list(cohorts.MEASURES),
        default="customers",
        help_text="Customers, their MRR, or those with an order in the month.",
    )
    months = serializers.IntegerField(
        min_value=1,
        max_value=cohorts.MOST_MONTHS,
        default=cohorts.MONTHS,
        help_text="Start months, the last one being that of as_of; and as many months of life.",
    )
    as_of = serializers.DateField(required=False, help_text="Left out: today.")

    def get_fields(self) -> dict[str, Any]:
        """Which accounts a group has changes from month to month, and with it when it began."""
        return {name: field for name, field in super().get_fields().items() if name != "logos"}


class CatalogueQuestionSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, max_length=100, help_text="Part of a key, a name or an alias, in either language."
    )
