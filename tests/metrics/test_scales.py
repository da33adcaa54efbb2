from metrics.scales import Scale, mark, scale_of


def test_scale_of_shares_begins_at_nothing_and_ends_at_a_round_share():
    assert scale_of([0.012, 0.034], "%") == Scale(0.0, 0.05)
    assert scale_of([0.3, None], "%") == Scale(0.0, 0.5)


def test_scale_of_a_share_above_one_reaches_it():
    assert scale_of([1.07], "%") == Scale(0.0, 1.07)


def test_scale_with_values_below_zero_holds_zero():
    scale = scale_of([-10, -2], "money")

    assert scale.start < -10
    assert scale.end > 0
    assert mark(scale, -10).zero is not None


def test_scale_of_nothing():
    assert scale_of([None], "%") is None


def test_scale_of_zero_alone_has_a_length():
    assert scale_of([0], "count") == Scale(0.0, 1.0)


def test_mark_stands_inside_its_interval():
    drawn = mark(Scale(0.0, 1.0), 0.5, 0.25, 0.8)

    assert (drawn.low, drawn.point, drawn.high, drawn.width) == (25.0, 50.0, 80.0, 55.0)
