"""What speaks of a person and what does not, held against PostgreSQL too, which must see the same."""

import pytest
from django.db import connection

from cxhub.persons.words import Words, found_in, in_json

OF_JANE = Words(
    names=frozenset({"Jane O'Brien", "جمانة الراشد"}),
    emails=frozenset({"Jane.OBrien@rafeef.example"}),
    phones=frozenset({"+966 50 123 4567"}),
)

SPEAK = [
    "Jane O'Brien called",
    "JANE O’BRIEN",
    "obrien: O'BRIEN, Jane",
    "(jane)o'brien",
    "اتصلت جمانه الراشد",
    "للسيدة وجُمانة، الرَّاشد",
    "write to jane.obrien@RAFEEF.example.",
    "?q=jane.obrien%40rafeef.example&page=2",
    "<Jane.OBrien@rafeef.example>",
    "0501234567",
    "00966-50-123-4567",
    "٠٥٠ ١٢٣ ٤٥٦٧",
    "call (050) 123.4567 now",
    "Ｊａｎｅ O'Brien",
    "jane\n\n\to'brien",
    "050   123\t\r\n4567",
]
ARE_SILENT = [
    "",
    "Jane called",
    "O'Brien & Sons",
    "Janet O'Brien",
    "another.jane.obrien@rafeef.example",
    "jane.obrien@rafeef.example.org",
    "jane.obrien@rafeef.examples",
    "050 123 45678",
    "501 234 56",
    "جمانة",
]


def in_the_database(text, signs):
    condition, parameters = found_in("said", signs)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {condition} FROM (SELECT %s::text) given (said)", [*parameters, text])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("text", SPEAK)
def test_every_spelling_speaks(text):
    assert OF_JANE.are_in(text)
    assert in_the_database(text, OF_JANE.signs)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ARE_SILENT)
def test_other_people_do_not(text):
    assert not OF_JANE.are_in(text)
    assert not in_the_database(text, OF_JANE.signs)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "Ali", "Jane O'Brien", "a\\d", "x" * 50])
def test_nothing_known_is_found_nowhere(text):
    nobody = Words(frozenset({""}), frozenset(), frozenset({"", "123"}))

    assert nobody.signs == []
    assert not nobody.are_in(text)
    assert not in_the_database(text, nobody.signs)


def test_one_word_is_a_hint_and_no_sign():
    ali = Words(names=frozenset({"Ali"}))

    assert (ali.signs, len(ali.hints)) == ([], 1)
    assert len(OF_JANE.hints) == len(OF_JANE.signs) + 4


@pytest.mark.django_db
def test_names_are_no_patterns():
    odd = Words(names=frozenset({"J.* (Smith) [x]"}), emails=frozenset({"a+b@x.example"}))

    assert odd.are_in("x smith J.*")
    assert odd.are_in("a+b@x.example")
    assert not odd.are_in("aab@x.example")
    assert in_the_database("A+B@X.example", odd.signs)


def test_texts_inside_of_structures_are_emptied_and_the_rest_stays():
    told = {
        "name": "Jane O'Brien",
        "rows": [["Jane", "O'Brien"], {"to jane.obrien@rafeef.example": 7, "phone": 966501234567}],
        "count": 3,
        "share": None,
        "is_new": True,
    }

    assert OF_JANE.without(told) == {
        "name": "",
        "rows": [["Jane", "O'Brien"], {"": 7, "phone": ""}],
        "count": 3,
        "share": None,
        "is_new": True,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Call\nJane\tO'Brien", 'said "Jane" "O\'Brien"', "a\\b/Jane O'Brien"])
def test_structures_are_looked_into_past_their_escapes(text):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (said jsonb) ON COMMIT DROP")
        cursor.execute("INSERT INTO kept VALUES (jsonb_build_object('note', %s::text))", [text])
        condition, parameters = found_in(in_json("said"), OF_JANE.signs)
        cursor.execute(f"SELECT {condition} FROM kept", parameters)
        assert cursor.fetchone() == (True,)
