"""Vectors of fewer columns: principal components."""

from __future__ import annotations

import operator

import numpy as np

from w2v.projection import principal_directions
from w2v.vectors import Vectors

_BLOCK_ROWS = 65_536


def project(vectors: Vectors, columns: int) -> Vectors:
    """The vectors in their first principal components, the one of greatest variance first.

    The components are those of all rows of the vectors, whatever part of them a model will use, so tables
    made for several vocabularies stay in one space. The rows are centred.

    Args:
        vectors: V words, D columns.
        columns: 1 to the smaller of V and D.

    Returns:
        Vectors of the same words and counts; `metadata["projection"]` holds the width they had and the
        share of the variance that is left.

    Raises:
        ValueError: `columns` is out of its range.

    Reference:
        Pearson 1901, "On lines and planes of closest fit to systems of points in space". A component's sign
        is free; here its number of largest size is positive, so that the result is the same everywhere.
    """
    most = min(vectors.matrix.shape)
    if not 1 <= operator.index(columns) <= most:
        raise ValueError(
            f"columns must be 1 to {most} for {len(vectors)} vectors of {vectors.dim}, got {columns}; "
            "for a wider model put a torch.nn.Linear behind the table"
        )
    mean, directions, shares = principal_directions(vectors.matrix)
    matrix = np.empty((len(vectors), columns), dtype=np.float32)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        matrix[block] = (vectors.matrix[block] - mean) @ directions[:, :columns]
    kept = float(shares[:columns].sum()) if shares.any() else 1.0
    metadata = {**vectors.metadata, "projection": {"from_columns": vectors.dim, "variance_kept": kept}}
    return Vectors(vectors.words, matrix, vectors.counts, metadata)
