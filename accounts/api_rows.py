"""What all lists and rows of the API have in common: strict questions, pages, who may do what, how one writes."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from accounts.api_changes import SINCE, page_of_changes
from accounts.api_pages import PAGING, Pages
from accounts.api_writes import ExactJSONParser, check_version, etag_of, is_known, writing
from accounts.idempotency import once_per_key
from accounts.models import User
from accounts.tokens import room_left


class StrictQuery(APIView):
    """Refuses query parameters that the view does not know, or that say nothing: a misspelt or empty filter would
    otherwise give everybody's rows. Every answer says how many requests there is still room for."""

    def get_throttles(self) -> list[Any]:
        self.throttles: list[Any] = super().get_throttles()
        return self.throttles

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        for throttle in getattr(self, "throttles", []):
            for name, value in room_left(throttle).items():
                response[name] = value
        return response

    @property
    def reader(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def known_parameters(self) -> set[str]:
        return set()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.known_parameters()
        wrong = {name: [self._unknown(known)] for name in request.query_params if name not in known}
        twice = _("This is given more than once.")
        wrong |= {
            name: [twice]
            for name, values in request.query_params.lists()
            if name in known and len(values) > 1
        }
        empty = _("This is empty. Give a value, or leave it out.")
        wrong |= {
            name: [empty]
            for name, values in request.query_params.lists()
            if name in known and not any(value.strip() for value in values)
        }
        if wrong:
            raise ValidationError(wrong)

    @staticmethod
    def _unknown(known: set[str]) -> str:
        if not known:
            return _("There is no such parameter here; this address takes none.")
        return _("There is no such parameter here. Use one of: %(known)s.") % {
            "known": ", ".join(sorted(known))
        }


VERBS = {"create": "add", "partial_update": "change", "destroy": "delete"}


class Rows(StrictQuery, ModelViewSet[Any]):
    """Rows that everybody with the right to read their kind may read, and with the right to write it write."""

    serializer_class: Any
    pagination_class = Pages
    parser_classes: Any = (ExactJSONParser,)
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    filterset_class: ClassVar[Any]
    queryset: Any = None
    # The right that each action needs beside that to read.
    verbs: ClassVar[dict[str, str]] = VERBS

    @property
    def writer(self) -> User:
        return self.reader

    def known_parameters(self) -> set[str]:
        if self.action != "list":
            return set()
        # Deleted rows have nothing left to filter by.
        asks_for_changes = SINCE in self.request.query_params
        return {SINCE, *PAGING, *(() if asks_for_changes else self.filterset_class.base_filters)}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.may_read(self.reader):
            self._refuse()
        verb = self.verbs.get(self.action)
        if verb and not self.may_write(self.writer, verb):
            raise PermissionDenied(_("Your roles do not include writing these. Ask an administrator."))

    def may_read(self, user: User) -> bool:
        return user.has_perm(self._permission("view"))

    def may_write(self, user: User, verb: str) -> bool:
        return user.has_perm(self._permission(verb))

    def _permission(self, verb: str) -> str:
        meta = self.get_queryset().model._meta
        return f"{meta.app_label}.{verb}_{meta.model_name}"

    def _refuse(self) -> None:
        """A single row that one may not see does not exist; of a list one is told why it stays closed."""
        if self.detail:
            raise Http404
        raise PermissionDenied(_("Your roles do not include reading these. Ask an administrator."))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if SINCE in request.query_params:
            return page_of_changes(self)
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shown = self.get_serializer(self.get_object()).data
        headers = {"ETag": etag_of(shown)}
        return (
            Response(status=304, headers=headers)
            if is_known(request, headers["ETag"])
            else Response(shown, headers=headers)
        )

    @once_per_key
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer: Any = self.get_serializer(data=request.data)
        with writing(self.writer, serializer.pointers):
            serializer.is_valid(raise_exception=True)
            shown = self._shown(self._found_again(serializer.save()))
        address = request.build_absolute_uri(f"{request.path}{shown['id']}/")
        return Response(shown, status=201, headers={"ETag": etag_of(shown), "Location": address})

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with writing(self.writer, self.serializer_class.pointers):
            row = self._locked()
            serializer = self.get_serializer(row, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            # All of it, for what one gives away one may still see this once.
            shown = self._shown(self.queryset.get(pk=row.pk))
        return Response(shown, headers={"ETag": etag_of(shown)})

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with writing(self.writer):
            row = self._locked()
            self.check_may_go(row)
            self.perform_destroy(row)
        return Response(status=204)

    def check_may_change(self, row: Any) -> None:
        """Raises a Conflict for rows that stand still."""

    def check_may_go(self, row: Any) -> None:
        """Raises a Conflict for rows that others need."""

    def _locked(self) -> Any:
        """The row of the address, in the version that the writer means; nobody else writes to it until this ends.

        Locked first and then read: what is joined to a locked row may be older than the row.
        """
        key = self.kwargs["pk"]
        get_object_or_404(self.queryset.model.objects.select_for_update().only("pk"), pk=key)
        row = get_object_or_404(self.get_queryset(), pk=key)
        check_version(self.request, etag_of(self._shown(row)))
        self.check_may_change(row)
        return row

    def _shown(self, row: Any) -> dict[str, Any]:
        return dict(self.get_serializer(row).data)

    def _found_again(self, row: Any) -> Any:
        return self.get_queryset().get(pk=row.pk)


class Facts(Rows):
    """Facts of the accounts that the reader may see."""

    # The field that makes a new row one that its writer may see.
    of_the_creator = "account"

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def _found_again(self, row: Any) -> Any:
        found = self.get_queryset().filter(pk=row.pk).first()
        if found is None:
            message = _(
                "This would be of nobody whom you may see. Name yourself, your team or an account of yours."
            )
            raise ValidationError({self.of_the_creator: [message]})
        return found
