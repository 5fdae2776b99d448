"""word2vec text: a line "V D", then per word the word and its D numbers in decimal, one space between.

GloVe's files are the same without the first line. The last D fields of a line are its numbers and all before
them is the word, so words with spaces can be read; they are not written, since other readers take them apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import (
    NUMBER,
    decode_word,
    is_text,
    require_distinct,
    require_plain_words,
    require_writable,
    show,
)
from w2v.formats.decimals import parse_decimals, round_to_float32, shortest_decimals
from w2v.vectors import Vectors

_BLOCK_BYTES = 1 << 22
_BLOCK_NUMBERS = 1 << 17
_SAMPLE_BYTES = 1 << 20
_FIX = "correct the line, or write the file again"
_COUNT = re.compile(rb"[0-9]{1,19}")
_NOT_FINITE = re.compile(rb"[-+]?(?:nan(?:\(.*\))?|inf|infinity)|1\.#.*", re.IGNORECASE)


class _Layout(NamedTuple):
    n_rows: int
    dim: int
    start: int  # byte of the first row
    stop: int  # byte after the last row, its line end left out
    first_line: int  # number of the line of the first row, counted from 1


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is text; a few words may be cut inside a character."""
    return is_text(head, tolerance=0.25)


def refuse(vectors: Vectors, path: str) -> None:
    """Raises InputError for vectors that cannot be written: none, not finite, white space in words."""
    require_writable(vectors, path)
    require_plain_words(vectors, path)


def write(file: BinaryIO, vectors: Vectors) -> None:
    """Writes vectors that `refuse` has let pass, in the fewest digits that give the same float32 again."""
    file.write(f"{len(vectors)} {vectors.dim}\n".encode())
    step = max(1, _BLOCK_NUMBERS // vectors.dim)
    for start in range(0, len(vectors), step):
        words = vectors.words[start : start + step]
        rows = shortest_decimals(vectors.matrix[start : start + step]).tolist()
        lines = [f"{word} {str(row)[1:-1].replace(',', '')}\n" for word, row in zip(words, rows, strict=True)]
        file.write("".join(lines).encode())


def read(file: BinaryIO, path: str) -> Vectors:
    """Reads all rows, or says which line is wrong and how.

    Raises:
        InputError: RT01 to RT15, R02, R07, R10, R12, R15.
    """
    head = file.read(_SAMPLE_BYTES)
    if not matches(head[:65_536]):
        raise InputError("R02", "this is not text", path=path, fix="read it as word2vec-binary")
    layout = _find_layout(file, head, path=path)
    # A number takes 2 bytes or more: where the file is too small for all, a row is short and will be found.
    fits = layout.n_rows * (2 * layout.dim + 1) <= layout.stop - layout.start
    matrix = np.empty((layout.n_rows if fits else 0, layout.dim), dtype=np.float32)
    words: list[str] = []
    for block in _blocks(file, layout, path=path):
        line = layout.first_line + len(words)
        tokens, numbers = _parse_block(block, layout.dim) or _parse_lines(
            block, layout.dim, path=path, first_line=line
        )
        if fits:
            matrix[len(words) : len(words) + len(tokens)] = numbers
        words += [decode_word(token, "RT13", path=path, line=line + row) for row, token in enumerate(tokens)]
    require_distinct(words, path=path, first_line=layout.first_line)
    return Vectors(tuple(words), matrix)


def _find_layout(file: BinaryIO, head: bytes, *, path: str) -> _Layout:
    """Where the rows are, how many and how long: from the header, or from the rows if there is none."""
    start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    n_lines, stop = _count_lines(file, start)
    if n_lines == 0:
        raise _wrong("R07", "the file has no words, only line ends", path=path, line=1)
    lines = head[start:stop].split(b"\n", 101)
    if len(lines) == 102 or stop > len(head):
        lines.pop()  # the last is not whole
    if not lines:
        raise _wrong("RT15", f"no line end within {_SAMPLE_BYTES} bytes", path=path, line=1)
    rows = [_strip(line).split(b" ") for line in lines]
    if len(rows[0]) == 2 and all(map(_COUNT.fullmatch, rows[0])):
        rows_start = min(stop, start + len(lines[0]) + 1)
        layout = _Layout(int(rows[0][0]), int(rows[0][1]), rows_start, stop, first_line=2)
        _require_header(layout, n_lines - 1, second=rows[1] if len(rows) > 1 else [], path=path)
        return layout
    _require_no_header(rows, path=path)
    dim = Counter(map(len, rows)).most_common(1)[0][0] - 1
    if dim == 1 and all(len(row) == 2 and _COUNT.fullmatch(row[1]) for row in rows):
        raise _wrong("R03", "words and whole numbers: a vocabulary file, not vectors", path=path, line=1)
    return _Layout(n_lines, max(1, dim), start, stop, first_line=1)


def _count_lines(file: BinaryIO, start: int) -> tuple[int, int]:
    """Lines from byte `start` on, and the byte after the last that is not empty."""
    file.seek(start)
    place, n_ends, n_lines, stop = start, 0, 0, start
    while block := file.read(_BLOCK_BYTES):
        kept = block.rstrip(b"\r\n")
        if kept:
            n_lines, stop = n_ends + kept.count(b"\n") + 1, place + len(kept)
        n_ends += block.count(b"\n")
        place += len(block)
    return n_lines, stop


def _require_header(layout: _Layout, n_rows: int, *, second: list[bytes], path: str) -> None:
    """Raises InputError if the header cannot be true of the `n_rows` lines that follow it."""
    promised, dim, n_bytes = layout.n_rows, layout.dim, layout.stop - layout.start
    if promised < 1 or dim < 1:
        raise _wrong("RT04", f"the header promises {promised} words of {dim} numbers", path=path, line=1)
    if promised != n_rows and len(second) == 2 and NUMBER.fullmatch(second[1]):
        problem = (
            f"the line {promised} {dim} is either a header, but {n_rows} rows follow, "
            "or the first row of vectors of 1 number"
        )
        raise _wrong("RT03", problem, path=path, line=1)
    if max(promised, dim) > n_bytes:
        problem = f"the header promises {promised} words of {dim} numbers, {n_bytes} bytes follow"
        raise _wrong("RT05", problem, path=path, line=1)
    if promised != n_rows:
        raise _wrong(
            "RT01", f"the header promises {promised} rows, {n_rows} follow", path=path, line=n_rows + 1
        )


def _require_no_header(rows: list[list[bytes]], *, path: str) -> None:
    """Raises InputError (RT04) if the first line is no row of numbers but a header gone wrong."""
    first = rows[0]
    counts = [field.decode(errors="replace").lstrip("+-").isdecimal() for field in first]
    number_first = counts[0] or NUMBER.fullmatch(first[0])
    other_dim = len(first) == 2 and len(rows) > 1 and len(rows[1]) != 2
    if len(first) == 1 or (len(first) <= 3 and number_first and (all(counts[1:]) or other_dim)):
        shown = show(b" ".join(first))
        problem = f"the header is {shown}, expected the number of words and the dimension, such as 5000 100"
        raise _wrong("RT04", problem, path=path, line=1)


def _blocks(file: BinaryIO, layout: _Layout, *, path: str) -> Iterator[bytes]:
    """The rows in blocks of whole lines, each line ended by a line feed."""
    longest = _longest_line(layout.dim)
    file.seek(layout.start)
    left, carry, n_lines = layout.stop - layout.start, b"", layout.first_line
    while left > 0:
        block = file.read(min(left, _BLOCK_BYTES))
        if not block:
            raise _wrong("RT01", "the file became shorter while it was read", path=path, line=n_lines)
        left -= len(block)
        block = carry + block if left else carry + block + b"\n"
        cut = block.rfind(b"\n") + 1
        n_lines += block.count(b"\n")
        if len(block) - cut > longest:
            raise _wrong("RT15", f"the line is longer than {longest} bytes", path=path, line=n_lines)
        carry = block[cut:]
        if cut:
            yield block[:cut]


def _parse_block(block: bytes, dim: int) -> tuple[list[bytes], np.ndarray] | None:
    """Words and numbers float32 (n, D) of whole lines; None where a line needs a closer look."""
    data = np.frombuffer(block, dtype=np.uint8)
    stops = np.flatnonzero(data == ord("\n"))
    starts = np.concatenate([[0], stops[:-1] + 1])
    if (stops - starts).max() > _longest_line(dim):
        return None
    stops = stops - (data[stops - 1] == ord("\r"))
    stops = stops - (data[stops - 1] == ord(" "))
    spaces = np.flatnonzero(data == ord(" "))
    firsts = np.searchsorted(spaces, stops) - dim  # of the spaces, those before the first number of each line
    if (firsts < np.searchsorted(spaces, starts)).any() or (spaces[firsts] <= starts).any():
        return None
    edges = spaces[firsts].tolist()
    numbers = parse_decimals(b"".join(map(block.__getitem__, map(slice, edges, stops.tolist()))))
    if numbers is None or len(numbers) != len(edges) * dim or np.isinf(numbers).any():
        return None
    tokens = list(map(block.__getitem__, map(slice, starts.tolist(), edges)))
    if b" " in b"".join(tokens) and any(map(_ambiguity, tokens)):
        return None
    return tokens, numbers.reshape(-1, dim)


def _parse_lines(block: bytes, dim: int, *, path: str, first_line: int) -> tuple[list[bytes], np.ndarray]:
    """What `_parse_block` does, line by line: slow, but it can say which line is wrong, and how."""
    rows = [
        _parse_line(line, dim, path=path, line=first_line + place)
        for place, line in enumerate(block.split(b"\n")[:-1])
    ]
    return [token for token, _ in rows], np.array([numbers for _, numbers in rows])


def _parse_line(text: bytes, dim: int, *, path: str, line: int) -> tuple[bytes, np.ndarray]:
    token, *fields = _strip(text).rsplit(b" ", dim)
    if not text.strip():
        raise _wrong("RT14", "the line is blank", path=path, line=line)
    if len(text) > _longest_line(dim):
        problem = f"the line is longer than {_longest_line(dim)} bytes"
        raise _wrong("RT15", problem, path=path, line=line)
    if len(fields) < dim:
        identifier, why = ("RT09", ", and a tab") if b"\t" in text else ("RT06", "")
        problem = f"{len(fields)} numbers{why} after {show(token)}, expected {dim} with single spaces between"
        raise _wrong(identifier, problem, path=path, line=line)
    for place, field in enumerate(fields, start=1):
        if not NUMBER.fullmatch(field):
            raise _not_a_number(field, f"number {place} of {show(token)}", path=path, line=line)
    if not token:
        raise _wrong("RT08", "the line begins with a space, so its word is empty", path=path, line=line)
    if found := _ambiguity(token):
        raise _wrong(*found, path=path, line=line)
    numbers = round_to_float32(np.array([float(field) for field in fields]), fields)
    if np.isinf(numbers).any():
        field = fields[int(np.isinf(numbers).argmax())]
        problem = f"the number {show(field)} of {show(token)} is too large for float32, over 3.4e38"
        raise _wrong("R15", problem, path=path, line=line)
    return token, numbers


def _ambiguity(token: bytes) -> tuple[str, str] | None:
    """Why what stands before the last D fields of a line can hardly be a word, or None."""
    if token != b" " and (token.startswith(b" ") or token.endswith(b" ")):
        return "RT09", f"two spaces next to each other beside the word {show(token)}"
    if NUMBER.fullmatch(token.rpartition(b" ")[2]) and b" " in token:
        return "RT06", f"more numbers than the others: {show(token)} stands before the last of them"
    return None


def _not_a_number(field: bytes, where: str, *, path: str, line: int) -> InputError:
    if not field or b"\t" in field:
        return _wrong(
            "RT09", f"a tab or a second space at {where}, expected single spaces", path=path, line=line
        )
    if _NOT_FINITE.fullmatch(field):
        return _wrong("R10", f"{where} is {show(field)}, which is not finite", path=path, line=line)
    return _wrong("RT10", f"{where} is {show(field)}, not a decimal number", path=path, line=line)


def _longest_line(dim: int) -> int:
    return (1 << 16) + 32 * dim


def _strip(line: bytes) -> bytes:
    """A line without its carriage return and the one space that word2vec.c writes at the end."""
    return line.removesuffix(b"\r").removesuffix(b" ")


def _wrong(identifier: str, problem: str, *, path: str, line: int) -> InputError:
    return InputError(identifier, problem, path=path, line=line, fix=_FIX)
