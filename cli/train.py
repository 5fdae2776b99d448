"""`w2v train`: from a text to a file of vectors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import (
    corpus_options,
    json_option,
    prepare_corpus,
    require_vectors_output,
    threads_option,
    usage_errors,
)
from cli.output import print_json, print_note, print_rows
from w2v.config import ARCHITECTURES, DEFAULT_LEARNING_RATES, NEGATIVES_PER, TrainConfig

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from w2v.vectors import Vectors

DEFAULTS = TrainConfig()
RATES = ", ".join(f"{rate:g} for {name}" for name, rate in DEFAULT_LEARNING_RATES.items())
COMPILE_SECONDS = 1.0  # longer than loading kernels from the disk takes
STEEP_LEARNING_RATE = 1.0


@click.command()
@corpus_options
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="OUT",
    help="File of vectors: .safetensors (all of it, the default), .txt or .vec (word2vec text), .bin "
    "(word2vec binary). By default the name of the first corpus file with .safetensors, in this folder.",
)
@click.option(
    "--architecture",
    type=click.Choice(ARCHITECTURES),
    default="skipgram",
    show_default=True,
    help="Model.",
)
@click.option("--dim", type=int, default=DEFAULTS.dim, show_default=True, help="Numbers per word.")
@click.option(
    "--window", type=int, default=DEFAULTS.window, show_default=True, help="Words on each side, at most."
)
@click.option(
    "--fixed-window", is_flag=True, help="Take full windows; by default each is drawn from 1 to --window."
)
@click.option(
    "--negatives",
    type=int,
    default=DEFAULTS.negatives,
    show_default=True,
    help="Noise words for each window, 1 to 64.",
)
@click.option(
    "--negatives-per",
    type=click.Choice(NEGATIVES_PER),
    default=DEFAULTS.negatives_per,
    show_default=True,
    help="Share them in a window (fast), or draw them for each pair as in the paper (skipgram).",
)
@click.option(
    "--subsample",
    type=float,
    default=DEFAULTS.subsample,
    show_default=True,
    help="Skip some occurrences of words that make up more than about this share of the text; 0 skips none.",
)
@click.option(
    "--noise-exponent",
    type=float,
    default=DEFAULTS.noise_exponent,
    show_default=True,
    help="Noise words are drawn by count^EXPONENT.",
)
@click.option("--epochs", type=int, default=DEFAULTS.epochs, show_default=True, help="Passes over the text.")
@click.option("--learning-rate", type=float, help=f"At the start: {RATES} by default.")
@click.option(
    "--min-learning-rate",
    type=float,
    default=DEFAULTS.min_learning_rate,
    show_default=True,
    help="At the end.",
)
@click.option(
    "--seed",
    type=int,
    default=DEFAULTS.seed,
    show_default=True,
    help="Same seed, same windows; 0 to 2^64 - 1.",
)
@threads_option
@json_option
def train(
    corpus: tuple[str, ...], output: str | None, threads: int | None, as_json: bool, **options: Any
) -> None:
    """Train word vectors on CORPUS: files, folders, globs, or - for standard input.

    Words stand between blanks, a line is a sentence; .gz, .bz2, .xz and .zst files are unpacked. The text is
    counted and encoded once and kept in a cache, so that the next training on it starts at once. With one
    thread the same seed gives the same file; with several, all but the order of the updates.

    Example: w2v train corpus.txt -o vectors.safetensors --epochs 5
    """
    names = (
        "min_count",
        "max_vocab",
        "lowercase",
        "tokenizer",
        "encoding_errors",
        "vocabulary_file",
        "cache",
    )
    reading = {name: options.pop(name) for name in (*names, "max_vocab_memory")}
    with usage_errors():
        config = TrainConfig(**options)
    output = _default_output(corpus[0]) if output is None else output
    require_vectors_output(output, [*corpus, reading["vocabulary_file"]])
    if config.learning_rate > STEEP_LEARNING_RATE:
        print_note(f"a learning rate of {config.learning_rate:g} is likely to diverge; 0.025 to 0.1 is usual")
    started = time.monotonic()
    prepared = prepare_corpus(corpus, threads=threads, **reading)
    reading_seconds = time.monotonic() - started
    _, result = train_and_save(prepared, config, output, threads=threads)
    result["reading_seconds"] = round(reading_seconds, 3)
    if as_json:
        print_json(result)
    else:
        _print_summary(result)


def train_and_save(
    corpus: Corpus, config: TrainConfig, output: str, *, threads: int | None
) -> tuple[Vectors, dict[str, Any]]:
    """Trains with progress on stderr and writes the vectors; returns them and what the summary shows."""
    from w2v.formats import save_vectors

    vectors, seconds = _train(corpus, config, threads)
    save_vectors(vectors, output)
    n_words, n_effective = corpus.summary["words"], vectors.metadata["corpus"]["effective_tokens"]
    return vectors, {
        "output": output,
        "words": n_words,
        "tokens": corpus.n_tokens,
        "effective_tokens": n_effective,
        "sentences": corpus.n_sentences,
        "vocabulary": len(vectors),
        "dim": vectors.dim,
        "epochs": config.epochs,
        "corpus_was_cached": corpus.is_cached,
        "training_seconds": round(seconds, 3),
        "words_per_second": round(n_words * config.epochs / seconds),
        "effective_words_per_second": round(n_effective * config.epochs / seconds),
        "config": vectors.metadata["config"],
    }


def _train(corpus: Corpus, config: TrainConfig, threads: int | None) -> tuple[Vectors, float]:
    """The vectors, and the seconds since the first step."""
    from cli.progress import TrainingBar
    from w2v.engines.hogwild import HogwildEngine
    from w2v.training import Progress
    from w2v.training import train as train_vectors

    started = time.monotonic()
    seconds = [0.0]
    with TrainingBar() as bar:

        def report(progress: Progress) -> None:
            if (
                seconds[0] == 0.0
                and (compiled := time.monotonic() - started - progress.seconds) > COMPILE_SECONDS
            ):
                print_note(f"compiled the kernels for these options in {compiled:.1f}s")
            seconds[0] = max(progress.seconds, 1e-9)
            bar.show(progress)

        engine = HogwildEngine(config.architecture, threads=threads)
        vectors = train_vectors(corpus, config, engine=engine, report=report)
    return vectors, seconds[0]


def _default_output(corpus: str) -> str:
    """The first file's name without its ending and that of its compression; "vectors" where it has no use."""
    from corpora.sources import COMPRESSION_SUFFIXES

    name = Path(corpus).name
    unpacked = Path(name).stem if Path(name).suffix in COMPRESSION_SUFFIXES else name
    stem = Path(unpacked).stem
    is_plain = stem.strip(".") and not any(sign in name for sign in "*?[") and corpus != "-"
    return f"{stem if is_plain else 'vectors'}.safetensors"


def _print_summary(result: dict[str, Any]) -> None:
    from cli.progress import format_seconds

    epochs = "1 epoch" if result["epochs"] == 1 else f"{result['epochs']:,} epochs"
    n_left_out = result["words"] - result["tokens"]
    cached = ", from the cache" if result["corpus_was_cached"] else ""
    print_rows(
        [
            (
                "corpus",
                f"{result['words']:,} words in {result['sentences']:,} sentences, {n_left_out:,} left out",
            ),
            ("vocabulary", f"{result['vocabulary']:,} words"),
            ("reading", format_seconds(result["reading_seconds"]) + cached),
            (
                "training",
                f"{format_seconds(result['training_seconds'])} for {epochs}, "
                f"{result['words_per_second']:,} words/s",
            ),
            ("vectors", f"{result['output']} ({result['vocabulary']:,} x {result['dim']})"),
        ]
    )
