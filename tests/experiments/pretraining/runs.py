"""One run of the grid: vectors, a translator that starts with them or without, and its scores."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import torch

import w2v
from corpora.storage import make_folder, write_file
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import checkpoint_paths, read_newest
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.evaluation import evaluate_translator
from w2v.seq2seq.pipeline import describe, prepare, train_translator
from w2v.seq2seq.text import ParallelText

LANGUAGES = {"source": "de", "target": "en"}
ARMS = ("random", "pretrained", "frozen first")
SEEDS = (1, 2, 3)


class Size(NamedTuple):
    """A number of training pairs and the budget that each arm has with it.

    Args:
        pairs: the first ones of the training text.
        epochs: of the translator.
        frozen: of them, those in which the arm "frozen first" does not train its tables.
        vector_epochs: of the German vectors, which see the training side alone: the fewer words, the more.
    """

    pairs: int
    epochs: int
    frozen: int
    vector_epochs: int


SIZES = (Size(2_000, 24, 6, 200), Size(5_000, 18, 4, 100), Size(29_000, 6, 2, 30))
ENGLISH_EPOCHS = 5
DIM = 100
SIZE_OF_MODEL = {"hidden": 256, "bidirectional": True, "tied": True}


class Run(NamedTuple):
    """A place in the grid."""

    pairs: int
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """Of the folder it works in."""
        return f"{self.pairs}-{self.arm.replace(' ', '-')}-{self.seed}"


def grid() -> list[Run]:
    """All runs: the smallest texts first, and the arms of a seed one after the other."""
    return [Run(size.pairs, arm, seed) for size, seed, arm in product(SIZES, SEEDS, ARMS)]


def carry_out(run: Run, multi30k: Path, work: Path) -> dict[str, Any]:
    """Trains and scores one translator; goes on where an earlier call was stopped."""
    torch.set_num_threads(1)
    (size,) = (size for size in SIZES if size.pairs == run.pairs)
    text = ParallelText(*(str(work / f"{size.pairs}.{language}") for language in LANGUAGES.values()))
    valid, test = (
        ParallelText(*(str(multi30k / f"{name}.{language}") for language in LANGUAGES.values()))
        for name in ("val", "test_2016_flickr")
    )
    config = Seq2SeqConfig(
        source_dim=DIM,
        target_dim=DIM,
        **SIZE_OF_MODEL,
        epochs=size.epochs,
        patience=size.epochs,  # the same budget for each arm
        freeze=run.arm == "frozen first",
        thaw_after=size.frozen if run.arm == "frozen first" else 0,
        seed=run.seed,
    )
    vectors = (
        {}
        if run.arm == "random"
        else {
            f"{side}_vectors": w2v.load_vectors(work / f"{size.pairs}.{language}.safetensors")
            for side, language in LANGUAGES.items()
        }
    )
    prepared = prepare(text, config, valid=valid, **vectors)
    folder = work / run.name
    make_folder(folder)
    resumed = read_newest(folder) if checkpoint_paths(folder) else None
    translator, course = train_translator(prepared, folder, checkpoints=Checkpoints(folder, resumed=resumed))
    scores = evaluate_translator(translator, test)
    return {
        **run._asdict(),
        "vectors": {side: found._asdict() for side, found in prepared.coverage.items()},
        "training": describe(course),
        "test": {
            "loss": scores.loss,
            "bleu": scores.bleu,
            "bleu_interval": scores.bleu_interval,
            "signature": scores.signature,
        },
        "translations": scores.translations,
    }


def make_data(size: Size, multi30k: Path, english: Path, work: Path) -> None:
    """The training text of a size and the vectors trained on it, unless they are there.

    German vectors see the training side alone, English ones a large text as well.
    """
    for language in LANGUAGES.values():
        text = work / f"{size.pairs}.{language}"
        if not text.exists():
            lines = (multi30k / f"train.{language}").read_bytes().splitlines(keepends=True)
            with write_file(text) as file:
                file.writelines(lines[: size.pairs])
        output = work / f"{text.name}.safetensors"
        if not output.exists():
            corpus = [text, english] if language == "en" else [text]
            epochs = ENGLISH_EPOCHS if language == "en" else size.vector_epochs
            prepared = w2v.Corpus.prepare(corpus, min_count=2)
            config = w2v.TrainConfig(dim=DIM, epochs=epochs)
            w2v.save_vectors(w2v.train(prepared, config), output)


def load_results(path: Path) -> dict[Run, dict[str, Any]]:
    """The results that a file of JSON lines holds, by their place in the grid."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    return {Run(result["pairs"], result["arm"], result["seed"]): result for result in found}
