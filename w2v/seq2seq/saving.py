"""What a checkpoint holds of a Seq2Seq training, and how one goes on from it.

The weights and what Adam remembers of them are tensors; all else is JSON.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from corpora.errors import CheckpointError
from w2v.checkpoint import Checkpoints, require_same
from w2v.checkpoint_files import Checkpoint
from w2v.seq2seq.training import Course, EpochResult, Seq2SeqTrainer
from w2v.seq2seq.vocabulary import TokenVocabulary

MODEL = "model."
ADAM = ("exp_avg", "exp_avg_sq", "step")


def identify(
    trainer: Seq2SeqTrainer, source: TokenVocabulary, target: TokenVocabulary
) -> dict[str, dict[str, Any]]:
    """What must be the same for a training to go on: version, settings, data and vocabularies."""
    from w2v import __version__

    digest = hashlib.sha256("\n".join((*source.tokens, *target.tokens)).encode(errors="surrogatepass"))
    for pairs in (trainer.pairs, trainer.valid):
        for side in () if pairs is None else (pairs.source, pairs.target):
            digest.update(side.ids.data)
            digest.update(side.offsets.data)
    return {
        "w2v": {"version": ".".join(__version__.split(".")[:2])},
        "corpus": {"digest": digest.hexdigest(), "pairs": len(trainer.pairs)},
        "config": asdict(trainer.config),
        "engine": {"precision": trainer.precision},
    }


class Seq2SeqSaver:
    """Saves a training where its `Checkpoints` ask for it.

    Args:
        trainer: the training.
        checkpoints: where to; closed by whoever made them.
        identity: of the training.
    """

    def __init__(
        self, trainer: Seq2SeqTrainer, checkpoints: Checkpoints, identity: dict[str, dict[str, Any]]
    ) -> None:
        self.trainer = trainer
        self.checkpoints = checkpoints
        self.identity = identity
        self.n_results = len(trainer.course.results)

    def pause(self, is_ending: bool) -> None:
        """Saves for certain if the training is about to end, and else after an epoch or when it is time to.

        Raises:
            StorageError: the training is stopped, and cannot be saved; one that is done keeps its model.
            DivergedError: a weight is no number; what was saved before stays.
        """
        course = self.trainer.course
        n_words = sum(result.tokens for result in course.results) + course.tokens
        if course.is_over:
            self.checkpoints.save_last(*self._collect())
        elif is_ending:
            self.checkpoints.save_now(*self._collect())
        elif self.checkpoints.is_due(n_words) or len(course.results) > self.n_results:
            self.checkpoints.save(*self._collect(), n_words)
        self.n_results = len(course.results)

    def _collect(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        trainer = self.trainer
        trainer.require_finite()
        tensors = {}
        for name, parameter in trainer.model.named_parameters():
            tensors[MODEL + name] = _array(parameter)
            for key, value in trainer.optimizer.state.get(parameter, {}).items():
                tensors[f"{key}.{name}"] = _array(value)
        course = asdict(trainer.course)
        course["results"] = [list(result) for result in trainer.course.results]
        if course["best_loss"] == float("inf"):
            course["best_loss"] = None
        state = {
            "identity": self.identity,
            "course": course,
            "given": sorted(trainer.given),
            "is_over": trainer.course.is_over,
        }
        return state, tensors


def restore(trainer: Seq2SeqTrainer, checkpoint: Checkpoint, identity: dict[str, dict[str, Any]]) -> None:
    """Sets a new training to where another was saved.

    Raises:
        CheckpointError: the checkpoint is of another training (K06, K07), or lacks something (K11).
    """
    require_same(checkpoint, identity)
    try:
        course = dict(checkpoint.state["course"])
        course["results"] = [EpochResult(*result) for result in course["results"]]
        if course["best_loss"] is None:
            course["best_loss"] = float("inf")
        trainer.course = Course(**course)
        trainer.given = frozenset(checkpoint.state["given"])
        _restore_tensors(trainer, checkpoint.tensors)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            "K11",
            f"the state is not that of a Seq2Seq training: {type(error).__name__} {error}",
            path=checkpoint.path,
            fix="go on from another checkpoint",
        ) from error


def _restore_tensors(trainer: Seq2SeqTrainer, tensors: dict[str, np.ndarray]) -> None:
    for name, parameter in trainer.model.named_parameters():
        _write(parameter, tensors[MODEL + name], name)
        found = {key: tensors[f"{key}.{name}"] for key in ADAM if f"{key}.{name}" in tensors}
        if not found:  # frozen so far
            continue
        state = {
            "step": torch.tensor(float(found["step"][0]), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        for key in ("exp_avg", "exp_avg_sq"):
            _write(state[key], found[key], f"{key} of {name}")
        trainer.optimizer.state[parameter] = state


def _array(tensor: torch.Tensor) -> np.ndarray:
    array = tensor.detach().cpu().numpy()
    return array.reshape(1) if array.ndim == 0 else np.ascontiguousarray(array)


def _write(target: torch.Tensor, array: np.ndarray, name: str) -> None:
    if array.shape != tuple(target.shape) or array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite float32 {tuple(target.shape)}, got {array.dtype} {array.shape}"
        )
    with torch.no_grad():
        target.copy_(torch.from_numpy(array))
