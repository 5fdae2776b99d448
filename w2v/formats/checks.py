"""Checks that several formats share: the word2vec header, words and numbers that are read or written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError

MAX_WRITTEN_WORD = 65_536  # bytes; every reader here takes longer words than this
NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")  # narrower than Python's own
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_SEPARATORS = re.compile(r"[ \t\n\v\f\r\0]")
_HEADER = re.compile(rb"([0-9]{1,19}) ([0-9]{1,19}) ?\r?\n")


class Header(NamedTuple):
    """The first line of the word2vec formats."""

    n_words: int
    dim: int
    n_bytes: int  # the line itself, line end included


def parse_header(head: bytes) -> Header | None:
    """The word2vec header at the start of `head`, or None if there is none in exactly that form."""
    found = _HEADER.match(head)
    return None if found is None else Header(int(found[1]), int(found[2]), found.end())


def first_row_is_text(head: bytes, header: Header) -> bool:
    """Whether the row after a word2vec header ends in as many written numbers as the header says."""
    line, end, _ = head[header.n_bytes :].partition(b"\n")
    fields = line.removesuffix(b"\r").removesuffix(b" ").split(b" ")
    numbers = (
        fields[-header.dim :] if end else fields[1:-1]
    )  # the last one may be cut where no line end is seen
    whole = len(fields) > header.dim if end else len(numbers) > 0
    return whole and all(map(NUMBER.fullmatch, numbers))


def begins_with_text(head: bytes) -> bool:
    """Whether a file that begins with `head` is text, or its first row ends in a number."""
    if is_text(head, tolerance=0.25):
        return True
    header = parse_header(head.removeprefix(b"\xef\xbb\xbf"))
    if header is not None:
        return first_row_is_text(head.removeprefix(b"\xef\xbb\xbf"), header)
    line = head.partition(b"\n")[0].removesuffix(b"\r").removesuffix(b" ")
    return NUMBER.fullmatch(line.rpartition(b" ")[2]) is not None


def is_text(window: bytes, *, tolerance: float = 0) -> bool:
    """Whether bytes cut out of a file are UTF-8 without control characters, as floats hardly ever are.

    Args:
        window: the bytes; the last character may be cut.
        tolerance: share of characters that may be wrong.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(window)
    return len(_NOT_TEXT.findall(text)) <= tolerance * len(text)


def flaw_of_plain_word(word: str) -> str | None:
    """Why the formats that put a space behind a word cannot hold this one, or None: they have no quoting."""
    if not word:
        return "is empty"
    if _SEPARATORS.search(word):
        return "holds white space or NUL"
    if len(word) * 4 > MAX_WRITTEN_WORD and len(word.encode()) > MAX_WRITTEN_WORD:
        return f"is longer than {MAX_WRITTEN_WORD} bytes"
    return None


def require_distinct(words: Sequence[str], *, path: str, first_line: int | None = None) -> None:
    """Raises InputError (R12) naming both places of a word that occurs twice.

    Args:
        words: one for each row.
        path: the file they come from.
        first_line: the line of words[0] in a text file; None where rows are no lines.
    """
    if len(set(words)) == len(words):
        return
    seen: dict[str, int] = {}
    row = next(row for row, word in enumerate(words) if seen.setdefault(word, row) != row)
    places = (seen[words[row]], row)
    unit, start = ("rows", 0) if first_line is None else ("lines", first_line)
    raise InputError(
        "R12",
        f"the word {show(words[row])} stands in {unit} {places[0] + start} and {places[1] + start}",
        path=path,
        line=None if first_line is None else places[1] + start,
        fix="remove one of the two, or keep the first with `w2v convert --duplicates first`",
    )


def decode_words(
    tokens: Sequence[bytes],
    identifier: str,
    *,
    path: str,
    first_row: int | None = None,
    first_line: int | None = None,
    errors: str = "strict",
) -> list[str]:
    """The words of tokens, or InputError under `identifier` where one is not UTF-8.

    Args:
        tokens: of some rows, one after the other.
        identifier: of the error.
        path: the file they come from.
        first_row: the row of the first, where rows are no lines.
        first_line: the line of the first, in a text file.
        errors: "strict", or "replace" to put U+FFFD in place of what is not UTF-8.
    """
    try:
        return [token.decode(errors=errors) for token in tokens]
    except UnicodeDecodeError:
        place = next(place for place, token in enumerate(tokens) if not _is_utf8(token))
    token = tokens[place]
    row = "" if first_row is None else f"row {first_row + place}: "
    raise InputError(
        identifier,
        f"{row}the word {show(token)} is not UTF-8, hex {token[:64].hex(' ')}",
        path=path,
        line=None if first_line is None else first_line + place,
        fix="write the file again as UTF-8, or read it with `w2v convert --encoding-errors replace`; "
        "word2vec.c cuts long words inside a character",
    )


def split_words(
    joined: bytes,
    identifier: str,
    *,
    path: str,
    first_row: int | None = None,
    first_line: int | None = None,
    errors: str = "strict",
) -> list[str]:
    """As `decode_words`, of words that a line feed stands behind, and so all at once."""
    try:
        return joined.decode(errors=errors).split("\n")[:-1]
    except UnicodeDecodeError:
        tokens = joined.split(b"\n")[:-1]
        return decode_words(tokens, identifier, path=path, first_row=first_row, first_line=first_line)


def _is_utf8(token: bytes) -> bool:
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True


def broken_rows(rows: np.ndarray) -> list[int]:
    """The rows, in order, that hold NaN or infinity."""
    finite = np.isfinite(rows)
    return [] if finite.all() else np.flatnonzero(~finite.all(axis=1)).tolist()


def show(token: str | bytes) -> str:
    """A token in a message: quoted, escaped, and not too long."""
    shown = repr(token[:40]).removeprefix("b")
    return shown + "..." if len(token) > 40 else shown
