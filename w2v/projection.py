"""A map of words: their vectors brought down to two dimensions, to be looked at."""

from __future__ import annotations

import warnings

import numpy as np

from w2v.extras import viz_import
from w2v.neighbors import ExactSearch
from w2v.vectors import Vectors

METHODS = ("pca", "tsne", "umap")
_LEAST_WORDS = {"pca": 1, "tsne": 4, "umap": 4}
_PERPLEXITY = 30.0
_UMAP_NEIGHBORS = 15
_LARGEST_SEED = 2**32 - 1
_BLOCK_ROWS = 16_384


def project(vectors: Vectors | np.ndarray, *, method: str = "pca", seed: int = 0) -> np.ndarray:
    """Where each word stands on a map, float32 (n, 2): words of like directions near each other.

    Rows are divided by their norms first, so the map shows what cosine similarity sees; a row of zeros, or
    one that is not finite, points nowhere and counts as zeros. Vectors of one or two dimensions are a map
    already and come back as they are, whatever the method.

    Args:
        vectors: Vectors, or their matrix, real numbers (n, D).
        method: "pca", the two directions of greatest variance, needs NumPy alone and is exact; "tsne" and
            "umap" keep near words near and say nothing of what is far, and take minutes for tens of
            thousands of words (UMAP, half a minute more in the first call, which compiles).
        seed: of "tsne" and "umap", 0 to 2**32 - 1; the same seed gives the same map on one machine.

    Returns:
        float32 (n, 2), centred for "pca"; the axes of the others mean nothing.

    Raises:
        TypeError: `vectors` are neither Vectors nor an array.
        ValueError: there are no rows, fewer than 4 for "tsne" or "umap", or an argument is out of its range.
        ImportError: "tsne" or "umap" without the extra `viz`.

    Reference:
        Van der Maaten and Hinton 2008, "Visualizing Data using t-SNE". McInnes, Healy and Melville 2018,
        "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction". As PCA's signs are
        free, here the number of largest size in each component is positive.
    """
    matrix = _matrix_of(vectors)
    _check(matrix, method, seed)
    if matrix.shape[1] <= 2:
        found = np.zeros((len(matrix), 2), dtype=np.float32)
        found[:, : matrix.shape[1]] = np.where(np.isfinite(matrix).all(axis=1, keepdims=True), matrix, 0)
        return found
    rows = unit_rows(matrix)
    if method == "pca":
        mean, directions, _ = principal_directions(rows)
        return ((rows - mean) @ directions[:, :2]).astype(np.float32)
    return _tsne(rows, seed) if method == "tsne" else _umap(rows, seed)


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Rows of a float32 (n, D) divided by their norms, float32 (n, D); zeros where that cannot be."""
    search = ExactSearch(matrix)
    unit = np.empty(matrix.shape, dtype=np.float32)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, len(matrix))
        unit[start:stop] = search.unit_rows(np.arange(start, stop))
    return unit


def principal_directions(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean of finite rows, their principal directions, and the share of the variance along each.

    Args:
        rows: float32 (n, D), n at least 1.

    Returns:
        float64 (D,); float64 (D, D), a direction in each column, the greatest variance first; float64 (D,),
        summing to 1, or all 0 where the rows are equal.

    Reference:
        Pearson 1901, "On lines and planes of closest fit to systems of points in space".
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((rows.shape[1], rows.shape[1]))
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS] - mean  # float64 (block, D)
        covariance += block.T @ block
    variances, directions = np.linalg.eigh(covariance)
    variances, directions = np.maximum(variances[::-1], 0), directions[:, ::-1]  # eigh's order is ascending
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    total = variances.sum()
    return mean, directions * signs, variances / total if total > 0 else np.zeros_like(variances)


def _matrix_of(vectors: Vectors | np.ndarray) -> np.ndarray:
    """float32 (n, D), D at least 1."""
    matrix = vectors.matrix if isinstance(vectors, Vectors) else vectors
    if not isinstance(matrix, np.ndarray):
        raise TypeError(f"project takes Vectors or their matrix, got {type(matrix).__name__}")
    if matrix.ndim != 2 or matrix.shape[1] < 1 or matrix.dtype.kind not in "fiu":
        raise ValueError(f"the matrix must be real numbers (n, D), got {matrix.dtype} {matrix.shape}")
    return matrix.astype(np.float32, copy=False)


def _check(matrix: np.ndarray, method: str, seed: int) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if not 0 <= seed <= _LARGEST_SEED:
        raise ValueError(f"seed must be 0 to {_LARGEST_SEED}, got {seed}")
    if not len(matrix):
        raise ValueError("there is no word to project; choose one or more")
    least = 1 if matrix.shape[1] <= 2 else _LEAST_WORDS[method]
    if len(matrix) < least:
        raise ValueError(
            f"{method} needs {least} words or more, got {len(matrix)}; choose more words, or use pca"
        )


def _tsne(rows: np.ndarray, seed: int) -> np.ndarray:
    """Barnes-Hut t-SNE, from the first two principal components on; on unit rows Euclid orders as cosines."""
    manifold = viz_import("sklearn.manifold", needed_by="method tsne")
    perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
    init = "pca" if np.ptp(rows, axis=0).any() else "random"
    return manifold.TSNE(perplexity=perplexity, init=init, random_state=seed).fit_transform(rows)


def _umap(rows: np.ndarray, seed: int) -> np.ndarray:
    """UMAP by one thread, since several would not give the same map twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap-learn speaks of its own imports, and of graphs in parts
        umap = viz_import("umap", needed_by="method umap")
        reducer = umap.UMAP(
            n_neighbors=min(_UMAP_NEIGHBORS, len(rows) - 1),
            metric="cosine",
            init="spectral" if len(rows) > 2 * _UMAP_NEIGHBORS else "random",
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(rows), dtype=np.float32)
