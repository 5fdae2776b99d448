"""NumPy's .npy with the words beside it: `vectors.npy` and `vectors.words.txt`, whose line i is row i.

The header is read here, and as text: NumPy's own reader would also take arrays of pickled objects.

Reference:
    NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.reading import Reading, ReadOptions
from w2v.formats.safetensors_file import map_array
from w2v.formats.source import Source
from w2v.formats.word_lines import count_differs, name_blocks, read_word_lines, write_word_lines
from w2v.formats.writing import DTYPES, Contents, Target, cast

BESIDE = (".words.txt",)
_MAGIC = b"\x93NUMPY"
_MOST_HEADER = 10_000
_HEADER = re.compile(
    rb"\{'descr': '([<>]f[248])', 'fortran_order': (True|False), 'shape': \((\d{1,19}), (\d{1,19})\), ?\} *\n"
)
_IS_FLOAT = re.compile(rb"\{'descr': '[<>]f[248]'")
_BLOCK_NUMBERS = 1 << 20


class _Array(NamedTuple):
    dtype: np.dtype
    shape: tuple[int, int]
    start: int


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is a .npy file."""
    return head.startswith(_MAGIC)


def flaw(word: str) -> str | None:
    """Why a line cannot hold a word, or None."""
    return "holds an end of line" if "\n" in word or "\r" in word else None


def read(source: Source, options: ReadOptions) -> Reading:
    """Reads the header and all words.

    Raises:
        InputError: the array is none of rows of floats (RS03, RS08, R03), or cut (RB01) or too long (RB02);
            there are more or fewer words than rows (RT01); the file of words is missing (R03).
    """
    array = _read_header(source)
    path = source.path
    if source.size is not None:
        _require_size(array, source.size, path=path)
    try:
        words = read_word_lines(source.beside(BESIDE[0]), path, options)
    except (InputError, FileNotFoundError) as error:
        if isinstance(error, InputError) and error.identifier != "R09":
            raise
        problem = f"this is a NumPy array (.npy), and no file of words ({BESIDE[0]}) is beside it"
        raise InputError("R03", problem, path=path, fix="put the words there, one a line") from error
    if len(words) != array.shape[0]:
        raise count_differs(len(words), str(array.shape[0]), path=path)
    return Reading(
        array.shape[1],
        name_blocks(_read_rows(source, array), words, path=path),
        n_words=len(words) if source.size is not None else None,
        dtype=array.dtype.name,
        map_matrix=lambda: map_array(source.file, array.shape, array.dtype, array.start),
        words=words,
    )


def write(target: Target, contents: Contents) -> None:
    """Writes an array that `numpy.load` reads, and the words."""
    dtype = DTYPES[contents.dtype]
    shape = (len(contents.words), contents.dim)
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"  # numbers begin at a multiple of 64
    target.file.write(_MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text)
    first = 0
    for rows in contents.rows():
        numbers = cast(rows, contents.dtype, contents.words, first, path="")
        target.file.write(np.ascontiguousarray(numbers, dtype=dtype).data)
        first += len(rows)
    write_word_lines(target.beside[BESIDE[0]], contents.words)


def _read_header(source: Source) -> _Array:
    head = source.head
    wide = head[6:7] != b"\x01"  # versions 2 and 3 have a length of four bytes
    start = 12 if wide else 10
    length = int.from_bytes(head[8:start], "little")
    text = head[start : start + length]
    if not matches(head) or head[6:8] not in (b"\1\0", b"\2\0", b"\3\0") or len(text) < length > _MOST_HEADER:
        raise _wrong("R03", "this is not a .npy file of version 1 to 3", source)
    found = _HEADER.fullmatch(text)
    if found is None:
        shown = repr(text[:120].strip())[1:]
        problem = (
            f"the array is {shown}, expected rows of floats: 'descr' <f2, <f4 or <f8 and a 'shape' of 2 sizes"
        )
        raise _wrong("RS08" if _IS_FLOAT.match(text) else "RS03", problem, source)
    if found[2] == b"True":
        fix = "save np.ascontiguousarray(matrix)"
        problem = "the array is kept column by column"
        raise InputError("RS03", problem, path=source.path, fix=fix)
    shape = (int(found[3]), int(found[4]))
    if min(shape) < 1:
        raise _wrong("RS04", f"the array is {shape[0]} x {shape[1]}, expected 1 x 1 or more", source)
    return _Array(np.dtype(found[1].decode()), shape, start + length)


def _require_size(array: _Array, size: int, *, path: str) -> None:
    expected = array.start + array.shape[0] * array.shape[1] * array.dtype.itemsize
    if expected != size:
        n_bytes = abs(expected - size)
        problem = f"{array.shape[0]} x {array.shape[1]} {array.dtype.name} end {n_bytes} bytes "
        problem += "behind the end of the file" if expected > size else "before the end of the file"
        fix = "write the file again"
        raise InputError("RB01" if expected > size else "RB02", problem, path=path, fix=fix)


def _read_rows(source: Source, array: _Array) -> Iterator[np.ndarray]:
    n_rows, dim = array.shape
    source.file.seek(0)
    source.file.read(array.start)
    step = max(1, _BLOCK_NUMBERS // dim)
    for start in range(0, n_rows, step):
        n_now = min(step, n_rows - start)
        data = source.file.read(n_now * dim * array.dtype.itemsize)
        if len(data) < n_now * dim * array.dtype.itemsize:
            raise _wrong("RB01", f"the file ends in the rows {start} to {start + n_now}", source)
        wide = np.frombuffer(data, dtype=array.dtype).reshape(n_now, dim)
        with np.errstate(over="ignore", invalid="ignore"):
            rows = wide.astype(np.float32)
        if array.dtype.itemsize == 8 and (np.isinf(rows) & np.isfinite(wide)).any():
            raise _wrong("R15", "a number is too large for float32", source)
        yield rows


def _wrong(identifier: str, problem: str, source: Source) -> InputError:
    fix = "save a matrix of float32 with numpy.save"
    return InputError(identifier, problem, path=source.path, fix=fix)
