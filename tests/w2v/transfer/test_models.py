"""Rows of vectors in whole models: each kind of table that takes them, and the ways to train it.

Every model here is small, starts with the rows it was given, and learns its task in some steps.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from corpora import planted
from corpora.corpus import Corpus
from w2v import TrainConfig, Vectors, embedding_layer, initialize_, train

DIM = 8
PAD = 0
SOURCE = ("<pad>", "<unk>", "le", "chat", "noir", "dort", "chien")
TARGET = ("<pad>", "<bos>", "<eos>", "the", "black", "cat", "sleeps", "dog")


def vectors_of(*words, seed=1):
    """Normal rows for words."""
    return Vectors(words, np.random.default_rng(seed).normal(size=(len(words), DIM)).astype(np.float32))


def assert_rows(weight, vectors, words):
    """Row i of a table is the vector of words[i], for each word that has one."""
    rows = weight.detach().numpy()
    for row, word in enumerate(words):
        if word in vectors:
            np.testing.assert_array_equal(rows[row], vectors[word])


def learn(model, loss, *, steps=60, learning_rate=0.02):
    """Trains with Adam and returns the losses; ends with the gradients of the last step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        found = loss()
        found.backward()
        optimizer.step()
        losses.append(found.item())
    return losses


@pytest.fixture(autouse=True)
def seeded():
    """Torch's own layers start from the same numbers in every run, and one thread does the small sums."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        yield
    torch.set_num_threads(n_threads)


# Models


class Translator(nn.Module):
    """An LSTM encoder-decoder with a table for each language."""

    def __init__(self, source, target):
        super().__init__()
        self.source, self.target = source, target
        self.encoder = nn.LSTM(DIM, 16, batch_first=True)
        self.decoder = nn.LSTM(DIM, 16, batch_first=True)
        self.output = nn.Linear(16, len(TARGET))

    def forward(self, source, target):
        """Logits of the next word at each place of the target."""
        _, state = self.encoder(self.source(source))
        return self.output(self.decoder(self.target(target), state)[0])


def test_encoder_decoder_takes_a_table_for_each_language():
    """Two vocabularies, two files of vectors: rows in place, padding zero to the end, the task learnt."""
    french = vectors_of("chat", "chien", "dort", "le", "noir")
    english = vectors_of("sleeps", "the", "cat", "dog", "black", seed=2)
    model = Translator(
        embedding_layer(french, SOURCE, padding="<pad>"), embedding_layer(english, TARGET, padding="<pad>")
    )
    assert_rows(model.source.weight, french, SOURCE)
    assert_rows(model.target.weight, english, TARGET)
    source = torch.tensor([[2, 3, 4, 5], [2, 6, 5, PAD]])  # le chat noir dort, le chien dort
    target = torch.tensor([[1, 3, 4, 5, 6, 2], [1, 3, 7, 6, 2, PAD]])

    losses = learn(
        model,
        lambda: functional.cross_entropy(
            model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD
        ),
    )

    assert losses[-1] < 0.2 * losses[0]
    assert not model.source.weight[PAD].any()
    assert not model.target.weight[PAD].any()


class Encoder(nn.Module):
    """A Transformer encoder with tables for tokens, positions and segments, as BERT has them."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(len(TARGET), DIM, padding_idx=PAD)
        self.positions, self.segments = nn.Embedding(6, DIM), nn.Embedding(2, DIM)
        layer = nn.TransformerEncoderLayer(DIM, 2, 16, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.output = nn.Linear(DIM, 2)

    def forward(self, tokens, segments):
        """Logits of two classes, from the first place."""
        positions = torch.arange(tokens.shape[1])
        summed = self.tokens(tokens) + self.positions(positions) + self.segments(segments)
        return self.output(self.layers(summed, src_key_padding_mask=tokens == PAD)[:, 0])


def test_transformer_takes_rows_in_its_token_table_alone():
    """Scaled to the model's own deviation; positions, segments and other rows stay as they are."""
    vectors, model = vectors_of("the", "cat", "dog", "sleeps"), Encoder()
    before = {name: value.clone() for name, value in model.state_dict().items()}

    initialize_(model.tokens.weight, vectors, TARGET, padding="<pad>", scale=0.02)

    found = [TARGET.index(word) for word in vectors]
    rows = model.tokens.weight[found].detach()
    assert rows.std(correction=0).item() == pytest.approx(0.02, rel=1e-5)
    torch.testing.assert_close(
        functional.cosine_similarity(rows, torch.tensor(vectors.matrix)), torch.ones(4)
    )
    before["tokens.weight"][found] = rows
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())

    tokens = torch.tensor([[1, 3, 5, 6, 2, PAD], [1, 3, 7, 6, 2, PAD]])
    segments = torch.tensor([[0, 0, 0, 1, 1, 1]] * 2)
    losses = learn(model, lambda: functional.cross_entropy(model(tokens, segments), torch.tensor([0, 1])))

    assert losses[-1] < 0.2 * losses[0]
    assert not model.tokens.weight[PAD].any()


class LanguageModel(nn.Module):
    """An LSTM whose output table is its input table."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(TARGET), DIM)
        self.lstm = nn.LSTM(DIM, DIM, batch_first=True)
        self.output = nn.Linear(DIM, len(TARGET), bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        """Logits of the next word at each place."""
        return self.output(self.lstm(self.embedding(tokens))[0])


def test_tied_tables_stay_tied():
    """One write fills both: the logit of a word is the product with its vector; training keeps the tie."""
    vectors, model = vectors_of("the", "cat", "dog", "sleeps", "black"), LanguageModel()

    initialize_(model.embedding.weight, vectors, TARGET)

    assert model.output.weight is model.embedding.weight
    hidden = torch.randn(DIM)
    torch.testing.assert_close(
        model.output(hidden)[TARGET.index("cat")], hidden @ torch.tensor(vectors["cat"])
    )
    tokens = torch.tensor([[1, 3, 4, 5, 6, 2], [1, 3, 4, 7, 6, 2]])
    losses = learn(
        model,
        lambda: functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()),
    )
    assert losses[-1] < 0.5 * losses[0]
    assert model.output.weight is model.embedding.weight


class TwoTowers(nn.Module):
    """Pictures, as features, beside captions, as the mean of their words, in one space."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.picture, self.caption = nn.Linear(5, 6), nn.Linear(DIM, 6)

    def forward(self, pictures, captions):
        """Cosines of all pictures and captions, with a temperature."""
        pictures = functional.normalize(self.picture(pictures), dim=1)
        captions = functional.normalize(self.caption(self.text(captions).mean(dim=1)), dim=1)
        return pictures @ captions.T / 0.1


def test_text_tower_of_a_contrastive_model_takes_the_rows():
    """Each picture finds its caption, and words that are in no caption keep their row."""
    vectors = vectors_of(*TARGET[3:])
    model = TwoTowers(embedding_layer(vectors, TARGET, padding="<pad>"))
    assert_rows(model.text.weight, vectors, TARGET)
    pictures, captions = torch.randn(3, 5), torch.tensor([[3, 5, 6], [3, 7, 6], [4, 5, PAD]])
    pairs = torch.arange(3)

    def loss():
        logits = model(pictures, captions)
        return functional.cross_entropy(logits, pairs) + functional.cross_entropy(logits.T, pairs)

    bos = model.text.weight[1].clone()
    learn(model, loss)

    assert model(pictures, captions).argmax(dim=1).tolist() == [0, 1, 2]
    assert torch.equal(model.text.weight[1], bos)
    assert (model.text.weight[5] != torch.tensor(vectors["cat"])).any()


class LayerTables(nn.Module):
    """A table for each layer, whose rows are added before it."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(len(TARGET), DIM) for _ in range(3))
        self.layers = nn.ModuleList(nn.Linear(DIM, DIM) for _ in range(3))

    def forward(self, tokens):
        """One number for each sentence."""
        hidden = torch.zeros(*tokens.shape, DIM)
        for table, layer in zip(self.tables, self.layers, strict=True):
            hidden = torch.tanh(layer(hidden + table(tokens)))
        return hidden.mean(dim=(1, 2))


def test_stack_of_tables_takes_the_rows_layer_by_layer():
    """All tables begin with the same rows and no memory in common, so that each learns its own."""
    vectors, model = vectors_of(*TARGET[3:]), LayerTables()

    for table in model.tables:
        initialize_(table.weight, vectors, TARGET)

    for table in model.tables:
        assert_rows(table.weight, vectors, TARGET)
    losses = learn(model, lambda: (model(torch.tensor([[3, 5]])) - 0.5).square().sum())
    assert losses[-1] < 0.1 * losses[0]
    cat = torch.stack([table.weight[5] for table in model.tables])
    assert all((cat[first] != cat[second]).any() for first, second in [(0, 1), (0, 2), (1, 2)])


def test_embedding_bag_takes_the_rows():
    """The mean of a bag is the mean of its words' vectors, without the padding."""
    vectors = vectors_of(*TARGET[3:])
    bag = nn.EmbeddingBag(len(TARGET), DIM, mode="mean", padding_idx=PAD)

    coverage = initialize_(bag.weight, vectors, TARGET, padding="<pad>")

    mean = bag(torch.tensor([[3, 5, PAD], [6, PAD, PAD]])).detach()
    expected = [vectors[["the", "cat"]].mean(axis=0), vectors["sleeps"]]
    np.testing.assert_allclose(mean, expected, rtol=1e-5)
    assert coverage.missing == (1, 2)


# Ways to train a table


def test_frozen_table_thaws_after_some_steps():
    """Frozen it keeps its bits while the rest learns; after requires_grad_() it learns, too."""
    table = embedding_layer(vectors_of(*TARGET[3:]), TARGET, padding="<pad>", freeze=True)
    head = nn.Linear(DIM, 1)
    optimizer = torch.optim.AdamW([*table.parameters(), *head.parameters()], lr=0.01)
    before, moved = table.weight.clone(), []

    for step in range(6):
        if step == 3:
            table.weight.requires_grad_()
        optimizer.zero_grad()
        head(table(torch.tensor([3, 4, PAD]))).square().sum().backward()
        optimizer.step()
        moved.append(not torch.equal(table.weight, before))

    assert moved == [False] * 3 + [True] * 3
    assert not table.weight[PAD].any()


def test_table_has_a_learning_rate_of_its_own():
    """In a group of its own the table steps by its rate, the rest by the model's: SGD, by hand."""
    table = embedding_layer(vectors_of(*TARGET[3:]), TARGET)
    head = nn.Linear(DIM, 1)
    before = [table.weight.detach().clone(), head.weight.detach().clone()]
    groups = [{"params": table.parameters(), "lr": 0.01}, {"params": head.parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.5)

    head(table(torch.tensor([3, 4]))).square().sum().backward()
    optimizer.step()

    torch.testing.assert_close(table.weight.detach(), before[0] - 0.01 * table.weight.grad)
    torch.testing.assert_close(head.weight.detach(), before[1] - 0.5 * head.weight.grad)


# What it is for


@pytest.fixture(scope="module")
def planted_vectors(tmp_path_factory):
    """Vectors trained on 400,000 planted words."""
    path = tmp_path_factory.mktemp("planted") / "planted.txt"
    path.write_bytes(b"".join(planted.generate(400_000)))
    return train(Corpus.prepare([path]), TrainConfig(dim=32), report=None)


def predict(bag, training, test, *, steps=40):
    """Trains a model that names the middle word of five, and returns its loss on other text in nats."""
    torch.manual_seed(1)
    output = nn.Linear(bag.embedding_dim, bag.num_embeddings)
    optimizer = torch.optim.Adam([*bag.parameters(), *output.parameters()], lr=0.01)
    for batch in training.split(len(training) // steps)[:steps]:
        optimizer.zero_grad()
        functional.cross_entropy(output(bag(batch[:, [0, 1, 3, 4]])), batch[:, 2]).backward()
        optimizer.step()
    with torch.no_grad():
        return functional.cross_entropy(output(bag(test[:, [0, 1, 3, 4]])), test[:, 2]).item()


def test_model_starts_better_with_pretrained_rows(planted_vectors):
    """After 40 steps on 8,000 windows a model with the vectors is ahead of one with random rows.

    The random rows are the same rows dealt out to other words, so neither norms nor directions can help: it
    is what the rows say about their words. The text is another one over the same words.
    """
    words = planted_vectors.words
    text = b"".join(planted.generate(60_000, seed=2)).decode().split()
    ids = torch.tensor([planted_vectors.ids[word] for word in text if word in planted_vectors])
    training, test = ids[: 5 * 8_000].view(-1, 5), ids[5 * 8_000 :][:10_000].view(-1, 5)
    deals = [words, *(np.random.default_rng(seed).permutation(words).tolist() for seed in (1, 2))]
    losses = []
    for dealt in deals:
        bag = nn.EmbeddingBag(len(words), planted_vectors.dim, mode="mean")
        initialize_(bag.weight, planted_vectors, dealt)
        losses.append(predict(bag, training, test))

    assert losses[0] < min(losses[1:]) - 0.1
