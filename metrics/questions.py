"""What the page of a metric asks: the answer, its parts by a split, and how it came to be over a year."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from math import prod
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.attributes import is_declared
from accounts.models import (
    Account,
    AttributeDefinition,
    Campaign,
    Feature,
    Plan,
    Product,
    Resource,
    Tag,
    Team,
    Ticket,
    User,
)
from accounts.models import Population as Saved
from metrics import answers, catalogue, evaluate, framing, populations, rows, stored, windows
from metrics.answers import Answer
from metrics.comparisons import Change, changes, from_before
from metrics.definitions import Estimate, Level, Metric
from metrics.facts import with_people, words_of
from metrics.measures import feedback, responses, tickets
from metrics.models import PopulationValue
from metrics.populations import By, Part, Population
from metrics.scales import Scale, scale_of
from metrics.sources import Clock, Measure
from metrics.storing import DIMENSIONS
from metrics.versions import version_of
from surveys.models import Channel, FeedbackItem, Survey

MONTHS = 12
LABELS: dict[str, Callable[[], Iterable[tuple[str, Any]]]] = {
    "stage": lambda: Account.Stage.choices,
    "type": lambda: Ticket.Type.choices,
    "priority": lambda: Ticket.Priority.choices,
    "age": lambda: tickets.Age.choices,
    "touchpoint": lambda: Survey.Touchpoint.choices,
    "survey": responses.surveys,
    "scale": responses.scales,
    "theme": feedback.themes,
    "heard": lambda: FeedbackItem.Heard.choices,
    "language": lambda: settings.LANGUAGES,
    "channel": lambda: Channel.choices,
}
# By their codes.
CODES: dict[str, type[Feature | Resource | Campaign]] = {
    "feature": Feature,
    "resource": Resource,
    "campaign": Campaign,
}
# What somebody writes down or not: an empty one does not say that there was none.
IN_OWN_WORDS = ("reason", "competitor")
# By how much a quotient that is multiplied again may miss.
ROUNDING = Decimal("0.000001")
# Facts of a measure on a page.
FACTS = 50


@dataclass(frozen=True)
class Question:
    metric: Metric
    population: Population
    clock: Clock
    as_of: date
    window: str | None = None
    parameters: dict[str, int | str] = field(default_factory=dict)

    def answer(self) -> Answer:
        return self._answers((self.metric.key,))[self.metric.key]

    def checked(self) -> "tuple[Answer, Check | None]":
        """The answer, with another way to it where there is one, both of the same facts."""
        factors = catalogue.PRODUCTS.get(self.metric.key, ())
        found = self._answers((self.metric.key, *factors))
        return found[self.metric.key], Check.of(found[self.metric.key], [found[key] for key in factors])

    def _answers(self, keys: tuple[str, ...], *, before: bool = False) -> dict[str, Answer]:
        found = answers.ask(
            keys,
            self.population,
            self.clock,
            as_of=self.as_of,
            window=self.window,
            parameters=self.parameters,
            before=before,
        )
        return {key: of_key[()] for key, of_key in found.items()}

    def split(self, by: By) -> list[tuple[Answer, Change | None]]:
        """The greatest first, those without a value last; each with how it differs from the others together."""
        found = answers.ask_parts(
            self.metric,
            self.population,
            self.clock,
            as_of=self.as_of,
            by=by,
            window=self.window,
            parameters=self.parameters,
        )
        compared = iter(changes([(part, others) for part, others in found if others is not None]))
        parts = [(part, next(compared) if others else None) for part, others in found]
        return sorted(parts, key=lambda p: (p[0].value is None, -(p[0].value or 0), p[0].split))

    def change(self, answer: Answer) -> Change | None:
        """From the period before, or of what has no window from a month ago; None: there is none."""
        earlier = self._answers((self.metric.key,), before=True).get(self.metric.key)
        return from_before([(answer, earlier)], self.clock.organisation)[0] if earlier else None

    @property
    def counted(self) -> evaluate.Question:
        """What is counted; of a derived metric, what its first part counts."""
        part = catalogue.counted_in(self.metric)
        return framing.question_of(part, self.as_of, self.clock, self.window, self.parameters)

    def behind(self, offset: int = 0, limit: int | None = None) -> "Behind":
        """The accounts behind the answer with what each gives to it."""
        page = rows.accounts(self.counted, self.population, self.clock, offset=offset, limit=limit)
        known = Account.objects.in_bulk([row.account for row in page.rows])
        return Behind(
            self.counted.metric,
            [Share(known.get(row.account), row.numerator, row.denominator) for row in page.rows],
            page.count,
            Share(None, page.total.numerator, page.total.denominator),
            page.has_unattributed,
        )

    def recorded(self) -> rows.Recorded:
        """When we learned of the facts behind the answer."""
        return rows.recorded(self.counted, self.population, self.clock)

    def share(self, account: Account) -> "Share | None":
        """What the account gives to the answer; None: it does not count in it."""
        population = replace(self.population, account=account.pk)
        found = rows.accounts(self.counted, population, self.clock, limit=1).rows
        return Share(account, found[0].numerator, found[0].denominator) if found else None

    def facts(self, account: int) -> list["Counted"]:
        """The facts of an account that were counted, measure by measure."""
        of_measures: dict[Measure, list[rows.Facts]] = {}
        for facts in rows.facts(self.counted, account, self.clock):
            of_measures.setdefault(facts.measure, []).append(facts)
        currency = self.clock.organisation.currency
        return [Counted.of(measure, found, currency) for measure, found in of_measures.items()]

    def trend(self) -> list[Answer]:
        """The ends of the months before and the day itself."""
        return self.series(framing.month_ends(self.as_of, MONTHS))

    def series(self, days: Sequence[date]) -> list[Answer]:
        """Of each of the days that has such a window: what is kept is read, the rest is computed."""
        days = [day for day in days if self._has_window(day)]
        known = self._kept(days)
        missing = [day for day in days if day not in known]
        computed = answers.series(
            self.metric.key, self.population, self.clock, missing, self.window, self.parameters
        )
        return sorted([*known.values(), *computed], key=lambda answer: answer.as_of)

    def _has_window(self, day: date) -> bool:
        """Whether the calendar goes back as far as the window of that day."""
        try:
            for part in catalogue.with_parts((self.metric.key,)):
                framing.question_of(part, day, self.clock, self.window, self.parameters)
        except windows.WindowError:
            return False
        return True

    def _kept(self, days: Sequence[date]) -> dict[date, Answer]:
        """Kept are the answers for everybody, and for each value of some dimensions, in the metric's own window.

        Of a day whose values are kept, a value that nobody has is not; and those by an earlier definition do not count.
        """
        filters = self.population.filters
        is_own = self.window in (None, self.metric.window) and not self.parameters
        is_fixed = is_own and self.population == Population(filters) and self.clock.known_by is None
        if not is_fixed or len(filters) > 1 or (filters and filters[0][0] not in DIMENSIONS):
            return {}
        dimension, member = filters[0] if filters else ("", "")
        rows = PopulationValue.objects.filter(
            definition__key=self.metric.key,
            version=version_of(self.metric),
            dimension=dimension,
            member=member,
            day__in=stored.settled(days),
        )
        return {
            row.day: answers.of_row(row, question, self.population, self.clock)
            for row in rows
            if row.day != self.clock.today
            for question in [framing.question_of(self.metric, row.day, self.clock)]
        }


@dataclass(frozen=True)
class Check:
    """Another way to a figure: the product of these; whether it is the same."""

    factors: list[Answer]
    product: Decimal
    holds: bool

    @classmethod
    def of(cls, answer: Answer, factors: list[Answer]) -> "Check | None":
        """None: there is none, or something in it has no value."""
        values = [factor.value for factor in factors if factor.value is not None]
        if answer.value is None or not factors or len(values) < len(factors):
            return None
        product = prod(values, start=Decimal(1))
        return cls(factors, product, abs(product - answer.value) < ROUNDING)


@dataclass(frozen=True)
class Share:
    """What an account gives to an answer; no account: facts that belong to none."""

    account: Account | None
    numerator: Decimal | None
    denominator: Decimal | None


@dataclass(frozen=True)
class Behind:
    """A page of the accounts that `metric` counts, how many there are, and what they add up to.

    One of them may be what has no account.
    """

    metric: Metric
    shares: list[Share]
    count: int
    total: Share
    has_unattributed: bool = False

    @property
    def accounts(self) -> int:
        return self.count - self.has_unattributed


@dataclass(frozen=True)
class Listed:
    """The facts that a measure counted in a window, or alike on several days: (words, when, what it counted for).

    `days` are the last one of the window, or those that were read, newest first. `total` is what all of the facts add
    up to, also those that are not listed; None where one has no exchange rate, and where the greatest is taken instead.
    `rates` is the day of the exchange rates, where currencies were converted.
    """

    first: date
    days: list[date]
    rates: date | None
    count: int
    facts: list[tuple[list[str], date, Decimal | None]]
    total: Decimal | None

    @property
    def last(self) -> date:
        return self.days[0]

    @property
    def looks(self) -> tuple[object, ...]:
        """What days that count alike have in common; none do that have more facts than are listed."""
        own = () if self.first == self.last and self.count <= FACTS else (self.first, self.last)
        return self.count, self.total, self.facts, self.rates, *own

    @classmethod
    def of(cls, facts: rows.Facts, currency: str) -> "Listed":
        measure, reading = facts.measure, facts.reading
        found = list(with_people(facts.rows)[: FACTS + 1])
        sums = [row.counted for row in found]
        count, known, total = len(sums), len(sums) - sums.count(None), sum(filter(None, sums), Decimal(0))
        if count > FACTS:
            whole = facts.rows.aggregate(count=Count("pk"), known=Count("counted"), total=Sum("counted"))
            count, known, total = whole["count"], whole["known"], whole["total"]
        is_converted = measure.sums_convert and any(row.currency != currency for row in found)
        return cls(
            facts.first,
            [reading.until],
            reading.rates if is_converted else None,
            count,
            [(words_of(row), getattr(row, measure.source.moment), row.counted) for row in found[:FACTS]],
            total if measure.aggregate == "sum" and known == count else None,
        )

    def with_days(self, others: "list[Listed]") -> "Listed":
        days = list(dict.fromkeys([self.last, *(other.last for other in others)]))
        return replace(self, first=min(self.first, days[-1]), days=days)


@dataclass(frozen=True)
class Counted:
    """What one measure of an account counted, newest first; `nothing`: the windows or days without any fact."""

    name: Promise
    kind: str
    unit: str
    listed: list[Listed]
    nothing: list[tuple[date, date]]

    @property
    def readings(self) -> int:
        return sum(len(listed.days) for listed in self.listed) + len(self.nothing)

    @classmethod
    def of(cls, measure: Measure, found: list[rows.Facts], currency: str) -> "Counted":
        newest = sorted(found, key=lambda facts: (facts.reading.rates, facts.reading.until), reverse=True)
        each = [Listed.of(facts, currency) for facts in newest]
        alike = [list(same) for _looks, same in groupby(each, key=attrgetter("looks"))]
        return cls(
            measure.name,
            str(measure.source.model._meta.verbose_name_plural),
            measure.unit,
            [first.with_days(others) for first, *others in alike if first.count],
            list(dict.fromkeys((listed.first, listed.last) for listed in each if not listed.count)),
        )


def scale_for(found: Sequence[Answer]) -> Scale | None:
    values = [None if answer.value is None else float(answer.value) for answer in found]
    limits = [
        limit for answer in found if answer.interval for limit in (answer.interval.low, answer.interval.high)
    ]
    return scale_of([*values, *limits], found[0].metric.unit) if found else None


def names_of_parts(by: By, parts: Sequence[Part], reader: User) -> dict[Part, tuple[str, ...]]:
    columns = [names_of(name, [part[i] for part in parts], reader) for i, name in enumerate(by)]
    return {part: tuple(names[member] for names, member in zip(columns, part, strict=True)) for part in parts}


def names_of(by: str, members: Sequence[str], reader: User) -> dict[str, str]:
    """The parts of a split as people read them: ids are names, but of a parent that the reader may not see."""
    ids = [int(member) for member in members if member.isdigit()]
    if by == "owner":
        names = {str(user.pk): str(user) for user in User.objects.filter(pk__in=ids)}
    elif by == "team":
        names = {str(team.pk): team.name for team in Team.objects.filter(pk__in=ids)}
    elif by == "parent":
        seen = Account.objects.visible_to(reader).filter(pk__in=ids)
        names = {str(pk): name for pk, name in seen.values_list("pk", "name")}
    elif by == populations.POPULATION:
        saved = Saved.objects.visible_to(reader).filter(pk__in=ids)
        names = {str(one.pk): str(one) for one in saved}
    elif by in LABELS:
        names = {value: str(label) for value, label in LABELS[by]()}
    elif by == "plan":
        names = {plan.code: str(plan) for plan in Plan.objects.filter(code__in=members)}
    elif by == "product":
        names = {product.sku: str(product) for product in Product.objects.filter(sku__in=members)}
    elif by in CODES:
        names = {one.code: str(one) for one in CODES[by].objects.filter(code__in=members)}
    elif definition := AttributeDefinition.objects.named([by]).get(by):
        names = {member: definition.words([member]) for member in members if member}
    else:
        names = {}
    nothing = _("not recorded") if by in IN_OWN_WORDS else _("none")
    return {member: names.get(member, member) or nothing for member in members}


REASONS: dict[str, Promise] = {
    answers.NO_COST: _lazy(
        "No cost of revenue was entered for this window, and the settings name no gross margin."
    ),
    answers.NO_EXPENSES: _lazy("No expenses of this kind were entered for this window."),
    answers.COMPANY_ONLY: _lazy(
        "This is a figure of the whole company; yours are those of the accounts that you may see."
    ),
}


def reason_in_words(answer: Answer) -> str:
    """Why there is no value."""
    if answer.value is not None:
        return ""
    if answer.reason == answers.NO_RATE:
        return _("An exchange rate is missing, and an amount without its rate is never guessed.")
    if answer.reason == answers.NOT_REACHED and answer.metric.durations:
        return stored.not_reached(answer.metric.durations)
    if answer.reason in REASONS:
        return str(REASONS[answer.reason])
    if answer.reason.startswith(answers.WHICH):
        return _("It is of one of them at a time: name one, or split by it.")
    if answer.reason.startswith(answers.NOT_BY):
        return _(
            "This is a figure of the whole company: not all that it counts belongs to an account, so that it has no "
            "value by %(name)s."
        ) % {"name": name_of(answer.reason.removeprefix(answers.NOT_BY))}
    if answer.metric.of:
        return _("It is made of other figures, and one of them has no value or is a zero to divide by.")
    if answer.accounts or answer.numerator:
        return _("There is nothing to divide by: what stands below the line is zero.")
    return _("There is nothing to count it from: nobody and nothing is counted.")


def reasons_in_words(points: Sequence[Answer]) -> list[str]:
    """Why there is no value on some of the days, each reason once, the latest first."""
    reasons = [reason_in_words(point) for point in reversed(points)]
    return [reason for reason in dict.fromkeys(reasons) if reason]


OTHERWISE_NAMED: dict[str, Promise] = {
    "account": Account._meta.verbose_name,  # type: ignore[dict-item]
    "plan": Plan._meta.verbose_name,  # type: ignore[dict-item]
    "population": Saved._meta.verbose_name,  # type: ignore[dict-item]
    "tag": Tag._meta.verbose_name,  # type: ignore[dict-item]
    "cohort": _lazy("start month"),
    "tenure": _lazy("days as a customer"),
}


def name_of(dimension: str) -> str:
    """A group is that of a parent."""
    if is_declared(dimension):
        return str(AttributeDefinition.objects.named([dimension]).get(dimension, dimension))
    if dimension in OTHERWISE_NAMED:
        return str(OTHERWISE_NAMED[dimension])
    if dimension not in (*populations.DIMENSIONS, "group"):
        return dimension
    field = Account._meta.get_field("parent" if dimension == "group" else dimension)
    return str(getattr(field, "verbose_name", dimension))


def undated_in_words(population: Population, by: By = ()) -> list[str]:
    """The filters and splits that are read as they are now, because their past is not kept."""
    undated = [*population.undated, *(name for name in by if name in populations.UNDATED)]
    return [name_of(name) for name in dict.fromkeys(undated)]


def basis_in_words(answer: Answer) -> str:
    if answer.basis != answers.BY_SETTING:
        return ""
    return _(
        "No cost of revenue was entered for this window: the gross margin of the settings stands in for it."
    )


def no_interval_in_words(answer: Answer) -> str:
    if answer.interval is not None or answer.value is None or answer.basis:
        return ""
    if answer.interval_reason == "too_few_accounts":
        return _("Too few accounts for an interval.")
    if answer.interval_reason == answers.TOO_FEW_CASES:
        return _("Too few cases for an interval.")
    if answer.interval_reason == answers.MORE_THAN_ALL:
        return _("There is more above the line than below it: that is no share, and has no interval.")
    if answer.interval_reason == answers.OF_PEOPLE:
        return _(
            "People count once over all accounts: how alike those of one account are is not known of them."
        )
    if answer.interval_reason == answers.NOT_REACHED:
        return _("Too few have reached it for an interval.")
    if answer.metric.of:
        return _("It is made of other figures and has no interval of its own.")
    if answer.metric.denominator and answer.metric.level is not Level.ORGANISATION:
        return _("The highest of several values has no interval.")
    if answer.metric.denominator:
        return _(
            "Totals of the whole company are divided, not a sample of accounts, so that there is no interval."
        )
    return _("A count of everything there is, so that there is no interval.")


METHODS: dict[Estimate, Promise] = {
    Estimate.WILSON: _lazy("Wilson"),
    Estimate.WILSON_CLUSTERED: _lazy("Wilson, by account"),
    Estimate.STUDENT: _lazy("Student's t, by account"),
    Estimate.BOOTSTRAP: _lazy("bootstrap over accounts"),
    Estimate.KAPLAN_MEIER: _lazy("Kaplan–Meier, log-log"),
    Estimate.ORDER_STATISTICS: _lazy("order statistics"),
    Estimate.ADJUSTED_WALD: _lazy("adjusted Wald, by account"),
}


def method_in_words(answer: Answer) -> str:
    return str(METHODS.get(answer.metric.estimate, answer.interval.method if answer.interval else ""))


def is_share_of_counts(answer: Answer) -> bool:
    """So many of so many: both can be said in whole numbers."""
    counted = {Estimate.WILSON, Estimate.WILSON_CLUSTERED}
    return answer.value is not None and answer.denominator is not None and answer.metric.estimate in counted
