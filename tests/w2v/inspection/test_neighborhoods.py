"""All against all: the same neighbours as the exact search, and what is counted of them."""

import numpy as np
import pytest

from w2v.inspection import neighborhoods
from w2v.inspection.neighborhoods import count_occurrences, nearest_rows, skewness
from w2v.neighbors import ExactSearch
from w2v.projection import unit_rows


@pytest.mark.parametrize("n_rows", [2, 11, 63, 64, 65, 700])
@pytest.mark.parametrize("top", [1, 10])
def test_neighbours_are_those_of_the_exact_search(monkeypatch, n_rows, top):
    """For any number of rows, groups and blocks: ids, and cosines to six digits."""
    monkeypatch.setattr(neighborhoods, "_BLOCK_QUESTIONS", 40)
    matrix = np.random.default_rng(n_rows).normal(size=(n_rows, 8)).astype(np.float32)
    expected = ExactSearch(matrix).nearest(np.arange(n_rows)[:, None], np.ones(1), top=min(top, n_rows - 1))

    found = nearest_rows(unit_rows(matrix), top)

    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_a_row_alone_has_no_neighbours(n_rows):
    """Empty arrays."""
    assert nearest_rows(np.ones((n_rows, 3), dtype=np.float32)).ids.shape == (n_rows, 0)


def test_occurrences_are_counted():
    """Row 2 is a neighbour of both others, row 0 of one, row 1 of none."""
    assert count_occurrences(np.array([[2], [2], [0]])).tolist() == [1, 0, 2]


def test_skewness_is_the_third_moment():
    """Of 0, 0, 3: mean 1, variance 2, third moment (-1 - 1 + 8) / 3 = 2, so 2 / 2^1.5."""
    assert skewness(np.array([0.0, 0.0, 3.0])) == pytest.approx(2 / 2**1.5)
    assert skewness(np.array([4.0, 4.0])) == 0
