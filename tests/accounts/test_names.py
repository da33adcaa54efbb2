"""How names are found, however they are spelt, and texts in two languages."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.fields import LocalizedField
from accounts.models import (
    Account,
    Product,
)
from accounts.models.accounts import SearchKey
from accounts.texts import Text, search_key
from tests.factories import account, plain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("  Najm   LOGISTICS ", "najm logistics"),
        ("أحمد", "احمد"),
        ("إيمان الآغا", "ايمان الاغا"),
        ("مُؤَسَّسَة", "موسسه"),
        ("شـــركة", "شركه"),
        ("منى", "مني"),
        ("شرکة ایران", "شركه ايران"),  # keyboards of Persian and Urdu
        ("ھند ہند", "هند هند"),
        ("رقم ٤٢", "رقم 42"),
        ("ﺷﺮﻛﺔ", "شركه"),  # letters of presentation
        ("\u202bنجم\u202c", "نجم"),  # marks of direction
        ("Ｎａｊｍ", "najm"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ", "οδοσ"),
    ],
)
def test_search_key_folds_what_people_type_for_one_another(name, key):
    assert search_key(name) == key
    assert key_in_the_database([name]) == [key]


# Scripts that people here write in, the characters that the rule names, and any other.
NAMES = st.text(
    st.one_of(
        st.characters(max_codepoint=0x24F, exclude_characters="\0"),
        st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFF),
        st.sampled_from("أإآٱىةؤئ٠٩۰۹ـ \u00a0\u2003\u200f\u0130\u03a3ẞßﬁ"),
        st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None)
@given(names=st.lists(NAMES, min_size=40, max_size=40))
def test_search_key_is_the_same_in_the_database(names):
    assert key_in_the_database(names) == [search_key(name) for name in names]


def key_in_the_database(names):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cxhub_search_key(name) FROM unnest(%s::text[]) WITH ORDINALITY given(name, place) ORDER BY place",
            [names],
        )
        return [key for (key,) in cursor.fetchall()]


@given(name=NAMES)
@settings(max_examples=50, deadline=None)
def test_search_key_of_a_key_is_itself(name):
    assert search_key(search_key(name)) == search_key(name)


def test_accounts_are_found_however_they_are_spelt():
    account("شركة النَّجم للخدمات")
    account("Müller & Söhne")

    found = [Account.objects.named_like(text).count() for text in ("شركه النجم", "MÜLLER", "خدمات", "muller")]
    assert found == [1, 1, 1, 0]
    in_any_order = [
        Account.objects.named_like(text).count() for text in ("النجم شرکة", "söhne müll", "النجم söhne")
    ]
    assert in_any_order == [1, 1, 0]
    assert Account.objects.filter(name_key=SearchKey(models.Value("MÜLLER & söhne"))).count() == 1


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Invoice"), ("ar", "فاتورة"), ("ar-sa", "فاتورة"), ("fr", "Invoice")]
)
def test_text_is_given_in_the_language_or_another(language, text):
    assert Text(en="Invoice", ar="فاتورة").in_language(language) == text
    assert Text(ar="فاتورة").in_language("en") == "فاتورة"
    assert str(Text()) == ""


def test_localized_text_comes_back_as_it_was():
    plain(Product, name={"en": "Invoice", "ar": "فاتورة"})

    assert isinstance(Product.objects.get().name, Text)
    assert LocalizedField().to_python("Invoice") == {"en": "Invoice"}


@pytest.mark.parametrize("value", [{"xx": "?"}, {"en": 1}, ["en"]])
def test_localized_text_of_another_shape_is_refused(value):
    with pytest.raises(ValidationError):
        LocalizedField(blank=True).clean(value, None)
