"""GET /api/v1/quality/: what is wrong with the data, for programs that watch over it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_rows import StrictQuery
from accounts.models import Organisation
from accounts.quality import Grade, Looking
from cxhub import quality
from metrics.serializers.answers import InBothLanguages

GRADES = [grade.value for grade in Grade]


class FoundSerializer(serializers.Serializer[Any]):
    """What one check found among the rows that the reader may see."""

    key = serializers.CharField(source="check.key")
    name = InBothLanguages(source="check.name")
    why = InBothLanguages(source="check.why")
    mend = InBothLanguages(source="check.mend")
    grade = serializers.ChoiceField(choices=GRADES, help_text="How bad it is: fine, where nothing was found.")
    count = serializers.IntegerField()
    since = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when something has been found; null: nothing is, or it is not known.",
    )
    looked_at = serializers.DateTimeField(help_text="When this was counted: within the last hour, or now.")


class OverviewSerializer(serializers.Serializer[Any]):
    results = FoundSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="pk")
    name = serializers.CharField(source="title")
    account = serializers.CharField(source="account.pk", allow_null=True, default=None)


class LinesSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    results = LineSerializer(many=True)


class PageSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField(default=1, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(default=100, min_value=1, max_value=500)


class Quality(StrictQuery):
    @staticmethod
    def looking() -> Looking:
        return Looking(Organisation.current(), timezone.now())


class QualityView(Quality):
    """What is wrong with the data: every check with what it found, the worst first."""

    @extend_schema(operation_id="quality_list", responses=OverviewSerializer)
    def get(self, _request: Request) -> Response:
        found = quality.overview(self.reader, self.looking())
        if not found:
            raise PermissionDenied(_("Your roles do not include reading these. Ask an administrator."))
        return Response(OverviewSerializer({"results": found}).data)


class QualityRowsView(Quality):
    """The rows that a check finds now, as far as the reader may see them."""

    def known_parameters(self) -> set[str]:
        return set(PageSerializer().fields)

    @extend_schema(
        operation_id="quality_rows",
        parameters=[
            PageSerializer,
            OpenApiParameter(
                "key", OpenApiTypes.STR, OpenApiParameter.PATH, description="As the list names it."
            ),
        ],
        responses=LinesSerializer,
    )
    def get(self, request: Request, key: str) -> Response:
        check = quality.CHECKS.get(key)
        if check is None or not check.is_for(self.reader):
            raise Http404(_("There is no check of this key; /api/v1/quality/ lists them all."))
        asked = PageSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        number, size = asked.validated_data["page"], asked.validated_data["page_size"]
        pages = Paginator(quality.ordered(check.rows_for(self.reader, self.looking())), size)
        rows = list(pages.get_page(number)) if number <= pages.num_pages else []
        lines = quality.lines(check, rows, self.reader)
        answer = {"key": key, "count": pages.count, "page": number, "page_size": size, "results": lines}
        return Response(LinesSerializer(answer).data)
