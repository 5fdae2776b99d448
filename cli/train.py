"""`w2v train`: from a text to a file of vectors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.checkpoint_options import (
    checkpoint_options,
    hold_outputs,
    open_checkpoints,
    resumed_checkpoint,
    say_how_to_resume,
)
from cli.engine_options import MINIBATCH_OPTIONS, choose_engine, engine_options
from cli.loss_options import describe_losses, loss_options, require_holdout, require_log, training_log
from cli.model_options import model_options
from cli.options import (
    READING_OPTIONS,
    corpus_options,
    json_option,
    prepare_corpus,
    require_vectors_output,
    threads_option,
    usage_errors,
)
from cli.output import escape, print_json, print_note, print_rows
from cli.signals import stop_requests
from w2v.config import TrainConfig

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from w2v.checkpoint import Checkpoints
    from w2v.engines.protocol import Engine
    from w2v.vectors import Vectors
    from w2v.watch import Progress

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
    "--keep-output",
    is_flag=True,
    help="Keep the vectors of the words as targets, too (.safetensors); for `w2v convert --vectors`.",
)
@model_options
@engine_options
@loss_options
@checkpoint_options
@threads_option
@json_option
def train(
    corpus: tuple[str, ...],
    output: str | None,
    keep_output: bool,
    init_vectors: str | None,
    log: str | None,
    checkpoint: str | None,
    checkpoint_every: str,
    resume: str | None,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train word vectors on CORPUS: files, folders, globs, or - for standard input.

    Words stand between blanks, a line is a sentence; .gz, .bz2, .xz and .zst files are unpacked. The text is
    counted and encoded once and kept in a cache, so that the next training on it starts at once. With one
    thread the same seed gives the same file; with several, all but the order of the updates.

    With --checkpoint a training that was stopped goes on where it was: w2v train --resume DIR.

    Example: w2v train corpus.txt -o vectors.safetensors --epochs 5
    """
    reading = {name: options.pop(name) for name in READING_OPTIONS}
    require_holdout(options["holdout"], options["patience"])
    if resume is not None and init_vectors is not None:
        raise click.UsageError("--init-vectors starts a new training; the one to --resume has its vectors")
    stepping = {name: options.pop(name) for name in ("engine", "device", *MINIBATCH_OPTIONS)}
    with usage_errors():
        config = TrainConfig(**options)
    engine = choose_engine(config.architecture, threads, **stepping)
    output = _default_output(corpus[0]) if output is None else output
    inputs = [*corpus, reading["vocabulary_file"], init_vectors]
    require_vectors_output(output, inputs, keep_output=keep_output)
    if log is not None:
        require_log(log, output, inputs)
    if config.learning_rate > STEEP_LEARNING_RATE:
        print_note(f"a learning rate of {config.learning_rate:g} is likely to diverge; 0.025 to 0.1 is usual")
    given = None if init_vectors is None else load_given(init_vectors, config.dim)
    with hold_outputs(output):
        checkpoints = open_checkpoints(output)
        started = time.monotonic()
        prepared = prepare_corpus(corpus, threads=threads, **reading)
        reading_seconds = time.monotonic() - started
        _, result = train_and_save(
            prepared,
            config,
            output,
            engine=engine,
            keep_output=keep_output,
            init_vectors=given,
            log=log,
            checkpoints=checkpoints,
        )
    result["reading_seconds"] = round(reading_seconds, 3)
    if as_json:
        print_json(result)
    else:
        _print_summary(result)


def train_and_save(
    corpus: Corpus,
    config: TrainConfig,
    output: str,
    *,
    engine: Engine,
    keep_output: bool = False,
    init_vectors: Vectors | None = None,
    log: str | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[Vectors, dict[str, Any]]:
    """Trains with progress on stderr and writes the vectors; returns them and what the summary shows."""
    from w2v.formats import save_vectors

    options = {"engine": engine, "init_vectors": init_vectors, "keep_output": keep_output}
    if checkpoints is None:
        vectors, seconds = _train(corpus, config, options, log)
    else:
        vectors, seconds = _train_resumably(corpus, config, options, log, checkpoints)
    if _was_complete(checkpoints) and os.path.exists(output):
        print_note(f"this training was complete already; {output} stays as it is")
    else:
        save_vectors(vectors, output)
    n_words, course = corpus.summary["words"], vectors.metadata["training"]
    if course["epochs"] < config.epochs:
        print_note(
            f"stopped after {course['epochs']} of {config.epochs} epochs: the held-out loss fell no more"
        )
    n_effective = vectors.metadata["corpus"]["effective_tokens"]
    epochs = course["tokens"] / (corpus.n_tokens - course.get("heldout_tokens", 0))
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
        "words_per_second": round(n_words * course["tokens"] / corpus.n_tokens / seconds),
        "effective_words_per_second": round(n_effective * epochs / seconds),
        "training": course,
        "config": vectors.metadata["config"],
        "engine": vectors.metadata["engine"],
        **{name: vectors.metadata[name] for name in ("init_vectors",) if name in vectors.metadata},
    }


def load_given(path: str, dim: int) -> Vectors:
    """The vectors of --init-vectors, refused before the corpus is read if they cannot be started from."""
    from w2v.formats import load_vectors

    vectors = load_vectors(path)
    if vectors.dim != dim:
        raise click.UsageError(
            f"the vectors of --init-vectors {escape(path)} have {vectors.dim} numbers, --dim is {dim}; "
            f"add --dim {vectors.dim}"
        )
    return vectors


def _was_complete(checkpoints: Checkpoints | None) -> bool:
    resumed = None if checkpoints is None else checkpoints.resumed
    return resumed is not None and resumed.state["is_over"]


def _train_resumably(
    corpus: Corpus, config: TrainConfig, options: dict[str, Any], log: str | None, checkpoints: Checkpoints
) -> tuple[Vectors, float]:
    """As `_train`; a signal ends it when it is saved."""
    from w2v.watch import StopTraining

    with stop_requests() as request:

        def look(_progress: Progress) -> None:
            request.listens = True
            if request.number is not None:
                request.answer()
                raise StopTraining

        trained = _train(corpus, config, {**options, "checkpoints": checkpoints}, log, look)
        if request.number is not None:
            say_how_to_resume(checkpoints)
    return trained


def _train(
    corpus: Corpus,
    config: TrainConfig,
    options: dict[str, Any],
    log: str | None,
    look: Callable[[Progress], object] | None = None,
) -> tuple[Vectors, float]:
    """The vectors, and the seconds since the first step; `look` is called after each report."""
    from cli.progress import TrainingBar
    from w2v.training import train as train_vectors

    started = time.monotonic()
    resumed = resumed_checkpoint()
    seconds = [0.0 if resumed is None else float(resumed.state["seconds"])]
    with training_log(log, append=resumed is not None) as write_log, TrainingBar() as bar:

        def report(progress: Progress) -> None:
            if (
                seconds[0] == 0.0
                and (compiled := time.monotonic() - started - progress.seconds) > COMPILE_SECONDS
            ):
                print_note(f"compiled the kernels for these options in {compiled:.1f}s")
            seconds[0] = max(progress.seconds, 1e-9)
            bar.show(progress)
            write_log(progress)
            if look is not None:
                look(progress)

        vectors = train_vectors(corpus, config, report=report, **options)
    return vectors, seconds[0]


def _describe_start(result: dict[str, Any]) -> str:
    """How many words start from given vectors, if any were given."""
    if "init_vectors" not in result:
        return ""
    started = result["init_vectors"]
    return f", {started['n_found']:,} start from given vectors ({started['token_share']:.1%} of the text)"


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

    course = result["training"]
    epochs = "1 epoch" if result["epochs"] == 1 else f"{result['epochs']:,} epochs"
    if course["epochs"] < result["epochs"]:
        epochs = f"{course['epochs']:,} of {epochs}"
    n_left_out = result["words"] - result["tokens"]
    cached = ", from the cache" if result["corpus_was_cached"] else ""
    print_rows(
        [
            (
                "corpus",
                f"{result['words']:,} words in {result['sentences']:,} sentences, {n_left_out:,} left out",
            ),
            ("vocabulary", f"{result['vocabulary']:,} words{_describe_start(result)}"),
            ("reading", format_seconds(result["reading_seconds"]) + cached),
            (
                "training",
                f"{format_seconds(result['training_seconds'])} for {epochs}, "
                f"{result['words_per_second']:,} words/s",
            ),
            ("loss", describe_losses(course)),
            ("vectors", f"{result['output']} ({result['vocabulary']:,} x {result['dim']})"),
        ]
    )
