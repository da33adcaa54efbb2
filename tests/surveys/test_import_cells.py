"""A cell of a file becomes the answer that the page would have kept, or is refused with its reason."""

import pytest

from accounts.imports import Conventions
from accounts.imports.columns import Refused
from accounts.texts import Text
from surveys.content import Kind, Option, Question
from surveys.import_cells import reader_of
from surveys.scales import BUILT_IN

OPTIONS = (
    Option("price", Text(en="Price", ar="السعر")),
    Option("speed", Text(en="Speed; or rest", ar="السرعة")),
    Option("care", Text(en="Care", ar="العناية")),
)


def question(kind, **fields):
    return Question("q", kind, Text(en="What?"), **fields)


def choice(kind, **fields):
    return question(kind, options=OPTIONS, **fields)


NPS, CSAT = question(Kind.SCALE, scale="nps"), question(Kind.SCALE, scale="csat")
ONE, ANY = choice(Kind.ONE), choice(Kind.SEVERAL)
NUMBER = question(Kind.NUMBER, least=1, most=50)


def read(asked, cell, **conventions):
    return reader_of(asked, BUILT_IN)(cell, Conventions(**conventions))


@pytest.mark.parametrize(
    ("asked", "cell", "answer"),
    [
        (NPS, "9", 9),
        (NPS, "١٠", 10),
        (NPS, "Extremely likely", 10),
        (CSAT, "غير راض", 2),
        (ONE, "price", "price"),
        (ONE, "CARE", "care"),
        (choice(Kind.DROPDOWN), "السعر", "price"),
        (choice(Kind.PICTURE), "Speed; or rest", "speed"),
        (choice(Kind.ONE, has_other=True), "Fax", {"other": "Fax"}),
        (choice(Kind.ONE, has_other=True), "Price", "price"),
        (ANY, "العناية;Price;", ["price", "care"]),
        (ANY, "Speed; or rest; Price", ["price", "speed"]),
        (choice(Kind.SEVERAL, has_other=True), "Fax; Care; Post", ["care", {"other": "Fax; Post"}]),
        (choice(Kind.RANKING), "Care; price", ["care", "price"]),
        (question(Kind.YES_NO), "نعم", True),
        (question(Kind.YES_NO), "No", False),
        (question(Kind.CONSENT), "لا", False),
        (NUMBER, "١٢٫٥", 12.5),
        (NUMBER, "12", 12),
        (question(Kind.DATE), "2026-01-31", "2026-01-31"),
        (question(Kind.SHORT), "'=1+1", "=1+1"),
        (question(Kind.LONG), "It's slow\nand dear", "It's slow\nand dear"),
        (
            question(Kind.CONTACT),
            "Sara\nsara@x.example\n+966 1",
            {"name": "Sara", "email": "sara@x.example", "phone": "+966 1"},
        ),
        (question(Kind.CONTACT), "sara@x.example", {"email": "sara@x.example"}),
    ],
)
def test_cell_is_what_the_page_would_keep(asked, cell, answer):
    assert read(asked, cell) == answer


def test_days_are_read_as_the_file_writes_them():
    assert read(question(Kind.DATE), "٠٣/٠٢/٢٠٢٦", date_format="%d/%m/%Y") == "2026-02-03"


@pytest.mark.parametrize(
    ("asked", "cell", "reason"),
    [
        (NPS, "11", "This must lie between 0 and 10."),
        (CSAT, "0", "This must lie between 1 and 5."),
        (NPS, "8.5", "This is not a whole number."),
        (NPS, "great", "This is not a number."),
        (ONE, "Fax", "This is none of: price / Price / السعر, "),
        (ANY, "Price; Fax", "This is none of: "),
        (choice(Kind.SEVERAL, most=1), "Price; Care", "Choose at most 1."),
        (choice(Kind.ONE, has_other=True), "x" * 301, "Too long"),
        (choice(Kind.RANKING), "Price; السعر", "Give each a place of its own."),
        (question(Kind.YES_NO), "perhaps", "This is neither yes nor no."),
        (NUMBER, "60", "Ensure this value is less than or equal to 50."),
        (question(Kind.DATE), "03/02/2026", "Only dates written as"),
        (question(Kind.SHORT), "x" * 301, "Ensure this value has at most 300 characters"),
        (question(Kind.CONTACT), "Sara", "Give an address or a number."),
    ],
)
def test_cell_that_is_no_answer_is_refused(asked, cell, reason):
    with pytest.raises(Refused) as refused:
        read(asked, cell)

    assert str(refused.value).startswith(reason)
