"""What may be wrong with what is known of customers: each check is a name, the rows that it finds, and the way out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet, Sum, TextChoices
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.feeds import KINDS
from accounts.models import (
    Account,
    AccountPair,
    Contact,
    Departure,
    Feed,
    Lead,
    Order,
    Organisation,
    Pause,
    Payment,
    Return,
    Subscription,
    Term,
    Ticket,
    User,
)

SEE_ALL = "accounts.view_all_accounts"
# Late facts of so many days are looked at.
LATE_DAYS = 30


class Grade(TextChoices):
    """How bad it is that there are any."""

    PROBLEM = "problem", _("a problem")
    LOOK = "look", _("worth a look")
    FINE = "fine", _("fine")


class Remedy(TextChoices):
    """Where it is mended: each row by itself, or elsewhere."""

    ROWS = "rows", _("Open a row to correct it")
    IMPORT = "import", _("Import a file")
    RATES = "rates", _("Enter exchange rates")
    RUNS = "runs", _("Look at the runs")
    IMPORTS = "imports", _("Look at the imports")
    DUPLICATES = "duplicates", _("Decide about the pairs")


# Of so few accounts the facts are looked up one by one, instead of everybody's read for each check.
FEW = 2_000


@dataclass(frozen=True)
class Looking:
    """When somebody looks, in the days of the organisation."""

    organisation: Organisation
    now: datetime
    # By reader, asked for once; None: more than a few.
    seen: dict[int, list[int] | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def today(self) -> date:
        return self.organisation.today(self.now)

    def few_accounts_of(self, user: User) -> list[int] | None:
        """All that the reader may see, where these are few."""
        if user.pk not in self.seen:
            visible = Account.objects.visible_to(user).order_by().values_list("pk", flat=True)
            found = list(visible[: FEW + 1])
            self.seen[user.pk] = None if len(found) > FEW else found
        return self.seen[user.pk]


@dataclass(frozen=True)
class Column:
    """What a list says of a row, by the path of an attribute: `ticket.account.name`."""

    label: Promise
    path: str

    def of(self, row: Any) -> Any:
        value = row
        for name in self.path.split("."):
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        return value() if callable(value) else value


def all_rows(rows: Any, _user: User, _looking: Looking) -> Any:
    return rows


def of_their_accounts(rows: QuerySet[Any], user: User, looking: Looking) -> QuerySet[Any]:
    if user.has_perm(SEE_ALL):
        return rows
    few = looking.few_accounts_of(user)
    path = getattr(rows.model, "account_path", "pk")
    return rows.visible_to(user) if few is None else rows.filter(**{f"{path}__in": few})  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Check:
    """`rows` are what it finds: of a model, or a short sequence of what is no row.

    `account` is the path from a row to its account ("": it is one; None: it has none). `needs` are the rights without
    which there is no such check, `whole` those with which `seen` leaves nothing out. What is `live` is counted whenever
    it is shown, also where no worker is left that could count it.
    """

    key: str
    name: Promise
    why: Promise
    rows: Callable[[Looking], Any]
    needs: tuple[str, ...]
    mend: Promise
    grade: Grade = Grade.LOOK
    remedy: Remedy = Remedy.ROWS
    resource: str = ""
    columns: tuple[Column, ...] = ()
    account: str | None = ""
    whole: tuple[str, ...] = (SEE_ALL,)
    seen: Callable[[Any, User, Looking], Any] = of_their_accounts
    live: bool = False

    def is_for(self, user: User) -> bool:
        return user.has_perms(self.needs)

    def is_whole(self, user: User) -> bool:
        return user.has_perms(self.whole)

    def rows_for(self, user: User, looking: Looking) -> Any:
        return self.seen(self.rows(looking), user, looking)

    def account_of(self, row: Any) -> Account | None:
        if self.account is None:
            return None
        return Column(self.name, self.account).of(row) if self.account else row


def count(rows: Any) -> int:
    return rows.order_by().count() if isinstance(rows, QuerySet) else len(rows)


# Customers


def customers() -> QuerySet[Account]:
    return Account.objects.counted().filter(stage__in=Account.CUSTOMER_STAGES).select_related("owner")


def has(facts: QuerySet[Any]) -> Q:
    """Of its own, or of an account that was merged into it; each condition is one pass over the facts."""
    own = facts.order_by().filter(account=OuterRef("pk"))
    merged = facts.order_by().filter(account__merged_into=OuterRef("pk"))
    return Q(Exists(own)) | Q(Exists(merged))


def paid_in_service(looking: Looking) -> QuerySet[Subscription]:
    return Subscription.objects.paid().in_service(looking.today)


def present(looking: Looking) -> QuerySet[Contact]:
    return Contact.objects.filter(Q(left=None) | Q(left__gt=looking.today))


def without_owner(_looking: Looking) -> QuerySet[Account]:
    return customers().filter(owner=None)


def of_somebody_gone(_looking: Looking) -> QuerySet[Account]:
    return customers().filter(owner__is_active=False)


def without_contact(looking: Looking) -> QuerySet[Account]:
    return customers().exclude(has(present(looking)))


def without_plan(looking: Looking) -> QuerySet[Account]:
    served = Subscription.objects.in_service(looking.today)
    return customers().filter(has(served)).exclude(has(served.filter(plan__isnull=False)))


def churned_and_paying(looking: Looking) -> QuerySet[Account]:
    gone = Account.objects.counted().filter(stage=Account.Stage.CHURNED).select_related("owner")
    return gone.filter(has(paid_in_service(looking).filter(price__gt=0)))


def live_without_business(_looking: Looking) -> QuerySet[Account]:
    in_use = customers().filter(stage__in=[Account.Stage.LIVE, Account.Stage.RENEWING])
    return in_use.exclude(has(Subscription.objects.all())).exclude(has(Order.objects.all()))


def leads_that_pay(looking: Looking) -> QuerySet[Account]:
    leads = Account.objects.counted().filter(stage=Account.Stage.LEAD).select_related("owner")
    return leads.filter(has(paid_in_service(looking).filter(price__gt=0)))


def pairs(_looking: Looking) -> QuerySet[AccountPair]:
    return AccountPair.objects.open().likeliest_first().select_related("first", "second")


def seen_pairs(rows: Any, user: User, _looking: Looking) -> Any:
    return rows.visible_to(user)


OWNER = (Column(_("Stage"), "get_stage_display"), Column(_("Owner"), "owner"))
VIEW_ACCOUNT = ("accounts.view_account",)
WITH_CONTRACTS = (*VIEW_ACCOUNT, "accounts.view_subscription")

CUSTOMERS = (
    Check(
        "accounts_without_owner",
        _("Customers without an owner"),
        _("Nobody sees their renewals and alerts in a book of their own."),
        without_owner,
        VIEW_ACCOUNT,
        _("Open the account and name its owner, or import the column owner for many at once."),
        Grade.PROBLEM,
        Remedy.IMPORT,
        resource="accounts",
        columns=OWNER,
    ),
    Check(
        "accounts_of_somebody_gone",
        _("Customers whose owner may not sign in any more"),
        _("They still stand in the book of somebody who has left."),
        of_somebody_gone,
        VIEW_ACCOUNT,
        _("Give them to somebody who is there."),
        Grade.PROBLEM,
        Remedy.IMPORT,
        resource="accounts",
        columns=OWNER,
    ),
    Check(
        "accounts_without_contact",
        _("Customers without a contact"),
        _("There is nobody to write to or to ask; those who have left do not count."),
        without_contact,
        (*VIEW_ACCOUNT, "accounts.view_contact"),
        _("Enter a person at the account, or import contacts."),
        remedy=Remedy.IMPORT,
        resource="contacts",
        columns=OWNER,
    ),
    Check(
        "accounts_without_plan",
        _("Customers whose subscriptions name no plan"),
        _("They are in no part of a split by plan."),
        without_plan,
        WITH_CONTRACTS,
        _("Name the plan in the subscription that is in service."),
        remedy=Remedy.IMPORT,
        resource="subscriptions",
        columns=OWNER,
    ),
    Check(
        "churned_and_paying",
        _("Churned, with a paid subscription in service"),
        _("Lists call them lost, while figures count them as customers: the subscription decides."),
        churned_and_paying,
        WITH_CONTRACTS,
        _("End the subscription, or set the stage right."),
        Grade.PROBLEM,
        columns=OWNER,
    ),
    Check(
        "live_without_business",
        _("Live, without any order or subscription"),
        _("They count as customers by their stage alone and bring nothing to any figure of revenue."),
        live_without_business,
        (*WITH_CONTRACTS, "accounts.view_order"),
        _("Import their orders or subscriptions, or set the stage right."),
        remedy=Remedy.IMPORT,
        resource="subscriptions",
        columns=OWNER,
    ),
    Check(
        "leads_that_pay",
        _("Leads with a paid subscription in service"),
        _("Figures count them as customers, while lists call them leads."),
        leads_that_pay,
        WITH_CONTRACTS,
        _("Set the stage right."),
        columns=OWNER,
    ),
)

# Contacts

ADDRESS = r"^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$"
# Six digits at least, and nothing but what is written between them.
PHONE = r"^\D*(\d\D*){6,}$"
NO_PHONE = r"[^\d\s+()./x#*-]"


def reachable_ones(looking: Looking) -> QuerySet[Contact]:
    there = present(looking).filter(account__internal=False)
    return there.select_related("account")


def unreachable(looking: Looking) -> QuerySet[Contact]:
    return reachable_ones(looking).filter(email="", phone="")


def with_bad_address(looking: Looking) -> QuerySet[Contact]:
    bad_email = ~Q(email="") & ~Q(email__regex=ADDRESS)
    bad_phone = ~Q(phone="") & (~Q(phone__regex=PHONE) | Q(phone__regex=NO_PHONE))
    return reachable_ones(looking).filter(bad_email | bad_phone)


REACHED_AT = (Column(_("E-mail address"), "email"), Column(_("Phone"), "phone"))
CONTACTS = (
    Check(
        "contacts_unreachable",
        _("Contacts without e-mail address and phone"),
        _("No survey and no message reaches them."),
        unreachable,
        ("accounts.view_contact",),
        _("Enter an address or a number, or import contacts by their ids."),
        remedy=Remedy.IMPORT,
        resource="contacts",
        columns=(Column(_("Role"), "get_role_display"),),
        account="account",
    ),
    Check(
        "contacts_with_bad_address",
        _("Contacts with an address or number that cannot be"),
        _("What is sent there comes back or goes astray."),
        with_bad_address,
        ("accounts.view_contact",),
        _("Correct the address or the number."),
        Grade.PROBLEM,
        columns=REACHED_AT,
        account="account",
    ),
)

# What lies ahead


def ahead(model: Any, happened: str, days: int) -> Callable[[Looking], QuerySet[Any]]:
    is_moment = model._meta.get_field(happened).get_internal_type() == "DateTimeField"

    def rows(looking: Looking) -> QuerySet[Any]:
        latest = looking.now if is_moment else looking.today + timedelta(days=days)
        return model.objects.filter(**{f"{happened}__gt": latest}).select_related("account")

    return rows


def check_ahead(
    key: str, model: Any, name: Promise, needs: str, happened: str = "", *, days: int = 0
) -> Check:
    happened = happened or model.happened
    label = model._meta.get_field(happened).verbose_name
    return Check(
        key,
        name,
        _("What lies ahead counts in no figure until its day has come; more often the date is wrong."),
        ahead(model, happened, days),
        (needs,),
        _("Correct the date."),
        columns=(Column(label, happened), Column(_("Source"), "source")),
        account="account",
    )


AHEAD = (
    check_ahead("orders_ahead", Order, _("Orders dated in the future"), "accounts.view_order"),
    check_ahead("payments_ahead", Payment, _("Payments dated in the future"), "accounts.view_payment"),
    check_ahead("tickets_ahead", Ticket, _("Tickets opened in the future"), "accounts.view_ticket"),
    check_ahead("leads_ahead", Lead, _("Leads dated in the future"), "accounts.view_lead", "first_interest"),
    # The last day of a contract that is over today may be entered as tomorrow.
    check_ahead(
        "departures_ahead",
        Departure,
        _("Departures dated in the future"),
        "accounts.view_departure",
        "churn_day",
        days=1,
    ),
)

# Rows that contradict one another. Sources deliver in any order, so that none is refused for it.


def differ(one: str, other: str) -> Q:
    """Two paths to an account that lead to two customers, after all merges."""

    def survivor(path: str) -> Any:
        return Coalesce(f"{path}__merged_into", path)

    both = {f"{path}__isnull": False for path in (one, other)}
    return Q(**both) & ~Q(Exact(survivor(one), survivor(other)))


def payments_of_others(_looking: Looking) -> QuerySet[Payment]:
    others = differ("account", "order__account") | differ("account", "subscription__account")
    return Payment.objects.filter(others).select_related("account", "order", "subscription")


def tickets_of_others(_looking: Looking) -> QuerySet[Ticket]:
    return Ticket.objects.filter(differ("account", "requester__account")).select_related(
        "account", "requester__account"
    )


def returns_before_order(looking: Looking) -> QuerySet[Return]:
    ordered = TruncDate("order__ordered_at", tzinfo=looking.organisation.zone)
    return Return.objects.alias(ordered=ordered).filter(day__lt=F("ordered")).select_related("order__account")


def pauses_outside(_looking: Looking) -> QuerySet[Pause]:
    before = Q(starts__lt=F("subscription__starts"))
    return Pause.objects.filter(before | Q(starts__gte=F("subscription__ends"))).select_related(
        "subscription__account"
    )


def overlapping_terms(_looking: Looking) -> QuerySet[Term]:
    others = Term.objects.filter(
        account=OuterRef("account"),
        reference=OuterRef("reference"),
        starts__lt=OuterRef("ends"),
        ends__gt=OuterRef("starts"),
    ).exclude(pk=OuterRef("pk"))
    return Term.objects.filter(Exists(others.order_by())).select_related("account")


SOURCE = Column(_("Source"), "source")
CONTRADICTING = (
    Check(
        "payments_of_others",
        _("Payments for an order or a subscription of another account"),
        _("They count as revenue of one account, while what was paid for is another's."),
        payments_of_others,
        ("accounts.view_payment",),
        _("Correct the account, or what was paid for."),
        Grade.PROBLEM,
        columns=(Column(_("Day"), "day"), Column(_("Amount"), "amount"), SOURCE),
        account="account",
    ),
    Check(
        "tickets_of_others",
        _("Tickets that a contact of another account asked"),
        _("They count at one account, while who asked belongs to another."),
        tickets_of_others,
        ("accounts.view_ticket", "accounts.view_contact"),
        _("Correct the account or the requester."),
        columns=(Column(_("Requester"), "requester"), SOURCE),
        account="account",
    ),
    Check(
        "returns_before_order",
        _("Returns before their order"),
        _("Nothing is given back before it was ordered: one of both days is wrong."),
        returns_before_order,
        ("accounts.view_return",),
        _("Correct the day of the return or of the order."),
        Grade.PROBLEM,
        columns=(Column(_("Day"), "day"), Column(_("Ordered"), "order.ordered_at"), SOURCE),
        account="order.account",
    ),
    Check(
        "pauses_outside",
        _("Pauses outside their subscription"),
        _("Where a subscription is not in service there is nothing to pause: one of the days is wrong."),
        pauses_outside,
        ("accounts.view_pause",),
        _("Correct the days of the pause or of the subscription."),
        Grade.PROBLEM,
        columns=(Column(_("Starts"), "starts"), Column(_("Ends"), "ends"), SOURCE),
        account="subscription.account",
    ),
    Check(
        "terms_overlapping",
        _("Terms that overlap"),
        _(
            "Of one subscription, or of an account where they name none: each is counted as a renewal of its own."
        ),
        overlapping_terms,
        ("accounts.view_term",),
        _("Correct the days, or name the subscription of each."),
        columns=(Column(_("Starts"), "starts"), Column(_("Ends"), "ends"), SOURCE),
        account="account",
    ),
)

# Sources


def may_view(kinds: Iterable[type[Model]]) -> tuple[str, ...]:
    return tuple(f"{model._meta.app_label}.view_{model._meta.model_name}" for model in kinds)


def of_kinds_seen(rows: QuerySet[Feed], user: User, _looking: Looking | None = None) -> QuerySet[Feed]:
    seen = [kind for kind, model in KINDS.items() if user.has_perms(may_view([model]))]
    return rows.filter(kind__in=seen)


def may_close(feed: Feed, user: User) -> bool:
    """Whoever may change such facts of every account."""
    meta = KINDS[feed.kind]._meta
    return user.has_perms([SEE_ALL, f"{meta.app_label}.change_{meta.model_name}"])


def silent(looking: Looking) -> QuerySet[Feed]:
    return Feed.objects.silent(looking.now)


def late(looking: Looking) -> QuerySet[Feed]:
    """With how many facts came late lately, and how late the last of them was."""
    lately = Q(days__day__gt=looking.today - timedelta(days=LATE_DAYS))
    found = Feed.objects.annotate(
        late=Sum("days__late", filter=lately),
        facts=Sum("days__facts", filter=lately),
        latest=Max("days__latest", filter=lately),
    )
    return found.filter(late__gt=0).order_by(F("late").desc(), "pk")


SOURCES = (
    Check(
        "silent_sources",
        _("Sources that have fallen silent"),
        _("Nothing has come for half as long again as is usual for them; figures lack what happened since."),
        silent,
        VIEW_ACCOUNT,
        _("Start the transfer again or import a file; or say that nothing more is to come from there."),
        Grade.PROBLEM,
        Remedy.IMPORT,
        columns=(
            Column(_("Came last"), "last_at"),
            Column(_("Usual gap"), "usual_gap"),
        ),
        account=None,
        whole=may_view(KINDS.values()),
        seen=of_kinds_seen,
        live=True,
    ),
    Check(
        "late_facts",
        _("Sources whose facts came late within 30 days"),
        _("They were recorded more than a day after they happened: figures of those days have moved since."),
        late,
        VIEW_ACCOUNT,
        _("Send more often. What is loaded once from the past is imported as known since it happened."),
        columns=(
            Column(_("Late"), "late"),
            Column(_("Facts"), "facts"),
            Column(_("At most so late"), "latest"),
        ),
        account=None,
        whole=may_view(KINDS.values()),
        seen=of_kinds_seen,
        live=True,
    ),
)

PAIRS = (
    Check(
        "duplicates",
        _("Accounts that may be one customer"),
        _("Each of them has a part of the facts, and counts as a customer of its own."),
        pairs,
        ("accounts.view_account", "accounts.change_account"),
        _("Merge them, which can be undone, or say that they are two."),
        remedy=Remedy.DUPLICATES,
        columns=(Column(_("The other"), "second.name"), Column(_("Because"), "because")),
        account="first",
        seen=seen_pairs,
    ),
)

CHECKS: Sequence[Check] = (*SOURCES, *CUSTOMERS, *CONTACTS, *PAIRS, *AHEAD, *CONTRADICTING)
