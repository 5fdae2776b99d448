"""safetensors files: their header, checked before anything is believed, and their tensors, row by row.

    8 bytes   length of the header, little-endian
    header    JSON: for each tensor its dtype, shape and place, and `__metadata__`, strings only
    data      the tensors, one behind the other

The library is not used to read: it accepts a key that stands twice, and has to map a whole file.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.reading import Room
from w2v.formats.source import Source

MAX_METADATA = 1_000_000
_MAX_HEADER = 10_000_000  # far above what is written here; safetensors itself allows ten times as much
_MAX_TENSORS = 10_000
_BLOCK_NUMBERS = 1 << 20
_ITEM_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
}
_ITEM_BYTES |= {"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8}
DTYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
}
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_NOT_TEXT = re.compile(rb"[\x00-\x08\x80-\xff]")


class Tensor(NamedTuple):
    """Where a tensor is: `start` and `stop` count bytes from the start of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


class TensorFile(NamedTuple):
    """A checked header: the tensors by name, and the strings of `__metadata__`."""

    file: BinaryIO
    path: str
    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is safetensors: a length, then a JSON object."""
    return head[8:9] == b"{" and head[9:10] != b"\0" and _NOT_TEXT.search(head[:8]) is not None


def open_tensors(source: Source) -> TensorFile:
    """Reads the header of a file.

    Raises:
        InputError: it is not safetensors, or its header cannot be true (RS01, RS02, RS03, RS06, RS07, RS09,
            K24), or it is compressed (R06).
    """
    path = source.path
    if source.size is None:
        fix = "unpack it first, then pass the unpacked file"
        raise InputError("R06", "a compressed file of this format", path=path, fix=fix)
    header, data_start = _read_header(source.file, source.size, path=path)
    metadata = _check_metadata(header.pop("__metadata__", {}), path=path)
    tensors = {name: _check_tensor(name, entry, data_start, path=path) for name, entry in header.items()}
    _check_places(tensors, data_start, source.size, path=path)
    return TensorFile(source.file, path, tensors, metadata)


def read_tensor(opened: TensorFile, name: str) -> np.ndarray:
    """A whole tensor of a dtype of DTYPES, in this machine's byte order."""
    tensor = opened.tensors[name]
    array = np.empty(tensor.shape, dtype=DTYPES[tensor.dtype])
    _fill(opened, tensor.start, array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def read_rows(opened: TensorFile, name: str, room: Room | None = None) -> Iterator[np.ndarray]:
    """The rows of a tensor of a dtype of FLOATS in blocks, as float32, in `room` if they are float32 there.

    Raises:
        InputError: a number is too large for float32 (R15).
    """
    tensor = opened.tensors[name]
    n_rows, dim = tensor.shape
    step, dtype = max(1, _BLOCK_NUMBERS // dim), DTYPES[tensor.dtype]
    room = (room or Room(dim)) if dtype == np.float32 else None
    buffer = np.empty((0 if room else min(step, n_rows), dim), dtype=dtype)
    for start in range(0, n_rows, step):
        n_now = min(step, n_rows - start)
        block = room.take(n_now) if room else buffer[:n_now]
        _fill(opened, tensor.start + start * dim * dtype.itemsize, block)
        yield _to_float32(block, tensor, opened.path)
        if room:
            room.advance(n_now)


def map_rows(opened: TensorFile, name: str) -> np.ndarray | None:
    """The rows of a float32 tensor, mapped; None where the file or the machine does not allow that."""
    tensor = opened.tensors[name]
    return map_array(opened.file, tensor.shape, DTYPES[tensor.dtype], tensor.start)


def map_array(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype, start: int) -> np.ndarray | None:
    """Maps float32 numbers of a file into memory, read-only; None where that cannot be done."""
    if dtype != np.float32 or start % dtype.itemsize:
        return None
    try:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:  # such as a pipe, which is in memory already
        return None
    return np.frombuffer(mapped, dtype, prod(shape), start).reshape(shape)


def dump_header(tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, str]) -> bytes:
    """The bytes before the data: of tensors by name, in the order of the data, their dtype and shape."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    place = 0
    for name, (dtype, shape) in tensors.items():
        offsets = [place, place := place + prod(shape) * _ITEM_BYTES[dtype]]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8, as readers may map them
    return len(text).to_bytes(8, "little") + text


def parse_json(text: bytes, *, path: str) -> dict[str, Any]:
    """A JSON object, no key of which stands twice.

    Raises:
        InputError: it is no such thing (RS01, RS06).
    """

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise broken("RS06", f"the JSON says {_first_twice(pairs)[:60]!r} twice", path=path)
        return found

    def refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        found = json.loads(text.decode(), object_pairs_hook=distinct, parse_constant=refuse_constant)
    except UnicodeDecodeError:
        raise broken("RS01", "the JSON is not UTF-8", path=path) from None
    except (ValueError, RecursionError) as error:
        raise broken("RS01", f"this is not JSON: {error}", path=path) from None
    if not isinstance(found, dict):
        raise broken("RS01", f"the JSON is a {type(found).__name__}, not an object", path=path)
    return found


def require_floats(opened: TensorFile, name: str) -> tuple[int, int]:
    """Rows and columns of a tensor; raises InputError if it is no matrix of floats (RS03, RS04, RS08)."""
    tensor = opened.tensors[name]
    if tensor.dtype not in FLOATS:
        expected = f"expected one of {', '.join(FLOATS)}"
        raise broken("RS03", f"{name} is {tensor.dtype}, {expected}", path=opened.path)
    if len(tensor.shape) != 2:
        raise broken("RS08", f"{name} has the shape {tensor.shape}, expected 2 sizes", path=opened.path)
    n_rows, dim = tensor.shape
    if n_rows < 1 or dim < 1:
        raise broken("RS04", f"{name} is {n_rows} x {dim}, expected 1 x 1 or more", path=opened.path)
    return n_rows, dim


def broken(identifier: str, problem: str, *, path: str) -> InputError:
    """The error of a damaged file."""
    return InputError(identifier, problem, path=path, fix="the file is damaged: write or download it again")


def _to_float32(block: np.ndarray, tensor: Tensor, path: str) -> np.ndarray:
    if tensor.dtype == "F32":
        return block
    if tensor.dtype == "BF16":  # the upper half of a float32
        return (block.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        rows = block.astype(np.float32)
    if tensor.dtype == "F64" and (np.isinf(rows) & np.isfinite(block)).any():
        raise broken("R15", f"{tensor.name} holds a number too large for float32", path=path)
    return rows


def _fill(opened: TensorFile, start: int, array: np.ndarray) -> None:
    opened.file.seek(start)
    if array.nbytes and opened.file.readinto(array.data.cast("B")) != array.nbytes:
        raise broken("RS02", "the file became shorter while it was read", path=opened.path)


def _read_header(file: BinaryIO, size: int, *, path: str) -> tuple[dict[str, Any], int]:
    file.seek(0)
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length < 2 or length > _MAX_HEADER or length > size - 8:
        found = f"promises a header of {length} bytes in a file of {size}"
        raise broken(
            "RS01", f"{found}; 2 to {_MAX_HEADER}, and no more than the file, are possible", path=path
        )
    text = file.read(length)
    if text.count(b'"data_offsets"') > _MAX_TENSORS:
        raise broken("RS09", f"the header lists more than {_MAX_TENSORS} tensors", path=path)
    return parse_json(text, path=path), 8 + length


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))


def _check_metadata(metadata: Any, *, path: str) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise broken("RS07", "__metadata__ must map strings to strings", path=path)
    size = sum(map(len, metadata.values()))
    if size > MAX_METADATA + 1000:
        raise broken("K24", f"the metadata takes {size} bytes, more than {MAX_METADATA}", path=path)
    return metadata


def _check_tensor(name: str, entry: Any, data_start: int, *, path: str) -> Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise broken("RS01", f"tensor {name[:60]!r} must have dtype, shape and data_offsets only", path=path)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise broken("RS03", f"tensor {name[:60]!r} has the unknown dtype {str(dtype)[:60]!r}", path=path)
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 2**63 for n in numbers[:8]):
            raise broken(
                "RS02", f"tensor {name[:60]!r} has a shape or place that is no list of sizes", path=path
            )
    n_bytes = prod(shape[:8]) * _ITEM_BYTES[dtype]
    if len(shape) > 8 or len(offsets) != 2 or offsets[1] - offsets[0] != n_bytes:
        raise broken("RS02", f"tensor {name[:60]!r} of {n_bytes} bytes is placed at {offsets}", path=path)
    return Tensor(name, dtype, tuple(shape), data_start + offsets[0], data_start + offsets[1])


def _check_places(tensors: Mapping[str, Tensor], data_start: int, size: int, *, path: str) -> None:
    place = data_start
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if tensor.start != place:
            kind = "overlaps another" if tensor.start < place else "leaves a hole before it"
            problem = f"tensor {name[:60]!r} begins at byte {tensor.start}, not {place}: it {kind}"
            raise broken("RS02", problem, path=path)
        place = tensor.stop
    if place != size:
        raise broken("RS02", f"the tensors end at byte {place}, the file at {size}", path=path)
