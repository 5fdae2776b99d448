"""A table of words that grows: the counting half of reading a corpus."""

from __future__ import annotations

import numpy as np

from corpora import kernels
from corpora.text import BLOCK_BYTES, pad

FIRST_SLOTS = 1 << 19
FEWEST_SLOTS = 1 << 12
BYTES_PER_ENTRY = 80  # a slot and a third of 32 bytes, two chunks, and the places of them


class GrowingTable:
    """Flat arrays of distinct words and their counts; entry e is the e-th word met.

    Args:
        max_entries: beyond it rare words are dropped, as word2vec.c does, and `min_kept` says which.
    """

    def __init__(self, *, max_entries: int = 2**31 - 2) -> None:
        self.max_entries = max_entries
        self.min_kept = 1  # words that occurred less often may have been dropped
        n_slots = FIRST_SLOTS
        while n_slots > FEWEST_SLOTS and n_slots // 4 * 3 > max_entries:
            n_slots //= 2
        self.arrays = _allocate(n_slots, 2 * n_slots)
        self._marks = np.empty(BLOCK_BYTES // 64 + 2, dtype=np.uint64)

    def __len__(self) -> int:
        return int(self.arrays.size[0])

    @property
    def counts(self) -> np.ndarray:
        """int64 (E,), occurrences of each entry, gathered anew."""
        counts = np.empty(len(self), dtype=np.int64)
        kernels.read_counts(self.arrays, counts)
        return counts

    def encode(
        self, text: np.ndarray, n_bytes: int, ids: np.ndarray, totals: np.ndarray, *, may_insert: bool = True
    ) -> int:
        """Counts the words of a text and writes their entries into `ids`; see `kernels.encode_block`.

        Returns:
            -1, or the byte where a word stands that is not UTF-8.
        """
        position = 0
        if len(self._marks) < n_bytes // 64 + 2:
            self._marks = np.empty(n_bytes // 64 + 2, dtype=np.uint64)
        while True:
            status, position = kernels.encode_block(
                text, position, n_bytes, self.arrays, may_insert, self._marks, ids, totals
            )
            if status == kernels.DONE:
                return -1
            if status == kernels.INVALID_UTF8:
                return int(position)
            self._make_room()

    def merge(self, other: GrowingTable) -> np.ndarray:
        """Adds another table's words; returns int32 (E,), the entry here of each entry there."""
        entries = np.empty(len(other), dtype=np.int32)
        counts = other.counts
        done = 0
        while (done := kernels.merge_tables(other.arrays, counts, done, self.arrays, entries)) < len(other):
            self._grow()
        return entries

    def clear_counts(self) -> None:
        """Sets all counts to 0; the words stay."""
        self.arrays.slots[:, kernels.COUNT] = 0

    def words(self, entries: np.ndarray) -> tuple[str, ...]:
        """The words of the given entries."""
        n_bytes = int(self.arrays.lengths[entries].sum(dtype=np.int64)) + len(entries)
        out = np.empty(n_bytes, dtype=np.uint8)
        kernels.gather_words(self.arrays, entries, out)
        return tuple(out.tobytes().decode().split("\n")[:-1])

    def order(self, entries: np.ndarray) -> np.ndarray:
        """The given entries sorted by falling count, ties by the bytes of the words."""
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
        if 2 * len(self.arrays.lengths) <= self.max_entries:
            self._grow()
        else:
            self._drop_rare()

    def _drop_rare(self) -> None:
        """Raises `min_kept` until at least half of the words go."""
        counts = self.counts
        self.min_kept = max(self.min_kept + 1, int(np.median(counts)) + 1)
        kept = np.flatnonzero(counts >= self.min_kept)
        kernels.keep_entries(self.arrays, kept)
        self.arrays.slots[:] = 0
        kernels.fill_slots(self.arrays, counts[kept])

    def _grow(self) -> None:
        """Twice the entries, and twice the chunks that they take today."""
        counts, old, n_entries = self.counts, self.arrays, len(self)
        n_chunks = int(old.starts[n_entries])
        self.arrays = _allocate(2 * len(old.slots), 2 * max(len(old.slots), n_chunks))
        self.arrays.starts[: n_entries + 1] = old.starts[: n_entries + 1]
        self.arrays.lengths[:n_entries] = old.lengths[:n_entries]
        self.arrays.chunks[:n_chunks] = old.chunks[:n_chunks]
        self.arrays.size[0] = n_entries
        kernels.fill_slots(self.arrays, counts)


def table_of(words: tuple[str, ...]) -> GrowingTable:
    """A table whose entries are the given words, in their order, with counts 0."""
    data = "\n".join(words).encode()
    table = GrowingTable()
    table.encode(pad(data), len(data), np.empty(len(data) + 1, dtype=np.int32), np.zeros(6, dtype=np.int64))
    table.clear_counts()
    return table


def _allocate(n_slots: int, n_chunks: int) -> kernels.WordTable:
    """An empty table, full when three quarters of the slots are taken."""
    n_entries = n_slots // 4 * 3
    return kernels.WordTable(
        slots=np.zeros((n_slots, 4), dtype=np.uint64),
        starts=np.zeros(n_entries + 1, dtype=np.int64),
        lengths=np.zeros(n_entries, dtype=np.int32),
        chunks=np.zeros(n_chunks, dtype=np.uint64),
        size=np.zeros(1, dtype=np.int64),
    )
