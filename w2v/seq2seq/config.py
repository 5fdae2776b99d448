"""Settings of a Seq2Seq model and of its training: all that changes the result."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from w2v.config import LARGEST_SEED


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Settings of a Seq2Seq model and of its training.

    Args:
        source_dim: columns of the encoder's table.
        target_dim: columns of the decoder's table.
        hidden: units of each LSTM layer; half of them for each direction of a bidirectional encoder.
        layers: of encoder and decoder.
        bidirectional: the encoder reads from both ends.
        attention: the decoder looks back at the source.
        tied: the decoder tells words by the rows of its table.
        share_embeddings: one vocabulary and one table for both sides.
        dropout: share of the numbers left out while training.
        batch_pairs: sentence pairs in a step.
        epochs: at most.
        learning_rate: of Adam, at the start.
        table_learning_rate: of the tables, at the start; None for that of the rest.
        freeze: tables that start from vectors do not learn.
        thaw_after: with `freeze`, epochs after which they do; 0 for never.
        clip_norm: gradients are shortened to this norm, all of them together.
        label_smoothing: share of the aim that goes to all words alike.
        decay: factor of the rates after an epoch without a lower validation loss.
        patience: such epochs in a row after which the training ends.
        seed: of the first weights, the order of the pairs and the dropout, 0 to 2^64 - 1.

    Raises:
        TypeError: a whole number or a switch is something else.
        ValueError: a setting is out of its range, or does not go with another.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7, for `label_smoothing`.
    """

    source_dim: int = 256
    target_dim: int = 256
    hidden: int = 512
    layers: int = 1
    bidirectional: bool = False
    attention: bool = False
    tied: bool = False
    share_embeddings: bool = False
    dropout: float = 0.3
    batch_pairs: int = 64
    epochs: int = 20
    learning_rate: float = 1e-3
    table_learning_rate: float | None = None
    freeze: bool = False
    thaw_after: int = 0
    clip_norm: float = 1.0
    label_smoothing: float = 0.1
    decay: float = 0.5
    patience: int = 4
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("source_dim", "target_dim", "hidden", "layers", "batch_pairs", "epochs", "patience"):
            _require(name, getattr(self, name), at_least=1)
        _require("thaw_after", self.thaw_after, at_least=0)
        _require("seed", self.seed, at_least=0, at_most=LARGEST_SEED)
        for name in ("bidirectional", "attention", "tied", "share_embeddings", "freeze"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, got {getattr(self, name)!r}")
        for name in ("learning_rate", "table_learning_rate", "clip_norm"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a finite number above 0, got {value}")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}")
        if not 0 < self.decay <= 1:
            raise ValueError(f"decay must be above 0 and at most 1, got {self.decay}")
        if self.bidirectional and self.hidden % 2:
            raise ValueError(f"hidden must be even with bidirectional, got {self.hidden}")
        if self.share_embeddings and self.source_dim != self.target_dim:
            raise ValueError(
                f"share_embeddings has one table, got source_dim {self.source_dim} and target_dim "
                f"{self.target_dim}"
            )
        if self.thaw_after and not self.freeze:
            raise ValueError("thaw_after needs freeze: without it the tables learn from the start")


def _require(name: str, value: int, *, at_least: int, at_most: int | None = None) -> None:
    value = operator.index(value)
    if value < at_least or (at_most is not None and value > at_most):
        allowed = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
