"""Robust z-scores by hand and against a plain loop; the rules of spelling and cause, case by case."""

import numpy as np
import pytest

from w2v.inspection.outliers import has_junk_form, likely_cause, robust_z


def test_z_scores_are_worked_out_from_median_and_mad():
    """Values 0 to 32 and one of 100: median 16.5, absolute deviations' median 8.5."""
    values = np.array([*range(33), 100.0])

    z = robust_z(values)

    assert z[-1] == pytest.approx((100 - 16.5) / (1.4826 * 8.5))
    assert z[16] == pytest.approx((16 - 16.5) / (1.4826 * 8.5))


def test_z_scores_follow_the_frequency():
    """Norms of rare and of frequent words differ tenfold and in spread; each is measured by its like."""
    rng = np.random.default_rng(5)
    counts = np.repeat([5, 5_000], 400)
    values = np.where(counts == 5, rng.normal(1, 0.1, 800), rng.normal(10, 1, 800))
    values[[0, 400]] = 2, 2  # ten deviations above its like, and eight below

    z = robust_z(values, counts)

    for place in (0, 400):
        like = values[counts == counts[place]]
        mad = np.median(np.abs(like - np.median(like)))
        assert z[place] == pytest.approx((2 - np.median(like)) / (1.4826 * mad))
    assert z[0] > 8
    assert z[400] < -6
    assert np.abs(np.delete(z, [0, 400])).max() < 5


def test_between_bins_the_usual_value_is_on_a_line():
    """Halfway, by the logarithm of the count, between bins with medians 0 and 10, 5 is usual."""
    counts = np.array([10] * 300 + [100] * 1 + [1_000] * 300)
    noise = np.linspace(-1, 1, 300)
    values = np.concatenate([noise, [5.0], noise + 10])

    assert robust_z(values, counts)[300] == pytest.approx(0, abs=0.05)


def test_rounding_is_no_spread():
    """Rows of norm 1 differ in the last digit, and none of them is an outlier."""
    values = 1 + np.random.default_rng(7).normal(0, 1e-7, 500)

    assert np.abs(robust_z(values)).max() < 0.01


def test_few_words_have_no_usual_value():
    """29 words, one of them far away: 0 for all."""
    assert not robust_z(np.array([1.0] * 28 + [1e9])).any()


@pytest.mark.parametrize(
    "word",
    [
        "<br>", "{{cite", "a|b", "x=1", "\\n", "http://a", "www.b.c", "&nbsp;", "&#160;", "caf%C3%A9",
        "\ufffd", "aaaa", "wooooo", "----", "====", "?!?!", "a3f9b2c8", "a\x00b", "\ue000", "w" * 41,
    ],
)  # fmt: skip
def test_junk_is_known_by_its_spelling(word):
    """One example or more of each rule."""
    assert has_junk_form(word)


@pytest.mark.parametrize(
    "word",
    ["the", "don't", "20,000,000", "0000", "10000", "...", "``", "&", "b2b", "h2so4", "mp3", "青", "naïve",
     "well-known", "u.s.", "at&t", "été", "Αθήνα", "100%", "हिन्दी"],
)  # fmt: skip
def test_words_are_not_junk(word):
    """Numbers, signs of a tokenised text, formulas and other scripts are left alone."""
    assert not has_junk_form(word)


@pytest.mark.parametrize(
    ("word", "count", "z", "cause"),
    [
        ("<br>", 5, (9, 0), "junk token"),
        ("house", 10, (9, 0), "too rare"),
        ("house", 11, (9, 0), "boilerplate"),
        ("house", None, (9, -4), "boilerplate"),
        ("house", None, (3.5, -4), "no context of its own"),
        ("house", 1_000, (-4, 0), "no context of its own"),
        ("house", 1_000, (0, 4), "boilerplate"),
    ],
)
def test_the_first_rule_that_holds_is_the_cause(word, count, z, cause):
    """In the order of the docstring; the larger score in size decides between the last two."""
    assert likely_cause(word, count, z, lowest_count=5) == cause
