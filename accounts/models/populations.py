from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext_lazy as _

from accounts.conditions import Condition, NotUnderstood, read
from accounts.fields import LocalizedField
from accounts.models.accounts import Account
from accounts.models.people import Contact
from accounts.models.rules import Ruled

if TYPE_CHECKING:
    from accounts.models.users import User


class PopulationQuerySet(models.QuerySet["Population"]):
    def visible_to(self, user: "User") -> Self:
        """Those that are shared, and one's own."""
        return self.filter(Q(shared=True) | Q(made_by=user))

    def in_use(self) -> Self:
        return self.filter(archived=False)

    def of_accounts(self) -> Self:
        return self.filter(kind=Population.Kind.ACCOUNTS)


class Population(Ruled):
    """A saved filter over accounts or contacts; who is in it, and was, stands in Membership.

    `kept_since` is the moment of its first evaluation: of the time before nobody knows who would have been in it.
    """

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts", _("Accounts")
        CONTACTS = "contacts", _("Contacts")

    name = LocalizedField(_("name"))
    kind = models.CharField(_("of"), max_length=8, choices=Kind, default=Kind.ACCOUNTS)
    conditions = models.JSONField(
        _("conditions"), default=list, blank=True, help_text=_("All of them hold; none: everybody is in it.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("made by"),
        related_name="populations",
    )
    made_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)
    shared = models.BooleanField(_("shared"), default=False, help_text=_("Everybody may use it."))
    archived = models.BooleanField(
        _("archived"), default=False, help_text=_("Nobody is in it any more; who was can still be read.")
    )
    kept_since = models.DateTimeField(_("kept since"), null=True, blank=True, editable=False)

    objects = PopulationQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("population")
        verbose_name_plural = _("populations")
        ordering = ["id"]
        permissions = [("change_shared_population", _("Can change populations that others share"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name={}),
                name="population_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            )
        ]

    def __str__(self) -> str:
        return str(self.name) or str(self.pk)

    def get_absolute_url(self) -> str:
        return f"/populations/{self.pk}/"

    def clean(self) -> None:
        super().clean()
        try:
            self.asked  # noqa: B018  reading is checking
        except NotUnderstood as error:
            raise ValidationError({"conditions": str(error)}) from None

    @property
    def asked(self) -> tuple[Condition, ...]:
        return read(self.conditions, of_contacts=self.kind == self.Kind.CONTACTS)

    def may_be_changed_by(self, user: "User") -> bool:
        """By whoever made it; one that is shared also by those who look after them."""
        if not user.has_perm("accounts.change_population"):
            return False
        return self.made_by_id == user.pk or (
            self.shared and user.has_perm("accounts.change_shared_population")
        )


class EndOfDay(models.Func):
    """The last moment of a day where the organisation is."""

    template = (
        "((%(expressions)s + 1)::timestamp AT TIME ZONE (SELECT time_zone FROM accounts_organisation))"
        " - interval '1 microsecond'"
    )
    output_field = models.DateTimeField()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def open(self) -> Self:
        return self.filter(left=None)

    def on(self, day: date) -> Self:
        """Who was in it at the end of the day; before anything was kept, who was when that began."""
        end = EndOfDay(Value(day, models.DateField()))
        moment = Greatest(end, F("population__kept_since"))
        return self.alias(read_at=moment).filter(
            Q(left=None) | Q(left__gt=F("read_at")), entered__lte=F("read_at")
        )

    def visible_to(self, user: "User") -> Self:
        if user.has_perm("accounts.view_all_accounts"):
            return self
        seen = Account.objects.visible_to(user).order_by().values("pk")
        return self.filter(Q(account__in=seen) | Q(contact__account__in=seen))


class Membership(Ruled):
    """An account or a contact was in a population in [entered, left). Made of facts by `accounts.memberships`.

    `why_entered` and `why_left` name the condition that changed, by its field, or are one of the words there; empty
    where nobody can tell.
    """

    population = models.ForeignKey(
        Population, models.CASCADE, verbose_name=_("population"), related_name="memberships", db_index=False
    )
    account = models.ForeignKey(
        Account, models.CASCADE, verbose_name=_("account"), null=True, related_name="memberships"
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, verbose_name=_("contact"), null=True, related_name="memberships"
    )
    entered = models.DateTimeField(_("entered"))
    left = models.DateTimeField(_("left"), null=True)
    why_entered = models.CharField(_("why it entered"), max_length=60, blank=True, db_default="")
    why_left = models.CharField(_("why it left"), max_length=60, blank=True, db_default="")

    objects = MembershipQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(account=None, contact__isnull=False) | Q(account__isnull=False, contact=None),
                name="membership_of_an_account_or_a_contact",
                violation_error_code="account",
                violation_error_message=_("Name an account or a contact, and not both."),
            ),
            models.CheckConstraint(
                condition=Q(left=None) | Q(left__gte=F("entered")),
                name="membership_ends_after_its_start",
                violation_error_code="left",
                violation_error_message=_("The end must come after the start."),
            ),
            models.UniqueConstraint(
                fields=["population", "account"],
                condition=Q(left=None),
                name="membership_of_an_account_open_once",
                violation_error_code="account",
                violation_error_message=_("This account is in the population already."),
            ),
            models.UniqueConstraint(
                fields=["population", "contact"],
                condition=Q(left=None),
                name="membership_of_a_contact_open_once",
                violation_error_code="contact",
                violation_error_message=_("This contact is in the population already."),
            ),
        ]
        indexes = [
            # Sizes over time, and who came and went lately.
            models.Index(fields=["population", "entered"], include=["left"], name="membership_by_entry"),
            models.Index(
                fields=["population", "left"], condition=Q(left__isnull=False), name="membership_by_exit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.population_id}: {self.account_id or self.contact_id}"
