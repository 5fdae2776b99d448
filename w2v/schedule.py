"""The learning rate of each chunk, which follows from its place alone."""

from __future__ import annotations

import numpy as np


class Schedule:
    """The learning rate falls in proportion to the tokens before a chunk, over all epochs.

    Args:
        chunk_starts: int64 (n_chunks + 1,), tokens of an epoch before each chunk; the last are all of them.
        epochs: in all.
        first: the rate at the start.
        last: the rate at the end.
    """

    def __init__(self, chunk_starts: np.ndarray, epochs: int, first: float, last: float) -> None:
        self.chunk_starts = chunk_starts
        self.epochs = epochs
        self.first = first
        self.last = last

    @property
    def tokens_per_epoch(self) -> int:
        """A Python integer, which does not overflow over many epochs."""
        return int(self.chunk_starts[-1])

    def learning_rates(self, epoch: int) -> np.ndarray:
        """Rates of the chunks of an epoch counted from 0, float64 (n_chunks,)."""
        done = (epoch + self.chunk_starts[:-1] / self.tokens_per_epoch) / self.epochs
        return self.first - (self.first - self.last) * done
