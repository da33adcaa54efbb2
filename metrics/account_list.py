"""The list of accounts: its filters, its columns, and its order by a metric without reading everybody."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.attributes import NO, YES, is_declared
from accounts.models import (
    Account,
    AccountKey,
    AttributeDefinition,
    Contact,
    Membership,
    Plan,
    Subscription,
    Team,
    User,
    named_like,
    tagged,
)
from metrics import catalogue, stored
from metrics.definitions import Level, Metric
from metrics.models import CurrentValue, Definition
from metrics.stored import Figure

PAGE = 50
CHUNK = 2_000
VOCABULARY_SECONDS = 60
# Of a declared attribute that is no choice; whatever else it may be can be written into the address.
MOST_VALUES = 200
# Trigrams need three letters; fewer would read every contact.
LETTERS_OF_A_CONTACT = 3
DOMAIN = re.compile(r"[^\s@/]+\.[^\s@/.]{2,}")

ATTRIBUTES = ("stage", "segment", "tier", "region", "owner", "team", "country", "industry")
FILTERS = (*ATTRIBUTES, "parent", "tag", "population")
WORDS = ("segment", "tier", "region", "country", "industry", "acquired_channel", "acquired_campaign")
# Derived metrics have no stored values to sort by, and the organisation's are of no account.
METRICS = tuple(
    key for key, m in catalogue.ALL.items() if not (m.of or m.of_each) and m.level is not Level.ORGANISATION
)
DEFAULT_COLUMNS = ("stage", "segment", "owner", "mrr", "tickets", "time_to_resolution")


def vocabulary(user: User | None) -> dict[str, list[tuple[str, str]]]:
    """Which values there are to filter by, as choices: of the accounts that the user may see, or of everybody's.

    Kept for a minute: finding them reads all accounts.
    """
    limited = None if user is None or user.has_perm("accounts.view_all_accounts") else user
    key = f"accounts.vocabulary.{limited.pk if limited else 'all'}"
    return cache.get_or_set(key, lambda: _vocabulary(limited), VOCABULARY_SECONDS) or {}


def _vocabulary(user: User | None) -> dict[str, list[tuple[str, str]]]:
    seen = Account.objects.visible_to(user) if user else Account.objects.all()
    owners = User.objects.filter(Exists(seen.filter(owner=OuterRef("pk"))))
    teams = Team.objects.filter(Exists(seen.filter(team=OuterRef("pk")))) if user else Team.objects.all()
    words = {
        name: [
            (word, word)
            for word in seen.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()
        ]
        for name in WORDS
    }
    plans = Plan.objects.filter(Exists(Subscription.objects.filter(plan=OuterRef("pk"), account__in=seen)))
    own_words = AttributeDefinition.objects.for_filters().exclude(type__in=CHOSEN)
    return words | {
        **{definition.field: _values(definition, seen) for definition in own_words},
        "tag": [(tag, tag) for tag in _tags(seen)],
        "plan": [(plan.code, str(plan)) for plan in plans],
        "owner": [(str(user.pk), str(user)) for user in owners],
        "team": [(str(team.pk), team.name) for team in teams],
    }


CHOSEN = (*AttributeDefinition.OF_CHOICES, AttributeDefinition.Type.YES_NO)


def choices_of(definition: AttributeDefinition) -> list[tuple[str, str]]:
    """What it may be, where that is not found among the accounts."""
    if definition.type == AttributeDefinition.Type.YES_NO:
        return [(answer, definition.words([answer])) for answer in (YES, NO)]
    return [(key, str(name)) for key, name in definition.offered.items()]


def _values(definition: AttributeDefinition, seen: QuerySet[Account]) -> list[tuple[str, str]]:
    lines = seen.exclude(attributes={}).values_list(KeyTransform(definition.key, "attributes"), flat=True)
    found = [line for line in lines.order_by().distinct()[: MOST_VALUES + 1] if line]
    return [(line[0], definition.words(line)) for line in sorted(found, key=definition.value)]


def _tags(seen: QuerySet[Account]) -> list[str]:
    each = seen.exclude(tags=[]).annotate(tag=Func(F("tags"), function="unnest"))
    return sorted(each.order_by().values_list("tag", flat=True).distinct())


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    metric: Metric | None = None
    declared: AttributeDefinition | None = None


@dataclass(frozen=True)
class Cell:
    """Of an attribute its words, and where a file has other ones, `exact`; of a metric its figure."""

    column: Column
    words: str = ""
    figure: Figure | None = None
    exact: object = None

    @property
    def in_a_file(self) -> object:
        if self.figure:
            return self.figure.value
        return self.words if self.exact is None else self.exact


@dataclass(frozen=True)
class Row:
    """`found_by`: the name of an account that was merged into this one, where that was searched for."""

    account: Account
    cells: list[Cell]
    found_by: str = ""


def columns_of(keys: Sequence[str], declared: Sequence[AttributeDefinition] = ()) -> list[Column]:
    """`declared` are those that may be among the keys."""
    columns = {found.field: Column(found.field, str(found), declared=found) for found in declared}
    return [columns.get(key) or _column(key) for key in keys]


def _column(key: str) -> Column:
    if key in catalogue.ALL:
        metric = catalogue.ALL[key]
        return Column(key, str(metric.name), metric)
    return Column(key, str(getattr(Account._meta.get_field(key), "verbose_name", key)).capitalize())


def filtered(user: User, asked: dict[str, Any]) -> QuerySet[Account]:
    """What the person may see and asked for. Losers of merges are found at their survivors."""
    accounts: QuerySet[Account] = Account.objects.visible_to(user).filter(merged_into=None)
    if not asked.get("internal"):
        accounts = accounts.filter(internal=False)
    if asked.get("account"):
        accounts = accounts.filter(pk__in=asked["account"])
    for name, value in asked.items():
        if value and (name in FILTERS or is_declared(name)):
            accounts = _having(accounts, name, value)
    return accounts.filter(pk__in=_found(asked["q"])) if asked.get("q") else accounts


def _having(accounts: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
    if name == "tag":
        return accounts.filter(tagged(value))
    if is_declared(name):
        return accounts.with_attribute(name, value)  # type: ignore[attr-defined]
    if name == "population":
        return accounts.filter(
            pk__in=Membership.objects.filter(population_id=int(value)).open().values("account")
        )
    return accounts.filter(**{name: value})


def _found(text: str) -> QuerySet[Any]:
    """Accounts by name, web domain or an id at a source, and by their people; of those that were merged the survivor.

    A union, so that each part uses its own index.
    """
    survivor = Coalesce("account__merged_into", "account")
    parts = [
        *(_of_survivors(Account.objects.filter(way)) for way in _ways(text)),
        AccountKey.objects.filter(value=text).values_list(survivor),
    ]
    if any(len(word) >= LETTERS_OF_A_CONTACT for word in text.split()):
        contacts = Contact.objects.order_by()
        people = contacts.filter(email=text.lower()) if "@" in text else contacts.named_like(text)
        parts.append(people.values_list(survivor))
    return parts[0].union(*parts[1:])


def _of_survivors(accounts: QuerySet[Account]) -> QuerySet[Any, Any]:
    return accounts.order_by().values_list(Coalesce("merged_into", "pk"))


def _ways(text: str) -> list[Q]:
    """In which an account itself is found. No index knows domains: only what looks like one is searched for."""
    return [named_like(text), *([Q(website__icontains=text)] if DOMAIN.fullmatch(text) else [])]


def _merged_names(accounts: Sequence[Account], text: str) -> dict[int | None, str]:
    """By survivor, the name of an account merged into it by which the text finds it, where its own does not."""
    found = Q(*_ways(text), _connector=Q.OR)
    own = Account.objects.filter(found, pk=OuterRef("merged_into"))
    losers = Account.objects.filter(found, ~Exists(own), merged_into__in=[account.pk for account in accounts])
    return dict(losers.order_by("-name_key", "-pk").values_list("merged_into", "name"))


class Ordered:
    """Accounts in the order of `sort`, as a list of parts that follow one another; read by slices.

    By a metric, first come those with a value, straight from the index of current values, and then the others by
    name. A page that the first part fills never looks at the second.
    """

    def __init__(self, accounts: QuerySet[Account], sort: str) -> None:
        self.accounts = accounts
        self.parts = _parts(accounts, sort)

    def count(self) -> int:
        return self.accounts.order_by().count()

    def __getitem__(self, wanted: slice) -> list[Account]:
        skip, room = wanted.start or 0, wanted.stop - (wanted.start or 0)
        found: list[int] = []
        for part in self.parts:
            # First which, then what: stepping over a thousand pages must not read their accounts.
            rows = list(part.values_list("pk", flat=True)[skip : skip + room - len(found)])
            found += rows
            if len(found) == room:
                break
            # Only a part that was stepped over must be counted.
            skip = 0 if rows or not skip else max(skip - part.order_by().count(), 0)
        accounts = Account.objects.select_related("owner", "team").in_bulk(found)
        return [accounts[pk] for pk in found if pk in accounts]

    def chunks(self) -> Iterator[list[Account]]:
        for part in self.parts:
            rows = part.select_related("owner", "team").iterator(chunk_size=CHUNK)
            while chunk := list(islice(rows, CHUNK)):
                yield chunk


def _parts(accounts: QuerySet[Account], sort: str) -> list[QuerySet[Account]]:
    key, is_falling = sort.removeprefix("-"), sort.startswith("-")
    if key == "name":
        names = ("-name_key", "-pk") if is_falling else ("name_key", "pk")
        return [accounts.order_by(*names)]
    definition = Definition.objects.filter(key=key).values_list("pk", flat=True).first()
    by_name = accounts.order_by("name_key", "pk")
    if definition is None:
        return [by_name]
    if catalogue.ALL[key].denominator is not None:
        known = _with_value(definition, Q(value__isnull=False))
        return [_by_value(accounts, definition, is_falling, isnull=False), by_name.filter(~known)]
    # No row is a sum of 0, which lies between those above and those below it.
    above, below = (_by_value(accounts, definition, is_falling, **{sign: 0}) for sign in ("gt", "lt"))
    some = _with_value(definition, ~Q(value=0) | Q(value=None))
    unknown = by_name.filter(_with_value(definition, Q(value=None)))
    around = [above, by_name.filter(~some), below] if is_falling else [below, by_name.filter(~some), above]
    return [*around, unknown]


def _by_value(
    accounts: QuerySet[Account], definition: int, is_falling: bool, **bound: Any
) -> QuerySet[Account]:
    """Served by the index currentvalue_by_value (definition, value, account)."""
    limits = {f"current_values__value__{lookup}": value for lookup, value in bound.items()}
    sign = "-" if is_falling else ""
    ordered = accounts.filter(current_values__definition=definition, **limits)
    return ordered.order_by(f"{sign}current_values__value", f"{sign}current_values__account")


def _with_value(definition: int, condition: Q) -> Exists:
    return Exists(CurrentValue.objects.filter(condition, account=OuterRef("pk"), definition=definition))


def rows_of(
    accounts: Sequence[Account],
    columns: Sequence[Column],
    currency: str,
    is_filled: bool,
    search: str = "",
) -> list[Row]:
    """The values of all columns and accounts in one query, and in another what was searched for."""
    names = _merged_names(accounts, search) if search else {}
    keys = [column.key for column in columns if column.metric]
    values = stored.current([account.pk for account in accounts], keys) if keys else {}
    return [
        Row(
            account,
            [_cell(account, column, values, currency, is_filled) for column in columns],
            names.get(account.pk, ""),
        )
        for account in accounts
    ]


def _cell(
    account: Account,
    column: Column,
    values: dict[tuple[int, str], CurrentValue],
    currency: str,
    is_filled: bool,
) -> Cell:
    if column.declared:
        lines = account.attributes.get(column.declared.key, [])
        exact = None if column.declared.type in CHOSEN or not lines else column.declared.value(lines)
        return Cell(column, words=column.declared.words(lines), exact=exact)
    if column.metric is None:
        return Cell(column, words=words_of(account, column.key))
    row = values.get((account.pk, column.key))
    return Cell(column, figure=stored.figure_of(column.metric, row, currency, is_filled))


def words_of(account: Account, attribute: str) -> str:
    if attribute == "tags":
        return _(", ").join(account.tags)
    return account.get_stage_display() if attribute == "stage" else str(getattr(account, attribute) or "")


def sort_choices() -> list[tuple[str, str]]:
    named = [("name", _("Name")), *((key, str(catalogue.ALL[key].name)) for key in METRICS)]
    return [choice for key, label in named for choice in ((key, label), (f"-{key}", label))]


def column_choices(declared: Sequence[AttributeDefinition]) -> list[tuple[str, str]]:
    keys = [*ATTRIBUTES, "tags", *(definition.field for definition in declared), *METRICS]
    return [(column.key, column.label) for column in columns_of(keys, declared)]
