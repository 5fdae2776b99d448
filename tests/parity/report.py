"""The parity report of the README: what is equal to gensim's, and how level the scores are.

    python -m tests.parity.report CORPUS EVAL_FOLDER [--gensim-seeds 1] [--publish]

CORPUS is plain text, EVAL_FOLDER holds questions-words.txt and word-pair files. The exit code is 1 where
something that must be equal is not.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from gensim.models import Word2Vec

from corpora.corpus import Corpus
from tests.benchmarks.report import conditions, publish, table
from tests.parity import checks
from tests.parity.checks import Check
from tests.parity.scores import ANALOGIES, PAIRS, ScoreComparison, compare_scores
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.training import train
from w2v.vectors import Vectors

ARCHITECTURES = ("skipgram", "cbow")


class Runs(NamedTuple):
    """How much is trained: `seeds` models of w2v and `gensim_seeds` of gensim."""

    seeds: int
    gensim_seeds: int
    epochs: int
    dim: int
    threads: int


class Scores(NamedTuple):
    """One architecture, and the comparison of each set."""

    architecture: str
    sets: list[ScoreComparison]


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.argument("eval_folder", type=click.Path(exists=True, path_type=Path))
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--gensim-seeds", type=int, default=3, show_default=True)
@click.option("--epochs", type=int, default=5, show_default=True)
@click.option("--dim", type=int, default=100, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the report into the README.")
def main(corpus: str, eval_folder: Path, to_readme: bool, **numbers: int) -> None:
    """Compare everything, and print the report."""
    compared, scores = measure(corpus, eval_folder, Runs(**numbers))
    text = as_markdown(compared, scores) + "\n\n" + conditions("report", package="tests.parity")
    click.echo(text)
    if to_readme:
        publish("parity", text)
    sys.exit(not all(check.agrees for check in compared))


def measure(corpus: str, eval_folder: Path, runs: Runs) -> tuple[list[Check], list[Scores]]:
    """All checks, and the scores of each architecture."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Corpus.prepare([corpus], cache=folder)
        scores, models = [], {}
        for architecture in ARCHITECTURES:
            ours = _train_ours(prepared, architecture, runs)
            theirs = _train_gensim(corpus, architecture, runs)
            models[architecture] = ours[0]
            scores.append(Scores(architecture, compare_scores(ours, theirs, eval_folder)))
        model = _gensim(ARCHITECTURES[0], runs, seed=1)
        model.build_vocab(corpus_file=corpus)
        return _checks(prepared, model, models["skipgram"], eval_folder), scores


def as_markdown(compared: Sequence[Check], scores: Sequence[Scores]) -> str:
    """The report as tables for people."""
    rows = [
        [check.name, check.w2v, check.gensim, check.difference, "equal" if check.agrees else "**NOT EQUAL**"]
        for check in compared
    ]
    parts = [table(["what must be equal", "w2v", "gensim", "apart by", ""], rows)]
    for architecture, sets in scores:
        rows = [_score_row(comparison) for comparison in sets]
        header = [f"{architecture}, each seed", "w2v", "gensim", "w2v is above by (95 %)", "verdict"]
        parts.append(table(header, rows))
    return "\n\n".join(parts)


def _score_row(comparison: ScoreComparison) -> list[str]:
    factor, form = (100, "{:.1f}") if "analogies" in comparison.name else (1, "{:.3f}")
    ours, theirs = (
        f"{form.format(factor * statistics.mean(side))} ({', '.join(form.format(factor * s) for s in side)})"
        for side in (comparison.ours, comparison.theirs)
    )
    low, high = (form.format(factor * end) for end in comparison.interval)
    unit = f", % of {comparison.n:,}" if factor == 100 else f", rho of {comparison.n} pairs"
    apart = f"{form.format(factor * comparison.difference)} ({low} to {high})"
    return [comparison.name + unit, ours, theirs, apart, comparison.verdict]


def _checks(corpus: Corpus, model: Word2Vec, vectors: Vectors, eval_folder: Path) -> list[Check]:
    keyed = vectors.to_gensim()
    return [
        checks.check_vocabulary(corpus, model),
        checks.check_keep_probabilities(model),
        checks.check_noise(model),
        *(checks.check_step(architecture) for architecture in ARCHITECTURES),
        checks.check_neighbors(vectors, keyed),
        checks.check_analogies(vectors, keyed, eval_folder / ANALOGIES),
        *(checks.check_similarity(vectors, keyed, eval_folder / name) for name in PAIRS),
    ]


def _train_ours(corpus: Corpus, architecture: str, runs: Runs) -> list[Vectors]:
    """A model for each seed."""
    models = []
    for seed in range(1, runs.seeds + 1):
        config = TrainConfig(architecture=architecture, dim=runs.dim, epochs=runs.epochs, seed=seed)
        models.append(train(corpus, config, engine=HogwildEngine(architecture, threads=runs.threads)))
    return models


def _train_gensim(corpus: str, architecture: str, runs: Runs) -> list[Vectors]:
    models = []
    for seed in range(1, runs.gensim_seeds + 1):
        model = _gensim(architecture, runs, seed=seed)
        model.build_vocab(corpus_file=corpus)
        model.train(
            corpus_file=corpus,
            total_words=model.corpus_total_words,
            total_examples=model.corpus_count,
            epochs=runs.epochs,
        )
        models.append(Vectors.from_gensim(model.wv))
    return models


def _gensim(architecture: str, runs: Runs, *, seed: int) -> Word2Vec:
    """A model with the options that w2v has by default."""
    return Word2Vec(
        sg=int(architecture == "skipgram"),
        vector_size=runs.dim,
        window=5,
        negative=5,
        sample=1e-3,
        min_count=5,
        workers=runs.threads,
        seed=seed,
    )


if __name__ == "__main__":
    main()
