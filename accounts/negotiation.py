from collections.abc import Iterable, Sequence
from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches


class Weighed(DefaultContentNegotiation):
    """Of the forms of an answer those that are wanted most (`q`); among these the framework chooses."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        accepted = self.get_accept_list(request)
        weights = {renderer: weight(renderer.media_type, accepted) for renderer in renderers}
        if not any(weights.values()):
            raise NotAcceptable(available_renderers=[*weights])
        most = [renderer for renderer, own in weights.items() if own == max(weights.values())]
        return super().select_renderer(request, most, format_suffix)


def weight(form: str, accepted: Sequence[str]) -> float:
    """What is said most exactly of a form counts (RFC 9110)."""
    said = [MediaType(one) for one in accepted if media_type_matches(form, one)]
    return max(said, key=lambda one: one.specificity).quality if said else 0
