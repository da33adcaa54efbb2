"""Pages of lists."""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, NoReturn
from urllib.parse import parse_qs

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from accounts.api_filters import LARGEST_ID

PAGING = frozenset({"cursor", "page_size"})


class Pages(CursorPagination):
    """By id, the one order that every table has an index for and that no new row disturbs."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= self.max_page_size:
            return int(text)
        message = _("A page has 1 to %(most)s rows.") % {"most": self.max_page_size}
        raise ValidationError({self.page_size_query_param: [message]})

    def get_paginated_response_schema(self, schema: Any) -> Any:
        """With what stands there only in answers to updated_since."""
        deleted = {"$ref": "#/components/schemas/DeletedRow"}
        page = super().get_paginated_response_schema(
            {"type": "array", "items": {"anyOf": [schema["items"], deleted]}}
        )
        page["properties"]["synchronised_until"] = {"type": "string", "format": "date-time"}
        return page

    def decode_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        cursor_of(text)
        return super().decode_cursor(request)


def cursor_of(text: str) -> dict[str, str]:
    """What stands in a cursor; `p` is the id after which the page begins. DRF would hand anything to the database."""
    try:
        tokens = parse_qs(b64decode(text.encode("ascii"), validate=True).decode("ascii"))
    except (NotBase64, UnicodeError, ValueError):
        refuse_cursor()
    given = {"p": "0"} | {name: values[0] for name, values in tokens.items()}
    if not given["p"].isdigit() or int(given["p"]) > LARGEST_ID:
        refuse_cursor()
    return given


def refuse_cursor() -> NoReturn:
    message = _("This is no cursor of ours. Take the addresses in next and previous as they are.")
    raise ValidationError({Pages.cursor_query_param: [message]})
