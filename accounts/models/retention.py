from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled

RULES = ("uploads", "history", "notices", "left_contacts", "events", "rejected_events", "provider_calls")


def months(label: Any, help_text: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, null=True, blank=True, help_text=help_text)


class Retention(Ruled):
    """The one row that says after how many months what goes. None: it is kept."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    uploads = months(
        _("uploaded files"), _("The file, what was chosen for it and what became of its rows. Facts stay.")
    )
    history = months(
        _("contents of the history"),
        _("What rows said before and after a change. Who changed which row, and when, stays."),
    )
    notices = months(_("notices"), _("The rows as a whole."))
    left_contacts = months(
        _("contacts who left"), _("They are erased like any person, so many months after they left.")
    )

    events = months(
        _("single events"), _("Whole months of them, with what they said. What is rolled up of them stays.")
    )
    rejected_events = months(_("rejected events"), _("The rows as a whole."))
    provider_calls = months(
        _("calls of providers"), _("The rows as a whole, those that were rejected with what came.")
    )
    # What is rolled up of them can no longer be made anew, nor added to.
    events_gone_before = models.DateTimeField(
        _("single events have gone before"), null=True, blank=True, editable=False
    )

    RULES: ClassVar = RULES
    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("retention")
        verbose_name_plural = _("retention")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1),
                name="retention_is_one",
                violation_error_code="id",
                violation_error_message=_("There is one row of settings. Change that one."),
            ),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{rule: None}) | models.Q(**{f"{rule}__gte": 1}),
                    name=f"retention_of_{rule}_is_a_month_at_least",
                    violation_error_code=rule,
                    violation_error_message=_("Give a number of months, or nothing."),
                )
                for rule in RULES
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "Retention":
        return cls.objects.get_or_create(pk=1)[0]
