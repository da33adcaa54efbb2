"""What every fact carries, and who may see it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.organisation import Organisation
from accounts.models.rules import Ruled

if TYPE_CHECKING:
    from accounts.models.users import User


LIES_AHEAD = _("This lies in the future; here belongs what has happened.")


class FactQuerySet(models.QuerySet[Any]):
    """Facts of an account are seen by those who see the account, those of no account by whoever may read them."""

    def visible_to(self, user: "User") -> Self:
        if not self.model.account_path or user.has_perm("accounts.view_all_accounts"):
            return self
        return self.filter(**{f"{self.model.account_path}__in": Account.objects.visible_to(user)})


class Fact(Ruled):
    """Where it came from, the sender's own id (so that sending twice changes nothing), and when we learned it."""

    source = models.CharField(_("source"), max_length=60, blank=True, db_default="", default="")
    external_id = models.CharField(_("id at the source"), max_length=200, null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = FactQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    # The field that says when it happened, where that cannot lie ahead.
    happened: ClassVar[str] = ""
    personal_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                name="%(class)s_once_per_source",
                violation_error_code="external_id",
                violation_error_message=_("There is a row with this id at this source already."),
            )
        ]

    def __str__(self) -> str:
        return self.external_id or f"{self._meta.verbose_name} {self.pk}"

    def clean(self) -> None:
        super().clean()
        at = getattr(self, self.happened) if self.happened else None
        now = timezone.now()
        if at and at > (now if isinstance(at, datetime) else Organisation.current().today(now)):
            raise ValidationError({self.happened: LIES_AHEAD})


def heard(recorded: str, known_until: datetime | None) -> models.Q:
    """We had learned of it by then; None: by now, which is of everything."""
    return models.Q(**{f"{recorded}__lt": known_until}) if known_until else models.Q()


def unheard(recorded: str, known_until: datetime | None) -> models.Q:
    """We learned of it later; to be joined by OR, where None adds nothing."""
    return models.Q(**{f"{recorded}__gte": known_until}) if known_until else models.Q()
