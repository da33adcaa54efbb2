"""From sums to an answer: the value, how sure it is, and what it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from statistics import median

from accounts.models import AttributeDefinition
from metrics import catalogue
from metrics.definitions import Estimate, Level, Metric, Unit, counts_people_once
from metrics.durations import with_durations
from metrics.evaluate import PopulationSums, Question
from metrics.framing import NO_PARAMETERS, question_before, question_of
from metrics.models import PopulationValue
from metrics.populations import POPULATION, TAG, UNDATED, By, Part, Population, is_of_account, kept_later
from metrics.sources import Clock
from metrics.squares import evaluate_with_squares
from metrics.statistics import (
    LEVEL,
    ORDER_STATISTICS,
    Interval,
    Quantile,
    Sums,
    bootstrap_ratio,
    kaplan_meier,
    median_interval,
    nps_clustered,
    student_ratio,
    wilson,
    wilson_clustered,
)
from metrics.terms import Parameters
from metrics.windows import Window

NO_DENOMINATOR, NO_RATE, NOT_REACHED = "no_denominator", "no_rate", "not_reached"
NO_COST, NO_EXPENSES = "no_cost_of_revenue", "no_expenses"
# What an organisation's figure says to a filter, whose name follows, and to who may see some accounts only.
NOT_BY, COMPANY_ONLY = "not_by_", "company_only"
# Of a figure of one thing at a time, whose parameter follows.
WHICH = "which_"
TOO_FEW_CASES = "too_few_cases"
# A share by its name, of which there is more above the line than below it.
MORE_THAN_ALL = "more_than_all"
# People at several accounts, of whom it is not known how alike those of one are.
OF_PEOPLE = "people_once"
BY_SETTING = "setting"
MOST_COMPARED = 50


@dataclass(frozen=True)
class Answer:
    """What the API, the pages and the stored values say of one metric, population and day.

    `value` and the interval are shares where the unit is %: 0.26 is 26 %. Money is in `currency`, and
    durations are in the metric's unit. `basis` is "setting" where the organisation's settings stood in for facts that
    nobody entered.
    """

    metric: Metric
    window: Window
    as_of: date
    membership_day: date
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    n: int = 0
    accounts: int = 0
    interval: Interval | None = None
    interval_reason: str = ""
    currency: str = ""
    low_sample: bool = False
    unattributed: Decimal = Decimal(0)
    reason: str = ""
    basis: str = ""
    split: Part = ()
    population: Population = field(default_factory=Population)
    parameters: Parameters = ()
    known_by: date | None = None

    @property
    def key(self) -> str:
        return self.metric.key


def ask(
    keys: Iterable[str],
    population: Population,
    clock: Clock,
    *,
    as_of: date,
    window: str | None = None,
    by: By = (),
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
    before: bool = False,
) -> dict[str, dict[Part, Answer]]:
    """Answers by key and values of the split. `window` replaces the metrics' own, `parameters` theirs.

    With `before` those of the period before, without the keys that have none. Raises `WindowError` and
    `PopulationError`, whose messages are for whoever asked.
    """
    keys = tuple(keys)
    question = question_before if before else question_of
    asked = {
        part.key: question(part, as_of, clock, window, parameters) for part in catalogue.with_parts(keys)
    }
    questions = {key: question for key, question in asked.items() if question is not None}
    keys = tuple(key for key in keys if all(p.key in questions for p in catalogue.with_parts((key,))))
    evaluated = _evaluated(questions.values(), population, clock, by)
    splits = {key: evaluated[question] for key, question in questions.items()}
    return {key: _answers(catalogue.ALL[key], questions, splits, population, clock, by) for key in keys}


def _evaluated(
    questions: Iterable[Question], population: Population, clock: Clock, by: By
) -> dict[Question, dict[Part, PopulationSums]]:
    sums = evaluate_with_squares(questions, population, clock, by=by)
    return with_durations(sums, population, clock, by=by)


def ask_parts(
    metric: Metric,
    population: Population,
    clock: Clock,
    *,
    as_of: date,
    by: By,
    window: str | None = None,
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
) -> list[tuple[Answer, Answer | None]]:
    """The parts of a split, each beside what all the others are together.

    None where parts cannot be added up, of plain sums, which say nothing of one another, and of more parts than anybody
    compares: each takes the facts of all the others.
    """
    question = question_of(metric, as_of, clock, window, parameters)
    is_refused = refused(metric, population, by) or unnamed(question, by)
    if metric.denominator is None or overlapping(metric, by, question.parameters) or is_refused:
        found = ask([metric.key], population, clock, as_of=as_of, window=window, by=by, parameters=parameters)
        return [(answer, None) for answer in found[metric.key].values()]
    sums = _evaluated([question], population, clock, by)[question]
    parts = []
    for part, of_part in sums.items():
        others = [of_other for other, of_other in sums.items() if other != part]
        together = reduce(add, others) if 0 < len(others) < MOST_COMPARED else None
        against = None if together is None else answer(question, together, population, clock)
        parts.append((answer(question, of_part, population, clock, part), against))
    return parts


def _answers(
    metric: Metric,
    questions: dict[str, Question],
    splits: dict[str, dict[Part, PopulationSums]],
    population: Population,
    clock: Clock,
    by: By,
) -> dict[Part, Answer]:
    counted = questions[catalogue.counted_in(metric).key]
    if reason := refused(metric, population, by) or unnamed(counted, by):
        part = tuple("" for _name in by)
        return {part: replace(_plain(metric, counted, population, clock), split=part, reason=reason)}
    if metric.of:
        return _derived(metric, questions, splits, population, clock, by)
    question = questions[metric.key]
    found = splits.get(metric.key) or ({} if by else {(): NOTHING})
    return {split: answer(question, sums, population, clock, split) for split, sums in found.items()}


NOTHING = PopulationSums(Decimal(0), Decimal(0))
NO_SPLITS: dict[str, dict[Part, PopulationSums]] = {}


def refused(metric: Metric, population: Population, by: By = ()) -> str:
    """Why an organisation's figure has no value for some of the accounts: what was spent belongs to none of them."""
    if metric.level is not Level.ORGANISATION:
        return ""
    names = [] if population.is_everybody else [*population.label]
    names += [name for name in by if name not in {*catalogue.dimensions(metric), *metric.carries}]
    if names:
        return f"{NOT_BY}{names[0]}"
    return "" if population.is_everybody else COMPANY_ONLY


def unnamed(question: Question, by: By = ()) -> str:
    """Why a figure of one thing at a time has no value."""
    name = question.metric.of_each
    return f"{WHICH}{name}" if name and name not in by and not dict(question.parameters)[name] else ""


def answer(
    question: Question, sums: PopulationSums, population: Population, clock: Clock, split: Part = ()
) -> Answer:
    reached = _reached(question.metric, sums)
    if reached:
        limits = _of_limits(question.metric, reached)
        return _said(question, sums, population, clock, split, *limits, reached)
    value, _reason = value_of(question.metric, sums.numerator, sums.denominator)
    interval = _interval(question.metric, question, sums, population, split, value)
    return _said(question, sums, population, clock, split, *interval)


def _said(
    question: Question,
    sums: PopulationSums,
    population: Population,
    clock: Clock,
    split: Part,
    interval: Interval | None,
    interval_reason: str,
    reached: Quantile | None = None,
) -> Answer:
    metric = question.metric
    value, reason, basis = _valued(metric, sums, clock, split, reached)
    n = _sample(metric, sums)
    return Answer(
        metric=metric,
        window=question.window,
        as_of=question.as_of,
        membership_day=question.membership_day,
        parameters=question.parameters,
        value=value,
        numerator=None if reason == NO_RATE else sums.numerator,
        denominator=sums.denominator if metric.denominator and reason != NO_RATE else None,
        n=n,
        accounts=sums.accounts,
        interval=interval,
        interval_reason=interval_reason,
        currency=clock.organisation.currency if metric.unit is Unit.MONEY else "",
        low_sample=value is not None and n < _least_sample(metric, population),
        unattributed=sums.unattributed,
        reason=reason,
        basis=basis,
        split=split,
        population=population,
        known_by=clock.known_by,
    )


def _valued(
    metric: Metric, sums: PopulationSums, clock: Clock, split: Part, reached: Quantile | None
) -> tuple[Decimal | None, str, str]:
    """The value, or why there is none, and what stood in for facts that nobody entered."""
    value, reason = value_of(metric, sums.numerator, sums.denominator, reached.value if reached else None)
    if metric.needs_expenses and value == 0 and not split:
        return None, NO_EXPENSES, ""
    if not metric.setting or reason == NO_RATE or sums.numerator != sums.denominator:
        return value, reason, ""
    share = getattr(clock.organisation, metric.setting)
    return (None, NO_COST, "") if share is None else (share, "", BY_SETTING)


def of_row(row: PopulationValue, question: Question, population: Population, clock: Clock) -> Answer:
    """What was computed and kept, as it would be answered now."""
    metric = question.metric
    kept = PopulationSums(
        _nan_for_none(row.numerator),
        _nan_for_none(row.denominator) if metric.denominator else Decimal(0),
        Sums(accounts=row.accounts),
        row.unattributed,
    )
    limits = Interval(row.low, row.high, LEVEL, row.method)
    reached = Quantile(row.value, limits) if metric.durations and row.denominator else None
    if row.method:
        return _said(question, kept, population, clock, (), limits, "", reached)
    reason = _without_limits(metric) if reached else _why_none(metric, row.value)
    return _said(question, kept, population, clock, (), None, reason, reached)


def _nan_for_none(amount: Decimal | None) -> Decimal:
    return Decimal("NaN") if amount is None else amount


def value_of(
    metric: Metric, numerator: Decimal, denominator: Decimal, reached: float | None = None
) -> tuple[Decimal | None, str]:
    """No denominator, no value; no exchange rate, no value; of a duration none where too few have `reached` it."""
    if Decimal(numerator).is_nan() or Decimal(denominator).is_nan():
        return None, NO_RATE
    if metric.denominator is None:
        return Decimal(numerator), ""
    if not denominator:
        return None, NO_DENOMINATOR
    if metric.durations is None:
        return Decimal(numerator) / Decimal(denominator), ""
    return (None, NOT_REACHED) if reached is None else (Decimal(str(reached)), "")


def _reached(metric: Metric, sums: PopulationSums) -> Quantile | None:
    if metric.estimate is Estimate.ORDER_STATISTICS:
        limits = median_interval(sums.times) or Interval(None, None, LEVEL, ORDER_STATISTICS)
        return Quantile(median(sums.times), limits) if sums.times else None
    survival = kaplan_meier(sums.times, sums.reached) if metric.durations else None
    return survival.quantile(metric.durations.share) if survival and metric.durations else None


def _of_limits(metric: Metric, reached: Quantile) -> tuple[Interval | None, str]:
    """Also where the value is not reached: the lower limit may be."""
    limits = reached.interval
    return (None, _without_limits(metric)) if limits.low is None and limits.high is None else (limits, "")


def _without_limits(metric: Metric) -> str:
    return TOO_FEW_CASES if metric.estimate is Estimate.ORDER_STATISTICS else NOT_REACHED


def _sample(metric: Metric, sums: PopulationSums) -> int:
    """Units where the denominator counts them, of durations those that came to their end, else accounts."""
    if metric.durations:
        return int(sums.numerator)
    counts_units = metric.denominator is not None and metric.minimum_counts == "units"
    is_share_of_accounts = metric.estimate is Estimate.WILSON
    known = not Decimal(sums.denominator).is_nan()
    return int(sums.denominator) if known and (counts_units or is_share_of_accounts) else sums.accounts


def _least_sample(metric: Metric, population: Population) -> int:
    return metric.minimum if population.account is None else metric.minimum_of_account or metric.minimum


def _interval(
    metric: Metric,
    question: Question,
    sums: PopulationSums,
    population: Population,
    split: Part,
    value: Decimal | None,
) -> tuple[Interval | None, str]:
    if metric.estimate is Estimate.NONE or value is None:
        return None, _why_none(metric, value)
    if question.is_of_people:
        return None, OF_PEOPLE
    interval = _estimate(metric, question, sums, population, split)
    return interval, "" if interval else _why_none(metric, value)


def _why_none(metric: Metric, value: Decimal | float | None) -> str:
    """Why there is no interval."""
    if metric.estimate is Estimate.NONE:
        return "not_defined"
    if value is None:
        return "no_value"
    return MORE_THAN_ALL if value > 1 and metric.estimate is Estimate.WILSON else "too_few_accounts"


def _estimate(
    metric: Metric, question: Question, sums: PopulationSums, population: Population, split: Part
) -> Interval | None:
    match metric.estimate:
        case Estimate.WILSON if sums.numerator > sums.denominator:
            return None
        case Estimate.WILSON:
            return wilson(float(sums.numerator), float(sums.denominator))
        case Estimate.WILSON_CLUSTERED:
            return wilson_clustered(sums.of_units())
        case Estimate.ADJUSTED_WALD if sums.squares:
            return nps_clustered(sums.of_units(), float(sums.squares[0]))
        case Estimate.STUDENT:
            return student_ratio(sums.of_accounts() if sums.squares is None else sums.of_units())
        case Estimate.BOOTSTRAP if sums.accounts < metric.minimum:
            return None
        case Estimate.BOOTSTRAP if sums.drawn:
            # The same for a part of a split as for the population of its filter.
            whose = " ".join(sorted((*population.label.values(), *split)))
            seed = f"{metric.key} {whose} {question.window.end}"
            return bootstrap_ratio(*sums.drawn, seed=seed)
    return student_ratio(sums.of_accounts())


def _derived(
    metric: Metric,
    questions: dict[str, Question],
    splits: dict[str, dict[Part, PopulationSums]],
    population: Population,
    clock: Clock,
    by: By,
) -> dict[Part, Answer]:
    """Of a split, the parts that the first one has: in another nothing may have happened there."""
    metrics = [catalogue.ALL[key] for key in metric.of]
    found = [_answers(part, questions, splits, population, clock, by) for part in metrics]
    absent = [
        next(iter(answers.values()))
        if refused(part, population, by)
        else _answers(part, questions, NO_SPLITS, population, clock, ())[()]
        for part, answers in zip(metrics, found, strict=True)
    ]
    counted = questions[catalogue.counted_in(metric).key]
    return {
        split: _combined(
            replace(_plain(metric, counted, population, clock), split=split),
            [answers.get(split, none) for answers, none in zip(found, absent, strict=True)],
            clock,
        )
        for split in found[0]
    }


def _combined(plain: Answer, parts: list[Answer], clock: Clock) -> Answer:
    """A part without a value leaves the whole without."""
    metric = plain.metric
    missing = next((part.reason for part in parts if part.value is None), "")
    value = None if missing else metric.combined([part.value for part in parts])
    n = min(part.n for part in parts)
    return replace(
        plain,
        value=value,
        n=n,
        currency=clock.organisation.currency if metric.unit is Unit.MONEY else "",
        low_sample=value is not None and (n < metric.minimum or any(part.low_sample for part in parts)),
        unattributed=parts[0].unattributed,
        reason=missing or (NO_DENOMINATOR if value is None else ""),
        basis=next((part.basis for part in parts if part.basis), ""),
    )


def _plain(metric: Metric, counted: Question, population: Population, clock: Clock) -> Answer:
    """When and of whom, and no value yet; a derived metric without a window is of the day, whatever its parts are."""
    as_of = counted.as_of
    is_own = metric == counted.metric or metric.window is not None
    return Answer(
        metric=metric,
        window=counted.window if is_own else Window(as_of, as_of),
        as_of=as_of,
        membership_day=counted.membership_day if is_own else as_of,
        value=None,
        interval_reason="not_defined",
        population=population,
        known_by=clock.known_by,
    )


def undated(population: Population, by: By, day: date, clock: Clock) -> bool:
    """A filter or split was read as it is now, or as it was first found, because its past is not kept."""
    is_now = bool(population.undated) or any(name in UNDATED for name in by)
    return is_now or bool(kept_later(population, by, day, clock.organisation))


def overlapping(metric: Metric, by: By, parameters: Parameters = ()) -> bool:
    """The parts of the split are more than the whole: something may be in several of them, each counting it.

    What an account has or not, as against how much, counts in every part in which it has it; so does somebody who is
    asked for once.
    """
    if by and counts_people_once(parameters):
        return True
    declared = AttributeDefinition.objects.named(by).values()
    if {TAG, POPULATION} & set(by) or any(definition.has_several for definition in declared):
        return True
    of_facts = [name for name in by if not is_of_account(name)]
    counted = catalogue.with_parts((metric.key,))
    terms = [term for part in counted for term in (part.numerator, part.denominator) if term is not None]
    is_of_many = any(
        measure.source.dimensions[name].is_of_many
        for name in of_facts
        for term in terms
        for measure in term.measures()
    )
    return is_of_many or (bool(of_facts) and not all(term.adds_up for term in terms))


def series(
    key: str,
    population: Population,
    clock: Clock,
    days: Iterable[date],
    window: str | None = None,
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
) -> list[Answer]:
    """The metric on each of the days, in one statement for each membership day; the dearest way to ask."""
    answers = [
        ask([key], population, clock, as_of=day, window=window, parameters=parameters)[key] for day in days
    ]
    return [answer[()] for answer in answers if () in answer]
