"""From text to a translator: the smoke case, resuming after any step, and the use of vectors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from corpora.errors import DivergedError, InputError, MemoryLimitError
from tests.w2v.seq2seq.toy import (
    CHINESE,
    ENGLISH,
    TOY_CONFIG,
    classed_pairs,
    classed_vectors,
    write_pairs,
)
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import read_newest
from w2v.seq2seq import training
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.model_files import MODEL_NAME, load_translator, read_training
from w2v.seq2seq.pipeline import KEPT_EPOCHS, Reading, describe, prepare, train_translator
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.training import Course, EpochResult
from w2v.vectors import Vectors
from w2v.watch import StopTraining

ALL = Reading(min_count=1)
SMALL = Seq2SeqConfig(source_dim=8, target_dim=8, hidden=8, batch_pairs=4, epochs=4, learning_rate=0.02)


@pytest.fixture
def classed(tmp_path):
    """Texts to train and to measure on."""
    texts = []
    for name, n_pairs in (("train", 14), ("valid", 5)):
        (tmp_path / name).mkdir()
        texts.append(ParallelText(*write_pairs(tmp_path / name, *classed_pairs(n_pairs, seed=n_pairs))))
    return texts


def weights_of(translator):
    """The weights by name."""
    return {name: weight.detach().clone() for name, weight in translator.model.named_parameters()}


def toy_text(folder):
    """The five pairs in two files."""
    return ParallelText(*write_pairs(folder))


# The smoke case


@pytest.mark.parametrize("settings", [{}, {"attention": True, "bidirectional": True, "tied": True}])
def test_five_sentences_are_learned_to_exact_translation(tmp_path, settings):
    """In seconds, greedy and by beam, and the model on disk is the one that was trained."""
    prepared = prepare(toy_text(tmp_path), replace(TOY_CONFIG, **settings), reading=ALL)

    translator, course = train_translator(prepared, tmp_path)

    sentences = [line.split() for line in CHINESE]
    expected = [line.split() for line in ENGLISH]
    assert translator.translate(sentences) == expected
    assert translator.translate(sentences, beam=4) == expected
    assert load_translator(tmp_path).translate(sentences) == expected
    assert course.best_epoch == len(course.results) == TOY_CONFIG.epochs
    assert read_training(tmp_path) == describe(course)


# Stopped and resumed


def train_in_parts(texts, config, folder, stops, *, vectors=None):
    """Trains, stopped at each of the given numbers of reports; the first part alone is given the vectors."""
    stops = iter(stops)
    while True:
        newest = read_newest(folder / "saved") if (folder / "saved").exists() else None
        prepared = prepare(
            texts[0], config, valid=texts[1], reading=ALL, source_vectors=vectors if newest is None else None
        )
        left = next(stops, None)

        def report(_progress):
            nonlocal left
            left = None if left is None else left - 1
            if left == 0:
                raise StopTraining

        checkpoints = Checkpoints(folder / "saved", resumed=newest)
        translator, course = train_translator(prepared, folder, checkpoints=checkpoints, report=report)
        if course.is_over:
            return translator, course


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.3, "freeze": True, "thaw_after": 2},
        {"dropout": 0.4, "layers": 2, "bidirectional": True, "attention": True, "learning_rate": 0.3},
        {"tied": True, "share_embeddings": True, "freeze": True, "dropout": 0.1},
    ],
)
def test_a_training_stopped_anywhere_goes_on_as_if_it_had_not_been(tmp_path, classed, monkeypatch, settings):
    """After steps, within the validation, at the end of epochs, several times: bit for bit, and all it tells.

    Dropout, rates that fall, frozen rows that thaw on the other side of a stop are all in it.
    """
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    config, vectors = replace(SMALL, **settings), classed_vectors(8)
    rng = np.random.default_rng(len(settings))
    (tmp_path / "whole").mkdir()
    whole, course = train_in_parts(classed, config, tmp_path / "whole", [], vectors=vectors)
    expected = read_newest(tmp_path / "whole/saved")

    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        stops = [number + 1, *rng.integers(1, 7, size=5).tolist()]
        parts, found = train_in_parts(classed, config, folder, stops, vectors=vectors)
        saved = read_newest(folder / "saved")

        assert all(torch.equal(weight, weights_of(parts)[name]) for name, weight in weights_of(whole).items())
        assert [result._replace(seconds=0.0) for result in found.results] == [
            result._replace(seconds=0.0) for result in course.results
        ]
        assert (found.best_epoch, found.n_decays) == (course.best_epoch, course.n_decays)
        assert saved.tensors.keys() == expected.tensors.keys()
        for name, tensor in expected.tensors.items():
            np.testing.assert_array_equal(saved.tensors[name], tensor, err_msg=name)


def test_the_stops_above_cross_decays(tmp_path, classed):
    """The second case above, with a rate that is too high, has epochs in vain; else it would prove less."""
    config = replace(SMALL, dropout=0.4, layers=2, bidirectional=True, attention=True, learning_rate=0.3)

    _, course = train_in_parts(classed, config, tmp_path, [], vectors=classed_vectors(8))

    assert course.n_decays > 0


def test_a_training_that_is_over_is_not_repeated(tmp_path, classed):
    """Resumed, it takes no step, and its model is not written again."""
    train_in_parts(classed, SMALL, tmp_path, [])
    before = (tmp_path / MODEL_NAME).stat()

    _, course = train_in_parts(classed, SMALL, tmp_path, [])

    assert len(course.results) == SMALL.epochs
    assert (tmp_path / MODEL_NAME).stat() == before


def test_a_training_stopped_before_its_first_epoch_is_done_has_no_model(tmp_path, classed, monkeypatch):
    """Nothing was measured yet; the state is saved."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)

    def report(_):
        raise StopTraining

    checkpoints = Checkpoints(tmp_path / "saved")
    _, course = train_translator(
        prepare(classed[0], SMALL, reading=ALL), tmp_path, checkpoints=checkpoints, report=report
    )

    assert (course.best_epoch, course.step) == (0, 1)
    assert not (tmp_path / MODEL_NAME).exists()
    assert read_newest(tmp_path / "saved").state["course"]["step"] == 1


def test_the_best_epoch_is_kept_and_not_the_last(tmp_path, classed):
    """With rates that lead nowhere after some epochs, the model on disk has the lowest loss."""
    from w2v.seq2seq.losses import word_losses

    config = replace(SMALL, learning_rate=0.3, epochs=8, patience=8, dropout=0.0)
    prepared = prepare(classed[0], config, valid=classed[1], reading=ALL)

    best, course = train_translator(prepared, tmp_path)

    losses = [result.valid_loss for result in course.results]
    assert course.best_epoch == 1 + int(np.argmin(losses)) < len(losses)
    assert word_losses(best.model, prepared.valid).mean == pytest.approx(min(losses), rel=1e-6)
    assert course.best_loss == min(losses)


def test_a_training_that_diverges_leaves_the_last_good_model(tmp_path, classed, monkeypatch):
    """The folder holds the model of the epoch before, and it loads."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    prepared = prepare(classed[0], SMALL, reading=ALL)
    saved = []

    def report(progress):
        if progress.epoch == 2:
            saved.append((tmp_path / MODEL_NAME).read_bytes())
            with torch.no_grad():
                prepared.translator.model.decoder.output.bias[5] = float("inf")

    with pytest.raises(DivergedError):
        train_translator(prepared, tmp_path, checkpoints=Checkpoints(tmp_path / "saved"), report=report)

    assert (tmp_path / MODEL_NAME).read_bytes() == saved[0]
    load_translator(tmp_path)
    assert read_newest(tmp_path / "saved").state["course"]["epoch"] == 1


def test_a_file_of_a_model_keeps_as_many_epochs_as_it_has_room_for():
    """The last ones; the best is named, be it among them or not."""
    results = [EpochResult(epoch, 1.0, None, 0.1, 5, 0.1) for epoch in range(1, 3 + KEPT_EPOCHS)]
    kept = describe(Course(results=results, best_epoch=1), KEPT_EPOCHS)

    assert [entry["epoch"] for entry in kept["epochs"]] == list(range(3, 3 + KEPT_EPOCHS))
    assert kept["best_epoch"] == 1
    assert len(describe(Course(results=results))["epochs"]) == KEPT_EPOCHS + 2


# Vectors


def test_a_model_starts_better_with_pretrained_rows_than_with_random_ones(tmp_path):
    """Words that are translated alike have vectors that are alike: lower loss in every epoch, every seed."""
    texts = []
    for seed, name in enumerate(("train", "valid")):
        (tmp_path / name).mkdir()
        texts.append(ParallelText(*write_pairs(tmp_path / name, *classed_pairs(40, seed=seed))))
    for seed in range(3):
        config = replace(SMALL, hidden=24, source_dim=16, epochs=8, learning_rate=0.01, seed=seed, patience=8)
        losses = []
        for vectors in (None, classed_vectors(16, seed=seed)):
            prepared = prepare(texts[0], config, valid=texts[1], reading=ALL, source_vectors=vectors)
            _, course = train_translator(prepared, tmp_path)
            losses.append([result.valid_loss for result in course.results])
        assert all(pretrained < drawn for drawn, pretrained in zip(*losses, strict=True)), losses
        assert losses[1][-1] < 0.9 * losses[0][-1]


def test_both_sides_start_from_their_vectors(tmp_path):
    """Coverage is told by side; the parameters that start from vectors are named for freezing."""
    text = toy_text(tmp_path)
    config = replace(SMALL, source_dim=4, target_dim=3)
    chinese = Vectors(("我", "你", "。"), np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32))
    english = Vectors(("the", "i", "no"), np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32))

    prepared = prepare(text, config, reading=ALL, source_vectors=chinese, target_vectors=english)

    words = " ".join(ENGLISH).split()
    assert prepared.given == ("encoder.embedding.weight", "decoder.embedding.weight")
    assert prepared.coverage["source"].n_found == 3
    assert prepared.coverage["target"].n_found == 2
    assert prepared.coverage["target"].n_words == len(set(words))
    assert prepared.coverage["target"].text_share == sum(word in ("the", "i") for word in words) / len(words)


def test_one_side_starts_from_vectors_and_the_other_as_without(tmp_path):
    """The random rows and weights beside them are the same with and without vectors."""
    text = toy_text(tmp_path)
    vectors = Vectors(("the", "i"), np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32))

    plain = prepare(text, SMALL, reading=ALL)
    given = prepare(text, SMALL, reading=ALL, target_vectors=vectors)

    before, after = weights_of(plain.translator), weights_of(given.translator)
    assert given.given == ("decoder.embedding.weight",)
    assert [name for name in before if not torch.equal(before[name], after[name])] == list(given.given)


def test_a_shared_table_covers_the_text_of_both_sides(tmp_path):
    """One vocabulary, one parameter, and the share of the words of both files."""
    text = ParallelText(*write_pairs(tmp_path, ["a b b", "c"], ["b d", "a"]))
    vectors = Vectors(("a", "b"), np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32))

    prepared = prepare(text, replace(SMALL, share_embeddings=True), reading=ALL, source_vectors=vectors)

    translator = prepared.translator
    assert translator.source is translator.target
    assert set(translator.source.tokens[4:]) == set("abcd")
    assert translator.model.encoder.embedding.weight is translator.model.decoder.embedding.weight
    assert prepared.given == ("encoder.embedding.weight",)
    assert prepared.coverage["source"].text_share == 5 / 7


def test_frozen_vectors_stay_in_the_model_on_disk(tmp_path):
    """Bit for bit the rows that the training began with."""
    text = toy_text(tmp_path)
    vectors = Vectors(("the", "i"), np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32))
    prepared = prepare(text, replace(SMALL, freeze=True), reading=ALL, target_vectors=vectors)
    before = weights_of(prepared.translator)["decoder.embedding.weight"]

    train_translator(prepared, tmp_path)

    assert torch.equal(load_translator(tmp_path).model.decoder.embedding.weight, before)


def test_vectors_that_do_not_fit_are_refused(tmp_path):
    """Another width, two for one table, and no word in common."""
    text = toy_text(tmp_path)
    narrow = Vectors(("the", "i"), np.random.default_rng(1).normal(size=(2, 5)).astype(np.float32))
    foreign = Vectors(("der", "die"), np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32))

    with pytest.raises(ValueError, match="the vectors have 5 columns, the table has 8"):
        prepare(text, SMALL, reading=ALL, target_vectors=narrow)
    with pytest.raises(ValueError, match="one table"):
        prepare(text, replace(SMALL, share_embeddings=True), reading=ALL, target_vectors=foreign)
    with pytest.raises(InputError) as caught:
        prepare(text, SMALL, reading=ALL, target_vectors=foreign)
    assert caught.value.identifier == "V11"
    assert str(caught.value).startswith("the vectors of the target: 0 of 26 tokens ('.', 'to', ")


def test_vectors_that_are_all_zero_are_refused(tmp_path):
    """V12: no factor brings them to the size of random rows."""
    empty = Vectors(("我", "她"), np.zeros((2, 8), dtype=np.float32))

    with pytest.raises(
        InputError, match="the vectors of the source: all numbers of the found rows"
    ) as caught:
        prepare(toy_text(tmp_path), SMALL, reading=ALL, source_vectors=empty)

    assert caught.value.identifier == "V12"


@pytest.mark.parametrize("shared", [False, True])
def test_a_text_without_words_is_named(tmp_path, shared):
    """V02: by its file; where both sides have one vocabulary, by both."""
    text = ParallelText(*write_pairs(tmp_path, ("a a",), ("",)))

    with pytest.raises(InputError, match=r"target\.txt: ") as caught:
        prepare(text, replace(SMALL, share_embeddings=shared), reading=Reading(min_count=3 if shared else 1))

    assert ("source.txt" in str(caught.value)) == shared
    assert ("there is no word in it" in str(caught.value)) != shared


def test_a_model_beyond_memory_is_refused_before_it_is_made(tmp_path):
    """T15: with what could be smaller."""
    with pytest.raises(MemoryLimitError, match=r"to train a model of [0-9,]{20,} weights") as caught:
        prepare(toy_text(tmp_path), replace(SMALL, hidden=10**9), reading=ALL)

    assert caught.value.identifier == "T15"
    assert "--hidden" in caught.value.fix


# Reading


def test_limits_of_reading_reach_the_vocabularies_and_the_pairs(tmp_path):
    """min_count and max_words a side, and the longest pair."""
    text = ParallelText(*write_pairs(tmp_path, ["a a b", "a b c d", "b"], ["x y", "x", "y"]))

    prepared = prepare(text, SMALL, reading=Reading(min_count=2, max_words=1, max_length=3))

    assert prepared.translator.source.tokens[4:] == ("a",)
    assert prepared.translator.target.tokens[4:] == ("x",)
    assert len(prepared.pairs) == 2
    assert prepared.pairs.skipped.n_long == 1
    assert prepared.pairs.unknown_share == (2 / 4, 2 / 3)


def test_words_of_the_validation_alone_are_unknown(tmp_path, classed):
    """The vocabularies are those of the training text."""
    (tmp_path / "more").mkdir()
    text = ParallelText(*write_pairs(tmp_path / "more", ["new s0.1"], ["t0 new new"]))

    prepared = prepare(classed[0], SMALL, valid=text, reading=ALL)

    assert "new" not in prepared.translator.target.ids
    assert prepared.valid.unknown_share[1] == 2 / 3
