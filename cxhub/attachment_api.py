"""Files of accounts for programs: listed, put to an account, fetched, deleted; by the rules of the pages."""

from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import attachments
from accounts.api_fields import Reference, RowSerializer
from accounts.api_filters import filters_of
from accounts.api_rows import Facts
from accounts.api_writes import etag_of, writing
from accounts.idempotency import once_per_key
from accounts.models import Account, Attachment, User
from accounts.requests import was_too_large
from accounts.serializers import PersonSerializer
from cxhub.attachment_pages import AttachForm, download


class AttachmentSerializer(RowSerializer):
    added_by = PersonSerializer(allow_null=True)

    class Meta:
        model = Attachment
        fields = read_only_fields = (
            "id",
            "account",
            "contact",
            "ticket",
            "name",
            "size",
            "type",
            "sha256",
            "added_by",
            "added_at",
        )


class AttachSerializer(serializers.Serializer[Any]):
    """A form with a file; it is about the account, or about one contact or ticket of it."""

    account = Reference(queryset=Account.objects.all())
    contact = serializers.CharField(required=False, help_text="Its id.")
    ticket = serializers.CharField(required=False, help_text="Its id.")
    file = serializers.FileField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        unknown = {
            name: [_("There is no such field.")] for name in self.initial_data if name not in self.fields
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return given


class AnyForm(BaseRenderer):
    """A file comes as what it is, whatever one would rather have."""

    media_type, format = "*/*", "file"


class AttachmentView(Facts):
    """Files that were put to accounts, their contacts and tickets."""

    queryset = Attachment.objects.select_related("added_by")
    serializer_class = AttachmentSerializer
    parser_classes = (MultiPartParser,)
    filterset_class = filters_of(
        Attachment, equal=["contact", "ticket", "type"], span=["added_at"], account="account"
    )
    http_method_names = ["get", "post", "delete", "head", "options"]

    def may_write(self, user: User, verb: str) -> bool:
        """Who put a file there takes it away, too: which file it is decides."""
        return verb == "delete" or super().may_write(user, verb)

    @extend_schema(request={"multipart/form-data": AttachSerializer}, responses={201: AttachmentSerializer})
    @once_per_key
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = AttachSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        account = asked.validated_data["account"]
        # Django's own request, to which the size is noted.
        too_large = was_too_large(request._request)  # noqa: SLF001
        form = AttachForm(request.POST, request.FILES, account=account, is_too_large=too_large)
        if not form.is_valid():
            raise ValidationError(_by_field(form))
        about = {name: form.cleaned_data[name] for name in ("contact", "ticket")}
        with writing(self.writer):
            added = attachments.add(account, form.cleaned_data["file"], by=self.writer, **about)
        shown = self._shown(self._found_again(added))
        address = request.build_absolute_uri(f"{request.path}{added.pk}/")
        return Response(shown, status=201, headers={"ETag": etag_of(shown), "Location": address})

    @extend_schema(
        operation_id="attachments_file",
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The bytes.")},
    )
    @action(detail=True, renderer_classes=[AnyForm])
    def file(self, _request: Request, pk: str) -> FileResponse:
        return download(self.get_object())

    def check_may_go(self, row: Attachment) -> None:
        if not attachments.may_remove(row, self.writer):
            raise PermissionDenied(_("Your roles do not include writing these. Ask an administrator."))

    def perform_destroy(self, row: Attachment) -> None:
        attachments.remove(row)


def _by_field(form: AttachForm) -> dict[str, list[str]]:
    """What is wrong with the form as a whole is of no field."""
    return {
        name.replace("__all__", "non_field_errors"): [str(problem) for problem in problems]
        for name, problems in form.errors.items()
    }
