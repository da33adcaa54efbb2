from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import resolve
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
    """Who only reads and forgot the last slash is sent on. Writing is not: a client makes a GET of it on its way, and
    takes the list that it gets for success."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.lacks_slash = is_something(f"{request.path_info}/")
        if self.lacks_slash and request.method in {"GET", "HEAD"}:
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.lacks_slash:
            raise Http404(
                _("Nothing was done. This address ends with a slash: %(address)s")
                % {"address": f"{request.path}/"}
            )
        raise Http404(_("There is nothing at this address; /api/schema/ lists all that there are."))


def is_something(path: str) -> bool:
    return getattr(resolve(path).func, "cls", None) is not NothingHere


def show(request: HttpRequest) -> HttpResponse:
    """In English only: drf-spectacular knows no Arabic."""
    return render(request, "cxhub/api_docs.html")
