"""Rows as int8: how near they come to the rows, and what is told of it."""

import numpy as np
import pytest

from w2v.explorer.quantising import measure_overlap, quantise, restore
from w2v.projection import unit_rows


@pytest.fixture
def matrix():
    """300 rows of 20 numbers that have a direction in common."""
    return (np.random.default_rng(1).normal(size=(300, 20)) + 2).astype(np.float32)


def test_restored_rows_differ_by_half_a_step(matrix):
    """Rounding moves no number of a unit row by more than half of the row's own scale."""
    quantised = quantise(matrix)

    error = np.abs(restore(quantised) - unit_rows(matrix))

    assert quantised.codes.dtype == np.int8
    assert (np.abs(quantised.codes).max(axis=1) == 127).all()
    assert (error <= 0.5 * quantised.scales[:, None] + 1e-6).all()


def test_a_common_direction_costs_no_digits(matrix):
    """Its mean is taken off first: with 10 times as strong a direction, as many neighbours are found."""
    shifted = matrix + 20

    restored = [restore(quantise(rows)) for rows in (matrix, shifted)]

    assert measure_overlap(matrix, restored[0]).share > 0.97
    assert measure_overlap(shifted, restored[1]).share > 0.97


def test_rows_of_zeros_stay_zeros():
    """A row that points nowhere has the scale 0, and one equal to the mean has not."""
    matrix = np.array([[1, 0], [0, 0], [0, 0], [1, 0], [1, 0]], np.float32)

    restored = restore(quantise(matrix))

    assert not restored[1:3].any()
    np.testing.assert_allclose(restored[0], [1, 0], atol=0.01)
    np.testing.assert_array_equal(quantise(matrix).scales == 0, [False, True, True, False, False])


def test_rows_that_are_all_equal_come_back():
    """Nothing is left when the mean is taken off, and nothing is divided by zero."""
    restored = restore(quantise(np.full((3, 2), 5, np.float32)))

    np.testing.assert_allclose(restored, np.full((3, 2), 0.5**0.5), rtol=1e-6)


def test_overlap_counts_shared_neighbours():
    """Worked out by hand, with two of four rows in each other's place.

    At the angles 0, 1, 3 and 7 degrees the nearest of each are 1, 0, 1 and 2. Restored, the words 1 and 2
    have each other's angle, so the nearest are 2, 2, 0 and 1: none is the same.
    """
    angles = np.radians([0, 1, 3, 7])
    matrix = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    assert measure_overlap(matrix, matrix, top=1).share == 1
    assert measure_overlap(matrix, matrix[[0, 2, 1, 3]], top=1).share == 0
    assert measure_overlap(matrix, matrix[[0, 2, 1, 3]], top=3).share == 1


def test_a_single_word_has_no_overlap():
    """There is no neighbour to find."""
    matrix = np.ones((1, 3), np.float32)

    assert measure_overlap(matrix, matrix) is None


def test_overlap_is_drawn_from_a_seed(matrix):
    """The same seed asks the same words."""
    restored = restore(quantise(matrix))

    shares = [measure_overlap(matrix, restored, n_words=20, seed=seed) for seed in (1, 1)]

    assert shares[0] == shares[1]
    assert shares[0].n_words == 20
