"""What would become of the rows of a file of responses; nothing is written here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.imports import Conventions, Reading, Rejection, Unreadable, guessing, read, uploads
from accounts.imports.columns import Refused
from accounts.imports.guessing import Format
from accounts.imports.reading import Row
from accounts.imports.records import Broken
from accounts.imports.uploads import Look
from accounts.models import Organisation, User
from accounts.models.facts import LIES_AHEAD
from surveys.answer_rows import rows
from surveys.answering import KEPT, scales_of
from surveys.import_cells import Read
from surveys.import_columns import ANSWER, MUST, labels, mapping, names_of, readers_of
from surveys.import_parties import Parties
from surveys.models import Answer, Response, ResponseImport, SurveyVersion

MOST_ROWS, CHUNK = 20_000, 1000


@dataclass
class Given:
    """A row that could be read. `response`: what it replaces."""

    line: int
    cells: Mapping[str, str]
    external_id: str
    responded_at: datetime
    language: str
    answers: dict[str, Any]
    account_id: int | None = None
    contact_id: int | None = None
    response: Response | None = None


@dataclass
class Plan:
    """What would become of the rows. `formats`: how their days may be written, `date_format`: how they are read."""

    to_write: list[Given] = field(default_factory=list)
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected: dict[int, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    formats: list[Format] = field(default_factory=list)
    date_format: str = ""

    @property
    def counts(self) -> dict[str, int]:
        replaced = sum(given.response is not None for given in self.to_write)
        return {
            "created": len(self.to_write) - replaced,
            "replaced": replaced,
            "unchanged": self.unchanged,
            "rejected": len(self.rejected),
        }


def chunks(given: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(given)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


class Planning:
    def __init__(self, imported: ResponseImport, version: SurveyVersion, by: User, now: datetime) -> None:
        self.imported, self.version, self.by, self.now = imported, version, by, now
        self.scales, self.readers = scales_of(version.content), readers_of(version.content)
        self.found = Plan()
        self.seen: dict[str, tuple[int, Mapping[str, str]]] = {}
        self.conventions = Conventions(zone=Organisation.current().zone)

    def planned(self, file: BinaryIO) -> Plan:
        reading = self._reading(file)
        self.found.names, self.found.unused = reading.names, [name for name in reading.unused if name]
        given = (row for row in map(self._read, self._limited(reading)) if row)
        for chunk in chunks(given):
            self._settle(chunk)
        self.found.rejections.sort(key=lambda rejection: rejection.line)
        return self.found

    def _reading(self, file: BinaryIO) -> Reading:
        names = names_of(self.version.content)
        known = {guessing.plain(name) for called in names.values() for name in called}
        manner = uploads.proposed(file, known)
        look = uploads.look(file, manner)
        fields = mapping(look.header, names)
        if missing := [labels()[name][0] for name in MUST if name not in fields.values()]:
            reason = _("The file has no column for: %(names)s. Its columns are: %(columns)s.")
            raise Unreadable(reason % {"names": ", ".join(missing), "columns": ", ".join(look.header)})
        self._say_how_days_are_written(look, fields)
        file.seek(0)
        layout = replace(manner.layout, columns=tuple(fields.items()))
        return read(file, layout, fields=list(fields.values()), id_field="id")

    def _say_how_days_are_written(self, look: Look, fields: Mapping[str, str]) -> None:
        column = next(name for name, meaning in fields.items() if meaning == "responded")
        cells = look.cells(look.header.index(column))
        formats = guessing.date_formats(cells)
        chosen = self.imported.date_format or guessing.one_way(formats) or ""
        self.found.formats = [*formats, *guessing.further_formats(cells, formats)]
        self.found.date_format = chosen
        self.conventions = replace(self.conventions, date_format=chosen)

    def _limited(self, reading: Reading) -> Iterator[Row]:
        for place, row in enumerate(reading.rows):
            if place == MOST_ROWS:
                reason = _(
                    "The file has more than %(limit)s rows. Divide it, and import the parts one after another."
                )
                raise Unreadable(reason % {"limit": MOST_ROWS})
            yield row

    # A row by itself

    def _read(self, row: Row) -> Given | None:
        line, cells = row
        if isinstance(cells, Broken):
            self._reject(line, {}, cells.column, cells.value, cells.reason)
            return None
        said, is_well = {}, True
        for name, reader in self.readers.items():
            try:
                said[name] = self._value(name, reader, cells.get(name, ""))
            except Refused as refused:
                is_well = self._refuse(line, cells, name, refused)
        answers = {name.removeprefix(ANSWER): one for name, one in said.items() if name.startswith(ANSWER)}
        answers = {key: one for key, one in answers.items() if one is not None}
        if is_well and not answers:
            is_well = self._refuse(line, cells, "", Refused(_("Nothing is answered in this row.")))
        if not is_well or self._repeats(line, cells):
            return None
        return Given(line, cells, said["id"], said["responded"], said["language"] or "", answers)

    def _value(self, name: str, reader: Read, cell: str) -> Any:
        if not cell:
            if name in MUST:
                raise Refused(_("This must not be empty."))
            return None
        value = reader(cell, self.conventions)
        if name == "responded" and value > self.now:
            raise Refused(str(LIES_AHEAD))
        if name == "completed" and not value:
            raise Refused(_("Only responses that were completed are imported."))
        return value

    def _repeats(self, line: int, cells: Mapping[str, str]) -> bool:
        earlier, before = self.seen.setdefault(cells["id"], (line, cells))
        if earlier == line:
            return False
        if before == cells:
            self.found.unchanged += 1
        else:
            reason = _("Line %(line)s has this id already, with other values.") % {"line": earlier}
            self._refuse(line, cells, "id", Refused(reason))
        return True

    # Rows against what is known

    def _settle(self, chunk: list[Given]) -> None:
        parties = Parties.of(
            {given.cells.get("account", "") for given in chunk} - {""},
            {given.cells.get("person", "") for given in chunk} - {""},
            self.imported.source,
            self.by,
        )
        known, foreign = self._known(chunk)
        for given in chunk:
            if self._is_of_somebody(given, parties) and self._is_its_own(given, known, foreign):
                self._decide(given)

    def _is_of_somebody(self, given: Given, parties: Parties) -> bool:
        account, person, name = given.cells.get("account"), given.cells.get("person"), "account"
        try:
            given.account_id = parties.account(account) if account else None
            name = "person"
            given.contact_id = parties.person(person, given.account_id) if person else None
        except Refused as refused:
            return self._refuse(given.line, given.cells, name, refused)
        if given.contact_id:
            given.account_id = parties.homes[given.contact_id]
        return True

    def _known(self, chunk: list[Given]) -> tuple[dict[str, Response], set[str]]:
        """What these ids may replace; and those that are taken by what they may not."""
        ids = [given.external_id for given in chunk]
        taken = Response.objects.filter(source=self.imported.source, external_id__in=ids)
        own = taken.visible_to(self.by) | taken.filter(account=None)
        own = own.filter(survey=self.imported.survey_id, imported__isnull=False).prefetch_related("answers")
        known = {str(response.external_id): response for response in own}
        foreign = {str(one) for one in taken.values_list("external_id", flat=True)} - known.keys()
        # Our own file names responses by their own ids.
        here = self.imported.survey.responses.filter(pk__in=filter(None, map(_uuid, ids)))
        return known, foreign | {str(pk) for pk in here.values_list("pk", flat=True)}

    def _is_its_own(self, given: Given, known: dict[str, Response], foreign: set[str]) -> bool:
        given.response = known.get(given.external_id)
        if given.external_id.lower() in foreign or given.external_id in foreign:
            reason = _("There is a response with this id already, which this file cannot replace.")
            return self._refuse(given.line, given.cells, "id", Refused(reason))
        return True

    def _decide(self, given: Given) -> None:
        if given.response and _said(given.response) == self._would_say(given):
            self.found.unchanged += 1
        else:
            self.found.to_write.append(given)

    def _would_say(self, given: Given) -> Any:
        answers = rows(self.version.content, self.scales, given.answers)
        return (given.account_id, given.contact_id, given.responded_at, given.language, _by_question(answers))

    def _refuse(self, line: int, cells: Mapping[str, str], name: str, why: Refused) -> bool:
        column = self.found.names.get(name, "")
        self._reject(line, cells, column, cells.get(name, ""), str(why))
        return False

    def _reject(self, line: int, cells: Mapping[str, str], column: str, value: str, reason: str) -> None:
        self.found.rejected[line] = cells
        self.found.rejections.append(Rejection(line, column, value, reason))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _by_question(answers: Iterable[Answer]) -> dict[str, list[Any]]:
    return {answer.question: [getattr(answer, name) for name in KEPT] for answer in answers}


def _said(response: Response) -> Any:
    answers = _by_question(response.answers.all())
    return (response.account_id, response.contact_id, response.responded_at, response.language, answers)
