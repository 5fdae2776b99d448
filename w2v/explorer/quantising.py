"""Vectors as int8, for a page: each row with a scale of its own, and what that costs in neighbours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2v.neighbors import ExactSearch
from w2v.projection import unit_rows

_LARGEST_CODE = 127


class Quantised(NamedTuple):
    """Rows of V words in D + 4 bytes each: row i points where center + scales[i] * codes[i] points."""

    codes: np.ndarray  # int8 (V, D)
    scales: np.ndarray  # float32 (V,); 0 for a row of zeros, which points nowhere
    center: np.ndarray  # float32 (D,)


class Overlap(NamedTuple):
    """How many of the exact nearest words are among the nearest by quantised numbers."""

    share: float  # 0 to 1
    n_words: int  # words that were asked
    top: int  # nearest words compared for each


def quantise(matrix: np.ndarray) -> Quantised:
    """The directions of rows as int8, each scaled so that its number of largest size becomes 127 or -127.

    Trained vectors have a direction in common, and where it is strong, what tells words apart is small beside
    it. So the mean of the unit rows is taken off first, and the 8 bits go to the rest.

    Args:
        matrix: float32 (V, D), V at least 1; a row that is not finite counts as zeros.

    Returns:
        The codes and what turns them into rows again.
    """
    unit = unit_rows(matrix)
    is_zero = ~unit.any(axis=1)
    center = unit.mean(axis=0)
    unit -= center
    largest = np.abs(unit).max(axis=1)
    scales = np.where(largest == 0, 1, largest) / _LARGEST_CODE
    codes = np.rint(unit / scales[:, None]).astype(np.int8)
    codes[is_zero], scales[is_zero] = 0, 0
    return Quantised(codes, scales.astype(np.float32), center)


def restore(quantised: Quantised) -> np.ndarray:
    """The rows that a page computes with, float32 (V, D), not quite of length 1; zeros where they were."""
    rows = quantised.center + quantised.scales[:, None] * quantised.codes
    rows[quantised.scales == 0] = 0
    return rows


def measure_overlap(
    matrix: np.ndarray, restored: np.ndarray, *, top: int = 10, n_words: int = 500, seed: int = 0
) -> Overlap | None:
    """The share of the exact nearest words that restored rows find, too, over words drawn at random.

    Args:
        matrix: float32 (V, D), finite.
        restored: float32 (V, D), of `restore`.
        top: nearest words compared for each word; all others where there are fewer.
        n_words: words drawn, without repetition.
        seed: of the draw.

    Returns:
        The overlap, or None where a word has no other.
    """
    top, n_words = min(top, len(matrix) - 1), min(n_words, len(matrix))
    if top < 1:
        return None
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = np.sort(generator.choice(len(matrix), n_words, replace=False))
    exact, found = (
        ExactSearch(numbers).nearest(rows[:, None], np.ones(1), top=top).ids for numbers in (matrix, restored)
    )
    shared = (exact[:, :, None] == found[:, None, :]).sum()
    return Overlap(float(shared) / exact.size, n_words, top)
