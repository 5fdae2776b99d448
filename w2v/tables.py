"""The two tables that training moves as nn.Embedding layers, and NumPy views of their weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from w2v.initialization import Rows, initial_rows


class EmbeddingTables(nn.Module):
    """Input and output rows of V words, as two `nn.Embedding` layers.

    The input rows become the vectors. The weights are ordinary parameters; on the CPU, kernels write into
    their storage through `input_rows` and `output_rows`.

    Args:
        n_words: V.
        dim: D.
        seed: decides the first input rows.
        rows: the first rows themselves, (V, D) both; the layers are laid over their memory.
    """

    def __init__(self, n_words: int, dim: int, *, seed: int = 1, rows: Rows | None = None) -> None:
        super().__init__()
        rows = initial_rows(n_words, dim, seed=seed) if rows is None else rows
        self.input, self.output = (
            nn.Embedding(n_words, dim, _weight=torch.from_numpy(table)) for table in rows
        )

    @property
    def input_rows(self) -> np.ndarray:
        """float32 (V, D), the storage of `input.weight` itself; on the CPU alone."""
        return self.input.weight.detach().numpy()

    @property
    def output_rows(self) -> np.ndarray:
        """float32 (V, D), the storage of `output.weight` itself; on the CPU alone."""
        return self.output.weight.detach().numpy()
