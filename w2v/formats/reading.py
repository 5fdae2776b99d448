"""From the rows of an open file to Vectors: what every format has in common once its bytes are understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from corpora.errors import InputError, MemoryLimitError
from w2v.formats.checks import broken_rows, require_distinct, show
from w2v.free_memory import available_bytes
from w2v.vectors import Vectors

DUPLICATES = ("error", "first")
NONFINITE = ("error", "skip", "keep")
ENCODING_ERRORS = ("strict", "replace")
TABLES = ("input", "output", "sum", "concat")
_FIRST_BYTES = 1 << 24
_FREE_BYTES = 1 << 27  # so little is not worth a question to the system


@dataclass(frozen=True)
class ReadOptions:
    """How strictly a file is read; each leniency is counted and told.

    Args:
        duplicates: "error" refuses a word that occurs twice; "first" keeps its first row.
        nonfinite: "error" refuses NaN and infinity; "skip" leaves out the rows that hold them; "keep" takes
            them as they are, for those who look for what is wrong.
        encoding_errors: "strict" refuses words that are not UTF-8; "replace" puts U+FFFD for what is not.
        expect_rows: refuses a file of another number of rows; a file without header, cut at a line's end,
            shows it in no other way.
        table: "input", the usual vectors; "output", those of words as targets; their "sum"; or "concat",
            one behind the other. All but the first need a native file that keeps both tables.

    Raises:
        ValueError: a value is not one of those.
    """

    duplicates: str = "error"
    nonfinite: str = "error"
    encoding_errors: str = "strict"
    expect_rows: int | None = None
    table: str = "input"

    def __post_init__(self) -> None:
        choices = {
            "duplicates": DUPLICATES,
            "nonfinite": NONFINITE,
            "encoding_errors": ENCODING_ERRORS,
            "table": TABLES,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        if self.expect_rows is not None and self.expect_rows < 1:
            raise ValueError(f"expect_rows must be 1 or more, got {self.expect_rows}")


class Block(NamedTuple):
    """Some rows: words, and float32 (n, D), which the next block may overwrite."""

    words: list[str]
    rows: np.ndarray


class Room:
    """Where a reader puts its next rows: into the matrix they are for, if it is there, or a scratch array.

    Args:
        dim: numbers in a row, D.
    """

    def __init__(self, dim: int) -> None:
        self.matrix = np.empty((0, dim), dtype=np.float32)
        self._scratch = self.matrix
        self._n_filled = 0

    def take(self, n_rows: int) -> np.ndarray:
        """Float32 (n, D) to be filled, n as asked for; what was taken before may be overwritten."""
        if self._n_filled + n_rows <= len(self.matrix):
            return self.matrix[self._n_filled : self._n_filled + n_rows]
        if len(self._scratch) < n_rows:
            self._scratch = np.empty((n_rows, self.matrix.shape[1]), dtype=np.float32)
        return self._scratch[:n_rows]

    def advance(self, n_rows: int) -> None:
        """So many of the rows taken last were filled."""
        self._n_filled += n_rows


@dataclass
class Reading:
    """A file whose head is understood, and the rows to come.

    Args:
        dim: numbers per word, D.
        blocks: the rows in order; to be walked through once.
        room: where the blocks' rows are put, if the reader lets that be chosen.
        n_words: how many rows the file says it has, where it says so and could hold them.
        dtype: how numbers are kept in the file.
        counts: int64 (V,), or None.
        metadata: as in Vectors.
        first_line: the line of the first row in a text file, counted from 1.
        map_matrix: maps float32 (V, D) into memory, where the file keeps it so.
        words: all of them, where they are known before the rows are.
        has_output: whether the file keeps the output vectors, too.
        remarks: what the user should know; complete after the last block.
    """

    dim: int
    blocks: Iterator[Block]
    room: Room | None = None
    n_words: int | None = None
    dtype: str = "float32"
    counts: np.ndarray | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    first_line: int | None = None
    map_matrix: Callable[[], np.ndarray | None] | None = None
    words: list[str] | None = None
    has_output: bool = False
    remarks: list[str] = field(default_factory=list)


def check(reading: Reading, options: ReadOptions, *, path: str) -> Reading:
    """The same reading, its rows held to `options` as they pass.

    Raises:
        InputError: while the blocks are walked through: a number that is not finite (R10), a number of rows
            that was not expected (RL04).
    """
    reading.blocks = _checked(reading, reading.blocks, options=options, path=path)
    return reading


def gather(reading: Reading, *, path: str) -> Vectors:
    """All rows in memory.

    Raises:
        InputError: what the blocks raise, or a word that occurs twice (R12).
        MemoryLimitError: the numbers do not fit into memory (R16).
    """
    words: list[str] = []
    row_bytes = 4 * reading.dim
    n_rows = reading.n_words or 1 + _FIRST_BYTES // row_bytes
    _require_memory(n_rows, reading.dim, path=path)
    matrix = np.empty((n_rows, reading.dim), dtype=np.float32)
    if reading.room is not None and reading.n_words:
        reading.room.matrix = matrix
    for block in reading.blocks:
        start, stop = len(words), len(words) + len(block.words)
        if stop > len(matrix):  # moves pages, not numbers, where the system can
            n_rows = stop + stop // 8 + _FIRST_BYTES // row_bytes
            _require_memory(n_rows, reading.dim, path=path)
            matrix.resize((n_rows, reading.dim), refcheck=False)
        if block.rows.ctypes.data != matrix[start:].ctypes.data:
            matrix[start:stop] = block.rows
        words += block.words
    if len(words) < len(matrix):
        matrix.resize((len(words), reading.dim), refcheck=False)
    return name_rows(words, matrix, reading, path=path)


def name_rows(words: list[str], matrix: np.ndarray, reading: Reading, *, path: str) -> Vectors:
    """Vectors of these words and rows, with what else the file holds.

    Raises:
        InputError: a word occurs twice (R12), or there are none (R07).
    """
    if not words:
        raise InputError("R07", "no rows are left", path=path, fix="pass a file with finite vectors")
    try:
        return Vectors(tuple(words), matrix, reading.counts, reading.metadata)
    except ValueError:
        require_distinct(words, path=path, first_line=reading.first_line)
        raise


def _require_memory(n_rows: int, dim: int, *, path: str) -> None:
    needed = 4 * n_rows * dim
    if needed > _FREE_BYTES and needed > (available := available_bytes()):
        problem = f"{n_rows:,} rows of {dim} numbers take {needed / 2**30:,.1f} GiB"
        problem += f", {available / 2**30:,.1f} GiB are free"
        fix = "convert it with `w2v convert --limit N` first, or map a .safetensors file with mmap=True"
        raise MemoryLimitError("R16", problem, path=path, fix=fix)


def _checked(
    reading: Reading, blocks: Iterator[Block], *, options: ReadOptions, path: str
) -> Iterator[Block]:
    seen: set[str] = set()
    left_out: list[int] = []
    n_rows = n_broken = 0
    for block in blocks:
        broken = set() if options.nonfinite == "keep" else set(broken_rows(block.rows))
        if broken and options.nonfinite == "error":
            raise _not_finite(block.words[min(broken)], n_rows + min(broken), path=path)
        kept = range(len(block.words))
        if broken or options.duplicates == "first":
            kept = [row for row in kept if row not in broken]
        if options.duplicates == "first":
            kept = [row for row in kept if not (block.words[row] in seen or seen.add(block.words[row]))]
        if len(kept) < len(block.words):
            left_out += [n_rows + row for row in set(range(len(block.words))).difference(kept)]
            yield Block([block.words[row] for row in kept], block.rows[kept])
        else:
            yield block
        n_rows, n_broken = n_rows + len(block.words), n_broken + len(broken)
    _require_rows(n_rows, options.expect_rows, path=path)
    if left_out:
        reading.first_line = None  # rows are no lines any more
    if left_out and reading.counts is not None:
        reading.counts = np.delete(reading.counts, left_out)
    if n_broken:
        reading.remarks.append(f"{n_broken:,} rows left out that hold NaN or infinity")
    if n_twice := len(left_out) - n_broken:
        reading.remarks.append(f"{n_twice:,} rows left out whose words occur above them")


def _not_finite(word: str, row: int, *, path: str) -> InputError:
    return InputError(
        "R10",
        f"the vector of {show(word)} (row {row}) holds NaN or infinity",
        path=path,
        fix="train or export the vectors again, or leave such rows out with `w2v convert --nonfinite skip`",
    )


def _require_rows(n_rows: int, expected: int | None, *, path: str) -> None:
    if expected is not None and n_rows != expected:
        fix = "download the file again, or correct --expect-rows"
        raise InputError("RL04", f"{n_rows} rows, expected {expected}", path=path, fix=fix)
