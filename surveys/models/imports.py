"""Files out of which old responses came."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Upload
from accounts.models.rules import Ruled
from surveys.models.surveys import Survey

if TYPE_CHECKING:
    from accounts.models.users import User


class ResponseImportQuerySet(models.QuerySet["ResponseImport"]):
    def visible_to(self, user: "User") -> Self:
        """One's own; everybody's for those who see every account."""
        return self if user.has_perm("accounts.view_all_accounts") else self.filter(made_by=user)


class ResponseImport(Ruled):
    """`done_at`: None, it was only tried out. `date_format`: how its days are written, where somebody said so."""

    survey = models.ForeignKey(
        Survey, models.CASCADE, verbose_name=_("survey"), related_name="response_imports"
    )
    upload = models.ForeignKey(Upload, models.PROTECT, verbose_name=_("file"), related_name="+")
    source = models.CharField(_("source"), max_length=60)
    date_format = models.CharField(_("date format"), max_length=30, blank=True)
    created = models.PositiveIntegerField(_("new"), default=0, editable=False)
    replaced = models.PositiveIntegerField(_("replaced"), default=0, editable=False)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0, editable=False)
    rejected = models.PositiveIntegerField(_("rejected"), default=0, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    objects = ResponseImportQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("import of responses")
        verbose_name_plural = _("imports of responses")
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.survey}: {self.upload}"
