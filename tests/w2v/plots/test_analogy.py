"""The parallelogram of an analogy."""

import numpy as np
import pytest

from w2v import Vectors, W2VError, draw_analogy

WORDS = ("man", "king", "woman", "queen", "other")


def _vectors(last):
    rows = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], last, [0, 0, 0, 1]]
    return Vectors(WORDS, np.array(rows, dtype=np.float32))


def test_four_words_have_points_and_names():
    """Two arrows and two dashed sides; d is where a : b says, if the words say so."""
    figure = draw_analogy(_vectors([1, 1, 1, 0]), *WORDS[:4])

    axes = figure.axes[0]
    assert {text.get_text() for text in axes.texts} >= {*WORDS[:4], "king − man + woman"}
    assert axes.get_title("left") == "man is to king as woman is to queen"
    remark = next(text.get_text() for text in axes.texts if "cosine" in text.get_text())
    assert "and is nearest to it" in remark


def test_the_ring_closes_the_parallelogram():
    """It is b - a + c of the points."""
    axes = draw_analogy(_vectors([1, 3, 1, 1]), *WORDS[:4]).axes[0]

    points, ring = (np.asarray(part.get_offsets()) for part in axes.collections[:2])

    np.testing.assert_allclose(ring[0], points[1] - points[0] + points[2], atol=1e-6)
    assert axes.get_aspect() == 1


def test_a_failing_analogy_says_what_is_nearer():
    """Where d points elsewhere, the word that would have been right is named."""
    axes = draw_analogy(_vectors([-1, 0, 0, 0.1]), *WORDS[:4]).axes[0]

    assert any("other is nearer" in text.get_text() for text in axes.texts)


def test_words_must_be_known_and_different():
    """Each in a clear line."""
    with pytest.raises(ValueError, match="four different words, got man king man queen"):
        draw_analogy(_vectors([1, 1, 1, 0]), "man", "king", "man", "queen")
    with pytest.raises(W2VError, match="no vector for 'prince'"):
        draw_analogy(_vectors([1, 1, 1, 0]), "man", "king", "woman", "prince")
