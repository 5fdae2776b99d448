"""The model that `--init-vectors` names: read, compared with what is asked for, and told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.options import READING_OPTIONS
from cli.output import escape, print_note

if TYPE_CHECKING:
    from w2v.config import TrainConfig
    from w2v.vectors import Vectors


def require_given_vocabulary(corpus: Sequence[str], init_vectors: str | None, init_vocab: str) -> None:
    """Refuses an --init-vocab that has no vectors to choose words of, or that cannot read its text twice.

    A training that is resumed has its vectors, and needs those it started from for absent words alone.
    """
    from corpora.sources import find_sources

    context = click.get_current_context()
    if context.params.get("resume") is not None and init_vectors is not None and init_vocab == "new":
        raise click.UsageError("--init-vectors starts a new training; the one to --resume has its vectors")
    is_asked_for = context.get_parameter_source("init_vocab") is click.core.ParameterSource.COMMANDLINE
    if init_vectors is None and is_asked_for:
        raise click.UsageError("--init-vocab chooses among the words of --init-vectors; name their file")
    if init_vocab == "old" and any(source.is_stream for source in find_sources(list(corpus))):
        raise click.UsageError(
            "--init-vocab old reads the text twice, a stream is read once; save it to a file, or take union"
        )


def load_given(path: str | None, config: TrainConfig) -> tuple[Vectors | None, TrainConfig]:
    """The vectors of --init-vectors, and the settings with their dimension; None for no path.

    Raises:
        UsageError: --dim asks for another.
        InputError: they cannot be read.
    """
    from w2v.continuation import load_model

    if path is None:
        return None, config
    vectors = load_model(path)
    if vectors.dim == config.dim:
        return vectors, config
    context = click.get_current_context()
    if context.get_parameter_source("dim") is not click.core.ParameterSource.DEFAULT:
        raise click.UsageError(
            f"the vectors of --init-vectors {escape(path)} have {vectors.dim} numbers, "
            f"--dim is {config.dim}; leave --dim out"
        )
    context.params["dim"] = vectors.dim  # for whoever resumes the training
    return vectors, replace(config, dim=vectors.dim)


def note_differences(path: str, vectors: Vectors, config: TrainConfig, reading: dict[str, Any]) -> None:
    """Tells what the vectors lack, and how they were made in another way than the training to come."""
    if vectors.output is None:
        print_note(
            f"{path} has no output vectors, which `w2v train --keep-output` keeps: those start at zero, "
            "and the first steps are spent on them"
        )
    made = vectors.metadata.get("config")
    if isinstance(made, dict) and made.get("architecture", config.architecture) != config.architecture:
        print_note(f"{path} was trained as {made['architecture']}, this training is {config.architecture}")
    text = vectors.metadata.get("corpus")
    text = text.get("text") if isinstance(text, dict) else None
    for name in READING_OPTIONS if isinstance(text, dict) else ():
        if name in text and text[name] != reading[name]:
            option = "--" + name.replace("_", "-")
            print_note(
                f"the text of {path} was read with {option} {text[name]}, this one with {reading[name]}"
            )


def describe_start(result: dict[str, Any]) -> str:
    """How many words start from given vectors, if any were given, and how many are kept as they were."""
    if "init_vectors" not in result:
        return ""
    started = result["init_vectors"]
    tables = "both tables of the model" if started["has_output"] else "given vectors"
    kept = f", {started['n_absent_kept']:,} are kept as they were" if started["n_absent_kept"] else ""
    return f", {started['n_found']:,} start from {tables} ({started['token_share']:.1%} of the text){kept}"
