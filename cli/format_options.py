"""Options of the verbs that read files of vectors with leniency: how strictly, which format, which table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from w2v.formats import ReadOptions

Command = Callable[..., Any]
FORMATS = (
    "native",
    "word2vec-binary",
    "word2vec-text",
    "numpy",
    "projector",
    "static-embedding",
    "fasttext-bin",
    "glove",
)


def reading_options(command: Command) -> Command:
    """Adds the options that decide how a file of vectors is read."""
    options = [
        click.option(
            "--from",
            "source_format",
            type=click.Choice(FORMATS),
            help="Format of VECTORS; recognised by its content by default.",
        ),
        _choice(
            ("--vectors", "table"),
            ("input", "output", "sum", "concat"),
            "Of a file with both tables: the usual vectors, those of words as targets, their sum, or both "
            "side by side.",
        ),
        _choice(
            ("--duplicates",),
            ("error", "first"),
            "A word that stands twice: refuse the file, or keep its first row.",
        ),
        _choice(
            ("--nonfinite",),
            ("error", "skip"),
            "NaN and infinity: refuse the file, or leave out the rows that hold them.",
        ),
        _choice(
            ("--encoding-errors",),
            ("strict", "replace"),
            "Words that are not UTF-8: refuse the file, or put U+FFFD in place of what is not.",
        ),
        click.option(
            "--expect-rows",
            type=click.IntRange(min=1),
            metavar="N",
            help="Refuse a file of another number of rows, such as one cut at the end of a line.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _choice(names: tuple[str, ...], choices: tuple[str, ...], help: str) -> Command:  # noqa: A002
    """An option whose first choice is the default."""
    kind = click.Choice(choices)
    return click.option(*names, type=kind, default=choices[0], show_default=True, help=help)


def read_options(**options: Any) -> ReadOptions:
    """The ReadOptions of the options of `reading_options`, all but the format."""
    from w2v.formats import ReadOptions

    return ReadOptions(**options)
