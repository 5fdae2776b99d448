"""The loss while training: sums, their mean, and which windows they are taken over."""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from typing import NamedTuple

from corpora.windows import Windows, cut_windows

MEASURED_EVERY = 4
MEASURED_WINDOWS = 64  # of the thousands in a chunk: a quarter of a percent of all windows


class LossSum(NamedTuple):
    """Negative-sampling loss over some windows.

    Args:
        total: the sum over all predictions, in float64; see `w2v.objective.negative_sampling_loss`.
        n_predictions: one for each context (skip-gram) or each window (CBOW).
    """

    total: float
    n_predictions: int

    @property
    def mean(self) -> float | None:
        """Loss of a prediction; None where there is none."""
        return self.total / self.n_predictions if self.n_predictions else None


def sum_losses(parts: Sequence[LossSum]) -> LossSum:
    """Of all parts; exact, and so the same in any order."""
    return LossSum(math.fsum(part.total for part in parts), sum(part.n_predictions for part in parts))


class LossMeter:
    """Adds up what several threads measure: any may call `add`, one thread alone calls `sum`.

    Args:
        start: what was measured before.
    """

    def __init__(self, start: LossSum = LossSum(0.0, 0)) -> None:  # noqa: B008 - a NamedTuple
        self._parts: collections.deque[LossSum] = collections.deque()
        self._sum = start

    def add(self, part: LossSum) -> None:
        """Takes in a measurement; threads never add to the same number, so none is lost."""
        self._parts.append(part)

    def sum(self) -> LossSum:
        """Of all measurements so far, in the order they came."""
        while self._parts:
            part = self._parts.popleft()
            self._sum = LossSum(self._sum.total + part.total, self._sum.n_predictions + part.n_predictions)
        return self._sum


def n_predictions(windows: Windows, architecture: str) -> int:
    """Predictions in the windows: one for each context (skip-gram) or each window (CBOW)."""
    return len(windows.contexts) if architecture == "skipgram" else len(windows.centers)


def measured_part(windows: Windows, chunk: int) -> Windows | None:
    """The windows of a chunk that the loss of the training is measured on, a view; None for most chunks.

    They are the first of every 4th chunk, the same places in every epoch. They are measured before the step
    that trains on them, with negatives never used before, but from the second epoch on the words have been
    trained on: only a held-out loss tells of text that was not.
    """
    n_windows = n_measured(chunk)
    return first_windows(windows, n_windows) if n_windows else None


def n_measured(chunk: int) -> int:
    """How many windows of a chunk, its first, are measured; 0 for most chunks."""
    return 0 if chunk % MEASURED_EVERY else MEASURED_WINDOWS


def first_windows(windows: Windows, n_windows: int) -> Windows:
    """The first windows, or all if there are no more."""
    return cut_windows(windows, 0, min(n_windows, len(windows.centers)))
