import pytest
from django.db import connection

from accounts.intake.digests import digest, digits


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["97980cfea0067", "سارة الزهراني", "a\x1fb", "\\t'\"\n", "😀" * 50, " ", "é", "e\u0301"]
)
def test_digest_is_that_of_the_database(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cxhub_digest(%s, %s, %s)", ["متجر", "user", value])
        [of_database] = cursor.fetchone()

    assert digest("متجر", "user", value) == of_database


def test_digits_are_those_of_the_digest():
    assert digits("shop", "user", "7") == digest("shop", "user", "7").hex


def test_source_and_kind_make_another_digest():
    assert (
        len({digest(*one) for one in [("a", "user", "1"), ("b", "user", "1"), ("a", "anonymous", "1")]}) == 3
    )
