"""What does not fit into memory is refused before it is allocated, with what would fit."""

import os
import re
import resource

import pytest

from corpora.errors import MemoryLimitError
from w2v import memory
from w2v.memory import PROGRAM_BYTES, available_bytes, require_memory

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


def test_limit_of_the_process_counts(monkeypatch):
    """A limit of the address space below the machine's free memory is what there is."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, resource.RLIM_INFINITY))

    assert available_bytes() == 1000


def test_free_memory_is_less_than_the_machine_has():
    """What can be taken is more than nothing and not more than all."""
    assert 0 < available_bytes() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
