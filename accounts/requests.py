"""The request of a page behind the sign-in, as the middlewares leave it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Organisation, User


class Request(HttpRequest):
    user: User
    htmx: HtmxDetails


def organisation_of(request: HttpRequest) -> Organisation:
    """The settings row, once per request: the middleware, the view and most numbers on a page need it."""
    kept = vars(request)
    if "organisation" not in kept:
        kept["organisation"] = Organisation.current()
    return kept["organisation"]
