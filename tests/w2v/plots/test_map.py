"""Maps: labels that do not overlap, groups and their colours, and words that cannot be shown."""

import re
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from w2v import Vectors, W2VError, draw_map
from w2v.plots.canvas import GROUP_COLORS, render
from w2v.plots.map import find_clusters


@pytest.fixture(scope="module")
def vectors():
    """Three heaps of forty words."""
    rng = np.random.default_rng(16)
    heaps = 3 * rng.normal(size=(3, 8))
    matrix = np.vstack([heap + rng.normal(size=(40, 8)) for heap in heaps]).astype(np.float32)
    return Vectors(tuple(f"{kind}word{n}" for kind in "abc" for n in range(40)), matrix)


def _boxes(figure):
    figure.draw_without_rendering()
    texts = [text for text in figure.axes[0].texts if re.fullmatch(r"[abc]word\d+", text.get_text())]
    return [(text.get_text(), text.get_window_extent()) for text in texts]


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_labels_do_not_overlap(vectors, method):
    """No two of the boxes that labels take have an area in common, and many words have a label."""
    figure = draw_map(vectors, vectors.words, method=method)

    boxes = _boxes(figure)

    assert isinstance(figure, Figure)
    assert len(boxes) == figure.axes[0].n_labels > 40
    for place, (_, one) in enumerate(boxes):
        for _, other in boxes[place + 1 :]:
            width = min(one.x1, other.x1) - max(one.x0, other.x0)
            height = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert width <= 1 or height <= 1  # a pixel, where boxes touch


def test_every_word_has_its_point(vectors):
    """Where `project` puts it, also when there is no room for the label."""
    from w2v import project

    figure = draw_map(vectors, vectors.words)

    np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets(), project(vectors), atol=1e-6)


def test_groups_have_colours(vectors):
    """Words of a group share one, in the order in which the groups appear, and the legend names them."""
    figure = draw_map(vectors, vectors.words[30:50], groups=["heap a"] * 10 + ["heap b"] * 10)

    colors = [to_hex(color) for color in figure.axes[0].collections[0].get_facecolors()]
    assert colors == [GROUP_COLORS[0]] * 10 + [GROUP_COLORS[1]] * 10
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["heap a", "heap b"]


def test_clusters_are_the_heaps(vectors):
    """K-means finds the three heaps, each named for its first word; the seed repeats it."""
    found = find_clusters(vectors, vectors.words, 3, seed=1)

    assert found == ["aword0"] * 40 + ["bword0"] * 40 + ["cword0"] * 40
    assert found == find_clusters(vectors, vectors.words, 3, seed=1)
    with pytest.raises(ValueError, match="clusters must be 1 to 2"):
        find_clusters(vectors, vectors.words[:2], 3)


def test_clusters_of_few_points_are_fewer(recwarn):
    """As many as there are directions, and no warning comes from below."""
    matrix = np.array([[1, 0], [2, 0], [0, 1], [0, 3], [1, 0]], dtype=np.float32)

    found = find_clusters(Vectors(tuple("abcde"), matrix), tuple("abcde"), 4)

    assert found == ["a", "a", "c", "c", "a"]
    assert [str(warning.message) for warning in recwarn] == []


def test_the_same_map_is_the_same_file(vectors):
    """Byte for byte."""
    words = vectors.words[:12]

    assert render(draw_map(vectors, words), ".svg") == render(draw_map(vectors, words), ".svg")


def test_the_center_is_bold(vectors):
    """It has its label before all others."""
    figure = draw_map(vectors, vectors.words[:30], center="aword7")

    bold = [text.get_text() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert bold == ["aword7"]
    assert figure.axes[0].get_title("left") == "aword7 and its 29 nearest words"


@pytest.mark.parametrize("words", [("$x_{", "a\u202eb", "日本", "<b>"), ("one",)])
def test_any_word_can_be_drawn(words):
    """Formulas, escapes, other scripts, and a word alone."""
    matrix = np.random.default_rng(17).normal(size=(len(words), 5)).astype(np.float32)

    assert len(render(draw_map(Vectors(words, matrix), words), ".png")) > 1_000


@pytest.mark.parametrize("dim", [1, 2])
def test_few_dimensions_are_drawn_as_they_are(dim):
    """Points at the numbers themselves."""
    matrix = np.arange(4 * dim, dtype=np.float32).reshape(4, dim)

    figure = draw_map(Vectors(tuple("abcd"), matrix), list("abcd"), method="tsne")

    np.testing.assert_array_equal(figure.axes[0].collections[0].get_offsets()[:, :dim], matrix)


def test_what_cannot_be_drawn_is_said(vectors):
    """No words, unknown words, a wrong number of groups."""
    with pytest.raises(ValueError, match="no word to project"):
        draw_map(vectors, [])
    with pytest.raises(W2VError, match="no vector for 'zebra'"):
        draw_map(vectors, ["zebra"])
    with pytest.raises(ValueError, match="groups must be 2, one for each word, got 1"):
        draw_map(vectors, ["aword0", "aword1"], groups=["x"])


def test_a_missing_extra_is_named(vectors, monkeypatch):
    """Without the label placer: what to install."""
    monkeypatch.setitem(sys.modules, "textalloc", None)

    with pytest.raises(ImportError, match=r"needs textalloc.*pip install 'w2v\[viz\]'"):
        draw_map(vectors, vectors.words[:3])
