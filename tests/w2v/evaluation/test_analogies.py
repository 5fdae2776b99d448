"""Scores of analogies: what is counted, in which group, and what is not available."""

import numpy as np
import pytest

from w2v.evaluation.analogies import evaluate_analogies
from w2v.vectors import Vectors

WORDS = ("man", "woman", "king", "queen", "Man", "prince")
ROWS = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 1], [3, 0.1, 2]]


@pytest.fixture
def royal():
    """Six words whose one analogy is solved, and a spelling of a word that is another vector."""
    return Vectors(WORDS, np.array(ROWS, dtype=np.float32))


@pytest.fixture
def questions(tmp_path):
    """Two sections with a question that is solved, one that is not, and one with an unknown word."""
    path = tmp_path / "questions.txt"
    path.write_text(": royal\nman woman king queen\nman king woman king\n: gram1\nMAN WOMAN KING nobody\n")
    return path


def test_scores_by_hand(royal, questions):
    """One right, one whose answer is one of its words, one unseen: 1 of 2 seen, of 3."""
    found = evaluate_analogies(royal, questions)

    assert found.ranks.tolist() == [1, 7, 0]
    total = found.total
    assert (total.correct, total.seen, total.total, total.counted) == (1, 2, 3, 2)
    assert (total.accuracy, total.top5_accuracy) == (0.5, 0.5)
    assert total.median_rank == 4
    assert total.mean_reciprocal_rank == pytest.approx((1 + 1 / 7) / 2)
    assert total.interval == pytest.approx((0.0945, 0.9055), abs=1e-4)
    assert [(score.name, score.seen, score.total) for score in found.sections] == [
        ("royal", 2, 2),
        ("gram1", 0, 1),
    ]


def test_sections_that_start_with_gram_are_syntactic(royal, questions):
    """All others are semantic."""
    found = evaluate_analogies(royal, questions)

    assert (found.semantic.total, found.syntactic.total) == (2, 1)


def test_what_cannot_be_asked_is_not_available(royal, questions):
    """E04: a section without a usable question has no accuracy, whatever missing words count as."""
    for missing in ("skip", "zero"):
        gram = evaluate_analogies(royal, questions, missing=missing).syntactic

        assert (gram.seen, gram.total) == (0, 1)
        assert gram.accuracy is gram.interval is gram.top5_accuracy is None
        assert gram.median_rank is gram.mean_reciprocal_rank is None


def test_missing_words_can_count_as_wrong(royal, questions):
    """The share is then of all questions, and what is seen stays what it was."""
    total = evaluate_analogies(royal, questions, missing="zero").total

    assert (total.accuracy, total.seen, total.counted) == (pytest.approx(1 / 3), 2, 3)


def test_case_is_ignored_and_the_most_frequent_spelling_is_asked_with(royal, tmp_path):
    """E05: MAN is `man`, row 0, and not `Man`, row 4; with case kept apart it is nothing."""
    path = tmp_path / "questions.txt"
    path.write_text("MAN Woman kinG QUEEN\n")

    assert evaluate_analogies(royal, path).ranks.tolist() == [1]
    assert evaluate_analogies(royal, path, fold_case=False).total.seen == 0


def test_only_the_first_words_are_asked_and_answer(royal, tmp_path):
    """A word beyond the limit is missing."""
    path = tmp_path / "questions.txt"
    path.write_text("man woman king queen\n")

    assert evaluate_analogies(royal, path, max_words=4).total.seen == 1
    assert evaluate_analogies(royal, path, max_words=3).total.seen == 0


@pytest.mark.parametrize("broken", [0.0, np.nan, np.inf])
def test_a_word_that_points_nowhere_is_missing(questions, broken):
    """E13: a row of zeros or NaN is no vector to ask with."""
    rows = np.array(ROWS, dtype=np.float32)
    rows[2] = broken

    assert evaluate_analogies(Vectors(WORDS, rows), questions).total.seen == 0


@pytest.mark.parametrize(
    "options", [{"method": "cosine"}, {"missing": "wrong"}, {"max_words": 0}, {"max_words": -1}]
)
def test_unknown_options_are_refused(royal, questions, options):
    """The error names what there is."""
    with pytest.raises(ValueError, match="must be"):
        evaluate_analogies(royal, questions, **options)
