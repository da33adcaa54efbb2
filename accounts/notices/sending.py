"""What is due goes out: as mails through the message engine, and as posts into chats.

What a person gets now is one mail: what is important, and the digest where its time has come. It becomes a message, and
the notices stop waiting, in one transaction: whoever is killed has done all of it or nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.messages.markdown import escaped
from accounts.models import ChatPost, Letter, Message, Notice, NotificationSetting, Organisation, User
from accounts.notices import chat, hours, kinds

WAITS = ~Q(mail="") | Q(chat=True)
AT_ONCE = Q(mail=Notice.Mail.NOW) | Q(chat=True)
# Of more the rest is counted; all of them stand in the page.
MOST_LINES = 50


@dataclass(frozen=True)
class Reader:
    """One of us, with what says when they are told."""

    user: User
    setting: NotificationSetting
    organisation: Organisation

    @classmethod
    def of(cls, user: User, organisation: Organisation) -> "Reader":
        """Without a query, where the user came with the setting."""
        setting = getattr(user, "notification_setting", None) or NotificationSetting(user=user)
        return cls(user, setting, organisation)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.time_zone or self.organisation.time_zone)

    def is_quiet(self, now: datetime) -> bool:
        if self.setting.quiet_weekends and hours.is_weekend(now, self.zone, self.organisation.weekend):
            return True
        return hours.is_quiet(now, self.zone, self.setting.quiet_from, self.setting.quiet_until)

    def digest_day(self, now: datetime) -> date:
        return hours.last_digest(now, self.zone, self.setting.digest_at, self.organisation.weekend)

    def is_before_digest(self, recorded_at: datetime | None, now: datetime) -> bool:
        """Whether a digest has been due since."""
        at = hours.moment(self.digest_day(now), self.setting.digest_at, self.zone)
        return recorded_at is not None and recorded_at < at


def turn(until: datetime, clock: Callable[[], datetime] = timezone.now) -> None:
    now, organisation = clock(), Organisation.current()
    for pk in _due(organisation, now):
        if clock() < until:
            _send_to(pk, organisation, now)
    chat.turn(until, clock)


def _due(organisation: Organisation, now: datetime) -> list[int]:
    """Who may get something now."""
    waiting = Notice.objects.filter(WAITS, recipient__is_active=True).order_by().values("recipient")
    found = waiting.annotate(
        at_once=Count("pk", AT_ONCE), oldest=Min("recorded_at", filter=Q(mail=Notice.Mail.DIGEST))
    )
    waits = {row["recipient"]: row for row in found}
    users = User.objects.filter(pk__in=waits).select_related("notification_setting").order_by("pk")
    readers = [Reader.of(user, organisation) for user in users]
    return [
        reader.user.pk
        for reader in readers
        if not reader.is_quiet(now)
        and (
            waits[reader.user.pk]["at_once"] or reader.is_before_digest(waits[reader.user.pk]["oldest"], now)
        )
    ]


@transaction.atomic
def _send_to(pk: int, organisation: Organisation, now: datetime) -> None:
    """Of two workers one has the person."""
    free = User.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(pk=pk)
    user = free.select_related("notification_setting").first()
    if user is None:
        return
    reader = Reader.of(user, organisation)
    all_of_them = Notice.objects.filter(WAITS, recipient=user)
    waiting = list(Notice.objects.told_to(user).filter(WAITS).select_related("account").order_by("pk"))
    # Of accounts that they see no longer.
    all_of_them.exclude(pk__in=[notice.pk for notice in waiting]).update(mail="", chat=False)
    _mail(reader, waiting, now)
    _post(reader, [notice for notice in waiting if notice.chat], now)


def _mail(reader: Reader, waiting: Sequence[Notice], now: datetime) -> None:
    told = [notice for notice in waiting if notice.mail == Notice.Mail.NOW]
    key = f"notices-{told[-1].pk}" if told else ""
    if digest := _digest(reader, waiting, now):
        told, key = told + digest, _key_of_digest(reader, now)
    if not told:
        return
    Message.objects.create(
        key=key,
        letter=Letter.objects.create(texts=_texts(told)),
        address=reader.user.email,
        name=reader.user.name,
        language=reader.user.language,
        due_at=now,
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in told]).update(mail="")


def _digest(reader: Reader, waiting: Sequence[Notice], now: datetime) -> list[Notice]:
    """Nothing until its time, and once a day, whatever comes late."""
    found = [notice for notice in waiting if notice.mail == Notice.Mail.DIGEST]
    is_due = any(reader.is_before_digest(notice.recorded_at, now) for notice in found)
    if not is_due or Message.objects.filter(key=_key_of_digest(reader, now)).exists():
        return []
    return found


def _key_of_digest(reader: Reader, now: datetime) -> str:
    return f"digest-{reader.user.pk}-{reader.digest_day(now)}"


def _texts(told: Sequence[Notice]) -> dict[str, dict[str, str]]:
    """In both languages, as every letter is."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found[language] = _text(told)
    return found


def _text(told: Sequence[Notice]) -> dict[str, str]:
    lines = [_line(notice) for notice in told[:MOST_LINES]]
    more = len(told) - len(lines)
    if more:
        sentence = ngettext("and %(count)s more", "and %(count)s more", more)
        lines.append(escaped(sentence % {"count": more}))
    body = lines[0] if len(told) == 1 else "\n".join(f"- {line}" for line in lines)
    words, address = _("What I am told, and when"), absolute(reverse("accounts:notification-settings"))
    return {
        "subject": _subject(told),
        "body": f"{body}\n\n[{escaped(words)}]({address})",
        "button": _("Show my notifications"),
        "link": absolute(reverse("accounts:notifications")),
    }


def _subject(told: Sequence[Notice]) -> str:
    if len(told) > 1:
        sentence = ngettext("%(count)s notification", "%(count)s notifications", len(told))
        return sentence % {"count": len(told)}
    # Two braces would begin a merge field.
    return kinds.says(told[0]).replace("{", "(").replace("}", ")")[:150]


def _line(notice: Notice) -> str:
    words, address = escaped(kinds.says(notice)), kinds.address(notice)
    return f"[{words}]({absolute(address)})" if address else words


def absolute(address: str) -> str:
    return f"{settings.URL}{address}"


def _post(reader: Reader, told: Sequence[Notice], now: datetime) -> None:
    if told and reader.setting.chat_url:
        user = reader.user
        with override(user.language):
            lines = [[kinds.says(notice), absolute(kinds.address(notice))] for notice in told[:MOST_LINES]]
        ChatPost.objects.create(user=user, language=user.language, lines=lines, next_at=now)
    Notice.objects.filter(pk__in=[notice.pk for notice in told]).update(chat=False)
