"""What the command line prints: results to stdout, everything else to stderr, control characters never."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence

import click

from corpora.errors import StorageError

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (bidi overrides), lone surrogates, odd line ends


def escape(text: str) -> str:
    r"""The text with all that a terminal could act on shown as an escape, such as \x1b."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape_character(character) for character in text)


def print_line(text: str) -> None:
    """A line on stdout.

    Raises:
        StorageError: stdout is a file on a disk that is full, for one.
    """
    try:
        click.echo(text, file=sys.stdout)  # click's own choice would be UTF-8 where ASCII is asked for
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(
            "K13",
            f"cannot write to standard output: {error.strerror or error}",
            fix="make room where the output goes, then run again",
        ) from error


def discard_output() -> None:
    """Lets what stdout still holds go nowhere, where Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(result: object) -> None:
    """One line of JSON on stdout, everything outside ASCII escaped."""
    print_line(json.dumps(result))


def print_rows(rows: Iterable[Sequence[str]]) -> None:
    """Columns on stdout, the last one as wide as it likes."""
    rows = [[escape(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print_line("  ".join(cells).rstrip())


def print_note(text: str) -> None:
    """A line on stderr for the user."""
    _print_to_stderr(f"note: {escape(text)}")


def print_error(identifier: str, problem: str, fix: str) -> None:
    """What went wrong and the way out, on stderr."""
    _print_to_stderr(f"error [W2V-{identifier}] {escape(problem)}\n  fix: {escape(fix)}")


def _print_to_stderr(text: str) -> None:
    click.echo(text, file=sys.stderr, err=True)


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
