"""A training that was saved goes on as if it had never stopped."""

import dataclasses
import os
import threading

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.errors import CheckpointError, DivergedError, StorageError
from w2v import HogwildEngine, StopTraining, TrainConfig, train
from w2v import watch as watch_module
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import checkpoint_paths, read_checkpoint, read_newest, save_next
from w2v.engines.minibatch import MinibatchEngine
from w2v.initialization import initial_rows
from w2v.loss import LossSum

CONFIG = TrainConfig(dim=8, epochs=3, window=3)


class LookedAt(HogwildEngine):
    """Takes each step only when the calling thread has looked, so that a stop comes where it is asked for."""

    def __init__(self, architecture="skipgram", *, threads=1):
        super().__init__(architecture, threads=threads)
        self.looked = threading.Event()
        self.looked.set()  # for the step that compiles

    def run_epoch(self, *arguments, poll, **options):
        """As the engine does it."""
        return super().run_epoch(*arguments, poll=lambda n: (poll(n), self.looked.set())[0], **options)

    def _step(self, dim, sampler):
        step = super()._step(dim, sampler)
        return lambda *arguments: (self.looked.wait(10), self.looked.clear(), step(*arguments))


ENGINES = {
    "hogwild": lambda config: LookedAt(config.architecture),
    "sgd": lambda config: MinibatchEngine(config.architecture, threads=1),
    "adagrad": lambda config: MinibatchEngine(config.architecture, optimizer="adagrad", threads=1),
    "sparse-adam": lambda config: MinibatchEngine(config.architecture, optimizer="sparse-adam", threads=1),
}


@pytest.fixture(autouse=True)
def _looks_all_the_time(monkeypatch):
    """Reports come at each look, and looks after each chunk where there is one thread."""
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.0)
    monkeypatch.setattr("corpora.threads.POLL_SECONDS", 1e-6)
    monkeypatch.setattr("w2v.engines.eager.POLL_SECONDS", 0.0)


def stop_at(share):
    """A report that stops the training when so much of it is done."""

    def report(progress):
        if progress.tokens_done >= share * progress.tokens_total:
            raise StopTraining

    return report


def train_in_parts(corpus, config, folder, *, make_engine=ENGINES["hogwild"], shares=(0.1,)):
    """Trains up to shares of the whole, each time from where it stopped; then to the end."""
    for share in shares:
        resumed = read_newest(folder) if checkpoint_paths(folder) else None
        checkpoints = Checkpoints(folder, resumed=resumed)
        train(corpus, config, engine=make_engine(config), checkpoints=checkpoints, report=stop_at(share))
    resumed = read_newest(folder)
    assert not resumed.state["is_over"]
    return train(corpus, config, engine=make_engine(config), checkpoints=Checkpoints(folder, resumed=resumed))


def same(found, expected):
    """Whether matrix, counts and all that is told of the training are the same, byte for byte."""
    return (found.matrix.tobytes(), found.metadata) == (expected.matrix.tobytes(), expected.metadata)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
def test_a_resumed_training_gives_the_same_bytes(planted_corpus, tmp_path, engine, architecture):
    """One thread: stopped several times, within and between epochs, it is as if it had never stopped."""
    config = dataclasses.replace(CONFIG, architecture=architecture, learning_rate=0.02)
    expected = train(planted_corpus, config, engine=ENGINES[engine](config))

    found = train_in_parts(
        planted_corpus, config, tmp_path, make_engine=ENGINES[engine], shares=(0.1, 0.4, 0.7)
    )

    assert same(found, expected)


def test_losses_held_out_and_patience_go_on(planted_corpus, tmp_path):
    """What a checkpoint holds beside the tables: losses, the best epoch and its rows."""
    config = dataclasses.replace(CONFIG, epochs=9, holdout=0.4, patience=3)
    losses = {}

    class WorseFromThirdEpochOn(LookedAt):
        def measure(self, tables, sampler):
            digest = tables.input_rows.tobytes()
            return LossSum(losses.setdefault(digest, abs(len(losses) - 1.5) + 1), 1)

    expected = train(planted_corpus, config, engine=WorseFromThirdEpochOn())
    n_epochs = expected.metadata["training"]["epochs"]

    found = train_in_parts(
        planted_corpus,
        config,
        tmp_path,
        make_engine=lambda _: WorseFromThirdEpochOn(),
        shares=(0.01, 0.4, 0.5),
    )

    assert same(found, expected)
    assert expected.metadata["training"]["best_epoch"] < n_epochs < config.epochs


@pytest.mark.parametrize("field", ["input", "output", "place", "epoch", "losses", "loss"])
def test_each_part_of_the_state_is_needed(planted_corpus, tmp_path, field):
    """Without it the resumed training is another: the test above would notice."""
    expected = train(planted_corpus, CONFIG, engine=HogwildEngine(threads=1))
    train(
        planted_corpus,
        CONFIG,
        engine=LookedAt(),
        checkpoints=Checkpoints(tmp_path),
        report=stop_at(0.5),
    )
    resumed = read_newest(tmp_path)
    assert resumed.state["epoch"] == 1
    assert resumed.state["place"] > 0
    lost = {"losses": [], "loss": [0.0, 0], "place": 0, "epoch": 0}
    if field in lost:
        resumed.state[field] = lost[field]
    else:
        fresh = initial_rows(len(planted_corpus.vocabulary), CONFIG.dim, seed=9)
        resumed.tensors[field] = fresh.input_rows

    found = train(
        planted_corpus,
        CONFIG,
        engine=HogwildEngine(threads=1),
        checkpoints=Checkpoints(tmp_path, resumed=resumed),
    )

    assert not same(found, expected)


def test_with_several_threads_it_trains_on_the_same_words(planted_corpus, tmp_path):
    """No chunk is left out or taken twice, though which is last differs: as many tokens, as many losses."""
    seen = []

    class Counting(LookedAt):
        def _step(self, dim, sampler):
            step = super()._step(dim, sampler)
            return lambda *arguments: (seen.append(len(arguments[0])), step(*arguments))

    expected = train(planted_corpus, CONFIG, engine=Counting(threads=2)).metadata["training"]
    n_windows, n_steps = sum(seen), len(seen)
    seen.clear()

    found = train_in_parts(
        planted_corpus, CONFIG, tmp_path, make_engine=lambda _: Counting(threads=2), shares=(0.1, 0.3, 0.6)
    ).metadata["training"]

    assert sum(seen) == n_windows
    assert len(seen) == n_steps + 3  # each compiles with one empty step
    assert found["tokens"] == expected["tokens"]


def test_checkpoints_in_passing_change_nothing(planted_corpus, tmp_path):
    """A training that saves itself as often as it can gives the same bytes, and two checkpoints are kept."""
    config = dataclasses.replace(CONFIG, epochs=30)
    expected = train(planted_corpus, config, engine=HogwildEngine(threads=1))

    found = train(
        planted_corpus,
        config,
        engine=HogwildEngine(threads=1),
        checkpoints=Checkpoints(tmp_path, every="0.000001s"),
    )

    assert same(found, expected)
    assert len(checkpoint_paths(tmp_path)) == 2
    assert int(checkpoint_paths(tmp_path)[0].name[-6:]) > 3


def test_a_training_that_is_done_is_not_repeated(planted_corpus, tmp_path):
    """K21: its vectors come from the last checkpoint at once."""
    expected = train(
        planted_corpus, CONFIG, engine=HogwildEngine(threads=1), checkpoints=Checkpoints(tmp_path)
    )

    def never(_progress):
        raise AssertionError("it trains")

    found = train(
        planted_corpus,
        CONFIG,
        engine=HogwildEngine(threads=1),
        checkpoints=Checkpoints(tmp_path, resumed=read_newest(tmp_path)),
        report=never,
    )

    assert same(found, expected)


# Other trainings


@pytest.fixture
def stopped(planted_corpus, tmp_path):
    """A checkpoint of a training that has begun."""
    checkpoints = Checkpoints(tmp_path / "here")
    train(planted_corpus, CONFIG, engine=LookedAt(), checkpoints=checkpoints, report=stop_at(0))
    return read_newest(tmp_path / "here")


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"dim": 9}, "config dim: 8 saved, 9 now"),
        ({"epochs": 4}, "config epochs: 3 saved, 4 now"),
        ({"seed": 2, "window": 4}, "config window: 3 saved, 4 now; config seed: 1 saved, 2 now"),
    ],
)
def test_other_settings_are_refused_each_by_name(planted_corpus, stopped, change, difference):
    """K06: exit code 4."""
    config = dataclasses.replace(CONFIG, **change)

    with pytest.raises(CheckpointError) as caught:
        train(planted_corpus, config, checkpoints=Checkpoints(stopped.path.parent, resumed=stopped))

    assert (caught.value.identifier, caught.value.exit_code) == ("K06", 4)
    assert difference in str(caught.value)


def test_another_text_is_refused(stopped):
    """K07: by its digest."""
    other = Corpus.from_sentences([["a", "b", "c", "d"] * 10] * 50, min_count=1)

    with pytest.raises(CheckpointError, match="corpus digest: ") as caught:
        train(other, CONFIG, checkpoints=Checkpoints(stopped.path.parent, resumed=stopped))

    assert caught.value.identifier == "K07"


def test_another_version_or_engine_is_refused(planted_corpus, stopped, monkeypatch):
    """K09: another minor version may train differently; so does another engine."""
    checkpoints = Checkpoints(stopped.path.parent, resumed=stopped)

    with pytest.raises(CheckpointError, match="engine name: hogwild saved, minibatch now"):
        train(planted_corpus, CONFIG, engine=MinibatchEngine(threads=1), checkpoints=checkpoints)
    monkeypatch.setattr("w2v.__version__", "7.1.0")
    with pytest.raises(CheckpointError, match=r"w2v version: 0\.\d+ saved, 7\.1 now"):
        train(planted_corpus, CONFIG, checkpoints=checkpoints)


@pytest.mark.parametrize(
    ("name", "tensor", "problem"),
    [
        ("input", None, "'input' is missing"),
        ("more", np.zeros((2, 2), np.float32), "'more' has no place"),
        ("output", np.zeros((2, 8), np.float32), r"'output' is float32 \(2, 8\), not float32"),
        ("output", "float64", "'output' is float64"),
        ("output", "nan", "'output' holds NaN"),
    ],
)
def test_tensors_of_another_training_are_refused(planted_corpus, stopped, name, tensor, problem):
    """K11: missing, too many, of another shape or kind, or no numbers."""
    if tensor is None:
        del stopped.tensors[name]
    elif isinstance(tensor, np.ndarray):
        stopped.tensors[name] = tensor
    elif tensor == "nan":
        stopped.tensors[name][3, 3] = np.nan
    else:
        stopped.tensors[name] = stopped.tensors[name].astype(tensor)

    with pytest.raises(CheckpointError, match=problem) as caught:
        train(planted_corpus, CONFIG, checkpoints=Checkpoints(stopped.path.parent, resumed=stopped))

    assert caught.value.identifier == "K11"


@pytest.mark.parametrize(
    "name", ["epoch", "place", "loss", "losses", "tokens", "seconds", "start", "machine"]
)
def test_a_state_that_lacks_something_is_refused(planted_corpus, stopped, name):
    """K11: never a KeyError."""
    del stopped.state[name]

    with pytest.raises(CheckpointError, match=f"KeyError '{name}'"):
        train(
            planted_corpus,
            dataclasses.replace(CONFIG),
            engine=HogwildEngine(threads=1),
            checkpoints=Checkpoints(stopped.path.parent, resumed=stopped),
        )


# What goes wrong meanwhile


def test_a_training_that_diverges_keeps_and_names_its_last_good_state(planted_corpus, tmp_path):
    """P14: no checkpoint holds what is no number, and the error says where the state before is."""
    rows = initial_rows(len(planted_corpus.vocabulary), CONFIG.dim, seed=1)
    checkpoints = Checkpoints(tmp_path, every="0.000001s")

    def spoil(_progress):
        if checkpoints.last is not None:
            rows.output_rows[-1, 0] = np.nan

    config = dataclasses.replace(CONFIG, epochs=1000)
    with pytest.raises(DivergedError) as caught:
        train(planted_corpus, config, tables=rows, checkpoints=checkpoints, report=spoil)

    assert str(checkpoints.last) in caught.value.fix
    for path in checkpoint_paths(tmp_path):
        assert all(np.isfinite(tensor).all() for tensor in read_checkpoint(path).tensors.values())


def test_a_full_disk_stops_no_training_and_is_told_each_time(planted_corpus, tmp_path, monkeypatch):
    """K13: it goes on in memory, tries again, and saves when there is room."""
    notes, tries = [], []

    def fail_at_first(*arguments, **options):
        tries.append(1)
        if len(tries) < 3:
            raise StorageError("K13", "cannot write: No space left on device", path=tmp_path, fix="make room")
        return save_next(*arguments, **options)

    monkeypatch.setattr("w2v.checkpoint.save_next", fail_at_first)
    expected = train(planted_corpus, CONFIG, engine=HogwildEngine(threads=1))

    found = train(
        planted_corpus,
        CONFIG,
        engine=HogwildEngine(threads=1),
        checkpoints=Checkpoints(tmp_path, every="0.000001s", note=notes.append),
    )

    assert same(found, expected)
    assert len(notes) == 2
    assert "No space left" in notes[0]
    assert "try again" in notes[0]
    assert read_newest(tmp_path).state["is_over"]


def test_a_stop_that_cannot_be_saved_says_what_is_left(planted_corpus, tmp_path, monkeypatch):
    """Exit code 5, with the last checkpoint: nothing is claimed to be saved that is not."""
    monkeypatch.setattr("w2v.checkpoint.save_next", raise_full)

    with pytest.raises(StorageError, match="there is no checkpoint"):
        train(planted_corpus, CONFIG, checkpoints=Checkpoints(tmp_path), report=stop_at(0))


def raise_full(*_arguments, **_options):
    """A disk without room."""
    raise StorageError("K13", "cannot write: No space left on device", fix="make room")


def test_where_memory_is_short_it_saves_without_a_copy(planted_corpus, tmp_path, monkeypatch):
    """The training waits instead."""
    monkeypatch.setattr("w2v.checkpoint.available_bytes", lambda: 0)
    checkpoints = Checkpoints(tmp_path, every="0.000001s")
    expected = train(planted_corpus, CONFIG, engine=HogwildEngine(threads=1))

    found = train(planted_corpus, CONFIG, engine=HogwildEngine(threads=1), checkpoints=checkpoints)

    assert same(found, expected)
    assert not checkpoints._copies
    assert len(os.listdir(tmp_path)) == 2
