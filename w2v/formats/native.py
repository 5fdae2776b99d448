"""The project's own file: safetensors with the matrix, the words, their counts and the settings inside.

    matrix F32 or F16 (V, D), output F32 (V, D) if kept, word_offsets I64 (V + 1), counts I64 (V) if known,
    words U8 (UTF-8)

Word i is words[word_offsets[i]:word_offsets[i + 1]], so any word can be kept. `output` holds the vectors of
words as targets. Any reader of safetensors opens the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import decode_words
from w2v.formats.reading import Block, Reading, ReadOptions, Room
from w2v.formats.safetensors_file import (
    FLOATS,
    MAX_METADATA,
    TensorFile,
    broken,
    dump_header,
    map_rows,
    matches,
    open_tensors,
    parse_json,
    read_rows,
    read_tensor,
    require_floats,
)
from w2v.formats.source import Source
from w2v.formats.writing import DTYPES, Contents, Target, cast

__all__ = ["flaw", "matches", "read", "refuse", "write"]

_FORMAT = "w2v-vectors"
_VERSION = "1"
_LISTS = {"words": "U8", "word_offsets": "I64", "counts": "I64"}
_TABLES = ("matrix", "output")
_TABLES_OF = {"input": _TABLES[:1], "output": _TABLES[1:], "sum": _TABLES, "concat": _TABLES}
_CODES = {"float32": "F32", "float16": "F16"}


def flaw(word: str) -> str | None:
    """None: every word can be kept."""


def refuse(contents: Contents, path: str) -> None:
    """Raises InputError for metadata too large to keep (K24)."""
    size = len(_dump_metadata(contents.metadata))
    if size > MAX_METADATA:
        problem = f"the metadata takes {size} bytes, more than {MAX_METADATA}"
        raise InputError("K24", problem, path=path, fix="keep settings and digests there, not data")


def write(target: Target, contents: Contents) -> None:
    """Writes everything."""
    words = [word.encode() for word in contents.words]
    n_words, shape = len(words), (len(words), contents.dim)
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {"matrix": (_CODES[contents.dtype], shape)}
    if contents.output is not None:
        tensors["output"] = (_CODES[contents.dtype], shape)
    tensors["word_offsets"] = "I64", (n_words + 1,)
    if contents.counts is not None:
        tensors["counts"] = "I64", (n_words,)
    tensors["words"] = "U8", (sum(map(len, words)),)
    metadata = {"format": _FORMAT, "format_version": _VERSION, "w2v": _dump_metadata(contents.metadata)}
    target.file.write(dump_header(tensors, metadata))
    for table in (contents.rows, contents.output):
        first = 0
        for rows in () if table is None else table():
            numbers = cast(rows, contents.dtype, contents.words, first, path="")
            target.file.write(np.ascontiguousarray(numbers, dtype=DTYPES[contents.dtype]).data)
            first += len(rows)
    offsets = np.zeros(n_words + 1, dtype="<i8")
    np.cumsum(list(map(len, words)), out=offsets[1:])
    target.file.write(offsets.data)
    if contents.counts is not None:
        target.file.write(np.ascontiguousarray(contents.counts, dtype="<i8").data)
    target.file.write(b"".join(words))


def read(source: Source, options: ReadOptions) -> Reading:
    """Reads all but the matrix, trusting nothing before it is checked.

    Raises:
        InputError: RS01 to RS10, K04, K24, R15, each naming what is wrong.
    """
    opened = open_tensors(source)
    dim = _check_kind(opened)
    blob, offsets = read_tensor(opened, "words").tobytes(), read_tensor(opened, "word_offsets")
    words = _split_words(blob, offsets, options, path=source.path)
    counts = read_tensor(opened, "counts") if "counts" in opened.tensors else None
    if counts is not None and (counts < 0).any():
        raise broken("RS04", f"the count of row {int((counts < 0).argmax())} is negative", path=source.path)
    metadata = parse_json(opened.metadata.get("w2v", "{}").encode(), path=source.path)
    has_output, table_names = "output" in opened.tensors, _TABLES_OF[options.table]
    if options.table != "input" and not has_output:
        problem = f"the file has no output vectors, which {options.table} needs"
        fix = "take --vectors input, or a file of `w2v train --keep-output`"
        raise InputError("RS04", problem, path=source.path, fix=fix)
    room = Room(dim) if len(table_names) == 1 else None
    return Reading(
        2 * dim if options.table == "concat" else dim,
        _blocks(opened, words, table_names, room, is_sum=options.table == "sum"),
        room,
        n_words=len(words),
        dtype=FLOATS[opened.tensors["matrix"].dtype],
        counts=counts,
        metadata=metadata,
        map_matrix=lambda: map_rows(opened, table_names[0]) if len(table_names) == 1 else None,
        words=words,
        has_output=has_output,
    )


def _blocks(
    opened: TensorFile, words: list[str], names: tuple[str, ...], room: Room | None, *, is_sum: bool
) -> Iterator[Block]:
    rest = iter(words)
    for parts in zip(*(read_rows(opened, name, room) for name in names), strict=True):
        rows = parts[0] + parts[1] if is_sum else parts[0] if len(parts) == 1 else np.hstack(parts)
        yield Block(list(islice(rest, len(rows))), rows)


def _dump_metadata(metadata: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(metadata), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"metadata must hold what JSON can hold: {error}") from error


def _check_kind(opened: TensorFile) -> int:
    """The dimension, if these tensors are words and vectors."""
    tensors, metadata, path = opened.tensors, opened.metadata, opened.path
    if metadata.get("format") != _FORMAT and not {"words", "word_offsets"} <= set(tensors):
        shown = ", ".join(repr(name[:40]) for name in list(tensors)[:3])
        problem = (
            f"no word list in this file of {len(tensors)} tensors ({shown}): another program's safetensors"
        )
        fix = "pass a file that w2v has written, or the whole folder of a model2vec or StaticEmbedding model"
        raise InputError("RS10", problem, path=path, fix=fix)
    version = metadata.get("format_version")
    if metadata.get("format") != _FORMAT or version is None:
        raise broken("RS04", f"the metadata lacks format {_FORMAT!r} and format_version", path=path)
    if version != _VERSION:
        problem = f"written in version {version[:20]!r} of the format, this w2v reads version {_VERSION!r}"
        raise InputError("K04", problem, path=path, fix="read it with a newer w2v")
    if missing := {"matrix", "words", "word_offsets"} - set(tensors):
        raise broken("RS04", f"the tensor {min(missing)!r} is missing", path=path)
    expected = (*_TABLES, *_LISTS)
    if extra := set(tensors) - set(expected):
        problem = f"the tensor {min(extra)[:60]!r} is not one of {', '.join(expected)}"
        raise broken("RS04", problem, path=path)
    for name in set(tensors) & set(_LISTS):
        if tensors[name].dtype != _LISTS[name]:
            raise broken("RS03", f"{name} is {tensors[name].dtype}, expected {_LISTS[name]}", path=path)
        if len(tensors[name].shape) != 1:
            raise broken("RS08", f"{name} has the shape {tensors[name].shape}, expected 1 size", path=path)
    return _check_lengths(opened)


def _check_lengths(opened: TensorFile) -> int:
    tensors, path = opened.tensors, opened.path
    n_words, dim = require_floats(opened, "matrix")
    if "output" in tensors and require_floats(opened, "output") != (n_words, dim):
        problem = f"output has the shape {tensors['output'].shape}, matrix {(n_words, dim)}"
        raise broken("RS04", problem, path=path)
    n_offsets = tensors["word_offsets"].shape[0]
    if n_offsets != n_words + 1:
        raise broken("RS04", f"{n_words} rows need {n_words + 1} word offsets, found {n_offsets}", path=path)
    if "counts" in tensors and tensors["counts"].shape[0] != n_words:
        raise broken("RS04", f"{n_words} rows have {tensors['counts'].shape[0]} counts", path=path)
    return dim


def _split_words(blob: bytes, offsets: np.ndarray, options: ReadOptions, *, path: str) -> list[str]:
    if offsets[0] != 0 or offsets[-1] != len(blob) or (offsets[1:] < offsets[:-1]).any():
        problem = f"word_offsets must ascend from 0 to {len(blob)}, the bytes of words"
        raise broken("RS05", problem, path=path)
    tokens = [blob[start:stop] for start, stop in pairwise(offsets.tolist())]
    return decode_words(tokens, "RS05", path=path, first_row=0, errors=options.encoding_errors)
