"""Which accounts a question is about, and by what they are split: one fixed set, read on one membership day."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import DataContains
from django.db.models import (
    CharField,
    DateField,
    F,
    Func,
    Lookup,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Cast, Coalesce, Least
from django.utils.translation import gettext as _

from accounts.attributes import is_declared
from accounts.models import (
    Account,
    AccountChange,
    AttributeDefinition,
    Membership,
    Order,
    Organisation,
    Subscription,
    User,
    tagged,
)
from accounts.models import Population as Saved
from accounts.models.facts import heard, unheard
from accounts.models.subscriptions import accounts_of, plan_on
from metrics.windows import EARLIEST

# What an account may be filtered and split by. Dated attributes are read as they were on the membership day, as is what
# its facts say: the plan of its largest subscription in service, the month of its first day as a customer (2026-03).
# Declared attributes, `attribute.<key>`, are dated too; which there are stands in the database.
DATED = ("segment", "tier", "stage", "region", "owner", "team", "parent")
TAG = "tag"
# Saved filters, by their ids; who was in them is kept from their first evaluation on.
POPULATION = "population"
UNDATED = ("industry", "country", "acquired_channel", "acquired_campaign", TAG)
OF_FACTS = ("plan", "cohort")
DIMENSIONS = (*DATED, *UNDATED, *OF_FACTS, POPULATION)
# Customers for at most so many days.
TENURE = "tenure"
FILTERS = (*DIMENSIONS, TENURE)
# These hold ids; everything else that one can filter by holds words.
COLUMNS = {"owner": "owner_id", "team": "team_id", "parent": "parent_id"}
IDS = (*COLUMNS, POPULATION)
ID = re.compile("[0-9]{1,18}")
# So many populations are compared with one another.
MOST_COMPARED = 50
SHAPES = {TENURE: re.compile("[1-9][0-9]{0,4}"), "cohort": re.compile("[0-9]{4}-(0[1-9]|1[0-2])")}


# What is split by, and the values of one part.
By = tuple[str, ...]
Part = tuple[str, ...]


@dataclass
class Sql:
    text: str
    parameters: tuple[Any, ...] = ()


class PopulationError(ValueError):
    """The question names a filter or a split that there is not; the message is for the person who asked."""


@dataclass(frozen=True)
class Population:
    """All accounts, or those with these values; `user` limits it to what that person may see.

    `group` is a parent with its descendants. Where groups count once, an ultimate parent stands for all of its group.
    `compared` are the saved filters that a split by populations is into.
    """

    filters: tuple[tuple[str, str], ...] = ()
    account: int | None = None
    accounts: tuple[int, ...] | None = None
    user: User | None = field(default=None)
    group: int | None = None
    counts_groups_once: bool = False
    compared: tuple[int, ...] = ()

    @property
    def is_everybody(self) -> bool:
        chosen = (self.account, self.accounts, self.user, self.group)
        return not self.filters and all(choice is None for choice in chosen)

    @property
    def has_unattributed(self) -> bool:
        """What has no account counts among everybody's, and where it is asked for as account 0."""
        return self.is_everybody or 0 in (self.accounts or ())

    @property
    def undated(self) -> list[str]:
        return [name for name, _value in self.filters if name in UNDATED]

    @property
    def label(self) -> dict[str, str]:
        chosen = {"account": self.account, "group": self.group}
        ids = {name: str(value) for name, value in chosen.items() if value is not None}
        return dict(self.filters) | ids | ({"logos": "parent"} if self.counts_groups_once else {})

    def members(self, day: date, known_until: datetime | None = None) -> QuerySet[Account]:
        """The accounts counted, survivors of merges only."""
        members = Account.objects.counted().filter(heard("recorded_at", known_until))
        if self.user is not None:
            members = members.filter(pk__in=Account.objects.visible_to(self.user).order_by().values("pk"))
        if self.account is not None:
            members = members.filter(pk=self.account)
        if self.accounts is not None:
            members = members.filter(among("pk", self.accounts))
        if self.group is not None:
            members = members.filter(pk__in=group_of(self.group, day, known_until))
        for name, value in self.filters:
            if name == TENURE:
                members = members.annotate(_since=first_day_as_customer(known_until))
                earlier = date.fromordinal(max(day.toordinal() - int(value), EARLIEST.toordinal()))
                members = members.filter(_since__gt=earlier, _since__lte=day)
                continue
            if name == TAG:
                members = members.filter(tagged(value))
                continue
            if name == POPULATION:
                members = members.filter(pk__in=in_population(int(value), day).values("account"))
                continue
            of_day = on_day(name, day, known_until)
            if is_declared(name):
                members = members.filter(has_line(of_day, value))
                continue
            members = members.annotate(**{f"_{name}": of_day}).filter(**{f"_{name}": value})
        return members


def of(parameters: dict[str, Any], user: User | None = None) -> Population:
    """From `{"segment": "enterprise", "account": "12"}`."""
    filters = {name: value for name, value in parameters.items() if value not in (None, "")}
    account = str(filters.pop("account", ""))
    group = filters.pop("group", None)
    counts_groups_once = filters.pop("logos", None) == "parent"
    unknown = sorted(set(filters) - {*FILTERS, *AttributeDefinition.objects.for_filters().named(filters)})
    if unknown:
        raise PopulationError(no_filter(unknown[0], all_filters()))
    if account and not account.isdecimal():
        raise PopulationError(
            _("“%(value)s” is no account. Give its id, which is a number.") % {"value": account}
        )
    return Population(
        filters=tuple(sorted((name, str(value)) for name, value in filters.items())),
        account=int(account) if account else None,
        user=user,
        group=int(group) if group else None,
        counts_groups_once=counts_groups_once,
    )


def is_of_account(name: str) -> bool:
    """An account says it, as against its facts one by one."""
    return name in DIMENSIONS or is_declared(name)


def may_be_several(name: str) -> bool:
    """An account may have several values of it, one a line."""
    return name in (TAG, POPULATION) or is_declared(name)


def all_filters() -> list[str]:
    return [*FILTERS, *(declared.field for declared in AttributeDefinition.objects.for_filters())]


def no_filter(name: str, known: Iterable[str]) -> str:
    return _("There is no filter “%(name)s”. Use one of: %(known)s.") % {
        "name": name,
        "known": ", ".join(known),
    }


def seen_by(user: User) -> User | None:
    """Whose accounts the figures for this person are limited to; None: they are of everybody."""
    sees_all = user.has_perm("metrics.view_company_figures") or user.has_perm("accounts.view_all_accounts")
    return None if sees_all else user


def is_known(name: str, value: str, user: User | None) -> bool:
    """Whether any account has the value or ever had it, among those that the user may see."""
    if name == "stage":
        return value in Account.Stage.values
    if "\0" in value or (name in IDS and not ID.fullmatch(value)):
        return False
    if name == POPULATION:
        return Saved.objects.of_accounts().filter(pk=value).exists()
    if name in {TENURE, "cohort"}:
        return bool(SHAPES[name].fullmatch(value))
    accounts = (Account.objects.visible_to(user) if user else Account.objects.all()).order_by()
    if name == TAG:
        return accounts.filter(tagged(value)).exists()
    if is_declared(name):
        return is_known_line(name, value, accounts)
    if name == "plan":
        return Subscription.objects.filter(plan__code=value, account__in=accounts.values("pk")).exists()
    if accounts.filter(**{COLUMNS.get(name, name): value}).exists():
        return True
    changes = AccountChange.objects.filter(field=name, value=value, account__in=accounts.values("pk"))
    return name in DATED and changes.exists()


def is_known_line(name: str, value: str, accounts: QuerySet[Account]) -> bool:
    """Of a declared attribute."""
    if accounts.with_attribute(name, value).exists():  # type: ignore[attr-defined]
        return True
    ever = AccountChange.objects.filter(has_line(F("value"), value), field=name)
    return ever.filter(account__in=accounts.values("pk")).exists()


def has_line(of: Combinable, value: str) -> DataContains:
    """One of the lines of the text is this."""
    lines = Func(of, Value("\n"), function="string_to_array", output_field=ArrayField(TextField()))
    return DataContains(lines, Value([value], ArrayField(TextField())))


def on_day(name: str, day: date, known_until: datetime | None = None, compared: Collection[int] = ()) -> Any:
    """An attribute of the account as it was on the day; an account younger than that has its first value.

    Where there may be several, one a line. `compared` are the populations of which one is told.
    """
    if name == POPULATION:
        if not compared:
            return Value("", output_field=CharField())
        own = Membership.objects.on(day).filter(account=OuterRef("pk"), population__in=compared)
        ids = ArraySubquery(own.order_by("population").values("population"))
        return Func(ids, Value("\n"), function="array_to_string", output_field=CharField())
    if name == "plan":
        return plan_on(day, known_until)
    if name == "cohort":
        month = Func(first_day_as_customer(known_until), Value("YYYY-MM"), function="to_char")
        return Coalesce(month, Value(""), output_field=CharField())
    if name == TAG:
        return Func(F("tags"), Value("\n"), function="array_to_string", output_field=CharField())
    # What is declared has no value that was never dated.
    now = Value("") if is_declared(name) else Cast(F(COLUMNS.get(name, name)), CharField())
    if name not in DATED and not is_declared(name):
        return now
    known = AccountChange.objects.filter(heard("recorded_at", known_until))
    changes = known.filter(account=OuterRef("pk"), field=name)
    latest = changes.filter(from_day__lte=day).order_by("-from_day").values("value")[:1]
    first = changes.order_by("from_day").values("value")[:1]
    return Coalesce(Subquery(latest), Subquery(first), now, output_field=CharField())


def in_population(pk: int, day: date) -> QuerySet[Membership]:
    return Membership.objects.on(day).filter(population=pk).order_by()


def comparable(user: User) -> tuple[int, ...]:
    """The populations that a split shows this person."""
    known = Saved.objects.visible_to(user).of_accounts().in_use().order_by("pk")
    return tuple(known.values_list("pk", flat=True)[:MOST_COMPARED])


def kept_later(population: Population, by: By, day: date, organisation: Organisation) -> list[Saved]:
    """The saved filters whose members on the day nobody knows: they are read as they were first found."""
    asked = {int(value) for name, value in population.filters if name == POPULATION and ID.fullmatch(value)}
    asked |= set(population.compared if POPULATION in by else ())
    begins = organisation.end_of(day)
    found = Saved.objects.filter(pk__in=asked).order_by("pk") if asked else []
    return [saved for saved in found if saved.kept_since is None or saved.kept_since >= begins]


class LocalDay(Func):
    """Of an instant, where the organisation is."""

    template = "(%(expressions)s AT TIME ZONE (SELECT time_zone FROM accounts_organisation))::date"
    output_field = DateField()


def first_day_as_customer(known_until: datetime | None = None, account: str = "pk") -> Combinable:
    """What made it a customer, whichever came first: a paid period, an order that stood at its day's end, a stage.

    Null: nothing did. `account` is the path from the row.
    """
    known = heard("recorded_at", known_until)
    paid = Subscription.objects.paid().filter(known, account=OuterRef("pk"))
    placed = Order.objects.filter(known, account=OuterRef("pk"))
    placed = placed.annotate(day=LocalDay("ordered_at"), day_cancelled=LocalDay("cancelled_at"))
    stood = (
        Q(cancelled_at=None) | Q(day_cancelled__gt=F("day")) | unheard("cancelled_recorded_at", known_until)
    )
    # Account by account, so that an index has the first of each.
    first = Least(
        Subquery(paid.order_by("starts").values("starts")[:1]),
        Subquery(placed.filter(stood).order_by("ordered_at").values("day")[:1]),
    )
    own = accounts_of(OuterRef(account)).annotate(first=first)
    # The survivor of a merge keeps its own stage.
    stages = AccountChange.objects.filter(known, field="stage", value__in=Account.CUSTOMER_STAGES)
    return Least(
        Subquery(own.order_by("first").values("first")[:1]),
        Subquery(stages.filter(account=OuterRef(account)).order_by("from_day").values("from_day")[:1]),
    )


def group_of(account: int, day: date, known_until: datetime | None = None) -> RawSQL:
    """The account and its descendants on the day."""
    parents, parameters = _parents(day, known_until)
    text = f"""
        WITH RECURSIVE parents AS ({parents}), below (id) AS (
            SELECT %s::bigint UNION SELECT p.account FROM parents p JOIN below b ON p.parent = b.id
        ) SELECT id FROM below"""
    return RawSQL(text, (*parameters, account))  # noqa: S611  of our own tables and columns


def ultimate_parents(day: date, known_until: datetime | None = None) -> Sql:
    """`roots (account, root)` of every account that has a parent on the day; of parents in a circle the first."""
    parents, parameters = _parents(day, known_until)
    text = f"""
        RECURSIVE parents AS ({parents}), up (account, above, path) AS (
            SELECT account, parent, ARRAY[account] FROM parents
            UNION ALL
            SELECT u.account, p.parent, u.path || u.above FROM up u JOIN parents p ON p.account = u.above
            WHERE u.above <> ALL(u.path)
        ), roots AS (
            SELECT DISTINCT ON (account) account,
                CASE WHEN above = ANY(path) THEN (SELECT min(id) FROM unnest(path) id) ELSE above END AS root
            FROM up ORDER BY account, cardinality(path) DESC
        )"""
    return Sql(text, parameters)


def _parents(day: date, known_until: datetime | None) -> tuple[str, tuple[Any, ...]]:
    """(account, parent) on the day, of accounts that have one; who lost a merge hands its children on."""
    on_that_day = on_day("parent", day, known_until)
    found = Account.objects.counted().annotate(on_that_day=on_that_day).filter(on_that_day__gt="").order_by()
    text, parameters = found.values(account=F("pk"), parent_then=F("on_that_day")).query.sql_with_params()
    survivors = (
        f"SELECT f.account, coalesce(a.merged_into_id, a.id) AS parent FROM ({text}) f"
        " JOIN accounts_account a ON a.id = f.parent_then::bigint"
        " WHERE coalesce(a.merged_into_id, a.id) <> f.account"
    )
    return survivors, parameters


def affected(accounts: Collection[int]) -> list[int]:
    """The accounts themselves and the losers of merges whose facts count as theirs; 0, what has no account, stays."""
    losers = Account.objects.filter(among("merged_into", accounts)).values_list("pk", flat=True)
    return [*accounts, *losers]


class Among(Lookup):
    """It is one of these ids: one array, since a parameter for each of 8,000 takes Python a second or more."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        text, parameters = self.process_lhs(compiler, connection)
        ids = self.rhs if isinstance(self.rhs, list) else [*self.rhs]
        return f"{text} = ANY(%s::bigint[])", (*parameters, ids)


def among(field: str, ids: Collection[int]) -> Q:
    return Q(Among(F(field), ids))
