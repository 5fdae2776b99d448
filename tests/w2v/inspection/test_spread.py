"""Norms and isotropy: cosines and partition functions against plain loops over all pairs."""

import numpy as np
import pytest

from w2v.inspection.spread import QUANTILES, measure_isotropy, measure_norms
from w2v.projection import unit_rows


def _measure(matrix):
    matrix = np.asarray(matrix, dtype=np.float32)
    return measure_isotropy(unit_rows(matrix), np.linalg.norm(matrix.astype(np.float64), axis=1))


def test_norms_are_summed_up():
    """Of 1 to 5: mean 3, variance 2, and the quantiles between them."""
    norms = measure_norms(np.arange(1.0, 6.0))

    assert norms.mean == 3
    assert norms.std == pytest.approx(2**0.5)
    assert dict(zip(QUANTILES, norms.quantiles, strict=True))[0.75] == 4
    assert (norms.quantiles[0], norms.quantiles[-1]) == (1, 5)


def test_cosines_are_those_of_all_pairs():
    """Mean and standard deviation of every pair of two different rows, each computed alone."""
    matrix = np.random.default_rng(3).normal(0.3, 1, size=(60, 6)).astype(np.float32)
    cosines = [
        float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        for place, a in enumerate(matrix.astype(np.float64))
        for b in matrix.astype(np.float64)[place + 1 :]
    ]

    found = _measure(matrix)

    assert found.mean_cosine == pytest.approx(np.mean(cosines), abs=1e-6)
    assert found.cosine_std == pytest.approx(np.std(cosines), abs=1e-6)


def test_partition_functions_are_sums_of_exponentials():
    """Mu and Viswanath's ratio, written as the paper does, over eigenvectors and their opposites."""
    matrix = np.random.default_rng(4).normal(0.2, 1, size=(50, 4)).astype(np.float32)
    _, vectors = np.linalg.eigh(matrix.T.astype(np.float64) @ matrix)
    sums = [np.exp(sign * matrix @ c).sum() for c in vectors.T for sign in (1, -1)]

    assert _measure(matrix).partition_ratio == pytest.approx(min(sums) / max(sums), rel=1e-5)


def test_an_even_spread_is_isotropic():
    """The two directions of both axes: no cosine on average beside the opposite ones, equal shares."""
    found = _measure([[1, 0], [-1, 0], [0, 1], [0, -1]])

    assert found.mean_cosine == pytest.approx(-1 / 3)  # of 6 pairs, 2 are opposite and 4 at right angles
    assert found.leading_shares == pytest.approx((0.5, 0.5))
    assert found.partition_ratio == pytest.approx(1)


def test_one_direction_is_not_isotropic():
    """All rows alike: cosine 1, no variance; and numbers that would overflow do not."""
    found = _measure([[500, 0]] * 5)

    assert (found.mean_cosine, found.cosine_std) == pytest.approx((1, 0), abs=1e-6)
    assert found.leading_shares == (0, 0)
    assert 0 <= found.partition_ratio < 1e-100


def test_one_row_has_no_spread():
    """None, rather than a division by zero."""
    assert _measure([[1, 2]]) is None
