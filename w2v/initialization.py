"""How the rows of the two tables start: NumPy alone, so that a training on the CPU need not load torch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LINE_BYTES = 64


class Rows(NamedTuple):
    """The two tables as plain arrays; `w2v.tables.EmbeddingTables` makes layers of them, on the same memory.

    Args:
        input_rows: float32 (V, D), which become the vectors.
        output_rows: float32 (V, D).
    """

    input_rows: np.ndarray
    output_rows: np.ndarray


def initial_rows(n_words: int, dim: int, *, seed: int) -> Rows:
    """Returns rows to start a training from: input rows even in +-0.5 / D, output rows zero.

    Args:
        n_words: V.
        dim: D.
        seed: decides the input rows.

    Reference:
        The authors' C program word2vec.c.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    rows = _aligned_rows(n_words, dim)
    rng.random(dtype=np.float32, out=rows)
    rows -= np.float32(0.5)
    rows /= np.float32(dim)
    return Rows(rows, _aligned_rows(n_words, dim))


def _aligned_rows(n_words: int, dim: int) -> np.ndarray:
    """Zeros that begin on a line of the cache: rows of 128 or 256 numbers train a quarter faster so.

    NumPy asks for huge pages by itself, which torch does not.
    """
    memory = np.zeros(n_words * dim + LINE_BYTES // 4, dtype=np.float32)
    start = -memory.ctypes.data % LINE_BYTES // 4
    return memory[start : start + n_words * dim].reshape(n_words, dim)
