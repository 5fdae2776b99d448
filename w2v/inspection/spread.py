"""How the rows are spread: their norms, and whether they point everywhere alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2v.projection import principal_directions

QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)

_LEADING = 10  # principal directions that are told
_BLOCK_ROWS = 16_384


class Norms(NamedTuple):
    """Lengths of the rows that are finite and not all zeros."""

    mean: float
    std: float
    quantiles: tuple[float, ...]  # at `QUANTILES`


class Isotropy(NamedTuple):
    """How evenly rows point in all directions; the cosines are those of all pairs of two different rows."""

    mean_cosine: float  # 0 for an even spread, 1 where all rows point one way
    cosine_std: float
    leading_shares: tuple[float, ...]  # of the variance of unit rows, along up to 10 principal directions
    partition_ratio: float  # smallest by largest partition function, 1 for an even spread


def measure_norms(lengths: np.ndarray) -> Norms:
    """Mean, spread and quantiles of the lengths of rows, float64 (n,), n at least 1."""
    quantiles = tuple(np.quantile(lengths, QUANTILES).tolist())
    return Norms(float(lengths.mean()), float(lengths.std()), quantiles)


def measure_isotropy(unit: np.ndarray, lengths: np.ndarray) -> Isotropy | None:
    """How evenly rows point in all directions; None for fewer than two.

    No pairs are drawn: over all ordered pairs the cosines sum to |sum of unit rows|^2, and their squares to
    the sum of squares of U'U, so that both are known exactly for any number of rows.

    Args:
        unit: float32 (n, D), rows divided by their norms.
        lengths: float64 (n,), those norms.

    Reference:
        Mu and Viswanath 2018, "All-but-the-Top: Simple and Effective Postprocessing for Word
        Representations", section 2 and equation 2, where the partition functions are asked along the
        eigenvectors of W'W. Arora et al. 2016, "A Latent Variable Model Approach to PMI-based Word
        Embeddings", lemma 2.1, says why they should be equal.
    """
    n = len(unit)
    if n < 2:
        return None
    mean, _, shares = principal_directions(unit)
    gram = np.zeros((unit.shape[1], unit.shape[1]))
    moment = np.zeros_like(gram)
    for start in range(0, n, _BLOCK_ROWS):
        block = unit[start : start + _BLOCK_ROWS].astype(np.float64)
        rows = block * lengths[start : start + _BLOCK_ROWS, None]
        gram += block.T @ block
        moment += rows.T @ rows
    n_pairs = n * (n - 1)
    cosine = float(((n * mean) @ (n * mean) - n) / n_pairs)
    square = float(((gram**2).sum() - n) / n_pairs)
    _, directions = np.linalg.eigh(moment)
    return Isotropy(
        cosine,
        float(np.sqrt(max(0.0, square - cosine**2))),
        tuple(shares[:_LEADING].tolist()),
        _partition_ratio(unit, lengths, directions),
    )


def _partition_ratio(unit: np.ndarray, lengths: np.ndarray, directions: np.ndarray) -> float:
    """The smallest by the largest sum of exp(row . direction) over directions and their opposites."""
    sums = np.full(2 * directions.shape[1], -np.inf)  # logarithms, since long rows would overflow
    for start in range(0, len(unit), _BLOCK_ROWS):
        rows = unit[start : start + _BLOCK_ROWS] * lengths[start : start + _BLOCK_ROWS, None]
        products = rows @ directions
        for sign, part in ((1, slice(0, len(directions))), (-1, slice(len(directions), None))):
            signed = sign * products
            peak = signed.max(axis=0)
            sums[part] = np.logaddexp(sums[part], peak + np.log(np.exp(signed - peak).sum(axis=0)))
    return float(np.exp(sums.min() - sums.max()))
