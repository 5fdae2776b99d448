"""Rows of zeros, not finite, equal and nearly equal: each kind by hand, and copies against a plain search."""

import numpy as np

from w2v.inspection.neighborhoods import nearest_rows
from w2v.inspection.rows import equal_rows, near_pairs, sort_rows
from w2v.projection import unit_rows


def test_each_row_is_of_one_kind():
    """Zeros of either sign, NaN and infinity are told from rows that point somewhere."""
    matrix = np.array([[1, 2], [0, -0.0], [np.nan, 0], [0, 1e-40], [-np.inf, 1]], dtype=np.float32)

    usable, zero, nonfinite = sort_rows(matrix)

    assert (usable.tolist(), zero.tolist(), nonfinite.tolist()) == ([0, 3], [1], [2, 4])


def test_equal_rows_are_grouped():
    """Two groups, ordered by their first rows; -0 equals 0, and a row asked out is in none."""
    matrix = np.array([[1, 0], [2, 2], [1, -0.0], [2, 2], [3, 3], [2, 2]], dtype=np.float32)

    assert equal_rows(matrix, np.arange(6)) == [[0, 2], [1, 3, 5]]
    assert equal_rows(matrix, np.array([0, 1, 4, 5])) == [[1, 5]]
    assert equal_rows(matrix, np.arange(0)) == []


def test_equal_rows_are_those_of_a_plain_search():
    """3,000 rows of few different numbers, so that many are equal."""
    rng = np.random.default_rng(2)
    matrix = rng.integers(0, 4, size=(3_000, 5)).astype(np.float32)
    groups: dict[tuple, list[int]] = {}
    for row, numbers in enumerate(matrix.tolist()):
        groups.setdefault(tuple(numbers), []).append(row)

    found = equal_rows(matrix, np.arange(3_000))

    assert found == sorted(group for group in groups.values() if len(group) > 1)


def test_rows_of_one_direction_are_near_pairs():
    """A longer copy and one with noise are; an equal one, told elsewhere, and one 10 degrees away are not."""
    matrix = np.array([[1, 0], [3, 0], [1, 0.02], [1, 0], [1, 0.1763]], dtype=np.float32)
    near = nearest_rows(unit_rows(matrix))

    pairs = near_pairs(matrix, near.ids, near.scores)

    assert [pair[:2] for pair in pairs] == [(0, 1), (1, 3), (0, 2), (1, 2), (2, 3)]
    assert [round(pair[2], 4) for pair in pairs] == [1, 1, 0.9998, 0.9998, 0.9998]
