"""Random numbers that follow from the seed of a training and from what they are for."""

from __future__ import annotations

import enum

import numpy as np


class Stream(enum.IntEnum):
    """What random numbers are for; each has its own."""

    WEIGHTS = 0
    ROWS = 1  # of tables, and those drawn beside the rows of vectors
    ORDER = 2  # of the pairs, by epoch
    DROPOUT = 3  # by epoch and step


def derive_seed(seed: int, stream: Stream, *places: int) -> int:
    """A seed of 63 bits, as torch and NumPy take it, for one place of a stream."""
    sequence = np.random.SeedSequence([seed, stream, *places])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
