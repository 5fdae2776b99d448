"""One line of text, read slowly: its word and numbers, or what is wrong with it, and in which line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import NUMBER, show
from w2v.formats.decimals import round_to_float32

_NOT_FINITE = re.compile(rb"[-+]?(?:nan(?:\(.*\))?|inf|infinity)|1\.#.*", re.IGNORECASE)
_FIX = "correct the line, or write the file again"


class TextRows(NamedTuple):
    """Where rows of text are in a file, and how they are written.

    Args:
        path: the file.
        dim: numbers in a row.
        first_byte: where the first row begins.
        first_line: its line, counted from 1.
        n_rows: how many the file promises, or None.
        tabs: numbers alone with tabs between, in place of a word and numbers with spaces between.
        may_be_row: the header could be a row of vectors of 1 number, if it is wrong (RT03).
    """

    path: str
    dim: int
    first_byte: int = 0
    first_line: int = 1
    n_rows: int | None = None
    tabs: bool = False
    may_be_row: bool = False


def parse_line(
    text: bytes, layout: TextRows, *, line: int, nonfinite: bool = False
) -> tuple[bytes, np.ndarray]:
    """The word of a line and its numbers, float32 (D,); the word is empty where rows have none.

    Args:
        text: the line without its line feed.
        layout: how rows are written.
        line: which line it is.
        nonfinite: whether words for numbers that are not finite are read, all of them as NaN.

    Raises:
        InputError: RT06, RT08, RT09, RT10, RT14, RT15, R10, R15.
    """
    place = {"path": layout.path, "line": line}
    if not text.strip():
        raise wrong("RT14", "the line is blank", **place)
    if len(text) > longest_line(layout.dim):
        raise wrong("RT15", f"the line is longer than {longest_line(layout.dim)} bytes", **place)
    token, fields = _split(text, layout, line=line)
    for number, field in enumerate(fields, start=1):
        if not NUMBER.fullmatch(field) and not (nonfinite and _NOT_FINITE.fullmatch(field)):
            raise _not_a_number(field, f"number {number} of {show(token)}", layout, line=line)
    if not layout.tabs:
        require_words([token], path=layout.path, first_line=line)
    if nonfinite and any(map(_NOT_FINITE.fullmatch, fields)):
        return token, np.full(layout.dim, np.nan, dtype=np.float32)
    numbers = round_to_float32(fields)
    if np.isinf(numbers).any():
        field = fields[int(np.isinf(numbers).argmax())]
        problem = f"the number {show(field)} of {show(token)} is too large for float32, over 3.4e38"
        raise wrong("R15", problem, **place)
    return token, numbers


def require_words(tokens: Sequence[bytes], *, path: str, first_line: int) -> None:
    """Raises InputError where what stands before the numbers can hardly be a word (RT06, RT08, RT09).

    Args:
        tokens: of some lines, one after the other.
        path: the file.
        first_line: the line of the first.
    """
    for row, token in enumerate(tokens):
        if token and b" " not in token:
            continue
        if not token:
            found = "RT08", "the line begins with a space, so its word is empty"
        elif token != b" " and (token.startswith(b" ") or token.endswith(b" ")):
            found = "RT09", f"two spaces next to each other beside the word {show(token)}"
        elif token != b" " and NUMBER.fullmatch(token.rpartition(b" ")[2]):
            found = "RT06", f"more numbers than the others: {show(token)} stands before the last of them"
        else:
            continue
        raise wrong(*found, path=path, line=first_line + row)


def strip_line(line: bytes) -> bytes:
    """A line without its carriage return and the one space that word2vec.c writes at the end."""
    return line.removesuffix(b"\r").removesuffix(b" ")


def longest_line(dim: int) -> int:
    """Bytes that a row of `dim` numbers may take."""
    return (1 << 16) + 32 * dim


def wrong(identifier: str, problem: str, *, path: str, line: int) -> InputError:
    """The error of a line."""
    return InputError(identifier, problem, path=path, line=line, fix=_FIX)


def _split(text: bytes, layout: TextRows, *, line: int) -> tuple[bytes, list[bytes]]:
    if layout.tabs:
        token, fields = b"", strip_line(text).split(b"\t")
        expected = "single tabs"
    else:
        token, *fields = strip_line(text).rsplit(b" ", layout.dim)
        expected = "single spaces"
    if len(fields) == layout.dim:
        return token, fields
    identifier, why = ("RT09", ", and a tab") if b"\t" in text and not layout.tabs else ("RT06", "")
    problem = f"{len(fields)} numbers{why} after {show(token)}, expected {layout.dim} with {expected} between"
    raise wrong(identifier, problem, path=layout.path, line=line)


def _not_a_number(field: bytes, where: str, layout: TextRows, *, line: int) -> InputError:
    if not field or b"\t" in field or b" " in field:
        problem = f"a tab or a second space at {where}, expected single {'tabs' if layout.tabs else 'spaces'}"
        return wrong("RT09", problem, path=layout.path, line=line)
    if _NOT_FINITE.fullmatch(field):
        return wrong("R10", f"{where} is {show(field)}, which is not finite", path=layout.path, line=line)
    return wrong("RT10", f"{where} is {show(field)}, not a decimal number", path=layout.path, line=line)
