"""What an embedding layer is: identities that every layer from `embedding_layer` keeps.

Each is a fact about nn.Embedding that users rely on when they fine-tune vectors, and often told wrong.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from w2v import Vectors, embedding_layer

WORDS = ("<pad>", "a", "b", "c", "d")
PAD = 0
OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, weight_decay=0.1),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.1),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, weight_decay=0.1),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.1, weight_decay=0.1),
    "adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.1, weight_decay=0.1),
}


@pytest.fixture
def layer():
    """Makes a layer of five words in three columns, the first of them padding."""
    rows = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)

    def make(**options):
        return embedding_layer(Vectors(WORDS[1:], rows), WORDS, padding="<pad>", **options)

    return make


def test_lookup_is_one_hot_times_matrix(layer):
    """Looking up ids is multiplying their one-hot rows with the table, without doing the sums."""
    table, ids = layer(), torch.tensor([[3, 1], [1, 0]])
    one_hot = functional.one_hot(ids, num_classes=5).float()  # (2, 2, 5)

    assert torch.equal(table(ids), one_hot @ table.weight)


def test_gradient_of_a_lookup_is_that_of_the_product(layer):
    """The gradient, too: transposed one-hot rows times what comes back from above."""
    table, ids = layer(), torch.tensor([3, 1, 3])
    above = torch.arange(9.0).reshape(3, 3)
    one_hot = functional.one_hot(ids, num_classes=5).float()

    table(ids).backward(above)

    assert torch.equal(table.weight.grad, one_hot.T @ above)


def test_only_rows_looked_up_get_gradients_twice_if_they_occur_twice(layer):
    """With 1 coming back for each number, the gradient of a row is how often it was looked up."""
    table = layer()

    table(torch.tensor([[1, 3], [3, PAD]])).sum().backward()

    assert table.weight.grad.tolist() == [[0] * 3, [1] * 3, [0] * 3, [2] * 3, [0] * 3]


def test_scale_grad_by_freq_makes_twice_count_once(layer):
    """Divided by how often a row occurs in the batch, each row looked up gets 1."""
    table = layer(scale_grad_by_freq=True)

    table(torch.tensor([1, 3, 3])).sum().backward()

    assert table.weight.grad[:, 0].tolist() == [0, 1, 0, 1, 0]


def test_sparse_gradients_hold_the_rows_looked_up_alone(layer):
    """The same gradient without the zeros: for large tables and the optimizers that take it."""
    sparse, dense = layer(sparse=True), layer()
    for table in (sparse, dense):
        table(torch.tensor([1, 3, 3])).sum().backward()

    gradient = sparse.weight.grad.coalesce()
    assert gradient.indices().tolist() == [[1, 3]]
    assert torch.equal(gradient.to_dense(), dense.weight.grad)


def test_rows_not_looked_up_stay_under_plain_sgd(layer):
    """Without weight decay and momentum a word that does not occur keeps its vector, bit for bit."""
    table = layer()
    before = table.weight.detach().clone()

    table(torch.tensor([1])).sum().backward()
    torch.optim.SGD(table.parameters(), lr=0.1).step()

    moved = (table.weight.detach() != before).any(dim=1)
    assert moved.tolist() == [False, True, False, False, False]


def test_weight_decay_shrinks_rows_that_never_occur(layer):
    """AdamW takes a part of every row at each step, also of words that the batch does not hold."""
    table = layer()
    before = table.weight.detach().clone()

    table(torch.tensor([1])).sum().backward()
    torch.optim.AdamW(table.parameters(), lr=0.1, weight_decay=0.5).step()

    torch.testing.assert_close(table.weight[2:].detach(), before[2:] * (1 - 0.1 * 0.5))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_padding_row_stays_zero(layer, name):
    """Its gradient is zero, and decay and momentum of zero are zero, whatever the optimizer."""
    table = layer()
    optimizer = OPTIMIZERS[name](table.parameters())

    for _ in range(5):
        optimizer.zero_grad()
        table(torch.tensor([PAD, 1, PAD, 2])).square().sum().backward()
        optimizer.step()

    assert not table.weight[PAD].any()


def test_padding_row_that_is_not_zero_is_kept_from_gradients_only(layer):
    """padding_idx stops gradients, not weight decay: only zero stays what it is under both."""
    table = layer()
    with torch.no_grad():
        table.weight[PAD] = 1

    table(torch.tensor([PAD, 1])).sum().backward()
    torch.optim.AdamW(table.parameters(), lr=0.1, weight_decay=0.5).step()

    torch.testing.assert_close(table.weight[PAD].detach(), torch.full((3,), 0.95))


def test_padding_row_moves_where_the_table_is_the_output_too(layer):
    """Tied tables: the softmax over all words sends a gradient to every row, padding's included.

    Whoever needs it zero takes padding out of the softmax.
    """
    tied, masked = layer(), layer()
    target = torch.tensor([2])

    functional.cross_entropy(tied(torch.tensor([1])) @ tied.weight.T, target).backward()
    logits = masked(torch.tensor([1])) @ masked.weight.T
    logits = logits.index_fill(1, torch.tensor([PAD]), -torch.inf)
    functional.cross_entropy(logits, target).backward()

    assert tied.weight.grad[PAD].any()
    assert not masked.weight.grad[PAD].any()


@pytest.mark.parametrize("norm_type", [1.0, 2.0])
def test_max_norm_shortens_what_is_looked_up_and_nothing_else(layer, norm_type):
    """A lookup changes the table itself, in its rows alone, and keeps the direction of a row."""
    table = layer(max_norm=0.1, norm_type=norm_type)
    before = table.weight.detach().clone()

    looked_up = table(torch.tensor([1, 3])).detach()

    norms = looked_up.norm(p=norm_type, dim=1)
    torch.testing.assert_close(norms, torch.full((2,), 0.1), rtol=1e-4, atol=0)
    torch.testing.assert_close(functional.cosine_similarity(looked_up, before[[1, 3]]), torch.ones(2))
    assert torch.equal(table.weight[[1, 3]].detach(), looked_up)
    assert torch.equal(table.weight[[0, 2, 4]], before[[0, 2, 4]])


def test_max_norm_leaves_short_rows_alone(layer):
    """Rows within the norm are looked up as they are, bit for bit."""
    table = layer(max_norm=100.0)

    assert torch.equal(table(torch.tensor([1, 2])), table.weight[[1, 2]])


def test_frozen_table_gets_no_gradient_and_does_not_decay(layer):
    """An optimizer passes over a parameter without a gradient, weight decay and all."""
    table, head = layer(freeze=True), torch.nn.Linear(3, 1)
    before = table.weight.clone()
    optimizer = torch.optim.AdamW([*table.parameters(), *head.parameters()], lr=0.1, weight_decay=0.5)

    head(table(torch.tensor([1, 2]))).sum().backward()
    optimizer.step()

    assert table.weight.grad is None
    assert torch.equal(table.weight, before)
