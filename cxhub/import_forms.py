"""Forms of the import: the file, how it is written, what its columns mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from accounts.countries import names_of_countries
from accounts.forms import FileForm, example_of, file_input
from accounts.imports import Conventions, Resource, guessing
from accounts.imports import columns as cells
from accounts.imports.columns import Refused
from accounts.imports.resource import Column
from accounts.imports.uploads import Look, Manner
from accounts.models import Account, RowFate
from cxhub.resources import label_of

LANGUAGES = ("en", "ar")
SHOWN_CELLS = 3
TRANSLATED_VALUES = 12
ENCODINGS = (
    ("utf-8-sig", "UTF-8"),
    ("windows-1256", _("Arabic (windows-1256)")),
    ("windows-1252", _("Western (windows-1252)")),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
)
DELIMITERS = (
    ("", _("found out")),
    (",", _("comma")),
    (";", _("semicolon")),
    ("tab", _("tab")),
    ("|", _("vertical bar")),
    ("whitespace", _("blanks")),
)
NUMBERS = (cells.decimal, cells.integer, cells.percent, cells.money)


class UploadForm(FileForm):
    file = forms.FileField(
        label=_("File"),
        widget=file_input(),
        help_text=_("CSV or Excel (.xlsx), with the names of the columns in the first row."),
    )
    resource = forms.ChoiceField(
        label=_("What a row is about"), widget=forms.Select(attrs={"class": "form-select"})
    )
    source = forms.CharField(
        label=_("Where it comes from"),
        max_length=60,
        help_text=_(
            "The system or list that numbered the rows. The next file of the same name changes these rows instead of"
            " adding them again."
        ),
        widget=forms.TextInput(attrs={"class": "form-control", "list": "sources", "dir": "auto"}),
    )

    def __init__(self, *args: Any, resources: Iterable[str], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["resource"].choices = [(name, label_of(name)) for name in resources]  # type: ignore[attr-defined]


class MendedForm(FileForm):
    """The file with what was rejected, mended."""

    file = forms.FileField(label=_("The mended file"), widget=file_input())


class NextForm(forms.Form):
    resource = forms.ChoiceField(label=_("What a row is about"))

    def __init__(self, *args: Any, resources: Iterable[str], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["resource"].choices = [(name, label_of(name)) for name in resources]  # type: ignore[attr-defined]


class KindForm(NextForm):
    """`?resource=contacts`: the page that leads here is about one kind of rows."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["resource"].required = False


class FatesForm(forms.Form):
    """`?fate=rejected&page=2`"""

    fate = forms.ChoiceField(
        label=_("What became of them"), required=False, choices=[("", _("All")), *RowFate.Fate.choices]
    )
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1)


class MannerForm(forms.Form):
    """How the file is written: of a text its encoding and delimiter, of a workbook the sheet."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Between the cells"), choices=DELIMITERS, required=False)
    sheet = forms.ChoiceField(label=_("Sheet"))
    header_row = forms.IntegerField(
        label=_("The table begins in row"), required=False, min_value=1, max_value=10_000
    )
    header = forms.BooleanField(label=_("Its first row names the columns"), required=False)

    def __init__(self, *args: Any, sheets: list[str], **kw: Any) -> None:
        super().__init__(*args, **kw)
        for name in ("encoding", "delimiter") if sheets else ("sheet",):
            del self.fields[name]
        if sheets:
            self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        for name in self.fields:
            css = {"header": "form-check-input", "header_row": "form-control"}.get(name, "form-select")
            self.fields[name].widget.attrs["class"] = css

    @property
    def manner(self) -> Manner:
        answers = {**self.cleaned_data, "header_row": self.cleaned_data["header_row"] or 0}
        return Manner(**{"encoding": "", **answers})


def names_of(resource: Resource) -> dict[str, list[str]]:
    """What each field is called, in both languages."""
    names: dict[str, list[str]] = {}
    for language in LANGUAGES:
        with override(language):
            for name, column in resource.columns.items():
                names.setdefault(name, []).append(column.label)
    return names


def guessed(look: Look, resource: Resource, known: Mapping[str, str]) -> dict[str, str]:
    """column -> field: as it was said before for the source, else what its name means."""
    remembered = {
        column: known[guessing.plain(column)] for column in look.header if guessing.plain(column) in known
    }
    found = guessing.mapping(look.header, names_of(resource), resource.name, resource.id_field)
    taken = set(remembered.values())
    return {column: field for column, field in found.items() if field not in taken} | remembered


def fills(look: Look, resource: Resource, known: Mapping[str, str]) -> bool:
    """Whether the columns of the file seem to give all that a row must give."""
    found = set(guessed(look, resource, known).values())
    return all(column.name in found for column in resource.columns.values() if column.required)


@dataclass
class ColumnOfFile:
    name: str
    cells: list[str]
    field: forms.BoundField


@dataclass
class ValuesOfColumn:
    name: str
    fields: list[tuple[str, forms.BoundField]]


class MappingForm(forms.Form):
    """What the columns mean, what is the same in every row, and how days and numbers are written."""

    date_format = forms.ChoiceField(label=_("Days are written"), required=False)
    decimal = forms.ChoiceField(label=_("Numbers are written"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Times are those of"), choices=[(name, name) for name in sorted(available_timezones())]
    )
    id_from_line = forms.BooleanField(
        label=_("Rows have no id: count them by their line"),
        required=False,
        help_text=_("Rows may then be added at the end of the file, but not moved."),
    )
    create_accounts = forms.BooleanField(
        label=_("Create accounts that are not known yet, with their id as the name"), required=False
    )
    backfill = forms.BooleanField(
        label=_("These facts were known when they happened, not only since today"),
        required=False,
        help_text=_("For data from before cxhub: metrics of past days then count them."),
    )

    def __init__(
        self,
        *args: Any,
        look: Look,
        resource: Resource,
        mapping: Mapping[str, str],
        may_create: bool,
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        self.look, self.resource = look, resource
        self.places = {f"column-{place}": name for place, name in enumerate(look.header)}
        self._add_columns(mapping)
        self._add_constants()
        self._say_how_it_is_written()
        self._add_values()
        self._leave_out(may_create)
        for field in self.fields.values():
            css = {"checkbox": "form-check-input", "select": "form-select"}
            kind = getattr(field.widget, "input_type", "text")
            field.widget.attrs["class"] = css.get(kind, "form-control")

    # What it asks

    def _add_columns(self, mapping: Mapping[str, str]) -> None:
        must = [column.name for column in self.resource.must_give]
        for_new = [(c.name, c.label) for c in self.resource.needed_when_new(must)]
        further = [(c.name, c.label) for c in self.resource.columns.values() if not c.required]
        choices = [
            ("", gettext("Not imported")),
            (gettext("Required"), [(c.name, c.label) for c in self.resource.must_give]),
            *([(gettext("Required of new rows"), for_new)] if for_new else []),
            (gettext("Further"), further),
        ]
        for place, name in self.places.items():
            self.fields[place] = forms.ChoiceField(
                label=gettext("Field of the column %(name)s") % {"name": name or "–"},
                choices=choices,
                required=False,
                initial=mapping.get(name, ""),
                disabled=self.look.header.count(name) > 1 or not name,
            )

    def _add_constants(self) -> None:
        for column in self.resource.columns.values():
            if column.name != self.resource.id_field:
                self.fields[f"constant-{column.name}"] = forms.CharField(
                    label=column.label, required=False, max_length=1000
                )

    def _say_how_it_is_written(self) -> None:
        days = self._cells_of(is_date)
        self.formats = guessing.date_formats(days)
        offered = [*self.formats, *guessing.further_formats(days, self.formats)]
        best = guessing.one_way(self.formats)
        choices = [("", gettext("year first: 2026-03-31"))] + [
            (one.pattern, example_of(one)) for one in offered if one.pattern
        ]
        chosen = self.initial.get("date_format", "")
        if chosen and chosen not in dict(choices):
            choices.append((chosen, chosen))
        self.fields["date_format"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("date_format", best or "")
        signs = guessing.decimal_signs(self._cells_of(is_number))
        self.fields["decimal"].choices = [  # type: ignore[attr-defined]
            ("", "1234.56"),
            (".", "1,234.56"),
            (",", "1.234,56"),
        ]
        self.signs = signs
        self.initial.setdefault("decimal", signs[0])

    def _add_values(self) -> None:
        """For words of the file that stand for one of our choices: `Active` is live."""
        self.values: dict[str, tuple[str, str]] = {}
        for place, name in self.places.items():
            column = self._column(self._target(place))
            meant = _meant(column)
            if not column or not meant:
                continue
            found = guessing.values_to_translate(self._cells(place), column.parse)
            choices = [("", gettext("as it is: rejected")), *meant]
            for number, value in enumerate(found[:TRANSLATED_VALUES]):
                key = f"value-{place}-{number}"
                self.values[key] = (name, value)
                self.fields[key] = forms.ChoiceField(label=value, choices=choices, required=False)

    def _leave_out(self, may_create: bool) -> None:
        refers_to_accounts = any(
            column.field.is_relation and column.related is Account
            for column in self.resource.columns.values()
        )
        if not (may_create and refers_to_accounts and self.resource.model is not Account):
            del self.fields["create_accounts"]
        if not self.resource.id_field:
            del self.fields["id_from_line"]

    # The parts of the page

    @cached_property
    def file_columns(self) -> list[ColumnOfFile]:
        return [
            ColumnOfFile(name, [cell for cell in self._cells(place) if cell][:SHOWN_CELLS], self[place])
            for place, name in self.places.items()
        ]

    @property
    def constants(self) -> list[forms.BoundField]:
        """Those that every row must give and no column gives come first."""
        found = [self[name] for name in self.fields if name.startswith("constant-")]
        return sorted(found, key=lambda field: field.name not in self.missing_constants)

    @cached_property
    def missing_constants(self) -> set[str]:
        return {
            f"constant-{c.name}"
            for c in self.resource.must_give
            if c.name not in self._targets() and c.name != self.resource.id_field
        }

    @property
    def needed_when_new(self) -> str:
        """What the file does not give of what a new row needs."""
        given = self._targets() | {self.resource.id_field}
        given |= {name for name in self.resource.columns if (field := self._constant(name)) and field.value()}
        lacking = self.resource.needed_when_new(given)
        return ", ".join(c.label for c in lacking if f"constant-{c.name}" not in self.missing_constants)

    @property
    def shows_constants(self) -> bool:
        return bool(self.missing_constants) or any(field.value() or field.errors for field in self.constants)

    @property
    def file_values(self) -> list[ValuesOfColumn]:
        found: dict[str, ValuesOfColumn] = {}
        for key, (name, value) in self.values.items():
            found.setdefault(name, ValuesOfColumn(name, [])).fields.append((value, self[key]))
        return list(found.values())

    @property
    def options(self) -> list[forms.BoundField]:
        names = ("date_format", "decimal", "time_zone", "id_from_line", "create_accounts", "backfill")
        return [self[name] for name in names if name in self.fields]

    # What was answered

    def clean(self) -> dict[str, Any]:
        given = {place: self.cleaned_data[place] for place in self.places if self.cleaned_data.get(place)}
        constants = {
            name: self.cleaned_data[f"constant-{name}"]
            for name in self.resource.columns
            if self.cleaned_data.get(f"constant-{name}")
        }
        self._refuse_twice(given, constants)
        self._refuse_missing(set(given.values()) | set(constants))
        self._refuse_unsure(given)
        self._refuse_constants(constants)
        return self.cleaned_data

    def _refuse_twice(self, given: dict[str, str], constants: dict[str, str]) -> None:
        for place, field in given.items():
            others = [self.places[other] for other in given if other != place and given[other] == field]
            if others:
                self.add_error(
                    place, gettext("Also given by %(others)s. Choose one.") % {"others": ", ".join(others)}
                )
            elif field in constants:
                said = gettext("The column %(name)s gives this. Choose one.") % {"name": self.places[place]}
                self.add_error(f"constant-{field}", said)

    def _refuse_missing(self, given: set[str]) -> None:
        if self.cleaned_data.get("id_from_line"):
            if self.resource.id_field in given:
                self.add_error("id_from_line", gettext("A column gives the id already."))
            given = given | {self.resource.id_field}
        missing = [column for column in self.resource.must_give if column.name not in given]
        for column in missing:
            if f"constant-{column.name}" in self.fields:
                said = gettext(
                    "Every row must give this: choose its column above, or write here what all rows have."
                )
                self.add_error(f"constant-{column.name}", said)
        if missing:
            names = ", ".join(column.label for column in missing)
            self.add_error(None, gettext("Every row must give: %(names)s.") % {"names": names})

    def _refuse_unsure(self, given: dict[str, str]) -> None:
        """What can be read in two ways is asked for, once for the file and not once for each row."""
        if self._column_is(given, is_date) and not self.cleaned_data.get("date_format"):
            best = self.formats[0].pattern if self.formats else ""
            if best:
                self.add_error(
                    "date_format",
                    gettext("Days of the file are not written like this. Choose how to read them."),
                )
        if (
            self._column_is(given, is_number)
            and not self.cleaned_data.get("decimal")
            and "" not in self.signs
        ):
            said = gettext("A comma in the file can mean thousands or decimals. Choose how to read it.")
            self.add_error("decimal", said)

    def _refuse_constants(self, constants: dict[str, str]) -> None:
        conventions = Conventions(
            date_format=self.cleaned_data.get("date_format", ""), decimal=self.cleaned_data.get("decimal", "")
        )
        for name, cell in constants.items():
            try:
                self.resource.columns[name].parse(cell, conventions)
            except Refused as refused:
                self.add_error(f"constant-{name}", str(refused))

    @property
    def mapping(self) -> dict[str, str]:
        """column -> field, or nothing where it is left out; only those with a name of their own."""
        return {
            name: self.cleaned_data[place]
            for place, name in self.places.items()
            if name and self.look.header.count(name) == 1
        }

    @property
    def choices(self) -> dict[str, Any]:
        answers = self.cleaned_data
        kept = ("date_format", "decimal", "time_zone", "id_from_line", "create_accounts", "backfill")
        constants = {name: answers.get(f"constant-{name}", "") for name in self.resource.columns}
        return {
            "columns": [list(pair) for pair in self.mapping.items()],
            "constants": {name: cell for name, cell in constants.items() if cell},
            "translations": [
                [name, value, answers[key]] for key, (name, value) in self.values.items() if answers.get(key)
            ],
            **{name: answers[name] for name in kept if name in answers},
        }

    # Small things

    def _target(self, place: str) -> str:
        if self.is_bound:
            return str(self.data.get(self.add_prefix(place), ""))
        return str(self.fields[place].initial or "")

    def _targets(self) -> set[str]:
        return {self._target(place) for place in self.places}

    def _constant(self, name: str) -> forms.BoundField | None:
        return self[f"constant-{name}"] if f"constant-{name}" in self.fields else None

    def _column(self, name: str) -> Column | None:
        return self.resource.columns.get(name)

    def _cells(self, place: str) -> list[str]:
        return self.look.cells(int(place.removeprefix("column-")))

    def _cells_of(self, kind: Any) -> list[str]:
        places = [place for place in self.places if kind(self._column(self._target(place)))]
        return [cell for place in places for cell in self._cells(place)]

    def _column_is(self, given: dict[str, str], kind: Any) -> bool:
        return any(kind(self._column(field)) for field in given.values())


def _meant(column: Column | None) -> list[tuple[Any, Any]]:
    """What words of a file can stand for."""
    if column is not None and column.parse is cells.country:
        return list(names_of_countries(get_language() or "en").items())
    return list(column.field.flatchoices) if column and column.field.choices else []


def is_date(column: Column | None) -> bool:
    return column is not None and column.parse in (cells.day, cells.moment)


def is_number(column: Column | None) -> bool:
    parse = column and (column.parse.func if isinstance(column.parse, partial) else column.parse)
    return parse in NUMBERS
