"""What a metric means, in words: for its page and for docs/metrics.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Min, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Delivery, Event, Identity, Lead, OrderLine, Organisation
from metrics import catalogue
from metrics.definitions import FAMILIES, Estimate, Level, Metric, Parameter, RollUp, in_every_language
from metrics.models import Definition
from metrics.sources import Source
from metrics.terms import END, START
from metrics.versions import version_of
from surveys.models import Answer, Response

# Finding the first day of a large table takes a while, and it hardly ever changes.
REMEMBERED_SECONDS = 600

LEVELS: dict[Level, Promise] = {
    Level.ACCOUNT: _("One account, and any part of the customers."),
    Level.POPULATION: _("Any part of the customers; of one account it says little."),
    Level.ORGANISATION: _("The whole company."),
}
ROLL_UPS: dict[RollUp, Promise] = {
    RollUp.DISTRIBUTIVE: _("A sum over accounts."),
    RollUp.ALGEBRAIC: _("Sums above and below the line are added, then divided."),
    RollUp.HOLISTIC: _("Computed anew for every population."),
    RollUp.DERIVED: _("Made of other metrics:"),
}
INTERVALS: dict[str, Promise] = {
    Estimate.NONE: _("None."),
    Estimate.WILSON: _("Wilson's score interval of a share."),
    Estimate.WILSON_CLUSTERED: _(
        "Wilson's score interval, wider where the cases of one account resemble each other."
    ),
    Estimate.STUDENT: _("Student's t over accounts, for the quotient of two sums."),
    Estimate.BOOTSTRAP: _(
        "Bootstrap over accounts with 2,000 draws, the same ones for the same question; above 1,000 accounts "
        "Student's t."
    ),
    Estimate.ADJUSTED_WALD: _(
        "Adjusted Wald, with three more answers (¾ promoter, 1½ passives, ¾ detractor), wider where the answers of one "
        "account resemble each other."
    ),
    Estimate.ORDER_STATISTICS: _("Of a median, by the binomial ranks of the values around it."),
    "kaplan-meier": _(
        "Of the Kaplan–Meier curve, by its log-log limits; what still lasts is watched up to the day. A limit that is "
        "not reached is open."
    ),
}
MEMBERSHIP: dict[Any, Promise] = {
    START: _("As they were at the end of the day before the window."),
    END: _("As they were on the day that is asked for."),
}
COUNTED: dict[str, Promise] = {
    "accounts": _("n counts accounts."),
    "units": _("n counts cases, such as orders or tickets."),
    "events": _("n counts what has come to its end."),
}
# Below the least sample the value is marked; of these there is no interval either.
WITHOUT_INTERVAL_BELOW = (Estimate.BOOTSTRAP,)


@dataclass(frozen=True)
class Reference:
    """`facts` are (what they are called, the first day of which there are any)."""

    metric: Metric
    facts: list[tuple[str, date | None]]
    in_force_since: datetime | None

    @classmethod
    def of(cls, metric: Metric, organisation: Organisation) -> "Reference":
        in_force = Definition.objects.filter(key=metric.key, version=version_of(metric))
        since = in_force.values_list("since", flat=True)
        return cls(metric, facts_read(metric, organisation), since.first())

    @property
    def level(self) -> Promise:
        return LEVELS[self.metric.level]

    @property
    def roll_up(self) -> Promise:
        return ROLL_UPS[self.metric.roll_up]

    @property
    def parts(self) -> list[Metric]:
        return [catalogue.ALL[key] for key in self.metric.of]

    @property
    def interval(self) -> Promise:
        return INTERVALS[self.metric.estimate]

    @property
    def has_no_interval_below(self) -> bool:
        return self.metric.estimate in WITHOUT_INTERVAL_BELOW

    @property
    def counted(self) -> Promise:
        return COUNTED[self.metric.minimum_counts]

    @property
    def membership(self) -> Promise:
        return MEMBERSHIP[self.metric.membership]

    @property
    def ripens_for(self) -> Parameter | None:
        """By whose days the window is shifted back."""
        return next((p for p in self.metric.parameters if p.name == self.metric.ripens_for), None)

    @property
    def rivals(self) -> list[tuple[Promise, Metric | None]]:
        return [(rival.text, catalogue.ALL.get(rival.key)) for rival in self.metric.rivals]


def facts_read(metric: Metric, organisation: Organisation) -> list[tuple[str, date | None]]:
    """The kinds of facts that are counted, as the admin names them; a derived metric counts what its parts do."""
    days: dict[type[Model], list[date]] = {}
    for source in _sources(metric):
        found = first_day(source, organisation)
        days.setdefault(source.model, []).extend([found] if found else [])
    named = {str(model._meta.verbose_name_plural): min(of, default=None) for model, of in days.items()}
    return sorted(named.items())


def known_since(metric: Metric, organisation: Organisation) -> date | None:
    """The day of the first fact that the metric counts; None: there are none.

    Where it reads events, of what they say: before they came in, nobody is known to have done nothing.
    """
    sources = _sources(metric)
    of_events = [source for source in sources if Event in source.besides]
    days = [first_day(source, organisation) for source in of_events or sources]
    return min(filter(None, days), default=None)


def _sources(metric: Metric) -> set[Source]:
    return {source for part in catalogue.with_parts((metric.key,)) for source in part.sources}


def first_day(source: Source, organisation: Organisation) -> date | None:
    path = moment_of(source)

    def find() -> date | None:
        first = source.model._default_manager.aggregate(first=Min(path))["first"]
        return organisation.today(first) if isinstance(first, datetime) else first

    return cache.get_or_set(f"metrics.first.{source.model.__name__}.{path}", find, REMEMBERED_SECONDS)


def moment_of(source: Source) -> str:
    """Where the fact itself says when it happened; some sources bring the moment from elsewhere."""
    try:
        source.model._meta.get_field(source.moment)
    except FieldDoesNotExist:
        return ELSEWHERE[source.model]
    return source.moment


ELSEWHERE: dict[type[Model], str] = {
    OrderLine: "order__ordered_at",
    Lead: "first_interest",
    Identity: "recorded_at",
    Delivery: "sent_at",
    Answer: "response__responded_at",
    Response: "completed_at",
}


# docs/metrics.md


def as_markdown() -> str:
    families = [_family(label, metrics) for label, metrics in by_family()]
    return "\n".join([*INTRODUCTION.splitlines(), *(line for family in families for line in family)])


def by_family() -> Iterator[tuple[str, list[Metric]]]:
    for family, label in FAMILIES.items():
        if metrics := [metric for metric in catalogue.ALL.values() if metric.family == family]:
            yield str(label), metrics


def _family(label: str, metrics: list[Metric]) -> Iterator[str]:
    yield from ("", f"## {label}")
    for metric in metrics:
        yield from _described(metric)


def _described(metric: Metric) -> Iterator[str]:
    names = in_every_language(metric.name)
    yield from ("", f"### {names['en']} · {names['ar']}", "", f"`{metric.key}`: {metric.formula}", "")
    yield f"* {metric.unit}; better: {metric.better}; {_window(metric)}; version {metric.version}"
    yield f"* {LEVELS[metric.level]} {_rolled_up(metric)}"
    yield f"* Interval: {_interval(metric)}"
    if metric.parameters:
        yield f"* Parameters: {', '.join(map(_parameter, metric.parameters))}"
    yield f"* Reads: {_reads(metric)}"
    yield from (f"* Rival: {rival.text}{_see(rival.key)}" for rival in metric.rivals)
    if metric.aliases:
        yield f"* Also found as: {', '.join(metric.aliases)}"


def _window(metric: Metric) -> str:
    if metric.of or not metric.window:
        return "on a day"
    shift = f", shifted back by `{metric.ripens_for}`" if metric.ripens_for else ""
    day = "before the window" if metric.membership is START else "asked for"
    return f"window `{metric.window}`{shift}; filters as of the day {day}"


def _rolled_up(metric: Metric) -> str:
    return " ".join([str(ROLL_UPS[metric.roll_up]), *(f"`{key}`" for key in metric.of)])


def _interval(metric: Metric) -> str:
    words = str(INTERVALS[metric.estimate])
    if not metric.minimum:
        return words
    without = ", and has no interval" if metric.estimate in WITHOUT_INTERVAL_BELOW else ""
    least = metric.minimum_of_account
    of_account = f" (of one account {least})" if least else ""
    sample = f"{metric.minimum} {metric.minimum_counts}{of_account}"
    return f"{words} Below {sample} the value is marked “low sample”{without}."


def _parameter(parameter: Parameter) -> str:
    if parameter.is_text:
        return f"`{parameter.name}` ({parameter.label}; any unless said otherwise)"
    others = [name for name in parameter.names if name != parameter.default]
    wanted = f"or {', '.join(others)}" if others else f"{parameter.least} to {parameter.most}"
    return f"`{parameter.name}` ({parameter.label}; {parameter.default}, {wanted})"


def _reads(metric: Metric) -> str:
    models = {source.model for source in _sources(metric)}
    return ", ".join(
        str(model._meta.verbose_name_plural) for model in sorted(models, key=lambda model: model.__name__)
    )


def _see(key: str) -> str:
    return f" See `{key}`." if key in catalogue.ALL else ""


INTRODUCTION = """\
# Metrics

Every metric that cxhub counts, as its declaration in `metrics/catalogue/` has it; `manage.py describe_metrics` writes
this page. The page of each metric says the same, and since when there are such facts. The [API](api.md) answers under
the same keys.

## Conventions

* **As of.** A figure is computed from facts, for a part of the customers, over a window that ends with a day. A fact
  counts when it happened before the end of that day in the organisation's time zone; today ends at the moment of
  evaluation. Any past day can be asked for, and facts that come in late change it.
* **Membership.** A question is about one fixed set of accounts. Filters and splits are read on one day: that before
  the window where a closed set is followed through it, and else the day that is asked for. So the parts of a split
  add up, and moving between segments is no churn. Stage, segment, tier, region, owner, team and parent are read as
  they were on that day, as are declared attributes; industry, country, tags and the channel and campaign of acquisition
  as they are now, and the answer says so; plan and start month are what the facts of the day say. Who has several tags,
  or several choices of an attribute, is in a part for each: these parts overlap. An account younger than the day takes
  its first values.
* **People** are contacts, each once at its account; facts of nobody known are nobody's. With `persons=distinct`
  contacts of different accounts are one person where they have the same address, or at one time the same user id that
  a server vouched for, and so are those who are the same as the same; in each part of a split everybody counts once.
* **Windows.** `30d` are the last 30 days with the day itself; `12m` begins after the same day number twelve months
  before; `month`, `quarter` and `year` (the fiscal one) run from their first day on; `all` from the first fact; of
  `2026-01-01..2026-03-31` both days are inside. Where something needs time to happen (returns, renewals,
  conversions), the window lies so many days back at full length. Every metric with a window takes another one.
* **Left out** are test and internal accounts. The facts of an account that was merged into another one count as those
  of the survivor. What has no account counts among everybody's and in no part.
* **Customers** are decided by the first that the account has facts for: paid subscriptions, orders, its stage. Trials
  and free plans make none.
* **Money** keeps its currency and is exact. Flows are converted at the rate of their day, levels at that of the day
  asked for; a comparison of two days takes the rates of the first for both, so that a falling currency is no
  contraction. Without a rate there is no value: an amount is never guessed. Rounded per account to the currency's
  minor unit, then added up; of what an account's facts are split by, each part takes what rounding left of those
  before it, so that the parts make the whole.
* **Data complete to.** Every answer says up to which moment the facts that it reads have come in: the earliest of
  their sources. A source is complete up to the last moment at which anything came from it, of whatever kind; where one
  kind of its facts has been silent for half as long again as is usual (the second longest of its latest silences), up
  to the last of that kind. What people enter, sources that never came regularly and those from which nothing is
  expected any more hold nothing back, and neither do exchange rates. It is about what is known now, whatever day is
  asked for: a window that ends before it lacks nothing that is usually there.
* **Adding up.** Accounts keep sums. The value of any part of the customers is made from the sums of the sums, never
  as a mean of quotients. Nothing to divide by: no value, and the reason; never a zero.
* **Intervals** are at 95 % and describe the process that made the numbers, also where everybody was counted. Cases of
  one account resemble each other, and intervals over cases are widened accordingly.
* **Small samples.** Below the sample that is named with each metric the value is given, and marked “low sample”.
* **Rivals** are other definitions that go by the same name. What is named behind one counts it, or what it adds.
"""
