"""The table of a model: found rows, the padding row, and what the words without a row get."""

from __future__ import annotations

import math
import operator
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError, MemoryLimitError
from w2v.config import LARGEST_SEED
from w2v.free_memory import available_bytes
from w2v.transfer import MISSING
from w2v.transfer.alignment import Alignment, Origin
from w2v.vectors import Vectors

_BLOCK_ROWS = 65_536
_NO_VARIANCE = 1e-12  # of the mean square: below that only rounding is left


def fill(
    vectors: Vectors, alignment: Alignment, *, missing: str, scale: float | None = None, seed: int = 1
) -> np.ndarray:
    """The table: found rows as they are in the vectors, the padding row zero, the others as `missing` says.

    Args:
        vectors: those that were aligned.
        alignment: of n words.
        missing: "normal" draws each number from a normal distribution with the mean and the standard
            deviation that the found rows have in that column; "mean" is their mean; "zero" is zero.
            "nearest-spelling" is "normal" for words that `align` found no near spelling for.
        scale: the standard deviation that all numbers of the found rows get, by one factor for the whole
            table; None leaves them as they are.
        seed: of the drawn rows, 0 to 2^64 - 1.

    Returns:
        float32 (n, D).

    Raises:
        ValueError: `missing`, `scale` or `seed` is out of its range.
        InputError: a number of the table would not be finite (X03), or all are the same and `scale` is asked
            for (V12).
        MemoryLimitError: the table needs more memory than is free (R16).
    """
    if missing not in MISSING:
        raise ValueError(f"missing must be one of {', '.join(MISSING)}, got {missing!r}")
    if not 0 <= operator.index(seed) <= LARGEST_SEED:
        raise ValueError(f"seed must be 0 to 2^64 - 1, got {seed}")
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale must be a finite number above 0, got {scale}")
    _require_memory(len(alignment.rows), vectors.dim)
    table = np.zeros((len(alignment.rows), vectors.dim), dtype=np.float32)
    _copy_rows(vectors.matrix, alignment.rows, table)
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is told below
        moments = _moments(vectors.matrix, alignment.rows[alignment.rows >= 0])
        filled = np.flatnonzero(alignment.origins == Origin.FILLED)
        if missing == "mean":
            table[filled] = moments.mean
        elif missing != "zero":
            _draw_rows(table, filled, moments, seed=seed)
        if scale is not None:
            if moments.spread == 0:
                raise InputError(
                    "V12",
                    "all numbers of the found rows are the same, so no factor gives them a deviation",
                    fix="use vectors that differ, or do not scale them",
                )
            table *= np.float32(scale / moments.spread)
    _require_finite(table)
    return table


def _require_memory(n_rows: int, dim: int) -> None:
    needed, available = 4 * n_rows * dim, available_bytes()
    if needed > available:
        raise MemoryLimitError(
            "R16",
            f"a table of {n_rows:,} rows x {dim:,} needs {needed / 2**30:,.1f} GiB of memory, "
            f"{available / 2**30:,.1f} GiB are free",
            fix="use fewer columns or a smaller vocabulary, or free some memory",
        )


def _copy_rows(matrix: np.ndarray, rows: np.ndarray, table: np.ndarray) -> None:
    places = np.flatnonzero(rows >= 0)
    for start in range(0, len(places), _BLOCK_ROWS):
        block = places[start : start + _BLOCK_ROWS]
        table[block] = matrix[rows[block]]


class _Moments(NamedTuple):
    mean: np.ndarray  # float64 (D,)
    deviation: np.ndarray  # float64 (D,), standard
    spread: float  # standard deviation of all numbers together


def _moments(matrix: np.ndarray, rows: np.ndarray) -> _Moments:
    dim = matrix.shape[1]
    sums, squares = np.zeros(dim), np.zeros(dim)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = matrix[rows[start : start + _BLOCK_ROWS]].astype(np.float64)
        sums += block.sum(axis=0)
        squares += np.einsum("bd,bd->d", block, block)
    mean = sums / len(rows)
    deviation = np.sqrt(np.maximum(squares / len(rows) - mean**2, 0))
    square = float(squares.mean()) / len(rows)
    variance = square - float(mean.mean()) ** 2
    return _Moments(mean, deviation, math.sqrt(variance) if variance > _NO_VARIANCE * square else 0.0)


def _draw_rows(table: np.ndarray, places: np.ndarray, moments: _Moments, *, seed: int) -> None:
    rng = np.random.Generator(np.random.Philox(seed))
    for start in range(0, len(places), _BLOCK_ROWS):
        block = places[start : start + _BLOCK_ROWS]
        noise = rng.standard_normal((len(block), table.shape[1]))
        table[block] = moments.mean + moments.deviation * noise


def _require_finite(table: np.ndarray) -> None:
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        raise InputError(
            "X03",
            f"row {int(finite.argmin())} of the table would hold NaN or infinity",
            fix="use vectors of finite numbers, and a scale within the range of float32",
        )
