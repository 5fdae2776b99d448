"""The negative-sampling loss in plain torch: the readable truth that the kernels are held against.

Skip-gram reads the row of each context word and predicts the center, as word2vec.c and gensim do, and not the
other way round as in the paper: over a whole text both see the same pairs. So one window has one target and
one set of negatives, and serves CBOW, which predicts the center from the mean of the contexts.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, embedding

from corpora.windows import Windows

LookUp = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def negative_sampling_loss(
    input_weight: torch.Tensor,
    output_weight: torch.Tensor,
    windows: Windows,
    architecture: str,
    *,
    look_up: LookUp = embedding,
    most_contexts: int | None = None,
) -> torch.Tensor:
    """Sum over all predictions of -log sigmoid(h . o_center) - sum_k log sigmoid(-h . o_k).

    A prediction h is the row of one context (skip-gram) or the mean of a window's contexts (CBOW). One step
    of SGD on this sum moves the rows of all windows of a call at once; the kernels take such a step for each
    window. A negative equal to the center is skipped, as in word2vec.c.

    Args:
        input_weight: float (V, D), rows of the contexts.
        output_weight: float (V, D), rows of centers and negatives.
        windows: arrays as `WindowSampler.sample` gives them, or tensors of the same.
        architecture: "skipgram" or "cbow".
        look_up: rows of a weight by their ids, called as look_up(ids, weight).
        most_contexts: of any window, where it is known; to find it out waits for the device.

    Returns:
        A scalar; divide by `w2v.loss.n_predictions` for the mean.

    Reference:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.2, equation 4.
    """
    centers, contexts, offsets, negatives = (
        torch.as_tensor(array, device=input_weight.device) for array in windows
    )
    if len(negatives) != len(centers):  # those of each pair: a pair is a window of one context
        centers = centers.repeat_interleave(offsets.diff())
        offsets = torch.arange(len(contexts) + 1, device=offsets.device)
        most_contexts = 1
    n_contexts = offsets.diff()[:, None]  # (W, 1)
    if most_contexts is None:
        most_contexts = int(n_contexts.max()) if len(centers) else 0
    columns = torch.arange(most_contexts, device=offsets.device)  # (C,)
    is_context = columns < n_contexts  # (W, C)
    places = offsets[:-1, None] + torch.minimum(columns, n_contexts - 1)  # after the last, the last again
    hidden = look_up(contexts[places], input_weight)  # (W, C, D)
    if architecture == "cbow":
        shares = is_context.to(hidden.dtype) / n_contexts
        hidden = torch.bmm(shares[:, None], hidden)  # (W, 1, D)
        is_context = is_context[:, :1]
    output_ids = torch.cat([centers[:, None], negatives], 1)
    outputs = look_up(output_ids, output_weight)  # (W, 1 + K, D)
    scores = torch.bmm(hidden, outputs.transpose(1, 2))  # (W, C or 1, 1 + K)
    is_center = torch.arange(scores.shape[2], device=scores.device) == 0  # (1 + K,)
    counts = is_context[:, :, None] & (is_center | (output_ids != centers[:, None]))[:, None]
    labels = is_center.to(scores.dtype).expand_as(
        scores
    )  # 1 costs -log sigmoid(score), 0 -log sigmoid(-score)
    return binary_cross_entropy_with_logits(scores, labels, counts.to(scores.dtype), reduction="sum")
