"""Populations for programs: read and written like other rows, with their members and who came and went."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from accounts.api_changes import SINCE
from accounts.api_fields import Reference, RowSerializer
from accounts.api_filters import filters_of
from accounts.api_rows import Rows
from accounts.conditions import NotUnderstood, read
from accounts.models import Membership, Organisation, Population
from metrics import memberships
from metrics.sources import Clock


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "is": {"type": "string", "enum": ["one_of", "at_least", "at_most", "no_value"]},
                "values": {"type": "array", "items": {"type": "string"}},
                "window": {"type": "string"},
            },
            "required": ["field", "is"],
        },
        "example": [
            {"field": "segment", "is": "one_of", "values": ["enterprise"]},
            {"field": "metric.tickets", "is": "at_least", "values": ["5"], "window": "90d"},
        ],
    }
)
class Conditions(serializers.JSONField):
    """All of them hold.

    Fields are those of accounts, attribute.<key>, metric.<key>, and of contacts role, language and left.
    """


class PopulationSerializer(RowSerializer):
    conditions = Conditions(required=False)
    made_by = Reference(read_only=True)

    class Meta:
        model = Population
        fields = (
            "id",
            "name",
            "kind",
            "conditions",
            "shared",
            "archived",
            "made_by",
            "made_at",
            "kept_since",
        )
        read_only_fields = ("made_by", "made_at", "kept_since")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        row = self.instance
        kind = given.get("kind", row.kind if row else Population.Kind.ACCOUNTS)
        conditions = given.get("conditions", row.conditions if row else [])
        clock = Clock(Organisation.current(), timezone.now())
        try:
            asked = read(conditions, of_contacts=kind == Population.Kind.CONTACTS)
            memberships.check_metrics(asked, clock)
        except NotUnderstood as error:
            wrong: Any = [str(error)] if error.place is None else {error.place: [str(error)]}
            raise serializers.ValidationError({"conditions": wrong}) from None
        if "conditions" in given:
            given["conditions"] = [condition.as_json() for condition in asked]
        return super().validate(given)

    def create(self, given: dict[str, Any]) -> Population:
        self.row.made_by = self.context["request"].user
        return self._saved(self.row)

    def update(self, row: Population, given: dict[str, Any]) -> Population:
        return self._saved(row)

    def _saved(self, row: Population) -> Population:
        return memberships.save(row, by=self.context["request"].user, now=timezone.now())


class MembershipSerializer(RowSerializer):
    """In [entered, left); why by the field of the condition that changed, or first, edited, new, merged, archived."""

    class Meta:
        model = Membership
        fields = read_only_fields = (
            "id",
            "account",
            "contact",
            "entered",
            "left",
            "why_entered",
            "why_left",
        )


class PopulationView(Rows):
    """Saved filters: those that are shared, and one's own. One that is no longer needed is archived."""

    queryset = Population.objects.all()
    serializer_class = PopulationSerializer
    filterset_class = filters_of(Population, equal=["kind", "shared", "archived"])
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def check_may_change(self, row: Population) -> None:
        if not row.may_be_changed_by(self.writer):
            raise PermissionDenied(_("Only whoever made it changes it. Make one of your own."))


class MembershipView(Rows):
    """Who was in a population, from when to when; of those whom the reader may see."""

    queryset = Membership.objects.all()
    serializer_class = MembershipSerializer
    filterset_class = filters_of(Membership, equal=["account", "contact"], span=["entered", "left"])
    http_method_names = ["get", "head", "options"]
    is_open = False

    def known_parameters(self) -> set[str]:
        return super().known_parameters() - {SINCE}

    def _permission(self, verb: str) -> str:
        return f"accounts.{verb}_population"

    def get_queryset(self) -> Any:
        known = Population.objects.visible_to(self.writer)
        population = get_object_or_404(known, pk=self.kwargs["pk"])
        rows = Membership.objects.filter(population=population).visible_to(self.writer)
        return rows.open() if self.is_open else rows
