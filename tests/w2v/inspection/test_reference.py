"""Two models: words of both, norms, and the word that moved."""

import numpy as np
import pytest

from w2v import Vectors
from w2v.inspection.reference import compare_with


@pytest.fixture
def vectors():
    """Sixty words in three heaps of twenty."""
    rng = np.random.default_rng(8)
    heaps = rng.normal(size=(3, 12))
    matrix = np.vstack([heap + 0.3 * rng.normal(size=(20, 12)) for heap in heaps])
    return Vectors(tuple(f"{kind}{n}" for kind in "abc" for n in range(20)), matrix.astype(np.float32))


def test_the_same_vectors_have_not_moved(vectors):
    """Rotated, and three times as long, everything is where it was."""
    rotation, _ = np.linalg.qr(np.random.default_rng(9).normal(size=(12, 12)))
    turned = Vectors(vectors.words, (3 * vectors.matrix @ rotation).astype(np.float32))

    found = compare_with(vectors, turned)

    assert (found.shared, found.only_here, found.only_reference, found.compared) == (60, 0, 0, 60)
    assert found.norm_ratios == pytest.approx((1 / 3, 1 / 3, 1 / 3), rel=1e-5)
    assert found.overlap == 1
    assert min(one.similarity for one in found.moved) == pytest.approx(1, abs=1e-5)


def test_the_word_that_moved_is_first(vectors):
    """A word of the first heap goes to the second: it has other neighbours, and says which."""
    matrix = vectors.matrix.copy()
    matrix[3] = matrix[25] + 0.1
    found = compare_with(vectors, Vectors(vectors.words, matrix))

    moved = found.moved[0]
    assert (moved.word, moved.overlap) == ("a3", 0)
    assert {word[0] for word in moved.neighbors} == {"a"}
    assert {word[0] for word in moved.reference_neighbors} == {"b"}
    assert moved.similarity < found.moved[1].similarity


def test_similarity_is_that_of_two_lists_of_cosines(vectors):
    """Worked out for one word from its neighbours in both models."""
    rng = np.random.default_rng(10)
    other = Vectors(vectors.words, (vectors.matrix + 0.4 * rng.normal(size=(60, 12))).astype(np.float32))
    near = {word for model in (vectors, other) for word, _ in model.most_similar("b4", top=10)}
    lists = [[model.similarity("b4", word) for word in sorted(near)] for model in (vectors, other)]
    expected = np.dot(*lists) / np.linalg.norm(lists[0]) / np.linalg.norm(lists[1])

    found = {one.word: one for one in compare_with(vectors, other).moved}["b4"]

    assert found.similarity == pytest.approx(expected, abs=1e-6)
    both = {word for word, _ in vectors.most_similar("b4")} & {word for word, _ in other.most_similar("b4")}
    assert found.overlap == len(both) / 10


def test_only_words_of_both_that_point_somewhere_are_compared(vectors):
    """Other words and rows of zeros are counted, not compared; other dimensions are no hindrance."""
    matrix = np.random.default_rng(11).normal(size=(31, 5)).astype(np.float32)
    matrix[7] = 0
    reference = Vectors((*vectors.words[:30], "elsewhere"), matrix)

    found = compare_with(vectors, reference)

    assert (found.shared, found.only_here, found.only_reference, found.compared) == (30, 30, 1, 29)
    assert "a7" not in {one.word for one in found.moved}


@pytest.mark.parametrize("n_words", [0, 1, 2])
def test_too_few_words_in_common_have_no_overlap(vectors, n_words):
    """None, and nobody moved."""
    words = (*vectors.words[:n_words], "x", "y", "z")
    reference = Vectors(words, np.ones((len(words), 12), dtype=np.float32))

    found = compare_with(vectors, reference)

    assert (found.shared, found.overlap, found.moved) == (n_words, None, ())
