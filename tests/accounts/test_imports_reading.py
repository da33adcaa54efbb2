import gc
import io

import pytest

from accounts.imports.reading import Broken, Layout, Unreadable, count_lines, read, with_header

FIELDS = ["id", "account", "starts", "price"]


def rows_of(content, layout=None, fields=FIELDS):
    if isinstance(content, str):
        content = content.encode()
    reading = read(io.BufferedReader(io.BytesIO(content)), layout or Layout(), fields=fields, id_field="id")
    return list(reading.rows)


def columns(*pairs):
    return [tuple(pair.split("=")) for pair in pairs]


def test_columns_by_a_fields_own_name_need_no_mapping():
    assert rows_of("id,price,other\n7,5,x\n") == [(2, {"id": "7", "price": "5"})]


def test_mapping_names_columns():
    layout = Layout(columns=columns("No.=id", "Monthly price=price"))

    assert rows_of("No.,Monthly price\n7,5\n", layout) == [(2, {"id": "7", "price": "5"})]


def test_mapping_to_nothing_leaves_a_column_out():
    assert rows_of("id,price\n7,5\n", Layout(columns=columns("price="))) == [(2, {"id": "7"})]


def test_one_column_may_mean_two_things():
    layout = Layout(columns=columns("a=id", "a=account"))

    assert rows_of("a\n7\n", layout) == [(2, {"id": "7", "account": "7"})]


def test_a_column_that_stands_twice_matters_only_when_it_is_used():
    assert rows_of("id,x,x\n7,1,2\n") == [(2, {"id": "7"})]
    with pytest.raises(Unreadable, match="more than one column x"):
        rows_of("id,x,x\n7,1,2\n", Layout(columns=columns("x=price")))


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        (Layout(columns=columns("Preis=price")), "no column Preis; its columns are: id, price"),
        (
            Layout(columns=columns("price=cost")),
            "no field cost here; the fields are: id, account, starts, price",
        ),
        (Layout(columns=columns("id=price", "price=price")), "given twice: price"),
        (Layout(columns=columns("price=price"), constants={"price": "5"}), "given twice: price"),
        (Layout(constants={"cost": "5"}), "no field cost here"),
        (Layout(translations=[("kind", "a", "b")]), "Values of kind cannot be translated"),
        (Layout(encoding="klingon"), "no encoding of the name klingon"),
        (Layout(delimiter="->"), "one character, tab or whitespace"),
    ],
)
def test_layout_that_does_not_fit_is_unreadable(layout, reason):
    with pytest.raises(Unreadable, match=reason):
        rows_of("id,price\n7,5\n", layout)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_empty_file_is_unreadable(content):
    with pytest.raises(Unreadable, match="empty"):
        rows_of(content)


@pytest.mark.parametrize("content", ["id,عميل\n1,2\n".encode("windows-1256"), b"%PDF\x00\x06,\x80\n"])
def test_header_in_another_encoding_is_unreadable(content):
    with pytest.raises(Unreadable, match="not utf-8|NUL byte"):
        rows_of(content)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_out(delimiter):
    content = delimiter.join(["id", "price"]) + "\n" + delimiter.join(["7", "5"]) + "\n"

    assert rows_of(content) == [(2, {"id": "7", "price": "5"})]


@pytest.mark.parametrize("name", ["tab", "\\t", "\t"])
def test_delimiter_can_be_named(name):
    assert rows_of("id\tprice\n7\t1;2\n", Layout(delimiter=name)) == [(2, {"id": "7", "price": "1;2"})]


def test_whitespace_is_any_run_of_blanks():
    content = " id  starts   price\r\n 007 20260331  11.77\r\n\r\n 008 20260401   5.00\r\n"

    assert rows_of(content, Layout(delimiter="whitespace")) == [
        (2, {"id": "007", "starts": "20260331", "price": "11.77"}),
        (4, {"id": "008", "starts": "20260401", "price": "5.00"}),
    ]


def test_without_a_header_columns_are_counted():
    layout = Layout(header=False, columns=columns("1=id", "3=price"))

    assert rows_of("7,x,5\n8,y,6\n", layout) == [
        (1, {"id": "7", "price": "5"}),
        (2, {"id": "8", "price": "6"}),
    ]


def test_id_from_the_line():
    assert rows_of("id,price\nx,5\ny,6\n", Layout(id_from_line=True)) == [
        (2, {"price": "5", "id": "2"}),
        (3, {"price": "6", "id": "3"}),
    ]


def test_constants_stand_in_every_row():
    assert rows_of("id\n7\n", Layout(constants={"price": "5"})) == [(2, {"id": "7", "price": "5"})]


@pytest.mark.parametrize("column", ["Kind", "price"])
def test_values_are_translated_by_the_name_in_the_file_or_of_the_field(column):
    layout = Layout(columns=columns("Kind=price"), translations=[(column, "Take in charge", "replied")])

    assert rows_of("id,Kind\n7,Take in charge\n8,Wait\n", layout) == [
        (2, {"id": "7", "price": "replied"}),
        (3, {"id": "8", "price": "Wait"}),
    ]


def test_cells_are_stripped():
    assert rows_of("id , price\n 7 ,\u00a05 \n") == [(2, {"id": "7", "price": "5"})]


def test_byte_order_mark_is_no_part_of_the_header():
    assert rows_of(b"\xef\xbb\xbfid\n7\n", Layout(encoding="utf-8")) == [(2, {"id": "7"})]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1256", "utf-16", "iso-8859-6"])
def test_encodings(encoding):
    content = "id,account\n7,شركة نجم\n".encode(encoding)

    assert rows_of(content, Layout(encoding=encoding)) == [(2, {"id": "7", "account": "شركة نجم"})]


def test_blank_lines_and_rows_of_empty_cells_are_no_rows():
    assert rows_of("id,price\n\n7,5\n,\n\n8,6\n") == [
        (3, {"id": "7", "price": "5"}),
        (6, {"id": "8", "price": "6"}),
    ]


def test_a_quoted_cell_may_go_over_lines_and_the_next_row_keeps_its_number():
    content = 'id,account\n7,"two\nlines, and a ""quote"""\n8,b\n'

    assert rows_of(content) == [
        (2, {"id": "7", "account": 'two\nlines, and a "quote"'}),
        (4, {"id": "8", "account": "b"}),
    ]


def broken(content, layout=None):
    """What became of the rows, told apart by their line: the reason of those that broke, the id of the others."""
    return {
        line: row.reason if isinstance(row, Broken) else row["id"] for line, row in rows_of(content, layout)
    }


def test_too_few_and_too_many_cells_break_a_row():
    assert broken("id,price\n1,5\n2\n3,5,6\n4,5\n") == {
        2: "1",
        3: "Cells in the row: 1, in the header: 2.",
        4: "Cells in the row: 3, in the header: 2.",
        5: "4",
    }


def test_empty_cells_beyond_the_header_are_nothing():
    assert broken("id,price\n1,5,,\n") == {2: "1"}


def test_quote_that_nobody_closes_costs_one_row():
    lines = [f"{number},5" for number in range(2, 1002)]
    lines[3] = '5,"5'

    fates = broken("id,price\n" + "\n".join(lines) + "\n")

    assert fates == {number: str(number) for number in range(2, 1002)} | {
        5: "A quotation mark is opened and never closed."
    }


def test_text_behind_a_closing_quote_breaks_a_row():
    fates = broken('id,price\n1,"5" or so\n2,5\n')

    assert fates == {2: "Something stands between a closing quotation mark and the next delimiter.", 3: "2"}


def test_oversized_cell_breaks_a_row():
    fates = broken(f"id,price\n1,{'9' * 200_000}\n2,5\n")

    assert fates == {2: "A cell is too long.", 3: "2"}


def test_nul_byte_breaks_a_row():
    fates = broken("id,price\n1\0,5\n2,5\n")

    assert fates == {2: "A NUL byte stands in the cell.", 3: "2"}


def test_bytes_of_another_encoding_break_their_row_only():
    content = b"id,account\n1," + "نجم".encode("windows-1256") + b"\n2," + "نجم".encode() + b"\n"

    assert rows_of(content) == [
        (
            2,
            Broken(
                "Bytes that are not utf-8. Choose the encoding of the file, such as windows-1256.",
                "account",
                "���",
            ),
        ),
        (3, {"id": "2", "account": "نجم"}),
    ]


def test_what_cannot_be_decoded_any_further_is_said():
    content = "id,account\n1,a\n".encode("utf-16") + b"\x00"

    fates = broken(content, Layout(encoding="utf-16"))

    assert list(fates.values())[-1] == "The file cannot be decoded from here on."


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", 0),
        (b"a\nb", 2),
        (b"a\nb\n", 2),
        (b'"a\nb"\n', 2),
        (b"a\rb\r", 2),
        (b"a\r\nb", 2),
        ("a\r\nb\r\n".encode("utf-16"), 2),
        (b"a" * (2**20 - 1) + b"\r\nb", 2),
    ],
)
def test_count_lines(content, lines):
    assert count_lines(io.BytesIO(content)) == lines


def test_reading_tells_what_it_does_not_use():
    reading = read(
        io.BufferedReader(io.BytesIO(b"id,price,Note,starts\n")),
        Layout(columns=columns("starts=")),
        fields=FIELDS,
        id_field="id",
    )

    assert (reading.unused, reading.fields, reading.names) == (
        ["Note"],
        ["id", "price"],
        {"id": "id", "price": "price"},
    )


def test_file_of_which_the_rest_is_not_read_stays_open():
    file = io.BufferedReader(io.BytesIO(b"a,b\n" + b"1,2\n" * 10_000))

    header, records = with_header(file, Layout())
    next(records)
    del records
    gc.collect()

    assert header == ["a", "b"]
    assert file.seek(0) == 0
