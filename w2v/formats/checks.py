"""Checks that several formats share: what may be written, what may be read, the word2vec header."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.vectors import Vectors

MAX_WRITTEN_WORD = 65_536  # bytes; every reader here takes longer words than this
NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")  # narrower than Python's own
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_SEPARATORS = re.compile(r"[ \t\n\v\f\r\0]")
_HEADER = re.compile(rb"([0-9]{1,19}) ([0-9]{1,19}) ?\r?\n")
_BLOCK_NUMBERS = 1 << 22


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


def is_text(window: bytes, *, tolerance: float = 0) -> bool:
    """Whether bytes cut out of a file are UTF-8 without control characters, as floats hardly ever are.

    Args:
        window: the bytes; the last character may be cut.
        tolerance: share of characters that may be wrong.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(window)
    return len(_NOT_TEXT.findall(text)) <= tolerance * len(text)


def require_writable(vectors: Vectors, path: str) -> None:
    """Raises InputError, before anything is written, for vectors that no file may hold.

    Raises:
        InputError: no words (X04), a number that is not finite (X03), a word that is not Unicode text (X09).
    """
    if len(vectors) == 0:
        raise InputError(
            "X04", "there are 0 words to write", path=path, fix="write vectors of 1 word or more"
        )
    row = first_broken_row(vectors.matrix)
    if row is not None:
        raise InputError(
            "X03",
            f"the vector of {show(vectors.words[row])} (row {row}) holds NaN or infinity",
            path=path,
            fix="train again with a lower learning rate, or leave the word out",
        )
    try:
        "".join(vectors.words).encode()
    except UnicodeEncodeError:
        word = next(word for word in vectors.words if word != word.encode(errors="replace").decode())
        raise InputError(
            "X09",
            f"the word {show(word)} holds half of a character (a lone surrogate) and has no UTF-8 form",
            path=path,
            fix="read the source again with its real encoding, or leave the word out",
        ) from None


def require_plain_words(vectors: Vectors, path: str) -> None:
    """Raises InputError for words that the word2vec formats cannot hold (X01, X02): they have no quoting."""
    for row, word in enumerate(vectors.words):
        if word and not _SEPARATORS.search(word) and len(word.encode()) <= MAX_WRITTEN_WORD:
            continue
        if not word:
            problem = f"the word of row {row} is empty"
        elif _SEPARATORS.search(word):
            problem = f"the word {show(word)} (row {row}) holds white space or NUL"
        else:
            problem = f"the word {show(word)} (row {row}) is longer than {MAX_WRITTEN_WORD} bytes"
        raise InputError(
            "X01" if word else "X02",
            f"{problem}, which the word2vec formats cannot hold",
            path=path,
            fix="write a .safetensors file, which holds any word",
        )


def require_finite(matrix: np.ndarray, words: list[str], *, path: str) -> None:
    """Raises InputError (R10) naming the first word whose vector holds NaN or infinity."""
    row = first_broken_row(matrix)
    if row is not None:
        raise InputError(
            "R10",
            f"the vector of {show(words[row])} (row {row}) holds NaN or infinity",
            path=path,
            fix="train or export the vectors again: numbers like these spoil every comparison",
        )


def require_distinct(words: list[str], *, path: str, first_line: int | None = None) -> None:
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
        fix="remove one of the two: which is meant cannot be known",
    )


def decode_word(
    token: bytes, identifier: str, *, path: str, row: int | None = None, line: int | None = None
) -> str:
    """The word of a token, or InputError under `identifier` where the token is not UTF-8."""
    try:
        return token.decode()
    except UnicodeDecodeError as error:
        place = "" if row is None else f"row {row}: "
        raise InputError(
            identifier,
            f"{place}the word {show(token)} is not UTF-8 at byte {error.start}, hex {token[:64].hex(' ')}",
            path=path,
            line=line,
            fix="write the file again as UTF-8; word2vec.c cuts long words inside a character",
        ) from None


def first_broken_row(matrix: np.ndarray) -> int | None:
    """The first row that holds NaN or infinity, or None."""
    step = max(1, _BLOCK_NUMBERS // matrix.shape[1])
    for start in range(0, len(matrix), step):
        finite = np.isfinite(matrix[start : start + step]).all(axis=1)
        if not finite.all():
            return start + int(finite.argmin())
    return None


def show(token: str | bytes) -> str:
    """A token in a message: quoted, escaped, and not too long."""
    shown = repr(token[:40]).removeprefix("b")
    return shown + "..." if len(token) > 40 else shown
