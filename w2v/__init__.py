"""Word vectors from your own text: train, query, load, save.

Names are imported when they are first used, so that a light command starts without torch and numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from corpora.errors import W2VError
    from corpora.text import TextOptions
    from corpora.vocabulary import Vocabulary
    from corpora.windows import Windows, WindowSampler
    from w2v.checkpoint import Checkpoints
    from w2v.config import TrainConfig
    from w2v.engines.hogwild import HogwildEngine
    from w2v.engines.minibatch import MinibatchEngine
    from w2v.evaluation.analogies import evaluate_analogies
    from w2v.evaluation.similarity import evaluate_similarity
    from w2v.formats import load_vectors, save_vectors
    from w2v.tables import EmbeddingTables
    from w2v.training import train
    from w2v.transfer.layers import embedding_layer, initialize_
    from w2v.vectors import Vectors
    from w2v.watch import Progress, StopTraining

__version__ = "0.1.0"

_HOMES = {
    "Corpus": "corpora.corpus",
    "W2VError": "corpora.errors",
    "TextOptions": "corpora.text",
    "Vocabulary": "corpora.vocabulary",
    "Windows": "corpora.windows",
    "WindowSampler": "corpora.windows",
    "Checkpoints": "w2v.checkpoint",
    "TrainConfig": "w2v.config",
    "HogwildEngine": "w2v.engines.hogwild",
    "MinibatchEngine": "w2v.engines.minibatch",
    "load_vectors": "w2v.formats",
    "save_vectors": "w2v.formats",
    "EmbeddingTables": "w2v.tables",
    "train": "w2v.training",
    "embedding_layer": "w2v.transfer.layers",
    "initialize_": "w2v.transfer.layers",
    "evaluate_analogies": "w2v.evaluation.analogies",
    "evaluate_similarity": "w2v.evaluation.similarity",
    "Vectors": "w2v.vectors",
    "Progress": "w2v.watch",
    "StopTraining": "w2v.watch",
}

__all__ = [
    "Checkpoints",
    "Corpus",
    "EmbeddingTables",
    "HogwildEngine",
    "MinibatchEngine",
    "Progress",
    "StopTraining",
    "TextOptions",
    "TrainConfig",
    "Vectors",
    "Vocabulary",
    "W2VError",
    "WindowSampler",
    "Windows",
    "__version__",
    "embedding_layer",
    "evaluate_analogies",
    "evaluate_similarity",
    "initialize_",
    "load_vectors",
    "save_vectors",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'w2v' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
