"""The kinds of what our people are told: what each is called and says, who is told, and where it leads.

Values of a payload may be by language ({"en": ..., "ar": ...}); whoever reads gets their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Notice, WebhookEndpoint
from accounts.texts import HOSTILE

# Who is told: the owner of the account, or whom the writer names; any other word is a permission, held by those told.
OWNER, NAMED = "owner", "named"
LONGEST_VALUE = 200


@dataclass(frozen=True)
class Kind:
    """`sentence` takes values of the payload, of which `words` may say more. `page`: the name of an address, and the
    value that stands in it; without one it leads to the account. `is_elsewhere`: timelines tell of it anyway.
    `with_more`: a value that not every payload has, and the sentence of those that have it."""

    title: str | Promise
    sentence: Any
    icon: str
    to: str = NAMED
    is_important: bool = False
    page: tuple[str, ...] = ()
    words: Mapping[str, type[TextChoices]] = field(default_factory=dict)
    is_elsewhere: bool = False
    with_more: tuple[str, str | Promise] | None = None

    @property
    def mail(self) -> str:
        """Where nobody said otherwise."""
        return Notice.Mail.NOW if self.is_important else Notice.Mail.DIGEST


REPLIED, BOUNCED = "message.replied", "message.bounced"
OUTBOX_PAUSED, MAILING_FINISHED = "outbox.paused", "mailing.finished"
RUN_DONE, RUN_FAILED = "run.done", "run.failed"
OWNER_CHANGED, STAGE_CHANGED, BOOK_CHANGED = (
    "account.owner_changed",
    "account.stage_changed",
    "accounts.changed",
)
WEBHOOK_DISABLED = "webhook.disabled"

KINDS: dict[str, Kind] = {
    REPLIED: Kind(
        _("Somebody answered"),
        _("%(who)s answered: %(subject)s"),
        "mail",
        to=OWNER,
        is_important=True,
        is_elsewhere=True,
        with_more=("written_to", _("%(who)s, in answer to %(written_to)s: %(subject)s")),
    ),
    BOUNCED: Kind(
        _("Messages came back"),
        ngettext_lazy(
            "%(count)s message to %(name)s came back: %(addresses)s",
            "%(count)s messages to %(name)s came back: %(addresses)s",
            "count",
        ),
        "alert-triangle",
        to=OWNER,
        is_elsewhere=True,
    ),
    OUTBOX_PAUSED: Kind(
        _("Sending paused itself"),
        _("Nothing is sent any more after too many errors. The last one: %(because)s"),
        "alert-triangle",
        to="accounts.change_outbox",
        is_important=True,
        page=("accounts:messages",),
    ),
    MAILING_FINISHED: Kind(
        _("A mailing is done"),
        _("The mailing “%(name)s” is done."),
        "mail",
        page=("accounts:mailing", "mailing"),
    ),
    RUN_DONE: Kind(_("A run of mine is done"), _("Done: %(name)s"), "circle-check", page=("runs",)),
    RUN_FAILED: Kind(
        _("A run of mine failed"),
        _("Failed: %(name)s"),
        "circle-x",
        is_important=True,
        page=("runs",),
    ),
    OWNER_CHANGED: Kind(
        _("An account got another owner"),
        _("%(name)s has another owner: %(owner)s"),
        "arrows-exchange",
        is_elsewhere=True,
    ),
    STAGE_CHANGED: Kind(
        _("An account got to another stage"),
        _("%(name)s is at another stage: %(stage)s"),
        "flag",
        words={"stage": Account.Stage},
        is_elsewhere=True,
    ),
    BOOK_CHANGED: Kind(
        _("Many accounts changed at once"),
        ngettext_lazy(
            "%(count)s account of yours has another owner or stage.",
            "%(count)s accounts of yours have another owner or stage.",
            "count",
        ),
        "building",
        page=("metrics:accounts",),
    ),
    WEBHOOK_DISABLED: Kind(
        _("A webhook was disabled"),
        _("The webhook %(text)s was disabled: %(because)s"),
        "webhook",
        is_important=True,
        page=("accounts:webhook", "webhook"),
        words={"because": WebhookEndpoint.Why},
    ),
}
ELSEWHERE = tuple(key for key, kind in KINDS.items() if kind.is_elsewhere)


def says(notice: Notice, *, isolated: bool = False) -> str:
    """In the active language, on one line. Of a kind that is no longer known: its name.

    `isolated`: a value in other letters turns nothing around it; for pages.
    """
    kind = KINDS.get(notice.kind)
    if kind is None:
        return str(notice.payload.get("text") or notice.kind)
    values = _Values(notice.payload, kind.words)
    if isolated:
        values.isolate()
    more, sentence = kind.with_more or ("", kind.sentence)
    said: Any = sentence if more in values else kind.sentence
    return " ".join(str(said % values).split())


def address(notice: Notice) -> str:
    """The page that it leads to; empty where there is none."""
    kind = KINDS.get(notice.kind)
    if kind is None or not kind.page:
        return notice.account.get_absolute_url() if notice.account else ""
    route, *names = kind.page
    try:
        return reverse(route, args=[notice.payload[name] for name in names])
    except (NoReverseMatch, KeyError):
        return ""


class _Values(dict[str, Any]):
    """Of a payload, as a reader is shown them; what is missing is a dash."""

    def __init__(self, payload: Mapping[str, Any], words: Mapping[str, type[TextChoices]]) -> None:
        super().__init__({name: _shown(value, words.get(name)) for name, value in payload.items()})

    def isolate(self) -> None:
        for name, value in self.items():
            self[name] = (
                f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
                if isinstance(value, str)
                else value
            )

    def __missing__(self, name: str) -> str:
        return "–"


def _shown(value: Any, words: type[TextChoices] | None) -> Any:
    if isinstance(value, dict):
        language = (get_language() or "en").split("-")[0]
        value = value.get(language) or next(iter(value.values()), "")
    if words and value in words.values:
        return str(words(value).label)
    if isinstance(value, int):
        return value
    return HOSTILE.sub(" ", str(value or "–"))[:LONGEST_VALUE]
