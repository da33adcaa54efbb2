"""Workbooks: their cells as texts, and what is refused before anything of it is kept."""

import io
import struct
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import load_workbook

from accounts.imports import workbooks
from accounts.imports.reading import Layout, read
from accounts.imports.records import Broken, Unreadable
from tests.accounts.workbooks import put, workbook

SHEET = "xl/worksheets/sheet1.xml"


def at(day, *clock):
    """As a workbook gives it: in no zone."""
    return datetime(2026, 3, day, *clock)  # noqa: DTZ001


@pytest.fixture
def path(tmp_path):
    return tmp_path / "book.xlsx"


def rows_of(path, sheet=""):
    with path.open("rb") as file:
        return list(workbooks.records(file, sheet))


def refusal(path):
    with path.open("rb") as file, pytest.raises(Unreadable) as refused:
        list(workbooks.records(file))
    return str(refused.value)


# Cells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  as it is ", "  as it is "),
        (12, "12"),
        (12.0, "12"),
        (0.1, "0.1"),
        (1e16, "10000000000000000"),
        (1234567.25, "1234567.25"),
        (True, "true"),
        (False, "false"),
        (at(31), "2026-03-31"),
        (date(2026, 3, 31), "2026-03-31"),
        (at(31, 14, 30), "2026-03-31 14:30:00"),
        (at(30, 23, 59, 59, 999999), "2026-03-31"),
        (time(9, 30), "09:30:00"),
    ],
)
def test_cell_is_the_text_that_columns_read(value, text):
    assert workbooks.as_text(value) == text


def test_rows_carry_the_row_of_the_sheet_and_the_width_of_the_head(path):
    workbook(path, [["id", "name", "day"], [7, "Najm", date(2026, 1, 31)], [], ["8"], [9, "a", None, "more"]])

    assert rows_of(path) == [
        (1, ["id", "name", "day"]),
        (2, ["7", "Najm", "2026-01-31"]),
        (4, ["8", "", ""]),
        (5, ["9", "a", "", "more"]),
    ]


def test_sheet_is_chosen_and_hidden_ones_are_not_offered(path):
    workbook(path, [["id"], [1]], title="عملاء", hidden=["Notes"])

    with path.open("rb") as file:
        assert workbooks.sheets(file) == ["عملاء"]
    assert rows_of(path) == [(1, ["id"]), (2, ["1"])]
    assert rows_of(path, "Notes") == []
    with path.open("rb") as file, pytest.raises(Unreadable, match="no sheet Other"):
        list(workbooks.records(file, "Other"))


def test_wrong_dimension_cuts_nothing_off(path):
    workbook(path, [["id", "name"], [1, "a"], [2, "b"]])
    put(path, SHEET, lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1"'))

    assert rows_of(path)[1:] == [(2, ["1", "a"]), (3, ["2", "b"])]


def test_text_that_looks_like_a_formula_stays_text(path):
    workbook(path, [["name"], ["x"]])
    put(path, SHEET, lambda xml: xml.replace(b"<t>x</t>", b"<t>=1+1</t>"))

    assert rows_of(path)[1] == (2, ["=1+1"])


def test_formula_gives_its_value_and_without_one_cannot_be_taken(path):
    workbook(path, [["a", "b"], ["=1+1", 1], ["=2+2", 2], [3, 3]])
    put(
        path,
        SHEET,
        lambda xml: xml.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
        ),
    )

    _head, computed, broken, plain = rows_of(path)

    assert (computed, plain) == ((2, ["2", "1"]), (4, ["3", "3"]))
    assert broken == (3, ["=2+2", "2"])
    assert "has no value yet" in broken[1].wrong[0]


def test_error_in_a_cell_cannot_be_taken(path):
    workbook(path, [["a"], ["#N/A"], ["fine"]])

    _head, wrong, fine = rows_of(path)

    assert (wrong, fine) == ((2, ["#N/A"]), (3, ["fine"]))
    assert wrong[1].wrong == {0: "The cell A2 holds an error."}


def test_only_columns_that_are_imported_must_hold_values(path):
    rows = [["code", "name", "sum"], ["a", "A", "=1+1"], ["b", "=2+2", 1], ["c", "C", "#N/A"]]
    workbook(path, rows)

    with path.open("rb") as file:
        reading = read(file, Layout(columns=[("sum", "")]), fields=["code", "name"], id_field="")
        first, second, third = reading.rows

    assert first == (2, {"code": "a", "name": "A"})
    assert second[1].column == "name"
    assert second[1].value == "=2+2"
    assert "has no value yet" in second[1].reason
    assert third == (4, {"code": "c", "name": "C"})


def test_error_is_written_as_one(path):
    with path.open("wb") as file:
        workbooks.write(file, [["a", "b"], ["1", None]])

    assert rows_of(path)[1][1].wrong == {1: "The cell B2 holds an error."}


def test_cell_beyond_the_limit_breaks_its_row(path, monkeypatch):
    monkeypatch.setattr(workbooks, "LONGEST_CELL", 10)
    workbook(path, [["a"], ["x" * 11], ["x" * 10]])

    assert rows_of(path)[1:] == [(2, Broken("A cell is too long.")), (3, ["x" * 10])]


def test_rows_beyond_the_last_of_a_sheet_are_not_waited_for(path):
    workbook(path, [["a"], ["b"]])
    put(
        path,
        SHEET,
        lambda xml: xml.replace(b'<row r="2"', b'<row r="999999999"').replace(b'"A2"', b'"A999999999"'),
    )

    (line, broken) = rows_of(path)[-1]

    assert (line, broken.reason) == (1_048_577, "A sheet has no more than 1048576 rows.")


# What is refused


def test_old_and_protected_workbooks_say_what_to_do(path):
    path.write_bytes(workbooks.OLE + b"\0" * 600)
    assert refusal(path) == "This is an old workbook (.xls). Save it as .xlsx or CSV, then upload it again."

    path.write_bytes(workbooks.OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    assert "protected by a password" in refusal(path)


def test_other_zips_are_no_workbooks(path):
    for name, said in (
        ("content.xml", "cannot be read"),
        ("xl/workbook.bin", "cannot be read"),
        ("a.txt", "neither a table"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "x")
        assert said in refusal(path)


def test_damaged_workbook_says_so(path):
    workbook(path, [["a"], ["b"]])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "damaged" in refusal(path)

    workbook(path, [["a"], ["b"]])
    put(path, "xl/workbook.xml", b"<not closed")
    assert "damaged" in refusal(path)


def test_sheet_that_breaks_off_keeps_what_came_before(path):
    workbook(path, [["a"], ["b"], ["c"]])
    put(path, SHEET, lambda xml: xml[: xml.index(b'<row r="3"')] + b"<row r=")

    assert rows_of(path) == [(1, ["a"]), (2, ["b"]), (3, Broken("The sheet is damaged from here on."))]


def test_bomb_that_the_directory_admits_is_refused(path):
    workbook(path, [["a"]])
    put(path, "xl/media/zeros", b"\0" * (30 << 20))

    assert path.stat().st_size < 100_000
    assert "unpack to too much" in refusal(path)


def test_bomb_that_the_directory_hides_is_refused(path):
    """Its entry says that the part is short; what lies there unpacks to thirty megabytes."""
    workbook(path, [["a"]])
    put(path, "xl/media/zeros", b"\0" * (30 << 20))
    content = bytearray(path.read_bytes())
    real, small = struct.pack("<L", 30 << 20), struct.pack("<L", 10)
    assert content.count(real) == 2
    path.write_bytes(content.replace(real, small))

    assert "damaged" in refusal(path)


def test_entities_that_multiply_are_refused(path):
    workbook(path, [["a"], ["b"]])
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    put(path, SHEET, lambda xml: xml.replace(b"<worksheet", bomb + b"<worksheet", 1))

    assert "damaged" in refusal(path)


def test_shared_texts_are_limited_since_they_are_kept(path, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_SHARED_TEXTS", 100)
    workbook(path, [["a"]])
    put(path, "xl/sharedStrings.xml", b"<sst>" + b"text " * 50 + b"</sst>")

    assert "unpack to too much" in refusal(path)


# Written


def test_written_workbook_holds_texts_alone():
    file = io.BytesIO()

    workbooks.write(file, [["=1+1", "+966", "2026-01-01", "007", "a\x01b", ""]], from_right=True)

    sheet = load_workbook(file).active
    assert [cell.value for cell in sheet[1]] == ["=1+1", "+966", "2026-01-01", "007", "a\ufffdb", None]
    assert {cell.data_type for cell in sheet[1] if cell.value} == {"s"}
    assert sheet.sheet_view.rightToLeft
