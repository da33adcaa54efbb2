"""How a question is put: over which window, by which day, with which parameters; and whether it can be asked."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

from django.db import connection
from django.utils.translation import gettext as _

from metrics import catalogue, windows
from metrics.definitions import Metric
from metrics.evaluate import Question
from metrics.sources import Clock
from metrics.terms import EachMonth
from metrics.windows import Window

NO_PARAMETERS: Mapping[str, int | str] = MappingProxyType({})


class QuestionError(ValueError):
    """A part of a question, `field`, that cannot be; the message is for whoever asked."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def question_of(
    metric: Metric,
    as_of: date,
    clock: Clock,
    window: str | None = None,
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
) -> Question:
    """The metric as of a day."""
    return _ripened(metric, window_of(metric, as_of, clock, window), parameters, clock)


def question_before(
    metric: Metric,
    as_of: date,
    clock: Clock,
    window: str | None = None,
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
) -> Question | None:
    """Of the adjacent window of the same length; of what has no window, a month ago. None: there is none before."""
    asked = window_of(metric, as_of, clock, window)
    try:
        earlier = asked.before() if metric.window else _month_ago(asked.end)
        return _ripened(metric, earlier, parameters, clock) if earlier else None
    except windows.WindowError:
        return None


def _month_ago(day: date) -> Window:
    then = windows.add_months(day, -1)
    return Window(then, then)


def _ripened(metric: Metric, asked: Window, parameters: Mapping[str, int | str], clock: Clock) -> Question:
    """Of what ripens the window lies back, so that everything in it had its chance."""
    values = {
        parameter.name: parameters.get(parameter.name, parameter.default) for parameter in metric.parameters
    }
    ripens = next((parameter for parameter in metric.parameters if parameter.name == metric.ripens_for), None)
    if ripens is None:
        return Question(metric, asked, asked.end, tuple(values.items()))
    days = int(values[ripens.name])
    if ripens.in_working_days:
        days = windows.longest(days, clock.organisation.weekend)
    return Question(metric, asked.shifted(days), asked.end, tuple(values.items()))


def window_of(metric: Metric, as_of: date, clock: Clock, text: str | None = None) -> Window:
    """Not shifted."""
    asked = (text if metric.window else None) or metric.window
    if asked is None:
        return Window(as_of, as_of)
    first = first_fact(clock) if asked == "all" else None
    window = windows.parse(
        asked, as_of, fiscal_year_start=clock.organisation.fiscal_year_start, first_fact=first
    )
    if isinstance(metric.numerator, EachMonth) and window.days > windows.MAX_DAYS:
        # Every month is columns of its own, and PostgreSQL has room for 1,664.
        raise windows.WindowError(
            _("This is added up month by month, over at most %(days)s days. Choose a shorter window.")
            % {"days": windows.MAX_DAYS}
        )
    return window


def check(
    metric: Metric,
    as_of: date | None,
    clock: Clock,
    text: str | None,
    parameters: Mapping[str, int | str] = NO_PARAMETERS,
) -> None:
    """What pages and programs ask: of days that were, and of a window that the metric has. Raises `QuestionError`."""
    if text and metric.window is None:
        raise QuestionError("window", _("This metric is of a day and has no window. Leave it out."))
    check_texts(metric, parameters)
    for name, day in (("as_of", as_of), ("known_by", clock.known_by)):
        if day and day > clock.today:
            raise QuestionError(name, _("This day has not come yet."))
    try:
        question = question_of(metric, as_of or clock.today, clock, text, parameters)
        for part in catalogue.with_parts(metric.of):
            question_of(part, question.as_of, clock, text)
    except windows.WindowError as error:
        raise QuestionError("window" if text else "as_of", str(error)) from error
    if question.as_of > clock.today:
        raise QuestionError("window", _("The window ends on a day that has not come yet."))
    if as_of and question.as_of != as_of:
        raise QuestionError("as_of", _("A window of two days has its own end. Leave as_of out."))


def check_texts(metric: Metric, parameters: Mapping[str, int | str]) -> None:
    """Whether there is what parameters name by its code. Raises `QuestionError`."""
    for parameter in metric.parameters:
        code = parameters.get(parameter.name)
        known = parameter.known if code else None
        if known is not None and code not in dict(known):
            of = parameter.of._meta.verbose_name_plural if parameter.of else parameter.label
            raise QuestionError(
                parameter.name,
                _("There is no “%(code)s” among these: %(of)s. Give the code of one that there is.")
                % {"code": code, "of": of},
            )


def first_fact(clock: Clock) -> date | None:
    """The day of the first fact that any source could count."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_FACT)
        ((day, moment),) = cursor.fetchall()
    days = [day, moment and clock.organisation.today(moment)]
    return min((day for day in days if day), default=None)


FIRST_FACT = """
SELECT least((SELECT min(starts) FROM accounts_subscription), (SELECT min(from_day) FROM accounts_accountchange),
             (SELECT min(day) FROM accounts_payment), (SELECT min(ends) FROM accounts_term),
             (SELECT min(first_interest) FROM accounts_lead), (SELECT min(month) FROM accounts_expense),
             (SELECT min(churn_day) FROM accounts_departure),
             (SELECT min(day) FROM accounts_activityday), (SELECT min(day) FROM accounts_session),
             (SELECT min(day) FROM accounts_campaignday)),
       least((SELECT min(ordered_at) FROM accounts_order), (SELECT min(opened_at) FROM accounts_ticket),
             (SELECT min(delivered_at) FROM accounts_delivery), (SELECT min(given_at) FROM accounts_consent),
             (SELECT min(responded_at) FROM surveys_response), (SELECT min(invited_at) FROM surveys_invitation))
"""


def month_ends(until: date, months: int) -> list[date]:
    """The ends of the months before, as far as the calendar goes back, and the day itself."""
    ends = [until]
    while len(ends) < months + 1 and ends[-1].replace(day=1) > windows.EARLIEST:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]
