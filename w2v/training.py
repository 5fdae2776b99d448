"""train(): epochs, learning rate, progress, and the guard against vectors that are no numbers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from corpora.corpus import Corpus
from corpora.errors import DivergedError, InputError
from corpora.threads import POLL_SECONDS
from corpora.windows import WindowSampler
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.initialization import Rows, initial_rows
from w2v.memory import require_memory
from w2v.vectors import Vectors

if TYPE_CHECKING:
    from w2v.tables import EmbeddingTables

FEWEST_TOKENS = 100
LARGEST_VALUE = 1e3  # trained vectors stay far below 100
GUARD_SECONDS = 2.0
GUARD_ROWS = 10_000  # the most frequent words, which diverge first


class Progress(NamedTuple):
    """Where a training stands; `report` gets one up to ten times a second.

    Args:
        epoch: counted from 1.
        epochs: in all.
        tokens_done: over all epochs, before subsampling.
        tokens_total: likewise.
        learning_rate: of the chunk begun last.
        seconds: since the first step, compilation left out.
    """

    epoch: int
    epochs: int
    tokens_done: int
    tokens_total: int
    learning_rate: float
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Raw tokens, those before subsampling, per second so far."""
        return self.tokens_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        left = self.tokens_total - self.tokens_done
        return left / self.tokens_per_second if self.tokens_done else float("inf")


class Engine(Protocol):
    """What train() asks of an engine; `w2v.engines.hogwild.HogwildEngine` is one."""

    architecture: str

    def describe(self) -> dict[str, object]:
        """What the vectors' metadata says of the engine."""

    def compile(self, sampler: WindowSampler, tables: EmbeddingTables | Rows) -> None:
        """Makes ready whatever the first step would otherwise wait for."""

    def run_epoch(
        self,
        tables: EmbeddingTables | Rows,
        sampler: WindowSampler,
        epoch: int,
        *,
        learning_rates: np.ndarray,
        poll: Callable[[int], None],
    ) -> None:
        """Takes one step for each window of an epoch, calling `poll` with the chunks begun now and then."""


def train(
    corpus: Corpus,
    config: TrainConfig | None = None,
    *,
    engine: Engine | None = None,
    tables: EmbeddingTables | Rows | None = None,
    report: Callable[[Progress], None] | None = None,
) -> Vectors:
    """Trains vectors for the words of a corpus.

    Args:
        corpus: from `Corpus.prepare` or `Corpus.from_sentences`.
        config: settings; the defaults of `TrainConfig` where None.
        engine: what takes the steps; a `HogwildEngine` on all cores where None.
        tables: V rows of D columns to go on from, changed in place: `EmbeddingTables`, or plain `Rows`, which
            need no torch; new rows where None.
        report: called up to ten times a second, and at the end. What it raises ends the training.

    Returns:
        The input rows as vectors, sharing the memory of `tables`.

    Raises:
        TypeError: `corpus` is not a Corpus, or `config` not a TrainConfig.
        ValueError: `tables` are of another shape, or `engine` of another architecture, than is asked for.
        InputError: next to nothing is left of the corpus after subsampling.
        MemoryLimitError: the tables would not fit into memory.
        DivergedError: a value stopped being a number, or grew beyond all use.
    """
    _require_types(corpus, config)
    config = config or TrainConfig()
    engine = engine or HogwildEngine(config.architecture)
    if engine.architecture != config.architecture:
        raise ValueError(
            f"the config asks for {config.architecture}, the engine takes {engine.architecture} steps"
        )
    sampler = WindowSampler(
        corpus,
        window=config.window,
        negatives=config.negatives,
        subsample=config.subsample,
        noise_exponent=config.noise_exponent,
        seed=config.seed,
        share_negatives=config.negatives_per == "window",
        shrink=not config.fixed_window,
    )
    _require_tokens(sampler, config.subsample)
    if tables is None:
        require_memory(len(corpus.vocabulary), config.dim)
        tables = initial_rows(len(corpus.vocabulary), config.dim, seed=config.seed)
    elif tables.input_rows.shape != (len(corpus.vocabulary), config.dim):
        raise ValueError(
            f"tables must be ({len(corpus.vocabulary)}, {config.dim}), got {tables.input_rows.shape}"
        )
    engine.compile(sampler, tables)
    schedule = _Schedule(sampler.chunk_starts, config.epochs, config.learning_rate, config.min_learning_rate)
    watch = _Watch(corpus, tables, schedule, report)
    for epoch in range(config.epochs):
        watch.begin(epoch)
        engine.run_epoch(tables, sampler, epoch, learning_rates=watch.rates, poll=watch.look)
    _require_finite(tables, slice(None))
    return Vectors(
        corpus.vocabulary.words,
        tables.input_rows,
        corpus.vocabulary.counts,
        _metadata(sampler, config, engine),
    )


class _Schedule:
    """The learning rate falls in proportion to the tokens before a chunk, over all epochs."""

    def __init__(self, chunk_starts: np.ndarray, epochs: int, first: float, last: float) -> None:
        self.chunk_starts = chunk_starts
        self.epochs = epochs
        self.first = first
        self.last = last

    @property
    def tokens_per_epoch(self) -> int:
        return int(self.chunk_starts[-1])

    def learning_rates(self, epoch: int) -> np.ndarray:
        """float64 (n_chunks,)."""
        done = (epoch + self.chunk_starts[:-1] / self.tokens_per_epoch) / self.epochs
        return self.first - (self.first - self.last) * done


class _Watch:
    """Looks at a training from the calling thread: tells progress, and stops what has diverged."""

    def __init__(
        self,
        corpus: Corpus,
        tables: EmbeddingTables | Rows,
        schedule: _Schedule,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self.corpus = corpus
        self.tables = tables
        self.schedule = schedule
        self.report = report
        self.started = time.monotonic()
        self.guarded = self.started
        self.reported = -float("inf")

    def begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.rates = self.schedule.learning_rates(epoch)

    def _is_end(self, chunks_begun: int) -> bool:
        return self.epoch + 1 == self.schedule.epochs and chunks_begun == len(self.rates)

    def look(self, chunks_begun: int) -> None:
        now = time.monotonic()
        if now - self.guarded > GUARD_SECONDS:
            _require_finite(self.tables, slice(GUARD_ROWS))
            self.corpus.release_memory()
            self.guarded = now
        if self.report is None or (now - self.reported < POLL_SECONDS and not self._is_end(chunks_begun)):
            return
        self.reported = now
        per_epoch = self.schedule.tokens_per_epoch
        self.report(
            Progress(
                self.epoch + 1,
                self.schedule.epochs,
                self.epoch * per_epoch + int(self.schedule.chunk_starts[chunks_begun]),
                self.schedule.epochs * per_epoch,
                float(self.rates[min(chunks_begun, len(self.rates) - 1)]),
                now - self.started,
            )
        )


def _require_types(corpus: Corpus, config: TrainConfig | None) -> None:
    if not isinstance(corpus, Corpus):
        raise TypeError(f"train needs a Corpus, got {type(corpus).__name__}; use Corpus.prepare([path])")
    if not isinstance(config, (TrainConfig, type(None))):
        raise TypeError(f"train needs a TrainConfig, got {type(config).__name__}; use TrainConfig(dim=...)")


def _require_tokens(sampler: WindowSampler, subsample: float) -> None:
    n_left = int(sampler.effective_tokens)
    if n_left < FEWEST_TOKENS:
        raise InputError(
            "T07",
            f"about {n_left} of {sampler.corpus.n_tokens:,} words are left after subsampling at "
            f"{subsample:g}, training needs {FEWEST_TOKENS}",
            fix="raise --subsample (0 keeps every word), or pass more text",
        )


def _require_finite(tables: EmbeddingTables | Rows, rows: slice) -> None:
    for name, table in (("input", tables.input_rows), ("output", tables.output_rows)):
        part = table[rows]
        largest = max(-float(part.min()), float(part.max()))  # NaN if any value is
        if not largest <= LARGEST_VALUE:
            raise DivergedError(
                "T14",
                f"training diverged: the {name} table holds values as large as {largest:g}",
                fix="lower --learning-rate; the default suits most texts",
            )


def _metadata(sampler: WindowSampler, config: TrainConfig, engine: Engine) -> dict[str, object]:
    from w2v import __version__

    corpus = sampler.corpus
    return {
        "w2v_version": __version__,
        "config": asdict(config),
        "engine": engine.describe(),
        "corpus": {
            "digest": corpus.digest,
            "tokens": corpus.n_tokens,
            "effective_tokens": round(sampler.effective_tokens),
            "sentences": corpus.n_sentences,
            "sources": [os.path.basename(path) for path, _, _ in corpus.summary.get("sources", [])],
            "min_count": corpus.summary.get("min_count"),
            "text": corpus.summary.get("text"),
        },
    }
