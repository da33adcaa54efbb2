import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django_structlog.middlewares import RequestMiddleware

from accounts.audit import acting
from accounts.requests import organisation_of

View = Callable[..., HttpResponse]
READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Of the only paths that hold one, the write key, and the token of a mail, of an SMS or of a survey.
KEY = re.compile("(?<=^/v1/projects/)[^/]+|(?<=^/m/)[^/]+|(?<=^/s/)[^/]+")


class LoggedRequestMiddleware(RequestMiddleware):
    """A line for each request. Paths hold ids; what is searched for, behind them, may be somebody's name."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {KEY.sub('…', request.path)}"


class PreferencesMiddleware:
    """The language and the time zone of whoever is signed in; what the browser asked for holds until then."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()
        zone = request.user.time_zone or organisation_of(request).time_zone
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


class ActorMiddleware:
    """Whatever a signed-in user changes is one transaction, and the audit log names the user.

    Not ATOMIC_REQUESTS: that opens a transaction for every page that is only read. A view that must commit in its
    own way says `@transaction.non_atomic_requests`, as everywhere in Django.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method in READING or not request.user.is_authenticated:
            return None
        if DEFAULT_DB_ALIAS in getattr(view, "_non_atomic_requests", ()):
            return None
        with acting(user=request.user):
            return view(request, *args, **kwargs)
