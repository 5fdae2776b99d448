"""To gensim and back: the same words, numbers and counts, and a clear word where gensim is missing."""

import sys

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec

from w2v.vectors import Vectors

SENTENCES = [["the", "cat", "sat"], ["the", "cat"], ["the"]] * 3


@pytest.fixture
def vectors():
    """Three words with counts."""
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    return Vectors(("the", "cat", "sat"), matrix, np.array([9, 6, 3]))


def test_gensim_gets_words_numbers_and_counts(vectors):
    """Rows, lookups and counts are as here, and gensim's own methods work on them."""
    keyed = vectors.to_gensim()

    assert isinstance(keyed, KeyedVectors)
    assert keyed.index_to_key == ["the", "cat", "sat"]
    np.testing.assert_array_equal(keyed.vectors, vectors.matrix)
    assert [keyed.get_vecattr(word, "count") for word in vectors] == [9, 6, 3]
    assert keyed.most_similar("sat", topn=1)[0][0] == vectors.most_similar("sat", top=1)[0][0]


def test_what_gensim_changes_stays_its_own(vectors):
    """Matrix and counts are copies."""
    keyed = vectors.to_gensim()
    keyed.vectors[:] = 0
    keyed.set_vecattr("the", "count", 1)

    assert vectors.matrix.any()
    assert vectors.counts.tolist() == [9, 6, 3]


def test_there_and_back_is_the_same(vectors):
    """Words, numbers and counts survive the way; the metadata says where they come from."""
    back = Vectors.from_gensim(vectors.to_gensim())

    assert back.words == vectors.words
    np.testing.assert_array_equal(back.matrix, vectors.matrix)
    np.testing.assert_array_equal(back.counts, vectors.counts)
    assert back.metadata["source"] == "gensim KeyedVectors"


def test_without_counts_there_are_none():
    """Nothing is made up on either side."""
    keyed = Vectors(("a",), np.ones((1, 2), np.float32)).to_gensim()

    assert "count" not in keyed.expandos
    assert Vectors.from_gensim(keyed).counts is None


def test_counts_that_fit_no_more_are_left_out(vectors):
    """Words added later have no counts in gensim; then no counts come along, rather than wrong ones."""
    keyed = vectors.to_gensim()
    keyed.add_vectors(["mat"], np.ones((1, 2), np.float32))
    keyed.expandos["count"] = keyed.expandos["count"][:3]

    found = Vectors.from_gensim(keyed)

    assert found.words[-1] == "mat"
    assert found.counts is None


@pytest.mark.parametrize("model", [Word2Vec, FastText])
def test_models_of_gensim_give_their_words(model):
    """Vectors and counts of a trained model, through its wv."""
    trained = model(SENTENCES, vector_size=4, min_count=1, workers=1)

    found = Vectors.from_gensim(trained.wv)

    assert dict(zip(found.words, found.counts.tolist(), strict=True)) == {"the": 9, "cat": 6, "sat": 3}
    np.testing.assert_array_equal(found["cat"], trained.wv["cat"])


def test_numbers_of_another_kind_become_float32():
    """Of float16 or float64, which gensim may hold, float32 is made."""
    keyed = KeyedVectors(2, dtype=np.float64)
    keyed.add_vectors(["a"], np.array([[0.5, 0.25]]))

    assert Vectors.from_gensim(keyed).matrix.dtype == np.float32


@pytest.mark.parametrize("wrong", [Word2Vec(SENTENCES, vector_size=4, min_count=1), None, {"a": [1.0]}])
def test_what_is_no_keyed_vectors_is_refused(wrong):
    """A model in place of its wv is told so."""
    with pytest.raises(TypeError, match=r"pass its \.wv"):
        Vectors.from_gensim(wrong)


def test_a_missing_gensim_is_told_with_the_command(vectors, monkeypatch):
    """The base install has no gensim; the error names what to type."""
    monkeypatch.setitem(sys.modules, "gensim.models", None)

    with pytest.raises(ImportError, match="pip install gensim"):
        vectors.to_gensim()
