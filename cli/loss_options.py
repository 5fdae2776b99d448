"""Options that tell how good a training is: --holdout, --patience and --log."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.options import require_output
from cli.output import print_note

if TYPE_CHECKING:
    from w2v.watch import Progress

Command = Callable[..., Any]
LOG_SECONDS = 10.0
LOSS_DIGITS = 6


class Share(click.ParamType):
    """A part of a whole, as 0.5% or 0.005."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; its range is checked by TrainConfig."""
        text = str(value).strip()
        try:
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{text!r} is no share; write it as 0.5% or 0.005", param, ctx)


def holdout_options(command: Command) -> Command:
    """Adds --holdout and --patience, which `plan` knows as well."""
    options = [
        click.option(
            "--holdout",
            type=Share(),
            default=0.0,
            metavar="SHARE",
            help="Keep a share of the text, such as 0.5%, out of the training, and measure the loss there.",
        ),
        click.option(
            "--patience",
            type=click.IntRange(min=1),
            metavar="N",
            help="Stop when the loss of the held-out part has not fallen for N epochs; the vectors are those "
            "of the best epoch.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


log_option = click.option(
    "--log",
    type=click.Path(),
    metavar="FILE",
    help="Write losses and speed here while training, one line of JSON every ten seconds and epoch.",
)


def require_log(path: str | None, output: str, inputs: Sequence[str | None]) -> None:
    """Refuses a log in a place of other files."""
    if path is None:
        return
    if os.path.abspath(path) == os.path.abspath(output):
        raise click.UsageError("the log and the vectors need a file each; give --log another name")
    if is_file_to_be(path) or os.path.isdir(path):
        require_output(path, inputs, option="--log")


def is_file_to_be(path: str | None) -> bool:
    """Whether writing to a path makes or replaces a file; a pipe or a device takes what it is given."""
    return path is not None and (os.path.isfile(path) or not os.path.exists(path))


def require_holdout(holdout: float, patience: int | None) -> None:
    """Refuses --patience where no loss is measured that could rise."""
    if patience is not None and not holdout:
        raise click.UsageError("--patience watches the loss of --holdout; add it, such as --holdout 0.5%")


def describe_losses(course: dict[str, Any]) -> str:
    """The losses of the epoch that the vectors are of: the best, or else the last."""
    best = course.get("best_epoch")
    place = (best or course["epochs"]) - 1
    parts = [_format_loss(course["losses"][place])]
    if "heldout_losses" in course:
        heldout = _format_loss(course["heldout_losses"][place])
        parts.append(f"{heldout} on {course['heldout_tokens']:,} held-out words")
    if best:
        parts.append(f"of epoch {best}, the best")
    return ", ".join(parts)


@contextlib.contextmanager
def training_log(path: str | None, *, tokens: int | None = None) -> Iterator[Callable[[Progress], None]]:
    """Yields a function that writes where the training stands, if it is time to; without a path, nowhere.

    A line comes every ten seconds, at the end of each epoch, and with each new held-out loss. A log that
    cannot be written any more, as on a full disk, is left with a note: the training is worth more. Where a
    training goes on after so many `tokens`, the log does, too: lines about work that is done once more are
    taken out. An older log is replaced when the training has begun, and stays where it is refused.

    Raises:
        StorageError: the file cannot be created; from the function.
    """
    if path is None:
        yield lambda _: None
        return
    with contextlib.ExitStack() as files:
        yield _TrainingLog(path, tokens, files).add


class _TrainingLog:
    def __init__(self, path: str, tokens: int | None, files: contextlib.ExitStack) -> None:
        self.path, self.tokens, self.files = path, tokens, files
        self.write: Callable[[str], None] | None = None
        self.is_begun = False
        self.heldout_loss: float | None = None
        self.due = LOG_SECONDS

    def add(self, progress: Progress) -> None:
        from corpora.errors import StorageError

        self._begin()
        is_new = progress.heldout_loss != self.heldout_loss
        if self.write is None or not (is_new or progress.is_epoch_end or progress.seconds >= self.due):
            return
        self.heldout_loss = progress.heldout_loss
        self.due = progress.seconds + LOG_SECONDS
        try:
            self.write(json.dumps(_entry(progress)))
        except StorageError as error:
            print_note(f"the log ends here, the training goes on: {error}")
            self.write = None

    def _begin(self) -> None:
        from corpora.storage import write_lines

        if not self.is_begun:
            keep = 0
            if os.path.isfile(self.path):
                keep = 0 if self.tokens is None else _bytes_until(self.path, self.tokens)
                if not keep:
                    print_note(f"{self.path} exists and is replaced")
            self.write = self.files.enter_context(write_lines(self.path, keep=keep))
            self.is_begun = True


def _bytes_until(path: str, tokens: int) -> int:
    """The length of the lines of a log that tell of no more than so many tokens; a line cut off ends them."""
    n_bytes = 0
    with open(path, "rb") as file:
        for line in file:
            try:
                done = json.loads(line)["tokens_done"]
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n") or done > tokens:
                break
            n_bytes += len(line)
    return n_bytes


def _entry(progress: Progress) -> dict[str, object]:
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(progress.seconds, 3),
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "tokens_done": progress.tokens_done,
        "tokens_total": progress.tokens_total,
        "words_per_second": round(progress.tokens_per_second),
        "learning_rate": progress.learning_rate,
        "loss": _rounded(progress.loss),
        "heldout_loss": _rounded(progress.heldout_loss),
    }


def _rounded(loss: float | None) -> float | None:
    return None if loss is None or not math.isfinite(loss) else round(loss, LOSS_DIGITS)  # JSON has no NaN


def _format_loss(loss: float | None) -> str:
    return "unknown (no sentence of two words)" if loss is None else f"{loss:.4f}"
