"""Pairs that may be one customer or one person, as the last search found them, and what somebody said of them."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.people import Contact

if TYPE_CHECKING:
    from accounts.models.users import User


class PairQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        """Of nobody said that they are two, nor merged meanwhile."""
        return self.filter(dismissed_at=None, first__merged_into=None, second__merged_into=None)

    def visible_to(self, user: "User") -> Self:
        """Of which the user may see both."""
        if user.has_perm("accounts.view_all_accounts"):
            return self
        seen = Account.objects.visible_to(user)
        path = self.model.account_path
        return self.filter(**{f"first{path}__in": seen, f"second{path}__in": seen})

    def likeliest_first(self) -> Self:
        return self.order_by("-reasons__len", "-likeness", "pk")


class Pair(models.Model):
    """`likeness` is that of the names, 0 to 1. `first` has the smaller id."""

    class Reason(models.TextChoices):
        NAME = "name", _("alike by name")
        DOMAIN = "domain", _("same web domain")
        EMAIL = "email", _("same e-mail address")
        PHONE = "phone", _("same phone number")

    reasons = ArrayField(models.CharField(max_length=6, choices=Reason), verbose_name=_("reasons"))
    likeness = models.FloatField(_("likeness of the names"))
    found_at = models.DateTimeField(_("found"), db_default=Now())
    dismissed_at = models.DateTimeField(_("said to be two"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PairQuerySet.as_manager()

    account_path: ClassVar[str] = ""
    personal_fields: ClassVar = ()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="%(class)s_once",
                violation_error_code="second",
                violation_error_message=_("There is this pair already."),
            ),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="%(class)s_in_one_order",
                violation_error_code="second",
                violation_error_message=_("The second of a pair has the greater number."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def because(self) -> str:
        return ", ".join(self.words)

    @property
    def words(self) -> list[str]:
        return [str(self.Reason(reason).label) for reason in self.reasons]


class AccountPair(Pair):
    first = models.ForeignKey(Account, models.CASCADE, verbose_name=_("first"), related_name="+")
    second = models.ForeignKey(Account, models.CASCADE, verbose_name=_("second"), related_name="+")

    class Meta(Pair.Meta):
        verbose_name = _("pair of accounts")
        verbose_name_plural = _("pairs of accounts")


class ContactPair(Pair):
    first = models.ForeignKey(Contact, models.CASCADE, verbose_name=_("first"), related_name="+")
    second = models.ForeignKey(Contact, models.CASCADE, verbose_name=_("second"), related_name="+")

    account_path = "__account"

    class Meta(Pair.Meta):
        verbose_name = _("pair of contacts")
        verbose_name_plural = _("pairs of contacts")
