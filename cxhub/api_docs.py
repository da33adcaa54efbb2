from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

import cxhub.schema  # noqa: F401  drf-spectacular learns of extensions by their being imported


class SchemaView(SpectacularAPIView):
    """OpenAPI 3, in YAML or (`Accept: application/json`) in JSON."""


@extend_schema(exclude=True)
class NothingHere(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404(_("There is nothing at this address; /api/schema/ lists all that there are."))


def show(request: HttpRequest) -> HttpResponse:
    """In English only: drf-spectacular knows no Arabic."""
    return render(request, "cxhub/api_docs.html")
