"""What the columns of a file seem to mean, and how it seems to be written."""

import pytest

from accounts import resources
from accounts.imports import guessing
from accounts.imports.columns import day
from accounts.imports.guessing import date_formats, decimal_signs, encoding_of, mapping, one_way, plain


def guess(header, resource):
    names = {name: [column.label] for name, column in resource.columns.items()}
    return mapping(header, names, resource.name, resource.id_field)


def test_formats_that_read_few_days_are_offered_and_not_proposed():
    cells = ["2026-01-31", "2026-02-01", "n/a", "01/02/2026", "46001"]

    assert date_formats(cells) == []
    offered = guessing.further_formats(cells, [])
    assert [one.pattern for one in offered] == ["%d/%m/%Y", "%m/%d/%Y", "excel"]
    assert str(offered[-1].read.date()) == "2025-12-10"


# Columns


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Start Date", "start_date"),
        ("startDate", "START-DATE"),
        ("Customer  No.", "customer no"),
        ("تاريخ البداية", "تاريخ البدايه"),
        ("الشركة", "شركة"),
        ("أحمد", "احمد"),
    ],
)
def test_names_are_compared_by_what_they_say(one, other):
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([["id", "name"], ["1", "A"]], 1),
        ([["Customers 2026", "", ""], ["", "", ""], ["id", "name", "city"], ["1", "A", ""]], 3),
        ([["Customers", ""], ["of Rafeef", ""], ["id", "name"], ["1", "A"], ["2", "B"]], 3),
        # An index without a name, a column without one at the end, a single column.
        ([["", "name"], ["0", "A"]], 1),
        ([["id", "name", "city", ""], ["1", "A", "Jeddah", "x"]], 1),
        ([["name"], ["A"]], 1),
        ([[""], ["name"], ["A"]], 2),
        ([], 1),
    ],
)
def test_titles_above_the_names_are_passed_over(rows, line):
    assert guessing.row_of_names(list(enumerate(rows, start=1))) == line


def test_tags_are_called_many_things():
    assert guess(["العلامات"], resources.ACCOUNTS) == {"العلامات": "tags"}
    assert guess(["Labels"], resources.CONTACTS) == {"Labels": "tags"}


def test_names_known_of_the_source_say_where_the_table_begins():
    rows = [(1, ["a", "b", "c"]), (2, ["Customer no.", "Company name", ""]), (3, ["1", "2", "3"])]

    assert guessing.row_of_names(rows, {plain("Customer no."), plain("company name")}) == 2


def test_one_sheet_of_customers_with_contracts_is_both():
    header = [
        "Customer no.",
        "Company name",
        "Country",
        "Account manager",
        "Contract no.",
        "Plan",
        "Monthly price",
    ]
    header += ["Currency", "Start date", "End date", "Remarks"]

    assert guess(header, resources.ACCOUNTS) == {
        "Customer no.": "id",
        "Company name": "name",
        "Country": "country",
        "Account manager": "owner",
    }
    assert guess(header, resources.SUBSCRIPTIONS) == {
        "Contract no.": "id",
        "Customer no.": "account",
        "Plan": "plan",
        "Monthly price": "price",
        "Currency": "currency",
        "Start date": "starts",
        "End date": "ends",
    }


def test_arabic_headers_are_understood():
    header = ["رقم العميل", "اسم الشركة", "الدولة", "رقم العقد", "السعر الشهري", "العملة", "تاريخ البداية"]

    assert guess(header, resources.ACCOUNTS) == {
        "رقم العميل": "id",
        "اسم الشركة": "name",
        "الدولة": "country",
    }
    assert guess(header, resources.SUBSCRIPTIONS) == {
        "رقم العقد": "id",
        "رقم العميل": "account",
        "السعر الشهري": "price",
        "العملة": "currency",
        "تاريخ البداية": "starts",
    }


def test_field_is_guessed_once_and_its_own_name_first():
    assert guess(["price", "mrr", "id", "ID"], resources.SUBSCRIPTIONS) == {"price": "price", "id": "id"}


def test_columns_of_the_same_name_are_left_to_the_person():
    assert guess(["name", "name", "id"], resources.ACCOUNTS) == {"id": "id"}


# Days


def test_days_that_one_format_reads_are_read_by_it():
    formats = date_formats(["05/03/2026", "31/12/2026", ""])

    assert one_way(formats) == "%d/%m/%Y"
    assert (formats[0].fits, formats[0].total, formats[0].example) == (2, 2, "31/12/2026")
    assert formats[0].read.date().isoformat() == "2026-12-31"


def test_days_that_can_be_read_in_two_ways_are_asked_for():
    formats = date_formats(["05/03/2026", "01/02/2026"])

    assert {one.pattern for one in formats} == {"%d/%m/%Y", "%m/%d/%Y"}
    assert one_way(formats) is None


def test_some_slips_do_not_hide_the_format():
    cells = [f"{number:02}/01/2026" for number in range(1, 31)] + ["soon"]

    formats = date_formats(cells)

    assert one_way(formats) == "%d/%m/%Y"
    assert (formats[0].fits, formats[0].total) == (30, 31)


@pytest.mark.parametrize(
    ("cell", "pattern"),
    [
        ("2026-03-31", ""),
        ("٢٠٢٦-٠٣-٣١", ""),
        ("31.03.2026 10:15", "%d.%m.%Y %H:%M"),
        ("31 Mar 2026", "%d %b %Y"),
        ("12/31/26", "%m/%d/%y"),
    ],
)
def test_ways_to_write_days(cell, pattern):
    assert one_way(date_formats([cell])) == pattern


def test_days_of_a_workbook_beside_typed_ones_need_the_format_of_these():
    formats = date_formats(["2026-03-31", "2026-04-30", "13/05/2026"])

    assert one_way(formats) == "%d/%m/%Y"
    assert (formats[0].fits, formats[0].example) == (3, "13/05/2026")


def test_what_is_no_day_has_no_format():
    assert date_formats(["Riyadh", "12"]) == []
    assert one_way([]) is None


def test_proposed_format_reads_the_days():
    (best, *_others) = date_formats(["31/03/2026"])

    assert day("31/03/2026", guessing.Conventions(date_format=best.pattern)).isoformat() == "2026-03-31"


# Numbers


@pytest.mark.parametrize(
    ("cells", "signs"),
    [
        (["1234.56", "7"], ["", ".", ","]),
        (["1.234,56", "7,5"], [","]),
        (["1,234", "7"], [".", ","]),
        (["1,234.5", "7"], ["", "."]),
        (["١٢٣٫٥"], ["", ".", ","]),
        ([], ["", ".", ","]),
    ],
)
def test_signs_that_read_the_numbers(cells, signs):
    assert decimal_signs(cells) == signs


# Encoding


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("name\nNajm\n", "ascii", "utf-8-sig"),
        ("name\nشركة النخيل\n", "utf-8", "utf-8-sig"),
        ("name\nشركة النخيل\n", "utf-8-sig", "utf-8-sig"),
        ("name\nشركة النخيل\nNajm\n", "windows-1256", "windows-1256"),
        ("شركة", "windows-1256", "windows-1256"),
        ("name\nشركة\n", "windows-1256", "windows-1256"),
    ],
)
def test_encoding_is_recognised(text, encoding, found):
    assert encoding_of(text.encode(encoding)) == found


def test_one_line_in_another_encoding_does_not_decide():
    lines = ["شركة النخيل".encode()] * 5 + ["شركة النخيل".encode("windows-1256")]

    assert encoding_of(b"\n".join([*lines, b""])) == "utf-8-sig"


def test_letter_cut_by_the_sample_is_no_fault():
    sample = ("شركة النخيل\n" * 3).encode()[:-2]

    assert encoding_of(sample) == "utf-8-sig"


# Values


def test_words_that_are_no_choice_are_asked_for_by_frequency():
    parse = resources.ACCOUNTS.columns["stage"].parse

    assert guessing.values_to_translate(["Active", "Live", "gone", "Active", ""], parse) == ["Active", "gone"]
