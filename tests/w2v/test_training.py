"""train(): what it gives, how the learning rate falls, and what ends it."""

import itertools
import subprocess
import sys
import threading

import numpy as np
import pytest

from corpora import planted
from corpora.corpus import Corpus
from corpora.errors import DivergedError, InputError, MemoryLimitError
from corpora.windows import WindowSampler
from w2v import loss, training, watch
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.tables import EmbeddingTables
from w2v.training import train
from w2v.watch import StopTraining

BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
QUICK = TrainConfig(dim=8, epochs=2)


class IdleEngine:
    """Takes no steps, and remembers what it was asked for."""

    architecture = "skipgram"
    state_pairs = 0

    def __init__(self):
        self.rates = []

    def describe(self):
        """Its name."""
        return {"name": "idle"}

    def compile(self, sampler, tables):
        """Nothing to make ready."""

    def run_epoch(self, tables, sampler, epoch, *, learning_rates, record, poll, place=0):
        """Polls at the start of each chunk and at the end."""
        self.rates.append(learning_rates)
        for chunk in range(sampler.n_chunks + 1):
            poll(chunk)

    def fetch(self, tables, n_rows=None):
        """Nothing is anywhere else."""


def threads_left():
    """Threads of ours that are still alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("w2v-")]


# What it gives


def test_vectors_are_the_input_rows(planted_corpus):
    """Words, counts and settings come along; the matrix is the input table itself, not a copy."""
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)

    vectors = train(planted_corpus, QUICK, tables=tables)

    assert vectors.words == planted_corpus.vocabulary.words
    assert np.shares_memory(vectors.matrix, tables.input_rows)
    np.testing.assert_array_equal(vectors.counts, planted_corpus.vocabulary.counts)
    assert TrainConfig(**vectors.metadata["config"]) == QUICK
    assert vectors.metadata["corpus"]["digest"] == planted_corpus.digest


@BOTH
def test_one_thread_and_one_seed_give_the_same_bytes(planted_corpus, architecture):
    """Two trainings agree in every bit; another seed does not."""
    configs = [TrainConfig(architecture=architecture, dim=8, epochs=1, seed=seed) for seed in (1, 1, 2)]

    first, again, other = (
        train(planted_corpus, config, engine=HogwildEngine(architecture, threads=1)).matrix
        for config in configs
    )

    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@BOTH
def test_measuring_changes_no_byte(planted_corpus, architecture, monkeypatch):
    """With the loss of every window measured, and with that of none, one thread gives the same bytes."""
    config = TrainConfig(architecture=architecture, dim=8, epochs=2)
    matrices = []

    for every, n_windows in ((1, 10**6), (10**6, 1)):
        monkeypatch.setattr(loss, "MEASURED_EVERY", every)
        monkeypatch.setattr(loss, "MEASURED_WINDOWS", n_windows)
        engine = HogwildEngine(architecture, threads=1)
        matrices.append(train(planted_corpus, config, engine=engine).matrix.tobytes())

    assert matrices[0] == matrices[1]


@BOTH
def test_same_training_has_the_same_losses(planted_corpus, architecture):
    """With one thread the losses of every epoch repeat, and fall."""
    config = TrainConfig(architecture=architecture, dim=16, epochs=4, holdout=0.05)

    first, again = (
        train(planted_corpus, config, engine=HogwildEngine(architecture, threads=1)).metadata["training"]
        for _ in range(2)
    )

    assert first == again
    for losses in (first["losses"], first["heldout_losses"]):
        assert len(losses) == 4
        assert losses[-1] < losses[0] < 6 * np.log(2) + 0.01


def test_words_do_not_depend_on_threads(planted_text, tmp_path):
    """Read and trained by 1 and by 3 threads: the same words in the same order with the same counts."""
    vectors = []

    for threads in (1, 3):
        corpus = Corpus.prepare([planted_text], cache=tmp_path / str(threads), threads=threads)
        vectors.append(train(corpus, QUICK, engine=HogwildEngine(threads=threads)))

    assert vectors[0].words == vectors[1].words
    np.testing.assert_array_equal(vectors[0].counts, vectors[1].counts)


@BOTH
def test_planted_corpus_is_solved(tmp_path, architecture):
    """After a second of training nine of ten analogies are right; untrained vectors know next to none."""
    path = tmp_path / "planted.txt"
    path.write_bytes(b"".join(planted.generate(400_000)))
    corpus = Corpus.prepare([path])
    questions = [question for _, section in planted.analogies() for question in section]
    config = TrainConfig(architecture=architecture, dim=64, epochs=25)

    trained = train(corpus, config, engine=HogwildEngine(architecture, threads=2))

    rows = np.array([[trained.ids[word] for word in question] for question in questions])
    right = trained.analogies(rows[:, :3]).ids[:, 0] == rows[:, 3]
    assert right.mean() > 0.9


@BOTH
def test_training_goes_on_from_given_tables(planted_corpus, architecture):
    """Given tables are changed in place, both of them, and are where the training starts."""
    config = TrainConfig(architecture=architecture, dim=8, epochs=1, learning_rate=1e-9, min_learning_rate=0)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    tables.input_rows[:] = 2

    vectors = train(planted_corpus, config, tables=tables)

    assert tables.output_rows.any()
    np.testing.assert_allclose(vectors.matrix, 2, atol=1e-4)


def test_sentences_of_a_generator_are_enough_for_many_epochs():
    """They are read once and encoded, so a generator does not run dry in the second epoch (T13)."""
    sentences = ([f"w{(i + j) % 7}" for j in range(6)] for i in range(200))

    vectors = train(Corpus.from_sentences(sentences), TrainConfig(dim=4, epochs=3, subsample=0))

    assert len(vectors) == 7


# The learning rate


def test_learning_rate_falls_linearly_over_all_epochs(planted_corpus):
    """It starts at learning_rate, falls with the tokens before a chunk, and ends near the minimum."""
    engine = IdleEngine()
    config = TrainConfig(epochs=3, learning_rate=0.5, min_learning_rate=0.1)

    train(planted_corpus, config, engine=engine)

    rates = np.concatenate(engine.rates)
    starts = WindowSampler(planted_corpus).chunk_starts
    done = np.concatenate([epoch * starts[-1] + starts[:-1] for epoch in range(3)]) / (3 * starts[-1])
    assert rates[0] == 0.5
    np.testing.assert_allclose(rates, 0.5 - 0.4 * done, rtol=1e-12)
    assert 0.1 < rates[-1] < 0.12


# Progress


def test_progress_rises_to_the_whole(planted_corpus):
    """Reports never go back, name the epoch from 1, and end with all tokens of all epochs."""
    reports = []

    train(planted_corpus, QUICK, report=reports.append)

    done = [report.tokens_done for report in reports]
    assert done == sorted(done)
    assert done[-1] == reports[-1].tokens_total == 2 * planted_corpus.n_tokens
    assert {report.epoch for report in reports} <= {1, 2}
    assert reports[-1].epoch == 2


def test_clock_cannot_go_backwards(planted_corpus, monkeypatch):
    """Only the monotonic clock is read: with a wall clock that fails the training runs (T24)."""

    def wall_clock():
        raise AssertionError("the wall clock was read")

    monkeypatch.setattr("time.time", wall_clock)

    train(planted_corpus, QUICK, report=lambda progress: None)


# What ends it


def test_error_of_report_ends_the_training(planted_corpus):
    """What `report` raises comes out in the first epoch of a trillion; no thread is left."""

    def report(_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        train(planted_corpus, TrainConfig(dim=8, epochs=10**12), report=report)

    assert not threads_left()


def test_report_can_stop_the_training_in_good_order(planted_corpus):
    """StopTraining after 2 of 10^12 epochs gives vectors, whose metadata tells how far the training came."""

    def report(progress):
        if progress.is_epoch_end and progress.epoch == 2:
            raise StopTraining

    config = TrainConfig(dim=8, epochs=10**12, learning_rate=0.05)
    vectors = train(planted_corpus, config, report=report)

    assert vectors.metadata["training"]["epochs"] == 2
    assert vectors.metadata["training"]["tokens"] == 2 * planted_corpus.n_tokens
    assert len(vectors.metadata["training"]["losses"]) == 2
    assert not threads_left()


def test_report_can_stop_in_the_middle_of_an_epoch(planted_corpus):
    """At the very first report the vectors are what they are then; with a held-out part, too."""

    def report(_):
        raise StopTraining

    config = TrainConfig(dim=8, epochs=10**12, holdout=0.05, patience=1)
    vectors = train(planted_corpus, config, report=report)

    assert np.isfinite(vectors.matrix).all()
    assert not threads_left()


@pytest.mark.parametrize("rate", [50.0, 1e3, 1e30])
@BOTH
def test_absurd_learning_rate_is_noticed(planted_corpus, architecture, rate):
    """A rate that diverges raises DivergedError with the option to change; no vectors come out."""
    config = TrainConfig(architecture=architecture, dim=16, epochs=5, learning_rate=rate)

    with pytest.raises(DivergedError, match="lower --learning-rate"):
        train(planted_corpus, config)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e4, -1e4])
@pytest.mark.parametrize("table", ["input", "output"])
def test_one_bad_value_is_noticed(planted_corpus, table, value):
    """A single value in the last row that is no number, or beyond all use, is found at the end."""
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 100)
    getattr(tables, f"{table}_rows")[-1, -1] = value

    with pytest.raises(DivergedError, match=table):
        train(planted_corpus, engine=IdleEngine(), tables=tables)


def test_bad_value_is_noticed_while_training(planted_corpus, monkeypatch):
    """The guard stops a run of 10^12 epochs whose vectors are no numbers; it does not wait for the end."""
    monkeypatch.setattr(watch, "GUARD_SECONDS", 0.0)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    tables.input_rows[0] = np.nan

    with pytest.raises(DivergedError):
        train(planted_corpus, TrainConfig(dim=8, epochs=10**12), tables=tables)

    assert not threads_left()


def test_ordinary_values_pass_the_guard(planted_corpus):
    """Rows of 100, more than any training gives, are not taken for divergence."""
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 100)
    tables.input_rows[:] = 100

    assert train(planted_corpus, engine=IdleEngine(), tables=tables).matrix[0, 0] == 100


def test_memory_is_checked_before_tables_are_made(planted_corpus, monkeypatch):
    """Ten terabytes are refused before the first table is allocated (T15)."""

    def allocate(*_, **__):
        raise AssertionError("tables were allocated")

    monkeypatch.setattr(training, "initial_rows", allocate)

    with pytest.raises(MemoryLimitError):
        train(planted_corpus, TrainConfig(dim=10**9))


def test_next_to_nothing_left_after_subsampling_is_refused(planted_corpus):
    """A threshold so small that fewer than 100 words survive is refused with their number (T07)."""
    with pytest.raises(InputError, match=r"about 0 of [\d,]+ words are left"):
        train(planted_corpus, TrainConfig(subsample=1e-30))


@pytest.mark.parametrize("corpus", ["corpus.txt", ["corpus.txt"], [["a", "b"]], None])
def test_anything_but_a_corpus_is_refused(corpus):
    """A path or a list of sentences is refused with the right call (T12)."""
    with pytest.raises(TypeError, match=r"Corpus\.prepare\(\[path\]\)"):
        train(corpus)


def test_tables_of_another_shape_are_refused(planted_corpus):
    """Both shapes are named."""
    n_words = len(planted_corpus.vocabulary)

    with pytest.raises(ValueError, match=rf"\({n_words}, 8\), got \(5, 8\)"):
        train(planted_corpus, QUICK, tables=EmbeddingTables(5, 8))


def test_engine_of_another_architecture_is_refused(planted_corpus):
    """Vectors never claim to be of an architecture that they were not trained with."""
    with pytest.raises(ValueError, match="config asks for cbow, the engine takes skipgram steps"):
        train(planted_corpus, TrainConfig(architecture="cbow"), engine=HogwildEngine("skipgram"))


def test_two_trainings_at_once_do_not_disturb_each_other(planted_corpus):
    """Two threads of one process train at the same time; both get what one alone gets (T20)."""
    config = TrainConfig(dim=8, epochs=3)

    def run():
        return train(planted_corpus, config, engine=HogwildEngine(threads=1)).matrix.tobytes()

    alone, found = run(), []
    threads = [threading.Thread(target=lambda: found.append(run())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [alone, alone]


def test_training_works_in_a_forked_child(planted_text):
    """A process that has trained can fork a child that trains (T21)."""
    program = f"""
import os
from w2v import Corpus, HogwildEngine, TrainConfig, train
corpus = Corpus.prepare([{str(planted_text)!r}])
run = lambda: train(corpus, TrainConfig(dim=8, epochs=1), engine=HogwildEngine(threads=2))
run()
child = os.fork()
if child == 0:
    os._exit(0 if len(run()) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)

    assert done.returncode == 0, done.stderr


def test_config_of_another_type_is_refused(planted_corpus):
    """A dict of settings is told what to be."""
    with pytest.raises(TypeError, match="needs a TrainConfig, got dict"):
        train(planted_corpus, {"dim": 3})


def test_reports_come_at_most_ten_times_a_second(planted_corpus):
    """Beside those of the ends of epochs, which come once each; the last is the end."""
    reports = []

    train(planted_corpus, TrainConfig(dim=2, epochs=60), report=reports.append)

    ends = [report.epoch for report in reports if report.is_epoch_end]
    before_ends = [
        after.seconds - before.seconds
        for before, after in itertools.pairwise(reports)
        if not after.is_epoch_end
    ]
    assert ends == list(range(1, 61))
    assert min(before_ends, default=1) >= 0.09
    assert reports[-1].tokens_done == reports[-1].tokens_total
