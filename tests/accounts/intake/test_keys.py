from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.intake import keys
from accounts.models import WriteKey
from tests.accounts.intake.calling import NOW

pytestmark = pytest.mark.django_db


def test_key_of_a_server_is_kept_as_its_hash_alone(shop):
    row, text = shop

    assert keys.find(text) == row
    assert (row.public_key, row.digest) == ("", keys.hashed(text))
    assert text not in str(WriteKey.objects.values().get())


def test_key_of_a_browser_can_be_read_again(pages):
    row, text = pages

    assert row.public_key == text


def test_key_of_a_sandbox_is_a_secret_too(sandbox):
    assert sandbox[0].public_key == ""


@pytest.mark.parametrize("text", ["", "cxw_", "\0", "é", "\ud800", "x" * 100_000])
def test_key_that_is_none_finds_nobody(shop, text):
    assert keys.find(text) is None


def test_revoked_key_finds_nobody_at_once(shop):
    row, text = shop

    assert keys.revoke(row, NOW)

    assert keys.find(text) is None
    assert not keys.revoke(row, NOW + timedelta(days=1))
    assert WriteKey.objects.get().revoked_at == NOW


def test_key_needs_a_name_and_a_source_that_is_not_ours():
    with pytest.raises(ValidationError) as refused:
        keys.make(name="", source="cxhub", kind=WriteKey.Kind.SERVER)

    assert set(refused.value.message_dict) == {"name", "source"}


def test_use_is_noted_once_a_minute(shop, django_assert_num_queries):
    row, _text = shop

    keys.note_use(row, NOW)
    row.refresh_from_db()
    with django_assert_num_queries(0):
        keys.note_use(row, NOW + timedelta(seconds=59))
    assert row.last_used_at == NOW

    keys.note_use(row, NOW + timedelta(seconds=61))
    row.refresh_from_db()
    assert row.last_used_at == NOW + timedelta(seconds=61)


def test_origins_are_those_of_valid_keys_of_browsers(shop, pages):
    row, _text = pages

    assert keys.takes(row, "https://shop.example")
    assert not keys.takes(row, "https://evil.example")
    assert not keys.takes(shop[0], "https://shop.example")
    assert keys.any_takes("https://shop.example")
    assert not keys.any_takes("https://evil.example")

    keys.revoke(row, NOW)
    assert not keys.any_takes("https://shop.example")


@pytest.mark.parametrize(
    ("entered", "sent"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://shop.example", "HTTPS://SHOP.example:443"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_origin_is_the_same_in_any_spelling(entered, sent):
    row, _text = keys.make(name="Pages", source="shop", kind=WriteKey.Kind.BROWSER, origins=[entered])

    assert keys.takes(row, sent)
    assert keys.any_takes(sent)


@pytest.mark.parametrize(
    "sent", ["http://shop.example:443", "https://shop.example:80", "https://shop.example:8443", "null", ""]
)
def test_port_that_goes_without_saying_is_that_of_the_scheme(pages, sent):
    assert not keys.takes(pages[0], sent)


def test_key_without_origins_takes_all():
    row, _text = keys.make(name="Pages", source="shop", kind=WriteKey.Kind.BROWSER)

    assert keys.takes(row, "https://anywhere.example")
