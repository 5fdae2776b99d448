"""`w2v train`: from a text to a file of vectors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.checkpoint_options import (
    checkpoint_options,
    open_checkpoints,
    resumed_checkpoint,
    say_how_to_resume,
)
from cli.engine_options import MINIBATCH_OPTIONS, choose_engine, engine_options
from cli.given_vectors import load_given, note_differences, require_given_vocabulary
from cli.loss_options import (
    holdout_options,
    is_file_to_be,
    log_option,
    require_holdout,
    require_log,
    training_log,
)
from cli.model_options import model_options
from cli.options import (
    READING_OPTIONS,
    corpus_options,
    hold_outputs,
    json_option,
    prepare_corpus,
    require_vectors_output,
    threads_option,
    usage_errors,
)
from cli.output import print_json, print_note
from cli.result import describe_result, print_summary, save_result
from cli.signals import stop_requests
from corpora.storage import require_room
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
@holdout_options
@log_option
@checkpoint_options
@threads_option
@json_option
def train(
    corpus: tuple[str, ...],
    output: str | None,
    keep_output: bool,
    init_vectors: str | None,
    init_vocab: str,
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

    With --checkpoint a training that was stopped goes on where it was: w2v train --resume DIR. With
    --init-vectors a finished model goes on with a new text.

    Example: w2v train corpus.txt -o vectors.safetensors --epochs 5
    """
    reading = {name: options.pop(name) for name in READING_OPTIONS}
    require_holdout(options["holdout"], options["patience"])
    require_given_vocabulary(corpus, init_vectors, init_vocab)
    stepping = {name: options.pop(name) for name in ("engine", "device", *MINIBATCH_OPTIONS)}
    with usage_errors():
        config = TrainConfig(**options)
    engine = choose_engine(config.architecture, threads, **stepping)
    output = _default_output(corpus[0]) if output is None else output
    inputs = [*corpus, reading["vocabulary_file"], init_vectors]
    was_complete = resume is not None and resumed_checkpoint().state.get("is_over", False)
    require_vectors_output(output, inputs, keep_output=keep_output, may_be_there=was_complete)
    require_log(log, output, inputs)
    if config.learning_rate > STEEP_LEARNING_RATE:
        print_note(f"a learning rate of {config.learning_rate:g} is likely to diverge; 0.025 to 0.1 is usual")
    given, config = load_given(init_vectors, config)
    with hold_outputs(output, checkpoint or resume, log if is_file_to_be(log) else None):
        checkpoints = open_checkpoints(output)
        started = time.monotonic()
        prepared = prepare_corpus(
            corpus, threads=threads, among=given if init_vocab == "old" else None, **reading
        )
        reading_seconds = time.monotonic() - started
        _require_space(prepared, config, engine, output, is_new=resume is None)
        if given is not None and resume is None:
            note_differences(init_vectors, given, config, reading)
        _, result = train_and_save(
            prepared,
            config,
            output,
            engine=engine,
            origin=Origin(given, init_vocab != "new"),
            keep_output=keep_output,
            log=log,
            checkpoints=checkpoints,
        )
    result["reading_seconds"] = round(reading_seconds, 3)
    if as_json:
        print_json(result)
    else:
        print_summary(result)


def _require_space(corpus: Corpus, config: TrainConfig, engine: Engine, output: str, *, is_new: bool) -> None:
    """Refuses now what would not fit into memory, where the tables are not there yet, or on the disk."""
    from w2v.memory import require_memory

    n_words = len(corpus.vocabulary)
    if is_new:
        keeps_best = config.patience is not None
        require_memory(n_words, config.dim, keeps_best=keeps_best, state_pairs=engine.state_pairs)
    require_room(output, 4 * n_words * config.dim)  # with nothing but the rows


class Origin(NamedTuple):
    """What words start from, as `w2v.train` has it."""

    init_vectors: Vectors | None = None
    keep_absent: bool = False


def train_and_save(
    corpus: Corpus,
    config: TrainConfig,
    output: str,
    *,
    engine: Engine,
    origin: Origin = Origin(),  # noqa: B008 - a NamedTuple, which nothing can change
    keep_output: bool = False,
    log: str | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[Vectors, dict[str, Any]]:
    """Trains with progress on stderr and writes the vectors; returns them and what the summary shows."""
    from w2v.retrying import MOST_PATIENCE

    options = {"engine": engine, "keep_output": keep_output, **origin._asdict()}
    files = Files(output, log)
    if checkpoints is None:
        vectors, seconds = _train(corpus, config, options, files)
    else:
        vectors, seconds = _train_resumably(corpus, config, options, files, checkpoints)
    save_result(vectors, output, checkpoints, patience=min(seconds, MOST_PATIENCE))
    course = vectors.metadata["training"]
    if course["epochs"] < config.epochs:
        print_note(
            f"stopped after {course['epochs']} of {config.epochs} epochs: the held-out loss fell no more"
        )
    return vectors, describe_result(corpus, vectors, output, epochs=config.epochs, seconds=seconds)


class Files(NamedTuple):
    """What a training writes."""

    output: str
    log: str | None


def _train_resumably(
    corpus: Corpus, config: TrainConfig, options: dict[str, Any], files: Files, checkpoints: Checkpoints
) -> tuple[Vectors, float]:
    """As `_train`; a signal ends it when it is saved."""
    from w2v.watch import StopTraining

    with stop_requests() as request:

        def look(_progress: Progress) -> None:
            request.listens = True
            if request.number is not None:
                request.answer()
                raise StopTraining

        trained = _train(corpus, config, {**options, "checkpoints": checkpoints}, files, look)
        if request.number is not None:
            say_how_to_resume(checkpoints)
    return trained


def _train(
    corpus: Corpus,
    config: TrainConfig,
    options: dict[str, Any],
    files: Files,
    look: Callable[[Progress], object] | None = None,
) -> tuple[Vectors, float]:
    """The vectors, and the seconds since the first step; `look` is called after each report."""
    from cli.progress import TrainingBar
    from w2v.training import train as train_vectors

    started = time.monotonic()
    resumed = resumed_checkpoint()
    seconds = [0.0 if resumed is None else float(resumed.state["seconds"])]
    is_begun = False
    tokens = None if resumed is None else int(resumed.state["tokens"])
    with training_log(files.log, tokens=tokens) as write_log, TrainingBar() as bar:

        def report(progress: Progress) -> None:
            nonlocal is_begun
            if not is_begun:
                _say_begun(
                    files.output, time.monotonic() - started - progress.seconds if seconds[0] == 0 else 0
                )
                is_begun = True
            seconds[0] = max(progress.seconds, 1e-9)
            bar.show(progress)
            write_log(progress)
            if look is not None:
                look(progress)

        vectors = train_vectors(corpus, config, report=report, **options)
    return vectors, seconds[0]


def _say_begun(output: str, compile_seconds: float) -> None:
    """Notes that wait until nothing can be refused any more."""
    if compile_seconds > COMPILE_SECONDS:
        print_note(f"compiled the kernels for these options in {compile_seconds:.1f}s")
    if os.path.exists(output):
        print_note(f"{output} exists and will be replaced when the new file is whole")


def _default_output(corpus: str) -> str:
    """The first file's name without its ending and that of its compression; "vectors" where it has no use."""
    from corpora.sources import COMPRESSION_SUFFIXES

    name = Path(corpus).name
    unpacked = Path(name).stem if Path(name).suffix in COMPRESSION_SUFFIXES else name
    stem = Path(unpacked).stem
    is_plain = stem.strip(".") and not any(sign in name for sign in "*?[") and corpus != "-"
    return f"{stem if is_plain else 'vectors'}.safetensors"
