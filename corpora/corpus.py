"""An encoded corpus: all token ids and where sentences start, memory-mapped; prepared once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from corpora.cache import cache_folder, entry_name, is_whole, remove_outdated
from corpora.control_groups import memory_left
from corpora.errors import InputError, StorageError
from corpora.preparing import PrepareOptions, encode_sources
from corpora.sources import find_sources
from corpora.storage import make_folder, write_folder
from corpora.text import ENCODING_ERRORS, TOKENIZERS, TextOptions
from corpora.threads import default_threads
from corpora.token_files import MAX_SENTENCE
from corpora.vocabulary import Vocabulary

MOST_THREADS = 16  # one thread reads for all of them, and more would wait for it
TABLE_SHARE = 4  # distinct words may take a quarter of the machine's memory while they are counted


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """The tokens of a text as word ids, and the sentences they stand in.

    Args:
        vocabulary: V words.
        tokens: int32 (N,), ids below V.
        offsets: int64 (S + 1,): sentence s is tokens[offsets[s]:offsets[s + 1]], never empty.
        digest: a SHA-256 in hexadecimal over tokens, lines, words and counts, the same for the same text.
        summary: what was met while it was prepared.
        is_cached: whether it was found prepared.
        folder: where it is kept for other runs, if it is.
    """

    vocabulary: Vocabulary
    tokens: np.ndarray
    offsets: np.ndarray
    digest: str = ""
    summary: Mapping[str, object] = field(default_factory=dict)
    is_cached: bool = False
    folder: Path | None = None
    _mappings: tuple[mmap.mmap, ...] = ()  # of tokens and offsets, where they are files
    _folder: tempfile.TemporaryDirectory | None = None  # of a corpus that nobody else can use again

    def __repr__(self) -> str:
        n_words = len(self.vocabulary)
        return f"Corpus({self.n_tokens:,} tokens, {self.n_sentences:,} sentences, {n_words:,} words)"

    @property
    def n_tokens(self) -> int:
        """Tokens whose word is in the vocabulary."""
        return len(self.tokens)

    @property
    def n_sentences(self) -> int:
        """Sentences that hold a token."""
        return len(self.offsets) - 1

    @classmethod
    def prepare(
        cls,
        paths: Sequence[str | os.PathLike[str]],
        *,
        min_count: int = 5,
        max_words: int | None = None,
        text: TextOptions = TextOptions(),  # noqa: B008 - a NamedTuple, which nothing can change
        vocabulary: Vocabulary | None = None,
        cache: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        max_table_bytes: int | None = None,
        report: Callable[[int, int], None] | None = None,
    ) -> Corpus:
        """Reads, counts and encodes a text once; finds the result again when nothing has changed.

        Args:
            paths: files, folders, globs, or "-" for standard input.
            min_count: words that occur less often are left out.
            max_words: the most frequent words to keep; None keeps all.
            text: how bytes become words.
            vocabulary: encode the words of this vocabulary, with its counts, instead of counting.
            cache: folder for the encoded corpus; by default .w2v-cache beside the first file, or in the
                user's cache folder where that cannot be written to.
            threads: threads that parse; by default as many as there are cores, up to 16.
            max_table_bytes: memory for distinct words while counting; by default a quarter of the machine's.
            report: gets (bytes read, bytes in all) every tenth of a second; all is 0 for a stream.

        Raises:
            ValueError: an option is out of range, or no path is given.
            InputError: the text is missing, empty, damaged, or has too few words.
            StorageError: the cache cannot be written.
            MemoryLimitError: the distinct words of a stream do not fit into memory.
        """
        _require_options(min_count, max_words, text, threads)
        sources = find_sources(paths)
        options = PrepareOptions(text, min_count, max_words)
        is_stream = any(source.is_stream for source in sources)
        scratch = _scratch_folder(cache) if is_stream else None
        folder = Path(scratch.name) if scratch else cache_folder(sources, cache)
        target = folder / entry_name(sources, options, vocabulary)
        if is_whole(target):
            return cls.load(target)
        total = sum(source.size for source in sources)
        with _cache_errors(cache), write_folder(target) as unfinished:
            counted = encode_sources(
                sources,
                options,
                unfinished,
                vocabulary=vocabulary,
                n_threads=threads or min(default_threads(), MOST_THREADS),
                max_table_bytes=max_table_bytes or _memory_bytes() // TABLE_SHARE,
                report=None
                if report is None
                else lambda n_packed: report(n_packed, 0 if is_stream else total),
            )
        remove_outdated(target, sources)
        return cls._open(target, counted, scratch=scratch)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Corpus:
        """Opens an encoded corpus; tokens and offsets are mapped, not read.

        Raises:
            InputError: the folder holds no whole encoded corpus of this version.
        """
        folder = Path(folder)
        if not is_whole(folder):
            raise InputError(
                "C20", "not a whole encoded corpus", path=folder, fix="remove the folder and prepare it again"
            )
        words = tuple((folder / "words.txt").read_bytes().decode().split("\n"))
        vocabulary = Vocabulary(words, np.fromfile(folder / "counts.i64", dtype=np.int64))
        return cls._open(folder, vocabulary, is_cached=True)

    @classmethod
    def _open(
        cls,
        folder: Path,
        vocabulary: Vocabulary,
        *,
        is_cached: bool = False,
        scratch: tempfile.TemporaryDirectory | None = None,
    ) -> Corpus:
        summary = json.loads((folder / "corpus.json").read_bytes())
        tokens, offsets = _map(folder / "tokens.i32"), _map(folder / "offsets.i64")
        return cls(
            vocabulary,
            np.frombuffer(tokens, dtype=np.int32),
            np.frombuffer(offsets, dtype=np.int64),
            summary["digest"],
            summary,
            is_cached,
            None if scratch else folder,
            (tokens, offsets),
            scratch,
        )

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sequence[str]], *, min_count: int = 5) -> Corpus:
        """A corpus of sentences in memory, such as sessions of items; a token may be any string.

        Args:
            sentences: read once, so a generator will do; each a list of words.
            min_count: words that occur less often are left out.

        Raises:
            TypeError: `sentences` or one of them is a string, which would be read letter by letter.
            InputError: fewer than two words are left.
        """
        if isinstance(sentences, (str, bytes)):
            raise TypeError(
                "pass a list of sentences, each a list of words; for a file use Corpus.prepare([path])"
            )
        entries: dict[str, int] = {}
        encoded = [_encode_sentence(sentence, entries) for sentence in sentences]
        counts = np.bincount(np.concatenate([*encoded, np.empty(0, np.int32)]), minlength=len(entries))
        pairs = zip(entries, counts.tolist(), strict=True)
        vocabulary = Vocabulary.from_counts((word, count) for word, count in pairs if count >= min_count)
        if len(vocabulary) < 2:
            raise InputError(
                "V01",
                f"{len(entries):,} distinct words, {len(vocabulary)} occur min_count={min_count} times",
                fix="lower min_count, or pass more sentences",
            )
        word_ids = np.array([vocabulary.ids.get(word, -1) for word in entries], dtype=np.int32)
        kept = [word_ids[sentence][word_ids[sentence] >= 0] for sentence in encoded]
        kept = [
            sentence[i : i + MAX_SENTENCE] for sentence in kept for i in range(0, len(sentence), MAX_SENTENCE)
        ]
        offsets = np.concatenate([[0], np.cumsum([len(sentence) for sentence in kept])]).astype(np.int64)
        tokens = np.concatenate(kept)
        digest = hashlib.sha256("\n".join(vocabulary.words).encode() + tokens.tobytes() + offsets.tobytes())
        return cls(vocabulary, tokens, offsets, digest.hexdigest())

    def release_memory(self) -> None:
        """Lets go of what was read so far of the files, which would count as memory of the process."""
        for mapping in self._mappings:
            if hasattr(mapping, "madvise"):
                mapping.madvise(mmap.MADV_DONTNEED)

    def shard(self, rank: int, n_shards: int) -> Corpus:
        """Part `rank` of `n_shards` of about equal length: whole sentences, a view, the same vocabulary.

        Raises:
            ValueError: `rank` is not one of 0 to n_shards - 1.
        """
        if not 0 <= rank < n_shards:
            raise ValueError(f"rank must be 0 to {n_shards - 1}, got {rank}")
        cuts = [self.n_tokens * r // n_shards for r in (rank, rank + 1)]
        first, last = np.searchsorted(self.offsets, cuts, side="left")
        offsets = self.offsets[first : last + 1]
        digest = f"{self.digest}:{rank}/{n_shards}"
        tokens = self.tokens[offsets[0] : offsets[-1]]
        return Corpus(self.vocabulary, tokens, offsets - offsets[0], digest, _mappings=self._mappings)


def _map(path: Path) -> mmap.mmap:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _encode_sentence(sentence: Sequence[str], entries: dict[str, int]) -> np.ndarray:
    if isinstance(sentence, (str, bytes)):
        raise TypeError(f"each sentence must be a list of words, got the string {sentence[:40]!r}")
    words = [word if type(word) is str else _plain(word) for word in sentence]
    return np.array([entries.setdefault(word, len(entries)) for word in words], dtype=np.int32)


def _plain(word: object) -> str:
    if not isinstance(word, str):
        raise TypeError(f"a word is a string, got {type(word).__name__} {word!r}; use str(...) of it")
    return str(word)  # such as NumPy's


def _scratch_folder(cache: str | os.PathLike[str] | None) -> tempfile.TemporaryDirectory:
    """A folder that vanishes with the corpus of a stream, which nobody can use again."""
    folder = tempfile.gettempdir() if cache is None else cache
    make_folder(folder)
    return tempfile.TemporaryDirectory(prefix="w2v-", dir=folder)


def _require_options(min_count: int, max_words: int | None, text: TextOptions, threads: int | None) -> None:
    if min_count < 1:
        raise ValueError(f"min_count must be 1 or more, got {min_count}")
    if max_words is not None and max_words < 2:
        raise ValueError(f"max_words must be 2 or more, got {max_words}")
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be 1 or more, got {threads}")
    if text.tokenizer not in TOKENIZERS:
        raise ValueError(f"tokenizer must be one of {', '.join(TOKENIZERS)}, got {text.tokenizer!r}")
    if text.encoding_errors not in ENCODING_ERRORS:
        raise ValueError(
            f"encoding_errors must be one of {', '.join(ENCODING_ERRORS)}, got {text.encoding_errors!r}"
        )


@contextlib.contextmanager
def _cache_errors(cache: str | os.PathLike[str] | None) -> Iterator[None]:
    """Names another way out where nobody has said where the encoded text is to be."""
    try:
        yield
    except StorageError as error:
        if cache is not None:
            raise
        fix = "make room, or keep the encoded text on another disk with --cache DIR"
        raise StorageError(error.identifier, error.problem, path=error.path, fix=fix) from error


def _memory_bytes() -> int:
    """Of the machine, or what is left within the limit of a container."""
    machine = 8 << 30
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(machine, memory_left())
