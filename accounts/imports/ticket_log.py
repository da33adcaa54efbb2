"""A help desk's event log as tickets: a row for each thing that was done about a ticket.

A row that says so opens its ticket, else its first event; where that says that something else was done, both are kept.
What lies before the opening is refused, and so is an opening of what is open already: the log is not in order there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from accounts.imports.columns import Refused, moment
from accounts.imports.resource import Resource, refuse_missing
from accounts.imports.staging import Stage
from accounts.imports.taken import Options, Rejection, Taken
from accounts.models import Ticket, TicketEvent

OPENED, WORKED = TicketEvent.Kind.OPENED.value, TicketEvent.Kind.WORKED.value
EVENT_FIELDS = ("ticket", "kind", "happened_at", "by", "public")
# Rows of the same ticket and moment lie close together in a log; further apart they count as the same row.
REMEMBERED = 50_000
FAR_AHEAD = datetime.max.replace(tzinfo=UTC)
IN_THE_LOG = {"opened_at": "happened_at", "id": "ticket"}

Row = tuple[int, Mapping[str, str]]


class TicketLogStage:
    """`tickets` and `events` are the resources into which a row of the log is parted."""

    def __init__(
        self, log: Resource, tickets: Resource, events: Resource, fields: Sequence[str], options: Options
    ) -> None:
        refuse_missing(log, fields)
        self.options = options
        self.ticket_fields = [name for name in fields if name not in EVENT_FIELDS and name != "id"]
        self.tickets = Stage(tickets, ["id", "opened_at", *self.ticket_fields], replace(options, mends=()))
        self.events = Stage(events, ["id", *(name for name in fields if name in EVENT_FIELDS)], options)
        self.events.brought.add(Ticket)
        self.says_the_id = "id" in fields
        self.occurrences: tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]] = ({}, {})

    def create(self) -> None:
        self.tickets.create()
        self.events.create()

    def drop(self) -> None:
        self.tickets.drop()
        self.events.drop()

    def remember(self, rows: Sequence[Row]) -> None:
        self.events.remember(list(self._identified(rows)))

    def take(self, rows: Sequence[Row]) -> Taken:
        rows = list(self._identified(rows))
        opened_at, openings = self._openings(rows)
        fresh = {ticket: row for ticket, row in openings.items() if ticket not in opened_at}
        refused = self._take_tickets(fresh)
        opened_at |= {ticket: at for ticket, (_line, row) in fresh.items() if (at := self._moment(row))}
        opening_lines = {line for line, _row in openings.values()}
        log: list[Row] = []
        besides: list[Row] = []
        opened_twice: list[Rejection] = []
        for line, row in rows:
            if row["ticket"] in refused:
                continue
            if line not in opening_lines and self._opens_again(row, opened_at):
                opened_twice.append(Rejection(line, "kind", row["kind"], _opened_before()))
                continue
            if line in opening_lines and self._kind(row) in (OPENED, WORKED):
                log.append((line, {**row, "kind": OPENED}))
                continue
            log.append((line, row))
            if line in opening_lines:
                besides.append((line, {**row, "kind": OPENED, "id": f"{row['ticket']}@{OPENED}"}))
        if besides:
            self.events.take(besides)
        taken = self.events.take(log)
        apart = opened_twice + self._of_every_line(refused, rows)
        taken.rejections += apart
        named = {line: row["id"] for line, row in rows}
        taken.keys |= {rejection.line: named[rejection.line] for rejection in apart}
        return taken

    def _opens_again(self, row: Mapping[str, str], opened_at: Mapping[str, datetime]) -> bool:
        at = self._moment(row)
        return bool(at and self._kind(row) == OPENED and at > opened_at.get(row["ticket"], FAR_AHEAD))

    def _openings(self, rows: Sequence[Row]) -> tuple[dict[str, datetime], dict[str, Row]]:
        """Since when the tickets that exist are open, and the row that opens (or opened) each ticket of the batch."""
        names = list({row["ticket"] for _line, row in rows})
        here = {"source": self.options.source}
        tickets = Ticket.objects.filter(**here, external_id__in=names)
        known = {str(name): at for name, at in tickets.values_list("external_id", "opened_at")}
        opened = TicketEvent.objects.filter(
            **here, kind=OPENED, ticket__external_id__in=names, ticket__source=here["source"]
        )
        opened_by = dict(opened.values_list("external_id", "ticket__external_id"))
        openings: dict[str, Row] = {}
        earliest: dict[str, tuple[bool, datetime]] = {}
        for line, row in rows:
            ticket = row["ticket"]
            if ticket in known:
                if row["id"] in opened_by:
                    openings[ticket] = line, row
            elif at := self._moment(row):
                place = (self._kind(row) != OPENED, at)
                if place < earliest.get(ticket, (True, FAR_AHEAD)):
                    earliest[ticket] = place
                    openings[ticket] = line, row
        return known, openings

    def _take_tickets(self, openings: Mapping[str, Row]) -> dict[str, list[Rejection]]:
        """Makes the tickets; what is wrong with those that could not be made."""
        of_ticket = {line: ticket for ticket, (line, _row) in openings.items()}
        rows = [
            (line, {**row, "id": ticket, "opened_at": row["happened_at"]})
            for ticket, (line, row) in openings.items()
        ]
        refused: dict[str, list[Rejection]] = {}
        for rejection in self.tickets.take(sorted(rows, key=lambda row: row[0])).rejections:
            column = IN_THE_LOG.get(rejection.column, rejection.column)
            refused.setdefault(of_ticket[rejection.line], []).append(replace(rejection, column=column))
        return refused

    @staticmethod
    def _of_every_line(refused: Mapping[str, Sequence[Rejection]], rows: Sequence[Row]) -> list[Rejection]:
        return [
            replace(rejection, line=line, value=row.get(rejection.column, ""))
            for line, row in rows
            for rejection in refused.get(row["ticket"], [])
        ]

    def _identified(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Without ids of their own: the ticket, the moment, and a number where a ticket has several at one moment."""
        for line, row in rows:
            if self.says_the_id:
                yield line, row
                continue
            place = (row["ticket"], row["happened_at"])
            number = self._occurrence(place)
            identity = f"{place[0]}@{place[1]}" if number == 1 else f"{place[0]}@{place[1]}#{number}"
            yield line, {**row, "id": identity}

    def _occurrence(self, place: tuple[str, str]) -> int:
        recent, older = self.occurrences
        number = recent[place] = recent.get(place, older.get(place, 0)) + 1
        if len(recent) >= REMEMBERED:
            self.occurrences = ({}, recent)
        return number

    def _moment(self, row: Mapping[str, str]) -> datetime | None:
        try:
            return moment(row["happened_at"], self.options.conventions)
        except Refused:
            return None

    def _kind(self, row: Mapping[str, str]) -> object:
        return self.events.resource.columns["kind"].parse(row.get("kind", ""), self.options.conventions)


def _opened_before() -> str:
    return _(
        "The log has something else of this ticket before its opening. Sort the file by time; what is opened again"
        " is reopened."
    )
