"""Sources into an encoded corpus on disk: parse once, merge the tables, order the words, remap the ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpora import kernels
from corpora.errors import InputError, MemoryLimitError
from corpora.parsing import Parse, parse_sources
from corpora.sources import Source
from corpora.storage import open_new, sync
from corpora.text import TextOptions
from corpora.token_files import MAX_SENTENCE, WrittenTokens, write_tokens
from corpora.vocabulary import Vocabulary
from corpora.word_table import BYTES_PER_ENTRY, GrowingTable, table_of

FORMAT_VERSION = 1


class PrepareOptions(NamedTuple):
    """What decides the encoded corpus, beside its sources.

    Args:
        text: how bytes become words.
        min_count: words that occur less often are left out.
        max_words: the most frequent words to keep; None keeps all.
    """

    text: TextOptions = TextOptions()
    min_count: int = 5
    max_words: int | None = None


def encode_sources(
    sources: list[Source],
    options: PrepareOptions,
    folder: Path,
    *,
    vocabulary: Vocabulary | None = None,
    n_threads: int,
    max_table_bytes: int,
    report: Callable[[int], None] | None = None,
) -> Vocabulary:
    """Writes words.txt, counts, tokens, offsets and corpus.json into a folder; returns the vocabulary.

    Memory is bounded by the vocabulary: the ids go through the disk.

    Args:
        sources: read in this order.
        options: what decides the result.
        folder: exists and is empty.
        vocabulary: encode its words alone and keep its counts; by default the corpus is counted.
        n_threads: threads that parse.
        max_table_bytes: memory for distinct words of all threads. Beyond it rare words are dropped while
            counting, and the corpus is read a second time to count and encode those that are left.
        report: gets the packed bytes read so far.

    Raises:
        InputError: a source is unreadable, empty or no text; or fewer than two words are left.
        MemoryLimitError: the distinct words of a stream, which cannot be read twice, do not fit.
        StorageError: the folder cannot be written.
    """
    parse, given = _count(sources, options, folder, vocabulary, n_threads, max_table_bytes, report)
    table, thread_entries = _merge(parse)
    _require_words(parse, sources)
    if given is None:
        counts = table.counts
        order = table.order(np.flatnonzero(counts >= options.min_count))[: options.max_words]
        given = Vocabulary(table.words(order), counts[order])
        _require_two(len(given), counts, options, "the corpus")
    else:
        order = np.arange(len(given))  # the tables were filled with its words, in their order
    word_ids = np.full(len(table), -1, dtype=np.int32)
    word_ids[order] = np.arange(len(order), dtype=np.int32)
    written = write_tokens(parse, [word_ids[entries] for entries in thread_entries], folder, n_threads)
    if written.n_tokens == 0:
        raise InputError(
            "V11",
            f"0 of {_n_words(parse):,} corpus words are in the vocabulary",
            path=sources[0].name,
            fix="use the vocabulary of this corpus, made with the same --lowercase and --tokenizer",
        )
    words = "\n".join(given.words).encode()
    summary = _summary(parse, table, given, words, written, options)
    summary["sources"] = [source.fingerprint for source in sources]
    _write(folder / "words.txt", words)
    _write(folder / "counts.i64", given.counts.tobytes())
    _write(folder / "corpus.json", json.dumps(summary, indent=1).encode())
    return given


def _count(
    sources: list[Source],
    options: PrepareOptions,
    folder: Path,
    vocabulary: Vocabulary | None,
    n_threads: int,
    max_table_bytes: int,
    report: Callable[[int], None] | None,
) -> tuple[Parse, Vocabulary | None]:
    """Parses once, or twice where the distinct words do not fit; returns the vocabulary if it was given."""
    if vocabulary is not None:
        given = vocabulary.prune(min_count=options.min_count, max_words=options.max_words)
        _require_two(len(given), vocabulary.counts, options, "the vocabulary")
        parse = _encode_known(sources, options, given.words, folder, n_threads, report)
        return parse, given
    max_entries = max_table_bytes // BYTES_PER_ENTRY // n_threads
    tables = [GrowingTable(max_entries=max_entries) for _ in range(n_threads)]
    parse = parse_sources(sources, options.text, tables, folder, report=report)
    if parse.is_complete:
        return parse, None
    if any(source.is_stream for source in sources):
        raise MemoryLimitError(
            "V05",
            f"more distinct words than fit into {max_table_bytes >> 20} MiB; a stream cannot be read twice",
            fix="raise --max-vocab-memory, or save the stream to a file",
        )
    return _recount(parse, sources, options, folder, report), None


def _recount(
    parse: Parse,
    sources: list[Source],
    options: PrepareOptions,
    folder: Path,
    report: Callable[[int], None] | None,
) -> Parse:
    """The second reading, for the words that survived the first; their counts are exact again."""
    table, _ = _merge(parse)
    words = table.words(np.arange(len(table)))
    lowest = max(table.min_kept for table in parse.tables)
    again = _encode_known(sources, options, words, folder, len(parse.tables), report)
    remark = (
        f"too many distinct words for the memory limit: some that occur less than {lowest:,} times in a part "
        f"of the corpus were dropped, {again.totals[kernels.N_UNKNOWN]:,} occurrences in all; raise "
        "--max-vocab-memory to keep them"
    )
    again.remarks[:] = [*parse.remarks, remark]
    return again


def _encode_known(
    sources: list[Source],
    options: PrepareOptions,
    words: tuple[str, ...],
    folder: Path,
    n_threads: int,
    report: Callable[[int], None] | None,
) -> Parse:
    tables = [table_of(words) for _ in range(n_threads)]
    if tables[0].words(np.arange(len(tables[0]))) != words:
        raise ValueError("a word of the vocabulary is empty, too long, or holds a blank")
    return parse_sources(sources, options.text, tables, folder, may_insert=False, report=report)


def _merge(parse: Parse) -> tuple[GrowingTable, list[np.ndarray]]:
    """One table of all words, and for each thread the entries in it of its own entries."""
    table, *others = parse.tables
    own = np.arange(len(table), dtype=np.int32)
    return table, [own, *(table.merge(other) for other in others)]


def _write(path: Path, data: bytes) -> None:
    with open_new(path) as file:
        file.write(data)
        sync(file)


def _n_words(parse: Parse) -> int:
    totals = parse.totals
    return int(totals[kernels.N_IDS] - totals[kernels.N_ENDS] + totals[kernels.N_UNKNOWN])


def _summary(
    parse: Parse,
    table: GrowingTable,
    vocabulary: Vocabulary,
    words: bytes,
    written: WrittenTokens,
    options: PrepareOptions,
) -> dict[str, object]:
    totals = parse.totals
    words_digest = hashlib.sha256(words + vocabulary.counts.tobytes()).hexdigest()
    return {
        "format_version": FORMAT_VERSION,
        "words": _n_words(parse),
        "tokens": written.n_tokens,
        "sentences": written.n_sentences,
        "vocabulary": len(vocabulary),
        "word_bytes": len(words),
        "distinct_words": len(table),
        "lines": int(totals[kernels.N_LINES]),
        "lines_split": written.n_split,
        "words_too_long": int(totals[kernels.N_TOO_LONG]),
        "nul_bytes": int(totals[kernels.N_NUL]),
        "places_replaced": parse.n_replaced,
        "min_count": options.min_count,
        "text": options.text._asdict(),
        "digest": hashlib.sha256((written.digest + words_digest).encode()).hexdigest(),
        "remarks": [*parse.remarks, *_remarks(parse, written, vocabulary, words)],
    }


def _remarks(parse: Parse, written: WrittenTokens, vocabulary: Vocabulary, words: bytes) -> list[str]:
    totals = parse.totals
    remarks = []
    if written.n_split:
        remarks.append(
            f"{written.n_split:,} lines of more than {MAX_SENTENCE:,} words were split into sentences"
        )
    if totals[kernels.N_TOO_LONG]:
        remarks.append(f"{totals[kernels.N_TOO_LONG]:,} words of more than 1,000 bytes were dropped")
    if totals[kernels.N_NUL]:
        remarks.append(f"{totals[kernels.N_NUL]:,} zero bytes were read as blanks")
    if parse.n_replaced:
        remarks.append(f"U+FFFD was put in {parse.n_replaced:,} places that are not UTF-8")
    if "\ufeff".encode() in words:
        marked = [i for i, word in enumerate(vocabulary.words) if "\ufeff" in word]
        remarks.append(
            f"a byte-order mark is part of {int(vocabulary.counts[marked].sum()):,} words inside the text"
        )
    return remarks


def _require_words(parse: Parse, sources: list[Source]) -> None:
    if _n_words(parse):
        return
    n_lines = int(parse.totals[kernels.N_LINES])
    name = sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
    if not parse.blocks:
        raise InputError("C02", "the corpus is empty", path=name, fix="pass a file with text in it")
    raise InputError("C03", f"0 words in {n_lines:,} lines", path=name, fix="pass a file with text in it")


def _require_two(n_words: int, counts: np.ndarray, options: PrepareOptions, name: str) -> None:
    """Raises InputError if fewer than two words are left of those with the given counts."""
    if n_words >= 2:
        return
    if len(counts) == 1:
        raise InputError(
            "V02",
            f"negative sampling needs at least 2 distinct words, {name} has 1",
            fix="pass text with more than one word in it",
        )
    raise InputError(
        "V01",
        f"{len(counts):,} distinct words in {name}, the most frequent occurs {counts.max(initial=0):,} "
        f"times, min-count is {options.min_count}: {n_words} words are left, and training needs 2",
        fix="lower --min-count, or pass more text",
    )
