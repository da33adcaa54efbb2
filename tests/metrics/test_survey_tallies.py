"""How often each answer was given."""

import pytest

from accounts.texts import Text
from metrics.survey_tallies import Group, labels_of, told
from surveys.content import CHOOSING, Kind, Question
from surveys.scales import BUILT_IN

OPTIONS = {"price": "Price", "help": "Help"}


def lines(kind, *groups, **fields):
    question = Question("q", kind, Text(en="Which?"), **fields)
    labels = labels_of(question, OPTIONS if kind in CHOOSING else {}, BUILT_IN.get(question.scale))
    found = told(question, labels, [Group(1, value, count) for value, count in groups])
    return {line.label: (line.count, round(line.share, 2)) for line in found.lines}


@pytest.mark.parametrize(
    ("kind", "groups", "counts"),
    [
        (
            Kind.ONE,
            [("price", 3), ("gone", 1)],
            {"Price": (3, 0.75), "Help": (0, 0.0), "Another answer": (1, 0.25)},
        ),
        (Kind.SEVERAL, [(["price", "help"], 1), (["help"], 1)], {"Price": (1, 0.5), "Help": (2, 1.0)}),
        (
            Kind.RANKING,
            [(["help", "price"], 2), (["price", "help"], 2)],
            {"Price": (2, 0.5), "Help": (2, 0.5)},
        ),
        (Kind.DATE, [("2026-02-03", 1), ("2026-02-09", 2)], {"2026-02": (3, 1.0)}),
    ],
)
def test_answers_are_counted_as_shares_of_those_who_answered(kind, groups, counts):
    assert lines(kind, *groups) == counts


def test_numbers_stand_in_their_order():
    found = told(Question("q", Kind.NUMBER, Text()), {}, [Group(1, 10, 1), Group(1, 9, 2)])

    assert [line.label for line in found.lines] == ["9", "10"]
    assert round(found.mean, 2) == 9.33


def test_many_different_numbers_are_their_mean_alone():
    found = told(Question("q", Kind.NUMBER, Text()), {}, [Group(1, number, 1) for number in range(13)])

    assert (found.lines, found.mean) == ([], 6)


def test_scale_has_a_line_for_each_point():
    assert list(lines(Kind.SCALE, (1, 2), scale="thumbs")) == ["0 👎", "1 👍"]


def test_versions_are_counted_apart():
    groups = [Group(1, True, 2), Group(2, True, 3), Group(2, False, 1)]

    found = told(Question("q", Kind.YES_NO, Text()), {"yes": "Yes", "no": "No"}, groups, versions=(1, 2))

    assert [line.counts for line in found.lines] == [(2, 3), (0, 1)]
