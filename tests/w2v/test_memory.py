"""What does not fit into memory is refused before it is allocated, with what would fit."""

import re

import pytest

from corpora.errors import MemoryLimitError
from w2v import MinibatchEngine, TrainConfig, memory, train
from w2v.engines.hogwild import HogwildEngine
from w2v.memory import PROGRAM_BYTES, require_memory

GIB = 1 << 30


@pytest.fixture
def one_gib(monkeypatch):
    """A machine with 1 GiB left for tables."""
    monkeypatch.setattr(memory, "available_bytes", lambda: GIB + PROGRAM_BYTES)


def test_what_fits_exactly_is_taken(one_gib):
    """2 tables x 4 bytes x 2^20 words x 128 numbers are 1 GiB, which there is."""
    require_memory(1 << 20, 128)


def test_one_number_more_is_refused(one_gib):
    """Another column would be above the limit."""
    with pytest.raises(MemoryLimitError, match=r"1,048,576 words x 129 need 1\.3 GiB"):
        require_memory(1 << 20, 129)


def test_refusal_names_the_largest_that_fits(one_gib):
    """The fix names a dim and a vocabulary; both are taken, and one more of either is not."""
    with pytest.raises(MemoryLimitError) as caught:
        require_memory(3_000_000, 300)
    dim, n_words = map(int, re.search(r"--dim (\d+) or --max-vocab (\d+)", caught.value.fix).groups())

    require_memory(3_000_000, dim)
    require_memory(n_words, 300)
    with pytest.raises(MemoryLimitError):
        require_memory(3_000_000, dim + 1)
    with pytest.raises(MemoryLimitError):
        require_memory(n_words + 1, 300)


def test_copies_of_the_best_epoch_count(one_gib):
    """They double the need: half the columns fit, and --patience is among what could be given up."""
    require_memory(1 << 20, 64, keeps_best=True)
    with pytest.raises(MemoryLimitError, match=r"copies of the best epoch's") as caught:
        require_memory(1 << 20, 65, keeps_best=True)

    assert caught.value.fix == "use --dim 64 or --max-vocab 1032444 or no --patience, which would fit"


def test_no_option_is_named_where_none_would_fit(monkeypatch):
    """With no memory at all the way out is to free some."""
    monkeypatch.setattr(memory, "available_bytes", lambda: 0)

    with pytest.raises(MemoryLimitError) as caught:
        require_memory(1000, 10)

    assert caught.value.fix == "free some memory"


def test_what_the_optimizer_remembers_counts(one_gib):
    """Two more pairs of tables, as of Adam: a third of the columns fit, or plain SGD."""
    require_memory(1 << 20, 42, state_pairs=2)
    with pytest.raises(MemoryLimitError, match="two tables, with the optimizer's memory, of") as caught:
        require_memory(1 << 20, 43, state_pairs=2)

    assert caught.value.fix == "use --dim 42 or --max-vocab 1040447 or --optimizer sgd, which would fit"


def test_what_would_not_fit_either_is_not_named(one_gib):
    """Giving up the copies of the best epoch is no way out where the tables alone are too large."""
    with pytest.raises(MemoryLimitError, match="copies of the best epoch's and the optimizer's") as caught:
        require_memory(1 << 20, 200, keeps_best=True, state_pairs=1)

    assert "--patience" not in caught.value.fix
    assert "--optimizer" not in caught.value.fix


@pytest.mark.parametrize(("optimizer", "pairs"), [("sgd", 0), ("adagrad", 1), ("sparse-adam", 2)])
def test_engines_tell_what_their_optimizer_keeps(planted_corpus, optimizer, pairs):
    """In pairs of tables, as many as there are numbers in its state after a step."""
    engine = MinibatchEngine(optimizer=optimizer)
    train(planted_corpus, TrainConfig(dim=8, epochs=1, learning_rate=0.001), engine=engine)

    tables = [array for array in engine.optimizer_state().values() if array.ndim == 2]
    assert engine.state_pairs == pairs
    assert len(tables) == 2 * pairs
    assert HogwildEngine().state_pairs == 0
