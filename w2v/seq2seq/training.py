"""Training a Seq2Seq model: Adam on the cross-entropy of the next word, epoch by epoch.

Nothing is drawn from a generator that goes on: the order of an epoch follows from the seed and the epoch, the
dropout of a step from the seed and the step. So a training that was stopped goes on as if it had not been.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import nn

from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Batch, Pairs, make_batch, order_batches
from w2v.seq2seq.losses import autocast, diverged, mean_loss, next_words, require_loss, word_losses
from w2v.seq2seq.model import Seq2Seq
from w2v.seq2seq.seeds import Stream, derive_seed
from w2v.watch import StopTraining

REPORT_SECONDS = 0.1


class Seq2SeqProgress(NamedTuple):
    """Where a training stands.

    Args:
        epoch: counted from 1.
        epochs: at most.
        tokens_done: of the target, in this epoch.
        tokens_total: in an epoch.
        tokens_per_second: of the target, of this run.
        loss: mean of a target token in this epoch so far, as it is trained on, in nats.
        valid_loss: mean of a target token of the validation pairs after the last epoch; None before.
        learning_rate: of all but the tables.
    """

    epoch: int
    epochs: int
    tokens_done: int
    tokens_total: int
    tokens_per_second: float
    loss: float | None
    valid_loss: float | None
    learning_rate: float


class EpochResult(NamedTuple):
    """What an epoch has come to: losses are means of a target token in nats, seconds those of its steps."""

    epoch: int
    loss: float
    valid_loss: float | None
    learning_rate: float
    tokens: int
    seconds: float


@dataclass
class Course:
    """How far a training has come.

    Args:
        epoch: the one to go on with, counted from 0.
        step: of it, the one to go on with.
        loss_sum: of the part of the epoch that is done, float64.
        tokens: of that part.
        seconds: of that part.
        n_vain: epochs since the one with the lowest validation loss.
        n_decays: times that the rates were lowered.
        best_epoch: counted from 1; 0 for none yet.
        best_loss: its validation loss.
        results: of the epochs that are done.
        is_over: there is nothing left to train.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    n_vain: int = 0
    n_decays: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    results: list[EpochResult] = field(default_factory=list)
    is_over: bool = False


class Seq2SeqTrainer:
    """Trains a model in place.

    Args:
        model: on the device where it is trained.
        pairs: to train on.
        config: settings; the model has been built with them.
        valid: pairs to measure after each epoch; None for no early stopping.
        given: names of the parameters that started from vectors, for `config.freeze`.
        precision: "float32", or "bfloat16" for products in half the bits with sums and weights in float32.
        on_best: called when the model is the best so far: after each epoch, where `valid` is None.
        report: called with the progress, several times a second; may raise StopTraining.
        pause: called between steps, with whether the training is about to end; saves it if need be.
    """

    def __init__(
        self,
        model: Seq2Seq,
        pairs: Pairs,
        config: Seq2SeqConfig,
        *,
        valid: Pairs | None = None,
        given: Collection[str] = (),
        precision: str = "float32",
        on_best: Callable[[], object] = lambda: None,
        report: Callable[[Seq2SeqProgress], object] = lambda _: None,
        pause: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self.model = model
        self.pairs = pairs
        self.config = config
        self.valid = valid
        self.given = frozenset(given)
        self.precision = precision
        self.on_best, self.report, self.pause = on_best, report, pause
        self.course = Course()
        self.device = next(model.parameters()).device
        self.optimizer = _make_optimizer(model, config)
        self.tokens_total = len(pairs.target.ids) + len(pairs)
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)
        self._reported = self._since = time.monotonic()
        self._tokens_of_run, self._seconds_of_run = 0, 0.0

    def run(self) -> Course:
        """Trains to the end, or until `report` raises StopTraining; torch's own random state stays as it was.

        Raises:
            DivergedError: a weight is no number, or the loss is none or absurd.
        """
        course = self.course
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            while not course.is_over:
                try:
                    self._run_epoch()
                    self._end_epoch()
                except StopTraining:
                    self.pause(True)
                    break
                self.pause(course.is_over)
        return course

    def require_finite(self) -> None:
        """Raises DivergedError if a weight is no number: the model is of no use to anyone."""
        if not all(bool(weight.isfinite().all()) for weight in self.model.parameters()):
            raise diverged(self.course.epoch, "a weight is no number")

    def _run_epoch(self) -> None:
        """The steps that are left of an epoch."""
        course, config = self.course, self.config
        self._begin_epoch()
        order_seed = derive_seed(config.seed, Stream.ORDER, course.epoch)
        for rows in order_batches(self.pairs, config.batch_pairs, seed=order_seed)[course.step :]:
            self._take_step(make_batch(self.pairs, rows))
            if self._is_report_due():
                self._settle()
                self.report(self._progress())
                self.pause(False)
        self._settle()

    def _begin_epoch(self) -> None:
        course, config = self.course, self.config
        is_frozen = config.freeze and (not config.thaw_after or course.epoch < config.thaw_after)
        for name, parameter in self.model.named_parameters():
            if name in self.given:
                parameter.requires_grad_(not is_frozen)
                parameter.grad = None
        for group in self.optimizer.param_groups:
            group["lr"] = group["first_rate"] * config.decay**course.n_decays
        self.model.train()
        self._loss_sum.fill_(course.loss_sum)
        self._since = time.monotonic()

    def _take_step(self, batch: Batch) -> None:
        course, config = self.course, self.config
        torch.manual_seed(derive_seed(config.seed, Stream.DROPOUT, course.epoch, course.step))
        self.optimizer.zero_grad()
        with autocast(self.device, self.precision):
            logits = next_words(self.model, batch, self.device)
        loss = mean_loss(logits, batch, label_smoothing=config.label_smoothing)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.optimizer.step()
        self._loss_sum += loss.detach().double() * batch.n_tokens
        course.step += 1
        course.tokens += batch.n_tokens
        self._tokens_of_run += batch.n_tokens

    def _settle(self) -> None:
        """Brings the sums of the steps so far from the device, and the clock up to date."""
        now = time.monotonic()
        self.course.loss_sum = float(self._loss_sum)
        self.course.seconds += now - self._since
        self._seconds_of_run += now - self._since
        self._since = now
        if self.course.tokens:
            require_loss(self.course.loss_sum / self.course.tokens, self.course.epoch)

    def _is_report_due(self) -> bool:
        """Whether the last report is long enough ago; if so, the next is due as much later."""
        now = time.monotonic()
        is_due = now - self._reported >= REPORT_SECONDS
        if is_due:
            self._reported = now
        return is_due

    def _end_epoch(self) -> None:
        course, config = self.course, self.config
        self.require_finite()
        valid_loss = self._measure()
        course.results.append(
            EpochResult(
                course.epoch + 1,
                course.loss_sum / course.tokens,
                valid_loss,
                self.optimizer.param_groups[0]["lr"],
                course.tokens,
                course.seconds,
            )
        )
        self._judge(valid_loss)
        progress = self._progress()
        course.epoch += 1
        course.is_over = course.epoch >= config.epochs or course.n_vain >= config.patience
        course.step = course.tokens = 0
        course.loss_sum = course.seconds = 0.0
        self.report(progress)

    def _measure(self) -> float | None:
        """The loss of the validation pairs; a training that is stopped meanwhile measures them again."""
        if self.valid is None:
            return None

        def look() -> None:
            if self._is_report_due():
                self.report(self._progress())

        valid_loss = word_losses(self.model, self.valid, precision=self.precision, report=look).mean
        require_loss(valid_loss, self.course.epoch)
        return valid_loss

    def _judge(self, valid_loss: float | None) -> None:
        """Keeps the model if it is the best so far; lowers the rates if it is not."""
        course = self.course
        if valid_loss is None or valid_loss < course.best_loss:
            course.best_epoch, course.n_vain = course.epoch + 1, 0
            course.best_loss = float("inf") if valid_loss is None else valid_loss
            self.on_best()
        else:
            course.n_vain += 1
            course.n_decays += 1

    def _progress(self) -> Seq2SeqProgress:
        course = self.course
        return Seq2SeqProgress(
            course.epoch + 1,
            self.config.epochs,
            course.tokens,
            self.tokens_total,
            self._tokens_of_run / self._seconds_of_run if self._seconds_of_run else 0.0,
            course.loss_sum / course.tokens if course.tokens else None,
            course.results[-1].valid_loss if course.results else None,
            self.optimizer.param_groups[0]["lr"],
        )


def _make_optimizer(model: Seq2Seq, config: Seq2SeqConfig) -> torch.optim.Adam:
    """Adam with two groups, the tables in the second; each remembers its first rate."""
    tables = {id(model.encoder.embedding.weight), id(model.decoder.embedding.weight)}
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if id(p) not in tables], "lr": config.learning_rate},
        {
            "params": [p for p in parameters if id(p) in tables],
            "lr": config.table_learning_rate or config.learning_rate,
        },
    ]
    for group in groups:
        group["first_rate"] = group["lr"]
    return torch.optim.Adam(groups, fused=True)
