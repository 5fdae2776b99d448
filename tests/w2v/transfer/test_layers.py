"""A new nn.Embedding from vectors, and the table of a model that exists."""

import numpy as np
import pytest
import torch
from torch import nn

import w2v
from corpora.errors import InputError
from w2v import Vectors, embedding_layer, initialize_

WORDS = ("the", "paris", "rome", "colour")


@pytest.fixture
def vectors():
    """Four words in three columns, with counts."""
    rows = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    return Vectors(WORDS, rows, np.array([4, 3, 2, 1], dtype=np.int64))


# embedding_layer


def test_row_i_of_the_layer_is_word_i(vectors):
    """Looking up id i gives the vector of words[i], bit for bit; the layer is an nn.Embedding that learns."""
    layer = embedding_layer(vectors, ["rome", "the"])

    assert type(layer) is nn.Embedding
    assert layer.weight.requires_grad
    assert layer.padding_idx is None
    np.testing.assert_array_equal(layer(torch.tensor([1, 0])).detach().numpy(), vectors[["the", "rome"]])


def test_vectors_do_not_learn_with_the_layer(vectors):
    """The layer has memory of its own."""
    before = vectors.matrix.copy()
    layer = embedding_layer(vectors, list(WORDS))

    with torch.no_grad():
        layer.weight += 1

    np.testing.assert_array_equal(vectors.matrix, before)


def test_options_reach_the_layer(vectors):
    """Each option of nn.Embedding is that of the layer."""
    layer = embedding_layer(
        vectors,
        ["<pad>", "the"],
        padding="<pad>",
        freeze=True,
        max_norm=2.0,
        norm_type=1.0,
        scale_grad_by_freq=True,
        sparse=True,
    )

    assert (layer.padding_idx, layer.max_norm, layer.norm_type) == (0, 2.0, 1.0)
    assert (layer.scale_grad_by_freq, layer.sparse, layer.weight.requires_grad) == (True, True, False)
    assert not layer.weight[0].any()


def test_missing_words_are_filled_as_asked(vectors):
    """Zero, mean, nearest spelling and lower case, as the table is made elsewhere."""
    words = ["the", "rome", "Paris", "color"]

    layer = embedding_layer(vectors, words, missing="nearest-spelling", lowercase=True)
    mean = embedding_layer(vectors, words, missing="mean")

    np.testing.assert_array_equal(layer.weight.detach().numpy(), vectors[["the", "rome", "paris", "colour"]])
    np.testing.assert_allclose(mean.weight[2].detach(), vectors[["the", "rome"]].mean(axis=0), rtol=1e-6)


def test_layer_is_a_function_of_its_seed(vectors):
    """Drawn rows follow the seed alone, not torch's generator, which is left as it was."""
    state = torch.random.get_rng_state()

    one, again, other = (embedding_layer(vectors, ["the", "rome", "x"], seed=seed) for seed in (1, 1, 2))

    assert torch.equal(one.weight, again.weight)
    assert not torch.equal(one.weight, other.weight)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_layer_scales_to_a_deviation(vectors):
    """A Transformer's own deviation, such as 0.02."""
    layer = embedding_layer(vectors, list(WORDS), scale=0.02)

    assert layer.weight.std(correction=0).item() == pytest.approx(0.02, rel=1e-5)


def test_names_are_public():
    """`import w2v` is enough."""
    assert {"embedding_layer", "initialize_"} <= set(dir(w2v))


# initialize_


def test_table_of_a_model_is_filled_in_place(vectors):
    """The parameter stays the same, words that are not found keep the rows the model had."""
    layer = nn.Embedding(5, 3, padding_idx=0)
    weight, memory = layer.weight, layer.weight.data_ptr()
    own = weight[3].clone()

    coverage = initialize_(layer.weight, vectors, ["<pad>", "rome", "the", "tokyo", "paris"], padding="<pad>")

    assert layer.weight is weight
    assert layer.weight.data_ptr() == memory
    np.testing.assert_array_equal(weight[[1, 2, 4]].detach().numpy(), vectors[["rome", "the", "paris"]])
    assert torch.equal(weight[3], own)
    assert not weight[0].any()
    assert coverage[:4] == (5, 3, 0, 0)
    assert coverage.missing == (3,)
    assert coverage.occurrence_share == 0.9


def test_missing_rows_are_filled_only_on_request(vectors):
    """With `missing` the model's own rows are replaced as well."""
    layer = nn.Embedding(2, 3)

    initialize_(layer.weight, vectors, ["the", "tokyo"], missing="zero")

    assert not layer.weight[1].any()


def test_optimizer_keeps_its_parameter(vectors):
    """A model may be initialised after its optimizer was made, and what was frozen stays so."""
    layer = nn.Embedding(2, 3)
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    initialize_(layer.weight, vectors, ["the", "rome"])

    layer(torch.tensor([0])).sum().backward()
    optimizer.step()

    np.testing.assert_allclose(layer.weight[0].detach(), vectors["the"] - 1, rtol=1e-6)
    frozen = layer.weight.requires_grad_(False)
    initialize_(frozen, vectors, ["the", "rome"])
    assert not layer.weight.requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_dtypes_are_rounded(vectors, dtype):
    """The table keeps its dtype; each number is the nearest it can hold."""
    weight = nn.Parameter(torch.zeros(2, 3, dtype=dtype))

    initialize_(weight, vectors, ["the", "x"])

    assert torch.equal(weight[0], torch.tensor(vectors["the"]).to(dtype))
    assert not weight[1].any()


def test_rows_beyond_the_vocabulary_are_left_alone(vectors):
    """A table padded to a round number of rows: its first rows are passed, the others stay."""
    layer = nn.Embedding(64, 3)
    others = layer.weight[2:].clone()

    initialize_(layer.weight.detach()[:2], vectors, ["the", "rome"])

    np.testing.assert_array_equal(layer.weight[:2].detach().numpy(), vectors[["the", "rome"]])
    assert torch.equal(layer.weight[2:], others)


def test_one_table_may_be_filled_from_two_files(vectors):
    """A second call adds its words and leaves those of the first."""
    other = Vectors(("tokyo",), np.ones((1, 3), dtype=np.float32))
    weight = torch.zeros(2, 3)

    for source in (vectors, other):
        initialize_(weight, source, ["the", "tokyo"])

    np.testing.assert_array_equal(weight.numpy(), [vectors["the"], other["tokyo"]])


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (1, 3)])
def test_other_shapes_are_refused(vectors, shape):
    """Nothing is broadcast or cut, and nothing written."""
    weight = torch.zeros(shape)

    with pytest.raises(ValueError, match="make \\(2, 3\\)"):
        initialize_(weight, vectors, ["the", "rome"])
    assert not weight.any()


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (nn.Embedding(1, 3), TypeError, "pass its .weight"),
        (np.zeros((1, 3)), TypeError, "got ndarray"),
        (torch.zeros(1, 3, dtype=torch.int64), ValueError, "floating"),
        (torch.zeros(3), ValueError, "\\(3,\\)"),
        (torch.zeros(1, 3, device="meta"), ValueError, "to_empty"),
        (nn.Parameter(torch.zeros(1, 3)) * 2, ValueError, "computed from other tensors"),
        (nn.Parameter(torch.zeros(2, 3))[:1], ValueError, "detach"),
    ],
)
def test_what_is_no_table_is_refused(vectors, weight, error, message):
    """A module, another array, other numbers, or a tensor in which the rows would be lost."""
    with pytest.raises(error, match=message):
        initialize_(weight, vectors, ["the"])


def test_model_without_a_common_word_is_left_alone(vectors):
    """The error comes before anything is written."""
    weight = torch.zeros(1, 3)

    with pytest.raises(InputError, match="0 of 1 tokens"):
        initialize_(weight, vectors, ["tokyo"], missing="mean")
    assert not weight.any()
