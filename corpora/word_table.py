"""A table of words that grows: the counting half of reading a corpus."""

from __future__ import annotations

import numpy as np

from corpora import kernels
from corpora.text import MAX_WORD_BYTES, PADDING

FIRST_ENTRIES = 1 << 15
BYTES_PER_ENTRY = 64  # two slots, a record, and two chunks


class GrowingTable:
    """Flat arrays of distinct words and their counts; entry e is the e-th word met.

    Args:
        max_entries: beyond it rare words are dropped, as word2vec.c does, and `min_kept` says which.
    """

    def __init__(self, *, max_entries: int = 2**31 - 2) -> None:
        self.max_entries = max_entries
        self.min_kept = 1  # words that occurred less often may have been dropped
        self.n_lost = 0  # occurrences that were dropped with them
        self.arrays = _allocate(FIRST_ENTRIES, 2 * FIRST_ENTRIES)
        self._word = np.empty(MAX_WORD_BYTES // 8, dtype=np.uint64)

    def __len__(self) -> int:
        return int(self.arrays.size[0])

    @property
    def counts(self) -> np.ndarray:
        """int64 (E,), occurrences of each entry."""
        return self.arrays.records[: len(self), kernels.COUNT].astype(np.int64)

    def encode(
        self, text: np.ndarray, n_bytes: int, ids: np.ndarray, totals: np.ndarray, *, may_insert: bool = True
    ) -> int:
        """Counts the words of a text and writes their entries into `ids`; see `kernels.encode_block`.

        Returns:
            -1, or the byte where a word stands that is not UTF-8.
        """
        position = 0
        while True:
            status, position = kernels.encode_block(
                text, position, n_bytes, self.arrays, may_insert, self._word, ids, totals
            )
            if status == kernels.DONE:
                return -1
            if status == kernels.INVALID_UTF8:
                return int(position)
            self._make_room()

    def merge(self, other: GrowingTable) -> np.ndarray:
        """Adds another table's words; returns int32 (E,), the entry here of each entry there."""
        entries = np.empty(len(other), dtype=np.int32)
        done = 0
        while (done := kernels.merge_tables(other.arrays, done, self.arrays, entries)) < len(other):
            self._grow()
        return entries

    def clear_counts(self) -> None:
        """Sets all counts to 0; the words stay."""
        self.arrays.records[:, kernels.COUNT] = 0

    def words(self, entries: np.ndarray) -> tuple[str, ...]:
        """The words of the given entries."""
        lengths = self.arrays.records[entries, kernels.LENGTH].astype(np.int64)
        out = np.empty(int(lengths.sum()) + len(entries), dtype=np.uint8)
        kernels.gather_words(self.arrays, entries, out)
        return tuple(out.tobytes().decode().split("\n")[:-1])

    def order(self, entries: np.ndarray) -> np.ndarray:
        """The given entries sorted by falling count, ties by the bytes of the words."""
        falling = np.argsort(-self.counts[entries], kind="stable")
        entries = entries[falling]
        counts = self.counts[entries]
        keys = [np.empty(len(entries), dtype=np.uint64) for _ in range(4)]
        for n_skip, key in enumerate(keys):
            kernels.word_prefixes(self.arrays, entries, n_skip, key)
        by_bytes = np.lexsort((*reversed(keys), -counts))
        entries, counts, keys = entries[by_bytes], counts[by_bytes], [key[by_bytes] for key in keys]
        self._order_long_words(entries, counts, keys)
        return entries

    def _order_long_words(self, entries: np.ndarray, counts: np.ndarray, keys: list[np.ndarray]) -> None:
        """Sorts, in place, the runs that count and 32 bytes leave open: next to none in any language."""
        tied = counts[1:] == counts[:-1]
        for key in keys:
            tied &= key[1:] == key[:-1]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], tied, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2] + 1, strict=True):
            words = self.words(entries[start:end])
            order = sorted(range(end - start), key=lambda i: words[i].encode())
            entries[start:end] = entries[start:end][order]

    def _make_room(self) -> None:
        if len(self.arrays.records) * 2 <= self.max_entries:
            self._grow()
            return
        self.n_lost += self._drop_rare()

    def _drop_rare(self) -> int:
        """Raises `min_kept` until at least half of the words go."""
        counts = self.counts
        self.min_kept = max(self.min_kept + 1, int(np.median(counts)) + 1)
        n_lost = kernels.keep_frequent_entries(self.arrays, self.min_kept)
        kernels.fill_slots(self.arrays)
        return n_lost

    def _grow(self) -> None:
        old = self.arrays
        n_entries, n_chunks = int(old.size[0]), int(old.size[1])
        new = _allocate(2 * len(old.records), max(2 * len(old.records), 2 * n_chunks) * 2)
        new.records[:n_entries] = old.records[:n_entries]
        new.chunks[:n_chunks] = old.chunks[:n_chunks]
        new.size[:] = old.size
        kernels.fill_slots(new)
        self.arrays = new


def table_of(words: tuple[str, ...]) -> GrowingTable:
    """A table whose entries are the given words, in their order, with counts 0."""
    data = "\n".join(words).encode()
    text = np.zeros((len(data) + PADDING + 7) // 8 * 8, dtype=np.uint8)
    text[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    table = GrowingTable()
    table.encode(text, len(data), np.empty(len(data) + 1, dtype=np.int32), np.zeros(6, dtype=np.int64))
    table.clear_counts()
    return table


def _allocate(n_entries: int, n_chunks: int) -> kernels.WordTable:
    return kernels.WordTable(
        slots=np.zeros(2 * n_entries, dtype=np.uint64),
        records=np.zeros((n_entries, 4), dtype=np.uint64),
        chunks=np.zeros(n_chunks, dtype=np.uint64),
        size=np.zeros(2, dtype=np.int64),
    )
