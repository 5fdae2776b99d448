"""Maps of words: principal components against an SVD, seeds, and rows that cannot be projected."""

import sys

import numpy as np
import pytest

from w2v import Vectors, project
from w2v.projection import principal_directions, unit_rows


@pytest.fixture
def matrix():
    """Forty rows of 7 numbers, longer in some directions than in others."""
    rng = np.random.default_rng(1)
    return (rng.normal(size=(40, 7)) * np.arange(1, 8)).astype(np.float32)


def test_principal_components_are_those_of_an_svd(matrix):
    """The centred unit rows' singular vectors give the same map, but for the signs."""
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    u, s, _ = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    expected = (u * s)[:, :2]

    found = project(matrix, method="pca")

    assert found.dtype == np.float32
    assert found.shape == (40, 2)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-5)


def test_shares_of_the_variance_sum_to_one_and_fall(matrix):
    """They are those of the singular values, squared."""
    unit = unit_rows(matrix)
    s = np.linalg.svd(unit - unit.mean(axis=0), compute_uv=False)

    _, directions, shares = principal_directions(unit)

    np.testing.assert_allclose(shares, s**2 / (s**2).sum(), atol=1e-6)
    np.testing.assert_allclose(directions.T @ directions, np.eye(7), atol=1e-10)


def test_vectors_and_their_matrix_give_one_map(matrix):
    """Both are taken, and the length of a row does not matter."""
    vectors = Vectors(tuple(f"w{row}" for row in range(40)), matrix)
    longer = matrix * np.arange(1, 41, dtype=np.float32)[:, None]

    np.testing.assert_array_equal(project(vectors), project(matrix))
    np.testing.assert_allclose(project(longer), project(matrix), atol=1e-6)


def test_a_seed_gives_one_map(matrix):
    """The same seed of t-SNE twice is the same map, to the last digit."""
    first, again = (project(matrix, method="tsne", seed=3) for _ in range(2))

    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


@pytest.mark.slow
def test_a_seed_gives_one_map_by_umap(matrix):
    """The same for UMAP, and for as few words as it takes."""
    first, again = (project(matrix, method="umap", seed=3) for _ in range(2))

    np.testing.assert_array_equal(first, again)
    assert project(matrix[:4], method="umap").shape == (4, 2)


def test_near_rows_come_near(matrix):
    """Two heaps of rows in opposite directions stay two heaps."""
    heaps = np.vstack([matrix[:20] * 0.01 + 1, matrix[20:] * 0.01 - 1])

    places = project(heaps, method="tsne")

    middles = places[:20].mean(axis=0), places[20:].mean(axis=0)
    spread = max(places[:20].std(), places[20:].std())
    assert np.linalg.norm(middles[0] - middles[1]) > 2 * spread


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_two_dimensions_are_a_map_already(method):
    """Rows of two numbers come back; of one, beside 0; one that is not finite is at 0."""
    rows = np.array([[3, 4], [1, 0], [np.nan, 1], [0, 0]], dtype=np.float32)

    np.testing.assert_array_equal(project(rows, method=method), [[3, 4], [1, 0], [0, 0], [0, 0]])
    np.testing.assert_array_equal(project(rows[:, 1:], method=method)[:2], [[4, 0], [0, 0]])


def test_rows_that_point_nowhere_have_a_place(matrix):
    """Zeros, NaN and infinity stand where a row of zeros does."""
    matrix[:3] = [[0], [np.nan], [np.inf]]

    places = project(matrix)

    assert np.isfinite(places).all()
    np.testing.assert_array_equal(places[1:3], places[[0, 0]])


def test_one_word_is_a_map(matrix):
    """It is in the middle."""
    np.testing.assert_array_equal(project(matrix[:1]), [[0, 0]])


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (0, {}, "no word to project"),
        (3, {"method": "tsne"}, "tsne needs 4 words or more, got 3"),
        (3, {"method": "umap"}, "umap needs 4 words or more, got 3"),
        (9, {"method": "mds"}, "one of pca, tsne, umap, got 'mds'"),
        (9, {"seed": -1}, "seed must be 0 to"),
    ],
)
def test_what_cannot_be_projected_is_said(matrix, rows, options, message):
    """A ValueError with the number found."""
    with pytest.raises(ValueError, match=message):
        project(matrix[:rows], **options)


def test_words_are_no_vectors():
    """A list is a TypeError."""
    with pytest.raises(TypeError, match="Vectors or their matrix, got list"):
        project(["france"])


@pytest.mark.parametrize(("method", "package"), [("umap", "umap"), ("tsne", "sklearn")])
def test_a_missing_extra_is_named(matrix, monkeypatch, method, package):
    """The error says what to install; PCA does without."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "sklearn.manifold", raising=False)

    with pytest.raises(ImportError, match=rf"{package}, which is not installed.*'w2v\[viz\]'"):
        project(matrix, method=method)
    assert project(matrix).shape == (40, 2)
