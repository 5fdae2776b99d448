"""The table and the plot of the runs, beside them and in short in the README."""

from __future__ import annotations

import io
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from corpora.storage import write_file
from tests.benchmarks.report import conditions, publish, table
from tests.experiments.pretraining.runs import (
    ARMS,
    DIM,
    ENGLISH_EPOCHS,
    SEEDS,
    SIZE_OF_MODEL,
    SIZES,
    Run,
    grid,
)

FOLDER = Path(__file__).parent
COLORS = {"random": "#777777", "pretrained": "#0072b2", "frozen first": "#d55e00"}  # Okabe and Ito
_T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}  # Student's t, by degrees of freedom

Results = Mapping[Run, Mapping[str, Any]]


def write_report(results: Results) -> None:
    """Writes README.md and losses.png beside the results, and the short table into the project's README."""
    missing = [size.pairs for size in SIZES if not _seeds(results, size.pairs)]
    if len(missing) == len(SIZES):
        raise SystemExit("no size has all its arms yet; carry out more runs")
    short = _short_table(results)
    text = [_introduction(), short, _full_table(results), _coverage(results)]
    if missing:
        text.append(f"Not carried out yet: {', '.join(f'{pairs:,} pairs' for pairs in missing)}.")
    text.append(
        conditions("", package="tests.experiments.pretraining").replace("pretraining.", "pretraining")
    )
    with write_file(FOLDER / "README.md") as file:
        file.write("\n\n".join(text).encode() + b"\n")
    with write_file(FOLDER / "losses.png") as file:
        file.write(_plot(results))
    publish("pretraining", short)


def _seeds(results: Results, pairs: int) -> list[int]:
    """The seeds with which every arm of a size has been carried out."""
    return [seed for seed in SEEDS if all(Run(pairs, arm, seed) in results for arm in ARMS)]


def _losses(results: Results, pairs: int, arm: str) -> np.ndarray:
    """Validation loss (seeds, epochs)."""
    runs = [results[Run(pairs, arm, seed)] for seed in _seeds(results, pairs)]
    return np.array([[epoch["valid_loss"] for epoch in run["training"]["epochs"]] for run in runs])


def _test(results: Results, pairs: int, arm: str, score: str) -> list[float]:
    return [results[Run(pairs, arm, seed)]["test"][score] for seed in _seeds(results, pairs)]


def _introduction() -> str:
    sizes = ", ".join(f"{name} {value}" for name, value in SIZE_OF_MODEL.items() if value is not True)
    flags = ", ".join(name for name, value in SIZE_OF_MODEL.items() if value is True)
    epochs = ", ".join(str(size.epochs) for size in SIZES)
    frozen = ", ".join(str(size.frozen) for size in SIZES)
    return f"""# Does a translator learn better from pretrained rows?

Multi30k, German to English, words as they are given, greedy search, test set 2016. The model has tables of
{DIM} columns, {sizes}, {flags}, no attention. English vectors are trained by w2v on
enwiki-17m and the training side for {ENGLISH_EPOCHS} epochs, German ones on the training side alone; the rows
of both are brought to the standard deviation of random ones. The arms of a size have the same budget,
{epochs} epochs; "frozen first" does not train its tables in the first {frozen}. The best epoch by
validation loss is kept.

![Validation loss by epoch](losses.png)

Gains are against the random rows of the same seed: the mean over the seeds, with its 95 % interval by
Student's t."""


def _short_table(results: Results) -> str:
    rows = []
    for size in SIZES:
        seeds = _seeds(results, size.pairs)
        for arm in ARMS if seeds else ():
            losses = _losses(results, size.pairs, arm)
            bleu = _test(results, size.pairs, arm, "bleu")
            rows.append(
                [
                    f"{size.pairs:,}",
                    arm,
                    f"{losses[:, 0].mean():.2f}",
                    f"{losses.min(axis=1).mean():.3f}",
                    f"{statistics.mean(bleu):.1f}",
                    "" if arm == ARMS[0] else _gain(bleu, _test(results, size.pairs, ARMS[0], "bleu")),
                ]
            )
    header = ["pairs", "rows", "loss after epoch 1", "lowest loss", "BLEU", "gain in BLEU (95 %)"]
    return table(header, rows)


def _gain(scores: list[float], against: list[float]) -> str:
    differences = [score - other for score, other in zip(scores, against, strict=True)]
    mean = statistics.mean(differences)
    if len(differences) < 2:
        return f"{mean:+.1f}"
    half = _T_975[len(differences) - 1] * statistics.stdev(differences) / len(differences) ** 0.5
    return f"{mean:+.1f} ({mean - half:+.1f} to {mean + half:+.1f})"


def _full_table(results: Results) -> str:
    """Every run: BLEU with the interval of the test sentences, losses, the best epoch and the time."""
    rows = []
    for run in (run for run in grid() if run in results):
        result = results[run]
        low, high = result["test"]["bleu_interval"]
        epochs = result["training"]["epochs"]
        best = epochs[result["training"]["best_epoch"] - 1]
        rows.append(
            [
                f"{run.pairs:,}",
                run.arm,
                str(run.seed),
                f"{result['test']['bleu']:.1f} ({low:.1f} to {high:.1f})",
                f"{result['test']['loss']:.3f}",
                f"{best['valid_loss']:.3f} ({best['epoch']})",
                f"{sum(epoch['seconds'] for epoch in epochs):.0f}",
            ]
        )
    header = ["pairs", "rows", "seed", "test BLEU", "test loss", "lowest validation loss (epoch)", "seconds"]
    return table(header, rows)


def _coverage(results: Results) -> str:
    """How many words of each side had a vector."""
    rows = []
    for size in SIZES:
        found = next((r for run, r in results.items() if run.pairs == size.pairs and r["vectors"]), None)
        for side, coverage in found["vectors"].items() if found else ():
            share = f"{coverage['n_found']:,} of {coverage['n_words']:,}"
            rows.append([f"{size.pairs:,}", side, share, f"{coverage['text_share']:.1%}"])
    return table(["pairs", "side", "words with a vector", "share of the training text"], rows)


def _plot(results: Results) -> bytes:
    sizes = [size for size in SIZES if _seeds(results, size.pairs)]
    figure = Figure(figsize=(4 * len(sizes), 3.6), dpi=110, layout="constrained")
    for axes, size in zip(np.atleast_1d(figure.subplots(1, len(sizes))), sizes, strict=True):
        for arm in ARMS:
            losses = _losses(results, size.pairs, arm)
            epochs = np.arange(1, losses.shape[1] + 1)
            axes.plot(epochs, losses.mean(axis=0), color=COLORS[arm], label=arm, linewidth=1.8)
            axes.fill_between(
                epochs, losses.min(axis=0), losses.max(axis=0), color=COLORS[arm], alpha=0.2, linewidth=0
            )
        axes.set_title(f"{size.pairs:,} pairs", fontsize=11)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel("validation loss (nats a token)")
    figure.axes[0].legend(frameon=False, title="rows at the start")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
