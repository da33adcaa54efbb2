"""Files that somebody uploaded, what is to become of their rows, and what became of them."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled
from accounts.models.users import User
from accounts.models.work import Job


def kept_files() -> Storage:
    """Files of people: in a folder that has no address."""
    return storages["uploads"]


class Upload(models.Model):
    """A file as it came. When its time is over the file goes, and this row says that it was there."""

    file = models.FileField(_("file"), storage=kept_files, upload_to="%Y/%m", blank=True)
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now())

    personal_fields: ClassVar = ("file", "name")

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        ordering = ["-uploaded_at", "-id"]
        indexes = [
            models.Index(fields=["uploaded_at"], name="upload_with_file", condition=~models.Q(file=""))
        ]

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_perm("accounts.view_job") else self.filter(created_by=user)

    def with_jobs(self) -> Self:
        return self.select_related("upload", "preview", "job", "created_by")

    def due(self, silent_since: datetime) -> Self:
        """Those with work that nobody is at: it waits, or its worker gave no sign of life since then."""
        waiting, silent = models.Q(), models.Q()
        for name in ("preview", "job"):
            waiting |= models.Q(**{f"{name}__state": Job.State.WAITING})
            silent |= models.Q(
                **{f"{name}__state": Job.State.RUNNING, f"{name}__seen_alive_at__lt": silent_since}
            )
        return self.filter(waiting | silent)


class Import(models.Model):
    """The rows of a file on their way to one resource. One file may be taken more than once, for each resource."""

    upload = models.ForeignKey(Upload, models.CASCADE, verbose_name=_("file"), related_name="imports")
    resource = models.CharField(_("kind of rows"), max_length=60)
    source = models.CharField(_("source"), max_length=60)
    choices = models.JSONField(_("how it is read"), default=dict, blank=True)
    mends = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("mends the rejected rows of"),
        null=True,
        blank=True,
        related_name="mended_by",
    )
    preview = models.OneToOneField(
        Job, models.SET_NULL, verbose_name=_("preview"), null=True, blank=True, related_name="preview_of"
    )
    job = models.OneToOneField(
        Job, models.SET_NULL, verbose_name=_("job"), null=True, blank=True, related_name="import_of"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="imports",
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = ImportQuerySet.as_manager()

    # The same in every row, and values read as others: what somebody typed.
    personal_fields: ClassVar = ("choices",)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.resource} {self.pk}"

    @property
    def current(self) -> Job | None:
        """The job of which the page speaks."""
        return self.job or self.preview


class RowFate(models.Model):
    """What became of a row, or would have; a rejected one has a reason for each of its bad cells."""

    class Fate(models.TextChoices):
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REJECTED = "rejected", _("Rejected")

    job = models.ForeignKey(Job, models.CASCADE, verbose_name=_("job"), related_name="fates")
    line = models.PositiveBigIntegerField(_("line"))
    fate = models.CharField(_("what became of it"), max_length=9, choices=Fate)
    key = models.TextField(_("id in the file"), blank=True)
    column = models.TextField(_("column"), blank=True)
    value = models.TextField(_("value"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    row = models.BigIntegerField(_("our row"), null=True, blank=True)
    changes = models.JSONField(_("changes"), default=list, blank=True, help_text=_("Field, before, after."))

    personal_fields: ClassVar = ("key", "value", "reason", "changes")

    class Meta:
        verbose_name = _("fate of a row")
        verbose_name_plural = _("fates of rows")
        ordering = ["line", "id"]
        indexes = [
            models.Index(fields=["job", "line"], name="rowfate_of_a_job"),
            models.Index(fields=["job", "fate", "line"], name="rowfate_by_fate"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.fate}"


class ColumnMapping(Ruled):
    """Which field a column of a source was said to give: the next file of the source is mapped alike."""

    source = models.CharField(_("source"), max_length=60)
    resource = models.CharField(_("kind of rows"), max_length=60)
    column = models.TextField(_("column"))
    field = models.CharField(_("field"), max_length=60, blank=True, help_text=_("None: it is left out."))
    # Pairs: a word of the file, and what it is read as.
    values = models.JSONField(_("what its values mean"), default=list, db_default=[], blank=True)

    # Words of files.
    personal_fields: ClassVar = ("values",)

    class Meta:
        verbose_name = _("known column")
        verbose_name_plural = _("known columns")
        ordering = ["source", "resource", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "resource", "column"],
                name="columnmapping_once",
                violation_error_code="column",
                violation_error_message=_("This column of the source is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.column} → {self.field or '–'}"
