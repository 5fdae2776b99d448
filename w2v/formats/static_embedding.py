"""The folder of a static embedding model, for model2vec and for sentence-transformers' StaticEmbedding.

    model.safetensors   `embeddings` (V, D); `embedding.weight` where sentence-transformers wrote it, and from
                        model2vec perhaps `mapping` (row of each token) and `weights` (factor of each token)
    tokenizer.json      a WordLevel tokenizer that cuts at blanks; row i is token i
    config.json, modules.json   what the two libraries look for

A tokenizer of whole words must have a token for unknown ones. Where no word serves, a last row of zeros named
[UNK] is added, which model2vec leaves out of a sentence and which turns no mean of sentence-transformers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from corpora.errors import InputError
from w2v.formats.reading import Block, Reading, ReadOptions
from w2v.formats.safetensors_file import (
    FLOATS,
    TensorFile,
    broken,
    dump_header,
    open_tensors,
    parse_json,
    read_rows,
    read_tensor,
    require_floats,
)
from w2v.formats.source import Source
from w2v.formats.writing import DTYPES, Contents, Target, cast

INSIDE = "model.safetensors"
BESIDE = ("tokenizer.json", "config.json", "modules.json")
UNKNOWN = "[UNK]"
_UNKNOWNS = (UNKNOWN, "<unk>")  # words that serve as unknown ones, the first there is
_TABLES = ("embeddings", "embedding.weight")
_CODES = {"float32": "F32", "float16": "F16"}
_MODULES = [{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]


def flaw(word: str) -> str | None:
    """None: a JSON file can hold every word."""


def read(source: Source, options: ReadOptions) -> Reading:
    """Reads the tokens of the tokenizer, and understands the tensors.

    Raises:
        InputError: RS01 to RS09 of the tensors; the tokenizer is missing (R09) or damaged (RS01, RS04).
    """
    path = source.path
    opened = open_tensors(source)
    name = next((name for name in _TABLES if name in opened.tensors), None)
    if name is None:
        raise broken("RS04", f"no tensor named {' or '.join(_TABLES)}", path=path)
    n_rows, dim = require_floats(opened, name)
    tokenizer = parse_json(source.beside(BESIDE[0]).read(), path=f"{path}/{BESIDE[0]}")
    words = _tokens(tokenizer, path=path)
    mapping, weights = (_per_token(opened, part, len(words)) for part in ("mapping", "weights"))
    if mapping is None and n_rows != len(words):
        raise broken("RS04", f"{n_rows} rows, and {len(words)} tokens in {BESIDE[0]}", path=path)
    if mapping is not None and not (mapping.min() >= 0 and mapping.max() < n_rows):
        raise broken("RS05", f"the mapping points outside of the {n_rows} rows", path=path)
    settings = _settings(source)
    n_added = bool(settings.get("unknown_added")) and words[-1] == UNKNOWN and len(words) > 1
    words = words[: len(words) - n_added]
    blocks = _blocks(opened, name, words, mapping=mapping, weights=weights)
    dtype, metadata = FLOATS[opened.tensors[name].dtype], settings.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Reading(dim, blocks, n_words=len(words), dtype=dtype, words=words, metadata=metadata)


def write(target: Target, contents: Contents) -> None:
    """Writes all files of the folder."""
    unknown = next((word for word in _UNKNOWNS if word in contents.words), None)
    tokens = [*contents.words, *([UNKNOWN] if unknown is None else [])]
    target.file.write(dump_header({"embeddings": (_CODES[contents.dtype], (len(tokens), contents.dim))}, {}))
    first = 0
    for rows in contents.rows():
        numbers = cast(rows, contents.dtype, contents.words, first, path="")
        target.file.write(np.ascontiguousarray(numbers, dtype=DTYPES[contents.dtype]).data)
        first += len(rows)
    if unknown is None:
        target.file.write(np.zeros(contents.dim, dtype=DTYPES[contents.dtype]).data)
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": contents.dim,
        "embedding_dtype": contents.dtype,
        "normalize": False,
        "w2v": {"unknown_added": unknown is None, "metadata": dict(contents.metadata)},
    }
    tokenizer = _tokenizer(tokens, unknown or UNKNOWN, lowercase=_is_lowercase(contents))
    for name, part in zip(BESIDE, (tokenizer, config, _MODULES), strict=True):
        target.beside[name].write(json.dumps(part, ensure_ascii=False, allow_nan=False).encode())


def _tokens(tokenizer: dict[str, Any], *, path: str) -> list[str]:
    """The tokens of a tokenizer in the order of their ids, which must be 0, 1, 2 and so on."""
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, list):  # Unigram: pairs of token and score
        vocabulary = {pair[0]: row for row, pair in enumerate(vocabulary) if isinstance(pair, list) and pair}
    added = tokenizer.get("added_tokens") or []
    if not isinstance(vocabulary, dict) or not isinstance(added, list):
        raise broken("RS04", f"{BESIDE[0]} has no vocabulary", path=path)
    ids = dict(vocabulary)
    for token in added:
        if isinstance(token, dict):
            ids[token.get("content")] = token.get("id")
    if (
        not ids
        or not all(type(row) is int for row in ids.values())
        or not all(type(word) is str for word in ids)
    ):
        raise broken("RS04", f"the vocabulary of {BESIDE[0]} does not map tokens to ids", path=path)
    words = sorted(ids, key=ids.__getitem__)
    for row, word in enumerate(words):
        if ids[word] != row:
            raise broken("RS04", f"the ids of {BESIDE[0]} miss {row} or have it twice", path=path)
    return words


def _per_token(opened: TensorFile, name: str, n_tokens: int) -> np.ndarray | None:
    tensor = opened.tensors.get(name)
    if tensor is None:
        return None
    kinds = ("I64", "I32") if name == "mapping" else ("F64", "F32", "F16")
    if tensor.dtype not in kinds:
        raise broken("RS03", f"{name} is {tensor.dtype}, expected {' or '.join(kinds)}", path=opened.path)
    if tensor.shape != (n_tokens,):
        problem = f"{name} has the shape {tensor.shape}, and there are {n_tokens} tokens"
        raise broken("RS04", problem, path=opened.path)
    return read_tensor(opened, name)


def _settings(source: Source) -> dict[str, Any]:
    """What `write` noted in config.json; nothing where another program wrote the folder."""
    try:
        config = parse_json(source.beside(BESIDE[1]).read(), path=f"{source.path}/{BESIDE[1]}")
    except (FileNotFoundError, InputError) as error:
        if isinstance(error, InputError) and error.identifier != "R09":
            raise
        return {}
    settings = config.get("w2v")
    return settings if isinstance(settings, dict) else {}


def _blocks(
    opened: TensorFile,
    name: str,
    words: Sequence[str],
    *,
    mapping: np.ndarray | None,
    weights: np.ndarray | None,
) -> Iterator[Block]:
    if mapping is not None:  # a table of few rows, shared by many tokens
        table = np.concatenate([rows.copy() for rows in read_rows(opened, name)])
        blocks = (table[mapping[start : start + 4096]] for start in range(0, len(mapping), 4096))
    else:
        blocks = read_rows(opened, name)
    start = 0
    for rows in blocks:
        named = list(words[start : start + len(rows)])
        rows = rows[: len(named)]
        if weights is not None:
            rows = (rows * weights[start : start + len(rows), None]).astype(np.float32)
        start += len(rows)
        if named:
            yield Block(named, rows)


def _is_lowercase(contents: Contents) -> bool:
    """Whether all words are lower-case, so that a sentence should be made so before it is looked up."""
    return all(word == word.lower() for word in contents.words if word not in _UNKNOWNS)


def _tokenizer(tokens: Sequence[str], unknown: str, *, lowercase: bool) -> dict[str, Any]:
    """The tokenizer.json of a tokenizer that cuts at Unicode's white space and looks whole words up."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if lowercase else None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {token: row for row, token in enumerate(tokens)},
            "unk_token": unknown,
        },
    }
