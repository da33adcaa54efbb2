"""What a value on each scale counts as."""

import pytest

from surveys.scales import BUILT_IN, LEAST_POINTS, MOST_POINTS, Band, Measure

LOW, MIDDLE, HIGH = Band.LOW, Band.MIDDLE, Band.HIGH


@pytest.mark.parametrize(
    ("scale", "bands"),
    [
        ("nps", [LOW] * 7 + [MIDDLE] * 2 + [HIGH] * 2),
        ("csat", [LOW, LOW, MIDDLE, HIGH, HIGH]),
        ("ces", [LOW, LOW, LOW, MIDDLE, HIGH, HIGH, HIGH]),
        ("ces5", [LOW, LOW, MIDDLE, HIGH, HIGH]),
        ("smileys", [LOW, MIDDLE, HIGH]),
        ("thumbs", [LOW, HIGH]),
        ("stars", [LOW, LOW, MIDDLE, HIGH, HIGH]),
    ],
)
def test_bands(scale, bands):
    points = BUILT_IN[scale].points

    assert [BUILT_IN[scale].band(point.value) for point in points] == bands


@pytest.mark.parametrize(
    ("scale", "least", "most", "measure"),
    [
        ("nps", 0, 10, Measure.NPS),
        ("csat", 1, 5, Measure.CSAT),
        ("ces", 1, 7, Measure.CES),
        ("ces5", 1, 5, Measure.CES),
        ("smileys", 1, 3, Measure.CSAT),
        ("thumbs", 0, 1, Measure.CSAT),
        ("stars", 1, 5, Measure.CSAT),
    ],
)
def test_range_and_what_it_measures(scale, least, most, measure):
    found = BUILT_IN[scale]

    assert (found.least, found.most, found.measure) == (least, most, measure)


def test_a_question_asked_the_other_way_round_is_turned():
    ces = BUILT_IN["ces"]

    assert [ces.score(value, is_turned=True) for value in range(1, 8)] == [7, 6, 5, 4, 3, 2, 1]
    assert ces.band(ces.score(1, is_turned=True)) == HIGH
    assert ces.score(2) == 2


@pytest.mark.parametrize("scale", BUILT_IN.values(), ids=BUILT_IN)
def test_points_lie_one_apart_and_say_what_they_are(scale):
    values = [point.value for point in scale.points]

    assert values == list(range(scale.least, scale.most + 1))
    assert LEAST_POINTS <= len(values) <= MOST_POINTS
    assert scale.points[0].label
    assert scale.points[-1].label
    assert all(set(point.label) == {"en", "ar"} for point in scale.points if point.label)
    assert set(scale.name) == {"en", "ar"}


def test_only_long_scales_leave_points_without_words():
    bare = {key for key, scale in BUILT_IN.items() for point in scale.points if not point.label}

    assert bare == {"nps"}


def test_signs_stand_where_there_are_no_words():
    assert [point.sign for point in BUILT_IN["smileys"].points] == ["🙁", "😐", "🙂"]
    assert [point.sign for point in BUILT_IN["thumbs"].points] == ["👎", "👍"]
    assert {point.sign for point in BUILT_IN["csat"].points} == {""}
