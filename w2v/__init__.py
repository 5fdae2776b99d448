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
    from w2v.explorer.page import explore, explorer_page
    from w2v.formats import load_vectors, save_vectors
    from w2v.inspection.report import InspectionReport, inspect
    from w2v.plots.analogy import draw_analogy
    from w2v.plots.map import draw_map
    from w2v.plots.training import draw_training
    from w2v.projection import project
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
    "explore": "w2v.explorer.page",
    "explorer_page": "w2v.explorer.page",
    "load_vectors": "w2v.formats",
    "save_vectors": "w2v.formats",
    "InspectionReport": "w2v.inspection.report",
    "inspect": "w2v.inspection.report",
    "draw_analogy": "w2v.plots.analogy",
    "draw_map": "w2v.plots.map",
    "draw_training": "w2v.plots.training",
    "project": "w2v.projection",
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
    "InspectionReport",
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
    "draw_analogy",
    "draw_map",
    "draw_training",
    "embedding_layer",
    "evaluate_analogies",
    "evaluate_similarity",
    "explore",
    "explorer_page",
    "initialize_",
    "inspect",
    "load_vectors",
    "project",
    "save_vectors",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'w2v' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
