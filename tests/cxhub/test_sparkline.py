import re

from hypothesis import given
from hypothesis import strategies as st

from cxhub.sparkline import HEIGHT, WIDTH, draw


def numbers_in(line):
    return [float(part) for part in re.findall(r"-?[0-9.]+", line.replace("h0", ""))]


def test_one_value_makes_no_line():
    assert draw([3]) is None
    assert draw([None, 3, None]) is None
    assert draw([]) is None


def test_line_goes_from_edge_to_edge_and_up_for_more():
    drawn = draw([1, 2])

    assert drawn.line == "M0.0 22.0L100.0 2.0"
    assert drawn.end == "M100.0 2.0h0"


def test_a_missing_value_breaks_the_line():
    drawn = draw([1, 2, None, 2, 3])

    assert drawn.line.count("M") == 2
    assert drawn.area.count("Z") == 2


def test_values_that_never_move_lie_in_the_middle():
    assert draw([5, 5, 5]).line == "M0.0 12.0L50.0 12.0L100.0 12.0"


@given(st.lists(st.none() | st.floats(-1e12, 1e12), max_size=40))
def test_every_point_stays_inside_the_box(values):
    drawn = draw(values)

    if drawn:
        points = numbers_in(drawn.line)
        assert all(0 <= x <= WIDTH for x in points[::2])
        assert all(0 <= y <= HEIGHT for y in points[1::2])
