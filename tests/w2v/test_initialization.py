"""How rows start."""

import numpy as np
import pytest
import torch

from corpora.vocabulary import Vocabulary
from w2v.config import INITIALIZATIONS
from w2v.initialization import LINE_BYTES, Coverage, initial_rows, put_vectors
from w2v.vectors import Vectors

N_WORDS, DIM = 2000, 25
STANDARD_DEVIATIONS = {  # worked out by hand; an even distribution in +-b has b / sqrt(3)
    "word2vec": 0.5 / DIM / 3**0.5,
    "normal": 1.0,
    "scaled-normal": 0.2,
    "xavier": (2 / (N_WORDS + DIM)) ** 0.5,
    "kaiming": (2 / DIM) ** 0.5,
}


@pytest.fixture
def vocabulary():
    """Four words, of 50, 30, 15 and 5 occurrences."""
    return Vocabulary(("a", "b", "c", "d"), np.array([50, 30, 15, 5]))


def test_input_rows_start_evenly_around_zero():
    """Input rows fill +-0.5 / D evenly: a quarter of them in each quarter of the range."""
    rows, _ = initial_rows(1000, 40, seed=1)

    quarters, _ = np.histogram(rows, bins=4, range=(-0.5 / 40, 0.5 / 40))

    assert quarters.sum() == 40_000
    assert np.abs(quarters - 10_000).max() < 5 * np.sqrt(40_000 * 0.25 * 0.75)


def test_output_rows_start_at_zero():
    """Output rows are zero, so that no word is preferred before the first step."""
    assert not initial_rows(10, 4, seed=1).output_rows.any()


def test_start_is_a_function_of_the_seed():
    """The same seed gives the same bits, another seed others; all of its 64 bits count."""
    same, again, other, far = (initial_rows(10, 4, seed=seed).input_rows for seed in (1, 1, 2, 2**63 + 1))

    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)
    assert not np.array_equal(same, far)


def test_rows_begin_on_a_line_of_the_cache():
    """Both tables start at a multiple of a line's bytes."""
    for table in initial_rows(7, 3, seed=1):
        assert table.ctypes.data % LINE_BYTES == 0


def test_every_distribution_is_tested():
    """The names are those of the settings."""
    assert set(STANDARD_DEVIATIONS) == set(INITIALIZATIONS)


@pytest.mark.parametrize("init", INITIALIZATIONS)
def test_rows_have_the_spread_of_their_distribution(init):
    """Over 50,000 numbers: mean 0, the standard deviation of the formula, and output rows of zeros."""
    rows = initial_rows(N_WORDS, DIM, seed=1, init=init)

    expected = STANDARD_DEVIATIONS[init]
    assert rows.input_rows.std() == pytest.approx(expected, rel=0.02)
    assert abs(rows.input_rows.mean()) < 5 * expected / np.sqrt(N_WORDS * DIM)
    assert not rows.output_rows.any()


@pytest.mark.parametrize(
    ("init", "fill"),
    [("xavier", torch.nn.init.xavier_uniform_), ("kaiming", torch.nn.init.kaiming_uniform_)],
)
def test_bounds_are_those_of_torch(init, fill):
    """The largest of 50,000 numbers is within a thousandth of that of torch's function of the name."""
    largest = np.abs(initial_rows(N_WORDS, DIM, seed=1, init=init).input_rows).max()

    assert largest == pytest.approx(float(fill(torch.empty(N_WORDS, DIM)).abs().max()), rel=1e-3)


def test_normal_rows_are_normal():
    """Of numbers from N(0, 1) 68.3 % are within one standard deviation, and 95.4 % within two."""
    rows, _ = initial_rows(N_WORDS, DIM, seed=1, init="normal")

    assert np.mean(np.abs(rows) < 1) == pytest.approx(0.683, abs=0.01)
    assert np.mean(np.abs(rows) < 2) == pytest.approx(0.954, abs=0.01)


def test_given_vectors_are_matched_by_name(vocabulary):
    """Words of both get the given rows, others keep theirs; words that are only given count for nothing."""
    rows = initial_rows(4, 2, seed=1)
    before = rows.input_rows.copy()
    given = Vectors(("d", "x", "a"), np.array([[1, 2], [3, 4], [5, 6]], np.float32))

    coverage = put_vectors(rows, vocabulary, given)

    assert rows.input_rows[[0, 3]].tolist() == [[5, 6], [1, 2]]
    np.testing.assert_array_equal(rows.input_rows[1:3], before[1:3])
    assert not rows.output_rows.any()
    assert coverage == Coverage(n_found=2, n_words=4, token_share=0.55)


def test_given_vectors_of_another_length_are_refused(vocabulary):
    """Both lengths are named."""
    given = Vectors(("a",), np.ones((1, 3), np.float32))

    with pytest.raises(ValueError, match="given vectors have 3 dimensions, dim asks for 2"):
        put_vectors(initial_rows(4, 2, seed=1), vocabulary, given)
