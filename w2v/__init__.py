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
    from w2v.config import TrainConfig
    from w2v.engines.hogwild import HogwildEngine
    from w2v.formats import load_vectors, save_vectors
    from w2v.tables import EmbeddingTables
    from w2v.training import Progress, train
    from w2v.vectors import Vectors

__version__ = "0.1.0"

_HOMES = {
    "Corpus": "corpora.corpus",
    "W2VError": "corpora.errors",
    "TextOptions": "corpora.text",
    "Vocabulary": "corpora.vocabulary",
    "Windows": "corpora.windows",
    "WindowSampler": "corpora.windows",
    "TrainConfig": "w2v.config",
    "HogwildEngine": "w2v.engines.hogwild",
    "load_vectors": "w2v.formats",
    "save_vectors": "w2v.formats",
    "EmbeddingTables": "w2v.tables",
    "Progress": "w2v.training",
    "train": "w2v.training",
    "Vectors": "w2v.vectors",
}

__all__ = [
    "Corpus",
    "EmbeddingTables",
    "HogwildEngine",
    "Progress",
    "TextOptions",
    "TrainConfig",
    "Vectors",
    "Vocabulary",
    "W2VError",
    "WindowSampler",
    "Windows",
    "__version__",
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
