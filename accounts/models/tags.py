from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.attributes import LONGEST_TAG
from accounts.models.accounts import name_key
from accounts.models.rules import Ruled
from accounts.texts import search_key


class Tag(Ruled):
    """Spelt as it was first written. Accounts and contacts hold its name; triggers keep them to this spelling."""

    name = models.CharField(_("name"), max_length=LONGEST_TAG)
    name_key = name_key()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="tag_once_in_any_spelling",
                violation_error_code="name",
                violation_error_message=_("There is this tag already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(name_key=""),
                name="tag_has_a_name",
                violation_error_code="name",
                violation_error_message=_("This must not be empty."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def tagged(name: str) -> models.Q:
    """Of accounts and contacts: those that have the tag, spelt in any way."""
    return models.Q(
        tags__overlap=Tag.objects.filter(name_key=search_key(name)).order_by().values_list("name")
    )
