"""The project's own file: safetensors with the matrix, the words, their counts and the settings inside.

    8 bytes   length of the header, little-endian
    header    JSON: for each tensor its dtype, shape and place, and `__metadata__`, strings only
    data      matrix F32 (V, D), word_offsets I64 (V + 1), counts I64 (V) if known, words U8 (UTF-8)

Word i is words[word_offsets[i]:word_offsets[i + 1]], so any word can be kept. Any reader of safetensors opens
the file; this one checks the header itself first, and allocates nothing that the file could not hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import decode_word, require_distinct, require_finite, require_writable
from w2v.vectors import Vectors

_FORMAT = "w2v-vectors"
_VERSION = "1"
_MAX_HEADER = 10_000_000  # far above what is written here; safetensors itself allows ten times as much
_MAX_METADATA = 1_000_000
_MAX_TENSORS = 10_000
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
_DTYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "U8": np.dtype("u1")}
_NOT_TEXT = re.compile(rb"[\x00-\x08\x80-\xff]")
_EXPECTED = {"matrix": ("F32", 2), "words": ("U8", 1), "word_offsets": ("I64", 1), "counts": ("I64", 1)}


class _Tensor(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    start: int  # bytes from the end of the header
    stop: int


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is safetensors: a length, then a JSON object."""
    return head[8:9] == b"{" and head[9:10] != b"\0" and _NOT_TEXT.search(head[:8]) is not None


def refuse(vectors: Vectors, path: str) -> None:
    """Raises InputError for vectors that cannot be written: none, not finite, not Unicode, huge metadata."""
    require_writable(vectors, path)
    size = len(_dump_metadata(vectors.metadata))
    if size > _MAX_METADATA:
        raise InputError(
            "K24",
            f"the metadata takes {size} bytes, more than {_MAX_METADATA}",
            path=path,
            fix="keep settings and digests there, not data",
        )


def write(file: BinaryIO, vectors: Vectors) -> None:
    """Writes vectors that `refuse` has let pass."""
    encoded = [word.encode() for word in vectors.words]
    lengths = np.fromiter(map(len, encoded), dtype="<i8", count=len(encoded))
    tensors = {
        "matrix": np.ascontiguousarray(vectors.matrix, dtype="<f4"),
        "word_offsets": np.concatenate([np.zeros(1, dtype="<i8"), np.cumsum(lengths, dtype="<i8")]),
    }
    if vectors.counts is not None:
        tensors["counts"] = np.ascontiguousarray(vectors.counts, dtype="<i8")
    tensors["words"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    metadata = {"format": _FORMAT, "format_version": _VERSION, "w2v": _dump_metadata(vectors.metadata)}
    header: dict[str, Any] = {"__metadata__": metadata}
    names = {dtype: name for name, dtype in _DTYPES.items()}
    place = 0
    for name, tensor in tensors.items():
        offsets = [place, place := place + tensor.nbytes]
        header[name] = {"dtype": names[tensor.dtype], "shape": tensor.shape, "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8, as other readers may map them
    file.write(len(text).to_bytes(8, "little") + text)
    for tensor in tensors.values():
        file.write(tensor.data)


def read(file: BinaryIO, path: str) -> Vectors:
    """Reads vectors, trusting nothing before it is checked.

    Raises:
        InputError: RS01 to RS10 and others, each naming what is wrong.
    """
    size = file.seek(0, 2)
    file.seek(0)
    header, data_start = _read_header(file, size, path=path)
    metadata = _check_metadata(header.pop("__metadata__", {}), path=path)
    tensors = {name: _check_tensor(name, entry, path=path) for name, entry in header.items()}
    _check_places(tensors, size - data_start, path=path)
    _check_kind(tensors, metadata, path=path)
    arrays = {
        name: _read_array(file, tensor, data_start=data_start, path=path) for name, tensor in tensors.items()
    }
    words = _split_words(arrays["words"].tobytes(), arrays["word_offsets"], path=path)
    require_distinct(words, path=path)
    require_finite(arrays["matrix"], words, path=path)
    counts = arrays.get("counts")
    if counts is not None and (counts < 0).any():
        raise _broken("RS04", f"the count of row {int((counts < 0).argmax())} is negative", path=path)
    settings = _parse_json(metadata.get("w2v", "{}"), path=path)
    return Vectors(tuple(words), arrays["matrix"], counts, settings)


def _dump_metadata(metadata: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(metadata), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"metadata must hold what JSON can hold: {error}") from error


def _read_header(file: BinaryIO, size: int, *, path: str) -> tuple[dict[str, Any], int]:
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length < 2 or length > _MAX_HEADER or length > size - 8:
        found = f"promises a header of {length} bytes in a file of {size}"
        raise _broken(
            "RS01", f"{found}; 2 to {_MAX_HEADER}, and no more than the file, are possible", path=path
        )
    text = file.read(length)
    if text.count(b'"data_offsets"') > _MAX_TENSORS:
        raise _broken("RS09", f"the header lists more than {_MAX_TENSORS} tensors", path=path)
    try:
        header = _parse_json(text.decode(), path=path)
    except UnicodeDecodeError:
        raise _broken("RS01", "the header is not UTF-8", path=path) from None
    return header, 8 + length


def _parse_json(text: str, *, path: str) -> dict[str, Any]:
    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _broken("RS06", f"the header says {_first_twice(pairs)!r} twice", path=path)
        return found

    def refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        found = json.loads(text, object_pairs_hook=distinct, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _broken("RS01", f"the header is not JSON: {error}", path=path) from None
    if not isinstance(found, dict):
        raise _broken("RS01", f"the header is a JSON {type(found).__name__}, not an object", path=path)
    return found


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))


def _check_metadata(metadata: Any, *, path: str) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _broken("RS07", "__metadata__ must map strings to strings", path=path)
    size = sum(map(len, metadata.values()))
    if size > _MAX_METADATA + 1000:
        raise _broken("K24", f"the metadata takes {size} bytes, more than {_MAX_METADATA}", path=path)
    return metadata


def _check_tensor(name: str, entry: Any, *, path: str) -> _Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _broken("RS01", f"tensor {name[:60]!r} must have dtype, shape and data_offsets only", path=path)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise _broken("RS03", f"tensor {name[:60]!r} has the unknown dtype {str(dtype)[:60]!r}", path=path)
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 2**63 for n in numbers[:8]):
            raise _broken(
                "RS02", f"tensor {name[:60]!r} has a shape or place that is no list of sizes", path=path
            )
    n_bytes = prod(shape[:8]) * _ITEM_BYTES[dtype]
    if len(shape) > 8 or len(offsets) != 2 or offsets[1] - offsets[0] != n_bytes:
        raise _broken("RS02", f"tensor {name[:60]!r} of {n_bytes} bytes is placed at {offsets}", path=path)
    return _Tensor(dtype, tuple(shape), *offsets)


def _check_places(tensors: Mapping[str, _Tensor], n_bytes: int, *, path: str) -> None:
    place = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if tensor.start != place:
            kind = "overlaps another" if tensor.start < place else "leaves a hole before it"
            raise _broken(
                "RS02", f"tensor {name[:60]!r} begins at {tensor.start}, not {place}: it {kind}", path=path
            )
        place = tensor.stop
    if place != n_bytes:
        raise _broken("RS02", f"the tensors take {place} bytes, the file has {n_bytes} for them", path=path)


def _check_kind(tensors: Mapping[str, _Tensor], metadata: Mapping[str, str], *, path: str) -> None:
    if metadata.get("format") != _FORMAT and not {"words", "word_offsets"} <= set(tensors):
        shown = ", ".join(repr(name[:40]) for name in list(tensors)[:3])
        problem = (
            f"no word list in this file of {len(tensors)} tensors ({shown}): another program's safetensors"
        )
        fix = "pass a file that w2v has written: other models keep their words elsewhere"
        raise InputError("RS10", problem, path=path, fix=fix)
    version = metadata.get("format_version")
    if metadata.get("format") != _FORMAT or version is None:
        raise _broken("RS04", f"the metadata lacks format {_FORMAT!r} and format_version", path=path)
    if version != _VERSION:
        problem = f"written in version {version[:20]!r} of the format, this w2v reads version {_VERSION!r}"
        raise InputError("K04", problem, path=path, fix="read it with a newer w2v")
    if missing := {"matrix", "words", "word_offsets"} - set(tensors):
        raise _broken("RS04", f"the tensor {min(missing)!r} is missing", path=path)
    if extra := set(tensors) - set(_EXPECTED):
        raise _broken(
            "RS04", f"the tensor {min(extra)[:60]!r} is not one of {', '.join(_EXPECTED)}", path=path
        )
    for name, tensor in tensors.items():
        dtype, rank = _EXPECTED[name]
        if tensor.dtype != dtype:
            raise _broken("RS03", f"{name} is {tensor.dtype}, expected {dtype}", path=path)
        if len(tensor.shape) != rank:
            raise _broken("RS08", f"{name} has the shape {tensor.shape}, expected {rank} sizes", path=path)
    _check_lengths(tensors, path=path)


def _check_lengths(tensors: Mapping[str, _Tensor], *, path: str) -> None:
    n_words, dim = tensors["matrix"].shape
    if n_words < 1 or dim < 1:
        raise _broken("RS04", f"the matrix is {n_words} x {dim}, expected 1 x 1 or more", path=path)
    n_offsets = tensors["word_offsets"].shape[0]
    if n_offsets != n_words + 1:
        raise _broken("RS04", f"{n_words} rows need {n_words + 1} word offsets, found {n_offsets}", path=path)
    if "counts" in tensors and tensors["counts"].shape[0] != n_words:
        raise _broken("RS04", f"{n_words} rows have {tensors['counts'].shape[0]} counts", path=path)


def _read_array(file: BinaryIO, tensor: _Tensor, *, data_start: int, path: str) -> np.ndarray:
    array = np.empty(tensor.shape, dtype=_DTYPES[tensor.dtype])
    file.seek(data_start + tensor.start)
    if tensor.stop > tensor.start and file.readinto(array.data.cast("B")) != array.nbytes:
        raise _broken("RS02", "the file became shorter while it was read", path=path)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _split_words(blob: bytes, offsets: np.ndarray, *, path: str) -> list[str]:
    if offsets[0] != 0 or offsets[-1] != len(blob) or (offsets[1:] < offsets[:-1]).any():
        raise _broken(
            "RS05", f"word_offsets must ascend from 0 to {len(blob)}, the bytes of words", path=path
        )
    places = offsets.tolist()
    return [
        decode_word(blob[start:stop], "RS05", path=path, row=row)
        for row, (start, stop) in enumerate(pairwise(places))
    ]


def _broken(identifier: str, problem: str, *, path: str) -> InputError:
    return InputError(identifier, problem, path=path, fix="the file is damaged: write or download it again")
