"""Rows of vectors as layers of a PyTorch model: a new nn.Embedding, or the table of a model that exists."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from w2v.transfer.alignment import Coverage, Origin, align
from w2v.transfer.filling import fill
from w2v.vectors import Vectors


def embedding_layer(
    vectors: Vectors,
    words: Sequence[str | None],
    *,
    padding: str | int | None = None,
    freeze: bool = False,
    missing: str = "normal",
    lowercase: bool = False,
    scale: float | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
    seed: int = 1,
) -> nn.Embedding:
    """An nn.Embedding whose row i is the vector of words[i].

    Unlike `nn.Embedding.from_pretrained` the layer learns unless `freeze` is set.

    Args:
        vectors: V words, D columns.
        words: the n words of the model, in the order of its ids. None for a row that stands for no word.
        padding: the word of the padding row, or the row itself. It is zero and gets no gradient.
        freeze: the table does not learn; `layer.weight.requires_grad_()` lets it learn later.
        missing: what a word without a row gets: "normal" (drawn with the mean and standard deviation of each
            column of the found rows), "mean", "zero" or "nearest-spelling" (the row of the word spelt most
            alike, "normal" where none is near).
        lowercase: look a word that is not found up once more in lower case.
        scale: standard deviation that the numbers of the found rows get, by one factor for the whole table;
            a Transformer may want its own, such as 0.02.
        max_norm: as in nn.Embedding: each lookup shortens the rows looked up to this norm, in place.
        norm_type: the p of that norm.
        scale_grad_by_freq: as in nn.Embedding: gradients divided by how often a row occurs in the batch.
        sparse: as in nn.Embedding: sparse gradients, for optimizers that take them.
        seed: of the drawn rows, 0 to 2^64 - 1.

    Raises:
        TypeError: `vectors` or `words` are of another kind, such as a dict, whose order need not be the ids'.
        ValueError: an argument is out of its range, or `padding` is not one of the words.
        InputError: no word has a vector (V11).
    """
    alignment = align(
        vectors, words, padding=padding, lowercase=lowercase, spelling=missing == "nearest-spelling"
    )
    table = fill(vectors, alignment, missing=missing, scale=scale, seed=seed)
    return nn.Embedding.from_pretrained(
        torch.from_numpy(table),
        freeze=freeze,
        padding_idx=alignment.padding,
        max_norm=max_norm,
        norm_type=norm_type,
        scale_grad_by_freq=scale_grad_by_freq,
        sparse=sparse,
    )


def initialize_(
    module_weight: torch.Tensor,
    vectors: Vectors,
    words: Sequence[str | None],
    *,
    padding: str | int | None = None,
    missing: str | None = None,
    lowercase: bool = False,
    scale: float | None = None,
    seed: int = 1,
) -> Coverage:
    """Writes the vectors of `words` into the table of a model that exists, and says how many there were.

    The table is changed in place and stays the same parameter: optimizers that know it, tied layers and
    `requires_grad` are as before. It may be on any device and of any floating dtype.

    Args:
        module_weight: (n, D), such as `model.embedding.weight`. Of a table with more rows than the model has
            tokens pass the first: `weight.detach()[:n]`.
        vectors: V words, D columns.
        words: the n words of the model, in the order of its ids. None for a row that stands for no word.
        padding: the word of the padding row, or the row itself; it becomes zero.
        missing: what a word without a row gets, as in `embedding_layer`; None leaves the model's own row.
        lowercase: look a word that is not found up once more in lower case.
        scale: standard deviation that the numbers of the found rows get; None leaves them as they are.
        seed: of the drawn rows, 0 to 2^64 - 1.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: an argument is out of its range, or the shapes do not fit.
        InputError: no word has a vector (V11).
    """
    _require_table(module_weight)
    alignment = align(
        vectors, words, padding=padding, lowercase=lowercase, spelling=missing == "nearest-spelling"
    )
    expected = (len(alignment.rows), vectors.dim)
    if module_weight.shape != expected:
        raise ValueError(
            f"module_weight is {tuple(module_weight.shape)}, the words and vectors make {expected}; "
            "pass as many words as it has rows, and vectors of its width (w2v.transfer.projection.project)"
        )
    table = torch.from_numpy(fill(vectors, alignment, missing=missing or "zero", scale=scale, seed=seed))
    target = module_weight.detach()
    written = torch.from_numpy(alignment.origins != Origin.FILLED)
    if missing is not None or written.all():
        target.copy_(table)
    else:
        target[written.to(target.device)] = table[written].to(target)
    return alignment.coverage


def _require_table(module_weight: torch.Tensor) -> None:
    if not isinstance(module_weight, torch.Tensor):
        hint = "; pass its .weight" if isinstance(module_weight, nn.Module) else ""
        raise TypeError(f"module_weight must be a tensor, got {type(module_weight).__name__}{hint}")
    if module_weight.dim() != 2 or not module_weight.is_floating_point():
        raise ValueError(
            f"module_weight must be floating and (n, D), got {module_weight.dtype} "
            f"{tuple(module_weight.shape)}"
        )
    if not module_weight.is_leaf:
        raise ValueError(
            "module_weight is computed from other tensors, so what is written there may be lost; pass the "
            "parameter itself, or for a part of it weight.detach()[:n]"
        )
    if module_weight.is_meta:
        raise ValueError("module_weight is on the meta device and holds no numbers; call to_empty() first")
