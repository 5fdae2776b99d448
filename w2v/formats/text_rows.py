"""Rows of text, read and written: a word and D numbers with single spaces between, or D numbers with tabs.

A kernel reads the rows. A line that it does not understand is read once more, slowly, to say what is wrong
with it, and numbers that lie next to the middle of two float32 are rounded by all of their digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import begins_with_text, decode_words, show, split_words
from w2v.formats.decimals import round_to_float32, shortest_decimal
from w2v.formats.reading import Block, Reading, ReadOptions, Room
from w2v.formats.source import Source
from w2v.formats.text_layout import find_layout, header_may_be_row
from w2v.formats.text_lines import TextRows, longest_line, parse_line, require_words, wrong

if TYPE_CHECKING:
    from types import ModuleType

_BLOCK_BYTES = 1 << 20
_BLOCK_NUMBERS = 1 << 16
_MOST_DOUBTFUL = 4096


def read(source: Source, options: ReadOptions, *, has_header: bool | None) -> Reading:
    """A text of words and numbers: its layout, and the rows to come.

    Args:
        source: the text.
        options: how strictly it is read.
        has_header: whether its first line is a header "V D"; None tells it by the line.

    Raises:
        InputError: what `find_layout` and `read_rows` raise, or it is no text (R02).
    """
    if not begins_with_text(source.head):
        raise InputError("R02", "this is not text", path=source.path, fix="read it as word2vec-binary")
    layout = find_layout(source, has_header=has_header)
    room = Room(layout.dim)
    blocks = read_rows(source.file, layout, options, room)
    reading = Reading(layout.dim, blocks, room, first_line=layout.first_line)
    # A number takes 2 bytes or more: where the file is too small for all, a row is short and will be found.
    if layout.n_rows and source.size and layout.n_rows * (2 * layout.dim + 1) <= source.size:
        reading.n_words = layout.n_rows
    if layout.first_byte and source.head.startswith(b"\xef\xbb\xbf"):
        reading.remarks.append("a mark of byte order at the start of the text was left out")
    return reading


def read_rows(file: BinaryIO, layout: TextRows, options: ReadOptions, room: Room) -> Iterator[Block]:
    """The rows of a file in blocks; there are no words where the rows have none.

    Raises:
        InputError: RT01, RT03, RT06 to RT15, R10, R15, each with the line it stands in.
    """
    n_done = 0
    for block in _blocks(file, layout):
        for part in _parse_block(block, layout, room, first_line=layout.first_line + n_done, options=options):
            n_done += len(part.rows)
            if layout.n_rows is not None and n_done > layout.n_rows:
                raise _count_differs(layout, n_done)
            yield part
            room.advance(len(part.rows))
    if layout.n_rows is not None and n_done < layout.n_rows:
        raise _count_differs(layout, n_done)


def write_rows(file: BinaryIO, rows: Iterable[np.ndarray], words: Sequence[str] | None) -> None:
    """Writes rows in the fewest digits that give the same float32 again, ended by line feeds.

    Args:
        file: takes the text.
        rows: blocks of float32 (n, D), all finite.
        words: the word in front of each row; None for numbers alone, with tabs.
    """
    from w2v.formats import kernels

    n_done = 0
    for block in rows:
        step = max(1, _BLOCK_NUMBERS // block.shape[1])
        for start in range(0, len(block), step):
            part = np.ascontiguousarray(block[start : start + step])
            tokens = None if words is None else [word.encode() for word in words[n_done : n_done + len(part)]]
            for text in _format_rows(part, tokens, kernels):
                file.write(text)
            n_done += len(part)


def _blocks(file: BinaryIO, layout: TextRows) -> Iterator[bytes]:
    """The rows in blocks of whole lines, each line ended by a line feed; a blank end is left out."""
    file.seek(0)
    file.read(layout.first_byte)
    carry, line, blank_line, longest = b"", layout.first_line, 0, longest_line(layout.dim)
    while block := file.read(max(_BLOCK_BYTES, len(carry))):
        block = carry + block
        whole = block.rfind(b"\n") + 1
        carry = block[whole:]
        if len(carry) > longest:
            line += block.count(b"\n")
            raise wrong("RT15", f"the line is longer than {longest} bytes", path=layout.path, line=line)
        kept = len(block[:whole].rstrip(b"\r\n"))
        if kept:
            _require_no_blank_line(blank_line, path=layout.path)
            end = block.index(b"\n", kept) + 1
            yield block[:end]
            line += block.count(b"\n", 0, end)
        if whole > (end if kept else 0):
            blank_line = blank_line or line
    if carry.rstrip(b"\r"):
        _require_no_blank_line(blank_line, path=layout.path)
        yield carry + b"\n"


def _require_no_blank_line(line: int, *, path: str) -> None:
    if line:
        raise wrong("RT14", "the line is blank, and more rows follow", path=path, line=line)


def _parse_block(
    block: bytes, layout: TextRows, room: Room, *, first_line: int, options: ReadOptions
) -> Iterator[Block]:
    """The rows of whole lines: all at once, or in parts where a line needs a closer look."""
    from w2v.formats import kernels  # late, since it takes half a second

    text = np.frombuffer(block, dtype=np.uint8)
    most_rows = len(block) // (2 * layout.dim) + 1
    joined, doubtful = np.empty_like(text), np.empty((_MOST_DOUBTFUL, 3), dtype=np.int64)
    separator, longest = kernels.TAB if layout.tabs else kernels.SPACE, longest_line(layout.dim)
    place, line = 0, first_line
    path, errors = layout.path, options.encoding_errors
    while place < len(block):
        rows = room.take(most_rows)
        n_rows, place, n_bytes, n_spaced, n_doubtful, why = kernels.parse_rows(
            text, place, separator, longest, rows, joined, doubtful
        )
        if n_doubtful:
            _round_doubtful(rows, doubtful[:n_doubtful].tolist(), block, layout=layout, first_line=line)
        tokens = joined[:n_bytes].tobytes()
        if n_spaced:
            require_words(tokens.split(b"\n")[:-1], path=path, first_line=line)
        if n_rows:
            yield Block(split_words(tokens, "RT13", path=path, first_line=line, errors=errors), rows[:n_rows])
        line += n_rows
        if why == kernels.LOOK_CLOSER:
            stop = block.index(b"\n", place)
            lenient = options.nonfinite != "error"
            token, row = parse_line(block[place:stop], layout, line=line, nonfinite=lenient)
            tokens = [] if layout.tabs else [token]
            yield Block(decode_words(tokens, "RT13", path=path, first_line=line, errors=errors), row[None])
            place, line = stop + 1, line + 1


def _round_doubtful(
    rows: np.ndarray, doubtful: list[list[int]], block: bytes, *, layout: TextRows, first_line: int
) -> None:
    """Puts into `rows` the numbers of which the kernel was not sure."""
    fields = [block[start:stop] for _, start, stop in doubtful]
    rounded = round_to_float32(fields)
    rows.reshape(-1)[[place for place, _, _ in doubtful]] = rounded
    if np.isinf(rounded).any():
        which = int(np.isinf(rounded).argmax())
        line = first_line + doubtful[which][0] // layout.dim
        problem = f"the number {show(fields[which])} is too large for float32, over 3.4e38"
        raise wrong("R15", problem, path=layout.path, line=line)


def _count_differs(layout: TextRows, n_done: int) -> InputError:
    """RT01 with both numbers; or RT03 where the header may be a row like the others."""
    if layout.may_be_row:
        return header_may_be_row(layout)
    promised = layout.n_rows or 0
    more = "" if n_done < promised else " or more"
    problem = f"the header promises {promised} rows, {n_done}{more} follow"
    return wrong("RT01", problem, path=layout.path, line=layout.first_line + min(n_done - 1, promised))


def _format_rows(rows: np.ndarray, tokens: list[bytes] | None, kernels: ModuleType) -> Iterator[bytes]:
    """The lines of some rows; those with numbers of an unusual size are written by Python."""
    lengths = [] if tokens is None else list(map(len, tokens))
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    blob = np.frombuffer(b"".join(tokens or []), dtype=np.uint8)
    out = np.empty(len(blob) + kernels.NUMBER_BYTES * (rows.size + len(rows)), dtype=np.uint8)
    separator = kernels.TAB if tokens is None else kernels.SPACE
    row = 0
    while row < len(rows):
        n_bytes, n_rows = kernels.write_rows(rows[row:], separator, blob, offsets[row:], out)
        yield out[:n_bytes].tobytes()
        row += n_rows
        if row < len(rows):
            fields = [shortest_decimal(number).encode() for number in rows[row]]
            yield b"\t".join(fields) + b"\n" if tokens is None else b" ".join([tokens[row], *fields]) + b"\n"
            row += 1
