"""The gensim side of the speed benchmark: builds, trains and saves, and prints its figures as JSON.

python -m tests.benchmarks.gensim_train CORPUS OUT [--architecture cbow] [--dim 100] ...
"""

from __future__ import annotations

import json
import time

import click
from gensim.models import Word2Vec


@click.command()
@click.argument("corpus")
@click.argument("output")
@click.option("--architecture", default="skipgram")
@click.option("--dim", type=int, default=100)
@click.option("--window", type=int, default=5)
@click.option("--negatives", type=int, default=5)
@click.option("--subsample", type=float, default=1e-3)
@click.option("--min-count", type=int, default=5)
@click.option("--epochs", type=int, default=5)
@click.option("--threads", type=int, default=2)
def main(
    corpus: str, output: str, architecture: str, dim: int, threads: int, epochs: int, **options: float
) -> None:
    """Train from a file, gensim's fastest way."""
    model = Word2Vec(
        sg=int(architecture == "skipgram"),
        vector_size=dim,
        window=options["window"],
        negative=options["negatives"],
        sample=options["subsample"],
        min_count=options["min_count"],
        workers=threads,
    )
    model.build_vocab(corpus_file=corpus)
    started = time.monotonic()
    n_effective, n_raw = model.train(
        corpus_file=corpus,
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=epochs,
    )
    seconds = time.monotonic() - started
    model.wv.save_word2vec_format(output, binary=True)
    figures = {
        "words_per_second": n_raw / seconds,
        "effective_words_per_second": n_effective / seconds,
        "training_seconds": seconds,
    }
    click.echo(json.dumps(figures))


if __name__ == "__main__":
    main()
