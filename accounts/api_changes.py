"""`?updated_since=`: what a program that keeps a copy has to read again, and what it has to forget."""

from base64 import b64encode
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts import changes
from accounts.api_fields import Moment
from accounts.api_filters import MomentField
from accounts.api_pages import Pages, cursor_of, refuse_cursor

SINCE = "updated_since"
UNTIL = "synchronised_until"


class Question(forms.Form):
    updated_since = MomentField()


def page_of_changes(view: Any) -> Response:
    """Rows as lists show them, by id; of those that are gone `{"id", "deleted": true, "deleted_at"}`."""
    request, model = view.request, view.queryset.model
    if not request.user.has_perm("accounts.view_all_accounts"):
        raise PermissionDenied(
            _(
                "What was deleted belongs to nobody any more. Asking for changes needs the right to see every account."
            )
        )
    question: Any = Question(request.query_params)
    if not question.is_valid():
        raise ValidationError(question.errors)
    after, until = _position(request.query_params.get("cursor"))
    size = Pages().get_page_size(request)
    # Before anything is read: what comes in meanwhile belongs to the next time.
    until = until or changes.seen_until()
    ids = changes.ids_since(model, question.cleaned_data[SINCE], after, size + 1)
    following = _address(request, ids[size - 1], until) if len(ids) > size else None
    rows = _rows(view, ids[:size])
    return Response({"next": following, "previous": None, UNTIL: _text(until), "results": rows})


def _rows(view: Any, ids: list[int]) -> list[dict[str, Any]]:
    shown = {
        int(row["id"]): row
        for row in view.get_serializer(view.get_queryset().filter(pk__in=ids), many=True).data
    }
    gone = changes.deleted_at(view.queryset.model, set(ids) - set(shown))
    deleted = {
        key: {"id": str(key), "deleted": True, "deleted_at": _text(moment)} for key, moment in gone.items()
    }
    known = shown | deleted
    return [known[key] for key in ids if key in known]


def _position(cursor: str | None) -> tuple[int, datetime | None]:
    """The last id of the page before, and until when the first page saw: later pages promise no more."""
    if cursor is None:
        return 0, None
    given = cursor_of(cursor)
    try:
        return int(given["p"]), Moment().run_validation(given.get("u"))
    except ValidationError:
        refuse_cursor()


def _address(request: Any, last: int, until: datetime) -> str:
    cursor = b64encode(urlencode({"p": last, "u": _text(until)}).encode()).decode()
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursor))


def _text(moment: datetime) -> str:
    return str(Moment().to_representation(moment))
