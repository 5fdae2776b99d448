"""Made the checkpoint of this version, once; a later version reads it, or says how to go on.

    python -m tests.w2v.golden.make_golden

A released version adds a folder of its own, and leaves those of others as they are.
"""

from pathlib import Path

from corpora.corpus import Corpus
from w2v import HogwildEngine, StopTraining, TrainConfig, __version__, train
from w2v.checkpoint import Checkpoints

HERE = Path(__file__).parent
SENTENCES = [[f"word{(i * i + 3 * j) % 11}" for j in range(20)] for i in range(40)]
CONFIG = TrainConfig(dim=3, epochs=40, subsample=0, holdout=0.3, patience=30)


def make_corpus():
    """A text that needs no file."""
    return Corpus.from_sentences(SENTENCES, min_count=1)


def stop(progress):
    """When the first epochs have been measured."""
    if progress.epoch > 3:
        raise StopTraining


if __name__ == "__main__":
    checkpoints = Checkpoints(HERE / f"checkpoints-{__version__}")
    train(make_corpus(), CONFIG, engine=HogwildEngine(threads=1), checkpoints=checkpoints, report=stop)
