"""Who acts: the ids by which senders know people, what they said of them, and what people agreed to."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import digest
from accounts.models.facts import Fact, FactQuerySet
from accounts.models.people import Contact
from accounts.models.rules import Ruled


class Sender(models.TextChoices):
    """What kind of id a sender gives."""

    USER = "user", _("User id")
    ANONYMOUS = "anonymous", _("Anonymous id")


ANOTHER_HAS_IT = _(
    "Another contact of this account has this id on some of these days. Say there until when it was theirs first."
)


class IdentityQuerySet(FactQuerySet):
    def against(self, row: "Identity") -> Self:
        """Those that give the id to somebody else at the same account on some of the same days."""
        alike = self.filter(source=row.source, kind=row.kind, value=row.value)
        of_others = alike.filter(contact__account=row.contact.account_id).exclude(contact=row.contact_id)
        begun_later = Q(since__gte=row.until) if row.until else Q(pk__in=[])
        ended_before = Q(until__lte=row.since) if row.since else Q(pk__in=[])
        return of_others.exclude(begun_later | ended_before)


class Identity(Ruled):
    """A sender's id of a contact: [since, until). One id may act at several accounts, as a contact at each."""

    contact = models.ForeignKey(Contact, models.CASCADE, verbose_name=_("contact"), related_name="identities")
    source = models.CharField(_("source"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=Sender, default=Sender.USER)
    value = models.CharField(_("id there"), max_length=200)
    digest = digest("source", "kind", "value")
    verified = models.BooleanField(
        _("verified"), default=False, help_text=_("A server said so; a browser can say anything.")
    )
    # By accounts.intake.people, which takes it away again once it follows no more; what people entered stays.
    derived = models.BooleanField(
        _("follows from what was said"), default=False, db_default=False, editable=False
    )
    since = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The first day it is not theirs.")
    )
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = IdentityQuerySet.as_manager()

    account_path: ClassVar[str] = "contact__account"
    personal_fields: ClassVar = ("value",)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        ordering = ["source", "value", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "value", "contact"],
                name="identity_once_per_contact",
                violation_error_code="value",
                violation_error_message=_("This contact has this id already."),
            ),
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gt=F("since")),
                name="identity_ends_after_its_start",
                violation_error_code="until",
                violation_error_message=_("The end must come after the start."),
            ),
        ]
        indexes = [models.Index(fields=["digest"], name="identity_by_digest")]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"

    def clean(self) -> None:
        super().clean()
        if getattr(self, "contact", None) and Identity.objects.against(self).exclude(pk=self.pk).exists():
            raise ValidationError({"value": ANOTHER_HAS_IT})


class Profile(models.Model):
    """What senders said of a user, kept until there is a contact at each of the accounts that it belongs to.

    `traits` are those said last, `times` when each was; `companies` the ids of accounts, each with when it was said
    first. `email` is the address among the traits, in small letters.
    """

    source = models.CharField(_("source"), max_length=60)
    value = models.CharField(_("id there"), max_length=200)
    digest = digest("source", models.Value("user"), "value")
    traits = models.JSONField(_("traits"), default=dict)
    times = models.JSONField(_("times"), default=dict)
    email = models.CharField(_("e-mail address"), max_length=254, default="", db_default="", blank=True)
    companies = models.JSONField(_("companies"), default=dict)
    told_at = models.DateTimeField(_("said last"), null=True)

    objects = models.Manager["Profile"]()

    personal_fields: ClassVar = ("value", "traits", "email")

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "value"],
                name="profile_once",
                violation_error_code="value",
                violation_error_message=_("This id is known already."),
            )
        ]
        indexes = [
            models.Index(fields=["source", "email"], name="profile_by_email", condition=~models.Q(email=""))
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class CompanyProfile(models.Model):
    """What senders said last of a company, by the id that it has at the source of the ids of accounts, and when."""

    source = models.CharField(_("source"), max_length=60)
    value = models.CharField(_("id there"), max_length=200)
    traits = models.JSONField(_("traits"), default=dict)
    times = models.JSONField(_("times"), default=dict)

    objects = models.Manager["CompanyProfile"]()

    personal_fields: ClassVar = ("traits",)

    class Meta:
        verbose_name = _("profile of a company")
        verbose_name_plural = _("profiles of companies")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "value"],
                name="companyprofile_once",
                violation_error_code="value",
                violation_error_message=_("This id is known already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class OtherId(models.Model):
    """Another id of a user: what the browser called them before they signed in, or what they were called earlier.

    An anonymous one belongs to the first user that it was said of. Of an earlier one the first few are kept: it is of
    the next where the first would lead in a circle.
    """

    source = models.CharField(_("source"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=Sender)
    value = models.CharField(_("id there"), max_length=200)
    user = models.CharField(_("user id"), max_length=200)
    verified = models.BooleanField(_("verified"), default=False)
    said_at = models.DateTimeField(_("said"))

    objects = models.Manager["OtherId"]()

    personal_fields: ClassVar = ("value", "user")

    class Meta:
        verbose_name = _("other id")
        verbose_name_plural = _("other ids")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "value", "user"],
                name="otherid_once",
                violation_error_code="value",
                violation_error_message=_("This id is known already."),
            ),
            models.UniqueConstraint(
                fields=["source", "value"],
                condition=Q(kind=Sender.ANONYMOUS),
                name="otherid_anonymous_once",
                violation_error_code="value",
                violation_error_message=_("This id is known already."),
            ),
        ]
        indexes = [models.Index(fields=["source", "user"], name="otherid_of_a_user")]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class Consent(Fact):
    """What a contact agreed to receive, until it was withdrawn."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")
        PHONE = "phone", _("Phone")

    class Purpose(models.TextChoices):
        SERVICE = "service", _("Service")
        SURVEYS = "surveys", _("Surveys")
        MARKETING = "marketing", _("Marketing")

    contact = models.ForeignKey(Contact, models.CASCADE, verbose_name=_("contact"), related_name="consents")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.EMAIL)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    given_at = models.DateTimeField(_("given"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_recorded_at = models.DateTimeField(
        _("withdrawal recorded"), null=True, blank=True, editable=False
    )

    account_path: ClassVar[str] = "contact__account"
    happened: ClassVar[str] = "given_at"

    class Meta(Fact.Meta):
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["contact", "purpose", "channel", "given_at"]
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_it_was_given",
                violation_error_code="withdrawn_at",
                violation_error_message=_("This must not lie before it was given."),
            ),
            models.UniqueConstraint(
                fields=["contact", "channel", "purpose", "given_at"],
                name="consent_given_once",
                violation_error_code="given_at",
                violation_error_message=_("This contact agreed to this at this moment already."),
            ),
        ]
