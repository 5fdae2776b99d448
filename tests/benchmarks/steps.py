"""How long a step of the minibatch engine may be before its rows are too stale: scores by windows per step.

    python -m tests.benchmarks.steps CORPUS EVAL_FOLDER [--architecture cbow] [--publish]
    python -m tests.benchmarks.steps CORPUS EVAL_FOLDER --device cuda [--fused] [--publish]

Every training sees the same windows. The CPU kernels' training, one step for each window, comes first; then
the minibatch engine's with longer and longer steps, or, with --fused, with more and more windows in flight.
EVAL_FOLDER is as that of `tests.parity.report`.
"""

from __future__ import annotations

import statistics
import warnings
from pathlib import Path
from typing import NamedTuple

import click
from gensim.models import KeyedVectors

import w2v
from corpora.errors import DivergedError
from tests.benchmarks.report import conditions, publish, table

PAIRS = {"wordsim353.tsv": "WordSim-353", "EN-MTurk-771.txt": "MTurk-771"}
HOLDOUT = 0.01


class Outcome(NamedTuple):
    """Loss on the held-out part, analogies in percent, rho of each of PAIRS, raw words a second."""

    loss: float
    analogies: float
    rhos: tuple[float, ...]
    speed: float


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.argument("eval_folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--architecture", type=click.Choice(["skipgram", "cbow"]), default="skipgram", show_default=True
)
@click.option(
    "--size", "sizes", type=int, multiple=True, default=(64, 256, 512, 1024, 2048, 4096), show_default=True
)
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--epochs", type=int, default=5, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--fused", is_flag=True, help="The fused kernels instead of torch's operations.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(
    corpus: str,
    eval_folder: Path,
    architecture: str,
    sizes: tuple[int, ...],
    seeds: int,
    epochs: int,
    threads: int,
    device: str,
    fused: bool,
    to_readme: bool,
) -> None:
    """Train, score, and print a table."""
    warnings.simplefilter("ignore", UserWarning)  # of long steps: they are what this is about
    prepared = w2v.Corpus.prepare([corpus])
    engines = {"kernels, every window": w2v.HogwildEngine(architecture, threads=threads)}
    for size in sizes:
        engines[f"{size:,} windows"] = w2v.MinibatchEngine(
            architecture, device=device, windows_per_step=size, fused=fused, threads=threads
        )
    rows = []
    for name, engine in engines.items():
        outcomes = [
            _run(
                prepared,
                w2v.TrainConfig(architecture=architecture, epochs=epochs, seed=seed, holdout=HOLDOUT),
                engine,
                eval_folder,
            )
            for seed in range(1, seeds + 1)
        ]
        rows.append(_row(name, outcomes))
        click.echo(" | ".join(rows[-1]), err=True)
    header = [f"{architecture}, a step over", "held-out loss", "analogies %", *PAIRS.values(), "k words/s"]
    text = table(header, rows)
    text += f"\n\nMean and range of {seeds} seeds. " + conditions("steps")
    click.echo(text)
    if to_readme:
        publish(f"steps {architecture} {'fused' if fused else device}", text)


def _run(
    corpus: w2v.Corpus,
    config: w2v.TrainConfig,
    engine: w2v.HogwildEngine | w2v.MinibatchEngine,
    eval_folder: Path,
) -> Outcome | None:
    """None where the training diverges."""
    last = []
    try:
        vectors = w2v.train(corpus, config, engine=engine, report=last.append)
    except DivergedError:
        return None
    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    accuracy, _ = keyed.evaluate_word_analogies(
        str(eval_folder / "questions-words.txt"), restrict_vocab=30_000
    )
    rhos = []
    for name in PAIRS:
        delimiter = "\t" if "\t" in (eval_folder / name).read_text(encoding="utf-8") else " "
        rhos.append(keyed.evaluate_word_pairs(str(eval_folder / name), delimiter=delimiter)[1][0])
    return Outcome(last[-1].heldout_loss, 100 * accuracy, tuple(rhos), last[-1].tokens_per_second)


def _row(name: str, outcomes: list[Outcome | None]) -> list[str]:
    n_diverged = outcomes.count(None)
    if n_diverged:
        return [name, f"{n_diverged} of {len(outcomes)} diverged", *[""] * (len(PAIRS) + 2)]
    figures = [
        _spread([outcome.loss for outcome in outcomes], ".4f"),
        _spread([outcome.analogies for outcome in outcomes], ".1f"),
        *(_spread([outcome.rhos[i] for outcome in outcomes], ".3f") for i in range(len(PAIRS))),
        f"{statistics.median(outcome.speed for outcome in outcomes) / 1000:,.0f}",
    ]
    return [name, *figures]


def _spread(values: list[float], form: str) -> str:
    return f"{statistics.mean(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
