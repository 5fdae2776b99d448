"""Provisional ids into the two files of an encoded corpus: tokens, and offsets of sentences."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from corpora import kernels
from corpora.disk import perform
from corpora.parsing import EncodedBlock, Parse
from corpora.storage import open_new, sync

MAX_SENTENCE = 10_000  # tokens; a longer line is split into sentences of this length, and nothing is lost
SYNC_BYTES = 16 << 20  # sent to the disk now and then, so that it works while the processor does


class WrittenTokens(NamedTuple):
    """What was written: tokens, sentences, lines that were split, and a SHA-256 of it all.

    The digest is taken block by block, in parallel; the same text gives the same blocks.
    """

    n_tokens: int
    n_sentences: int
    n_split: int
    digest: str


def write_tokens(parse: Parse, word_ids: list[np.ndarray], folder: Path, n_threads: int) -> WrittenTokens:
    """Writes the files tokens.i32 and offsets.i64: blocks are remapped in parallel and written in order.

    Args:
        parse: the provisional ids.
        word_ids: for each thread, int32 (E,): the word id of each entry of its table, -1 for a pruned word.
        folder: where the files are made.
        n_threads: threads that remap.
    """
    digest = hashlib.sha256()
    sentences = _SentenceEnds()
    syncs: list[Future[None]] = []
    with (
        open_new(folder / "tokens.i32") as tokens_file,
        open_new(folder / "offsets.i64") as offsets_file,
        ThreadPoolExecutor(n_threads) as pool,
    ):
        offsets_file.write(np.zeros(1, dtype=np.int64).tobytes())
        for block, part in _in_order(pool, parse, word_ids, 2 * n_threads):
            offsets = sentences.place(part.ends, len(part.tokens), ends_before=block.starts_source)
            tokens_file.write(memoryview(part.tokens).cast("B"))
            offsets_file.write(memoryview(offsets).cast("B"))
            digest.update(b"%d %d " % (part.checksum, block.starts_source) + part.ends.tobytes())
            if 4 * sentences.n_tokens > (len(syncs) + 1) * SYNC_BYTES:
                syncs.append(pool.submit(perform, os.fsync, tokens_file.fileno()))
        offsets_file.write(sentences.close().tobytes())
        for done in syncs:
            done.result()  # raises what went wrong: the system tells a failed write once
        sync(tokens_file)
        sync(offsets_file)
    return WrittenTokens(sentences.n_tokens, sentences.n_sentences, sentences.n_split, digest.hexdigest())


class _Remapped(NamedTuple):
    """The tokens of a block, the places in them where lines end, and a checksum of the tokens."""

    tokens: np.ndarray
    ends: np.ndarray
    checksum: int


def _in_order(
    pool: ThreadPoolExecutor, parse: Parse, word_ids: list[np.ndarray], n_ahead: int
) -> Iterator[tuple[EncodedBlock, _Remapped]]:
    """Remaps blocks in the pool, at most `n_ahead` before they are asked for; each holds until the next is.

    The tokens lie in a few arrays that go round: new ones for each block would cost as much as the remapping.
    """
    most_ids = max(block.n_ids for block in parse.blocks)
    free = deque(np.empty(most_ids, dtype=np.int32) for _ in range(n_ahead + 1))
    waiting: deque[tuple[EncodedBlock, np.ndarray, Future[_Remapped]]] = deque()
    for block in parse.blocks:
        room = free.popleft()
        remapped = pool.submit(_remap, parse.files[block.thread], block, word_ids[block.thread], room)
        waiting.append((block, room, remapped))
        if not free:
            done, room, remapped = waiting.popleft()
            yield done, remapped.result()
            free.append(room)
    for done, _, remapped in waiting:
        yield done, remapped.result()


def _remap(file: BinaryIO, block: EncodedBlock, word_ids: np.ndarray, room: np.ndarray) -> _Remapped:
    ids, ends = room[: block.n_ids], np.empty(block.n_ends, dtype=np.int64)
    n_read = os.preadv(file.fileno(), [memoryview(ids).cast("B")], block.offset)
    if n_read != ids.nbytes:
        raise OSError(f"{n_read} bytes on disk where {ids.nbytes} were written")
    n_tokens, checksum = kernels.remap_ids(ids, word_ids, ends)
    return _Remapped(ids[:n_tokens], ends, int(checksum))


class _SentenceEnds:
    """Turns ends of lines, block by block, into offsets of sentences; splits those that are too long."""

    def __init__(self) -> None:
        self.n_tokens = 0
        self.n_sentences = 0
        self.n_split = 0
        self._start = 0  # where the sentence begins that is open

    def place(self, ends: np.ndarray, n_tokens: int, *, ends_before: bool) -> np.ndarray:
        """int64: the new offsets, given the ends of lines in a block and its number of tokens."""
        ends = self.n_tokens + ends
        if ends_before:
            ends = np.concatenate([[self.n_tokens], ends])
        self.n_tokens += n_tokens
        return self._offsets(ends)

    def close(self) -> np.ndarray:
        """int64: the offset that ends the last sentence, where the text has no line feed there."""
        return self._offsets(np.array([self.n_tokens], dtype=np.int64))

    def _offsets(self, ends: np.ndarray) -> np.ndarray:
        starts = np.concatenate([[self._start], ends[:-1]]) if len(ends) else ends
        lengths = ends - starts
        ends, starts, lengths = (array[lengths > 0] for array in (ends, starts, lengths))
        if len(ends):
            self._start = int(ends[-1])
        if (lengths > MAX_SENTENCE).any():
            self.n_split += int((lengths > MAX_SENTENCE).sum())
            ends = _split_long(starts, lengths)
        self.n_sentences += len(ends)
        return ends.astype(np.int64)


def _split_long(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    n_parts = (lengths + MAX_SENTENCE - 1) // MAX_SENTENCE
    first_part = np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    part = np.arange(n_parts.sum()) - first_part
    starts, lengths = np.repeat(starts, n_parts), np.repeat(lengths, n_parts)
    return starts + np.minimum((part + 1) * MAX_SENTENCE, lengths)
