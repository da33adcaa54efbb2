"""What a survey looks like, for whoever answers it: open to everybody, and kept by browsers, for it never changes."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import register_converter
from django.views.decorators.http import require_safe

from surveys import pictures, theme

FOR_EVER = "public, max-age=31536000, immutable"
# What is sent runs nothing, even if somebody makes a browser show it.
SANDBOXED = "default-src 'none'; sandbox"


class ColourConverter:
    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: Any) -> str:
        """With or without its #."""
        return str(value).removeprefix("#")


register_converter(ColourConverter, "colour")


@login_not_required
@require_safe
def show_theme(_request: HttpRequest, colour: str) -> HttpResponse:
    answer = HttpResponse(theme.stylesheet(colour), content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = FOR_EVER
    return answer


@login_not_required
@require_safe
def show_picture(_request: HttpRequest, signed: str) -> FileResponse:
    try:
        file, found = pictures.opened(signed)
    except (BadSignature, FileNotFoundError):
        raise Http404 from None
    answer = FileResponse(file, content_type=found)
    answer["Cache-Control"] = FOR_EVER
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOXED
    return answer
