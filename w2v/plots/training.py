"""The course of a training, from the log that `w2v train --log` writes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.errors import InputError
from w2v.plots.callouts import Callout, place_callouts
from w2v.plots.canvas import ACCENT, ALARM, BASE_FONT, QUIET, new_figure, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NUMBERS = ("tokens_done", "tokens_total", "epochs", "words_per_second", "learning_rate")
_LOSSES = ("loss", "heldout_loss")


def read_log(path: str | os.PathLike[str], *, remarks: list[str] | None = None) -> list[dict[str, Any]]:
    """The entries of a training log, one for each line.

    A process that is killed, or a disk that is full, can cut the last line off; that one is left out.

    Args:
        path: the file that `w2v train --log` wrote.
        remarks: takes what the user should know: that the last line is left out.

    Raises:
        InputError: the file is missing, is not UTF-8 or holds no entry (G01), or a line is no entry of a
            training log (G02).
    """
    name = os.fspath(path)
    fix = "name the file that `w2v train --log FILE` wrote"
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read()
    except OSError as error:
        raise InputError("G01", f"cannot read: {error.strerror or error}", path=name, fix=fix) from error
    except UnicodeDecodeError as error:
        raise InputError("G01", "not UTF-8, so no training log", path=name, fix=fix) from error
    lines = content.splitlines()
    is_cut_off = bool(lines) and _is_cut_off(lines[-1], content)
    if is_cut_off:
        lines.pop()
        if remarks is not None:
            remarks.append(f"line {len(lines) + 1}, the last, is cut off and left out")
    entries = [_read_entry(line, number, name) for number, line in enumerate(lines, 1) if line.strip()]
    if not entries:
        problem = "no entry in the training log" + (" but one that is cut off" if is_cut_off else "")
        raise InputError("G01", problem, path=name, fix=fix)
    return entries


def draw_training(log: str | os.PathLike[str] | Sequence[dict[str, Any]]) -> Figure:
    """Draws losses, learning rate and speed over the epochs of a training.

    The loss is what `w2v train` reports: a mean over the predictions since the epoch began; the held-out loss
    is measured after epochs, and its lowest point is marked.

    Args:
        log: the file that `w2v train --log` wrote, or its entries as `read_log` gives them.

    Raises:
        InputError: as `read_log`.
        MissingExtraError: matplotlib is not installed.
    """
    entries = read_log(log) if isinstance(log, (str, os.PathLike)) else list(log)
    if not entries:
        raise ValueError("the log has no entry; pass one or more")
    table = {name: _column(entries, name) for name in (*_NUMBERS, *_LOSSES)}
    done = table["tokens_done"] / table["tokens_total"] * table["epochs"]  # in epochs
    figure = new_figure(8, 5.6)
    losses, rate, speed = figure.subplot_mosaic(
        [["loss", "loss"], ["rate", "speed"]], height_ratios=[2.2, 1]
    ).values()
    _draw_losses(losses, done, table)
    lowest = _draw_heldout(losses, done, table["heldout_loss"])
    style_axes(rate, x="epochs", title="Learning rate")
    rate.plot(done, table["learning_rate"], color=QUIET, linewidth=1.6, marker=".", markersize=4)
    style_axes(speed, x="epochs", title="Thousand words per second")
    speed.plot(done, table["words_per_second"] / 1000, color=QUIET, linewidth=1.6, marker=".", markersize=4)
    for axes in (losses, rate, speed):
        axes.set_xlim(0, max(done.max(), 1e-9) * 1.02)
    for axes in (rate, speed):
        axes.set_ylim(0, axes.get_ylim()[1] * 1.08)
    if lowest is not None:
        curves = [np.column_stack([line.get_xdata(), line.get_ydata()]) for line in losses.lines]
        place_callouts(losses, [lowest], curves, fonts=[BASE_FONT])
    return figure


def _draw_losses(axes: Axes, done: np.ndarray, table: dict[str, np.ndarray]) -> None:
    style_axes(axes, title="Loss")
    known = np.isfinite(table["loss"])
    axes.plot(
        done[known],
        table["loss"][known],
        color=ACCENT,
        linewidth=2,
        marker=".",
        markersize=6,
        label="training",
    )


def _draw_heldout(axes: Axes, done: np.ndarray, heldout: np.ndarray) -> Callout | None:
    """The curve where there is one, and the legend; returns what is said of its lowest point."""
    new = np.isfinite(heldout) & (
        heldout != np.concatenate([[np.nan], heldout[:-1]])
    )  # it stays till the next
    if new.any():
        axes.plot(
            done[new], heldout[new], color=ALARM, linewidth=2, marker="o", markersize=4, label="held out"
        )
    axes.margins(y=0.15)
    if any(len(line.get_xdata()) for line in axes.lines):
        axes.legend(frameon=False, fontsize=9, labelcolor=QUIET)
    if not new.any():
        return None
    best = np.flatnonzero(new)[heldout[new].argmin()]
    return Callout(f"lowest: {heldout[best]:.4f}", (done[best], heldout[best]), ALARM, 9)


def _is_cut_off(last: str, content: str) -> bool:
    """Whether the last line of a log ends amid an entry; what has no beginning of one is another fault."""
    if content.endswith("\n") or not last.startswith("{"):
        return False
    try:
        json.loads(last)
    except ValueError:
        return True
    return False


def _read_entry(line: str, number: int, path: str) -> dict[str, Any]:
    fix = f"name the file that `w2v train --log FILE` wrote; if it is this one, take line {number} out of it"
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError("G02", "not JSON", path=path, line=number, fix=fix) from error
    missing = [name for name in _NUMBERS if not (isinstance(entry, dict) and _is_number(entry.get(name)))]
    if missing:
        problem = f"the number {missing[0]!r} of a training log is not there"
        raise InputError("G02", problem, path=path, line=number, fix=fix)
    if entry["tokens_total"] <= 0:
        problem = f"tokens_total is {entry['tokens_total']}, expected more than 0"
        raise InputError("G02", problem, path=path, line=number, fix=fix)
    return entry


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(float(value)))


def _column(entries: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    """float64 (n,); NaN where an entry has no such number."""
    values = [entry.get(name) for entry in entries]
    return np.array([float(value) if _is_number(value) else np.nan for value in values])
