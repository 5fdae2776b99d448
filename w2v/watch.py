"""Looks at a training from the calling thread: tells progress and losses, and stops what has diverged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from corpora.errors import DivergedError
from corpora.threads import POLL_SECONDS
from corpora.windows import WindowSampler
from w2v.engines.protocol import Engine
from w2v.initialization import Rows
from w2v.loss import LossMeter, LossSum
from w2v.patience import BestEpoch
from w2v.schedule import Schedule

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables

LARGEST_VALUE = 1e3  # trained vectors stay far below 100
GUARD_SECONDS = 2.0
GUARD_ROWS = 10_000  # the most frequent words, which diverge first
LOSS_DIGITS = 6
HELDOUT_SECONDS = 30.0
HELDOUT_SHARE = 0.02  # of the time, at most, goes into measuring between the ends of epochs


class StopTraining(Exception):  # noqa: N818 - a request, not an error
    """Raised by `report`, it ends a training in good order: `train` returns the vectors as they are then."""


class Progress(NamedTuple):
    """Where a training stands; `report` gets one up to ten times a second and at the end of every epoch.

    Args:
        epoch: counted from 1.
        epochs: in all.
        tokens_done: over all epochs, before subsampling.
        tokens_total: likewise.
        learning_rate: of the chunk begun last.
        seconds: since the first step, compilation left out.
        loss: mean negative-sampling loss of a prediction in this epoch so far, over a fixed part of its
            windows; None before the first.
        heldout_loss: the same over the held-out part, when it was last measured; None before, or without one.
    """

    epoch: int
    epochs: int
    tokens_done: int
    tokens_total: int
    learning_rate: float
    seconds: float
    loss: float | None = None
    heldout_loss: float | None = None

    @property
    def tokens_per_second(self) -> float:
        """Raw tokens, those before subsampling, per second so far."""
        return self.tokens_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        left = self.tokens_total - self.tokens_done
        return left / self.tokens_per_second if self.tokens_done else float("inf")

    @property
    def is_epoch_end(self) -> bool:
        """Whether all of the epoch is done, and its losses are final."""
        return self.tokens_done * self.epochs == self.epoch * self.tokens_total


class Watch:
    """Follows a training: `begin` an epoch, `look` now and then, `end` it.

    Args:
        tables: what is trained.
        engine: what trains it.
        schedule: of the training.
        heldout: windows that are not trained on, or None.
        best: keeps the rows of the best epoch, or None; needs `heldout`.
        report: as `train` has it.
        release_memory: called every two seconds, lets go of what was read of the corpus.
        is_due: tells after so many tokens whether a checkpoint is.
    """

    def __init__(
        self,
        tables: EmbeddingTables | Rows,
        engine: Engine,
        *,
        schedule: Schedule,
        heldout: WindowSampler | None,
        best: BestEpoch | None,
        report: Callable[[Progress], object] | None,
        release_memory: Callable[[], None],
        is_due: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self.tables = tables
        self.engine = engine
        self.schedule = schedule
        self.heldout = heldout
        self.best = best
        self.report = report
        self.release_memory = release_memory
        self.is_due = is_due
        self.heldout_loss: float | None = None
        self.losses: list[float | None] = []  # of each epoch that has ended
        self.heldout_losses: list[float | None] = []
        self.tokens_done = 0
        self.chunks_begun = 0
        self.is_stopping = False  # `report` has asked for the end
        self.started = self.guarded = self.heldout_due = time.monotonic()
        self.heldout_due += HELDOUT_SECONDS
        self.reported = -float("inf")

    def begin(self, epoch: int, loss: LossSum = LossSum(0.0, 0)) -> None:  # noqa: B008 - a NamedTuple
        """Before the first step of an epoch, counted from 0, of which a part may be done with that loss."""
        self.epoch = epoch
        self.rates = self.schedule.learning_rates(epoch)
        self.meter = LossMeter(loss)

    def look(self, chunks_begun: int) -> bool:
        """Between steps, with the number of chunks begun in this epoch: guards, measures and reports if due.

        Returns:
            Whether to pause: for a checkpoint, or because `report` has asked for the end.

        Raises:
            DivergedError: a value is no number, or beyond all use.
        """
        self.chunks_begun = chunks_begun
        self.tokens_done = self.epoch * self.schedule.tokens_per_epoch + int(
            self.schedule.chunk_starts[chunks_begun]
        )
        now = time.monotonic()
        if now - self.guarded > GUARD_SECONDS:
            require_finite(self.tables, self.engine, GUARD_ROWS)
            self.release_memory()
            self.guarded = now
        if chunks_begun == len(self.rates):  # `end` will tell, once the losses are final
            return False
        if self.heldout is not None and now > self.heldout_due:
            self._measure()
            self._report()
        elif now - self.reported >= POLL_SECONDS:
            self._report()
        return self.is_stopping or self.is_due(self.tokens_done)

    def end(self) -> bool:
        """After the last step of an epoch: its losses are final. Returns whether to go on is in vain."""
        is_vain = False
        if self.heldout is not None:
            self._measure()
        if self.best is not None:
            self.engine.fetch(self.tables)
            is_vain = self.best.is_vain(self.epoch + 1, self.heldout_loss, self.tables)
        self.losses.append(self.meter.sum().mean)
        self.heldout_losses.append(self.heldout_loss)
        self._report()
        return is_vain

    def describe(self) -> dict[str, object]:
        """What the vectors' metadata says of the course of the training; losses rounded, one an epoch."""
        found: dict[str, object] = {"epochs": len(self.losses), "tokens": self.tokens_done}
        found["losses"] = [_rounded(loss) for loss in self.losses]
        if self.heldout is not None:
            found["heldout_tokens"] = self.heldout.n_tokens
            found["heldout_losses"] = [_rounded(loss) for loss in self.heldout_losses]
        if self.best is not None:
            found["best_epoch"] = self.best.epoch or None
        return found

    def _measure(self) -> None:
        begun = time.monotonic()
        self.heldout_loss = self.engine.measure(self.tables, self.heldout).mean
        now = time.monotonic()
        self.heldout_due = now + max(HELDOUT_SECONDS, (now - begun) / HELDOUT_SHARE)

    def _report(self) -> None:
        self.reported = time.monotonic()
        if self.report is None:
            return
        progress = Progress(
            self.epoch + 1,
            self.schedule.epochs,
            self.tokens_done,
            self.schedule.epochs * self.schedule.tokens_per_epoch,
            float(self.rates[min(self.chunks_begun, len(self.rates) - 1)]),
            self.reported - self.started,
            self.meter.sum().mean,
            self.heldout_loss,
        )
        try:
            self.report(progress)
        except StopTraining:
            self.is_stopping = True


def _rounded(loss: float | None) -> float | None:
    return None if loss is None else round(loss, LOSS_DIGITS)


def require_finite(tables: EmbeddingTables | Rows, engine: Engine, n_rows: int | None = None) -> None:
    """Raises DivergedError if the first rows (all by default) hold what is no number or beyond all use."""
    engine.fetch(tables, n_rows)
    for name, table in (("input", tables.input_rows), ("output", tables.output_rows)):
        part = table[:n_rows]
        largest = max(-float(part.min()), float(part.max()))  # NaN if any value is
        if not largest <= LARGEST_VALUE:
            raise DivergedError(
                "T14",
                f"training diverged: the {name} table holds values as large as {largest:g}",
                fix="lower --learning-rate; the default suits most texts",
            )
