from datetime import date
from decimal import Decimal

from metrics.exports import cell, csv_file, lines


def test_cell_marks_what_would_run_as_a_formula():
    assert [cell(text) for text in ("=A1", "+1", "-1", "@x", "\tx", "\rx")] == [
        "'=A1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "'\rx",
    ]


def test_cell_leaves_numbers_days_and_other_texts():
    assert [cell(value) for value in (-5, -0.5, date(2026, 1, 2), "a=b", "", None)] == [
        -5,
        -0.5,
        date(2026, 1, 2),
        "a=b",
        "",
        "",
    ]


def test_cell_writes_quotients_to_six_places_and_amounts_as_they_are():
    values = (Decimal(2) / 3, Decimal("0.5"), Decimal("12.340000"), Decimal("1E+2"), Decimal("NaN"))

    assert [cell(value) for value in values] == ["0.666667", "0.5", "12.340000", "100", "NaN"]


def test_lines_quote_what_must_be():
    assert "".join(lines([["a", 'b"c'], ["d,e", 1]])) == 'a,"b""c"\r\n"d,e",1\r\n'


def test_a_file_begins_with_a_byte_order_mark():
    written = b"".join(csv_file("accounts", date(2026, 3, 31), [["اسم"]]).streaming_content)

    assert written.decode() == "\ufeffاسم\r\n"
