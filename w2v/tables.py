"""The two tables that training moves: input and output nn.Embedding, and NumPy views of their weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

LINE_BYTES = 64


class EmbeddingTables(nn.Module):
    """Input and output rows of V words, as two `nn.Embedding` layers.

    The input rows become the vectors. The weights are ordinary parameters; on the CPU, kernels write into
    their storage through `input_rows` and `output_rows`.

    Args:
        n_words: V.
        dim: D.
        seed: decides the first input rows.

    Reference:
        The authors' C program word2vec.c: input rows even in +-0.5 / D, output rows zero.
    """

    def __init__(self, n_words: int, dim: int, *, seed: int = 1) -> None:
        super().__init__()
        rng = np.random.Generator(np.random.Philox(seed))
        rows = _aligned_rows(n_words, dim)
        rng.random(dtype=np.float32, out=rows)
        rows -= np.float32(0.5)
        rows /= np.float32(dim)
        self.input = _embedding(rows)
        self.output = _embedding(_aligned_rows(n_words, dim))

    @property
    def input_rows(self) -> np.ndarray:
        """float32 (V, D), the storage of `input.weight` itself; on the CPU alone."""
        return self.input.weight.detach().numpy()

    @property
    def output_rows(self) -> np.ndarray:
        """float32 (V, D), the storage of `output.weight` itself; on the CPU alone."""
        return self.output.weight.detach().numpy()


def _aligned_rows(n_words: int, dim: int) -> np.ndarray:
    """Zeros that begin on a line of the cache: rows of 128 or 256 numbers train a quarter faster so."""
    memory = np.zeros(n_words * dim + LINE_BYTES // 4, dtype=np.float32)
    start = -memory.ctypes.data % LINE_BYTES // 4
    return memory[start : start + n_words * dim].reshape(n_words, dim)


def _embedding(rows: np.ndarray) -> nn.Embedding:
    """A layer over memory that NumPy made: it asks for huge pages by itself, which torch does not."""
    return nn.Embedding(*rows.shape, _weight=torch.from_numpy(rows))
