"""Which parts of a whole can be shown."""

import pytest

from metrics.small_parts import shown_of


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({}, set()),
        ({"a": 4}, set()),
        ({"a": 5}, {"a"}),
        ({"a": 9, "b": 5}, {"a", "b"}),
        ({"a": 9, "b": 4}, set()),
        ({"a": 9, "b": 8, "c": 1}, {"a"}),
        ({"a": 9, "b": 3, "c": 2}, {"a"}),
        ({"a": 9, "b": 0}, {"a"}),
    ],
)
def test_part_is_shown_where_it_and_all_others_have_five(sizes, shown):
    assert set(shown_of(sizes)) == shown
