"""An LSTM encoder-decoder whose tables can start with your vectors.

    files -> text.py, vocabulary.py -> data.py: Pairs, Batch -> training.py -> model_files.py
    model.py -> search.py -> translator.py: sentences -> evaluation.py

Names are imported when they are first used, so that a light command starts without torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from w2v.seq2seq.config import Seq2SeqConfig
    from w2v.seq2seq.evaluation import evaluate_translator
    from w2v.seq2seq.model import LSTMDecoder, LSTMEncoder, Seq2Seq
    from w2v.seq2seq.model_files import load_translator, save_translator
    from w2v.seq2seq.pipeline import Reading, prepare, train_translator
    from w2v.seq2seq.text import ParallelText
    from w2v.seq2seq.translator import Translator
    from w2v.seq2seq.vocabulary import TokenVocabulary

_HOMES = {
    "LSTMDecoder": "model",
    "LSTMEncoder": "model",
    "ParallelText": "text",
    "Reading": "pipeline",
    "Seq2Seq": "model",
    "Seq2SeqConfig": "config",
    "TokenVocabulary": "vocabulary",
    "Translator": "translator",
    "evaluate_translator": "evaluation",
    "load_translator": "model_files",
    "prepare": "pipeline",
    "save_translator": "model_files",
    "train_translator": "pipeline",
}

__all__ = [
    "LSTMDecoder",
    "LSTMEncoder",
    "ParallelText",
    "Reading",
    "Seq2Seq",
    "Seq2SeqConfig",
    "TokenVocabulary",
    "Translator",
    "evaluate_translator",
    "load_translator",
    "prepare",
    "save_translator",
    "train_translator",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'w2v.seq2seq' has no attribute {name!r}")
    return getattr(importlib.import_module(f"w2v.seq2seq.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
