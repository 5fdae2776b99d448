"""From parallel text to a trained translator in a folder."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from corpora.errors import InputError
from corpora.storage import make_folder
from w2v.checkpoint import Checkpoints
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Pairs, read_pairs
from w2v.seq2seq.model_files import load_translator, read_training, save_translator
from w2v.seq2seq.saving import Seq2SeqSaver, identify, restore
from w2v.seq2seq.seeds import Stream, derive_seed
from w2v.seq2seq.sizes import require_memory
from w2v.seq2seq.tables import TableCoverage, start_from_vectors
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.training import Course, Seq2SeqProgress, Seq2SeqTrainer
from w2v.seq2seq.translator import Translator, build_model
from w2v.seq2seq.vocabulary import TokenVocabulary
from w2v.vectors import Vectors

DEFAULT_MAX_LENGTH = 100
KEPT_EPOCHS = 1000  # in the file of a model, where all such notes may take a megabyte


class Reading(NamedTuple):
    """How parallel text becomes ids.

    Args:
        min_count: words of the training text that occur less often are `<unk>`.
        max_words: keep at most so many words a side.
        max_length: pairs with more words on a side are left out and counted.
    """

    min_count: int = 2
    max_words: int | None = None
    max_length: int = DEFAULT_MAX_LENGTH


class Prepared(NamedTuple):
    """All that a training starts from.

    Args:
        translator: a new model, with the vocabularies.
        pairs: to train on.
        valid: to measure after each epoch; None for none.
        coverage: by side, "source" or "target", of the vectors that its table starts from.
        given: names of the parameters that start from vectors.
    """

    translator: Translator
    pairs: Pairs
    valid: Pairs | None
    coverage: dict[str, TableCoverage]
    given: tuple[str, ...]


def prepare(
    text: ParallelText,
    config: Seq2SeqConfig,
    *,
    valid: ParallelText | None = None,
    reading: Reading = Reading(),  # noqa: B008 - a NamedTuple
    source_vectors: Vectors | None = None,
    target_vectors: Vectors | None = None,
) -> Prepared:
    """Reads the text, makes the vocabularies and a new model.

    Args:
        text: to train on; its words are the vocabularies.
        config: settings.
        valid: to measure on.
        reading: how words become ids.
        source_vectors: rows of the encoder's table, of `config.source_dim` columns; None for random ones.
            With `share_embeddings` they are those of the one table.
        target_vectors: likewise of the decoder's.

    Raises:
        ValueError: vectors are of another width than the table, or two are given for one table.
        InputError: a file cannot be read, no pair or no word is left, or no word has a vector.
        MemoryLimitError: the model would not fit into memory.
    """
    if config.share_embeddings and target_vectors is not None:
        raise ValueError("share_embeddings has one table: pass its vectors as source_vectors alone")
    source, target = _vocabularies(text, config, reading)
    pairs = read_pairs(text, source, target, max_length=reading.max_length)
    measured = None if valid is None else read_pairs(valid, source, target, max_length=reading.max_length)
    require_memory(config, len(source), len(target))
    model = build_model(config, source, target)
    coverage, given = {}, []
    sides = (
        ("source", model.encoder.embedding, source, source_vectors, pairs.source.ids),
        ("target", model.decoder.embedding, target, target_vectors, pairs.target.ids),
    )
    for place, (side, table, vocabulary, vectors, ids) in enumerate(sides):
        if vectors is not None:
            text_ids = np.concatenate((ids, pairs.target.ids)) if config.share_embeddings else ids
            seed = derive_seed(config.seed, Stream.ROWS, place)
            with _named(f"the vectors of the {side}"):
                coverage[side] = start_from_vectors(table, vocabulary, vectors, text_ids, seed=seed)
            given += [name for name, weight in model.named_parameters() if weight is table.weight]
    return Prepared(Translator(model, source, target, config), pairs, measured, coverage, tuple(given))


def train_translator(
    prepared: Prepared,
    folder: str | os.PathLike[str],
    *,
    checkpoints: Checkpoints | None = None,
    device: str = "cpu",
    precision: str = "float32",
    report: Callable[[Seq2SeqProgress], object] = lambda _: None,
) -> tuple[Translator, Course]:
    """Trains, and keeps the model of the lowest validation loss in a folder.

    Args:
        prepared: what to start from; its model is trained in place.
        folder: is made if it is not there; gets `model.safetensors` after each epoch that is the best so far.
        checkpoints: where the state of the training goes, and where from it goes on; None saves none.
        device: "cpu" or "cuda".
        precision: "float32" or "bfloat16".
        report: called with the progress; may raise StopTraining, which saves the training and ends it.

    Returns:
        The best model so far, and how far the training has come.

    Raises:
        CheckpointError: the state is of another training.
        StorageError: the model cannot be written.
        DivergedError: the loss is no number.
    """
    make_folder(folder)
    translator = prepared.translator
    save = functools.partial(_save, folder=folder, checkpoints=checkpoints)
    translator.model.to(device)
    trainer = Seq2SeqTrainer(
        translator.model,
        prepared.pairs,
        translator.config,
        valid=prepared.valid,
        given=prepared.given,
        precision=precision,
        on_best=lambda: save(translator),
        report=report,
    )
    if checkpoints is not None:
        identity = identify(trainer, translator.source, translator.target)
        if checkpoints.resumed is not None:
            restore(trainer, checkpoints.resumed, identity)
        trainer.pause = Seq2SeqSaver(trainer, checkpoints, identity).pause
    try:
        course = trainer.run()
    finally:
        if checkpoints is not None:
            checkpoints.close()
    if not course.best_epoch:
        return translator, course
    best = load_translator(folder, device=device)
    described = describe(course, KEPT_EPOCHS)
    if read_training(folder) != described:  # one that was done already keeps its file
        save(best, described)
    return best, course


def _save(
    translator: Translator,
    training: dict[str, object] | None = None,
    *,
    folder: str | os.PathLike[str],
    checkpoints: Checkpoints | None,
) -> None:
    """Writes the model, with the patience of the training where it has some."""
    if checkpoints is None:
        save_translator(translator, folder, training)
    else:
        checkpoints.keep_trying(lambda: save_translator(translator, folder, training), "the model is")


def describe(course: Course, n_epochs: int = 0) -> dict[str, object]:
    """The best epoch, and what each epoch has come to, or the last `n_epochs`."""
    results = course.results[-n_epochs:]
    return {"best_epoch": course.best_epoch, "epochs": [result._asdict() for result in results]}


def _vocabularies(
    text: ParallelText, config: Seq2SeqConfig, reading: Reading
) -> tuple[TokenVocabulary, TokenVocabulary]:
    limits = {"min_count": reading.min_count, "max_words": reading.max_words}
    if config.share_embeddings:
        sentences = (words for pair in text.read() for words in (pair.source, pair.target))
        with _named(text.name):
            both = TokenVocabulary.from_text(sentences, **limits)
        return both, both
    with _named(text.source):
        source = TokenVocabulary.from_text((pair.source for pair in text.read()), **limits)
    with _named(text.target or text.source):
        target = TokenVocabulary.from_text((pair.target for pair in text.read()), **limits)
    return source, target


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Lets an error tell where it was met, unless it knows."""
    try:
        yield
    except InputError as error:
        if error.path is not None:
            raise
        raise InputError(error.identifier, error.problem, path=name, fix=error.fix) from None
