"""Texts of SMS, the words that end them, and numbers: without a database."""

import pytest

from accounts.messages import texting
from accounts.messages.keywords import Wish, wish_of
from accounts.messages.numbers import BadNumber, in_full


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("Read https://a.example/x.", ("https://a.example/x",)),
        ("(https://a.example/a_(b))", ("https://a.example/a_(b)",)),
        ("اقرأ https://a.example/x، ثم http://b.example؟", ("https://a.example/x", "http://b.example")),
        (
            "https://a.example/?a=1&b=2#c twice: https://a.example/?a=1&b=2#c",
            ("https://a.example/?a=1&b=2#c",) * 2,
        ),
        ("a.example and ftp://a.example and mailto:a@a.example", ()),
    ],
)
def test_addresses_are_links_without_what_ends_the_sentence(body, links):
    assert texting.links(body) == links


def test_fields_and_links_are_put_in():
    body = (
        "Hi {{ first_name | there }}, see https://a.example/1, or https://a.example/2!\r\n*2*3* {{account}}"
    )
    values = {"first_name": "Sara\nhttps://evil.example", "account": "Najm"}

    text = texting.filled(body, values, lambda number: f"<{number}>")

    assert text == "Hi Sara https://evil.example, see <0>, or <1>!\n*2*3* Najm"
    assert texting.filled("{{ first_name | there }}", {}, str) == "there"


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stop!\n", "«STOP»", "stopall", "Stop  all", "Unsubscribe", "cancel", "END", "quit"]
    + ["إيقاف", "ايقاف", "إِيقاف ", "إيقـــاف", "الغاء", "إلغاء.", "توقف!", "\u200fتوقف\u200f", "🛑 STOP 🛑"],
)
def test_words_that_stop(text):
    assert wish_of(text) == Wish.STOP


@pytest.mark.parametrize("text", ["START", "unstop", "اشتراك", "ابدأ", "إبدأ", "أبدا"])
def test_words_that_start(text):
    assert wish_of(text) == Wish.START


@pytest.mark.parametrize(
    "text", ["", "!", "Please do not stop", "stop it", "لا تتوقف", "توقف عن ذلك", "s t o p"]
)
def test_other_words_wish_nothing(text):
    assert wish_of(text) is None


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("+966501234567", "", "+966501234567"),
        ("+966 50-123 4567", "", "+966501234567"),
        ("00966501234567", "", "+966501234567"),
        ("٠٥٠١٢٣٤٥٦٧", "SA", "+966501234567"),
        ("+٩٦٦٥٠١٢٣٤٥٦٧", "", "+966501234567"),
        ("۰۵۰۱۲۳۴۵۶۷", "SA", "+966501234567"),
        ("\u200e+966501234567\u200f", "", "+966501234567"),
        ("(415) 867-5309", "US", "+14158675309"),
    ],
)
def test_numbers_are_written_in_full(written, country, number):
    assert in_full(written, country) == number


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("", ""),
        ("hello", "SA"),
        ("0501234567", ""),
        ("0501234567", "XX"),
        ("+96650", ""),
        ("+966501234567 ext. 5", ""),
    ],
)
def test_what_is_no_number_is_said(written, country):
    with pytest.raises(BadNumber):
        in_full(written, country)
