"""What questions cost."""

import pytest

from tests import factories
from tests.metrics.api.calling import ok


@pytest.mark.parametrize(
    ("path", "query", "statements"),
    [
        ("metrics/mrr/", {}, 5),
        ("metrics/mrr/", {"by": "segment"}, 7),
        ("metrics/mrr/rows/", {}, 8),
    ],
)
def test_questions_cost_the_same_for_one_account_and_for_many(
    get, book, django_assert_num_queries, path, query, statements
):
    """Token, settings row, rates, feeds, the one statement (and with a split once more, with rows the names)."""
    ok(get(path, **query))

    with django_assert_num_queries(statements):
        ok(get(path, **query))
    for number in range(5):
        factories.subscription(factories.account(f"More {number}", segment=f"s{number}"), 10, "2026-01-01")
    with django_assert_num_queries(statements):
        ok(get(path, **query))
