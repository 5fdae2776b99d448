"""The two distributions: which occurrences are kept, and which words are drawn as noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from corpora.sampling import keep_probabilities, noise_table, random_state
from tests.reference import reference_keep_probabilities, reference_noise, reference_state

COUNTS = [5000, 900, 900, 300, 77, 20, 8, 5, 5, 1]
SANE = 1e-4  # a draw that follows its distribution fails this with one fixed seed of ten thousand
THRESHOLDS = [0.0, 1e-5, 1e-3, 0.1, 1.0]


@pytest.mark.parametrize("threshold", THRESHOLDS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(counts=st.lists(st.integers(1, 10**12), min_size=1, max_size=20))
def test_keep_probabilities_equal_their_twin(threshold, counts):
    """Each is min(1, sqrt(t / f) + t / f)."""
    found = keep_probabilities(np.array(counts), threshold)

    np.testing.assert_allclose(found, reference_keep_probabilities(counts, threshold), rtol=1e-12)


def test_frequent_words_are_kept_less_often():
    """The kept share falls as the count rises; rare words are always kept."""
    keep = keep_probabilities(np.array([1, 10, 1000]), threshold=1e-2)

    assert keep[0] == 1.0
    assert keep[0] >= keep[1] > keep[2]


def test_keep_probability_worked_out_by_hand():
    """A word that is a fourth of the text, at t = 0.01: sqrt(0.04) + 0.04 = 0.24."""
    assert keep_probabilities(np.array([1, 3]), 0.01)[0] == pytest.approx(0.24)


def test_keep_probabilities_of_a_part_and_of_large_counts_are_in_range():
    """Counts that sum to more than 2^63 do not overflow."""
    keep = keep_probabilities(np.full(4, 2**62), 1e-3)

    np.testing.assert_allclose(keep, np.sqrt(4e-3) + 4e-3)


@pytest.mark.parametrize("threshold", [-1e-9, float("nan")])
def test_a_threshold_that_is_none_is_refused(threshold):
    """Negative and NaN are a ValueError with the value in it."""
    with pytest.raises(ValueError, match=f"threshold must be 0 or more, got {threshold}"):
        keep_probabilities(np.array([1, 2]), threshold)


@pytest.mark.parametrize("exponent", [0.75, 0.0, -0.5, 1.0])
def test_draws_follow_the_exponent(exponent):
    """A million draws are count^exponent, by a chi-squared test."""
    drawn = noise_table(np.array(COUNTS), exponent).draw(1_000_000, seed=11)

    expected = 1_000_000 * np.array(reference_noise(COUNTS, exponent))
    assert chisquare(np.bincount(drawn, minlength=len(COUNTS)), expected).pvalue > SANE


def test_draws_of_many_words_follow_the_exponent():
    """So do draws from ten thousand words with counts as Zipf's law has them."""
    counts = (10**7 / np.arange(1, 10_001)).astype(np.int64)

    drawn = noise_table(counts, 0.75).draw(2_000_000, seed=12)

    expected = 2_000_000 * np.array(reference_noise(counts.tolist(), 0.75))
    assert chisquare(np.bincount(drawn, minlength=len(counts)), expected).pvalue > SANE


def test_a_wrong_exponent_would_be_noticed():
    """The test above has the power to tell 0.75 from 0.74."""
    drawn = noise_table(np.array(COUNTS), 0.75).draw(1_000_000, seed=11)

    expected = 1_000_000 * np.array(reference_noise(COUNTS, 0.74))
    assert chisquare(np.bincount(drawn, minlength=len(COUNTS)), expected).pvalue < SANE


def test_neighbouring_draws_are_independent():
    """Pairs of draws that follow one another have the product of their chances."""
    counts = [4, 3, 2, 1]
    drawn = noise_table(np.array(counts), 1.0).draw(1_000_000, seed=13)

    pairs = np.bincount(4 * drawn[:-1:2] + drawn[1::2], minlength=16)
    chances = np.outer(reference_noise(counts, 1.0), reference_noise(counts, 1.0)).ravel()
    assert chisquare(pairs, 500_000 * chances).pvalue > SANE


def test_draws_repeat_for_a_seed_and_differ_for_another():
    """The seed alone decides."""
    table = noise_table(np.array(COUNTS), 0.75)

    assert table.draw(100, seed=5).tolist() == table.draw(100, seed=5).tolist()
    assert table.draw(100, seed=5).tolist() != table.draw(100, seed=6).tolist()


@pytest.mark.parametrize("exponent", [30.0, -30.0, 0.75])
def test_far_exponents_and_counts_do_not_overflow(exponent):
    """Counts of 10^12 with exponents of 30 leave chances that are numbers and sum to 1."""
    chances = noise_table(np.array([10**12, 10**12, 10**11, 1]), exponent).probabilities()

    assert np.isfinite(chances).all()
    assert chances.sum() == pytest.approx(1.0)
    assert (chances >= 0).all()


def test_one_word_is_always_drawn():
    """A table of one word is no loop."""
    assert noise_table(np.array([7]), 0.75).draw(3, seed=1).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("counts", "exponent", "message"),
    [
        ([], 0.75, "at least one word"),
        ([3, 0], 0.75, "counted once or more"),
        ([3, -1], 0.75, "counted once or more"),
        ([3, 1], float("inf"), "finite number, got inf"),
        ([3, 1], float("nan"), "finite number, got nan"),
    ],
)
def test_impossible_noise_is_refused(counts, exponent, message):
    """No word, a count below 1, and an exponent that is no number are a ValueError."""
    with pytest.raises(ValueError, match=message):
        noise_table(np.array(counts, dtype=np.int64), exponent)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(numbers=st.lists(st.integers(-(2**63), 2**64 - 1), max_size=4))
def test_random_state_equals_its_twin(numbers):
    """The state is the hash of the numbers in their order."""
    assert random_state(*numbers).tolist() == [reference_state(*numbers)]


def test_states_of_neighbours_differ():
    """A hundred seeds, epochs and chunks, and numbers that change places, give as many states."""
    states = {int(random_state(*n)[0]) for n in np.ndindex(10, 10, 100)}

    assert len(states) == 10 * 10 * 100
