from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.fields import TagsField, is_time_zone
from accounts.models.accounts import Account, few_tags, name_key, named_like
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.rules import NAMED


class ContactQuerySet(FactQuerySet):
    def unmerged(self) -> "ContactQuerySet":
        """Persons, each once: no losers of a merge."""
        return self.filter(merged_into=None)

    def named_like(self, text: str) -> "ContactQuerySet":
        return self.filter(named_like(text))


class Contact(Fact):
    """A person at an account."""

    class Role(models.TextChoices):
        CHAMPION = "champion", _("Champion")
        SPONSOR = "sponsor", _("Sponsor")
        ADMIN = "admin", _("Administrator")
        BILLING = "billing", _("Billing")
        USER = "user", _("User")

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="contacts")
    name = models.CharField(_("name"), max_length=200, blank=True)
    name_key = name_key()
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, validators=[is_time_zone])
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.USER)
    joined = models.DateField(_("joined"), null=True, blank=True)
    left = models.DateField(_("left"), null=True, blank=True)
    preferred_channel = models.CharField(_("preferred channel"), max_length=20, blank=True)
    preferred_hour = models.PositiveSmallIntegerField(_("preferred hour"), null=True, blank=True)
    tags = TagsField(verbose_name=_("tags"))
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, verbose_name=_("merged into"), null=True, blank=True, related_name="merged"
    )

    objects = ContactQuerySet.as_manager()  # type: ignore[misc]

    personal_fields: ClassVar = ("name", "name_key", "email", "phone")

    class Meta(Fact.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name_key", "id"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(name="") | ~models.Q(email=""),
                name="contact_can_be_named",
                violation_error_code="name",
                violation_error_message=NAMED,
            ),
            models.CheckConstraint(
                condition=models.Q(left=None)
                | models.Q(joined=None)
                | models.Q(left__gte=models.F("joined")),
                name="contact_left_after_joining",
                violation_error_code="left",
                violation_error_message=_("This must not lie before the day of joining."),
            ),
            models.CheckConstraint(
                condition=models.Q(preferred_hour=None) | models.Q(preferred_hour__lte=23),
                name="contact_hour_of_a_day",
                violation_error_code="preferred_hour",
                violation_error_message=_("An hour lies between 0 and 23."),
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="contact_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message=_("A contact cannot be merged into itself."),
            ),
            few_tags("contact"),
        ]
        indexes = [
            *Fact.Meta.indexes,
            GinIndex(fields=["name_key"], opclasses=["gin_trgm_ops"], name="contact_name_search"),
            models.Index(fields=["email"], name="contact_by_email"),
            GinIndex(fields=["tags"], name="contact_by_tag"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Lead(Fact):
    """A person who showed interest, before there was a customer."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    name_key = name_key()
    email = models.EmailField(_("e-mail address"), blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    account = models.ForeignKey(
        Account, models.SET_NULL, verbose_name=_("account"), null=True, blank=True, related_name="leads"
    )
    first_interest = models.DateField(_("first interest"))
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    converted = models.DateField(_("converted"), null=True, blank=True)

    personal_fields: ClassVar = ("name", "name_key", "email")

    class Meta(Fact.Meta):
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-first_interest", "-id"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(name="") | ~models.Q(email=""),
                name="lead_can_be_named",
                violation_error_code="name",
                violation_error_message=NAMED,
            ),
            models.CheckConstraint(
                condition=models.Q(converted=None) | models.Q(converted__gte=models.F("first_interest")),
                name="lead_converted_after_first_interest",
                violation_error_code="converted",
                violation_error_message=_("This must not lie before the first interest."),
            ),
        ]
        # A person is one lead, however often the address comes.
        indexes = [*Fact.Meta.indexes, models.Index(Lower("email"), name="lead_by_email")]

    def __str__(self) -> str:
        return self.name or self.email
