"""word2vec binary: a line "V D", then per word its UTF-8 bytes, a space and D little-endian float32.

word2vec.c ends each row with a line feed, and so do we; gensim and the GoogleNews file do not. The reader
sees from the first row which it is and holds all rows to it: a byte taken by guess costs a first letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import (
    Header,
    first_row_is_text,
    flaw_of_plain_word,
    is_text,
    parse_header,
    show,
    split_words,
)
from w2v.formats.reading import Block, Reading, ReadOptions, Room
from w2v.formats.source import Source
from w2v.formats.writing import Contents, Target

_FLOAT = np.dtype("<f4")
_MAX_WORD = 1_000_000
_BLOCK_BYTES = 1 << 22
_FIX = "download or write the file again"

flaw = flaw_of_plain_word


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is word2vec binary: a header, then no text."""
    header = parse_header(head)
    if header is None or first_row_is_text(head, header):
        return False
    start = head.find(b" ", header.n_bytes) + 1
    numbers = head[start : start + 4 * header.dim] if start else head[header.n_bytes :]
    return not is_text(numbers)


def read(source: Source, options: ReadOptions) -> Reading:
    """Understands the header; the rows are yet to come.

    Raises:
        InputError: R02, RT04, RB04, RB05, RB09; while rows are read RB01 to RB10.
    """
    header = parse_header(source.head)
    if header is None or header.n_words < 1 or header.dim < 1:
        line = show(source.head.partition(b"\n")[0])
        problem = f"the header is {line}, expected the number of words and the dimension, both 1 or more"
        raise InputError("RT04", problem, path=source.path, line=1, fix=_FIX)
    if first_row_is_text(source.head, header):
        problem = "this is word2vec text, not binary"
        raise InputError("R02", problem, path=source.path, fix="read it as word2vec-text")
    _require_room(header, source.most_bytes - header.n_bytes, path=source.path)
    n_words = None if source.size is None else header.n_words
    room = Room(header.dim)
    return Reading(header.dim, _Rows(source, header, options, room).blocks(), room, n_words=n_words)


def refuse(contents: Contents, path: str) -> None:
    """Raises InputError (X03) for numbers that readers would take for those of another byte order."""
    rows = next(iter(contents.rows()), None)
    if rows is not None and _is_byteswapped(rows):
        problem = "the numbers are so large or so small that they would be taken for big-endian ones"
        raise InputError("X03", problem, path=path, fix="scale them, or write a .safetensors file")


def write(target: Target, contents: Contents) -> None:
    """Writes rows, each ended by a line feed as word2vec.c does."""
    target.file.write(f"{len(contents.words)} {contents.dim}\n".encode())
    words = iter(contents.words)
    for rows in contents.rows():
        numbers = np.ascontiguousarray(rows, dtype=_FLOAT)
        parts = [b" ".join((next(words).encode(), row.tobytes())) for row in numbers]
        target.file.write(b"\n".join([*parts, b""]))


class _Rows:
    """Walks over the rows of a file, a block of bytes in memory at a time."""

    def __init__(self, source: Source, header: Header, options: ReadOptions, room: Room) -> None:
        self._source, self._header, self._options, self._room = source, header, options, room
        self._row_bytes = header.dim * _FLOAT.itemsize
        self._buffer = np.empty(min(_BLOCK_BYTES, source.most_bytes + 16), dtype=np.uint8)
        self._start = header.n_bytes  # place in the file of the first byte of the buffer
        self._n_bytes = 0  # how many bytes of the buffer are the file's
        self._at_end = False
        self._words = self._buffer[:0]
        self._line_feeds = False  # whether each row ends with one, known from the first

    def blocks(self) -> Iterator[Block]:
        """All rows, and what may be wrong with them."""
        from w2v.formats import kernels  # late, since it takes half a second

        self._source.file.seek(0)
        self._source.file.read(self._header.n_bytes)
        self._step(0)
        self._line_feeds = self._first_row_ends_with_line_feed()
        row, n_rows = 0, self._header.n_words
        while row < n_rows:
            rows = self._room.take(min(n_rows - row, self._n_bytes // (self._row_bytes + 2) + 1))
            n_bytes = self._n_bytes + self._at_end  # behind the file's last byte stands what ends a row
            data = rows.reshape(-1).view(np.uint8)
            n_read, place, n_word_bytes, why = kernels.split_binary(
                self._buffer, n_bytes, self._line_feeds, _MAX_WORD, self._row_bytes, data, self._words
            )
            if n_read:
                rows = rows[:n_read]
                words = self._decode(self._words[:n_word_bytes].tobytes(), row)
                if row == 0:
                    _require_byte_order(rows, path=self._source.path)
                yield Block(words, rows)
                self._room.advance(n_read)
            row += n_read
            self._settle(why, place, row=row, kernels=kernels)
        self._require_end()

    def _decode(self, joined: bytes, row: int) -> list[str]:
        errors = self._options.encoding_errors
        return split_words(joined, "RB10", path=self._source.path, first_row=row, errors=errors)

    def _settle(self, why: int, place: int, *, row: int, kernels: ModuleType) -> None:
        """Makes ready for the next rows, or says why there are none."""
        is_last = row == self._header.n_words
        if why == kernels.WORD_TOO_LONG:
            problem = f"row {row}: no end of the word within {_MAX_WORD} bytes"
            raise self._wrong("RB06", problem, place)
        if why == kernels.WORD_IS_BROKEN:
            problem = (
                f"row {row}: the word {show(self._word_at(place))} is empty or holds a line feed or NUL; "
                "the file was probably written with spaces in its words, or its numbers are not float32"
            )
            raise self._wrong("RB07", problem, place)
        if why == kernels.LINE_FEED_DIFFERS and not is_last:
            habit = "ends" if self._line_feeds else "does not end"
            problem = f"row {row - 1} differs from row 0, which {habit} with a line feed"
            raise self._wrong("RB03", problem, place)
        if why == kernels.NEEDS_MORE and self._at_end:
            raise self._cut(place, row)
        if is_last and why == kernels.LINE_FEED_DIFFERS and not self._line_feeds:
            place += 1  # one line feed at the very end is no mistake
        self._step(min(place, self._n_bytes))

    def _step(self, place: int) -> None:
        """Lets go of the bytes before `place` and reads on."""
        n_kept = self._n_bytes - place
        kept = self._buffer[place : self._n_bytes]
        if 2 * n_kept > len(self._buffer):
            self._buffer = np.empty(2 * len(self._buffer), dtype=np.uint8)
        self._buffer[:n_kept] = kept
        self._start, self._n_bytes = self._start + place, n_kept
        while not self._at_end and self._n_bytes < len(self._buffer) - 1:
            n_read = self._source.file.readinto(self._buffer[self._n_bytes : -1].data)
            self._n_bytes += n_read
            self._at_end = n_read == 0
        if self._at_end:
            self._buffer[self._n_bytes] = ord("\n") if self._line_feeds else 0
        if len(self._words) < len(self._buffer):
            self._words = np.empty_like(self._buffer)

    def _first_row_ends_with_line_feed(self) -> bool:
        space = np.flatnonzero(self._buffer[: min(self._n_bytes, _MAX_WORD + 1)] == ord(" "))[:1]
        end = (int(space[0]) if len(space) else 0) + 1 + self._row_bytes
        while end >= self._n_bytes and not self._at_end:
            self._step(0)
        found = end < self._n_bytes and self._buffer[end] == ord("\n")
        if found and self._at_end:
            self._buffer[self._n_bytes] = ord("\n")
        return found

    def _require_end(self) -> None:
        """Raises InputError if anything follows the last row and its line feed."""
        if self._n_bytes:
            more = "" if self._at_end else " or more"
            n_rows = self._header.n_words
            raise self._wrong("RB02", f"{self._n_bytes} bytes{more} follow the last of {n_rows} rows", 0)

    def _word_at(self, place: int) -> bytes:
        return self._buffer[place : self._n_bytes].tobytes().partition(b" ")[0]

    def _cut(self, place: int, row: int) -> InputError:
        word = self._word_at(place)
        missing = place + len(word) + 1 + self._row_bytes - self._n_bytes
        problem = f"the file ends in row {row} of {self._header.n_words}, word {show(word)}, {missing} bytes "
        return self._wrong("RB01", problem + "or more too early", place)

    def _wrong(self, identifier: str, problem: str, place: int) -> InputError:
        size, header = self._source.size, self._header
        if size is not None and header.dim >= 8 and _fits(header, size - header.n_bytes, item_bytes=8):
            identifier, problem = "RB09", f"{problem}; the size of the file fits numbers of 8 bytes (float64)"
        return InputError(identifier, problem, path=self._source.path, byte=self._start + place, fix=_FIX)


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
    if _is_byteswapped(matrix):
        problem = "the numbers make sense only with their bytes turned round: they are big-endian"
        raise InputError("RB08", problem, path=path, fix="write the file again on a little-endian machine")


def _is_byteswapped(matrix: np.ndarray) -> bool:
    sample = matrix[:1000].ravel()
    return sample.size >= 16 and _plausible(sample) < 0.5 and _plausible(sample.byteswap()) > 0.95


def _plausible(numbers: np.ndarray) -> float:
    """Share of numbers of the size that word vectors have."""
    with np.errstate(invalid="ignore"):
        sizes = np.abs(numbers)
        return float(np.mean((sizes == 0) | ((sizes > 1e-12) & (sizes < 1e12))))
