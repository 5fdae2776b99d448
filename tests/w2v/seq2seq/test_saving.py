"""Going on with a Seq2Seq training: with the same one only, and from a state that is whole."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from corpora.errors import CheckpointError, DivergedError, StorageError
from tests.w2v.seq2seq.toy import classed_pairs, write_pairs
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import read_newest
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.pipeline import Reading, prepare, train_translator
from w2v.seq2seq.saving import Seq2SeqSaver, identify, restore
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.training import Seq2SeqTrainer

CONFIG = Seq2SeqConfig(source_dim=4, target_dim=4, hidden=4, batch_pairs=4, epochs=2)


def text_of(folder, n_pairs, *, seed=0):
    """A text of classed pairs."""
    folder.mkdir(exist_ok=True)
    return ParallelText(*write_pairs(folder, *classed_pairs(n_pairs, seed=seed)))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A finished training's checkpoint, and its text."""
    folder = tmp_path_factory.mktemp("saved")
    text = text_of(folder / "text", 9)
    prepared = prepare(text, CONFIG, reading=Reading(min_count=1))
    train_translator(prepared, folder, checkpoints=Checkpoints(folder / "checkpoints"))
    return read_newest(folder / "checkpoints"), text


def restored(checkpoint, text, config=CONFIG, *, valid=None, reading=Reading(1)):  # noqa: B008 - a NamedTuple
    """A new training of a text, set to where a checkpoint was."""
    prepared = prepare(text, config, valid=valid, reading=reading)
    translator = prepared.translator
    trainer = Seq2SeqTrainer(translator.model, prepared.pairs, config, valid=prepared.valid)
    restore(trainer, checkpoint, identify(trainer, translator.source, translator.target))
    return trainer


def test_a_training_is_set_to_where_it_was(saved):
    """Weights, what Adam remembers, and the course."""
    checkpoint, text = saved

    trainer = restored(checkpoint, text)

    assert trainer.course.is_over
    assert [result.epoch for result in trainer.course.results] == [1, 2]
    for name, weight in trainer.model.named_parameters():
        np.testing.assert_array_equal(weight.detach(), checkpoint.tensors[f"model.{name}"])
        state = trainer.optimizer.state[weight]
        assert float(state["step"]) == 6
        np.testing.assert_array_equal(state["exp_avg_sq"], checkpoint.tensors[f"exp_avg_sq.{name}"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hidden": 6}, "config hidden: 4 saved, 6 now"),
        ({"dropout": 0.5}, "config dropout: 0.3 saved, 0.5 now"),
        ({"epochs": 3}, "config epochs: 2 saved, 3 now"),
        ({"seed": 9, "tied": True}, "config tied: False saved, True now; config seed: 1 saved, 9 now"),
    ],
)
def test_another_setting_is_refused_by_its_name(saved, settings, said):
    """K06 names each difference, with what was saved and what is now."""
    with pytest.raises(CheckpointError, match=said) as caught:
        restored(*saved, replace(CONFIG, **settings))

    assert (caught.value.identifier, caught.value.exit_code) == ("K06", 4)


def test_another_text_is_refused(saved, tmp_path):
    """Fewer pairs, other pairs, words left out, and a validation that was not there: none goes on."""
    checkpoint, text = saved
    others = [
        (text_of(tmp_path / "fewer", 8), {}),
        (text_of(tmp_path / "other", 9, seed=1), {}),
        (text, {"reading": Reading(min_count=2)}),
        (text, {"valid": text}),
    ]

    for other, settings in others:
        with pytest.raises(CheckpointError, match="of another training: corpus"):
            restored(checkpoint, other, **settings)


def test_the_text_may_have_moved(saved, tmp_path):
    """K08: the same pairs under another name, packed or not, are the same."""
    checkpoint, _ = saved

    assert restored(checkpoint, text_of(tmp_path / "copy", 9)).course.is_over


def without(key):
    """A state without an entry."""
    return lambda state, _: state.pop(key)


@pytest.mark.parametrize(
    "change",
    [
        without("course"),
        without("given"),
        lambda state, _: state.update(course=[1]),
        lambda state, _: state["course"].pop("results"),
        lambda state, _: state["course"].update(results=[[1, 2]]),
        lambda state, _: state["course"].update(more=1),
        lambda _, tensors: tensors.pop("model.decoder.output.bias"),
        lambda _, tensors: tensors.pop("exp_avg.decoder.output.bias"),
        lambda _, tensors: tensors.update({"model.decoder.output.bias": np.zeros(3, np.float32)}),
        lambda _, tensors: tensors["model.decoder.output.bias"].__setitem__(0, np.nan),
        lambda _, tensors: tensors.update(
            {"model.decoder.output.bias": tensors["model.decoder.output.bias"] * 1.0j}
        ),
    ],
)
def test_a_state_that_is_not_whole_is_refused(saved, change):
    """K11, whatever lacks or does not fit."""
    checkpoint, text = saved
    state = {**checkpoint.state, "course": dict(checkpoint.state["course"])}
    tensors = {name: tensor.copy() for name, tensor in checkpoint.tensors.items()}
    change(state, tensors)

    with pytest.raises(CheckpointError) as caught:
        restored(checkpoint._replace(state=state, tensors=tensors), text)

    assert caught.value.identifier == "K11"


def test_a_model_that_has_diverged_is_not_saved(saved, tmp_path):
    """The last checkpoint stays the last good one."""
    trainer = restored(*saved)
    saver = Seq2SeqSaver(trainer, Checkpoints(tmp_path / "new"), {})
    with torch.no_grad():
        trainer.model.decoder.output.bias[0] = float("nan")

    with pytest.raises(DivergedError):
        saver.pause(True)
    assert not (tmp_path / "new").exists()


def test_a_full_disk_ends_no_training_that_is_done(saved, tmp_path):
    """It is told, and no more; one that is stopped has to be saved, and says that it is not."""
    trainer, notes = restored(*saved), []
    (tmp_path / "file").write_text("in the way")
    saver = Seq2SeqSaver(trainer, Checkpoints(tmp_path / "file", note=notes.append), {})

    saver.pause(True)
    assert "could not be saved" in notes[0]
    trainer.course.is_over = False
    with pytest.raises(StorageError, match="there is no checkpoint"):
        saver.pause(True)
