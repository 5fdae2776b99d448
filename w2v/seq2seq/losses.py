"""The loss of a Seq2Seq model: cross-entropy of each next word, padding left out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from corpora.errors import DivergedError
from w2v.seq2seq.data import Batch, Pairs, in_order, make_batch
from w2v.seq2seq.model import Seq2Seq
from w2v.seq2seq.vocabulary import PADDING

PRECISIONS = ("float32", "bfloat16")
MEASURED_PAIRS = 64  # at a time
LARGEST_LOSS = 1000.0  # nats a word; to guess among a million words alike costs 14


class WordLosses(NamedTuple):
    """Of n target sentences the loss in nats, float64 (n,), and the tokens with `<eos>`, int64 (n,)."""

    sums: np.ndarray
    n_tokens: np.ndarray

    @property
    def mean(self) -> float:
        """Of a token, over all sentences."""
        return float(self.sums.sum() / self.n_tokens.sum())


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager[object]:
    """Within it, products are made in the given precision, one of PRECISIONS."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def next_words(model: Seq2Seq, batch: Batch, device: torch.device) -> torch.Tensor:
    """Logits (B, T, V) of each word of the target, given those before it."""
    return model(batch.source.to(device), batch.lengths, batch.target[:, :-1].to(device))


def mean_loss(logits: torch.Tensor, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:
    """Mean cross-entropy of a target token, float32."""
    target = batch.target[:, 1:].to(logits.device)
    return nn.functional.cross_entropy(
        logits.float().flatten(0, 1),
        target.flatten(),
        ignore_index=PADDING,
        label_smoothing=label_smoothing,
    )


@torch.no_grad()
def word_losses(
    model: Seq2Seq, pairs: Pairs, *, precision: str = "float32", report: Callable[[], object] = lambda: None
) -> WordLosses:
    """The cross-entropy of each target sentence under the model, which is in evaluation mode afterwards.

    Args:
        model: on any device.
        pairs: what to measure on.
        precision: one of PRECISIONS.
        report: called after each of the batches.
    """
    model.eval()
    device = next(model.parameters()).device
    sums = np.zeros(len(pairs))
    for rows in in_order(pairs.target, MEASURED_PAIRS):
        batch = make_batch(pairs, rows)
        with autocast(device, precision):
            logits = next_words(model, batch, device)
        target = batch.target[:, 1:].to(device)
        losses = nn.functional.cross_entropy(
            logits.float().transpose(1, 2), target, ignore_index=PADDING, reduction="none"
        )
        sums[rows] = losses.double().sum(dim=1).cpu().numpy()
        report()
    return WordLosses(sums, pairs.target.lengths + 1)


def require_loss(loss: float, epoch: int) -> None:
    """Raises DivergedError for a mean loss that is no number, or that no model worth its training has."""
    if not loss <= LARGEST_LOSS:
        raise diverged(epoch, f"the loss is {loss:.3g} nats a word")


def diverged(epoch: int, problem: str) -> DivergedError:
    """The error of a training that is lost, in an epoch counted from 0."""
    fix = "lower --learning-rate; the default suits most texts"
    return DivergedError("T14", f"training diverged in epoch {epoch + 1}: {problem}", fix=fix)
