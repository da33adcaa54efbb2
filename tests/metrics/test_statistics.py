import csv
import json
import math
import os
import statistics
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics import (
    LEVEL,
    Interval,
    Sums,
    benjamini_hochberg,
    bootstrap,
    bootstrap_ratio,
    difference,
    difference_is_real,
    difference_p_value,
    kaplan_meier,
    median_interval,
    median_ranks,
    n_star,
    nps_clustered,
    nps_interval,
    nps_unit_variance,
    student_ratio,
    wilson,
    wilson_clustered,
)

SHARES = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
ACCOUNTS = st.lists(SHARES, min_size=2, max_size=40)
AMOUNTS = st.lists(
    st.tuples(st.floats(0, 1e6).map(lambda x: round(x, 2)), st.floats(1, 1e6).map(lambda x: round(x, 2))),
    min_size=2,
    max_size=40,
)
WATCHED = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def real_data():
    folder = os.environ.get("CXHUB_REAL_DATA")
    if not folder:
        pytest.skip("CXHUB_REAL_DATA names no folder with the reference numbers")
    return Path(folder)


@pytest.fixture(scope="module")
def oracles(real_data):
    return json.loads((real_data / "oracles.json").read_text())


def sums_of(accounts):
    return sum((Sums.of_account(k, n) for k, n in accounts), Sums())


def limits(interval):
    return interval.low, interval.high


def naive_variance(accounts):
    m, n = len(accounts), sum(n for k, n in accounts)
    p = sum(k for k, n in accounts) / n
    return m / (m - 1) * math.fsum((k - p * n_i) ** 2 for k, n_i in accounts) / n**2


# Sums


@given(ACCOUNTS)
def test_variance_from_sums_is_that_of_the_accounts(accounts):
    assert sums_of(accounts).variance() == pytest.approx(naive_variance(accounts), rel=1e-9, abs=1e-15)


@given(AMOUNTS)
def test_variance_of_amounts_is_that_of_the_accounts(accounts):
    sums = sums_of(accounts)
    # Amounts are squared in floats: an error in the sixteenth digit of this.
    scale = (sums.numerator_squared + sums.value**2 * sums.denominator_squared) / sums.denominator**2

    assert sums.variance() == pytest.approx(naive_variance(accounts), rel=1e-9, abs=1e-14 * scale)


@given(ACCOUNTS, st.data())
def test_sums_of_parts_add_up_to_the_whole(accounts, data):
    cut = data.draw(st.integers(0, len(accounts)))

    assert sums_of(accounts[:cut]) + sums_of(accounts[cut:]) == sums_of(accounts)


def test_accounts_without_either_number_are_not_counted():
    assert sums_of([(1, 2), (0, 0), (3, 0), (0, 4)]).accounts == 3


def test_a_unit_without_account_is_one_account():
    assert Sums.of_units(2, 5, squares=2) == sums_of([(1, 1), (1, 1), (0, 1), (0, 1), (0, 1)])


def test_without_denominator_there_is_no_value():
    assert Sums().value is None
    assert Sums(1.0, 0.0, 2, 1.0).variance() is None


def test_variance_of_equal_ratios_is_nothing_however_large():
    accounts = [(10**7 * i, 3 * 10**7 * i) for i in range(1, 50)]

    assert sums_of(accounts).variance() < 1e-20


def test_variance_survives_a_rare_failure():
    accounts = [(1000, 1000)] * 9999 + [(999, 1000)]

    assert sums_of(accounts).variance() == pytest.approx(1e-14, rel=1e-3)


# Proportions


@pytest.mark.oracle
def test_wilson_equals_published_intervals(oracles):
    for case in oracles["stat_vectors"]["wilson"]:
        assert limits(wilson(case["k"], case["n"])) == pytest.approx((case["low"], case["high"]), abs=1e-9)


@given(SHARES)
def test_wilson_equals_scipy(share):
    k, n = share
    theirs = stats.binomtest(k, n).proportion_ci(LEVEL, method="wilson")

    assert limits(wilson(k, n)) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(0, 3, 0.0, 0.5615), (3, 3, 0.4385, 1.0), (1, 1, 0.2065, 1.0)]
)
def test_wilson_ends_exactly_at_none_and_all(k, n, low, high):
    interval = wilson(k, n)

    assert limits(interval) == pytest.approx((low, high), abs=5e-5)
    assert (interval.low == 0.0, interval.high == 1.0) == (k == 0, k == n)


def test_wilson_of_nothing_is_none():
    assert wilson(0, 0) is None
    assert wilson_clustered(Sums()) is None


def test_wilson_of_very_many_is_narrow():
    interval = wilson(5 * 10**17, 10**18)

    assert interval.low < 0.5 < interval.high
    assert interval.high - interval.low < 3e-9


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_proportion(k, n):
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(k, n)


def test_clustered_wilson_on_paper():
    # p = ½, v = 4/3 · (4 · 25) / 40² = 1/12, so the forty answers tell as much as ¼ · 12 = 3.
    sums = sums_of([(10, 10), (10, 10), (0, 10), (0, 10)])

    assert n_star(sums, 0.25) == pytest.approx(3)
    assert limits(wilson_clustered(sums)) == pytest.approx(limits(wilson(1.5, 3)))


def test_clustered_wilson_of_alike_accounts_is_the_plain_one():
    # Less spread than chance would give: n* would be more than n.
    sums = sums_of([(5, 10), (5, 10), (6, 10)])

    assert limits(wilson_clustered(sums)) == limits(wilson(16, 30))


@pytest.mark.parametrize("accounts", [[(0, 5), (0, 9)], [(5, 5), (9, 9)], [(2, 4), (3, 6)]])
def test_clustered_wilson_keeps_n_where_nothing_varies(accounts):
    k, n = sum(k for k, n in accounts), sum(n for k, n in accounts)

    assert limits(wilson_clustered(sums_of(accounts))) == limits(wilson(k, n))


def test_wilson_of_one_account_says_so():
    interval = wilson_clustered(sums_of([(4, 20), (0, 0)]))

    assert limits(interval) == limits(wilson(4, 20))
    assert interval.method == "wilson, within this account"


@given(ACCOUNTS)
def test_clustered_wilson_holds_the_share_and_is_no_narrower(accounts):
    sums = sums_of(accounts)
    plain, clustered = wilson(sums.numerator, sums.denominator), wilson_clustered(sums)

    assert 0 <= clustered.low <= sums.value <= clustered.high <= 1
    assert clustered.high - clustered.low >= plain.high - plain.low - 1e-12


def test_clustered_wilson_covers_where_the_plain_one_does_not():
    generator = np.random.default_rng(7)
    hits = {"plain": 0, "clustered": 0}
    for _ in range(400):
        # Beta(3/2, 3/2) shares correlate the answers of an account by ¼.
        answered = generator.integers(1, 21, size=60)
        positive = generator.binomial(answered, generator.beta(1.5, 1.5, size=60))
        sums = sums_of(zip(positive.tolist(), answered.tolist(), strict=True))
        for name, interval in [
            ("plain", wilson(sums.numerator, sums.denominator)),
            ("clustered", wilson_clustered(sums)),
        ]:
            hits[name] += interval.low <= 0.5 <= interval.high

    assert hits["plain"] / 400 < 0.85
    assert 0.92 < hits["clustered"] / 400 < 0.98


# Means and ratios


@given(st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=2, max_size=40))
def test_student_of_one_unit_an_account_is_the_t_interval_of_the_mean(values):
    assume(len(set(values)) > 1)
    theirs = stats.t.interval(LEVEL, len(values) - 1, np.mean(values), stats.sem(values))

    assert limits(student_ratio(sums_of([(value, 1) for value in values]))) == pytest.approx(
        tuple(map(float, theirs)), rel=1e-6, abs=1e-6
    )


def test_student_weighs_accounts_by_their_units():
    accounts = [(10.0, 2), (3.0, 1), (50.0, 9)]
    half = stats.t.ppf(0.975, 2) * math.sqrt(naive_variance(accounts))

    assert limits(student_ratio(sums_of(accounts))) == pytest.approx((63 / 12 - half, 63 / 12 + half))


@pytest.mark.parametrize("accounts", [[], [(3.0, 2)], [(3.0, 0), (4.0, 0)]])
def test_student_needs_two_accounts_and_a_denominator(accounts):
    assert student_ratio(sums_of(accounts)) is None


def money(count, seed=1):
    generator = np.random.default_rng(seed)
    start = generator.lognormal(5, 1, count)
    return start * generator.uniform(0, 1.6, count), start


def test_bootstrap_is_near_the_normal_interval_of_many_accounts():
    end, start = money(2000)
    normal = student_ratio(sums_of(zip(end.tolist(), start.tolist(), strict=True)))

    interval = bootstrap_ratio(end, start, seed="net_revenue_retention:all:2026-03-15")

    width = normal.high - normal.low
    assert limits(interval) == pytest.approx(limits(normal), abs=width / 10)


def test_bootstrap_is_the_same_every_time_in_any_order():
    end, start = money(100)
    order = np.random.default_rng(2).permutation(100)

    first = bootstrap_ratio(end, start, seed="a")

    assert bootstrap_ratio(end[order].tolist(), start[order].tolist(), seed="a") == first
    assert bootstrap_ratio(end, start, seed="b") != first


def test_bootstrap_needs_thirty_accounts_that_count():
    end, start = money(30)

    assert bootstrap_ratio(end, start, seed="a") is not None
    assert bootstrap_ratio(end[:29], start[:29], seed="a") is None
    assert bootstrap_ratio([*end[:29], 0.0], [*start[:29], 0.0], seed="a") is None


def test_bootstrap_of_equal_ratios_has_no_width():
    assert limits(bootstrap_ratio([50.0] * 40, [100.0] * 40, seed="a")) == (0.5, 0.5)


def test_bootstrap_without_denominators_is_none():
    assert bootstrap_ratio([5.0] * 40, [0.0] * 40, seed="a") is None
    # One account in forty lost anything: more than a third of the draws miss it.
    assert bootstrap_ratio([5.0] * 40, [1.0] + [0.0] * 39, seed="a") is None


def test_bootstrap_draws_all_columns_together():
    rows = np.column_stack([*money(60), np.ones(60)])

    interval = bootstrap(rows, lambda totals: totals[:, 2] / 60, seed="a")

    assert limits(interval) == (1.0, 1.0)


# Medians


@pytest.mark.parametrize(
    ("n", "ranks"), [(0, None), (5, None), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (100, (40, 61))]
)
def test_median_ranks_as_tabled(n, ranks):
    assert median_ranks(n) == ranks


@given(st.integers(6, 3000))
def test_median_ranks_are_the_narrowest_that_cover(n):
    low, high = median_ranks(n)

    assert low + high == n + 1
    assert stats.binom.cdf(low - 1, n, 0.5) * 2 <= 1 - LEVEL + 1e-12
    assert stats.binom.cdf(low, n, 0.5) * 2 > 1 - LEVEL - 1e-12


def test_median_ranks_of_very_many():
    low, high = median_ranks(10**9)

    assert high - low == pytest.approx(1.959964 * math.sqrt(10**9), rel=1e-4)


@given(st.lists(st.integers(-50, 50), min_size=6, max_size=60))
def test_median_lies_inside_its_interval(values):
    interval = median_interval(values)

    assert interval.low <= statistics.median(values) <= interval.high
    assert {interval.low, interval.high} <= set(values)


def test_median_of_few_values_has_no_interval():
    assert median_interval([1, 2, 3, 4, 5]) is None


# NPS


@pytest.mark.oracle
def test_nps_equals_the_adjusted_wald_interval(oracles):
    for case in oracles["stat_vectors"]["nps"]:
        interval = nps_interval(case["promoters"], case["passives"], case["detractors"])

        assert limits(interval) == pytest.approx(
            [max(-100, min(100, limit)) for limit in case["adjusted_wald95_add_0.75_1.5_0.75"]], abs=1e-6
        )


def test_nps_of_one_promoter_is_wide():
    assert limits(nps_interval(1, 0, 0)) == pytest.approx((-48.4986, 98.4986), abs=1e-4)


def test_nps_limits_are_cut_at_a_hundred():
    assert nps_interval(10, 0, 0).high == 100.0
    assert nps_interval(0, 0, 10).low == -100.0


def test_nps_of_no_answer_is_none():
    assert nps_interval(0, 0, 0) is None


def test_units_of_as_many_accounts_are_all_independent():
    assert n_star(sums_of([(1, 1), (0, 1), (0, 1), (0, 0)]), 2 / 9) == 3
    assert n_star(sums_of([(2, 2), (0, 1), (0, 1)]), 1 / 4) == pytest.approx(16 / 9)


def test_nps_of_sums_is_that_of_the_answers():
    one_each = sums_of([(100, 1)] * 5 + [(0, 1)] * 3 + [(-100, 1)] * 2)
    of_one = sums_of([(300, 10)])

    assert limits(nps_clustered(one_each, 7 * 100**2)) == pytest.approx(limits(nps_interval(5, 3, 2)))
    assert limits(nps_clustered(of_one, 7 * 100**2)) == pytest.approx(limits(nps_interval(5, 3, 2)))


def test_nps_of_answers_that_resemble_each_other_is_wider():
    # Two accounts of promoters and one of detractors, ten answers each: v = 3/2 · 800/3 / 30² = 4/9, n* = 2.
    sums = sums_of([(10, 10), (10, 10), (-10, 10)])
    effective_n = n_star(sums, nps_unit_variance(20, 0, 10))

    interval = nps_interval(20, 0, 10, effective_n)

    assert effective_n == pytest.approx(2)
    assert limits(interval) == pytest.approx(limits(nps_interval(4 / 3, 0, 2 / 3)))


# Durations


def naive_survival(watched):
    curve, alive = {}, 1.0
    for time in sorted({time for time, seen in watched if seen}):
        at_risk = sum(other >= time for other, _ in watched)
        alive *= 1 - sum(other == time and seen for other, seen in watched) / at_risk
        curve[time] = alive
    return curve


@given(WATCHED)
def test_survival_equals_a_naive_loop(watched):
    curve = naive_survival(watched)

    survival = kaplan_meier(*zip(*watched, strict=True))

    assert survival.times.tolist() == list(curve)
    assert survival.survival.tolist() == pytest.approx(list(curve.values()))


@given(WATCHED)
def test_survival_limits_equal_scipy_on_the_log_log_scale(watched):
    times, seen = np.array([t for t, _ in watched]), np.array([s for _, s in watched])
    assume(seen.any())
    theirs = stats.ecdf(stats.CensoredData(uncensored=times[seen], right=times[~seen])).sf

    ours = kaplan_meier(times, seen)

    with warnings.catch_warnings(action="ignore"):
        band = theirs.confidence_interval(LEVEL, method="log-log")
    inside = ours.survival > 0
    assert ours.low[inside] == pytest.approx(band.low.evaluate(ours.times[inside]))
    assert ours.high[inside] == pytest.approx(band.high.evaluate(ours.times[inside]))


def test_median_duration_of_a_known_trial():
    # 6-mercaptopurine, Freireich et al. 1963: median 23 weeks, log-log limits from 13 to not reached.
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]

    median = kaplan_meier(weeks, [True] * 9 + [False] * 12).median()

    assert median.value == 23
    assert limits(median.interval) == (13, None)


def test_median_duration_of_the_placebo_arm():
    # The same trial, nobody censored: median 8 weeks, 4 to 11 on the log-log scale.
    weeks = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

    median = kaplan_meier(weeks, [True] * 21).median()

    assert median.value == 8
    assert limits(median.interval) == (4, 11)


def test_median_not_reached_is_null():
    median = kaplan_meier([1, 5, 5, 5], [True, False, False, False]).median()

    assert median.value is None
    assert median.interval.high is None


def test_median_where_exactly_half_are_left():
    # 23/24 · 22/23 · … · 12/13 is a hair above ½ in floats.
    survival = kaplan_meier(range(1, 25), [True] * 12 + [False] * 12)

    assert survival.survival[-1] > 0.5
    assert survival.median().value == 12


def test_quantile_of_ninety_percent():
    assert kaplan_meier(range(1, 101), [True] * 100).quantile(0.9).value == 90


def test_nobody_watched_gives_no_curve():
    assert kaplan_meier([], []) is None


def test_without_events_nothing_is_reached():
    survival = kaplan_meier([3, 4], [False, False])

    assert survival.median().value is None
    assert survival.reached(3) == (0.0, None)
    assert survival.reached(5) is None


def test_one_event_has_no_upper_limit():
    median = kaplan_meier([4], [True]).median()

    assert (median.value, median.interval.high) == (4, None)


def test_share_reached_by_a_day():
    survival = kaplan_meier([2, 4, 6, 8], [True, True, False, True])

    share, interval = survival.reached(5)

    assert share == 0.5
    assert interval.low < 0.5 < interval.high
    assert survival.reached(1) == (0.0, None)


def test_where_nobody_is_left_the_lower_limit_of_the_share_stays():
    survival = kaplan_meier([2, 4, 6, 8], [True, True, False, True])

    share, interval = survival.reached(100)

    assert (share, interval.high) == (1.0, 1.0)
    assert interval.low == survival.reached(5)[1].low > 0


@pytest.mark.oracle
def test_survival_of_real_customers(real_data, oracles):
    source = real_data / "telco" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"
    with source.open() as lines:
        customers = [
            (row["Contract"], int(row["tenure"]), row["Churn"] == "Yes") for row in csv.DictReader(lines)
        ]
    for contract, expected in oracles["telco"]["kaplan_meier_by_contract"].items():
        times, seen = zip(*[rest for kind, *rest in customers if kind == contract], strict=True)

        survival = kaplan_meier(times, seen)

        assert survival.median().value == expected["median_survival_months"]
        for months, share in expected["S_at_months"].items():
            assert 1 - survival.reached(int(months))[0] == pytest.approx(share, abs=1e-9)


# Changes


def test_difference_of_two_shares_as_published():
    # Newcombe 1998 (Statistics in Medicine 17:873), table II (a), method 10: 56/70 − 48/80.
    now, before = wilson(56, 70), wilson(48, 80)

    assert limits(difference(0.8, now, 0.6, before)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference_is_real(0.8, now, 0.6, before) is True


@pytest.mark.parametrize(
    ("k", "n", "k_before", "n_before", "real"),
    [(50, 100, 48, 100, False), (90, 100, 48, 100, True), (48, 100, 90, 100, True), (5, 5, 5, 5, False)],
)
def test_difference_is_real_when_its_interval_excludes_nothing(k, n, k_before, n_before, real):
    now, before = wilson(k, n), wilson(k_before, n_before)

    assert difference_is_real(k / n, now, k_before / n_before, before) is real


def test_difference_of_an_unreached_limit_is_unknown():
    reached, unreached = Interval(1.0, 3.0, LEVEL, "a"), Interval(1.0, None, LEVEL, "a")

    assert difference(2.0, reached, 2.0, unreached) is None
    assert difference_is_real(2.0, unreached, 2.0, reached) is None
    assert difference_p_value(2.0, unreached, 2.0, reached) is None


def test_difference_from_intervals_beside_their_values():
    # NPS of 100 lies above its own adjusted interval.
    perfect, poor = nps_interval(3, 0, 0), nps_interval(0, 0, 300)

    assert difference_is_real(100.0, perfect, -100.0, poor) is True


def test_p_value_of_symmetric_intervals_is_that_of_the_z_test():
    half = 1.959963984540054
    now, before = Interval(10 - half, 10 + half, LEVEL, "a"), Interval(7 - half, 7 + half, LEVEL, "a")

    assert difference_p_value(10, now, 7, before) == pytest.approx(2 * stats.norm.sf(3 / math.sqrt(2)))


def test_p_value_without_width_is_certain():
    one, two = Interval(1.0, 1.0, LEVEL, "a"), Interval(2.0, 2.0, LEVEL, "a")

    assert difference_p_value(1.0, one, 2.0, two) == 0.0
    assert difference_p_value(1.0, one, 1.0, one) == 1.0


@given(SHARES, SHARES)
def test_p_value_agrees_with_the_interval(now, before):
    first, second = now[0] / now[1], before[0] / before[1]
    arguments = first, wilson(*now), second, wilson(*before)

    assert difference_is_real(*arguments) == (difference_p_value(*arguments) < 0.05)


def test_benjamini_hochberg_on_the_example_of_the_paper():
    # Benjamini & Hochberg 1995, section 4.1: of fifteen tests the first four hold.
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip

    assert benjamini_hochberg(p_values) == [True] * 4 + [False] * 11
    assert benjamini_hochberg(p_values[::-1]) == [False] * 11 + [True] * 4


def test_benjamini_hochberg_of_nothing_is_nothing():
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_equals_scipy(p_values):
    adjusted = stats.false_discovery_control(p_values)
    assume(not np.isclose(adjusted, 0.05).any())

    assert benjamini_hochberg(p_values) == (adjusted <= 0.05).tolist()
