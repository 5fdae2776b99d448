"""A finished model goes on with a new text: both tables, the words of both, and what is told of it."""

import dataclasses

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.errors import CheckpointError, InputError, MemoryLimitError
from corpora.vocabulary import Vocabulary
from w2v import HogwildEngine, StopTraining, TrainConfig, save_vectors, train
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import read_newest
from w2v.continuation import AbsentWords, describe_model, load_model
from w2v.vectors import Vectors

CONFIG = TrainConfig(dim=8, epochs=2, subsample=0)
COMMON = [f"c{i}" for i in range(30)]


def sentences(words, n_sentences, seed):
    """Lines of 12 words, drawn by a seed."""
    rng = np.random.default_rng(seed)
    return [[words[i] for i in rng.integers(0, len(words), 12)] for _ in range(n_sentences)]


@pytest.fixture(scope="module")
def model():
    """Trained on words of both texts and on `old` ones, with both tables."""
    corpus = Corpus.from_sentences(sentences([*COMMON, "old1", "old2", "old3"], 900, 1), min_count=1)
    config = dataclasses.replace(CONFIG, epochs=4)
    return train(corpus, config, engine=HogwildEngine(threads=1), keep_output=True)


@pytest.fixture(scope="module")
def text():
    """A text of the common words and of `new` ones."""
    return Corpus.from_sentences(sentences([*COMMON, "new1", "new2"], 600, 2), min_count=1)


def go_on(corpus, model, **options):
    """Trains from the model, with one thread."""
    config = options.pop("config", CONFIG)
    return train(corpus, config, engine=HogwildEngine(threads=1), init_vectors=model, **options)


def test_words_that_the_text_lacks_keep_their_rows(model, text):
    """Bit for bit in both tables, with the model's counts; those of words of both are added up."""
    found = go_on(text, model, keep_absent=True, keep_output=True)

    old = ["old1", "old2", "old3"]
    assert set(found.words) == {*model.words, *text.vocabulary.words}
    assert found[old].tobytes() == model[old].tobytes()
    for word in old:
        row, before = found.ids[word], model.ids[word]
        assert found.output[row].tobytes() == model.output[before].tobytes()
        assert found.counts[row] == model.counts[before]
    both = model.counts[model.ids["c7"]] + text.vocabulary.counts[text.vocabulary.ids["c7"]]
    assert found.counts[found.ids["c7"]] == both
    assert found.counts[found.ids["new1"]] == text.vocabulary.counts[text.vocabulary.ids["new1"]]
    assert found["c7"].tobytes() != model["c7"].tobytes()


def test_the_other_words_are_trained_as_without_the_absent_ones(model, text):
    """Absent words are no noise and take no part: the rows of the text's words are the same bytes."""
    alone = go_on(text, model, keep_output=True)
    found = go_on(text, model, keep_absent=True, keep_output=True)

    rows = [found.ids[word] for word in alone.words]
    assert alone.words == text.vocabulary.words
    assert found.matrix[rows].tobytes() == alone.matrix.tobytes()
    assert found.output[rows].tobytes() == alone.output.tobytes()


def test_words_are_in_the_order_of_their_counts(model, text):
    """As everywhere: the most frequent first, ties by their bytes."""
    found = go_on(text, model, keep_absent=True)

    pairs = list(zip((-found.counts).tolist(), found.words, strict=True))
    assert pairs == sorted(pairs)


def test_both_tables_are_started_from(model, text):
    """The first loss is lower with the output rows than without, and lower so than from new rows."""
    bare = dataclasses.replace(model, output=None)

    losses = {}
    for name, given in (("both", model), ("input", bare), ("none", None)):
        seen = []
        config = dataclasses.replace(CONFIG, epochs=1, learning_rate=1e-9, min_learning_rate=0.0)
        go_on(text, given, config=config, report=lambda progress, seen=seen: seen.append(progress.loss))
        losses[name] = seen[-1]

    assert losses["both"] < losses["input"] - 0.01
    assert losses["input"] == pytest.approx(losses["none"], abs=1e-4)  # without output rows all scores are 0


def test_what_was_done_is_told(model, text):
    """The model's digest, text and settings, how many words were found, and how many are as they were."""
    found = go_on(text, model, keep_absent=True).metadata

    told = found["init_vectors"]
    assert (told["n_found"], told["n_words"], told["n_absent_kept"], told["has_output"]) == (30, 32, 3, True)
    assert told["model"]["digest"] == describe_model(model)["digest"]
    assert told["model"]["corpus"] == model.metadata["corpus"]
    assert told["model"]["config"]["epochs"] == 4
    assert found["corpus"]["digest"] == text.digest


def test_a_model_of_a_model_tells_of_both(model, text):
    """What each started from stands in the other's description."""
    second = go_on(text, model, keep_absent=True, keep_output=True)
    third = go_on(text, second)

    told = third.metadata["init_vectors"]["model"]
    assert told["digest"] == describe_model(second)["digest"]
    assert told["init_vectors"]["model"]["digest"] == describe_model(model)["digest"]


def test_every_part_of_a_model_is_in_its_digest(model):
    """Words, both tables and counts; the metadata is not."""
    other = {
        "words": ("other", *model.words[1:]),
        "matrix": model.matrix + 1,
        "output": model.output + 1,
        "counts": model.counts + 1,
    }

    digests = {describe_model(dataclasses.replace(model, **{n: v}))["digest"] for n, v in other.items()}

    assert len(digests | {describe_model(model)["digest"]}) == 5
    same = dataclasses.replace(model, metadata={"more": 1})
    assert describe_model(same)["digest"] == describe_model(model)["digest"]


def test_a_model_without_counts_gives_vectors_without_counts(model, text):
    """Nobody knows how often its words occurred: they come last, and nothing is made up."""
    found = go_on(text, dataclasses.replace(model, counts=None), keep_absent=True)

    assert found.counts is None
    assert found.words[: len(text.vocabulary)] == text.vocabulary.words
    assert found.words[len(text.vocabulary) :] == tuple(word for word in model.words if word[0] == "o")


def test_a_model_without_output_rows_gives_zeros_for_absent_ones(model, text):
    """As rows that no step has touched; the others are trained as usual."""
    found = go_on(text, dataclasses.replace(model, output=None), keep_absent=True, keep_output=True)

    assert not found.output[found.ids["old1"]].any()
    assert found.output[found.ids["c7"]].any()


def test_counts_beyond_64_bits_are_refused(model):
    """V08: before anything is trained."""
    words = Vocabulary(("a", "b"), np.array([2**62, 1]))
    given = Vectors(("a", "x"), np.ones((2, 3), np.float32), np.array([2**62, 5]))

    with pytest.raises(InputError, match=r"more than 2\^63") as caught:
        AbsentWords(given, words)

    assert caught.value.identifier == "V08"


def test_memory_for_the_words_of_both_is_asked_for_before(model, text, monkeypatch):
    """P12: exit code 6, with the way out; the tables alone would fit."""
    monkeypatch.setattr(
        "w2v.continuation.available_bytes", lambda: (250 << 20) + 8 * 8 * len(text.vocabulary)
    )

    with pytest.raises(MemoryLimitError, match="--init-vocab new"):
        go_on(text, model, keep_absent=True)


def test_a_file_of_both_tables_is_read_as_it_was(model, tmp_path):
    """Words, tables, counts and what is told of them."""
    save_vectors(model, tmp_path / "model.safetensors")

    found = load_model(tmp_path / "model.safetensors")

    assert found.output.tobytes() == model.output.tobytes()
    assert describe_model(found) == describe_model(model)


def test_keeping_the_absent_words_of_nothing_is_refused(text):
    """ValueError, naming the way out."""
    with pytest.raises(ValueError, match="pass them, too"):
        train(text, CONFIG, keep_absent=True)


# Resumed


def stop(_progress):
    """At the first report."""
    raise StopTraining


@pytest.fixture
def stopped(model, text, tmp_path):
    """A checkpoint of a training that goes on with the model and keeps its other words."""
    go_on(text, model, keep_absent=True, checkpoints=Checkpoints(tmp_path), report=stop)
    return Checkpoints(tmp_path, resumed=read_newest(tmp_path))


def test_it_is_resumed_to_the_same_bytes(model, text, stopped):
    """All rows, counts, words and what is told."""
    expected = go_on(text, model, keep_absent=True)
    assert not stopped.resumed.state["is_over"]

    found = go_on(text, model, keep_absent=True, checkpoints=stopped)

    assert (found.words, found.matrix.tobytes()) == (expected.words, expected.matrix.tobytes())
    assert found.counts.tolist() == expected.counts.tolist()
    assert found.metadata == expected.metadata


def test_it_is_not_resumed_with_another_model(model, text, stopped):
    """K06: its words would be others; both digests are named."""
    other = dataclasses.replace(model, matrix=model.matrix + 1)

    with pytest.raises(CheckpointError, match=r"init_vectors digest: \w{64} saved, \w{64} now"):
        go_on(text, other, keep_absent=True, checkpoints=stopped)


def test_it_is_not_resumed_without_the_model(text, stopped):
    """K06: the absent words would be missing."""
    with pytest.raises(CheckpointError, match=r"init_vectors digest: \w{64} saved, None now"):
        train(text, CONFIG, engine=HogwildEngine(threads=1), checkpoints=stopped)
