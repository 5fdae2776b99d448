"""Words to rows: spellings, limits, and rows that point nowhere."""

import numpy as np
import pytest

from w2v.evaluation.lookup import count_rows, find_rows
from w2v.vectors import Vectors

WORDS = ("the", "Paris", "paris", "zero", "PARIS", "nan", "Straße", "STRASSE")


@pytest.fixture
def vectors():
    """Spellings of two words, a row of zeros and one of NaN."""
    rows = np.ones((len(WORDS), 2), dtype=np.float32)
    rows[3], rows[5] = 0, np.nan
    return Vectors(WORDS, rows)


def found(vectors, words, **options):
    """Rows as lists."""
    options = {"max_words": None, "fold_case": True} | options
    return {word: rows.tolist() for word, rows in find_rows(vectors, words, **options).items()}


def test_a_word_has_the_rows_of_all_its_spellings_the_most_frequent_first(vectors):
    """Each spelling that is asked for gets all, in their order; Unicode has its say."""
    assert found(vectors, ["PARIS", "pAris", "strasse"]) == {
        "PARIS": [1, 2, 4],
        "pAris": [1, 2, 4],
        "strasse": [6, 7],
    }


def test_with_case_kept_apart_a_word_has_its_own_row(vectors):
    """Other spellings are other words."""
    assert found(vectors, ["paris", "pAris"], fold_case=False) == {"paris": [2]}


@pytest.mark.parametrize("fold_case", [True, False])
def test_unknown_words_and_rows_that_point_nowhere_are_missing(vectors, fold_case):
    """Neither is in the answer."""
    assert found(vectors, ["zero", "nan", "rome", "the"], fold_case=fold_case) == {"the": [0]}


@pytest.mark.parametrize("fold_case", [True, False])
def test_words_beyond_the_limit_are_missing(vectors, fold_case):
    """The limit is a number of rows, and more than there are is all."""
    assert found(vectors, ["paris"], max_words=1, fold_case=fold_case) == {}
    assert count_rows(vectors, 99) == count_rows(vectors, None) == len(WORDS)
    with pytest.raises(ValueError, match="max_words must be 1 or more"):
        count_rows(vectors, 0)
