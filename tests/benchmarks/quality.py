"""Scores of trained vectors beside gensim's, judged by gensim's own evaluation, over several seeds.

    python -m tests.benchmarks.quality CORPUS EVAL_FOLDER [--architecture cbow] [--gensim] [--publish]

EVAL_FOLDER holds questions-words.txt and word-pair files; see the README for where they come from.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
from gensim.models import KeyedVectors, Word2Vec

import w2v
from tests.benchmarks.report import conditions, publish, table

PAIRS = {
    "wordsim353.tsv": "WordSim-353",
    "simlex999.txt": "SimLex-999",
    "EN-RG-65.txt": "RG-65",
    "EN-MTurk-771.txt": "MTurk-771",
}


class Scores(NamedTuple):
    """Analogy accuracy in percent, Spearman's rho of each set of word pairs, and seconds of training."""

    analogies: float
    pairs: dict[str, float]
    seconds: float


@click.command()
@click.argument("corpus", type=click.Path(exists=True))
@click.argument("eval_folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--architecture", type=click.Choice(["skipgram", "cbow"]), multiple=True, default=("skipgram", "cbow")
)
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--epochs", type=int, default=5, show_default=True)
@click.option("--dim", type=int, default=100, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
@click.option(
    "--learning-rate", type=float, help="The architecture's default otherwise; gensim keeps its own."
)
@click.option("--gensim", "with_gensim", is_flag=True, help="Train gensim, too, with the first seed.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(
    corpus: str,
    eval_folder: Path,
    architecture: tuple[str, ...],
    seeds: int,
    epochs: int,
    dim: int,
    threads: int,
    learning_rate: float | None,
    with_gensim: bool,
    to_readme: bool,
) -> None:
    """Train, score, and print a table."""
    rows = []
    for name in architecture:
        config = {"architecture": name, "dim": dim, "epochs": epochs, "learning_rate": learning_rate}
        runs = [_run_w2v(corpus, eval_folder, config, seed, threads) for seed in range(1, seeds + 1)]
        rows += [_row(f"w2v {name}, seed {seed}", [run]) for seed, run in enumerate(runs, start=1)]
        rows.append(_row(f"**w2v {name}, mean**", runs))
        if with_gensim:
            run = _run_gensim(corpus, eval_folder, config, threads)
            rows.append(_row(f"gensim {name}, seed 1", [run]))
    text = table(["", "analogies %", *PAIRS.values(), "training, s"], rows)
    text += "\n\n" + conditions("quality")
    click.echo(text)
    if to_readme:
        publish("quality", text)


def _run_w2v(corpus: str, eval_folder: Path, config: dict, seed: int, threads: int) -> Scores:
    with tempfile.TemporaryDirectory() as folder:
        prepared = w2v.Corpus.prepare([corpus], cache=folder)
        engine = w2v.HogwildEngine(config["architecture"], threads=threads)
        seconds = []
        vectors = w2v.train(
            prepared,
            w2v.TrainConfig(**config, seed=seed),
            engine=engine,
            report=lambda progress: seconds.append(progress.seconds),
        )
    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    return _score(keyed, eval_folder, seconds[-1])


def _run_gensim(corpus: str, eval_folder: Path, config: dict, threads: int) -> Scores:
    model = Word2Vec(
        sg=int(config["architecture"] == "skipgram"),
        vector_size=config["dim"],
        window=5,
        negative=5,
        sample=1e-3,
        min_count=5,
        workers=threads,
        seed=1,
    )
    model.build_vocab(corpus_file=corpus)
    started = time.monotonic()
    model.train(
        corpus_file=corpus,
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=config["epochs"],
    )
    return _score(model.wv, eval_folder, time.monotonic() - started)


def _score(keyed: KeyedVectors, eval_folder: Path, seconds: float) -> Scores:
    accuracy, _ = keyed.evaluate_word_analogies(
        str(eval_folder / "questions-words.txt"), restrict_vocab=30_000
    )
    pairs = {}
    for name in PAIRS:
        delimiter = "\t" if "\t" in (eval_folder / name).read_text(encoding="utf-8") else " "
        pairs[name] = keyed.evaluate_word_pairs(str(eval_folder / name), delimiter=delimiter)[1][0]
    return Scores(100 * accuracy, pairs, seconds)


def _row(label: str, runs: list[Scores]) -> list[str]:
    pairs = [statistics.mean(run.pairs[name] for run in runs) for name in PAIRS]
    return [
        label,
        f"{statistics.mean(run.analogies for run in runs):.1f}",
        *(f"{rho:.3f}" for rho in pairs),
        f"{statistics.mean(run.seconds for run in runs):.0f}",
    ]


if __name__ == "__main__":
    main()
