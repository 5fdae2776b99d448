"""What changes the result of a training: TrainConfig, and the ranges it allows."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

ARCHITECTURES = ("skipgram", "cbow")
DEFAULT_LEARNING_RATES = {"skipgram": 0.025, "cbow": 0.1}
NEGATIVES_PER = ("window", "pair")
INITIALIZATIONS = ("word2vec", "normal", "scaled-normal", "xavier", "kaiming")
MOST_NEGATIVES = 64
WIDEST_WINDOW = 1000
LARGEST_SEED = 2**64 - 1
MOST_HOLDOUT = 0.5


def require_architecture(name: str) -> None:
    """Raises ValueError for the name of no architecture."""
    if name not in ARCHITECTURES:
        raise ValueError(f"architecture must be one of {', '.join(ARCHITECTURES)}, got {name!r}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Settings of a training; saved with the vectors. Threads and devices belong to the engine.

    Args:
        architecture: "skipgram": each context word predicts the center; "cbow": their mean does.
        dim: D, numbers per word.
        window: largest distance between center and context, 1 to 1,000.
        negatives: K, noise words for each window, 1 to 64.
        negatives_per: "window" shares them among the contexts of a window, several times as fast and as good;
            "pair" draws them for each context, as in the paper. CBOW predicts once a window, so has no pairs.
        subsample: threshold of subsampling, a share of the corpus; 0 keeps every word.
        noise_exponent: power of the counts that noise words are drawn by.
        epochs: passes over the corpus.
        learning_rate: at the start; None takes that of DEFAULT_LEARNING_RATES. CBOW's is larger: its gradient
            is that of the mean, divided by the number of contexts, and so wants a larger step.
        min_learning_rate: at the end; in between it falls in proportion to the tokens read.
        seed: 0 to 2^64 - 1.
        fixed_window: take full windows instead of widths drawn evenly from 1 to `window`.
        init: how new input rows are drawn; `w2v.initialization` has the formulas. Output rows start at zero.
        holdout: share of the corpus that is not trained on and whose loss is measured, 0 (none) to 0.5.
        patience: stop when that loss has not fallen for so many epochs, and give the vectors of the epoch of
            the lowest; None takes all epochs. The learning rate falls as planned for all epochs.

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
    negatives_per: str = "window"
    subsample: float = 1e-3
    noise_exponent: float = 0.75
    epochs: int = 5
    learning_rate: float | None = None
    min_learning_rate: float = 1e-4
    seed: int = 1
    fixed_window: bool = False
    init: str = "word2vec"
    holdout: float = 0.0
    patience: int | None = None

    def __post_init__(self) -> None:
        require_architecture(self.architecture)
        if self.learning_rate is None:
            object.__setattr__(self, "learning_rate", DEFAULT_LEARNING_RATES[self.architecture])
        self._require_integer("dim", 1)
        self._require_integer("window", 1, WIDEST_WINDOW)
        self._require_integer("negatives", 1, MOST_NEGATIVES, hint="; hierarchical softmax is not offered")
        if self.negatives_per not in NEGATIVES_PER:
            raise ValueError(
                f"negatives_per must be one of {', '.join(NEGATIVES_PER)}, got {self.negatives_per!r}"
            )
        if self.negatives_per == "pair" and self.architecture == "cbow":
            raise ValueError("negatives_per pair is for skipgram: cbow makes one prediction for a window")
        if self.init not in INITIALIZATIONS:
            raise ValueError(f"init must be one of {', '.join(INITIALIZATIONS)}, got {self.init!r}")
        self._require_integer("epochs", 1)
        self._require_integer("seed", 0, LARGEST_SEED)
        self._require_number("subsample", "a finite number, 0 or more", lambda value: value >= 0)
        self._require_number("noise_exponent", "a finite number", lambda _: True)
        self._require_number("learning_rate", "a finite number above 0", lambda value: value > 0)
        self._require_number("min_learning_rate", "a finite number, 0 or more", lambda value: value >= 0)
        self._require_number("holdout", "0 to 0.5", lambda value: 0 <= value <= MOST_HOLDOUT)
        if self.patience is not None:
            self._require_integer("patience", 1)
            if not self.holdout:
                raise ValueError(f"patience {self.patience} needs a held-out part; set holdout, say to 0.005")
        if self.min_learning_rate > self.learning_rate:
            raise ValueError(
                f"min_learning_rate must not be above learning_rate, got {self.min_learning_rate} and "
                f"{self.learning_rate}"
            )

    def _require_integer(self, name: str, lowest: int, highest: int | None = None, *, hint: str = "") -> None:
        """Checks a field, and makes a plain int of it, which JSON can hold."""
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, SupportsIndex):
            raise TypeError(f"{name} must be an integer, got {value!r}")
        object.__setattr__(self, name, operator.index(value))
        if value < lowest or (highest is not None and value > highest):
            allowed = f"{lowest} or more" if highest is None else f"{lowest} to {highest}"
            raise ValueError(f"{name} must be {allowed}, got {value}{hint}")

    def _require_number(self, name: str, allowed: str, is_allowed: Callable[[float], bool]) -> None:
        """Checks a field, and makes a plain float of it."""
        value = getattr(self, name)
        if isinstance(value, (bool, str)) or not isinstance(value, (SupportsFloat, SupportsIndex)):
            raise TypeError(f"{name} must be a number, got {value!r}")
        object.__setattr__(self, name, float(value))
        if not math.isfinite(value) or not is_allowed(value):
            raise ValueError(f"{name} must be {allowed}, got {value}")
