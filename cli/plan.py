"""`w2v plan`: what a training would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.engine_options import MINIBATCH_OPTIONS, choose_engine, engine_options
from cli.given_vectors import load_given, require_given_vocabulary
from cli.loss_options import holdout_options, require_holdout
from cli.model_options import model_options
from cli.options import (
    READING_OPTIONS,
    corpus_options,
    json_option,
    prepare_corpus,
    threads_option,
    usage_errors,
)
from cli.output import print_json, print_rows
from w2v.config import TrainConfig

if TYPE_CHECKING:
    from w2v.plan import Plan


@click.command()
@corpus_options
@model_options
@engine_options
@holdout_options
@threads_option
@json_option
def plan(
    corpus: tuple[str, ...],
    init_vectors: str | None,
    init_vocab: str,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Tell how much memory, disk and time `w2v train` would take on CORPUS, without training.

    It knows the options of `w2v train` that make a difference. The text is counted and encoded, and kept for
    the training to come; the pace is measured by training for two seconds, whose result is thrown away.

    Example: w2v plan corpus.txt --dim 300 --epochs 10
    """
    from w2v.plan import make_plan

    reading = {name: options.pop(name) for name in READING_OPTIONS}
    require_holdout(options["holdout"], options["patience"])
    require_given_vocabulary(corpus, init_vectors, init_vocab)
    stepping = {name: options.pop(name) for name in ("engine", "device", *MINIBATCH_OPTIONS)}
    with usage_errors():
        config = TrainConfig(**options)
    engine = choose_engine(config.architecture, threads, **stepping)
    given, config = load_given(init_vectors, config)
    among = given if init_vocab == "old" else None
    prepared = prepare_corpus(corpus, threads=threads, among=among, **reading)
    found = make_plan(prepared, config, engine, init_vectors=given, keep_absent=init_vocab != "new")
    if as_json:
        print_json(found._asdict())
    else:
        _print_plan(found, config)


def _print_plan(plan: Plan, config: TrainConfig) -> None:
    from cli.progress import format_seconds

    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs:,} epochs"
    share = plan.effective_tokens / plan.tokens
    print_rows(
        [
            ("vocabulary", f"{plan.vocabulary:,} words x {config.dim}"),
            ("text", f"{plan.tokens:,} words of the vocabulary"),
            ("effective", f"{plan.effective_tokens:,} of them an epoch ({share:.0%}) after subsampling"),
            ("memory", f"{_format_bytes(plan.memory_bytes)}, {_format_bytes(plan.available_bytes)} are free"),
            ("vectors", f"{_format_bytes(plan.vectors_bytes)} on disk"),
            ("checkpoints", f"{_format_bytes(plan.checkpoints_bytes)} on disk, with --checkpoint"),
            ("time", f"{format_seconds(plan.seconds)} for {epochs}, at {plan.words_per_second:,.0f} words/s"),
        ]
    )


def _format_bytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.0f} MiB" if n_bytes < 2**30 else f"{n_bytes / 2**30:,.1f} GiB"
