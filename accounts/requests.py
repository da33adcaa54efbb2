"""The request of a page, as the middlewares leave it, and who asks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request as ApiRequest
from rest_framework.throttling import BaseThrottle

from accounts.models import Organisation, User


class Request(HttpRequest):
    user: User
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def only_for(*permissions: str) -> Callable[[View], View]:
    """For whoever has not all of them there is no such page."""

    def of_them(view: View) -> View:
        @wraps(view)
        def seen(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perms(permissions):
                raise Http404
            return view(request, *args, **kwargs)

        return seen

    return of_them


def organisation_of(request: HttpRequest) -> Organisation:
    """The settings row, once per request: the middleware, the view and most numbers on a page need it."""
    kept = vars(request)
    if "organisation" not in kept:
        kept["organisation"] = Organisation.current()
    return kept["organisation"]


def asker_of(request: HttpRequest) -> tuple[str, str]:
    """The address, as far as our own proxies are believed, and what the program calls itself."""
    return BaseThrottle().get_ident(ApiRequest(request)), request.headers.get("User-Agent", "")


def was_too_large(request: HttpRequest) -> bool:
    """The file of it, which was not taken in then."""
    return bool(vars(request).get("upload_was_too_large"))
