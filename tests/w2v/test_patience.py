"""Early stopping: where the held-out loss has been lowest, and the vectors of that epoch."""

import numpy as np
import pytest

from corpora.corpus import Corpus
from w2v.config import TrainConfig
from w2v.engines.hogwild import HogwildEngine
from w2v.initialization import Rows, initial_rows
from w2v.patience import BestEpoch
from w2v.training import train

BOTH = pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
RATES = {"skipgram": 0.05, "cbow": 0.15}
EPOCHS = 40


@pytest.fixture(scope="module")
def noise_corpus():
    """500 sentences of words drawn at random: their counts can be learned, all the rest only by heart."""
    rng = np.random.default_rng(5)
    shares = 1 / np.arange(1, 101)
    words = rng.choice(100, (500, 10), p=shares / shares.sum())
    return Corpus.from_sentences([[f"w{word}" for word in sentence] for sentence in words], min_count=1)


def trained(corpus, architecture, *, epochs=EPOCHS, tables=None, **options):
    """Vectors made to overfit, by one thread, so that two trainings can be compared by their bytes."""
    config = TrainConfig(
        architecture=architecture,
        dim=64,
        epochs=epochs,
        subsample=0,
        learning_rate=RATES[architecture],
        holdout=0.2,
        **options,
    )
    return train(corpus, config, engine=HogwildEngine(architecture, threads=1), tables=tables)


def rows_of(value):
    """Both tables filled with a number."""
    return Rows(np.full((3, 2), value, np.float32), np.full((3, 2), value, np.float32))


@BOTH
def test_heldout_loss_falls_and_then_rises_where_all_is_learned_by_heart(noise_corpus, architecture):
    """The loss of the training falls to the end; that of the held-out part turns early, and for good."""
    course = trained(noise_corpus, architecture).metadata["training"]

    heldout = np.array(course["heldout_losses"])
    best = int(heldout.argmin())
    assert 0 < best < 15
    assert heldout[0] > heldout[best] + 0.02
    assert heldout[-1] > heldout[best] + 0.02
    assert (heldout[20:] > heldout[best]).all()
    assert course["losses"][-1] < course["losses"][best]


@BOTH
def test_patience_stops_there(noise_corpus, architecture):
    """It stops so many epochs after the lowest loss; until then the losses are those of a whole training."""
    whole = trained(noise_corpus, architecture).metadata["training"]
    heldout = whole["heldout_losses"]
    waits = [n - int(np.argmin(heldout[: n + 1])) for n in range(EPOCHS)]

    course = trained(noise_corpus, architecture, patience=3).metadata["training"]

    n_expected = waits.index(3) + 1
    assert course["epochs"] == n_expected < EPOCHS
    assert course["heldout_losses"] == heldout[:n_expected]
    assert course["losses"] == whole["losses"][:n_expected]
    assert course["best_epoch"] == int(np.argmin(heldout[:n_expected])) + 1
    assert course["tokens"] == n_expected * (noise_corpus.n_tokens - course["heldout_tokens"])


@BOTH
def test_vectors_are_those_of_the_best_epoch(noise_corpus, architecture):
    """Both tables have the held-out loss that the best epoch had, not that of the last one."""
    tables = initial_rows(len(noise_corpus.vocabulary), 64, seed=1)

    vectors = trained(noise_corpus, architecture, patience=3, tables=tables)

    course = vectors.metadata["training"]
    again = train(
        noise_corpus,
        TrainConfig(**{**vectors.metadata["config"], "patience": None, "epochs": 1}),
        engine=Restful(architecture, threads=1),
        tables=tables,
    ).metadata["training"]
    assert np.shares_memory(vectors.matrix, tables.input_rows)
    assert again["heldout_losses"] == [min(course["heldout_losses"])]


class Restful(HogwildEngine):
    """Takes no steps."""

    def run_epoch(self, tables, sampler, epoch, *, learning_rates, record, poll, place=0):
        """Only says that it is done."""
        poll(sampler.n_chunks)


def test_best_epoch_is_given_where_patience_never_runs_out(noise_corpus):
    """All epochs are taken, and still the vectors are those of the best, not of the last."""
    course = trained(noise_corpus, "cbow", patience=100).metadata["training"]

    assert course["epochs"] == EPOCHS
    assert course["best_epoch"] < EPOCHS


def test_patience_counts_epochs_since_the_lowest_loss():
    """Losses 3, 2, 2, 1, 5, 4 use up a patience of 2 at the sixth alone; the second 2 is no better."""
    best = BestEpoch(2)

    vain = [best.is_vain(epoch, loss, rows_of(0)) for epoch, loss in enumerate([3, 2, 2, 1, 5, 4], start=1)]

    assert vain == [False, False, False, False, False, True]
    assert (best.epoch, best.loss) == (4, 1)


def test_rows_of_the_best_epoch_come_back():
    """A copy was taken at the time: what is written later does not reach it."""
    best, tables = BestEpoch(2), rows_of(7)

    best.is_vain(1, 3.0, tables)
    tables.input_rows[:] = tables.output_rows[:] = 8
    best.is_vain(2, 4.0, tables)
    best.restore(tables)

    assert (tables.input_rows == 7).all()
    assert (tables.output_rows == 7).all()


def test_without_an_epoch_nothing_is_restored():
    """A training that ends in its first epoch keeps the rows it has."""
    tables = rows_of(7)

    BestEpoch(2).restore(tables)

    assert (tables.input_rows == 7).all()


@pytest.mark.parametrize("loss", [float("nan"), None])
def test_loss_that_is_no_number_is_never_the_best(loss):
    """Neither NaN nor a loss that could not be measured is below anything."""
    best = BestEpoch(1)

    assert best.is_vain(1, loss, rows_of(0))
    assert best.epoch == 0
