"""What every format is given to write, and what none may be given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import broken_rows, show
from w2v.vectors import Vectors

if TYPE_CHECKING:
    from w2v.formats.table import Format

DTYPES = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}
_BLOCK_NUMBERS = 1 << 20

Rows = Callable[[], Iterable[np.ndarray]]


class Contents(NamedTuple):
    """All that a file is to hold.

    Args:
        words: one for each row.
        dim: numbers per word, D.
        rows: begins a walk over the rows in order, blocks of float32 (n, D), all finite.
        dtype: how the numbers are to be kept, a name of DTYPES.
        counts: int64 (V,), or None.
        metadata: as in Vectors.
        output: as `rows`, for the vectors of words as targets, or None.
    """

    words: Sequence[str]
    dim: int
    rows: Rows
    dtype: str = "float32"
    counts: np.ndarray | None = None
    metadata: Mapping[str, Any] = {}
    output: Rows | None = None


class Target(NamedTuple):
    """Where a format writes: the file of the name, and by their endings or names the files beside it."""

    file: BinaryIO
    beside: Mapping[str, BinaryIO]


def contents_of(vectors: Vectors, *, dtype: str = "float32", keeps_output: bool = False) -> Contents:
    """What a file of these vectors is to hold."""
    output = vectors.output if keeps_output else None

    def walk(matrix: np.ndarray) -> Iterator[np.ndarray]:
        step = max(1, _BLOCK_NUMBERS // matrix.shape[1])
        return (matrix[start : start + step] for start in range(0, len(matrix), step))

    return Contents(
        vectors.words,
        vectors.dim,
        lambda: walk(vectors.matrix),
        dtype,
        vectors.counts,
        vectors.metadata,
        None if output is None else lambda: walk(output),
    )


def require_writable(contents: Contents, known: Format, path: str) -> None:
    """Raises, before anything is written, for contents that a format cannot hold.

    Args:
        contents: what is to be written.
        known: the format.
        path: the file to come.

    Raises:
        ValueError: the format cannot keep that kind of number, or is read only.
        InputError: there are no words (X04), a word is not Unicode text (X09), or one has a flaw (X01, X02).
    """
    if contents.dtype not in known.dtypes:
        can = f"keeps {' or '.join(known.dtypes)}" if known.dtypes else "is read only"
        raise ValueError(f"{known.name} {can}, not {contents.dtype}; native and .npy keep both kinds")
    if not contents.words:
        fix = "write vectors of 1 word or more"
        raise InputError("X04", "there are 0 words to write", path=path, fix=fix)
    _require_unicode(contents.words, path=path)
    flaw = known.module.flaw
    for row, word in enumerate(contents.words):
        if why := flaw(word):
            raise InputError(
                "X01" if word else "X02",
                f"the word {show(word)} (row {row}) {why}, which {known.name} cannot hold",
                path=path,
                fix="write a .safetensors file, which holds any word, or give spaces another sign with "
                "`w2v convert --space-as`",
            )
    if refuse := getattr(known.module, "refuse", None):
        refuse(contents, path)


def require_finite(rows: np.ndarray, words: Sequence[str], first_row: int, *, path: str) -> None:
    """Raises InputError (X03) for rows to be written that hold NaN or infinity."""
    if broken := broken_rows(rows):
        row = first_row + broken[0]
        problem = f"the vector of {show(words[row])} (row {row}) holds NaN or infinity"
        fix = "train again with a lower learning rate, or leave the word out"
        raise InputError("X03", problem, path=path, fix=fix)


def cast(rows: np.ndarray, dtype: str, words: Sequence[str], first_row: int, *, path: str) -> np.ndarray:
    """The rows in the kind of number that a file is to keep.

    Raises:
        InputError: a number is not finite, or too large for that kind (X03).
    """
    require_finite(rows, words, first_row, path=path)
    if dtype == "float32":
        return rows
    with np.errstate(over="ignore"):
        narrow = rows.astype(DTYPES[dtype])
    if broken := broken_rows(narrow):
        row = first_row + broken[0]
        problem = f"the vector of {show(words[row])} (row {row}) holds a number too large for {dtype}"
        raise InputError("X03", problem, path=path, fix="write it as float32, or with --normalize")
    return narrow


def _require_unicode(words: Sequence[str], *, path: str) -> None:
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        word = next(word for word in words if word != word.encode(errors="replace").decode())
        raise InputError(
            "X09",
            f"the word {show(word)} holds half of a character (a lone surrogate) and has no UTF-8 form",
            path=path,
            fix="read the source again with its real encoding, or leave the word out",
        ) from None
