"""word2vec binary: a line "V D", then per word its UTF-8 bytes, a space and D little-endian float32.

word2vec.c ends each row with a line feed, and so do we; gensim and the GoogleNews file do not. The reader
sees from the first row which it is and holds all rows to it: a byte taken by guess costs a first letter.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import (
    Header,
    decode_word,
    first_row_is_text,
    is_text,
    parse_header,
    require_distinct,
    require_finite,
    require_plain_words,
    require_writable,
    show,
)
from w2v.vectors import Vectors

_FLOAT = np.dtype("<f4")
_MAX_WORD = 1_000_000
_BLOCK_BYTES = 1 << 23
_FIX = "download or write the file again"


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is word2vec binary: a header, then no text."""
    header = parse_header(head)
    if header is None or first_row_is_text(head, header):
        return False
    start = head.find(b" ", header.n_bytes) + 1
    numbers = head[start : start + 4 * header.dim] if start else head[header.n_bytes :]
    return not is_text(numbers)


def refuse(vectors: Vectors, path: str) -> None:
    """Raises InputError for vectors that cannot be written: none, not finite, white space in words."""
    require_writable(vectors, path)
    require_plain_words(vectors, path)


def write(file: BinaryIO, vectors: Vectors) -> None:
    """Writes vectors that `refuse` has let pass, each row ended by a line feed as word2vec.c does."""
    file.write(f"{len(vectors)} {vectors.dim}\n".encode())
    for word, row in zip(vectors.words, vectors.matrix, strict=True):
        file.write(word.encode() + b" " + row.astype(_FLOAT, copy=False).tobytes() + b"\n")


def read(file: BinaryIO, path: str) -> Vectors:
    """Reads all rows, or says in which row the file goes wrong.

    Raises:
        InputError: RB01 to RB10, R02, R10, R12, RT04.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(65_536)
    header = parse_header(head)
    if header is None or header.n_words < 1 or header.dim < 1:
        line = show(head.partition(b"\n")[0])
        problem = f"the header is {line}, expected the number of words and the dimension, both 1 or more"
        raise InputError("RT04", problem, path=path, line=1, fix=_FIX)
    if first_row_is_text(head, header):
        raise InputError(
            "R02", "this is word2vec text, not binary", path=path, fix="read it as word2vec-text"
        )
    _require_room(header, size - header.n_bytes, path=path)
    file.seek(header.n_bytes)
    rows = _RowReader(file, header, size=size, path=path)
    matrix = np.empty((header.n_words, header.dim), dtype=_FLOAT)
    words = [rows.read_into(matrix, row) for row in range(header.n_words)]
    rows.require_end()
    _require_byte_order(matrix, path=path)
    require_finite(matrix, words, path=path)
    require_distinct(words, path=path)
    return Vectors(tuple(words), matrix.astype(np.float32, copy=False))


class _RowReader:
    """Walks over the rows of a file, a block of bytes in memory at a time."""

    def __init__(self, file: BinaryIO, header: Header, *, size: int, path: str) -> None:
        self._file, self._header, self._size, self._path = file, header, size, path
        self._row_bytes = header.dim * _FLOAT.itemsize
        self._block = b""
        self._block_start = header.n_bytes  # place in the file of the first byte of the block
        self._pos = 0  # in the block, where the next row begins
        self._line_feeds = False  # whether each row ends with one, known from the first

    def read_into(self, matrix: np.ndarray, row: int) -> str:
        """Fills matrix[row] with the next row of the file and returns its word."""
        space = self._find_space(row)
        token = self._block[self._pos : space]
        if not token or b"\n" in token or b"\0" in token:
            raise self._wrong(
                "RB07",
                f"row {row}: the word {show(token)} is empty or has a line feed or NUL inside; "
                "the file was probably written with spaces in its words, or its numbers are not float32",
            )
        word = decode_word(token, "RB10", path=self._path, row=row)
        end = space + 1 + self._row_bytes
        matrix[row] = np.frombuffer(self._block, _FLOAT, self._header.dim, space + 1)
        self._pos = end
        self._step_over_line_feed(row)
        return word

    def require_end(self) -> None:
        """Raises InputError if anything follows the last row and its line feed."""
        left = self._size - self._block_start - self._pos
        if left > 0:
            raise self._wrong("RB02", f"{left} bytes follow the last of {self._header.n_words} rows")

    def _find_space(self, row: int) -> int:
        """Place in the block of the space after the next word; its whole row is in the block then."""
        space = self._block.find(b" ", self._pos, self._pos + _MAX_WORD + 1)
        if space < 0 or len(self._block) <= space + 1 + self._row_bytes:
            self._block_start += self._pos
            self._block = self._block[self._pos :] + self._file.read(
                _BLOCK_BYTES + _MAX_WORD + self._row_bytes
            )
            self._pos = 0
            space = self._block.find(b" ", 0, _MAX_WORD + 1)
        if space < 0 and len(self._block) > _MAX_WORD:
            raise self._wrong("RB06", f"row {row}: no end of the word within {_MAX_WORD} bytes")
        missing = space + 1 + self._row_bytes - len(self._block) if space >= 0 else self._row_bytes + 1
        if space < 0 or missing > 0:
            found = self._block[: max(space, 0)] if space >= 0 else self._block
            raise self._wrong(
                "RB01",
                f"the file ends in row {row} of {self._header.n_words}, word {show(found)}, "
                f"{missing} bytes or more too early",
            )
        return space

    def _step_over_line_feed(self, row: int) -> None:
        last = row == self._header.n_words - 1
        found = self._block[self._pos : self._pos + 1]
        if row == 0:
            self._line_feeds = found == b"\n"
        if found == b"\n" and (self._line_feeds or last):
            self._pos += 1
        elif found and not last and self._line_feeds != (found == b"\n"):
            habit = "ends" if self._line_feeds else "does not end"
            raise self._wrong("RB03", f"row {row} differs from row 0, which {habit} with a line feed")

    def _wrong(self, identifier: str, problem: str) -> InputError:
        available = self._size - self._header.n_bytes
        if self._header.dim >= 8 and _fits(self._header, available, item_bytes=8):
            identifier, problem = "RB09", f"{problem}; the size of the file fits numbers of 8 bytes (float64)"
        place = self._block_start + self._pos
        return InputError(identifier, problem, path=self._path, byte=place, fix=_FIX)


def _require_room(header: Header, available: int, *, path: str) -> None:
    """Raises InputError if the file cannot hold what its header promises, before any of it is allocated."""
    n_words, dim = header.n_words, header.dim
    if n_words * dim * _FLOAT.itemsize <= available:
        return
    problem = (
        f"the header promises {n_words} words of {dim} numbers, {n_words * dim * 4} bytes, {available} follow"
    )
    if _fits(header, available, item_bytes=2):
        problem += "; that fits numbers of 2 bytes (float16)"
        raise InputError("RB09", problem, path=path, line=1, fix="write the file again with float32")
    identifier = "RB05" if dim * _FLOAT.itemsize > available else "RB04"
    raise InputError(identifier, problem, path=path, line=1, fix=_FIX)


def _fits(header: Header, available: int, *, item_bytes: int) -> bool:
    """Whether rows of such numbers fill the file with words of a usual length, 1 to 32 bytes on average."""
    row_bytes = header.dim * item_bytes + 2
    return header.n_words * row_bytes <= available <= header.n_words * (row_bytes + 32)


def _require_byte_order(matrix: np.ndarray, *, path: str) -> None:
    """Raises InputError (RB08) if the numbers make sense only with their bytes turned round."""
    sample = matrix[:1000].ravel()
    if sample.size >= 16 and _plausible(sample) < 0.5 and _plausible(sample.byteswap()) > 0.95:
        problem = "the numbers make sense only with their bytes turned round: they are big-endian"
        raise InputError("RB08", problem, path=path, fix="write the file again on a little-endian machine")


def _plausible(numbers: np.ndarray) -> float:
    """Share of numbers of the size that word vectors have."""
    with np.errstate(invalid="ignore"):
        sizes = np.abs(numbers)
        return float(np.mean((sizes == 0) | ((sizes > 1e-12) & (sizes < 1e12))))
