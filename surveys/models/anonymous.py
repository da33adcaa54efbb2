"""What was answered anonymously, until it can be told from nobody else's; and who has answered, by a word that says so
only to whoever has the secret key."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.models.surveys import Survey


class AnonymousBox(models.Model):
    """The answers to a survey that wait for others, in no order; written anew as a whole with each."""

    survey = models.OneToOneField(
        Survey, models.CASCADE, verbose_name=_("survey"), primary_key=True, related_name="box"
    )
    waiting = models.JSONField(_("answers"), default=list)

    objects = models.Manager["AnonymousBox"]()

    personal_fields: ClassVar = ("waiting",)

    class Meta:
        verbose_name = _("box of anonymous answers")
        verbose_name_plural = _("boxes of anonymous answers")

    def __str__(self) -> str:
        return str(self.survey)


class SpentInvitation(models.Model):
    """`released`: what was answered with it stands among the responses."""

    survey = models.ForeignKey(
        Survey, models.CASCADE, verbose_name=_("survey"), related_name="spent_invitations"
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    released = models.BooleanField(_("released"), default=False)

    objects = models.Manager["SpentInvitation"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("invitation that was answered")
        verbose_name_plural = _("invitations that were answered")

    def __str__(self) -> str:
        return self.digest
