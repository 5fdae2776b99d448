"""Exact search: ties, rows that are zero, broken or extreme, blocks; against a plain float64 oracle."""

import numpy as np
import pytest

from w2v import neighbors
from w2v.neighbors import ExactSearch


def _nearest(matrix, row, top=5):
    found = ExactSearch(np.asarray(matrix, dtype=np.float32)).nearest(np.array([[row]]), np.ones(1), top=top)
    return found.ids[0].tolist(), found.scores[0].tolist()


def test_equal_scores_keep_the_order_of_the_rows():
    """E11: 3,000 rows in 3 directions, of many lengths, come direction by direction and row by row."""
    rng = np.random.default_rng(3)
    directions = np.array(
        [[3, 1, 2, 5, 1, 1, 7], [3, 1, 2, 5, 1, 2, 7], [1, 0, 0, 0, 0, 0, 0]], dtype=np.float32
    )
    kinds = rng.integers(0, 3, size=3001)
    kinds[0] = 0
    matrix = directions[kinds] * 2.0 ** rng.integers(-3, 4, size=(3001, 1))

    ids, _ = _nearest(matrix, 0, top=3000)

    assert ids == [row for kind in range(3) for row in np.flatnonzero(kinds == kind) if row != 0]


@pytest.mark.parametrize("length", [1e-42, 1e-30, 1e30, 3e38])
def test_very_short_and_very_long_rows_have_right_scores(length):
    """Float32 products of such rows would be 0 or infinity."""
    matrix = np.array([[1, 1], [1, 0.5], [1, 1], [-1, 1]], dtype=np.float32)
    matrix[2] *= np.float32(length)

    ids, scores = _nearest(matrix, 0)

    assert ids[:2] == [2, 1]
    assert scores[0] == pytest.approx(1, abs=1e-3)


def test_rows_of_zeros_have_similarity_zero():
    """R11, E13: between what is alike and what is opposite, and never NaN."""
    ids, scores = _nearest([[1, 0], [-1, 0], [0, 0], [1, 1]], 0, top=3)

    assert ids == [3, 2, 1]
    assert scores[1] == 0


def test_asking_with_a_row_of_zeros_gives_rows_in_order():
    """R11: everything is equally far from nothing."""
    assert _nearest([[0, 0], [1, 0], [0, 1]], 0, top=2) == ([1, 2], [0, 0])


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_no_answers(number):
    """E13: they are left out, and the answers become fewer."""
    ids, scores = _nearest([[1, 0], [number, 1], [1, 1]], 0, top=3)

    assert ids == [2, -1, -1]
    assert scores[1] == -np.inf


@pytest.mark.parametrize("n_scores", [1, 70, 10**6])
def test_blocks_do_not_change_the_answers(monkeypatch, n_scores):
    """One question at a time, two, or all at once: the same rows and scores, those of a float64 sort."""
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(35, 6)).astype(np.float32)
    members, weights = rng.integers(0, 35, size=(20, 3)), np.array([-1.0, 1.0, 1.0])
    monkeypatch.setattr(neighbors, "_BLOCK_SCORES", n_scores)
    monkeypatch.setattr(neighbors, "_BLOCK_ROWS", 4)

    found = ExactSearch(matrix).nearest(members, weights, top=4)

    unit = matrix.astype(np.float64) / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    for rows, ids in zip(members, found.ids, strict=True):
        scores = unit @ (weights @ unit[rows])
        scores[rows] = -np.inf
        assert ids.tolist() == np.argsort(-scores, kind="stable")[:4].tolist()


def test_memory_of_many_questions_is_bounded():
    """E12: 2,000 questions over 20,000 rows would be 160 MB of scores; the peak stays below 100 MB."""
    import tracemalloc

    rng = np.random.default_rng(6)
    search = ExactSearch(rng.normal(size=(20_000, 8)).astype(np.float32))
    members = rng.integers(0, 20_000, size=(2_000, 3))

    tracemalloc.start()
    search.nearest(members, np.array([-1.0, 1.0, 1.0]), top=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100e6
