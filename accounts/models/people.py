from collections.abc import Iterable
from hashlib import sha256
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.fields import TagsField, is_time_zone
from accounts.models.accounts import Account, few_tags, name_key, named_like
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.rules import ERASED, NAMED, STAYS_EMPTY, Ruled

# What stands in the place of an erased address: alike in all rows of one person, for figures count them as one.
NOBODY = "erased-{number}@erased.invalid"
IS_NOBODY = "^erased-[0-9]+@erased[.]invalid$"


def stays_empty(model: str, **empty: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(erased_at=None) | models.Q(name="", email__regex=IS_NOBODY, **empty),
        name=f"{model}_erased_stays_empty",
        violation_error_code="name",
        violation_error_message=STAYS_EMPTY,
    )


def digest_of(email: str) -> str:
    """As the trigger makes it of what is written."""
    return sha256(email.strip().lower().encode()).hexdigest()


class ErasedAddressQuerySet(models.QuerySet["ErasedAddress"]):
    def of(self, email: str) -> "ErasedAddressQuerySet":
        return self.filter(digest=digest_of(email))

    def among(self, emails: Iterable[str]) -> set[str]:
        """Those of the addresses that were erased."""
        digests = {digest_of(email): email for email in emails if email}
        found = self.filter(digest__in=digests).values_list("digest", flat=True) if digests else ()
        return {digests[digest] for digest in found}


class ErasedAddress(Ruled):
    """A hash of an address whose person was erased: a trigger refuses it, so that no import brings the person back.

    Deleting the row lets the address in again.
    """

    digest = models.CharField(_("hash of the address"), max_length=64)
    erased_at = models.DateTimeField(_("erased"), db_default=Now())

    objects = ErasedAddressQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("erased address")
        verbose_name_plural = _("erased addresses")
        ordering = ["-erased_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="erasedaddress_once",
                violation_error_code="digest",
                violation_error_message=_("This address is kept out already."),
            )
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class Person(Fact):
    """Somebody who is not one of us: known by name and address, and erased when they ask for it."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    name_key = name_key()
    email = models.EmailField(_("e-mail address"), blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    is_person: ClassVar = True

    class Meta(Fact.Meta):
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.erased_at:
            raise ValidationError(STAYS_EMPTY)
        if self.email and ErasedAddress.objects.of(self.email).exists():
            raise ValidationError({"email": ERASED})

    def __str__(self) -> str:
        return str(_("Erased person")) if self.erased_at else self.name or self.email


class ContactQuerySet(FactQuerySet):
    def unmerged(self) -> "ContactQuerySet":
        """Persons, each once: no losers of a merge."""
        return self.filter(merged_into=None)

    def named_like(self, text: str) -> "ContactQuerySet":
        return self.filter(named_like(text))


class Contact(Person):
    """A person at an account."""

    class Role(models.TextChoices):
        CHAMPION = "champion", _("Champion")
        SPONSOR = "sponsor", _("Sponsor")
        ADMIN = "admin", _("Administrator")
        BILLING = "billing", _("Billing")
        USER = "user", _("User")

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="contacts")
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
            stays_empty("contact", phone=""),
        ]
        permissions = [
            ("export_person", _("Can export all that is kept about a person")),
            ("erase_person", _("Can erase a person")),
        ]
        indexes = [
            *Fact.Meta.indexes,
            GinIndex(fields=["name_key"], opclasses=["gin_trgm_ops"], name="contact_name_search"),
            models.Index(fields=["email"], name="contact_by_email"),
            # Who is meant by an address is asked for every batch of events.
            models.Index(Lower("email"), name="contact_by_address"),
            GinIndex(fields=["tags"], name="contact_by_tag"),
        ]


class Lead(Person):
    """A person who showed interest, before there was a customer."""

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
            stays_empty("lead"),
        ]
        # A person is one lead, however often the address comes.
        indexes = [*Fact.Meta.indexes, models.Index(Lower("email"), name="lead_by_email")]
