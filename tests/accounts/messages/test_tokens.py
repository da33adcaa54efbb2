import pytest

from accounts.messages import tokens


@pytest.mark.parametrize("message", [1, 4711, 2**63 - 1])
def test_token_stands_for_its_message(message):
    token = tokens.of(message, tokens.LINK)

    assert tokens.read(token, tokens.LINK) == message
    assert tokens.read(token.upper(), tokens.LINK) == message
    assert token.isalnum()
    assert len(token) <= 29


def test_token_of_one_use_is_none_of_another():
    assert tokens.read(tokens.of(1, tokens.REPLY), tokens.LINK) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[1:],
        lambda token: "2" + token[1:],
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token[:-1] + "ب",
        lambda token: "٣" + token[1:],
        lambda token: token + token,
        lambda token: "9" * 400 + token,
        lambda token: "-" + token,
    ],
)
def test_changed_token_stands_for_nothing(change):
    assert tokens.read(change(tokens.of(1, tokens.LINK)), tokens.LINK) is None


def test_number_that_is_no_row_has_no_token():
    assert tokens.read(tokens.of(2**63, tokens.LINK), tokens.LINK) is None


@pytest.mark.parametrize("message", [1, 4711, 2**63 - 1])
@pytest.mark.parametrize("place", [tokens.PREFERENCES, 1, 63])
def test_short_token_stands_for_a_place_of_its_message(message, place):
    token = tokens.short(message, place)

    assert tokens.read_short(token) == (message, place)
    assert token.isalnum()
    assert len(tokens.short(10**8, 1)) <= 16


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[1:],
        lambda token: "0" + token,
        lambda token: "2" + token[1:],
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token[:-1] + "ب",
        lambda token: "٣" + token[1:],
        lambda token: "z" * 400 + token,
        lambda token: "-" + token,
        str.swapcase,
    ],
)
def test_changed_short_token_stands_for_nothing(change):
    assert tokens.read_short(change(tokens.short(4711, 1))) is None


def test_short_token_of_a_link_is_none_of_another():
    first, second = tokens.short(1, 1), tokens.short(1, 2)

    assert first[-10:] != second[-10:]
    assert tokens.read_short(second[:-10] + first[-10:]) is None
