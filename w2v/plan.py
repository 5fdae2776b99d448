"""What a training will take, told without training: memory, disk and time."""

from __future__ import annotations

from typing import NamedTuple

from corpora.corpus import Corpus
from w2v.config import TrainConfig
from w2v.engines.protocol import Engine
from w2v.free_memory import available_bytes
from w2v.memory import tables_bytes, training_bytes
from w2v.training import train
from w2v.vectors import Vectors
from w2v.watch import Progress, StopTraining

CALIBRATION_SECONDS = 2.0
KEPT_CHECKPOINTS = 3  # two, and a third while it is written


class Plan(NamedTuple):
    """What a training takes.

    Args:
        vocabulary: V, words that get vectors.
        tokens: of the corpus that are in the vocabulary.
        effective_tokens: of these, expected to survive subsampling in an epoch.
        memory_bytes: needed.
        available_bytes: of memory, free now.
        vectors_bytes: of the file of vectors, without its words.
        checkpoints_bytes: that a folder of checkpoints grows to.
        words_per_second: of tokens, measured here.
        seconds: of the training.
    """

    vocabulary: int
    tokens: int
    effective_tokens: int
    memory_bytes: int
    available_bytes: int
    vectors_bytes: int
    checkpoints_bytes: int
    words_per_second: float
    seconds: float


def make_plan(
    corpus: Corpus,
    config: TrainConfig,
    engine: Engine,
    *,
    init_vectors: Vectors | None = None,
    keep_absent: bool = False,
) -> Plan:
    """Tells what training `config` takes, by training for two seconds on the corpus and throwing that away.

    Raises:
        MemoryLimitError: it would not fit; the message says what would.
        InputError: next to nothing is left of the corpus after subsampling.
    """
    free = available_bytes()
    pace = 0.0

    def measure(progress: Progress) -> None:
        nonlocal pace
        pace = progress.tokens_per_second
        if progress.seconds >= CALIBRATION_SECONDS:
            raise StopTraining

    origin = {"init_vectors": init_vectors, "keep_absent": keep_absent}
    trained = train(corpus, config, engine=engine, report=measure, **origin)
    n_words = len(corpus.vocabulary)
    sizes = {"keeps_best": config.patience is not None, "state_pairs": engine.state_pairs}
    vectors_bytes = tables_bytes(len(trained), config.dim) // 2
    return Plan(
        vocabulary=len(trained),
        tokens=corpus.n_tokens,
        effective_tokens=trained.metadata["corpus"]["effective_tokens"],
        memory_bytes=training_bytes(n_words, config.dim, **sizes) + keep_absent * vectors_bytes,
        available_bytes=free,
        vectors_bytes=vectors_bytes,
        checkpoints_bytes=KEPT_CHECKPOINTS * tables_bytes(n_words, config.dim, **sizes),
        words_per_second=pace,
        seconds=config.epochs * corpus.n_tokens / pace,
    )
