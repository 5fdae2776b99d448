"""Principal components: against the singular values of the centred matrix."""

import numpy as np
import pytest

from w2v import Vectors
from w2v.transfer.projection import project


@pytest.fixture
def vectors():
    """200 words in 6 columns of falling variance, turned and moved."""
    rng = np.random.default_rng(1)
    turned = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    rows = rng.normal(size=(200, 6)) * [5, 3, 2, 1, 0.5, 0.1] @ turned + rng.normal(size=6)
    words = tuple(f"w{row}" for row in range(200))
    return Vectors(words, rows.astype(np.float32), np.arange(200)[::-1].copy(), {"seed": 1})


@pytest.mark.parametrize("columns", [1, 4, 6])
def test_columns_are_the_principal_components(vectors, columns):
    """Up to the sign of each column the result is U S of the singular value decomposition."""
    centred = vectors.matrix.astype(np.float64) - vectors.matrix.mean(axis=0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    expected = (left * singular)[:, :columns]

    found = project(vectors, columns).matrix

    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-4)


def test_all_columns_keep_all_distances(vectors):
    """At full width the rows are only turned and moved."""

    def distances(matrix):
        return np.linalg.norm(matrix[:20, None].astype(np.float64) - matrix[None, :20], axis=2)

    np.testing.assert_allclose(distances(project(vectors, 6).matrix), distances(vectors.matrix), atol=1e-4)


def test_words_counts_and_settings_stay(vectors):
    """The result says how wide the vectors were and how much of the variance is left."""
    variances = np.sort(np.linalg.eigvalsh(np.cov(vectors.matrix.T.astype(np.float64))))[::-1]

    found = project(vectors, 2)

    assert found.words == vectors.words
    np.testing.assert_array_equal(found.counts, vectors.counts)
    assert found.metadata["seed"] == 1
    assert found.metadata["projection"] == {
        "from_columns": 6,
        "variance_kept": pytest.approx(variances[:2].sum() / variances.sum()),
    }


@pytest.mark.parametrize("seed", range(5))
def test_signs_follow_a_rule(seed):
    """In each component the number of largest size is positive, whatever sign the solver gave it."""
    rows = np.random.default_rng(seed).normal(size=(50, 6)).astype(np.float32)
    vectors = Vectors(tuple(f"w{row}" for row in range(50)), rows)

    columns = project(vectors, 6).matrix.astype(np.float64)

    components = np.linalg.lstsq(rows - rows.mean(axis=0), columns, rcond=None)[0]
    assert (components.max(axis=0) == np.abs(components).max(axis=0)).all()


@pytest.mark.parametrize("columns", [0, -1, 7])
def test_other_widths_are_refused(vectors, columns):
    """Components cannot be more than there are columns; the way out is a layer."""
    with pytest.raises(ValueError, match=r"1 to 6.*nn\.Linear"):
        project(vectors, columns)


def test_fewer_words_than_columns_limit_the_width():
    """Two words span no more than two components."""
    with pytest.raises(ValueError, match="1 to 2"):
        project(Vectors(("a", "b"), np.eye(2, 5, dtype=np.float32)), 3)
