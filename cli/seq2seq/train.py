"""`w2v seq2seq train`: from sentence pairs to a translator in a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from cli.options import json_option, usage_errors
from cli.output import print_json, print_note, print_rows
from cli.seq2seq.model_options import load_side, make_config, model_options
from cli.seq2seq.options import find_text, machine_options, prepare_machine, text_options
from cli.seq2seq.resuming import hold_folder, open_checkpoints, resume_option
from cli.signals import stop_requests

if TYPE_CHECKING:
    from w2v.checkpoint import Checkpoints
    from w2v.seq2seq.pipeline import Prepared
    from w2v.seq2seq.training import Course, Seq2SeqProgress

SIDES = ("source", "target")


def _valid_options(command: Any) -> Any:
    return text_options(command, prefix="valid-", purpose=" to measure after each epoch")


@click.command()
@text_options
@_valid_options
@click.option(
    "-o", "--output", type=click.Path(), metavar="MODEL_DIR", help="Folder of the model and its checkpoints."
)
@click.option(
    "--source-vectors",
    type=click.Path(),
    metavar="FILE",
    help="Vectors that the encoder's rows start from, in any format that w2v reads.",
)
@click.option("--target-vectors", type=click.Path(), metavar="FILE", help="Likewise for the decoder's.")
@model_options
@resume_option
@click.option(
    "--checkpoint-every",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="Besides after each epoch: 30s, 10m, 2h, or after so many words, 50Mwords.",
)
@machine_options
@json_option
def train(output: str | None, as_json: bool, **options: Any) -> None:
    """Train an LSTM encoder-decoder on sentence pairs, and keep the best epoch's model in MODEL_DIR.

    Words stand between blanks, a line is a sentence, line i of --target is the translation of line i of
    --source. With validation pairs the learning rate falls when their loss does not, and the training ends
    when that helps no more. A training that was stopped goes on: w2v seq2seq train --resume MODEL_DIR.

    Example: w2v seq2seq train --source train.de --target train.en -o model --target-vectors en.safetensors
    """
    folder = output if options["resume"] is None else options["resume"]
    if folder is None:
        raise click.UsageError("name a folder for the model with -o")
    if output is not None and os.path.abspath(folder) != os.path.abspath(output):
        raise click.UsageError("--resume goes on saving where it reads; leave -o out")
    if options["resume"] is not None and any(options[f"{side}_vectors"] for side in SIDES):
        raise click.UsageError("vectors start a new training; the one to --resume has its rows")
    prepare_machine(options["device"], options["threads"])
    with hold_folder(folder):
        prepared = _prepare(options)
        checkpoints = open_checkpoints(folder, options, prepared.translator.config)
        if not as_json:
            _print_start(prepared)
        if checkpoints.resumed is not None:
            print_note(f"going on from {checkpoints.resumed.path}")
        course = _train_resumably(prepared, folder, checkpoints, options)
    result = _describe(prepared, course, folder)
    if as_json:
        print_json(result)
    else:
        _print_summary(result)


def _prepare(options: dict[str, Any]) -> Prepared:
    """Reads all that the options name."""
    from w2v.seq2seq.pipeline import Reading, prepare

    text = find_text(options["source"], options["target"], options["pairs"])
    valid_names = ("valid_source", "valid_target", "valid_pairs")
    valid = find_text(*(options[name] for name in valid_names), prefix="valid-", required=False)
    if options["share_embeddings"] and options["target_vectors"] is not None:
        raise click.UsageError("--share-embeddings has one table: pass its vectors as --source-vectors")
    vectors = {side: load_side(side, options) for side in SIDES}
    if options["freeze"] and not any(vectors.values()) and options["resume"] is None:
        raise click.UsageError("--freeze is for tables that start from vectors; add --source-vectors")
    with usage_errors():
        config = make_config(options)
        return prepare(
            text,
            config,
            valid=valid,
            reading=Reading(options["min_count"], options["max_vocab"], options["max_length"]),
            source_vectors=vectors["source"],
            target_vectors=vectors["target"],
        )


def _train_resumably(
    prepared: Prepared, folder: str, checkpoints: Checkpoints, options: dict[str, Any]
) -> Course:
    """Trains until the end, or until a signal ends it when it is saved."""
    from cli.progress import TranslationBar
    from w2v.seq2seq.pipeline import train_translator
    from w2v.watch import StopTraining

    with stop_requests() as request, TranslationBar() as bar:

        def report(progress: Seq2SeqProgress) -> None:
            bar.show(progress)
            request.listens = True
            if request.number is not None:
                request.answer()
                raise StopTraining

        _, course = train_translator(
            prepared,
            folder,
            checkpoints=checkpoints,
            device=options["device"],
            precision=options["precision"],
            report=report,
        )
        if checkpoints.resumed is not None and checkpoints.resumed.state["is_over"]:
            print_note(f"this training was complete already; {folder} holds its model")
        elif request.number is not None:
            print_note(f"saved in {checkpoints.last}; go on with: w2v seq2seq train --resume {folder}")
    return course


def _describe(prepared: Prepared, course: Course, folder: str) -> dict[str, Any]:
    from w2v.seq2seq.pipeline import describe

    pairs = prepared.pairs
    return {
        "output": folder,
        "pairs": len(pairs),
        "empty": pairs.skipped.n_empty,
        "long": pairs.skipped.n_long,
        "unknown_share": dict(zip(SIDES, pairs.unknown_share, strict=True)),
        "vectors": {side: found._asdict() for side, found in prepared.coverage.items()},
        "best_loss": course.best_loss if prepared.valid is not None else None,
        "model": prepared.translator.describe(),
        "training": describe(course),
    }


def _print_start(prepared: Prepared) -> None:
    """What was read and where the rows come from, before the work begins."""
    pairs, translator = prepared.pairs, prepared.translator
    left_out = pairs.skipped
    notes = [f"{left_out.n_empty:,} with an empty side"] if left_out.n_empty else []
    notes += [f"{left_out.n_long:,} too long"] if left_out.n_long else []
    rows = [("pairs", f"{len(pairs):,}" + (f"; left out: {', '.join(notes)}" if notes else ""))]
    sides = zip(SIDES, (translator.source, translator.target), pairs.unknown_share, strict=True)
    for side, vocabulary, unknown in sides:
        rows.append((f"{side} words", f"{len(vocabulary):,}, {unknown:.1%} of the text unknown"))
    for side, found in prepared.coverage.items():
        missing = f"; without: {' '.join(found.missing)}" if found.missing else ""
        share = f"{found.n_found:,} of {found.n_words:,} words, {found.text_share:.1%} of the text"
        rows.append((f"{side} vectors", share + missing))
    n_weights = sum(weight.numel() for weight in translator.model.parameters())
    print_rows([*rows, ("weights", f"{n_weights:,}")])


def _print_summary(result: dict[str, Any]) -> None:
    from cli.progress import format_seconds

    training = result["training"]
    seconds = sum(epoch["seconds"] for epoch in training["epochs"])
    pace = sum(epoch["tokens"] for epoch in training["epochs"]) / max(seconds, 1e-9)
    best = next(epoch for epoch in training["epochs"] if epoch["epoch"] == training["best_epoch"])
    losses = f"{best['loss']:.3f} in training (with dropout and label smoothing)"
    if best["valid_loss"] is not None:
        losses += f", {best['valid_loss']:.3f} in validation"
    n_epochs = len(training["epochs"])
    print_rows(
        [
            ("training", f"{format_seconds(seconds)} for {n_epochs} epochs, {pace:,.0f} target tokens/s"),
            ("best epoch", f"{training['best_epoch']}: loss {losses}"),
            ("model", result["output"]),
        ]
    )
