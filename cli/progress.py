"""Progress on stderr: a bar on a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

if TYPE_CHECKING:
    from w2v.seq2seq.training import Seq2SeqProgress
    from w2v.watch import Progress

FIRST_LINE_SECONDS = 5.0
MOST_SECONDS = 60.0


class _Bar:
    """A tqdm bar on a terminal; elsewhere, lines that come ever more rarely, up to one a minute."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._started = time.monotonic()
        self._pause = FIRST_LINE_SECONDS
        self._next_line = self._started + self._pause

    def __enter__(self):  # noqa: ANN204 - of the class that it is called on
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def _update(self, done: int, total: int, label: str, unit: str, details: str) -> None:
        if self._is_terminal:
            if self._bar is None:
                self._bar = tqdm(
                    total=total or None, unit=unit, unit_scale=True, leave=False, file=sys.stderr
                )
            self._bar.set_description_str(label, refresh=False)
            self._bar.set_postfix_str(details, refresh=False)
            self._bar.update(done - self._bar.n)
        elif time.monotonic() >= self._next_line:
            share = f"{done / total:.0%}" if total else f"{done:,} {unit}"
            click.echo(" ".join(part for part in (label, share, details) if part), err=True)
            self._pause = min(2 * self._pause, MOST_SECONDS)
            self._next_line += self._pause


class ReadingBar(_Bar):
    """Bytes read of the corpus."""

    def show(self, n_bytes: int, n_total: int) -> None:
        """Called with the bytes read so far and in all, 0 where that is unknown."""
        self._update(n_bytes, n_total, "reading", "B", "")


class TrainingBar(_Bar):
    """Words trained on."""

    def show(self, progress: Progress) -> None:
        """Called with where the training stands."""
        label = f"epoch {progress.epoch}/{progress.epochs}"
        details = self._format_short(progress) if self._is_terminal else self._format_long(progress)
        self._update(progress.tokens_done, progress.tokens_total, label, "words", details)

    @staticmethod
    def _format_short(progress: Progress) -> str:
        """What fits beside a bar of 80 columns: the loss, and behind a slash that of the held-out part."""
        if progress.loss is None:
            return f"learning rate {progress.learning_rate:.4f}"
        heldout = "" if progress.heldout_loss is None else f"/{progress.heldout_loss:.3f}"
        return f"loss {progress.loss:.3f}{heldout}"

    @staticmethod
    def _format_long(progress: Progress) -> str:
        parts = [f"{progress.tokens_per_second:,.0f} words/s"]
        losses = (("loss", progress.loss), ("held-out loss", progress.heldout_loss))
        parts += [f"{name} {loss:.4f}" for name, loss in losses if loss is not None]
        parts += [
            f"learning rate {progress.learning_rate:.4f}",
            f"{format_seconds(progress.seconds_left)} left",
        ]
        return ", ".join(parts)


class TranslationBar(_Bar):
    """Target words that a Seq2Seq model is trained on, epoch by epoch."""

    def show(self, progress: Seq2SeqProgress) -> None:
        """Called with where the training stands."""
        if self._bar is not None and progress.tokens_done < self._bar.n:
            self._bar.reset()
        losses = (("loss", progress.loss), ("validation loss", progress.valid_loss))
        parts = [f"{name} {loss:.3f}" for name, loss in losses if loss is not None]
        if not self._is_terminal:
            left = progress.tokens_total - progress.tokens_done
            pace = progress.tokens_per_second
            seconds = left / pace if pace else float("inf")
            parts = [f"{pace:,.0f} tokens/s", *parts, f"{format_seconds(seconds)} left in this epoch"]
        label = f"epoch {progress.epoch}/{progress.epochs}"
        self._update(progress.tokens_done, progress.tokens_total, label, "tokens", ", ".join(parts))


class SentenceBar(_Bar):
    """Sentences translated."""

    def show(self, n_done: int, n_all: int) -> None:
        """Called with the sentences done and all."""
        self._update(n_done, n_all, "translating", "sentences", "")


class FaultBar(_Bar):
    """Faults tried by `w2v selftest`."""

    def __init__(self, n_faults: int) -> None:
        super().__init__()
        self._n_faults = n_faults

    def show(self, n_tried: int) -> None:
        """Called with the faults tried so far."""
        self._update(n_tried, self._n_faults, "testing", "faults", "")


def format_seconds(seconds: float) -> str:
    """Seconds as 0.4s, 12s, 3m 20s or 5h 12m."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"
