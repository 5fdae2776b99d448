"""train(): from a corpus to vectors, through an engine that takes the steps."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpora.corpus import Corpus
from corpora.errors import DivergedError, InputError
from corpora.windows import CHUNK_TOKENS, WindowSampler
from w2v.checkpoint import Checkpoints
from w2v.config import TrainConfig
from w2v.continuation import AbsentWords, describe_model
from w2v.engines.hogwild import HogwildEngine
from w2v.engines.protocol import Engine
from w2v.holdout import chunk_tokens, split_heldout
from w2v.initialization import Rows, initial_rows, put_vectors
from w2v.memory import require_memory
from w2v.patience import BestEpoch
from w2v.saving import Place, Saver, identify, resumed_rows
from w2v.schedule import Schedule
from w2v.vectors import Vectors
from w2v.watch import Progress, Watch, require_finite

if TYPE_CHECKING:
    from corpora.vocabulary import Vocabulary
    from w2v.tables import EmbeddingTables

FEWEST_TOKENS = 100
MOST_SOURCES = 100  # named in the metadata, for which a file of vectors has no endless room


def train(
    corpus: Corpus,
    config: TrainConfig | None = None,
    *,
    engine: Engine | None = None,
    tables: EmbeddingTables | Rows | None = None,
    init_vectors: Vectors | None = None,
    keep_absent: bool = False,
    report: Callable[[Progress], object] | None = None,
    checkpoints: Checkpoints | None = None,
    keep_output: bool = False,
) -> Vectors:
    """Trains vectors for the words of a corpus.

    Args:
        corpus: from `Corpus.prepare` or `Corpus.from_sentences`.
        config: settings; the defaults of `TrainConfig` where None.
        engine: what takes the steps; a `HogwildEngine` on all cores where None.
        tables: V rows of D columns to go on from, changed in place: `EmbeddingTables`, or plain `Rows`, which
            need no torch; new rows where None.
        init_vectors: what the new rows of words of the same name start from, output rows as well where the
            vectors have an `output`; the others start as `config.init` says. `metadata["init_vectors"]`
            tells how many were found, and what they come from.
        keep_absent: give the words of `init_vectors` that the corpus lacks, too, with their rows and counts
            as they were; the counts of words of both are added up.
        report: called up to ten times a second, and at the end of every epoch. What it raises ends the
            training; `StopTraining` does so in good order, and the vectors are returned as they are then.
        checkpoints: saves the training now and then, when it ends, and when `report` stops it; goes on from
            the checkpoint that it has `resumed`.
        keep_output: give the vectors their `output`, the other table, too.

    Returns:
        The input rows as vectors, sharing the memory of `tables` unless absent words are kept; with
            `config.patience`, those of the epoch with the lowest held-out loss. `metadata["training"]` tells
            the losses of each epoch.

    Raises:
        TypeError: `corpus` is not a Corpus, or `config` not a TrainConfig.
        ValueError: `tables` or `init_vectors` are of another shape, or `engine` of another architecture, than
            is asked for; or both `tables` and `init_vectors` are given, or `keep_absent` without the latter.
        InputError: next to nothing is left of the corpus, or of its held-out part, after subsampling.
        MemoryLimitError: the tables would not fit into memory.
        DivergedError: a value stopped being a number, or grew beyond all use.
        CheckpointError: the checkpoint to go on from is damaged, or of another training.
        StorageError: `report` has stopped the training, and it cannot be saved.
    """
    _require_types(corpus, config)
    config = config or TrainConfig()
    engine = _choose_engine(engine, config)
    sampler, heldout = _samplers(corpus, config)
    resumed = None if checkpoints is None else checkpoints.resumed
    _require_origin(tables, init_vectors, keep_absent=keep_absent, is_resumed=resumed is not None)
    absent = AbsentWords(init_vectors, corpus.vocabulary) if keep_absent else None
    if absent is not None:
        absent.require_memory(config.dim, keep_output=keep_output)
    identity = identify(sampler, config, model_digest=None if absent is None else absent.model_digest)
    start = None
    if resumed is not None:
        tables = resumed_rows(resumed, identity, sampler, config)
    elif tables is None:
        tables, start = _new_rows(corpus.vocabulary, config, engine, init_vectors, len(absent or ()))
    else:
        _require_shape(tables, (len(corpus.vocabulary), config.dim))
    engine.compile(sampler, tables)
    watch = Watch(
        tables,
        engine,
        schedule=_schedule(sampler, config),
        heldout=heldout,
        best=None if config.patience is None else BestEpoch(config.patience),
        report=report,
        release_memory=corpus.release_memory,
        is_due=_never if checkpoints is None else checkpoints.is_due,
    )
    saver = Saver(watch, checkpoints, identity, start)
    _run(watch, sampler, saver)
    if watch.best is not None:
        watch.best.restore(tables)
    vectors = Vectors(
        corpus.vocabulary.words,
        tables.input_rows,
        corpus.vocabulary.counts,
        _metadata(sampler, config, watch, saver.start),
        output=tables.output_rows if keep_output else None,
    )
    return vectors if absent is None else absent.join(vectors)


def _choose_engine(engine: Engine | None, config: TrainConfig) -> Engine:
    engine = engine or HogwildEngine(config.architecture)
    if engine.architecture != config.architecture:
        raise ValueError(
            f"the config asks for {config.architecture}, the engine takes {engine.architecture} steps"
        )
    return engine


def _require_origin(
    tables: EmbeddingTables | Rows | None,
    init_vectors: Vectors | None,
    *,
    keep_absent: bool,
    is_resumed: bool,
) -> None:
    """Refuses rows from two places; one that is resumed needs only the words again that it does not train."""
    if keep_absent and init_vectors is None:
        raise ValueError("keep_absent keeps words of init_vectors; pass them, too")
    if is_resumed and (tables is not None or (init_vectors is not None and not keep_absent)):
        raise ValueError("a resumed training has its tables; leave out tables and init_vectors")
    if tables is not None and init_vectors is not None:
        raise ValueError("init_vectors are for new tables, got tables as well; leave one of them out")


def _samplers(corpus: Corpus, config: TrainConfig) -> tuple[WindowSampler, WindowSampler | None]:
    """What is trained on, and what is held out of it."""
    sampler = WindowSampler(
        corpus,
        window=config.window,
        negatives=config.negatives,
        subsample=config.subsample,
        noise_exponent=config.noise_exponent,
        seed=config.seed,
        share_negatives=config.negatives_per == "window",
        shrink=not config.fixed_window,
        chunk_tokens=chunk_tokens(corpus.n_tokens) if config.holdout else CHUNK_TOKENS,
    )
    if not config.holdout:
        _require_tokens(sampler, config.subsample)
        return sampler, None
    sampler, heldout = split_heldout(sampler, config.holdout)
    _require_tokens(sampler, config.subsample)
    n_left = round(heldout.effective_tokens)
    if n_left < FEWEST_TOKENS:
        raise InputError(
            "T07",
            f"about {n_left} of {corpus.n_tokens:,} words are held out after subsampling, a loss needs "
            f"{FEWEST_TOKENS}",
            fix="raise --holdout, or pass more text",
        )
    return sampler, heldout


def _new_rows(
    vocabulary: Vocabulary,
    config: TrainConfig,
    engine: Engine,
    init_vectors: Vectors | None,
    n_absent_kept: int,
) -> tuple[Rows, dict[str, Any] | None]:
    """Rows to start from, if memory suffices, and what is told of the given vectors, if there are any."""
    keeps_best = config.patience is not None
    require_memory(len(vocabulary), config.dim, keeps_best=keeps_best, state_pairs=engine.state_pairs)
    rows = initial_rows(len(vocabulary), config.dim, seed=config.seed, init=config.init)
    if init_vectors is None:
        return rows, None
    coverage = put_vectors(rows, vocabulary, init_vectors)
    model = describe_model(init_vectors)
    return rows, {**coverage._asdict(), "n_absent_kept": n_absent_kept, "model": model}


def _require_shape(tables: EmbeddingTables | Rows, shape: tuple[int, int]) -> None:
    if tables.input_rows.shape != shape:
        raise ValueError(f"tables must be {shape}, got {tables.input_rows.shape}")


def _schedule(sampler: WindowSampler, config: TrainConfig) -> Schedule:
    return Schedule(sampler.chunk_starts, config.epochs, config.learning_rate, config.min_learning_rate)


def _never(_n_tokens: int) -> bool:
    return False


def _run(watch: Watch, sampler: WindowSampler, saver: Saver) -> None:
    """Trains all epochs, or those before patience or `report` says that it is enough."""
    place = saver.begin()
    try:
        while not place.is_over and not watch.is_stopping:
            place = _go_on(watch, sampler, place)
            saver.pause(place)
        require_finite(watch.tables, watch.engine)
    except DivergedError as error:
        raise saver.name_last(error) from None


def _go_on(watch: Watch, sampler: WindowSampler, place: Place) -> Place:
    """Takes the steps from one place up to a pause, or to the end of the epoch."""
    watch.begin(place.epoch, place.loss)
    reached = watch.engine.run_epoch(
        watch.tables,
        sampler,
        place.epoch,
        learning_rates=watch.rates,
        record=watch.meter.add,
        poll=watch.look,
        place=place.place,
    )
    if reached is not None:
        return Place(place.epoch, reached, watch.meter.sum())
    is_vain = watch.end()
    return Place(place.epoch + 1, is_over=is_vain or place.epoch + 1 == watch.schedule.epochs)


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


def _metadata(
    sampler: WindowSampler, config: TrainConfig, watch: Watch, start: dict[str, Any] | None
) -> dict[str, object]:
    from w2v import __version__

    corpus = sampler.corpus
    sources = corpus.summary.get("sources", [])
    started = {} if start is None else {"init_vectors": start}
    return {
        "w2v_version": __version__,
        "config": asdict(config),
        **started,
        "engine": watch.engine.describe(),
        "training": watch.describe(),
        "corpus": {
            "digest": corpus.digest,
            "tokens": corpus.n_tokens,
            "effective_tokens": round(sampler.effective_tokens),
            "sentences": corpus.n_sentences,
            "sources": [os.path.basename(path) for path, _, _ in sources[:MOST_SOURCES]],
            "n_sources": len(sources),
            "min_count": corpus.summary.get("min_count"),
            "text": corpus.summary.get("text"),
        },
    }
