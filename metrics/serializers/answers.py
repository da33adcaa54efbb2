"""How the API answers.

Exact numbers are decimals in strings. A value, and the limits of its interval, are in the metric's unit: 26.58 with the
unit % is 26.58 %. Numerator and denominator are the plain sums.
"""

from datetime import UTC
from decimal import Decimal
from typing import Any, cast

from django.utils.functional import Promise
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics import catalogue, cohorts
from metrics.answers import Answer
from metrics.cohorts import Cell, Cohort
from metrics.comparisons import Change
from metrics.completeness import Supply
from metrics.definitions import (
    Better,
    Family,
    Level,
    Metric,
    Parameter,
    Rival,
    RollUp,
    Unit,
    in_every_language,
)
from metrics.populations import DIMENSIONS, FILTERS
from metrics.serializers.questions import STEPS
from metrics.statistics import Interval
from metrics.terms import Moment
from metrics.versions import taxonomy, version_of


@extend_schema_field({"type": "string", "format": "decimal", "example": "316985.75"})
class Number(serializers.Field):
    """Exact, as a string: a JSON number would be read as a float."""

    def to_representation(self, value: Decimal | float) -> str:
        return format(value if isinstance(value, Decimal) else Decimal(str(value)), "f")


@extend_schema_field(
    {
        "type": "object",
        "properties": {"en": {"type": "string"}, "ar": {"type": "string"}},
        "required": ["en", "ar"],
    }
)
class InBothLanguages(serializers.Field):
    def to_representation(self, text: Promise) -> dict[str, str]:
        return in_every_language(text)


def changes_of_taxonomy(serializer: serializers.BaseSerializer[Any], metric: Metric) -> int:
    """Asked for once in an answer, and only where it matters."""
    if not metric.reads_events:
        return 0
    context = cast("dict[str, Any]", serializer.context)
    if "taxonomy" not in context:
        context["taxonomy"] = taxonomy()
    return context["taxonomy"]


class ParameterSerializer(serializers.Serializer[Parameter]):
    """What a question may change about the metric: a number of days, one of the choices, or a text."""

    name = serializers.CharField()
    default = serializers.CharField(help_text="Unless said otherwise.")
    choices = serializers.ListField(
        source="names", child=serializers.CharField(), help_text="Empty: a number of days, or a text."
    )
    text = serializers.BooleanField(
        source="is_text", help_text="A page, or the code of what it names; empty: of any."
    )
    least = serializers.IntegerField()
    most = serializers.IntegerField()


class RivalSerializer(serializers.Serializer[Rival]):
    """Another definition that goes by the same name."""

    text = InBothLanguages()
    key = serializers.CharField(
        help_text="A metric that counts it, or counts what it adds; empty: there is none."
    )


class DataCompleteTo(serializers.DateTimeField):
    """Up to when the facts that are read have come in: as of now, whatever day is asked for."""

    def __init__(self, **options: Any) -> None:
        says = (
            "The earliest of the sources of the facts that are read: what happened before this, they have told. The "
            "moment of the answer where none is behind; null: nothing was noted yet."
        )
        super().__init__(allow_null=True, default_timezone=UTC, help_text=says, **options)


class HeldBackBySerializer(serializers.Serializer[Supply]):
    """The source that is behind all others that the metric reads."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field of this name, not what a field reads
    facts = serializers.CharField(source="kind", help_text="Their kind: order, ticket, subscription.")
    last_at = serializers.DateTimeField(default_timezone=UTC, help_text="When the last of them came.")
    silent = serializers.BooleanField(
        source="is_silent", help_text="Nothing has come for longer than is usual for it."
    )


class MetricSerializer(serializers.Serializer[Metric]):
    """What a metric means."""

    key = serializers.CharField()
    name = InBothLanguages()
    family = serializers.ChoiceField(choices=[family.value for family in Family])
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])
    better = serializers.ChoiceField(choices=[better.value for better in Better])
    window = serializers.CharField(allow_null=True, help_text="Its own window; null: it is of a day.")
    formula = InBothLanguages()
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    roll_up = serializers.ChoiceField(choices=[kind.value for kind in RollUp])
    derived_from = serializers.ListField(source="of", child=serializers.CharField())
    estimate = serializers.CharField(help_text="How its interval is made; none: it has none.")
    minimum = serializers.IntegerField(help_text="Below this n an answer is marked low_sample.")
    minimum_counts = serializers.ChoiceField(choices=["accounts", "units", "events"])
    membership = serializers.ChoiceField(
        source="membership.value",
        choices=[moment.value for moment in Moment],
        help_text="The end of the window on which filters and splits are read.",
    )
    parameters = ParameterSerializer(many=True)
    reads = serializers.ListField(child=serializers.CharField(), help_text="The facts that it counts.")
    aliases = serializers.ListField(child=serializers.CharField())
    rivals = RivalSerializer(many=True)
    definition_version = serializers.SerializerMethodField()
    data_complete_to = serializers.SerializerMethodField()
    filters = serializers.SerializerMethodField()
    splits = serializers.SerializerMethodField()

    def get_definition_version(self, metric: Metric) -> int:
        return version_of(metric, changes_of_taxonomy(self, metric))

    @extend_schema_field(DataCompleteTo())
    def get_data_complete_to(self, metric: Metric) -> str | None:
        found = self.context["supplies"].of(metric)
        return DataCompleteTo().to_representation(found.to) if found.to else None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_filters(self, _metric: Metric) -> list[str]:
        return ["account", "group", "logos", *FILTERS, *self.context.get("declared", ())]

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_splits(self, metric: Metric) -> list[str]:
        return [*DIMENSIONS, *self.context.get("declared", ()), *catalogue.dimensions(metric)]


class CatalogueSerializer(serializers.Serializer[Any]):
    results = MetricSerializer(many=True)


class IntervalSerializer(serializers.Serializer[Interval]):
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    level = serializers.FloatField()
    method = serializers.CharField()


class WindowSerializer(serializers.Serializer[Any]):
    """Both days are inside."""

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(source="first"), "to": serializers.DateField(source="last")}


class FigureSerializer(serializers.Serializer[Any]):
    """A value, how sure it is and what it rests on. No denominator, no value: null and the reason."""

    key = serializers.CharField()
    value = serializers.SerializerMethodField(
        method_name="in_unit", help_text="In the unit: 26.58 with the unit % is 26.58 %."
    )
    unit = serializers.ChoiceField(source="metric.unit", choices=[unit.value for unit in Unit])
    currency = serializers.SerializerMethodField()
    numerator = Number(allow_null=True)
    denominator = Number(allow_null=True)
    n = serializers.IntegerField(help_text="The size of the sample.")
    interval = serializers.SerializerMethodField(help_text="In the unit, as the value is.")
    interval_reason = serializers.CharField(
        help_text="Why there is no interval: not_defined, no_value, too_few_accounts, too_few_cases, more_than_all, "
        "not_reached, people_once."
    )
    as_of = serializers.DateField()
    known_by = serializers.DateField(allow_null=True)
    window = WindowSerializer()
    membership_day = serializers.DateField(help_text="The day on which filters and splits are read.")
    definition_version = serializers.SerializerMethodField(
        help_text="Another one where the metric, or what the organisation says that events mean, has changed."
    )
    low_sample = serializers.BooleanField()
    unattributed = Number(help_text="What has no account; it counts where everybody is asked for.")
    reason = serializers.CharField(
        help_text="Why there is no value: no_denominator, no_rate, not_reached, no_expenses, "
        "no_cost_of_revenue, which_ with the name of a parameter that it takes; of the "
        "organisation's figures also not_by_ with the name of the filter or split, and company_only."
    )
    basis = serializers.CharField(
        help_text="setting: the gross margin of the settings stood in for the cost of revenue."
    )

    def get_definition_version(self, answer: Answer) -> int:
        return version_of(answer.metric, changes_of_taxonomy(self, answer.metric))

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True, "example": "26.57849829"})
    def in_unit(self, answer: Answer) -> str | None:
        return None if answer.value is None else format(answer.value * scale(answer.metric), "f")

    @extend_schema_field({"type": "string", "nullable": True, "example": "USD"})
    def get_currency(self, answer: Answer) -> str | None:
        return answer.currency or None

    @extend_schema_field(IntervalSerializer(allow_null=True))
    def get_interval(self, answer: Answer) -> dict[str, Any] | None:
        return in_unit(answer.interval, answer.metric)


def in_unit(interval: Interval | None, metric: Metric) -> dict[str, Any] | None:
    if interval is None:
        return None
    low, high = (limit and limit * scale(metric) for limit in (interval.low, interval.high))
    return {"low": low, "high": high, "level": interval.level, "method": interval.method}


def scale(metric: Metric) -> int:
    """From shares to what the unit says."""
    return 100 if metric.unit is Unit.PERCENT else 1


class ChangeSerializer(serializers.Serializer[Change]):
    """How an answer differs from another, in the unit."""

    value = serializers.SerializerMethodField(method_name="in_unit")
    interval = serializers.SerializerMethodField()
    real = serializers.BooleanField(
        source="is_real",
        allow_null=True,
        help_text="false: within noise; null: there is nothing to tell it by. All that an answer shows are judged "
        "together.",
    )

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True, "example": "2.1"})
    def in_unit(self, change: Change) -> str | None:
        return None if change.value is None else format(change.value * scale(change.answer.metric), "f")

    @extend_schema_field(IntervalSerializer(allow_null=True))
    def get_interval(self, change: Change) -> dict[str, Any] | None:
        return in_unit(change.interval, change.answer.metric)


class SplitSerializer(FigureSerializer):
    """One part of a split: its value of each dimension, empty for what has none."""

    against_others = ChangeSerializer(
        allow_null=True,
        help_text="From all other parts together; null of sums, and where parts cannot be added up.",
    )

    members = serializers.ListField(source="split", child=serializers.CharField(allow_blank=True))


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "example": 30})
class ParameterValue(serializers.Field):
    """A number of days, a choice or a text."""

    def to_representation(self, value: int | str) -> int | str:
        return value


class ParametersSerializer(serializers.Serializer[Any]):
    filters = serializers.DictField(child=serializers.CharField())
    by = serializers.ListField(child=serializers.CharField(), help_text="In the order of a part's members.")
    population = serializers.ChoiceField(
        choices=["all", "visible"],
        help_text="visible: only the accounts that the asking user may see were counted.",
    )
    values = serializers.DictField(
        child=ParameterValue(), help_text="The metric's own parameters, such as return_days or hours."
    )


class ContextSerializer(serializers.Serializer[Any]):
    """What holds for everything in an answer."""

    evaluated_at = serializers.DateTimeField(
        default_timezone=UTC, help_text="Today counts up to this moment."
    )
    undated = serializers.BooleanField(
        help_text="A filter or the split was read as it is now, or a population as it was when it was first kept, "
        "because its past is not known."
    )
    overlapping = serializers.BooleanField(help_text="An account may be in several parts of the split.")
    parameters = ParametersSerializer()


class CompleteSerializer(serializers.Serializer[Any]):
    """How far the data go of what is answered."""

    data_complete_to = DataCompleteTo(source="completeness.to")
    data_held_back_by = HeldBackBySerializer(source="completeness.held_back_by", allow_null=True)


class AskedSerializer(CompleteSerializer, ContextSerializer):
    """What holds for everything in an answer that reads the same facts."""


class PeriodBeforeSerializer(FigureSerializer):
    change = ChangeSerializer(help_text="From this period to the one asked for.")


class AnswerSerializer(FigureSerializer, AskedSerializer):
    """The answer, with compare= that of the period before, and with by= its parts."""

    before = PeriodBeforeSerializer(allow_null=True)
    splits = SplitSerializer(many=True, allow_null=True)


class SeriesSerializer(AskedSerializer):
    key = serializers.CharField()
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])
    step = serializers.ChoiceField(choices=STEPS)
    points = FigureSerializer(many=True)


class AccountShareSerializer(serializers.Serializer[Any]):
    """An account's sums in the figure; account null is what has no account."""

    account = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    numerator = Number(allow_null=True)
    denominator = Number(allow_null=True)


class CountedFactSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    moment = serializers.CharField(help_text="The day or the instant by which the facts are in order.")
    counted = Number(help_text="What the fact adds.")


class CountedFactsSerializer(serializers.Serializer[Any]):
    """The facts that one measure of the metric counted at one reading, newest first."""

    measure = serializers.CharField()
    name = InBothLanguages()
    facts = serializers.CharField(help_text="Their kind: order, ticket, subscription, accountchange.")
    since = serializers.DateField(
        help_text="The first day that counts; that of until where one day is read, not a window."
    )
    until = serializers.DateField()
    count = serializers.IntegerField()
    rows = CountedFactSerializer(many=True)


class TotalSerializer(serializers.Serializer[Any]):
    numerator = Number(allow_null=True)
    denominator = Number(allow_null=True)


class RowsSerializer(AskedSerializer):
    """What a figure is made of: the accounts' sums, which add up to it, and with account= the facts behind them."""

    key = serializers.CharField()
    rows_of = serializers.CharField(
        help_text="The metric whose sums these are: key, or what a derived metric is made from."
    )
    as_of = serializers.DateField()
    window = WindowSerializer()
    membership_day = serializers.DateField()
    count = serializers.IntegerField(help_text="How many accounts count.")
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    total = TotalSerializer(help_text="What all accounts add up to, on this page or not.")
    late = serializers.IntegerField(
        help_text="How many of the facts counted were recorded more than a day after they happened: by so many the "
        "figure may have changed since."
    )
    backfilled = serializers.IntegerField(
        help_text="How many of them were imported as known since they happened: nobody knows when that was."
    )
    results = AccountShareSerializer(many=True)
    facts = CountedFactsSerializer(many=True, allow_null=True)


class CellSerializer(serializers.Serializer[Cell]):
    """A cohort at the end of a month of its life."""

    month = serializers.IntegerField(help_text="The month of life; 0 is the one of the start.")
    day = serializers.DateField(help_text="The end of the month, or the day that was asked for.")
    complete = serializers.BooleanField(source="is_complete", help_text="Whether the month is over.")
    value = Number(allow_null=True)
    share = serializers.SerializerMethodField(help_text="In percent of the cohort's base: 87.5 is 87.5 %.")
    reason = serializers.CharField(help_text="Why there is no value or no share: no_rate, no_denominator.")

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True, "example": "87.5"})
    def get_share(self, cell: Cell) -> str | None:
        return None if cell.share is None else format(cell.share * 100, "f")


class CohortSerializer(serializers.Serializer[Cohort]):
    """The accounts whose first day as a customer ever is in this month."""

    month = serializers.SerializerMethodField()
    membership_day = serializers.DateField(
        source="day",
        help_text="The end of that month: the day on which filters are read, and of the rates of MRR.",
    )
    size = serializers.IntegerField()
    base = Number(allow_null=True, help_text="What shares are of: the size; of MRR, that of month 0.")
    low_sample = serializers.BooleanField(source="is_small", help_text="Fewer than 30 accounts.")
    cells = CellSerializer(many=True, help_text="As far as there are days.")

    @extend_schema_field({"type": "string", "example": "2026-01"})
    def get_month(self, cohort: Cohort) -> str:
        return f"{cohort.first:%Y-%m}"


class CohortsSerializer(AskedSerializer):
    """What became of the customers of each month, the oldest first; without those before anybody came."""

    measure = serializers.ChoiceField(choices=list(cohorts.MEASURES))
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])
    currency = serializers.CharField(allow_null=True)
    as_of = serializers.DateField()
    cohorts = CohortSerializer(many=True)


class ValuesSerializer(AskedSerializer):
    """A row for each account: `account`, `name`, `as_of`, and under each key its value in the unit; null is none.

    `data_complete_to` is that of the metric whose facts are furthest behind, here and in each row; `metrics` has it
    for each of them. A quotient comes with `<key>_numerator` and `<key>_denominator`, by which accounts are added up.
    """

    as_of = serializers.DateField()
    known_by = serializers.DateField(allow_null=True)
    metrics = serializers.DictField(child=CompleteSerializer(), help_text="By key.")
    results = serializers.ListField(child=serializers.DictField(child=serializers.CharField(allow_null=True)))


class PointSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    value = Number(allow_null=True)


class TrendedSerializer(FigureSerializer, CompleteSerializer):
    trend = PointSerializer(
        many=True, help_text="Stored values of the ends of the past months; headline metrics only."
    )


class AccountMetricsSerializer(serializers.Serializer[Any]):
    account = serializers.CharField()
    as_of = serializers.DateField()
    evaluated_at = serializers.DateTimeField(default_timezone=UTC)
    left_out = serializers.ChoiceField(
        choices=["", "internal", "merged"], help_text="Why the account counts in no figure; empty: it does."
    )
    results = TrendedSerializer(many=True)
