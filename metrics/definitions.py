"""What a metric means: one declaration feeds the figure, its interval, its rows, the pages, the API and the docs."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Event
from accounts.texts import search_key
from metrics.terms import Moment, Parameters, Term

if TYPE_CHECKING:
    from metrics.sources import Measure, Source


class Unit(StrEnum):
    COUNT = "count"
    PERCENT = "%"
    MONEY = "money"
    HOURS = "hours"
    MINUTES = "minutes"
    DAYS = "days"
    RATIO = "ratio"
    MONTHS = "months"
    SCORE = "score"
    POINTS = "−100…100"


class Better(StrEnum):
    UP = "up"
    DOWN = "down"
    NONE = "none"


class Level(StrEnum):
    ACCOUNT = "account"
    POPULATION = "population"
    ORGANISATION = "organisation"


class RollUp(StrEnum):
    DISTRIBUTIVE = "distributive"
    ALGEBRAIC = "algebraic"
    HOLISTIC = "holistic"
    DERIVED = "derived"


class Estimate(StrEnum):
    """How the interval is made (metrics.statistics)."""

    NONE = "none"
    WILSON = "wilson"
    WILSON_CLUSTERED = "wilson over clusters"
    STUDENT = "student"
    BOOTSTRAP = "bootstrap"
    KAPLAN_MEIER = "kaplan-meier"
    ORDER_STATISTICS = "order statistics"
    ADJUSTED_WALD = "adjusted wald over clusters"


class Family(StrEnum):
    ONBOARDING = "onboarding"
    REVENUE = "revenue"
    COMMERCE = "commerce"
    ENGAGEMENT = "engagement"
    SUPPORT = "support"
    SATISFACTION = "satisfaction"

    @property
    def label(self) -> Promise:
        return FAMILIES[self]


FAMILIES = {
    Family.ONBOARDING: _("Onboarding"),
    Family.REVENUE: _("Revenue and retention"),
    Family.COMMERCE: _("Commerce"),
    Family.ENGAGEMENT: _("Engagement"),
    Family.SUPPORT: _("Support"),
    Family.SATISFACTION: _("Satisfaction"),
}


@dataclass(frozen=True)
class Parameter:
    """What a question may change about a metric: a number of days, one of `choices` (name, label), or a text.

    A text is the code of one `of` these, or one of those that `listed` finds (what it is asked by, name), where there
    are such; empty, its default, it is any of them. Working days are those of the organisation's week.
    """

    name: str
    label: Promise
    default: int | str
    choices: tuple[tuple[str, Promise], ...] = ()
    least: int = 1
    most: int = 730
    of: type[Model] | None = None
    listed: Callable[[], list[tuple[str, str]]] | None = None
    in_working_days: bool = False

    @property
    def known(self) -> list[tuple[str, str]] | None:
        """What a text may be and what that is called; None: anything."""
        if self.of:
            return [(one.code, str(one)) for one in self.of._default_manager.all()]  # type: ignore[attr-defined]
        return self.listed() if self.listed else None

    @property
    def is_text(self) -> bool:
        return isinstance(self.default, str) and not self.choices

    @property
    def names(self) -> list[str]:
        """Of the choices."""
        return [name for name, _label in self.choices]

    def asked_as(self, taken: Container[str]) -> str:
        """Its name where questions have words of their own, of which one may be the same."""
        return f"metric_{self.name}" if self.name in taken else self.name


EACH, DISTINCT = "each", "distinct"
PERSONS = Parameter(
    "persons",
    _("people at several accounts"),
    default=EACH,
    choices=((EACH, _("once at each account")), (DISTINCT, _("once altogether"))),
)


def counts_people_once(parameters: Parameters) -> bool:
    """Whether somebody at several accounts is asked for once."""
    return (PERSONS.name, DISTINCT) in parameters


@dataclass(frozen=True)
class Durations:
    """How long facts took, or have been waited for: the `time` of each that is watched, and which have `reached` it.

    The value is the time by which `share` of them have, by Kaplan and Meier; what has not is censored. Estimated by
    order statistics it is the median of facts that have all reached it.
    """

    time: "Measure"
    reached: "Measure"
    share: float = 0.5


@dataclass(frozen=True)
class Rival:
    """Another definition that goes by the same name, and who uses it; `key`: ours that counts it, or what it adds."""

    text: Promise
    key: str = ""


@dataclass(frozen=True)
class Metric:
    """`numerator` and `denominator` are numbers per account; any population's value is the quotient of their sums.

    Without a denominator the value is the sum itself. With `durations` it is made of these, anew for every population;
    the sums say how many have reached it, and how many were watched. A derived metric has neither: `combine` makes its
    value from those of the metrics in `of`. `membership` is the end of the window on which filters and splits are read.
    `ripens_for` names the parameter by whose days the window is shifted back. `setting` names the organisation's share
    that stands in where nothing was taken off the denominator. With `needs_expenses` there is no value where
    nothing at all was spent: it was not entered. `of_each` is a parameter without which, and without a split by it,
    there is no value. `carries` are the splits by what accounts are that the facts without an account of an
    organisation's figure know too. `squares` adds up the squares of what the cases count above the line, where that is
    not 0 or 1: with it, each case without an account stands for itself. `minimum_of_account`: of one account it takes
    no more than these. `people` are the sets whose sizes numerator and denominator are of each account, for questions
    that count a person at several accounts once (`PERSONS`).
    """

    key: str
    name: Promise
    family: Family
    unit: Unit
    better: Better
    formula: Promise
    numerator: Term | None = None
    denominator: Term | None = None
    window: str | None = None
    membership: Moment = Moment.END
    estimate: Estimate = Estimate.NONE
    minimum: int = 0
    minimum_counts: str = "accounts"
    minimum_of_account: int = 0
    level: Level = Level.ACCOUNT
    of: tuple[str, ...] = ()
    combine: Callable[..., Decimal | None] | None = None
    durations: Durations | None = None
    parameters: tuple[Parameter, ...] = ()
    ripens_for: str = ""
    setting: str = ""
    needs_expenses: bool = False
    of_each: str = ""
    carries: tuple[str, ...] = ()
    people: tuple[Term, ...] = ()
    squares: Term | None = None
    aliases: tuple[str, ...] = field(default=())
    rivals: tuple[Rival, ...] = ()
    version: int = 1

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def roll_up(self) -> RollUp:
        if self.of:
            return RollUp.DERIVED
        if self.durations:
            return RollUp.HOLISTIC
        return RollUp.ALGEBRAIC if self.denominator else RollUp.DISTRIBUTIVE

    def combined(self, values: Sequence[Any]) -> Any:
        """Of its parts, all known; None where that is no number: nothing to divide by."""
        try:
            value = self.combine(*values) if self.combine else None
        except ArithmeticError:
            return None
        return value if value is not None and isfinite(value) else None

    @property
    def numerator_unit(self) -> str:
        return self.numerator.unit if self.numerator else self.unit

    @property
    def denominator_unit(self) -> str:
        return self.denominator.unit if self.denominator else self.unit

    @property
    def unattributed_unit(self) -> str:
        """Of what has no account: of what stands below the line, where that can be without one."""
        below = self.denominator.measures() if self.denominator else ()
        is_below = any(measure.source.may_lack_account for measure in below)
        return self.denominator_unit if is_below else self.numerator_unit

    @property
    def sources(self) -> "set[Source]":
        terms = [term for term in (self.numerator, self.denominator) if term is not None]
        return {measure.source for term in terms for measure in term.measures()}

    @property
    def reads(self) -> list[str]:
        """The models whose facts it counts."""
        return sorted({source.model.__name__ for source in self.sources})

    @property
    def reads_events(self) -> bool:
        """What they mean is the organisation's to say (accounts.taxonomy), and may change."""
        return any(Event in source.besides for source in self.sources)

    def is_found_by(self, text: str) -> bool:
        """By key, or by its name or an alias in any language."""
        wanted = search_key(text)
        names = in_every_language(self.name).values()
        return any(
            wanted in search_key(word)
            for word in (self.key, self.key.replace("_", " "), *names, *self.aliases)
        )


def in_every_language(text: Promise) -> dict[str, str]:
    return {code: _in(code, text) for code, _name in settings.LANGUAGES}


def _in(language: str, text: Promise) -> str:
    with translation.override(language):
        return str(text)
