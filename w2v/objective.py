"""The negative-sampling loss in plain torch: the readable truth that the kernels are held against.

Skip-gram reads the row of each context word and predicts the center, as word2vec.c and gensim do, and not the
other way round as in the paper: over a whole text both see the same pairs. So one window has one target and
one set of negatives, and serves CBOW, which predicts the center from the mean of the contexts.
"""

from __future__ import annotations

import torch
from torch.nn.functional import logsigmoid

from corpora.windows import Windows


def negative_sampling_loss(
    input_weight: torch.Tensor, output_weight: torch.Tensor, windows: Windows, architecture: str
) -> torch.Tensor:
    """Sum over all predictions of -log sigmoid(h . o_center) - sum_k log sigmoid(-h . o_k).

    A prediction h is the row of one context (skip-gram) or the mean of a window's contexts (CBOW). One step
    of SGD on this sum moves the rows of all windows of a call at once; the kernels take such a step for each
    window. A negative equal to the center is skipped, as in word2vec.c.

    Args:
        input_weight: float (V, D), rows of the contexts.
        output_weight: float (V, D), rows of centers and negatives.
        windows: arrays as `WindowSampler.sample` gives them.
        architecture: "skipgram" or "cbow".

    Returns:
        A scalar; divide by `n_predictions` for the mean.

    Reference:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.2, equation 4.
    """
    centers, contexts, offsets, negatives = (torch.from_numpy(array).long() for array in windows)
    window_of = torch.repeat_interleave(torch.arange(len(centers)), offsets.diff())  # (M,)
    hidden = input_weight[contexts]  # (M, D)
    if architecture == "cbow":
        n_contexts = offsets.diff()[:, None]
        hidden = hidden.new_zeros(len(centers), hidden.shape[1]).index_add(0, window_of, hidden) / n_contexts
        window_of = torch.arange(len(centers))
    centers = centers[window_of]  # (P,), one a prediction
    if len(negatives) != len(
        hidden
    ):  # those of a window, not of a pair; where the numbers agree it is the same
        negatives = negatives[window_of]  # (P, K)
    positive = (hidden * output_weight[centers]).sum(-1)
    negative = torch.einsum("pd,pkd->pk", hidden, output_weight[negatives])
    counts = negatives != centers[:, None]
    return -logsigmoid(positive).sum() - (logsigmoid(-negative) * counts).sum()


def n_predictions(windows: Windows, architecture: str) -> int:
    """Predictions in the windows: one for each context (skip-gram) or each window (CBOW)."""
    return len(windows.contexts) if architecture == "skipgram" else len(windows.centers)
