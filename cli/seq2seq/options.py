"""Options that the verbs of `w2v seq2seq` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.options import threads_option

if TYPE_CHECKING:
    from w2v.seq2seq.text import ParallelText

Command = Callable[..., Any]

beam_option = click.option(
    "--beam",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="K",
    help="Beginnings of a translation that the search keeps; 1 takes the best word at each step.",
)


def length_option(help_text: str) -> Callable[[Command], Command]:
    """--max-length of the verbs that use a model, where a long sentence costs time and no training."""
    return click.option(
        "--max-length",
        type=click.IntRange(min=1),
        default=1000,
        show_default=True,
        metavar="N",
        help=help_text,
    )


def text_options(command: Command, *, prefix: str = "", purpose: str = "") -> Command:
    """Adds --source, --target and --pairs, or those of another text such as --valid-source."""
    options = [
        click.option(
            f"--{prefix}source",
            type=click.Path(),
            metavar="FILE",
            help=f"Source sentences{purpose}, one a line.",
        ),
        click.option(
            f"--{prefix}target", type=click.Path(), metavar="FILE", help="Their translations, line by line."
        ),
        click.option(
            f"--{prefix}pairs",
            type=click.Path(),
            metavar="FILE",
            help="Both in one file instead, with a tab between them.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def machine_options(command: Command) -> Command:
    """Adds --device, --precision and --threads."""
    options = [
        click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True),
        click.option(
            "--precision",
            type=click.Choice(["float32", "bfloat16"]),
            default="float32",
            show_default=True,
            help="bfloat16: products in half the bits, which processors with AMX and GPUs take faster.",
        ),
        threads_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def find_text(
    source: str | None, target: str | None, pairs: str | None, *, prefix: str = "", required: bool = True
) -> ParallelText | None:
    """The text that the options name; None where they name none and none is required.

    Raises:
        UsageError: they do not go together.
    """
    from w2v.seq2seq.text import ParallelText

    names = f"--{prefix}source and --{prefix}target, or --{prefix}pairs"
    if pairs is not None and (source is not None or target is not None):
        raise click.UsageError(f"pass {names}, not both")
    if pairs is not None:
        return ParallelText(pairs)
    if source is None and target is None and not required:
        return None
    if source is None or target is None:
        raise click.UsageError(f"pass {names}")
    return ParallelText(source, target)


def prepare_machine(device: str, threads: int | None) -> None:
    """Sets torch's threads; refuses a GPU that is not there."""
    from w2v.free_memory import require_address_space

    require_address_space(with_torch=True)
    import torch

    from corpora.threads import default_threads

    torch.set_num_threads(threads or default_threads())
    if device == "cuda" and not torch.cuda.is_available():
        raise click.UsageError("torch finds no GPU here; leave --device out")
