"""The torch engine takes the steps of the kernels, on the same windows, with the options of nn.Embedding."""

import threading
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from corpora import planted
from corpora.corpus import Corpus
from corpora.errors import DivergedError, MemoryLimitError
from corpora.windows import WindowSampler
from w2v import memory, watch
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.engines.minibatch import MOST_WINDOWS_PER_STEP, MinibatchEngine
from w2v.engines.steps import cut_steps
from w2v.initialization import Rows
from w2v.training import train

BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
DIM = 12
RATE = 0.1
OPTIMIZERS = {"sgd": torch.optim.SGD, "sparse-adam": torch.optim.SparseAdam, "adagrad": torch.optim.Adagrad}


@pytest.fixture(scope="module")
def small_corpus():
    """540 tokens of 50 words, some far more frequent than others, none twice in a sentence.

    A word twice in a window is where kernels and torch differ: the kernels' second occurrence sees what the
    first has changed.
    """
    rng = np.random.default_rng(3)
    shares = np.arange(50, 0, -1) ** 2 / np.sum(np.arange(50, 0, -1) ** 2)
    sentences = [[f"w{word}" for word in rng.choice(50, 9, replace=False, p=shares)] for _ in range(60)]
    return Corpus.from_sentences([*sentences, [f"w{word}" for word in range(50)]], min_count=1)


def engine_of(architecture="skipgram", **options):
    """An engine of one thread, which is the quickest for so little."""
    return MinibatchEngine(architecture, threads=1, **options)


def sampler_of(corpus, **options):
    """Three contexts on each side and four negatives."""
    return WindowSampler(corpus, **{"window": 3, "negatives": 4, "subsample": 0.05, **options})


def random_rows(corpus, *, seed=0):
    """Rows of normal numbers, so that every one of them matters."""
    rng = np.random.default_rng(seed)
    shape = len(corpus.vocabulary), DIM
    return Rows(*(rng.normal(size=shape).astype(np.float32) for _ in range(2)))


def copy_of(rows):
    """The same numbers, elsewhere."""
    return Rows(*(table.copy() for table in rows))


def run_epoch(engine, rows, sampler, *, epoch=0, rate=RATE, poll=lambda _: None):
    """One epoch at a constant rate; returns the losses that were recorded."""
    losses = []
    rates = np.full(sampler.n_chunks, rate)
    engine.run_epoch(rows, sampler, epoch, learning_rates=rates, record=losses.append, poll=poll)
    return losses


def touched_ids(sampler):
    """The rows that occur in epoch 0: of the input table, and of the output table."""
    windows = [sampler.sample(0, chunk) for chunk in range(sampler.n_chunks)]
    outputs = [ids for w in windows for ids in (w.centers, w.negatives.ravel())]
    return np.unique(np.concatenate([w.contexts for w in windows])), np.unique(np.concatenate(outputs))


# The same steps


def assert_steps_are_those_of_the_kernels(corpus, sampler, architecture):
    """An epoch of steps of one window leaves both tables as the kernels do, to float32 accuracy."""
    rows = random_rows(corpus)
    expected = copy_of(rows)

    run_epoch(engine_of(architecture, windows_per_step=1), rows, sampler)
    run_epoch(HogwildEngine(architecture, threads=1), expected, sampler)

    for table, other in zip(rows, expected, strict=True):
        np.testing.assert_allclose(table, other, rtol=1e-4, atol=1e-5)


@BOTH
def test_step_over_one_window_is_the_step_of_the_kernels(small_corpus, architecture):
    """Some 500 windows, each a step of both engines."""
    assert_steps_are_those_of_the_kernels(small_corpus, sampler_of(small_corpus), architecture)


def test_step_over_one_pair_is_the_step_of_the_kernels():
    """Where a window is one pair with negatives of its own, as in sentences of two words."""
    words = np.random.default_rng(0).permutation(np.tile(np.arange(40), 10)).reshape(-1, 2)
    sentences = [[f"w{word}" for word in pair] for pair in words if pair[0] != pair[1]]
    corpus = Corpus.from_sentences(sentences, min_count=1)

    assert_steps_are_those_of_the_kernels(corpus, sampler_of(corpus, share_negatives=False), "skipgram")


def train_layers(layers, optimizer, sampler, architecture, windows_per_step):
    """An epoch as a user of torch would write it: nn.Embedding, one window after the other, summed losses."""
    for step in cut_steps(sampler, 0, windows_per_step):
        centers, contexts, offsets, negatives = (torch.as_tensor(array).long() for array in step.windows)
        loss = 0.0
        hidden, output = layers[0](contexts), layers[1](torch.cat([centers[:, None], negatives], 1))
        for w, center in enumerate(centers):
            part = hidden[offsets[w] : offsets[w + 1]]
            part = part.mean(0, keepdim=True) if architecture == "cbow" else part
            loss -= torch.nn.functional.logsigmoid(part @ output[w, 0]).sum()
            noise = output[w, 1:][negatives[w] != center]
            loss -= torch.nn.functional.logsigmoid(-(part @ noise.T)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@BOTH
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "options", [{}, {"max_norm": 1.5}, {"max_norm": 2.0, "norm_type": 1.0}, {"padding_idx": 0}]
)
def test_steps_are_those_of_embedding_layers(small_corpus, architecture, optimizer, options):
    """Steps of 40 windows equal those of two nn.Embedding layers with the same options and optimizer."""
    sampler = sampler_of(small_corpus, chunk_tokens=150).take(np.arange(1))
    rows = random_rows(small_corpus)
    layers = [
        nn.Embedding(*table.shape, sparse=True, _weight=torch.tensor(table), **options) for table in rows
    ]
    reference = OPTIMIZERS[optimizer]([layer.weight for layer in layers], lr=0.01)

    engine = engine_of(architecture, windows_per_step=40, optimizer=optimizer, **options)
    run_epoch(engine, rows, sampler, rate=0.01)
    train_layers(layers, reference, sampler, architecture, 40)

    for table, layer in zip(rows, layers, strict=True):
        np.testing.assert_allclose(table, layer.weight.detach(), rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad"])
def test_dense_gradients_give_the_same_rows(small_corpus, optimizer):
    """Where sparse tensors are not known, dense gradients do the same."""
    rows = random_rows(small_corpus)
    dense = copy_of(rows)

    for table, is_sparse in ((rows, True), (dense, False)):
        engine = engine_of(windows_per_step=64, optimizer=optimizer, sparse=is_sparse)
        run_epoch(engine, table, sampler_of(small_corpus))

    np.testing.assert_allclose(rows.input_rows, dense.input_rows, rtol=1e-4, atol=1e-5)


# The rows that change


@BOTH
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("max_norm", [None, 1.0])
def test_only_rows_that_occur_change(small_corpus, architecture, optimizer, max_norm):
    """Rows of words in no window keep every bit, though steps join windows of unequal length."""
    few = sampler_of(small_corpus, negatives=1, chunk_tokens=18).take(np.arange(1))
    rows = random_rows(small_corpus)
    before = copy_of(rows)

    engine = engine_of(architecture, windows_per_step=4, optimizer=optimizer, max_norm=max_norm)
    run_epoch(engine, rows, few)

    for table, old, ids in zip(rows, before, touched_ids(few), strict=True):
        assert 0 < len(ids) < len(table)
        assert np.flatnonzero((table != old).any(axis=1)).tolist() == ids.tolist()


@BOTH
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_padding_row_is_untouched(small_corpus, architecture, optimizer):
    """The row of padding_idx, though of the most frequent word, keeps every bit in both tables."""
    rows = random_rows(small_corpus)
    before = copy_of(rows)

    engine = engine_of(architecture, optimizer=optimizer, padding_idx=0)
    run_epoch(engine, rows, sampler_of(small_corpus))

    for table, old in zip(rows, before, strict=True):
        assert table[0].tobytes() == old[0].tobytes()
        assert (table[1:10] != old[1:10]).any(axis=1).all()


def test_rows_that_occur_are_cut_to_max_norm(small_corpus):
    """At a rate of next to nothing every row that occurs is as long as max_norm says."""
    rows = random_rows(small_corpus)

    run_epoch(engine_of(max_norm=1.0), rows, sampler_of(small_corpus), rate=1e-12)

    lengths = np.linalg.norm(rows.input_rows, axis=1)
    touched, _ = touched_ids(sampler_of(small_corpus))
    assert (np.linalg.norm(random_rows(small_corpus).input_rows, axis=1) > 1).all()
    np.testing.assert_allclose(lengths[touched], 1.0, rtol=1e-4)


# The same windows, loss and guard as any engine


@BOTH
def test_loss_is_that_of_the_kernels(small_corpus, architecture):
    """Both engines measure the same rows alike: between steps, and on windows that are not trained on."""
    rows = random_rows(small_corpus)
    engines = [HogwildEngine(architecture, threads=1), engine_of(architecture)]

    whole = [engine.measure(rows, sampler_of(small_corpus)) for engine in engines]
    recorded = [run_epoch(engine, copy_of(rows), sampler_of(small_corpus), rate=0.0) for engine in engines]

    assert whole[0].n_predictions == whole[1].n_predictions
    assert whole[0].total == pytest.approx(whole[1].total, rel=1e-6)
    assert [part.n_predictions for part in recorded[0]] == [part.n_predictions for part in recorded[1]]
    totals = [[part.total for part in parts] for parts in recorded]
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-6)


def test_measuring_changes_nothing(small_corpus):
    """Rows longer than max_norm stay as they are while no step is taken."""
    rows = random_rows(small_corpus)
    before = copy_of(rows)

    engine_of(max_norm=0.1).measure(rows, sampler_of(small_corpus))

    np.testing.assert_array_equal(rows.input_rows, before.input_rows)


class FarEngine(MinibatchEngine):
    """An engine whose device is far: the rows are copied there, though it is the CPU's memory again."""

    def _copy(self, tables):
        return tuple(weight.clone() for weight in super()._copy(tables))


def test_rows_come_back_from_the_device(planted_corpus):
    """A training on rows of a device's own gives what one on the tables themselves gives."""
    config = TrainConfig(dim=8, epochs=2)
    engines = [engine(windows_per_step=256, threads=1) for engine in (MinibatchEngine, FarEngine)]

    near, far = (train(planted_corpus, config, engine=engine) for engine in engines)

    np.testing.assert_allclose(near.matrix, far.matrix, rtol=1e-4, atol=1e-6)


def test_fetch_can_bring_the_first_rows_alone(small_corpus):
    """Rows behind those asked for stay as they were."""
    rows, engine = random_rows(small_corpus), FarEngine(threads=1)
    before = copy_of(rows)
    run_epoch(engine, rows, sampler_of(small_corpus))
    assert rows.input_rows.tobytes() == before.input_rows.tobytes()

    engine.fetch(rows, 5)

    assert (rows.output_rows[:5] != before.output_rows[:5]).any()
    assert rows.output_rows[5:].tobytes() == before.output_rows[5:].tobytes()


def test_guard_sees_rows_on_the_device(planted_corpus, monkeypatch):
    """Rows that become no numbers far away stop a training of 10^12 epochs in the middle of one."""
    monkeypatch.setattr(watch, "GUARD_SECONDS", 0.0)

    with pytest.raises(DivergedError):
        train(
            planted_corpus, TrainConfig(dim=8, epochs=10**12, learning_rate=1e4), engine=FarEngine(threads=1)
        )


def test_error_of_poll_ends_the_epoch(small_corpus):
    """What poll raises, as Ctrl-C does, comes out; no thread is left, and torch has its threads back."""
    before = torch.get_num_threads()

    def poll(_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        run_epoch(
            MinibatchEngine(threads=before + 2),
            random_rows(small_corpus),
            sampler_of(small_corpus),
            poll=poll,
        )

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("w2v-")]
    assert torch.get_num_threads() == before


def test_engines_can_be_switched_in_the_middle(small_corpus):
    """Kernels, torch, kernels on the same tables: as three trainings by the kernels, to float32 accuracy."""
    config = TrainConfig(dim=DIM, epochs=1, subsample=0, learning_rate=RATE)
    kernels, steps = HogwildEngine(threads=1), engine_of(windows_per_step=1)
    matrices = []

    for engines in ([kernels, steps, kernels], [kernels] * 3):
        rows = random_rows(small_corpus)
        for engine in engines:
            vectors = train(small_corpus, config, engine=engine, tables=rows)
        matrices.append(vectors.matrix)

    np.testing.assert_allclose(*matrices, rtol=1e-3, atol=1e-4)
    assert vectors.metadata["engine"]["name"] == "hogwild"


@pytest.mark.parametrize(("architecture", "rate", "share"), [("skipgram", 0.1, 0.9), ("cbow", 0.4, 0.6)])
def test_planted_corpus_is_solved(tmp_path, architecture, rate, share):
    """After some seconds most analogies of a generated text are right; untrained vectors know none."""
    path = tmp_path / "planted.txt"
    path.write_bytes(b"".join(planted.generate(150_000)))
    corpus = Corpus.prepare([path])
    questions = [question for _, section in planted.analogies() for question in section]
    config = TrainConfig(architecture=architecture, dim=32, epochs=15, learning_rate=rate)

    trained = train(corpus, config, engine=engine_of(architecture, windows_per_step=256))

    rows = np.array([[trained.ids[word] for word in question] for question in questions])
    right = trained.analogies(rows[:, :3]).ids[:, 0] == rows[:, 3]
    assert right.mean() > share


# What is said


def test_metadata_tells_the_engine(small_corpus):
    """What changed the result can be read from the vectors."""
    engine = engine_of(windows_per_step=64, optimizer="adagrad", max_norm=2, padding_idx=3)

    vectors = train(small_corpus, TrainConfig(dim=4, epochs=1, subsample=0), engine=engine)

    assert vectors.metadata["engine"] == {
        "name": "minibatch",
        "device": "cpu",
        "fused": False,
        "optimizer": "adagrad",
        "windows_per_step": 64,
        "max_norm": 2,
        "norm_type": 2.0,
        "padding_idx": 3,
    }


def test_long_steps_are_warned_of():
    """Above the largest step that was safe when measured a warning has both numbers; at it there is none."""
    with pytest.warns(
        UserWarning, match=f"{MOST_WINDOWS_PER_STEP + 1:,} windows.* {MOST_WINDOWS_PER_STEP:,} "
    ):
        MinibatchEngine(windows_per_step=MOST_WINDOWS_PER_STEP + 1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MinibatchEngine(windows_per_step=MOST_WINDOWS_PER_STEP)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "glove"}, "one of skipgram, cbow, got 'glove'"),
        ({"optimizer": "adam"}, "one of sgd, sparse-adam, adagrad, got 'adam'"),
        ({"optimizer": "sparse-adam", "sparse": False}, "sparse-adam needs sparse gradients"),
        ({"windows_per_step": 0}, "windows_per_step must be 1 or more, got 0"),
        ({"threads": 0}, "threads must be 1 or more, got 0"),
        ({"max_norm": 0}, "max_norm must be a finite number above 0, got 0"),
        ({"max_norm": float("nan")}, "max_norm must be a finite number above 0, got nan"),
        ({"norm_type": -1}, "norm_type must be above 0, got -1"),
        ({"fused": True, "optimizer": "adagrad"}, "plain sgd"),
        ({"device": "gpu"}, "device must be auto, cpu, cuda or another of torch's, got 'gpu'"),
    ],
)
def test_bad_argument_is_refused(options, message):
    """The error names the argument, the value and what is possible."""
    with pytest.raises(ValueError, match=message):
        MinibatchEngine(**options)


def test_t22_no_gpu_is_told(monkeypatch):
    """Where torch sees no GPU, asking for one names torch's version and the way out; auto takes the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(ValueError, match=r"no CUDA device: torch .* train on device cpu"):
        MinibatchEngine(device="cuda")
    assert MinibatchEngine(device="auto").device == torch.device("cpu")


def test_t22_gpu_that_is_not_there_is_told(monkeypatch):
    """The second of one GPU is refused with their number."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    with pytest.raises(ValueError, match="1 CUDA devices, counted from 0, got 'cuda:1'"):
        MinibatchEngine(device="cuda:1")


def test_fused_kernels_that_cannot_run_are_told(small_corpus, monkeypatch):
    """fused=True on the CPU says what they run on."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)

    with pytest.raises(ValueError, match=r"fused kernels cannot run: (they run on CUDA|Triton is not)"):
        MinibatchEngine(fused=True).compile(sampler_of(small_corpus), random_rows(small_corpus))


@pytest.mark.parametrize("padding_idx", [-1, 50])
def test_padding_that_is_no_row_is_told(small_corpus, padding_idx):
    """A row before the first or behind the last is refused with the rows there are."""
    with pytest.raises(ValueError, match=f"0 to {len(small_corpus.vocabulary) - 1}, got {padding_idx}"):
        MinibatchEngine(padding_idx=padding_idx).compile(sampler_of(small_corpus), random_rows(small_corpus))


def test_t22_step_that_does_not_fit_names_one_that_does(small_corpus, monkeypatch):
    """With little memory a step over all windows is refused before it is taken; the size named is taken."""
    monkeypatch.setattr(memory, "SMALL_STEP_BYTES", 0)
    monkeypatch.setattr(memory, "available_bytes", lambda: memory.PROGRAM_BYTES + 200_000)
    sampler = sampler_of(small_corpus)

    with pytest.raises(MemoryLimitError, match=r"a step over \d+ windows needs") as caught:
        run_epoch(engine_of(windows_per_step=1024), random_rows(small_corpus), sampler)
    n_fitting = int(caught.value.fix.split("--windows-per-step ")[1].split(",")[0])

    assert n_fitting > 10
    run_epoch(engine_of(windows_per_step=n_fitting), random_rows(small_corpus), sampler)


def test_t22_gpu_out_of_memory_names_a_smaller_step(small_corpus, monkeypatch):
    """The error of torch becomes ours, exit code 6, with half the windows."""

    def exhaust(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("w2v.engines.eager.EagerEpochs.take", exhaust)

    with pytest.raises(MemoryLimitError, match=r"out of memory.*--windows-per-step 256") as caught:
        run_epoch(engine_of(windows_per_step=512), random_rows(small_corpus), sampler_of(small_corpus))
    assert (caught.value.identifier, caught.value.exit_code) == ("T22", 6)
