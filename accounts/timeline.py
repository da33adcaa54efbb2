"""What happened to an account, newest first, out of all the tables that know: one statement a page, and one for the
answers on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    DecimalField,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT, KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf, Substr
from django.utils.translation import get_language

from accounts.histories import Declared, attribute, in_words, said
from accounts.models import (
    AccountChange,
    Attachment,
    AttributeDefinition,
    AuditEntry,
    Delivery,
    Departure,
    Message,
    Notice,
    Order,
    Organisation,
    Reply,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
)
from accounts.notices.kinds import ELSEWHERE

PAGE = 20
# Of an answer so many letters are shown among other things.
SAID = 200


@dataclass(frozen=True, order=True)
class Cursor:
    """Where a page ended: the next one begins strictly after it in the order (at, kind, pk), all descending."""

    at: datetime
    kind: str
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises ValueError."""
        at, kind, pk = text.split("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or kind not in KINDS:
            raise ValueError(text)
        return cls(moment, kind, int(pk))


@dataclass(frozen=True)
class Entry:
    """`label` names what it happened to, `detail` says more. `day` where only the day is known."""

    at: datetime
    kind: str
    pk: int
    label: str
    detail: str
    amount: Decimal | None
    currency: str
    day: date | None
    reply: Reply | None = field(default=None, compare=False)

    @property
    def icon(self) -> str:
        return KINDS[self.kind].icon

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.kind, self.pk)


@dataclass(frozen=True)
class Kind:
    rows: Callable[[], QuerySet[Any]]
    account: str
    moment: str
    icon: str
    label: Callable[[], Combinable] = lambda: Value("")
    detail: Callable[[], Combinable] = lambda: Value("")
    amount: str = ""
    is_day: bool = False


def plan_name() -> Combinable:
    languages = dict.fromkeys((get_language() or "en", "en", "ar"))
    names = [
        NullIf(KeyTextTransform(code, "plan__name"), Value("", output_field=TextField()))
        for code in languages
    ]
    return Coalesce(*names, F("plan__code"), Value(""), output_field=TextField())


def called(person: str) -> Combinable:
    """The name of whoever that was, else the address; nothing where it was nobody."""
    name = NullIf(f"{person}__name", Value(""))
    return Coalesce(name, f"{person}__email", Value(""), output_field=CharField())


def removed_attachments() -> QuerySet[AuditEntry]:
    """Of a file that is gone only the history knows, as long as that says what there was."""
    gone = AuditEntry.objects.filter(table=Attachment._meta.db_table, action=AuditEntry.Action.DELETED)
    return gone.annotate(account=Cast(KT("before__account_id"), BigIntegerField()))


# Kinds of one table may share an instant; their order is that of their names.
KINDS: dict[str, Kind] = {
    "attachment": Kind(
        Attachment.objects.all,
        "account",
        "added_at",
        "paperclip",
        label=lambda: F("name"),
        detail=lambda: called("added_by"),
    ),
    "attachment-removed": Kind(
        removed_attachments,
        "account",
        "at",
        "paperclip",
        label=lambda: Coalesce(KT("before__name"), Value(""), output_field=TextField()),
        detail=lambda: called("actor"),
    ),
    "change": Kind(
        lambda: in_words(AccountChange.objects.all()),
        "account",
        "from_day",
        "flag",
        label=lambda: F("field"),
        detail=lambda: Coalesce("words", Value(""), output_field=CharField()),
        is_day=True,
    ),
    "clicked": Kind(
        lambda: Delivery.objects.exclude(clicked_at=None),
        "account",
        "clicked_at",
        "link",
        label=lambda: called("contact"),
    ),
    "departure": Kind(
        Departure.objects.all,
        "account",
        "churn_day",
        "logout",
        label=lambda: F("reason"),
        detail=lambda: F("competitor"),
        is_day=True,
    ),
    "message": Kind(
        lambda: Message.objects.exclude(sent_at=None),
        "account",
        "sent_at",
        "mail",
        label=lambda: called("contact"),
        detail=lambda: F("state"),
    ),
    "notice": Kind(
        lambda: Notice.objects.happened().exclude(kind__in=ELSEWHERE),
        "account",
        "happened_at",
        "info-circle",
        label=lambda: F("kind"),
        detail=lambda: Coalesce(KeyTextTransform("text", "payload"), Value(""), output_field=TextField()),
    ),
    "opened": Kind(
        lambda: Delivery.objects.exclude(opened_at=None),
        "account",
        "opened_at",
        "mail-opened",
        label=lambda: called("contact"),
    ),
    "order": Kind(
        lambda: Order.objects.filter(cancelled_at=None),
        "account",
        "ordered_at",
        "shopping-cart",
        label=lambda: F("number"),
        amount="amount",
    ),
    "reply": Kind(
        Reply.objects.all,
        "account",
        "received_at",
        "mail",
        label=lambda: Coalesce(NullIf("subject", Value("")), "address", output_field=TextField()),
        detail=lambda: Substr("text", 1, SAID),
    ),
    "resolution": Kind(
        lambda: TicketEvent.objects.filter(kind=TicketEvent.Kind.RESOLVED, ticket__spam=False),
        "ticket__account",
        "happened_at",
        "circle-check",
        label=lambda: F("ticket__subject"),
    ),
    "subscription-end": Kind(
        lambda: Subscription.objects.exclude(ends=None),
        "account",
        "ends",
        "coin",
        label=plan_name,
        detail=lambda: F("cancel_reason"),
        is_day=True,
    ),
    "subscription-notice": Kind(
        lambda: Subscription.objects.exclude(cancelled_on=None),
        "account",
        "cancelled_on",
        "alert-triangle",
        label=plan_name,
        detail=lambda: F("cancel_reason"),
        is_day=True,
    ),
    "subscription-start": Kind(
        Subscription.objects.all,
        "account",
        "starts",
        "coin",
        label=plan_name,
        detail=lambda: F("kind"),
        is_day=True,
    ),
    "term": Kind(
        lambda: Term.objects.exclude(decided_on=None),
        "account",
        "decided_on",
        "calendar",
        label=lambda: F("outcome"),
        detail=lambda: F("lost_reason"),
        amount="renewed_mrr",
        is_day=True,
    ),
    "ticket": Kind(
        lambda: Ticket.objects.filter(spam=False),
        "account",
        "opened_at",
        "ticket",
        label=lambda: F("subject"),
        detail=lambda: F("priority"),
    ),
}


def entries(
    accounts: Iterable[int], organisation: Organisation, now: datetime, before: Cursor | None = None
) -> list[Entry]:
    """One more than a page holds, so that the caller sees whether there is more. Nothing that is yet to come."""
    accounts = list(accounts)
    arms = [_arm(name, kind, accounts, organisation.time_zone, now, before) for name, kind in KINDS.items()]
    rows = arms[0].union(*arms[1:], all=True).order_by("-then", "-of_kind", "-of_row")[: PAGE + 1]
    found = list(rows)
    declared = AttributeDefinition.objects.named(
        label for _at, kind, _pk, label, *_more in found if kind == "change"
    )
    return _with_replies([_entry(organisation, declared, *row) for row in found])


def _with_replies(found: list[Entry]) -> list[Entry]:
    ids = [entry.pk for entry in found if entry.kind == "reply"]
    replies = Reply.objects.select_related("contact", "message").in_bulk(ids) if ids else {}
    return [
        replace(entry, reply=replies.get(entry.pk)) if entry.kind == "reply" else entry for entry in found
    ]


def _arm(
    name: str, kind: Kind, accounts: list[int], zone: str, now: datetime, before: Cursor | None
) -> QuerySet[Any, Any]:
    """The newest of one kind: no arm needs to give more than the whole page."""
    moment = in_zone(kind.moment, zone) if kind.is_day else F(kind.moment)
    rows = kind.rows().filter(**{f"{kind.account}__in": accounts}).annotate(then=moment).filter(then__lte=now)
    if before is not None:
        rows = rows.filter(_after(before, name))
    no_amount = Cast(Value(None), DecimalField(max_digits=19, decimal_places=4))
    columns = {
        "of_kind": Value(name, output_field=CharField()),
        "of_row": F("pk"),
        "says": kind.label(),
        "says_more": kind.detail(),
        "worth": F(kind.amount) if kind.amount else no_amount,
        "worth_in": F("currency") if kind.amount else Value("", output_field=CharField()),
    }
    return rows.annotate(**columns).order_by("-then", "-of_row").values_list("then", *columns)[: PAGE + 1]


def _after(before: Cursor, name: str) -> Q:
    if name > before.kind:
        return Q(then__lt=before.at)
    if name < before.kind:
        return Q(then__lte=before.at)
    return Q(then__lt=before.at) | Q(then=before.at, pk__lt=before.pk)


def in_zone(day: str, zone: str) -> Func:
    """The first instant of a day where the organisation is."""
    return Func(
        Value(zone),
        F(day),
        template="timezone(%(expressions)s::timestamp)",
        output_field=DateTimeField(),
    )


def _entry(
    organisation: Organisation,
    declared: Declared,
    at: datetime,
    kind: str,
    pk: int,
    label: str,
    detail: str,
    amount: Decimal | None,
    currency: str,
) -> Entry:
    if kind == "change":
        label, detail = attribute(label, declared), said(label, detail, declared)
    if kind == "term":
        label = str(Term.Outcome(label).label)
    if kind == "message":
        detail = str(Message.State(detail).label)
    if kind == "ticket":
        detail = str(Ticket.Priority(detail).label)
    day = organisation.today(at) if KINDS[kind].is_day else None
    return Entry(at, kind, pk, label, detail, amount, currency, day)
