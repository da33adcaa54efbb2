from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.attributes import KEY, MOST_TAGS, PREFIX, key_of
from accounts.fields import TagsField, is_country
from accounts.models.rules import MERGED_ALREADY, Ruled
from accounts.texts import search_key

if TYPE_CHECKING:
    from accounts.models.attributes import AttributeDefinition
    from accounts.models.users import User


class SearchKey(models.Func):
    """`search_key` inside the database (see accounts.texts)."""

    function = "cxhub_search_key"
    output_field = models.TextField()


def named_like(text: str) -> models.Q:
    """All words of the text, in any order."""
    return models.Q(*(("name_key__contains", word) for word in search_key(text).split(" ")))


def name_key(of: str = "name") -> models.GeneratedField:
    return models.GeneratedField(expression=SearchKey(of), output_field=models.TextField(), db_persist=True)


class Digest(models.Func):
    """`cxhub_digest(source, kind, value)`: by what events name a person or a group (accounts.intake.digests)."""

    function = "cxhub_digest"
    output_field = models.UUIDField()


def digest(*of: str | models.Value) -> models.GeneratedField:
    return models.GeneratedField(expression=Digest(*of), output_field=models.UUIDField(), db_persist=True)


def few_tags(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(tags__len__lte=MOST_TAGS),
        name=f"{model}_has_at_most_{MOST_TAGS}_tags",
        violation_error_code="tags",
        violation_error_message=_("There are too many tags."),
    )


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: "User") -> Self:
        """Everything with the permission, else the accounts of one's teams and one's own."""
        if user.has_perm("accounts.view_all_accounts"):
            return self
        return self.filter(models.Q(owner=user) | models.Q(team__in=user.teams.all()))

    def counted(self) -> Self:
        """Those that stand in figures: no test or internal accounts, no losers of a merge."""
        return self.filter(internal=False, merged_into=None)

    def named_like(self, text: str) -> Self:
        return self.filter(named_like(text))

    def with_attribute(self, name: str, value: str) -> Self:
        """Those whose declared attribute, `attribute.<key>`, is this now, or is this among others."""
        return self.filter(attributes__contains={key_of(name): [value]})


class Account(Ruled):
    """A customer company. What is dated has its current value here and its history in AccountChange."""

    class Stage(models.TextChoices):
        LEAD = "lead", _("Lead")
        ONBOARDING = "onboarding", _("Onboarding")
        LIVE = "live", _("Live")
        RENEWING = "renewing", _("Renewing")
        CHURNED = "churned", _("Churned")

    CUSTOMER_STAGES: ClassVar = (Stage.ONBOARDING, Stage.LIVE, Stage.RENEWING)
    DATED: ClassVar = ("stage", "segment", "tier", "owner", "team", "region", "parent")

    name = models.CharField(_("name"), max_length=200)
    name_key = name_key()
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    country = models.CharField(
        _("country"), max_length=2, blank=True, validators=[is_country], help_text=_("Two letters, as in SA.")
    )
    website = models.URLField(_("website"), blank=True)
    acquired_channel = models.CharField(_("acquired through channel"), max_length=80, blank=True)
    acquired_campaign = models.CharField(_("acquired through campaign"), max_length=120, blank=True)
    internal = models.BooleanField(
        _("test or internal"), default=False, help_text=_("Left out of every figure.")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("merged into"), null=True, blank=True, related_name="merged"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=Stage, default=Stage.LEAD)
    segment = models.CharField(_("segment"), max_length=80, blank=True)
    tier = models.CharField(_("tier"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        related_name="accounts",
    )
    team = models.ForeignKey(
        "accounts.Team",
        models.PROTECT,
        verbose_name=_("team"),
        null=True,
        blank=True,
        related_name="accounts",
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("parent"), null=True, blank=True, related_name="children"
    )
    # By key the texts that are kept: {"seats": ["250"], "modules": ["crm", "erp"]}.
    attributes = models.JSONField(_("attributes"), default=dict, db_default={}, blank=True, editable=False)
    tags = TagsField(verbose_name=_("tags"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = AccountQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["name_key", "id"]
        permissions = [("view_all_accounts", _("Can see every account"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="account_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="account_not_merged_into_itself",
                violation_error_code="merged_into",
                violation_error_message=_("An account cannot be merged into itself."),
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")),
                name="account_not_its_own_parent",
                violation_error_code="parent",
                violation_error_message=_("An account cannot be its own parent."),
            ),
            few_tags("account"),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="account_by_name"),
            GinIndex(fields=["name_key"], opclasses=["gin_trgm_ops"], name="account_name_search"),
            models.Index(fields=["segment", "name_key", "id"], name="account_by_segment"),
            models.Index(fields=["stage", "name_key", "id"], name="account_by_stage"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="account_by_attribute"),
            GinIndex(fields=["tags"], name="account_by_tag"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        survivor = self.merged_into
        if survivor and (survivor.merged_into_id or (self.pk and self.merged.exists())):
            raise ValidationError({"merged_into": MERGED_ALREADY})

    def get_absolute_url(self) -> str:
        return f"/accounts/{self.pk}/"

    def told(self, declared: "Iterable[AttributeDefinition]") -> "list[tuple[AttributeDefinition, str]]":
        """Of the declared attributes those that it has, in words."""
        kept = [(definition, self.attributes.get(definition.key)) for definition in declared]
        return [(definition, definition.words(lines)) for definition, lines in kept if lines]

    @property
    def has_web_address(self) -> bool:
        """A page makes a link of no other: whoever writes past the forms could name a script."""
        return urlsplit(self.website).scheme in {"http", "https"}


class OfAccountQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> Self:
        """What belongs to an account is seen by those who see the account."""
        if user.has_perm("accounts.view_all_accounts"):
            return self
        return self.filter(account__in=Account.objects.visible_to(user))


class AccountKey(Ruled):
    """By which id a source knows the account."""

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="keys")
    source = models.CharField(_("source"), max_length=60)
    value = models.CharField(_("id there"), max_length=200)
    digest = digest("source", models.Value("account"), "value")

    objects = OfAccountQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("account key")
        verbose_name_plural = _("account keys")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "value"],
                name="accountkey_once_per_source",
                violation_error_code="value",
                violation_error_message=_("An account has this id at this source already."),
            )
        ]
        # The list of accounts finds them by an id without its source.
        indexes = [
            models.Index(fields=["value"], name="accountkey_by_value"),
            models.Index(fields=["digest"], name="accountkey_by_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


class AccountChange(Ruled):
    """From a day on, an account's dated attribute had this value. Empty: none.

    `field` is one of `Account.DATED`, or `attribute.<key>` of a declared one, whose choices stand one a line.
    """

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("account"), related_name="changes")
    field = models.CharField(_("attribute"), max_length=40)
    value = models.CharField(_("value"), max_length=1000, blank=True)
    from_day = models.DateField(_("from"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = OfAccountQuerySet.as_manager()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("dated value")
        verbose_name_plural = _("dated values")
        ordering = ["account", "field", "from_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "field", "from_day"],
                name="accountchange_one_value_a_day",
                violation_error_code="from_day",
                violation_error_message=_("This attribute has a value from this day on already."),
            ),
            models.CheckConstraint(
                condition=models.Q(field__in=Account.DATED)
                | models.Q(field__regex=f"^{PREFIX.replace('.', '[.]')}{KEY}$"),
                name="accountchange_of_a_dated_field",
                violation_error_code="field",
                violation_error_message=_("This attribute is not dated."),
            ),
        ]
        # The home page asks what was entered lately.
        indexes = [models.Index(fields=["recorded_at"], name="accountchange_by_entry")]

    def __str__(self) -> str:
        return f"{self.field} = {self.value}"
