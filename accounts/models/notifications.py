"""How each of us wants to be told of what happens, and what is posted into their chat."""

from datetime import time
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.rules import Ruled
from accounts.models.webhooks import WebhookDelivery, may_be_reached


class NotificationSetting(Ruled):
    """Times are those of the user's zone. Who has no row is told as one that was never changed says.

    `channels`: by kind of notice {"mail": "now", "digest" or "", "chat": true}; what is missing is as the kind says.
    """

    class Chat(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"

    # By where their hosts end; of others nobody knows which chat they are.
    CHATS_OF_HOSTS: ClassVar = {
        "hooks.slack.com": Chat.SLACK,
        "hooks.slack-gov.com": Chat.SLACK,
        ".webhook.office.com": Chat.TEAMS,
        ".logic.azure.com": Chat.TEAMS,
        ".powerplatform.com": Chat.TEAMS,
    }

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="notification_setting",
    )
    channels = models.JSONField(_("where"), default=dict, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_weekends = models.BooleanField(_("quiet on the whole weekend"), default=False)
    digest_at = models.TimeField(_("digest at"), default=time(8))
    chat_kind = models.CharField(_("chat"), max_length=5, choices=Chat, blank=True)
    # Whoever knows it can post there: it is shown to nobody.
    chat_url = models.CharField(
        _("address of the chat's webhook"), max_length=1000, blank=True, validators=[may_be_reached]
    )

    objects = models.Manager["NotificationSetting"]()

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("settings of notifications")
        verbose_name_plural = _("settings of notifications")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="notificationsetting_quiet_ends",
                violation_error_code="quiet_until",
                violation_error_message=_("Give both times, and different ones; or none."),
            ),
            models.CheckConstraint(
                condition=Q(chat_kind="", chat_url="") | ~Q(chat_kind="") & ~Q(chat_url=""),
                name="notificationsetting_whole_chat",
                violation_error_code="chat_url",
                violation_error_message=_("Give both the chat and its address, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)

    @property
    def chat_host(self) -> str:
        """As much of its address as may be shown."""
        return urlsplit(self.chat_url).hostname or ""

    @property
    def other_chat(self) -> "Chat | None":
        """Whose address it is, where that is not the chat that it is given as."""
        host = self.chat_host
        known = (chat for end, chat in self.CHATS_OF_HOSTS.items() if host.endswith(end))
        chat = next(known, None)
        return None if chat == self.chat_kind else chat

    @classmethod
    def of(cls, user: Any) -> "NotificationSetting":
        """Perhaps unsaved."""
        return cls.objects.filter(user=user).first() or cls(user=user)


class ChatPostQuerySet(models.QuerySet["ChatPost"]):
    def over(self) -> Self:
        return self.filter(state__in=[ChatPost.State.POSTED, ChatPost.State.FAILED])


class ChatPost(models.Model):
    """What is posted into somebody's chat: lines, each with where it leads.

    `next_at`: when it is tried; of one that is being posted, when its worker is given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        POSTING = "posting", _("Being posted")
        POSTED = "posted", _("Posted")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("for"),
        related_name="chat_posts",
        db_index=False,
    )
    language = models.CharField(_("language"), max_length=10)
    lines = models.JSONField(_("lines"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    made_at = models.DateTimeField(_("created"), db_default=Now())
    next_at = models.DateTimeField(_("next"), default=timezone.now)
    tried_at = models.DateTimeField(_("last try"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    problem = models.CharField(_("problem"), max_length=10, choices=WebhookDelivery.Problem, blank=True)

    objects = ChatPostQuerySet.as_manager()

    personal_fields: ClassVar = ("lines",)

    class Meta:
        verbose_name = _("post into a chat")
        verbose_name_plural = _("posts into chats")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="chatpost_due", condition=Q(state__in=["waiting", "posting"])
            ),
            models.Index(fields=["user", "-id"], name="chatpost_of_a_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"
