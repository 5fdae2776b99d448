"""The loss in plain torch is right: its gradient by finite differences, its value by a naive loop."""

import numpy as np
import pytest
import torch

from corpora.windows import Windows
from w2v.objective import negative_sampling_loss

BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])


def windows_of(*windows):
    """Windows of (center, contexts, negatives) tuples."""
    centers, contexts, negatives = zip(*windows, strict=True)
    return Windows(
        np.array(centers, np.int32),
        np.concatenate(contexts).astype(np.int32),
        np.cumsum([0, *map(len, contexts)]).astype(np.int64),
        np.array(negatives, np.int32),
    )


CASES = {
    "distinct words": windows_of((0, [1, 2, 3], [4, 5])),
    "one context": windows_of((0, [1], [4, 5])),
    "negative equal to the center": windows_of((0, [1, 2], [0, 5]), (3, [1], [3, 3])),
    "negative twice": windows_of((0, [1, 2], [5, 5])),
    "context twice": windows_of((0, [1, 1, 2], [4, 5])),
    "center among its contexts": windows_of((0, [0, 1, 0], [4, 5])),
    "words shared by windows": windows_of((0, [1, 2], [4, 5]), (1, [0, 2], [5, 0]), (2, [1], [4, 2])),
}
EACH_CASE = pytest.mark.parametrize("windows", CASES.values(), ids=CASES)


def random_weights(seed=0):
    """Input and output weights of 6 words, float64."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(6, 4, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]


def naive_loss(input_weight, output_weight, windows, architecture):
    """-log sigmoid of every prediction, one at a time, as the paper writes it."""

    def cost(score):
        return -np.log(1 / (1 + np.exp(-score)))

    loss = 0.0
    for w, center in enumerate(windows.centers):
        context_ids = windows.contexts[windows.offsets[w] : windows.offsets[w + 1]]
        hiddens = [input_weight[context_id] for context_id in context_ids]
        if architecture == "cbow":
            hiddens = [sum(hiddens) / len(hiddens)]
        for hidden in hiddens:
            loss += cost(hidden @ output_weight[center])
            for negative in windows.negatives[w]:
                if negative != center:
                    loss += cost(-(hidden @ output_weight[negative]))
    return loss


@BOTH
@EACH_CASE
def test_gradient_equals_finite_differences(windows, architecture):
    """torch.autograd.gradcheck in float64 passes for both tables."""
    weights = random_weights()

    assert torch.autograd.gradcheck(lambda i, o: negative_sampling_loss(i, o, windows, architecture), weights)


@BOTH
@EACH_CASE
def test_value_equals_a_naive_loop(windows, architecture):
    """The vectorised sum is that of a plain loop over predictions."""
    weights = random_weights(seed=1)

    loss = negative_sampling_loss(*weights, windows, architecture).item()

    expected = naive_loss(*(weight.detach().numpy() for weight in weights), windows, architecture)
    assert loss == pytest.approx(expected, rel=1e-12)


@BOTH
def test_negative_equal_to_the_center_counts_for_nothing(architecture):
    """A window whose only negative is its center costs what its positive part costs: log 2 at score 0."""
    weights = [torch.zeros(6, 4, dtype=torch.float64) for _ in range(2)]

    loss = negative_sampling_loss(*weights, windows_of((3, [1], [3])), architecture).item()

    assert loss == pytest.approx(np.log(2))


def test_negatives_of_pairs_that_agree_cost_what_shared_ones_do():
    """A window's negatives written out for each of its contexts give the same loss."""
    shared = windows_of((0, [1, 2, 3], [4, 5]), (2, [0, 1], [2, 5]))
    of_pairs = shared._replace(negatives=np.repeat(shared.negatives, np.diff(shared.offsets), axis=0))
    weights = random_weights()

    losses = [negative_sampling_loss(*weights, windows, "skipgram") for windows in (shared, of_pairs)]

    assert len(of_pairs.negatives) == 5
    torch.testing.assert_close(losses[0], losses[1])
