"""What happens behind the pages: long work, its audit, what must be recomputed, what others are told."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.facts import FactQuerySet
from accounts.models.rules import Ruled

if TYPE_CHECKING:
    from accounts.models.users import User

# A job that gave no sign of life for so long is dead.
SILENCE = timedelta(minutes=2)
# Work that ends badly so often without getting anywhere is not tried again.
TRIES = 3


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])

    def dead(self, now: datetime) -> Self:
        return self.filter(state=Job.State.RUNNING, seen_alive_at__lt=now - SILENCE)

    def due(self, now: datetime) -> Self:
        """Those that wait; who died at it gives it back, and what was to stop before its turn came is stopped.

        What killed its workers again and again where it stands has failed.
        """
        dead = self.filter(pk__in=Job.objects.dead(now))
        dead.filter(tries__gte=TRIES).update(state=Job.State.FAILED, finished_at=now)
        dead.update(state=Job.State.WAITING)
        waiting = self.filter(state=Job.State.WAITING)
        asked = waiting.filter(stop_requested_at__isnull=False)
        asked.update(state=Job.State.STOPPED, finished_at=now)
        return waiting.order_by("pk")

    def claim(self, now: datetime, **more: Any) -> bool:
        """Of workers who want the job at once, one gets it."""
        tries = models.F("tries") + 1
        return bool(self.update(state=Job.State.RUNNING, seen_alive_at=now, tries=tries, **more))

    def wait_again(self) -> bool:
        """Where somebody wants it to go on, it has as many tries as a new one."""
        return bool(self.update(state=Job.State.WAITING, stop_requested_at=None, finished_at=None, tries=0))


class Job(models.Model):
    """A piece of long work: it shows how far it is, can be stopped, and goes on where it was."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(
        _("key"),
        max_length=120,
        null=True,
        blank=True,
        unique=True,
        help_text=_("Work that is done once has one."),
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveBigIntegerField(_("to do"), null=True, blank=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    position = models.JSONField(_("goes on from"), default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="jobs",
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    seen_alive_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    stop_requested_at = models.DateTimeField(_("asked to stop"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(
        _("tries"),
        default=0,
        db_default=0,
        help_text=_("How often it was taken up since it last got anywhere."),
    )

    objects = JobQuerySet.as_manager()

    # The name of a file; the first of the rejected rows, and why.
    personal_fields: ClassVar = ("parameters", "result")

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["kind", "id"],
                name="job_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
            # Who began them is told.
            models.Index(
                fields=["finished_at"], name="job_ended", condition=models.Q(created_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def share_done(self) -> float | None:
        """Between 0 and 1; None while the size of the work is unknown."""
        return self.done / self.total if self.total else None

    def is_going(self, now: datetime) -> bool:
        """It waits for its turn, or somebody works on it and gives signs of life."""
        if self.state == self.State.RUNNING:
            return self.seen_alive_at is not None and self.seen_alive_at > now - SILENCE
        return self.state == self.State.WAITING

    @property
    def is_given_up(self) -> bool:
        """Nobody told how it failed: its workers died."""
        return self.state == self.State.FAILED and self.tries >= TRIES

    def start(self, now: datetime) -> bool:
        """Claims the job: False when somebody else has it or it is over."""
        open_to_all = Job.objects.filter(pk=self.pk, state__in=[self.State.WAITING, self.State.STOPPED])
        return open_to_all.claim(now, started_at=now, stop_requested_at=None)

    def advance(self, done: int, now: datetime) -> bool:
        """Notes how far the work is. False: somebody asked it to stop."""
        Job.objects.filter(pk=self.pk).update(done=done, seen_alive_at=now, tries=0)
        return not Job.objects.filter(pk=self.pk, stop_requested_at__isnull=False).exists()

    def finish(self, state: "Job.State", now: datetime, **result: object) -> None:
        """Whoever says how it ended did not die at it."""
        Job.objects.filter(pk=self.pk).update(state=state, finished_at=now, result=result, tries=0)


class ChosenRow(models.Model):
    """A row that a job is to change, as it was confirmed. What is done is no longer here."""

    job = models.ForeignKey(Job, models.CASCADE, verbose_name=_("job"), related_name="chosen", db_index=False)
    action = models.CharField(_("what is done"), max_length=30)
    row = models.BigIntegerField(_("row"))
    value = models.CharField(_("value"), max_length=200, blank=True)

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("chosen row")
        verbose_name_plural = _("chosen rows")
        ordering = ["job", "action", "row"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "action", "row"],
                name="chosenrow_once_per_job",
                violation_error_code="row",
                violation_error_message=_("This row was chosen already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.row}"


def whole_of_a_part() -> Coalesce:
    """The id of the order, ticket, subscription, user or account that a deleted row was a part of, as text."""
    wholes = ("order", "ticket", "subscription", "user", "account")
    return Coalesce(*(KT(f"before__{name}_id") for name in wholes))


class AuditEntry(models.Model):
    """One change of one row, by whoever or whatever made it. Written by the database's own triggers."""

    class Action(models.TextChoices):
        CREATED = "insert", _("Created")
        CHANGED = "update", _("Changed")
        DELETED = "delete", _("Deleted")

    at = models.DateTimeField(_("at"), db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        verbose_name=_("by"),
        null=True,
        related_name="+",
        db_constraint=False,
    )
    job = models.ForeignKey(
        Job, models.DO_NOTHING, verbose_name=_("job"), null=True, related_name="+", db_constraint=False
    )
    table = models.CharField(_("table"), max_length=63)
    row = models.BigIntegerField(_("row"))
    action = models.CharField(_("action"), max_length=6, choices=Action)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    personal_fields: ClassVar = ("before", "after")

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["table", "row"], name="auditentry_of_a_row"),
            # Programs that keep a copy ask what changed since.
            models.Index(fields=["table", "at"], include=["row"], name="auditentry_since"),
            models.Index(fields=["job"], name="auditentry_of_a_job", condition=models.Q(job__isnull=False)),
            # The admin asks what somebody did lately by hand, what was deleted, and which parts a row once had.
            models.Index(
                fields=["actor", "id"],
                name="auditentry_by_hand",
                condition=models.Q(actor__isnull=False, job__isnull=True),
            ),
            models.Index(
                fields=["table", "id"], name="auditentry_deletions", condition=models.Q(action="delete")
            ),
            models.Index(
                models.F("table"),
                whole_of_a_part(),
                name="auditentry_deleted_parts",
                condition=models.Q(action="delete"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.action}"


class Touched(models.Model):
    """Facts of the account changed, back to the day: its figures must be made anew. Without an account: everybody's.

    Written by statement triggers in the transaction of the change, so that no writer can forget it.
    """

    account_id = models.BigIntegerField(_("account"), null=True)
    earliest_day = models.DateField(_("earliest day"))
    at = models.DateTimeField(_("at"), db_default=Now())

    personal_fields: ClassVar = ()

    class Meta:
        verbose_name = _("touched account")
        verbose_name_plural = _("touched accounts")
        indexes = [models.Index(fields=["account_id"], name="touched_by_account")]

    def __str__(self) -> str:
        return f"{self.account_id or '*'} {self.earliest_day}"


class NoticeQuerySet(FactQuerySet):
    def happened(self) -> Self:
        """What timelines and webhooks tell of; the others are somebody's notifications."""
        return self.filter(recipient=None)

    def told_to(self, user: "User") -> Self:
        """Not of accounts that they see no longer."""
        theirs = self.filter(recipient=user)
        if user.has_perm("accounts.view_all_accounts"):
            return theirs
        return theirs.filter(models.Q(account=None) | models.Q(account__in=Account.objects.visible_to(user)))


class Notice(Ruled):
    """Something that happened; or, with a recipient, that somebody is told of it.

    `key`: what is told once has one. `mail` and `chat`: where the recipient is still to be told.
    """

    class Mail(models.TextChoices):
        NOW = "now", _("at once")
        DIGEST = "digest", _("in the digest")
        NEVER = "", _("not")

    kind = models.CharField(_("kind"), max_length=60)
    account = models.ForeignKey(
        "accounts.Account",
        models.CASCADE,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="notices",
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("for"),
        null=True,
        blank=True,
        related_name="notices",
    )
    payload = models.JSONField(_("content"), default=dict, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    # Said of each row, for transactions end in another order than they number their rows.
    for_webhooks = models.BooleanField(_("new to webhooks"), default=True, db_default=True, editable=False)
    key = models.CharField(_("key"), max_length=200, null=True, blank=True, editable=False)
    mail = models.CharField(
        _("still to be mailed"), max_length=6, choices=Mail, blank=True, db_default="", editable=False
    )
    chat = models.BooleanField(_("still to be posted"), default=False, db_default=False, editable=False)

    objects = NoticeQuerySet.as_manager()

    account_path: ClassVar[str] = "account"
    personal_fields: ClassVar = ("payload",)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-happened_at", "-id"]
        indexes = [
            models.Index(fields=["account", "-happened_at"], name="notice_of_an_account"),
            models.Index(fields=["id"], name="notice_for_webhooks", condition=models.Q(for_webhooks=True)),
            models.Index(
                fields=["recipient", "-happened_at", "-id"],
                name="notice_of_a_recipient",
                condition=models.Q(recipient__isnull=False),
            ),
            # Each page says how many there are.
            models.Index(
                fields=["recipient"],
                name="notice_unread",
                condition=models.Q(recipient__isnull=False, read_at=None),
            ),
            models.Index(
                fields=["recipient"],
                name="notice_to_send",
                condition=~models.Q(mail="") | models.Q(chat=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "recipient"],
                name="notice_once",
                condition=models.Q(key__isnull=False),
                nulls_distinct=False,
                violation_error_code="key",
                violation_error_message=_("This was told already."),
            )
        ]

    def __str__(self) -> str:
        return self.kind
