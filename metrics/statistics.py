"""Intervals, all at 95 %, from sums over accounts wherever sums are enough.

Nothing here asks whether a sample is large enough to be shown: that is the metric's minimum n.
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.special import bdtr, stdtrit

LEVEL = 0.95
Z = 1.959963984540054
DRAWS = 2000
MIN_BOOTSTRAP_ACCOUNTS = 30
BOOTSTRAP_CELLS = 250_000

WILSON = "wilson"
WILSON_CLUSTERED = "wilson, clustered by account"
WILSON_WITHIN = "wilson, within this account"
STUDENT = "student t over accounts"
BOOTSTRAP = "bootstrap over accounts"
ORDER_STATISTICS = "order statistics"
ADJUSTED_WALD = "adjusted wald"
ADJUSTED_WALD_CLUSTERED = "adjusted wald, clustered by account"
KAPLAN_MEIER = "kaplan-meier, log-log"
SQUARE_AND_ADD = "square-and-add of both intervals"


@dataclass(frozen=True)
class Interval:
    """A limit of None is one that was not reached; only durations have such."""

    low: float | None
    high: float | None
    level: float
    method: str


@dataclass(frozen=True)
class Sums:
    """Over accounts i with numerator kᵢ and denominator nᵢ: Σk, Σn, how many have either, Σk², Σk·n, Σn²."""

    numerator: float = 0.0
    denominator: float = 0.0
    accounts: int = 0
    numerator_squared: float = 0.0
    product: float = 0.0
    denominator_squared: float = 0.0

    @classmethod
    def of_account(cls, numerator: float, denominator: float) -> "Sums":
        counts = int(numerator != 0 or denominator != 0)
        return cls(numerator, denominator, counts, numerator**2, numerator * denominator, denominator**2)

    @classmethod
    def of_units(cls, numerator: float, units: int, squares: float) -> "Sums":
        """Facts without an account: every unit is one of its own. `squares`: of what each has above the line."""
        return cls(numerator, units, units, squares, numerator, units)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.accounts + other.accounts,
            self.numerator_squared + other.numerator_squared,
            self.product + other.product,
            self.denominator_squared + other.denominator_squared,
        )

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def variance(self) -> float | None:
        """Of the ratio, linearised: m/(m−1) · Σ(kᵢ − p·nᵢ)²/n² (Cochran 1977, chapter 6).

        In fractions, because the sum of squares is a small difference of large sums: floats would lose it
        where nearly all accounts have the same ratio, and counts come out exact.
        """
        if self.accounts < 2 or not self.denominator:
            return None
        n = Fraction(float(self.denominator))
        p = Fraction(float(self.numerator)) / n
        squares = (
            Fraction(float(self.numerator_squared))
            - 2 * p * Fraction(float(self.product))
            + p * p * Fraction(float(self.denominator_squared))
        )
        return max(0.0, float(squares / (n * n)) * self.accounts / (self.accounts - 1))


def n_star(sums: Sums, unit_variance: float) -> float:
    """The number of independent units that would tell as much: `unit_variance` is that of one unit.

    Kish (1965), the design effect: the units of one account resemble each other. Never more than there are, and all
    of them where no account has two.
    """
    if sums.denominator_squared == sums.denominator:
        return float(sums.denominator)
    variance = sums.variance()
    if not variance or unit_variance <= 0:
        return float(sums.denominator)
    return min(float(sums.denominator), unit_variance / variance)


def wilson(k: float, n: float) -> Interval | None:
    return _wilson(k, n, n, WILSON)


def wilson_clustered(sums: Sums) -> Interval | None:
    n = sums.denominator
    if not n:
        return None
    if sums.accounts == 1:
        return _wilson(sums.numerator, n, n, WILSON_WITHIN)
    p = sums.numerator / n
    return _wilson(sums.numerator, n, n_star(sums, p * (1 - p)), WILSON_CLUSTERED)


def _wilson(k: float, n: float, effective_n: float, method: str) -> Interval | None:
    """Wilson (1927): the shares that a score test would not reject. Exactly 0 and 1 at the ends."""
    if not n:
        return None
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a proportion.")
    p = k / n
    spread = Z * Z / effective_n
    centre = (p + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread)
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return Interval(low, high, LEVEL, method)


def student_ratio(sums: Sums) -> Interval | None:
    """For means and for ratios that may exceed 1; a mean over units is the ratio of a sum and a count."""
    variance = sums.variance()
    if variance is None:
        return None
    value = sums.numerator / sums.denominator
    half = float(stdtrit(sums.accounts - 1, (1 + LEVEL) / 2)) * math.sqrt(variance)
    return Interval(value - half, value + half, LEVEL, STUDENT)


def bootstrap_ratio(
    numerators: Sequence[float], denominators: Sequence[float], *, seed: str
) -> Interval | None:
    """For money ratios: None below 30 accounts, where the percentile bootstrap covers too little."""
    pairs = np.column_stack([np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)])
    return bootstrap(pairs[pairs.any(axis=1)], _ratio_of_columns, seed=seed)


def bootstrap(
    rows: np.ndarray, estimate: Callable[[np.ndarray], np.ndarray], *, seed: str
) -> Interval | None:
    """Percentile bootstrap (Efron 1979) over accounts, a row of sums each.

    `estimate` turns the columns' totals, one row per draw, into one value per draw; a draw without a
    denominator gives NaN and is left out. The limits do not depend on the order of the rows. Some 0.2 s for
    10,000 accounts, 2 s for 100,000; a chunk of draws at a time, so memory does not grow with their number.
    """
    count = len(rows)
    if count < MIN_BOOTSTRAP_ACCOUNTS:
        return None
    columns = np.ascontiguousarray(rows[np.lexsort(rows.T)].T)
    generator = np.random.default_rng(_number_of(seed))
    chunk = max(1, BOOTSTRAP_CELLS // count)
    values = np.concatenate(
        [
            estimate(_drawn_totals(columns, min(chunk, DRAWS - done), generator))
            for done in range(0, DRAWS, chunk)
        ]
    )
    values = values[np.isfinite(values)]
    if len(values) < LEVEL * DRAWS:
        return None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high), LEVEL, BOOTSTRAP)


def _drawn_totals(columns: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    count = columns.shape[1]
    chosen = generator.integers(0, count, size=(draws, count), dtype=np.int32)
    return np.column_stack([column[chosen].sum(axis=1) for column in columns])


def _ratio_of_columns(totals: np.ndarray) -> np.ndarray:
    numerator, denominator = totals.T
    ratios = np.full(len(totals), np.nan)
    np.divide(numerator, denominator, out=ratios, where=denominator != 0)
    return ratios


def _number_of(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")


def median_ranks(n: int) -> tuple[int, int] | None:
    """Ranks, from 1, of the values between which the median lies; None below 6, where none are wide enough.

    Hahn & Meeker (1991), chapter 5: the number of values below the median is binomial (n, ½).
    """
    below = bisect_right(range(n // 2), (1 - LEVEL) / 2, key=lambda k: bdtr(k, n, 0.5))
    return (below, n + 1 - below) if below else None


def median_interval(values: Iterable[float]) -> Interval | None:
    ordered = sorted(values)
    ranks = median_ranks(len(ordered))
    if ranks is None:
        return None
    low, high = ranks
    return Interval(float(ordered[low - 1]), float(ordered[high - 1]), LEVEL, ORDER_STATISTICS)


def nps_interval(
    promoters: float, passives: float, detractors: float, n_star: float | None = None
) -> Interval | None:
    """In points. Adjusted Wald: ¾ promoter, 1½ passives and ¾ detractor more (Rocks 2016).

    `n_star` comes from the function of that name, over sums of promoters − detractors and of scored answers,
    with `nps_unit_variance`.
    """
    n = promoters + passives + detractors
    if not n:
        return None
    effective_n = n if n_star is None else min(n, n_star)
    promoting = (promoters / n * effective_n + 0.75) / (effective_n + 3)
    detracting = (detractors / n * effective_n + 0.75) / (effective_n + 3)
    centre = promoting - detracting
    half = Z * math.sqrt((promoting + detracting - centre**2) / (effective_n + 3))
    method = ADJUSTED_WALD if n_star is None else ADJUSTED_WALD_CLUSTERED
    return Interval(max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half)), LEVEL, method)


def nps_clustered(sums: Sums, squares: float) -> Interval | None:
    """Over sums of points, of which a promoter counts 100 and a detractor −100; `squares` is the sum of theirs."""
    n = sums.denominator
    at_an_end, balance = squares / 100**2, sums.numerator / 100
    answers = (at_an_end + balance) / 2, n - at_an_end, (at_an_end - balance) / 2
    if sums.accounts < 2:
        return nps_interval(*answers)
    return nps_interval(*answers, n_star(sums, nps_unit_variance(*answers) * 100**2))


def nps_unit_variance(promoters: float, passives: float, detractors: float) -> float:
    """Of one answer, that counts 1, 0 or −1."""
    n = promoters + passives + detractors
    return (promoters + detractors) / n - ((promoters - detractors) / n) ** 2


@dataclass(frozen=True)
class Quantile:
    """A value of None is not reached: fewer have had the event than it takes."""

    value: float | None
    interval: Interval


@dataclass(frozen=True)
class Survival:
    """The Kaplan–Meier curve: at each time with an event the share still waiting after it, with limits."""

    times: np.ndarray
    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray
    last_time: float

    def quantile(self, share: float) -> Quantile:
        """When `share` of them have had the event; the limits are those of Brookmeyer & Crowley (1982)."""
        waiting = 1 - share
        low, high = self._first(self.low, waiting), self._first(self.high, waiting)
        return Quantile(self._first(self.survival, waiting), Interval(low, high, LEVEL, KAPLAN_MEIER))

    def median(self) -> Quantile:
        return self.quantile(0.5)

    def reached(self, time: float) -> tuple[float, Interval | None] | None:
        """The share that has had the event by `time`; None after the last time at which anybody was watched.

        Before the first event there is no variance, and no interval.
        """
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if time > self.last_time and (index < 0 or self.survival[index] > 0):
            return None
        if index < 0:
            return 0.0, None
        low, high = 1 - float(self.high[index]), 1 - float(self.low[index])
        return 1 - float(self.survival[index]), Interval(low, high, LEVEL, KAPLAN_MEIER)

    def _first(self, curve: np.ndarray, level: float) -> float | None:
        # 23/24 · 22/23 · … · 12/13 is a hair above a half in floats.
        below = np.flatnonzero(curve <= level + 1e-12)
        return float(self.times[below[0]]) if len(below) else None


def kaplan_meier(times: Sequence[float], observed: Sequence[bool]) -> Survival | None:
    """Kaplan & Meier (1958), Greenwood's variance on the log(−log) scale (Kalbfleisch & Prentice 2002).

    Who is censored at the time of an event was still at risk. None when nobody was watched.
    """
    duration = np.asarray(times, dtype=float)
    if not len(duration):
        return None
    events, deaths = np.unique(duration[np.asarray(observed, dtype=bool)], return_counts=True)
    at_risk = len(duration) - np.searchsorted(np.sort(duration), events, side="left")
    survival = np.cumprod(1 - deaths / at_risk)
    low, high = _log_log_limits(survival, deaths, at_risk)
    return Survival(events, survival, low, high, float(duration.max()))


def _log_log_limits(
    survival: np.ndarray, deaths: np.ndarray, at_risk: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the curve falls to 0 there is no variance: the lower limit falls with it, the upper stays."""
    low, high = np.zeros(len(survival)), np.ones(len(survival))
    inside = survival > 0
    alive, left = survival[inside], at_risk[inside]
    greenwood = np.cumsum(deaths[inside] / (left * (left - deaths[inside])))
    spread = np.exp(Z * np.sqrt(greenwood) / np.abs(np.log(alive)))
    low[inside], high[inside] = alive**spread, alive ** (1 / spread)
    if len(alive) and not inside[-1]:
        high[-1] = high[len(alive) - 1]
    return low, high


def difference(
    value: float, interval: Interval, earlier: float, earlier_interval: Interval
) -> Interval | None:
    """Of `value` − `earlier`, two independent estimates, from their own intervals.

    Square-and-add (Newcombe 1998, method 10; Zou & Donner 2008), also for lopsided intervals.
    """
    limits = (interval.low, interval.high, earlier_interval.low, earlier_interval.high)
    if any(limit is None for limit in limits):
        return None
    low, high, earlier_low, earlier_high = (float(limit) for limit in limits if limit is not None)
    below = math.hypot(max(0.0, value - low), max(0.0, earlier_high - earlier))
    above = math.hypot(max(0.0, high - value), max(0.0, earlier - earlier_low))
    change = value - earlier
    return Interval(change - below, change + above, LEVEL, SQUARE_AND_ADD)


def difference_is_real(
    value: float, interval: Interval, earlier: float, earlier_interval: Interval
) -> bool | None:
    """The interval of the difference excludes 0; None where a limit is missing."""
    change = difference(value, interval, earlier, earlier_interval)
    if change is None or change.low is None or change.high is None:
        return None
    return change.low > 0 or change.high < 0


def difference_p_value(
    value: float, interval: Interval, earlier: float, earlier_interval: Interval
) -> float | None:
    """Below 0.05 exactly when the difference is real; what `benjamini_hochberg` judges several changes by.

    The limit on the side of 0 is Z standard errors away.
    """
    change = difference(value, interval, earlier, earlier_interval)
    if change is None or change.low is None or change.high is None:
        return None
    distance = value - earlier
    if not distance:
        return 1.0
    reach = distance - change.low if distance > 0 else change.high - distance
    return math.erfc(Z * abs(distance) / reach / math.sqrt(2)) if reach else 0.0


def benjamini_hochberg(p_values: Sequence[float], q: float = 0.05) -> list[bool]:
    """Which of several results hold when one in twenty of those that are shown may be false (1995)."""
    count = len(p_values)
    ordered = sorted(p_values)
    passing = [p for rank, p in enumerate(ordered, start=1) if p <= q * rank / count]
    limit = passing[-1] if passing else -1.0
    return [p <= limit for p in p_values]
