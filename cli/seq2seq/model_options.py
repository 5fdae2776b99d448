"""Options of `w2v seq2seq train` that change its result, and the settings they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from cli.output import escape
from w2v.config import LARGEST_SEED
from w2v.seq2seq.config import Seq2SeqConfig

if TYPE_CHECKING:
    from w2v.vectors import Vectors

Command = Callable[..., Any]
DEFAULTS = Seq2SeqConfig()


def model_options(command: Command) -> Command:
    """Adds the options."""
    for option in reversed([*_table_options(), *_size_options(), *_step_options()]):
        command = option(command)
    return command


def make_config(options: dict[str, Any]) -> Seq2SeqConfig:
    """The settings of the options; raises ValueError where they are out of range or do not go together."""
    return Seq2SeqConfig(**{field.name: options[field.name] for field in fields(Seq2SeqConfig)})


def load_side(side: str, options: dict[str, Any]) -> Vectors | None:
    """The vectors of a side, if there are any; settles how wide its table is.

    Raises:
        UsageError: the vectors are of another width than was asked for.
        InputError: they cannot be read.
    """
    path, name = options[f"{side}_vectors"], f"{side}_dim"
    vectors = None
    if path is not None:
        from w2v.formats import load_vectors

        vectors = load_vectors(path)
        if options[name] not in (None, vectors.dim):
            raise click.UsageError(
                f"the vectors of --{side}-vectors {escape(path)} have {vectors.dim} numbers, --{side}-dim is "
                f"{options[name]}; leave --{side}-dim out"
            )
        options[name] = vectors.dim
    if options[name] is None:
        other = options["source_dim"] if options["share_embeddings"] else None
        options[name] = other or getattr(DEFAULTS, name)
    return vectors


def _number(name: str, help_text: str, *, kind: Any = int) -> Any:
    return click.option(
        name,
        type=kind,
        default=getattr(DEFAULTS, name.lstrip("-").replace("-", "_")),
        show_default=True,
        metavar="N" if kind is int else "X",
        help=help_text,
    )


def _flag(name: str, help_text: str) -> Any:
    return click.option(name, is_flag=True, help=help_text)


def _table_options() -> list[Any]:
    width = f"Columns of the %s's table; those of its vectors, or {DEFAULTS.source_dim}, by default."
    return [
        _flag("--freeze", "Tables that start from vectors do not learn."),
        _number("--thaw-after", "With --freeze: epochs after which they do; 0 for never."),
        _flag(
            "--share-embeddings",
            "One vocabulary and table for both sides; its vectors are --source-vectors.",
        ),
        click.option("--source-dim", type=int, metavar="N", help=width % "encoder"),
        click.option("--target-dim", type=int, metavar="N", help=width % "decoder"),
        click.option(
            "--min-count",
            type=click.IntRange(min=1),
            default=2,
            show_default=True,
            help="Words that occur less often are <unk>.",
        ),
        click.option("--max-vocab", type=click.IntRange(min=1), metavar="N", help="Words kept on each side."),
        click.option(
            "--max-length",
            type=click.IntRange(min=1),
            default=100,
            show_default=True,
            metavar="N",
            help="Pairs with more words on a side are left out and counted.",
        ),
    ]


def _size_options() -> list[Any]:
    return [
        _number("--hidden", "Units of each LSTM layer."),
        _number("--layers", "LSTM layers of encoder and decoder."),
        _flag("--bidirectional", "The encoder reads from both ends, with half the units each."),
        _flag("--attention", "The decoder looks back at the source (Luong's dot product)."),
        _flag("--tied", "The decoder tells words by the rows of its table."),
        _number("--dropout", "Share of the numbers left out while training.", kind=float),
    ]


def _step_options() -> list[Any]:
    return [
        _number("--batch-pairs", "Sentence pairs in a step."),
        _number("--epochs", "At most."),
        _number("--learning-rate", "Of Adam, at the start.", kind=float),
        _number("--table-learning-rate", "Of the tables; that of the rest by default.", kind=float),
        _number("--clip-norm", "Longer gradients are shortened to this norm.", kind=float),
        _number("--label-smoothing", "Share of the aim that goes to all words alike.", kind=float),
        _number("--decay", "Factor of the rates after an epoch without a lower loss.", kind=float),
        _number("--patience", "Such epochs in a row after which the training ends."),
        click.option(
            "--seed",
            type=click.IntRange(0, LARGEST_SEED),
            default=DEFAULTS.seed,
            show_default=True,
            help="Of the first weights, the order of the pairs and the dropout.",
        ),
    ]
