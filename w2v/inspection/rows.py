"""Rows that carry nothing, or what another row carries too: zeros, not finite, and copies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NEAR_DUPLICATE = 0.999  # cosine from which rows of other numbers count as copies of each other

_HASH_SEED = 0
_BLOCK_ROWS = 16_384


class RowKinds(NamedTuple):
    """The rows of a matrix, ascending int64 arrays that hold each row once."""

    usable: np.ndarray  # finite, and not all zeros
    zero: np.ndarray
    nonfinite: np.ndarray  # NaN or infinity in it


class NearPair(NamedTuple):
    """Two words whose rows point nearly the same way without being equal."""

    a: str
    b: str
    cosine: float


def sort_rows(matrix: np.ndarray) -> RowKinds:
    """Which rows of a float32 (V, D) point somewhere, and which do not."""
    finite, filled = np.empty(len(matrix), dtype=bool), np.empty(len(matrix), dtype=bool)
    for start in range(0, len(matrix), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        finite[block] = np.isfinite(matrix[block]).all(axis=1)
        filled[block] = matrix[block].any(axis=1)
    return RowKinds(*(np.flatnonzero(kind) for kind in (finite & filled, ~filled, ~finite)))


def equal_rows(matrix: np.ndarray, rows: np.ndarray) -> list[list[int]]:
    """Groups of two or more of `rows` that hold equal numbers, by their first row; each group ascends.

    Rows of equal hashes are compared number by number, so no group is there by chance.
    """
    hashes = _hash_rows(matrix, rows)
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order[:1]]))
    groups: dict[tuple[int, bytes], list[int]] = {}
    for same in np.split(rows[order], starts[1:]):
        for row in same.tolist() if len(same) > 1 else ():
            groups.setdefault((int(same[0]), (matrix[row] + 0.0).tobytes()), []).append(row)
    return sorted(group for group in groups.values() if len(group) > 1)


def near_pairs(matrix: np.ndarray, ids: np.ndarray, cosines: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs of rows with a cosine of `NEAR_DUPLICATE` or more whose numbers are not equal, nearest first.

    Args:
        matrix: float32 (n, D).
        ids: int64 (n, k), the nearest rows of each.
        cosines: float32 (n, k), theirs.
    """
    row, place = np.nonzero(cosines >= NEAR_DUPLICATE)
    pairs = {}
    for one, other, cosine in zip(
        row.tolist(), ids[row, place].tolist(), cosines[row, place].tolist(), strict=True
    ):
        if not np.array_equal(matrix[one], matrix[other]):
            pairs[min(one, other), max(one, other)] = min(cosine, 1.0)
    return sorted(((a, b, cosine) for (a, b), cosine in pairs.items()), key=lambda pair: (-pair[2], pair[:2]))


def _hash_rows(matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """uint64 (n,): the bits of each row, times odd numbers, summed; equal rows have equal hashes."""
    rng = np.random.Generator(np.random.PCG64(_HASH_SEED))
    factors = rng.integers(0, 2**63, size=matrix.shape[1], dtype=np.uint64) * 2 + 1
    hashes = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        bits = (matrix[rows[block]] + np.float32(0)).view(np.uint32)  # adding 0 makes -0 equal to 0
        hashes[block] = (bits.astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return hashes
