"""A trained Seq2Seq model on disk: one safetensors file in the folder of its training.

one F32 tensor for each weight, by torch's name; a table that both sides share stands there once
source_words, target_words   U8, the words one a line, without <pad> <sos> <eos> <unk>
metadata                     format, format_version, w2v: JSON of the settings and of the training
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpora.errors import InputError
from corpora.storage import write_file
from w2v.formats.safetensors_file import (
    TensorFile,
    broken,
    dump_header,
    matches,
    open_tensors,
    parse_json,
    read_tensor,
)
from w2v.formats.source import open_source
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.model import Seq2Seq
from w2v.seq2seq.translator import Translator, build_model
from w2v.seq2seq.vocabulary import SPECIALS, TokenVocabulary

MODEL_NAME = "model.safetensors"
_FORMAT = "w2v-seq2seq"
_VERSION = "1"
_WORDS = ("source_words", "target_words")


def save_translator(
    translator: Translator, folder: str | os.PathLike[str], training: Mapping[str, Any] | None = None
) -> None:
    """Writes `model.safetensors` into a folder that exists; an earlier one stays until the new one is whole.

    Args:
        translator: what to save.
        folder: where to.
        training: what JSON can hold, to be kept with it, such as the losses.

    Raises:
        ValueError: a word holds a line end, or cannot be written as UTF-8.
        StorageError: the file cannot be written.
    """
    words = [_dump_words(vocabulary) for vocabulary in (translator.source, translator.target)]
    weights = {name: weight.detach().cpu().numpy() for name, weight in translator.model.named_parameters()}
    described = {name: ("F32", weight.shape) for name, weight in weights.items()}
    described |= {name: ("U8", (len(data),)) for name, data in zip(_WORDS, words, strict=True)}
    details = translator.describe() | {"training": dict(training or {})}
    metadata = {"format": _FORMAT, "format_version": _VERSION, "w2v": json.dumps(details, allow_nan=False)}
    with write_file(Path(folder) / MODEL_NAME) as file:
        file.write(dump_header(described, metadata))
        for weight in weights.values():
            file.write(np.ascontiguousarray(weight, dtype="<f4").data)
        for data in words:
            file.write(data)


def load_translator(folder: str | os.PathLike[str], *, device: str | torch.device = "cpu") -> Translator:
    """Reads the model of a folder, in evaluation mode.

    Args:
        folder: of a training, or the model's file itself.
        device: where the weights go.

    Raises:
        InputError: there is no model, or it is damaged or of a newer format.
    """
    path = Path(folder)
    path = path / MODEL_NAME if path.is_dir() else path
    if not path.exists():
        fix = "pass the folder that `w2v seq2seq train` was given with -o"
        raise InputError("S04", f"there is no {MODEL_NAME} here", path=os.fspath(folder), fix=fix)
    with open_source(os.fspath(path)) as source:
        if not matches(source.head):
            raise broken("S04", "this is no safetensors file", path=source.path)
        opened = open_tensors(source)
        details = _check_kind(opened)
        vocabularies = [_read_words(opened, name) for name in _WORDS]
        config = _read_config(details, opened.path)
        if config.share_embeddings:
            vocabularies[1] = vocabularies[0]
        _require_sizes(opened, config, *vocabularies)
        model = build_model(config, *vocabularies)
        _load_weights(model, opened)
    return Translator(model.to(device).eval(), *vocabularies, config)


def read_training(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What was kept with a model of its training."""
    with open_source(os.fspath(Path(folder) / MODEL_NAME)) as source:
        return _check_kind(open_tensors(source)).get("training", {})


def _dump_words(vocabulary: TokenVocabulary) -> bytes:
    words = vocabulary.tokens[len(SPECIALS) :]
    if any("\n" in word for word in words):
        raise ValueError("a word with a line end in it cannot be saved")
    return "\n".join(words).encode()


def _check_kind(opened: TensorFile) -> dict[str, Any]:
    metadata, path = opened.metadata, opened.path
    if metadata.get("format") != _FORMAT:
        fix = "pass the folder of a model that `w2v seq2seq train` has made"
        raise InputError("S04", f"this is no file of the format {_FORMAT!r}", path=path, fix=fix)
    version = metadata.get("format_version")
    if version != _VERSION:
        problem = f"written in version {str(version)[:20]!r} of the format, this w2v reads {_VERSION!r}"
        raise InputError("K04", problem, path=path, fix="read it with a newer w2v")
    return parse_json(metadata.get("w2v", "{}").encode(errors="surrogatepass"), path=path)


def _read_words(opened: TensorFile, name: str) -> TokenVocabulary:
    tensor = opened.tensors.get(name)
    if tensor is None or tensor.dtype != "U8" or len(tensor.shape) != 1:
        raise broken("S04", f"the list {name} is missing", path=opened.path)
    try:
        text = read_tensor(opened, name).tobytes().decode()
        return TokenVocabulary(text.split("\n") if text else ())
    except ValueError as error:
        raise broken("S04", f"{name} is no list of words: {error}", path=opened.path) from None


def _read_config(details: dict[str, Any], path: str) -> Seq2SeqConfig:
    names = Seq2SeqConfig.__dataclass_fields__
    try:
        return Seq2SeqConfig(**{name: details[name] for name in names})
    except (KeyError, TypeError, ValueError) as error:
        raise broken("S04", f"the settings are not those of a model: {error}", path=path) from None


def _require_sizes(
    opened: TensorFile, config: Seq2SeqConfig, source: TokenVocabulary, target: TokenVocabulary
) -> None:
    """Refuses settings of a larger model than the file holds, before memory is taken for it."""
    expected = {
        "encoder.embedding.weight": (len(source), config.source_dim),
        f"decoder.lstm.weight_hh_l{config.layers - 1}": (4 * config.hidden, config.hidden),
    }
    if not config.share_embeddings:
        expected["decoder.embedding.weight"] = (len(target), config.target_dim)
    for name, shape in expected.items():
        _require_tensor(opened, name, shape)
    if config.layers > len(opened.tensors):
        raise broken("S04", f"{config.layers} layers in {len(opened.tensors)} tensors", path=opened.path)


def _require_tensor(opened: TensorFile, name: str, shape: tuple[int, ...]) -> None:
    tensor = opened.tensors.get(name)
    if tensor is None:
        raise broken("S04", f"the tensor {name!r} is missing", path=opened.path)
    if tensor.dtype != "F32" or tensor.shape != shape:
        problem = f"{name} is {tensor.dtype} {tensor.shape}, expected F32 {shape}"
        raise broken("S04", problem, path=opened.path)


def _load_weights(model: Seq2Seq, opened: TensorFile) -> None:
    weights = dict(model.named_parameters())
    found = {name for name in opened.tensors if name not in _WORDS}
    if found != set(weights):
        name = min(found ^ set(weights))
        raise broken("S04", f"the tensor {name[:60]!r} is missing or has no place", path=opened.path)
    for name, weight in weights.items():
        _require_tensor(opened, name, tuple(weight.shape))
        with torch.no_grad():
            weight.copy_(torch.from_numpy(read_tensor(opened, name)))
        if not torch.isfinite(weight).all():
            raise broken("S04", f"{name} holds NaN or infinity", path=opened.path)
