"""Shares, rank correlations and their differences, with what chance alone could do to them.

All intervals are of 95 % and speak of the questions: what other questions of the same kind would give with
these vectors. What another seed of the training would give is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

Interval = tuple[float, float]

SIGNIFICANCE = 0.05
_Z = 1.959963984540054  # the normal distribution's 97.5 % point
_RESAMPLES = 10_000
_BLOCK_NUMBERS = 2_000_000  # of one array of resamples


class Difference(NamedTuple):
    """How far the second of two scores is above the first, on the same questions."""

    value: float
    interval: Interval
    p: float  # chance of a difference as large as this where there is none, in (0, 1]


def wilson_interval(correct: int, n: int) -> Interval:
    """The 95 % interval of a share, `correct` of `n`, both ends in [0, 1].

    Reference:
        Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not 0 <= correct <= n or n == 0:
        raise ValueError(f"needs 0 <= correct <= n and n of 1 or more, got {correct} of {n}")
    share = correct / n
    center = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # At 0 and n one end is exact, and rounding may put it a little on the wrong side of the share.
    return max(0.0, min(share, (center - half) / scale)), min(1.0, max(share, (center + half) / scale))


def pearson(x: np.ndarray, y: np.ndarray) -> float | None:
    """Pearson's correlation of two float (n,) arrays; None for n below 2, or where one is constant."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = x - x.mean(), y - y.mean()
    # Each divided by its own length, so that very small or very large numbers neither vanish nor overflow.
    return float(np.clip((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)), -1, 1))


def spearman(x: np.ndarray, y: np.ndarray) -> float | None:
    """Spearman's rank correlation, Pearson's of the ranks; None for n below 2, or where one is constant."""
    return pearson(ranks(x), ranks(y))


def ranks(values: np.ndarray) -> np.ndarray:
    """Places from 1 in ascending order, float64 (n,); equal values share the mean of theirs."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return (ends - (sizes - 1) / 2)[group]


def spearman_interval(rho: float | None, n: int) -> Interval | None:
    """The 95 % interval of Spearman's rho over `n` pairs; None where rho is none, or n is below 4.

    Fisher's transformation, with the variance (1 + rho^2 / 2) / (n - 3). It holds the truth as often as it
    says, for normal and for planted pairs, where the percentile bootstrap does so a little less often.

    Reference:
        Bonett and Wright 2000, "Sample size requirements for estimating Pearson, Kendall and Spearman
        correlations", equation 4.
    """
    if rho is None or n < 4:
        return None
    if abs(rho) == 1:
        return rho, rho
    z, half = math.atanh(rho), _Z * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return math.tanh(z - half), math.tanh(z + half)


def mcnemar(correct_a: np.ndarray, correct_b: np.ndarray) -> Difference:
    """How far b's share of right answers is above a's, from what each has right: bool (n,), n at least 1.

    Only questions that one has right and the other wrong say anything; without a difference each would fall
    to either side like a coin. The test is the exact one for any number of them; the interval is Wald's with
    half a question added to each of the four cases.

    Reference:
        McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
        percentages". Agresti and Min 2005, "Simple improved confidence intervals for comparing matched
        proportions".
    """
    only_a = int((correct_a & ~correct_b).sum())
    only_b = int((correct_b & ~correct_a).sum())
    n = len(correct_a)
    gain, loss, total = only_b + 0.5, only_a + 0.5, n + 2
    shift = (gain - loss) / total
    half = _Z * math.sqrt((gain + loss) - (gain - loss) ** 2 / total) / total
    interval = (max(-1.0, shift - half), min(1.0, shift + half))
    return Difference((only_b - only_a) / n, interval, _sign_test(only_a, only_b))


def spearman_difference(
    gold: np.ndarray, scores_a: np.ndarray, scores_b: np.ndarray, *, seed: int = 0
) -> Difference | None:
    """How far rho of b is above rho of a, by 10,000 resamples of the pairs; None where a rho is none.

    Args:
        gold: float64 (n,), what people said.
        scores_a: float64 (n,), what the first model says of the same pairs.
        scores_b: float64 (n,), what the second says.
        seed: of the resampling.

    Returns:
        The difference, the middle 95 % of its resamples, and twice the share of them on the far side of 0.

    Reference:
        Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    rho_a, rho_b = spearman(gold, scores_a), spearman(gold, scores_b)
    if rho_a is None or rho_b is None:
        return None
    differences = np.concatenate(
        [
            resampled_spearman(gold, scores_b, weights) - resampled_spearman(gold, scores_a, weights)
            for weights in resamples(len(gold), seed=seed, n_resamples=_RESAMPLES)
        ]
    )
    differences = differences[np.isfinite(differences)]  # a resample of few pairs may be constant
    if not len(differences):
        return None
    low, high = np.quantile(differences, [SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2])
    fewer = min((differences <= 0).sum(), (differences >= 0).sum())
    p = min(1.0, 2 * (int(fewer) + 1) / (len(differences) + 1))
    return Difference(rho_b - rho_a, (float(low), float(high)), p)


def resamples(n: int, *, seed: int = 0, n_resamples: int) -> Iterator[np.ndarray]:
    """Yield how often each of `n` things is drawn in each resample of n, float64 (n, B), in blocks."""
    rng = np.random.Generator(np.random.PCG64(seed))
    block = max(1, _BLOCK_NUMBERS // max(1, n))
    for start in range(0, n_resamples, block):
        rows = min(block, n_resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) * rows + np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=n * rows).reshape(n, rows).astype(np.float64)


def resampled_spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spearman's rho of each resample, float64 (B,); NaN where a resample is constant.

    Nothing is sorted again: the ranks in a resample follow from how often each value is in it.

    Args:
        x: float64 (n,).
        y: float64 (n,).
        weights: float64 (n, B), how often each pair is in each resample; each column sums to n.
    """
    rank_x, rank_y = _resampled_ranks(x, weights), _resampled_ranks(y, weights)
    middle = (len(weights) + 1) / 2  # the mean of the ranks, ties or not
    rank_x -= middle
    rank_y -= middle
    products = np.einsum("nb,nb,nb->b", weights, rank_x, rank_y)
    squares_x = np.einsum("nb,nb,nb->b", weights, rank_x, rank_x)
    squares_y = np.einsum("nb,nb,nb->b", weights, rank_y, rank_y)
    with np.errstate(invalid="ignore"):
        return products / np.sqrt(squares_x * squares_y)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, each made larger for the company it is in: below 0.05 with a chance of 5 % for any.

    Reference:
        Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(np.argsort(p_values, kind="stable").tolist()):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _sign_test(n_heads: int, n_tails: int) -> float:
    """Chance that a fair coin falls as unevenly as this, or more so."""
    n, fewer = n_heads + n_tails, min(n_heads, n_tails)
    log_all = math.lgamma(n + 1) - n * math.log(2)
    tail = math.fsum(
        math.exp(log_all - math.lgamma(k + 1) - math.lgamma(n - k + 1)) for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)


def _resampled_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean ranks of the n values in each resample, float64 (n, B)."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(weights[order], axis=0)[np.cumsum(sizes) - 1]  # (groups, B), the last place of each
    own = np.diff(ends, prepend=0, axis=0)
    return (ends - (own - 1) / 2)[group]
