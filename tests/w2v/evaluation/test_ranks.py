"""Places of right answers: those of a plain float64 sort, whatever the blocks, the ties and the rows."""

import itertools

import numpy as np
import pytest

from tests.reference import reference_count_products, reference_count_sums
from w2v.evaluation import kernels, ranks
from w2v.evaluation.ranks import METHODS, rank_answers

EACH_METHOD = pytest.mark.parametrize("method", METHODS)


def scores_of(matrix, question, method):
    """The score of every row as an answer, by the definition."""
    with np.errstate(invalid="ignore"):
        unit = matrix.astype(np.float64) / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    a, b, c = (unit @ unit[row] for row in question[:3])
    if method == "3cosadd":
        return b - a + c
    a, b, c = ((1 + cosine) / 2 for cosine in (a, b, c))
    return b * c / (a + 1e-6)


def naive_rank(matrix, question, method, n_rows):
    """The place of d in a stable sort of all rows but a, b, c and those that point nowhere."""
    if question[3] in question[:3]:
        return n_rows + 1
    scores = scores_of(matrix, question, method)[:n_rows]
    scores[[row for row in question[:3] if row < n_rows]] = np.nan
    order = [row for row in np.argsort(-scores, kind="stable") if not np.isnan(scores[row])]
    return order.index(question[3]) + 1


def rank(matrix, questions, method, n_rows=None):
    """`rank_answers` where every word has one row; those that point nowhere are no word."""
    pointing = np.isfinite(matrix).all(axis=1) & matrix.any(axis=1)
    rows = [np.array([row if pointing[row] else 0]) for row in range(len(matrix))]
    return rank_answers(matrix, rows, questions, method=method, n_rows=n_rows or len(matrix)).tolist()


@EACH_METHOD
@pytest.mark.parametrize("table_numbers", [1, 500, 10**6])
def test_places_are_those_of_a_sort(monkeypatch, method, table_numbers):
    """300 random questions over 60 words, in blocks of one word, of some, and in one."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(60, 7)).astype(np.float32)
    questions = rng.integers(0, 50, size=(300, 4))
    monkeypatch.setattr(ranks, "_TABLE_NUMBERS", table_numbers)
    monkeypatch.setattr(ranks, "_QUESTIONS", 7)
    monkeypatch.setattr(ranks, "_ROWS", 5)

    found = rank(matrix, questions, method, n_rows=50)

    assert found == [naive_rank(matrix, question, method, 50) for question in questions]
    assert max(found) == 51


@EACH_METHOD
def test_equal_scores_keep_the_order_of_the_rows(method):
    """E11: 40 rows in 5 directions tie exactly, and the first of a direction comes first."""
    rng = np.random.default_rng(2)
    directions = rng.normal(size=(5, 6)).astype(np.float32)
    kinds = np.repeat(np.arange(5), 8)
    matrix = directions[kinds] * 2.0 ** rng.integers(-3, 4, size=(40, 1)).astype(np.float32)

    # a, b, c of three directions: each row of the other two comes after those of its kind before it
    questions = np.array([(0, 8, 16, 24 + n) for n in range(16)])
    found = rank(matrix, questions, method)

    assert [place - found[0] for place in found[:8]] == list(range(8))
    assert [place - found[8] for place in found[8:]] == list(range(8))


@EACH_METHOD
@pytest.mark.parametrize("broken", [0.0, np.nan, np.inf])
def test_e13_rows_that_point_nowhere_are_no_answers(method, broken):
    """A row of zeros would be the best where all cosines are negative; NaN is never compared."""
    matrix = np.array([[1, 0.1], [1, 0], [1, 0], [-1, 0.1], [broken, broken], [-1, 0.2]], dtype=np.float32)

    assert sorted(rank(matrix, np.array([(0, 1, 2, 3), (0, 1, 2, 5)]), method)) == [1, 2]


@EACH_METHOD
def test_of_several_spellings_the_best_counts_and_none_of_a_question_is_an_answer(method):
    """The rows of a, b and c are left out with all their spellings; d stands where its best one does."""
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(24, 5)).astype(np.float32)
    rows = [np.array([word, word + 12]) for word in range(12)]
    questions = rng.permuted(np.tile(np.arange(12), (50, 1)), axis=1)[:, :4]

    found = rank_answers(matrix, rows, questions, method=method, n_rows=24)

    for question, place in zip(questions, found.tolist(), strict=True):
        scores = scores_of(matrix, question, method)
        scores[[row for word in question[:3] for row in rows[word]]] = -np.inf
        best = scores[rows[question[3]]].max()
        assert place == 1 + (scores > best).sum()


def test_a_divisor_near_zero_is_no_trouble():
    """Rows opposite to a have a 3CosMul score of up to a million, and come in the order of a float64 sort."""
    rng = np.random.default_rng(4)
    matrix = np.concatenate([rng.normal(size=(20, 2)), [[-1, 0], [-1, 1e-4], [-1, 1e-3]]]).astype(np.float32)
    matrix[0] = 1, 0
    questions = np.array([(0, b, c, d) for b, c, d in itertools.permutations((3, 7, 20, 21, 22), 3)])

    found = rank(matrix, questions, "3cosmul")

    assert found == [naive_rank(matrix, question, "3cosmul", 23) for question in questions]


def test_memory_is_bounded():
    """E12: 3,000 questions over 30,000 rows would be 360 MB of scores; the peak stays below 50 MB."""
    import tracemalloc

    rng = np.random.default_rng(6)
    matrix = rng.normal(size=(30_000, 8)).astype(np.float32)
    rows = [np.array([row]) for row in range(900)]
    questions = rng.integers(0, 900, size=(3_000, 4))

    tracemalloc.start()
    rank_answers(matrix, rows, questions, method="3cosadd", n_rows=30_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 50e6


@pytest.mark.parametrize(
    ("kernel", "reference"),
    [
        (kernels.count_sums, reference_count_sums),
        (kernels.count_products, reference_count_products),
    ],
)
def test_kernels_count_as_their_twins(kernel, reference):
    """Columns above the target by any and by all that rounding may do; numbers are binary, so exact."""
    rng = np.random.default_rng(5)
    table = (rng.integers(0, 9, size=(6, 37)) / 8).astype(np.float32)
    questions = rng.integers(0, 6, size=(20, 3))
    targets = (rng.integers(0, 9, size=20) / 8).astype(np.float32)
    slack = (rng.integers(1, 9, size=20) / 64).astype(np.float32)
    found, expected = np.zeros((20, 2), np.int32), np.zeros((20, 2), np.int32)

    kernel(table, questions, targets, slack, found)
    reference(table, questions, targets, slack, expected)

    np.testing.assert_array_equal(found, expected)
    assert (expected[:, 0] > expected[:, 1]).any()
