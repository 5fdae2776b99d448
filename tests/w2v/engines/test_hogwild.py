"""The CPU engine takes the steps of the objective, on the same windows whatever the number of threads."""

import threading
from collections import Counter

import numpy as np
import pytest
import torch

from corpora.windows import Windows, WindowSampler
from w2v.engines.hogwild import HogwildEngine
from w2v.loss import LossSum, measured_part, n_predictions
from w2v.objective import negative_sampling_loss
from w2v.tables import EmbeddingTables

BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
N_WORDS, DIM, N_NEGATIVES = 60, 24, 5
LEARNING_RATE = 0.1


class OneChunk:
    """A sampler whose only chunk is the windows it was made with."""

    n_chunks = 1

    def __init__(self, windows, *, share_negatives=True):
        self.windows = windows
        self.share_negatives = share_negatives
        self.negatives = windows.negatives.shape[1]

    def allocate(self):
        """No room is needed."""

    def sample(self, epoch, chunk, *, room=None):
        """The windows."""
        return self.windows


class Recorder(WindowSampler):
    """A sampler that remembers what it gave."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.given = Counter()
        self.n_centers = 0

    def sample(self, epoch, chunk, *, room=None):
        """As ever, with a note of it."""
        windows = super().sample(epoch, chunk, room=room)
        self.given[epoch, chunk, b"".join(array.tobytes() for array in windows)] += 1
        self.n_centers += len(windows.centers)
        return windows


class Constant:
    """A learning rate for every chunk there will ever be."""

    def __getitem__(self, chunk):
        return LEARNING_RATE


def random_window(rng, *, has_center_as_negative, most_contexts=10):
    """One window of distinct contexts."""
    n_contexts = rng.integers(1, most_contexts + 1)
    center = rng.integers(N_WORDS)
    negatives = rng.integers(0, N_WORDS, N_NEGATIVES)
    if has_center_as_negative:
        negatives[rng.integers(N_NEGATIVES)] = center
    return Windows(
        np.array([center], np.int32),
        rng.permutation(N_WORDS)[:n_contexts].astype(np.int32),
        np.array([0, n_contexts]),
        negatives[None].astype(np.int32),
    )


def random_tables(rng):
    """Tables of normal numbers, so that scores are of about 5 and every row matters."""
    tables = EmbeddingTables(N_WORDS, DIM)
    tables.input_rows[:] = rng.normal(size=(N_WORDS, DIM))
    tables.output_rows[:] = rng.normal(size=(N_WORDS, DIM))
    return tables


def ignore(_):
    """Takes what nobody asks for."""


def run_epoch(engine, tables, sampler, *, poll=ignore, epoch=0):
    """One epoch at a constant learning rate."""
    engine.run_epoch(tables, sampler, epoch, learning_rates=Constant(), record=ignore, poll=poll)


def assert_moves_as_sgd(engine, chunk, tables):
    """An epoch of one window changes the tables as a step of SGD on the objective does."""
    weights = [
        torch.tensor(rows.astype(np.float64), requires_grad=True)
        for rows in (tables.input_rows, tables.output_rows)
    ]
    negative_sampling_loss(*weights, chunk.windows, engine.architecture).backward()
    torch.optim.SGD(weights, lr=LEARNING_RATE).step()

    run_epoch(engine, tables, chunk)

    np.testing.assert_allclose(tables.input_rows, weights[0].detach(), rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(tables.output_rows, weights[1].detach(), rtol=2e-6, atol=2e-6)


@BOTH
@pytest.mark.parametrize("has_center_as_negative", [False, True])
def test_window_moves_the_tables_as_one_sgd_step_on_the_objective(architecture, has_center_as_negative):
    """60 random windows with distinct contexts, each alone: torch SGD in float64 gives the same tables."""
    rng = np.random.default_rng([len(architecture), has_center_as_negative])
    engine = HogwildEngine(architecture, threads=1)

    for _ in range(60):
        windows = random_window(rng, has_center_as_negative=has_center_as_negative)
        assert_moves_as_sgd(engine, OneChunk(windows), random_tables(rng))


@pytest.mark.parametrize("has_center_as_negative", [False, True])
def test_pair_moves_the_tables_as_one_sgd_step_on_the_objective(has_center_as_negative):
    """60 random pairs with negatives of their own, each alone: torch SGD in float64 gives the same tables."""
    rng = np.random.default_rng([7, has_center_as_negative])
    engine = HogwildEngine("skipgram", threads=1)

    for _ in range(60):
        windows = random_window(rng, has_center_as_negative=has_center_as_negative, most_contexts=1)
        assert_moves_as_sgd(engine, OneChunk(windows, share_negatives=False), random_tables(rng))


def test_windows_do_not_depend_on_the_number_of_threads(planted_corpus):
    """1, 2 and 5 threads take each chunk of an epoch once, with the same bytes in all four arrays."""
    given = []

    for threads in (1, 2, 5):
        sampler = Recorder(planted_corpus)
        run_epoch(HogwildEngine(threads=threads), EmbeddingTables(len(planted_corpus.vocabulary), 8), sampler)
        given.append((sampler.given, sampler.n_centers))

    assert given[0] == given[1] == given[2]
    assert sorted(chunk for _, chunk, _ in given[0][0]) == list(range(sampler.n_chunks))
    assert set(given[0][0].values()) == {1}


def test_epochs_have_windows_of_their_own(planted_corpus):
    """The same chunk is sampled differently in another epoch, and equally in the same one."""
    sampler = WindowSampler(planted_corpus)

    first, again, other = (sampler.sample(epoch, 0) for epoch in (0, 0, 1))

    np.testing.assert_array_equal(first.negatives, again.negatives)
    assert first.contexts.tobytes() != other.contexts.tobytes()


def test_chunk_is_trained_at_its_own_learning_rate(planted_corpus):
    """With every rate but that of the last chunk at 0, only words of that chunk move."""
    sampler = WindowSampler(planted_corpus)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    rates = np.zeros(sampler.n_chunks)
    rates[-1] = LEARNING_RATE
    windows = sampler.sample(0, sampler.n_chunks - 1)

    engine = HogwildEngine(threads=1)
    engine.run_epoch(tables, sampler, 0, learning_rates=rates, record=ignore, poll=ignore)

    moved = np.flatnonzero(tables.output_rows.any(axis=1))
    assert len(moved) > 0
    assert set(moved) <= set(windows.centers) | set(windows.negatives.ravel())


@BOTH
def test_compiling_changes_nothing(architecture, planted_corpus):
    """`compile` runs the step on no windows: both tables keep every bit."""
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    before = tables.input_rows.copy()

    HogwildEngine(architecture).compile(WindowSampler(planted_corpus), tables)

    np.testing.assert_array_equal(tables.input_rows, before)
    assert not tables.output_rows.any()


def test_poll_ends_at_the_number_of_chunks(planted_corpus):
    """The last call says that all chunks are done; no call is out of range."""
    sampler = WindowSampler(planted_corpus)
    calls = []

    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    run_epoch(HogwildEngine(threads=2), tables, sampler, poll=calls.append)

    assert calls[-1] == sampler.n_chunks
    assert all(0 <= call <= sampler.n_chunks for call in calls)


def test_poll_is_called_by_the_calling_thread(planted_corpus):
    """Only the main thread gets signals and may draw a bar, so `poll` belongs to it."""
    threads = set()

    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    sampler = WindowSampler(planted_corpus)
    run_epoch(HogwildEngine(threads=2), tables, sampler, poll=lambda _: threads.add(threading.get_ident()))

    assert threads == {threading.get_ident()}


def test_error_of_poll_ends_the_epoch(planted_corpus, monkeypatch):
    """What `poll` raises comes out, and no thread is left behind."""
    endless_sampler(monkeypatch)

    def poll(_):
        raise RuntimeError("enough")

    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    with pytest.raises(RuntimeError, match="enough"):
        run_epoch(HogwildEngine(threads=2), tables, WindowSampler(planted_corpus), poll=poll)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("w2v-")]


@pytest.mark.parametrize("failing_chunk", [0, 7, -1])
def test_error_of_a_worker_ends_the_epoch(planted_corpus, monkeypatch, failing_chunk):
    """An error in the step of the first, a middle or the last chunk comes out; all threads are joined."""
    sampler = WindowSampler(planted_corpus)
    chunk = failing_chunk % sampler.n_chunks
    rates = np.arange(sampler.n_chunks, dtype=np.float64)

    def step(*arguments):
        if arguments[6] == rates[chunk]:  # the learning rate tells the chunk
            raise ZeroDivisionError("injected")

    monkeypatch.setattr(HogwildEngine, "_step", lambda *_: step)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    engine = HogwildEngine(threads=2)
    with pytest.raises(ZeroDivisionError, match="injected"):
        engine.run_epoch(tables, sampler, 0, learning_rates=rates, record=ignore, poll=ignore)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("w2v-")]


def test_error_of_one_worker_stops_the_others(planted_corpus, monkeypatch):
    """One thread fails while the other would never come to an end: the error comes out all the same."""
    endless_sampler(monkeypatch)
    calls = []

    def step(*_):
        calls.append(None)
        if len(calls) == 50:
            raise ZeroDivisionError("injected")

    monkeypatch.setattr(HogwildEngine, "_step", lambda *_: step)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), 8)
    with pytest.raises(ZeroDivisionError, match="injected"):
        run_epoch(HogwildEngine(threads=2), tables, WindowSampler(planted_corpus))


@BOTH
def test_loss_is_measured_before_the_step(planted_corpus, architecture):
    """With one thread, what is recorded is the objective on the tables as they were before each chunk."""
    sampler = WindowSampler(planted_corpus, chunk_tokens=4096)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), DIM)
    expected = []

    class Spy(WindowSampler):
        def sample(self, epoch, chunk, *, room=None):
            windows = sampler.sample(epoch, chunk)
            if part := measured_part(windows, chunk):
                loss = negative_sampling_loss(tables.input.weight, tables.output.weight, part, architecture)
                expected.append(LossSum(loss.item(), n_predictions(part, architecture)))
            return windows

    recorded = []
    rates = np.full(sampler.n_chunks, LEARNING_RATE)
    engine = HogwildEngine(architecture, threads=1)
    spy = Spy(planted_corpus, chunk_tokens=4096)
    engine.run_epoch(tables, spy, 0, learning_rates=rates, record=recorded.append, poll=ignore)

    assert len(recorded) > 2
    np.testing.assert_allclose(recorded, expected, rtol=1e-5)
    assert recorded[-1].mean < recorded[0].mean


@BOTH
def test_measured_loss_is_that_of_the_objective_for_any_threads(planted_corpus, architecture):
    """Over all windows of epoch 0, 1 and 3 threads give the same bits, and torch the same to 1e-5."""
    sampler = WindowSampler(planted_corpus)
    tables = EmbeddingTables(len(planted_corpus.vocabulary), DIM)
    rng = np.random.default_rng(2)
    tables.input_rows[:], tables.output_rows[:] = rng.normal(size=(2, *tables.input_rows.shape)) / 3

    one, three = (HogwildEngine(architecture, threads=n).measure(tables, sampler) for n in (1, 3))

    exact = [weight.detach().double() for weight in (tables.input.weight, tables.output.weight)]
    expected = sum(
        negative_sampling_loss(*exact, sampler.sample(0, chunk), architecture).item()
        for chunk in range(sampler.n_chunks)
    )
    assert one == three
    assert one.mean == pytest.approx(expected / one.n_predictions, abs=1e-5)


@pytest.mark.parametrize("threads", [0, -1])
def test_fewer_than_one_thread_is_refused(threads):
    """No work would be done, without an error."""
    with pytest.raises(ValueError, match=f"threads must be 1 or more, got {threads}"):
        HogwildEngine(threads=threads)


def test_unknown_architecture_is_refused():
    """A misspelt name is not taken for the other architecture."""
    with pytest.raises(ValueError, match="skipgram, cbow, got 'skip-gram'"):
        HogwildEngine("skip-gram")


def test_threads_are_the_cores_by_default():
    """Without `threads` the engine takes every core that this process may use."""
    from corpora.threads import default_threads

    assert HogwildEngine().threads == default_threads()


def endless_sampler(monkeypatch):
    """Makes every sampler one of a trillion chunks, all like its first."""
    first = WindowSampler.sample
    monkeypatch.setattr(WindowSampler, "n_chunks", 10**12)
    monkeypatch.setattr(
        WindowSampler, "sample", lambda self, epoch, chunk, *, room=None: first(self, epoch, 0, room=room)
    )
