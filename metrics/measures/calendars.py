"""Working hours: of which calendar, and how many lie between two instants."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, DateTimeField, DecimalField, Func, Min, Q, Value, When
from django.db.models.expressions import Combinable

from accounts.models import Ticket, WorkingCalendar
from accounts.working_hours import Shifts, shifts_of
from metrics.sources import Clock

NUMBER = DecimalField(max_digits=40, decimal_places=12)


class Hours(Func):
    """Between two instants, the later one first."""

    template = "extract(epoch FROM %(expressions)s) / 3600"
    arg_joiner = " - "
    output_field = NUMBER


class WorkedBefore(Func):
    """Seconds of work before an instant, by the shift that began last; none before the first one."""

    template = """
(SELECT CASE WHEN i = 0 THEN 0
             ELSE worked[i] + least(extract(epoch FROM instant - begin[i]), worked[i + 1] - worked[i]) END
 FROM (SELECT *, width_bucket(instant, begin) AS i FROM (SELECT %(expressions)s OFFSET 0) given OFFSET 0) placed)"""
    output_field = NUMBER

    def __init__(self, instant: Combinable, shifts: Shifts) -> None:
        begin = Value([*shifts.begin], ArrayField(DateTimeField()))
        worked = Value([*shifts.worked_before], ArrayField(BigIntegerField()))
        super().__init__(_named("instant", instant), _named("begin", begin), _named("worked", worked))

    def get_group_by_cols(self) -> list[Any]:
        """Those of the instant; the names are none outside."""
        instant = self.get_source_expressions()[0]
        return instant.get_source_expressions()[0].get_group_by_cols()


def _named(name: str, expression: Combinable) -> Func:
    return Func(expression, template=f"%(expressions)s AS {name}", output_field=NUMBER)


def working_hours(clock: Clock, since: Combinable, until: Combinable, ticket: str = "") -> Case:
    """Hours of work between two instants, by the calendar of the ticket that `ticket` leads to.

    Its own, else that of the account's team, of its country, the one that names neither, as they are now; else the
    organisation's week.
    """
    calendars = [*WorkingCalendar.objects.order_by("name")]
    first = Ticket.objects.aggregate(first=Min("opened_at"))["first"] or clock.now
    # A day more at either end has room for any time zone.
    days = first.date() - timedelta(days=1), clock.now.date() + timedelta(days=1)

    def by(calendar: WorkingCalendar | None) -> Combinable:
        shifts = shifts_of(calendar, clock.organisation, *days)
        return (WorkedBefore(until, shifts) - WorkedBefore(since, shifts)) / Value(Decimal(3600))

    own = [When(Q(**{f"{ticket}calendar": calendar.pk}), then=by(calendar)) for calendar in calendars]
    nearest = sorted(calendars, key=lambda calendar: (calendar.team_id is None, not calendar.country))
    of_account = [When(_is_for(calendar, ticket), then=by(calendar)) for calendar in nearest]
    return Case(*own, *of_account, default=by(None), output_field=NUMBER)


def _is_for(calendar: WorkingCalendar, ticket: str) -> Q:
    """What it names is what the account, after a merge the surviving one, has."""
    named = {"team": calendar.team_id, "country": calendar.country}
    wanted = {name: value for name, value in named.items() if value}
    if not wanted:
        return Q(pk__isnull=False)
    here, survivor = f"{ticket}account__", f"{ticket}account__merged_into__"
    of_itself = Q(
        **{f"{ticket}account__merged_into": None}, **{here + name: value for name, value in wanted.items()}
    )
    return of_itself | Q(**{survivor + name: value for name, value in wanted.items()})
