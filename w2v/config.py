"""What changes the result of a training: TrainConfig, and the ranges it allows."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

ARCHITECTURES = ("skipgram", "cbow")
DEFAULT_LEARNING_RATES = {"skipgram": 0.025, "cbow": 0.075}
MOST_NEGATIVES = 64
WIDEST_WINDOW = 1000
LARGEST_SEED = 2**64 - 1


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Settings of a training; saved with the vectors. Threads and devices belong to the engine.

    Args:
        architecture: "skipgram": each context word predicts the center; "cbow": their mean does.
        dim: D, numbers per word.
        window: largest distance between center and context, 1 to 1,000.
        negatives: K, noise words for each window, 1 to 64.
        subsample: threshold of subsampling, a share of the corpus; 0 keeps every word.
        noise_exponent: power of the counts that noise words are drawn by.
        epochs: passes over the corpus.
        learning_rate: at the start; None takes 0.025 for skip-gram and 0.075 for CBOW, whose gradient here
            is that of the mean, divided by the number of contexts, and so wants a larger step.
        min_learning_rate: at the end; in between it falls in proportion to the tokens read.
        seed: 0 to 2^64 - 1.
        fixed_window: take full windows instead of widths drawn evenly from 1 to `window`.

    Raises:
        ValueError: a value is out of its range.
        TypeError: a value is of another type.

    Reference:
        Mikolov et al. 2013, "Efficient Estimation of Word Representations in Vector Space", section 3 (the
        architectures and the schedule). Irsoy et al. 2021, "Corrected CBOW Performs as well as Skip-gram"
        (the gradient of the mean).
    """

    architecture: str = "skipgram"
    dim: int = 100
    window: int = 5
    negatives: int = 5
    subsample: float = 1e-3
    noise_exponent: float = 0.75
    epochs: int = 5
    learning_rate: float | None = None
    min_learning_rate: float = 1e-4
    seed: int = 1
    fixed_window: bool = False

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(
                f"architecture must be one of {', '.join(ARCHITECTURES)}, got {self.architecture!r}"
            )
        if self.learning_rate is None:
            object.__setattr__(self, "learning_rate", DEFAULT_LEARNING_RATES[self.architecture])
        _require_integer("dim", self.dim, 1)
        _require_integer("window", self.window, 1, WIDEST_WINDOW)
        if self.negatives == 0:
            raise ValueError("negatives must be 1 or more, got 0: hierarchical softmax is not offered")
        _require_integer("negatives", self.negatives, 1, MOST_NEGATIVES)
        _require_integer("epochs", self.epochs, 1)
        _require_integer("seed", self.seed, 0, LARGEST_SEED)
        _require_number("subsample", self.subsample, "0 or more", self.subsample >= 0)
        _require_number("noise_exponent", self.noise_exponent, "a finite number", True)
        _require_number("learning_rate", self.learning_rate, "more than 0", self.learning_rate > 0)
        _require_number("min_learning_rate", self.min_learning_rate, "0 or more", self.min_learning_rate >= 0)
        if self.min_learning_rate > self.learning_rate:
            raise ValueError(
                f"min_learning_rate must not be above learning_rate, got {self.min_learning_rate} and "
                f"{self.learning_rate}"
            )


def _require_integer(name: str, value: int, lowest: int, highest: int | None = None) -> None:
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value}")
    operator.index(value)
    if value < lowest or (highest is not None and value > highest):
        allowed = f"{lowest} or more" if highest is None else f"{lowest} to {highest}"
        raise ValueError(f"{name} must be {allowed}, got {value}")


def _require_number(name: str, value: float, allowed: str, is_allowed: bool) -> None:
    if not math.isfinite(value) or not is_allowed:
        raise ValueError(f"{name} must be {allowed}, got {value}")
