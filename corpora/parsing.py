"""One parallel parse of a corpus: every thread counts into its own table and writes provisional ids.

The threads take blocks from one generator in turn, so a slow decompressor or a pipe feeds them all, and no
more blocks are in memory than there are threads. A provisional id is an entry of the thread's own table.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from corpora import kernels
from corpora.disk import perform
from corpora.sources import Source, require_unchanged
from corpora.storage import open_new
from corpora.text import BLOCK_BYTES, Block, TextOptions, invalid_utf8, read_blocks, rewrite_text
from corpora.threads import run_threads
from corpora.word_table import GrowingTable


class EncodedBlock(NamedTuple):
    """Where the provisional ids of one block lie.

    Args:
        order: the place of the block in the corpus.
        thread: whose table its ids are entries of, and whose file it lies in.
        offset: the byte in that file.
        n_ids: ids and sentence ends.
        n_ends: sentence ends alone.
        starts_source: whether it is the first block of a source, which ends the sentence before it.
    """

    order: int
    thread: int
    offset: int
    n_ids: int
    n_ends: int
    starts_source: bool


class Parse(NamedTuple):
    """What a parse leaves: a table and a file of ids for each thread, and how they join.

    Args:
        tables: one a thread.
        files: open files of provisional int32 ids, one a thread, deleted already under their names.
        blocks: every block, in the order of the corpus.
        totals: int64 (6,), what the kernels counted; see `kernels.N_IDS` and its neighbours.
        n_replaced: places that were not UTF-8 and became U+FFFD.
        is_complete: False where tables lost rare words to the memory limit: then the ids mean nothing.
        remarks: lines for the user.
    """

    tables: list[GrowingTable]
    files: list[BinaryIO]
    blocks: list[EncodedBlock]
    totals: np.ndarray
    n_replaced: int
    is_complete: bool
    remarks: list[str]


def parse_sources(
    sources: list[Source],
    options: TextOptions,
    tables: list[GrowingTable],
    folder: Path,
    *,
    may_insert: bool = True,
    report: Callable[[int], None] | None = None,
) -> Parse:
    """Counts and encodes all sources with one thread for each of the given tables.

    Args:
        sources: read in this order.
        options: how bytes become words.
        tables: changed in place.
        folder: where the provisional ids are written.
        may_insert: False encodes the words of the tables alone.
        report: gets the packed bytes read so far, every tenth of a second.

    Raises:
        InputError: a source cannot be read or is not text.
        StorageError: the ids cannot be written.
    """
    feed = _Feed(sources)
    workers = [_Worker(thread, table, options, folder, may_insert) for thread, table in enumerate(tables)]

    def work(thread: int, stop: threading.Event) -> None:
        while not stop.is_set() and (item := feed.take()) is not None:
            workers[thread].encode(*item)

    run_threads(work, len(tables), poll=None if report is None else lambda: report(feed.n_packed))
    for worker in workers:
        worker.file.flush()  # the ids are read back by descriptor, which does not see the buffer
    totals = np.sum([worker.totals for worker in workers], axis=0)
    totals[kernels.N_TOO_LONG] += feed.n_dropped
    return Parse(
        tables,
        [worker.file for worker in workers],
        sorted(block for worker in workers for block in worker.blocks),
        totals,
        sum(worker.n_replaced for worker in workers),
        all(table.min_kept == 1 for table in tables),
        feed.remarks,
    )


class _Feed:
    """Hands blocks out one at a time, each with its place in the corpus."""

    def __init__(self, sources: list[Source]) -> None:
        self.n_packed = 0
        self.n_dropped = 0
        self.remarks: list[str] = []
        self._lock = threading.Lock()
        self._order = 0
        self._blocks = self._read(sources)

    def take(self) -> tuple[int, Block, bool] | None:
        with self._lock:
            item = next(self._blocks, None)
            if item is None:
                return None
            block, starts_source = item
            self._order += 1
            self.n_dropped += block.n_dropped
            return self._order - 1, block, starts_source

    def _read(self, sources: list[Source]) -> Iterator[tuple[Block, bool]]:
        n_packed_before = 0
        for source in sources:
            starts_source = True
            for block in read_blocks(source, self.remarks):
                self.n_packed = n_packed_before + block.n_packed
                yield block, starts_source
                starts_source = False
            require_unchanged(source)
            n_packed_before += source.size


class _Worker:
    """What one thread owns: its table, its file of ids, and its counters."""

    def __init__(
        self, thread: int, table: GrowingTable, options: TextOptions, folder: Path, may_insert: bool
    ) -> None:
        self.thread = thread
        self.table = table
        self.options = options
        self.may_insert = may_insert
        self.blocks: list[EncodedBlock] = []
        self.totals = np.zeros(6, dtype=np.int64)
        self.n_replaced = 0
        self.file = _open_unnamed(folder / f"ids-{thread}")
        self._ids = np.empty(BLOCK_BYTES + 1, dtype=np.int32)
        self._offset = 0

    def encode(self, order: int, block: Block, starts_source: bool) -> None:
        rewritten = block
        if self.options.rewrites_text or self.options.encoding_errors != "strict":
            rewritten = rewrite_text(block, self.options)
            if len(self._ids) <= rewritten.n_bytes:
                self._ids = np.empty(rewritten.n_bytes + 1, dtype=np.int32)
        totals = np.zeros(6, dtype=np.int64)
        bad = self.table.encode(
            rewritten.text, rewritten.n_bytes, self._ids, totals, may_insert=self.may_insert
        )
        if bad >= 0:
            raise invalid_utf8(rewritten, bad)
        n_ids = int(totals[kernels.N_IDS])
        if self.table.min_kept == 1:
            self.file.write(memoryview(self._ids[:n_ids]).cast("B"))
        n_ends = int(totals[kernels.N_ENDS])
        self.blocks.append(EncodedBlock(order, self.thread, self._offset, n_ids, n_ends, starts_source))
        self._offset += 4 * n_ids
        self.totals += totals
        self.n_replaced += rewritten.n_replaced


def _open_unnamed(path: Path) -> BinaryIO:
    """A file that vanishes with the process, whatever happens to it."""
    file = open_new(path)
    perform(os.unlink, path)
    return file
