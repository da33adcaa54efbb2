"""By paper: 160 septets or 70 pairs of bytes alone, 153 or 67 of several."""

import pytest

from accounts.messages.segments import Size, size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Size(is_gsm=True, units=0, segments=0, left=160)),
        ("Hello", Size(is_gsm=True, units=5, segments=1, left=155)),
        ("a" * 160, Size(is_gsm=True, units=160, segments=1, left=0)),
        ("a" * 161, Size(is_gsm=True, units=161, segments=2, left=145)),
        ("a" * 306, Size(is_gsm=True, units=306, segments=2, left=0)),
        ("a" * 307, Size(is_gsm=True, units=307, segments=3, left=152)),
        ("€" * 80, Size(is_gsm=True, units=160, segments=1, left=0)),
        ("مرحبا", Size(is_gsm=False, units=5, segments=1, left=65)),
        ("م" * 70, Size(is_gsm=False, units=70, segments=1, left=0)),
        ("م" * 71, Size(is_gsm=False, units=71, segments=2, left=63)),
        ("م" * 134, Size(is_gsm=False, units=134, segments=2, left=0)),
        ("م" * 135, Size(is_gsm=False, units=135, segments=3, left=66)),
        # Two pairs of bytes each.
        ("🎉" * 35, Size(is_gsm=False, units=70, segments=1, left=0)),
    ],
)
def test_size(text, expected):
    assert size(text) == expected


def test_character_of_two_units_is_not_cut_in_two():
    # 152 septets leave one of 153, and the euro sign needs two.
    assert size("a" * 152 + "€" + "a" * 152) == Size(is_gsm=True, units=306, segments=3, left=152)
    assert size("م" * 66 + "🎉" + "م" * 66) == Size(is_gsm=False, units=134, segments=3, left=66)


def test_one_letter_beyond_the_alphabet_makes_all_of_it_ucs_2():
    assert size("a" * 100).segments == 1
    assert size("a" * 99 + "م").segments == 2
    assert not size("naïve").is_gsm
