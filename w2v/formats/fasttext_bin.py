"""fastText's .bin, read only: each word's vector is the mean of its own row and those of its n-grams.

    int32 magic, int32 version, 12 int32 and a double of arguments
    dictionary: int32 size, int32 words, int32 labels, int64 tokens, int64 pruned; per entry its bytes and a
    NUL, int64 count, int8 kind (0 a word, 1 a label)
    bool quantised, int64 rows, int64 columns, float32 rows of words, then of buckets of n-grams; output table

The whole input table is read into memory, since any word may need any of its buckets.

Reference:
    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2; fastText 0.9.2,
    dictionary.cc and fasttext.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from w2v.formats.checks import decode_words
from w2v.formats.reading import Block, Reading, ReadOptions
from w2v.formats.source import Source

MAGIC = (793712314).to_bytes(4, "little")
_ARGUMENTS = struct.Struct("<12id")
_NAMES = ("dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn")
_START = struct.Struct("<4si")
_DICTIONARY = struct.Struct("<iiiqq")
_ENTRY = struct.Struct("<qb")
_TABLE = struct.Struct("<?qq")
_END_OF_SENTENCE = b"</s>"
_SUPERVISED = 3
_MOST_WORD = 1_000_000
_MOST_NGRAM = 1000  # characters
_BLOCK_ROWS = 4096
_BLOCK_BYTES = 1 << 16


class _Model(NamedTuple):
    arguments: dict[str, int]
    tokens: list[bytes]
    counts: list[int]
    table: np.ndarray


def matches(head: bytes) -> bool:
    """Whether a file that begins with `head` is a fastText model."""
    return head.startswith(MAGIC)


def read(source: Source, options: ReadOptions) -> Reading:
    """Reads the dictionary and the input table.

    Raises:
        InputError: a quantised model or one of another version (R04), one that is cut (RB01), or damaged
            (RB04, RB05, RB10).
    """
    model = _Parser(source).model()
    words = decode_words(model.tokens, "RB10", path=source.path, first_row=0, errors=options.encoding_errors)
    return Reading(
        model.arguments["dim"],
        _compose(model, words),
        n_words=len(words),
        counts=np.array(model.counts, dtype=np.int64),
        metadata={"fasttext": model.arguments},
        words=words,
    )


def _compose(model: _Model, words: list[str]) -> Iterator[Block]:
    from w2v.formats import kernels

    shortest, longest, n_buckets = (model.arguments[name] for name in ("minn", "maxn", "bucket"))
    first_bucket = len(model.table) - n_buckets
    for start in range(0, len(words), _BLOCK_ROWS):
        tokens = model.tokens[start : start + _BLOCK_ROWS]
        rows = model.table[start : start + len(tokens)].copy()
        for row, token in zip(rows, tokens, strict=True):
            if longest > 0 and n_buckets > 0 and token != _END_OF_SENTENCE:
                text = np.frombuffer(b"<" + token + b">", dtype=np.uint8)
                n_ngrams = kernels.add_ngrams(
                    text, shortest, longest, first_bucket, n_buckets, model.table, row
                )
                row *= np.float32(1.0 / (n_ngrams + 1))
        yield Block(words[start : start + len(tokens)], rows)


class _Parser:
    """Reads a model from its start on, trusting no size before the file can hold it."""

    def __init__(self, source: Source) -> None:
        self._source, self._buffer, self._start, self._place = source, b"", 0, 0
        source.file.seek(0)

    def model(self) -> _Model:
        """All but the output table."""
        arguments = self._arguments()
        tokens, counts = self._dictionary()
        is_quantised, n_rows, dim = self._unpack(_TABLE, "the input table")
        if is_quantised:
            raise self._unreadable("a quantised fastText model (.ftz)")
        if arguments["model"] == _SUPERVISED and arguments["maxn"] == 0 and arguments["wordNgrams"] <= 1:
            arguments["bucket"] = 0
        expected = len(tokens) + arguments["bucket"]
        if (n_rows, dim) != (expected, arguments["dim"]):
            problem = f"the input table is {n_rows} x {dim}, expected {expected} x {arguments['dim']}"
            raise self._wrong("RB04", problem)
        return _Model(arguments, tokens, counts, self._table(n_rows, dim))

    def _arguments(self) -> dict[str, int]:
        magic, version = self._unpack(_START, "the version")
        if magic != MAGIC or version not in (11, 12):
            raise self._unreadable(f"a fastText model of version {version}, not 11 or 12")
        arguments = dict(zip(_NAMES, self._unpack(_ARGUMENTS, "the arguments"), strict=False))
        if version == 11 and arguments["model"] == _SUPERVISED:
            arguments["maxn"] = 0  # as fastText itself reads such files
        if not (arguments["dim"] >= 1 and 0 <= arguments["maxn"] <= _MOST_NGRAM and arguments["bucket"] >= 0):
            shown = ", ".join(f"{name} {arguments[name]}" for name in ("dim", "maxn", "bucket"))
            raise self._wrong("RB05", f"impossible arguments: {shown}")
        return arguments

    def _dictionary(self) -> tuple[list[bytes], list[int]]:
        size, n_words, n_labels, _, n_pruned = self._unpack(_DICTIONARY, "the dictionary")
        if n_pruned > 0:
            raise self._unreadable("a pruned fastText model")
        if n_words < 1 or n_labels < 0 or size != n_words + n_labels or 10 * size > self._source.most_bytes:
            problem = f"the dictionary promises {n_words} words and {n_labels} labels in {size} entries"
            raise self._wrong("RB04", problem)
        tokens, counts = [], []
        for entry in range(size):
            token = self._token(entry)
            count, kind = self._unpack(_ENTRY, f"entry {entry} of the dictionary")
            if kind != (entry >= n_words) or count < 0:
                raise self._wrong("RB04", f"entry {entry} of the dictionary is of kind {kind}, count {count}")
            if kind == 0:
                tokens.append(token)
                counts.append(count)
        return tokens, counts

    def _table(self, n_rows: int, dim: int) -> np.ndarray:
        n_bytes = 4 * n_rows * dim
        missing = f"the file ends in the input table of {n_rows} x {dim} numbers"
        if n_bytes > self._source.most_bytes:
            raise self._wrong("RB01", missing)
        table = np.empty((n_rows, dim), dtype="<f4")
        view = table.data.cast("B")
        n_known = min(n_bytes, len(self._buffer) - self._place)
        view[:n_known] = self._buffer[self._place : self._place + n_known]
        while n_known < n_bytes and (n_more := self._source.file.readinto(view[n_known:])):
            n_known += n_more
        if n_known < n_bytes:
            raise self._wrong("RB01", missing)
        return table.astype(np.float32, copy=False)

    def _unpack(self, layout: struct.Struct, what: str) -> tuple[int, ...]:
        if len(self._buffer) < self._place + layout.size and not self._read_more(layout.size):
            raise self._wrong("RB01", f"the file ends in {what}")
        found = layout.unpack_from(self._buffer, self._place)
        self._place += layout.size
        return found

    def _token(self, entry: int) -> bytes:
        while (end := self._buffer.find(b"\0", self._place)) < 0:
            if len(self._buffer) - self._place > _MOST_WORD:
                raise self._wrong("RB06", f"no end of the word of entry {entry} within {_MOST_WORD} bytes")
            if not self._read_more(len(self._buffer) - self._place + 1):
                raise self._wrong("RB01", f"the file ends in the word of entry {entry} of the dictionary")
        token, self._place = self._buffer[self._place : end], end + 1
        return token

    def _read_more(self, n_bytes: int) -> bool:
        """Reads on; whether `n_bytes` lie behind the place now."""
        self._buffer = self._buffer[self._place :] + self._source.file.read(_BLOCK_BYTES)
        self._start, self._place = self._start + self._place, 0
        return len(self._buffer) >= n_bytes

    def _unreadable(self, what: str) -> InputError:
        fix = "pass the .vec file written beside it, or print them with `fasttext print-word-vectors`"
        return InputError("R04", f"this is {what}, which is not read", path=self._source.path, fix=fix)

    def _wrong(self, identifier: str, problem: str) -> InputError:
        place, fix = self._start + self._place, "download or train the model again"
        return InputError(identifier, problem, path=self._source.path, byte=place, fix=fix)
