"""Which row each word finds, and how the coverage is counted."""

import numpy as np
import pytest

from corpora.errors import InputError
from w2v import Vectors
from w2v.transfer.alignment import Origin, align

WORDS = ("the", "paris", "rome", "colour", "<unk>")
COUNTS = np.array([50, 20, 15, 10, 5], dtype=np.int64)


@pytest.fixture
def vectors():
    """Five words with counts; row i is filled with i + 1, so that every row is known by its number."""
    rows = np.repeat(np.arange(1.0, 6.0, dtype=np.float32)[:, None], 3, axis=1)
    return Vectors(WORDS, rows, COUNTS)


# Which row


def test_rows_come_in_the_order_of_the_words(vectors):
    """Each word finds its row; a word may stand in several places, and one may be unknown."""
    aligned = align(vectors, ["rome", "tokyo", "the", "rome"])

    assert aligned.rows.tolist() == [2, -1, 0, 2]
    assert aligned.origins.tolist() == [Origin.EXACT, Origin.FILLED, Origin.EXACT, Origin.EXACT]


def test_word_of_other_case_is_found_only_on_request(vectors):
    """Paris finds paris with lowercase, and nothing without; what is found as it stands is left alone."""
    strict = align(vectors, ["Paris", "the"])
    lenient = align(vectors, ["Paris", "the"], lowercase=True)

    assert strict.origins.tolist() == [Origin.FILLED, Origin.EXACT]
    assert lenient.origins.tolist() == [Origin.LOWERCASE, Origin.EXACT]
    assert lenient.rows.tolist() == [1, 0]


def test_exact_word_comes_before_its_lower_case():
    """With both Polish and polish among the vectors each keeps its own row."""
    both = Vectors(("Polish", "polish"), np.eye(2, dtype=np.float32))

    assert align(both, ["polish", "Polish"], lowercase=True).rows.tolist() == [1, 0]


@pytest.mark.parametrize("padding", ["the", 1])
def test_padding_is_never_looked_up(vectors, padding):
    """It may be named by word or by row, and has none of the vectors' rows even if they know the word."""
    aligned = align(vectors, ["rome", "the"], padding=padding)

    assert aligned.padding == 1
    assert aligned.rows.tolist() == [2, -1]
    assert aligned.origins.tolist() == [Origin.EXACT, Origin.PADDING]


def test_word_not_found_gets_the_nearest_spelling_on_request(vectors):
    """The row of colour for color, after lower case was tried; tokyo has nothing near."""
    aligned = align(vectors, ["the", "color", "tokyo", "Rome"], lowercase=True, spelling=True)

    assert aligned.rows.tolist() == [0, 3, -1, 2]
    assert aligned.origins.tolist() == [Origin.EXACT, Origin.SPELLING, Origin.FILLED, Origin.LOWERCASE]


def test_row_that_stands_for_no_word_is_missing(vectors):
    """None, as a token that is half a character has it, is filled and is no error."""
    aligned = align(vectors, ["the", None], lowercase=True, spelling=True)

    assert aligned.origins.tolist() == [Origin.EXACT, Origin.FILLED]
    assert aligned.coverage.missing == (1,)


# Coverage


def test_coverage_by_token_and_by_frequency_by_hand(vectors):
    """Of 5 tokens beside padding 2 are found as they stand, 1 in lower case, 1 is spelt alike, 1 is not.

    Found are the, rome and paris: 50 + 15 + 20 of the 100 occurrences. colour, whose row color has, is not in
    the model's vocabulary and does not count.
    """
    words = ["<pad>", "the", "rome", "Paris", "color", "tokyo"]

    coverage = align(vectors, words, padding="<pad>", lowercase=True, spelling=True).coverage

    assert coverage[:4] == (6, 2, 1, 1)
    assert coverage.missing == (5,)
    assert coverage.token_share == 3 / 5
    assert (coverage.n_covered, coverage.n_occurrences, coverage.occurrence_share) == (85, 100, 0.85)


def test_word_in_two_places_is_covered_once(vectors):
    """Written the and The it is one word of the vectors: 50 of 100 occurrences, not 100."""
    coverage = align(vectors, ["the", "The"], lowercase=True).coverage

    assert (coverage.token_share, coverage.occurrence_share) == (1.0, 0.5)


def test_coverage_by_frequency_is_unknown_without_counts():
    """Files without counts give None, not a share of nothing."""
    coverage = align(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), ["a"]).coverage

    assert (coverage.n_occurrences, coverage.n_covered, coverage.occurrence_share) == (None, None, None)


def test_v11_vocabulary_without_a_common_word_is_refused(vectors):
    """A table with no row of the vectors is a mistake, told with words of both sides."""
    with pytest.raises(InputError, match=r"0 of 2 tokens.*'der'.*'the'") as caught:
        align(vectors, ["der", "die"])

    assert caught.value.identifier == "V11"


# Bad arguments


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("the", "one str"),
        (b"the", "one bytes"),
        ({"the": 0}, "sorted"),
        ({"the"}, "order of the rows"),
        (["the", 1], "got int 1"),
    ],
)
def test_words_of_another_kind_are_refused(vectors, words, message):
    """One string, and maps and sets, whose order need not be that of the ids."""
    with pytest.raises(TypeError, match=message):
        align(vectors, words)


def test_vectors_of_another_kind_are_refused():
    """The matrix alone has no words."""
    with pytest.raises(TypeError, match="load_vectors"):
        align(np.eye(2), ["the"])


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        ({"words": []}, "one or more"),
        ({"padding": "<pad>"}, "is 0 of them"),
        ({"words": ["the", "the"], "padding": "the"}, "is 2 of them"),
        ({"padding": 1}, "0 to 0"),
        ({"padding": -1}, "0 to 0"),
    ],
)
def test_bad_alignment_is_refused(vectors, finding, message):
    """No words, and a padding that is not one row of them."""
    with pytest.raises(ValueError, match=message):
        align(vectors, **{"words": ["the"], **finding})
