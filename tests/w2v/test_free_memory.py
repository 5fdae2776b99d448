"""What memory is free: of the machine, and within the limits set on this process."""

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from corpora.errors import MemoryLimitError
from w2v.free_memory import (
    PROGRAM_SPACE,
    THREAD_SPACE,
    TORCH_SPACE,
    available_bytes,
    require_address_space,
)

MIB = 1 << 20
LIMITS = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"))


def test_limit_of_the_process_counts(monkeypatch):
    """A limit of the address space below the machine's free memory is what there is."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, resource.RLIM_INFINITY))

    assert available_bytes() == 1000


def test_free_memory_is_less_than_the_machine_has():
    """What can be taken is more than nothing and not more than all."""
    assert 0 < available_bytes() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("limit_mib", [250, 400, 600, 900, 1100])
@pytest.mark.parametrize("options", [[], ["--engine", "minibatch"]], ids=["kernels", "torch"])
def test_an_address_space_for_less_than_the_program_is_refused(planted_text, tmp_path, limit_mib, options):
    """P12: exit code 6 or 0, whatever the limit; libraries that are loaded without room fail or hang."""
    limit = limit_mib * MIB
    command = [sys.executable, "-m", "cli.main", "train", planted_text, *options]
    command += ["-o", tmp_path / "out.bin", "--epochs", "1", "--dim", "8", "--threads", "1"]

    done = subprocess.run(
        command,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert done.returncode in (0, 6), done.stderr
    if limit < PROGRAM_SPACE + bool(options) * TORCH_SPACE:
        assert f"the address space is limited to {limit_mib:,} MiB, the program alone wants" in done.stderr


@pytest.mark.parametrize(("variable", "n_threads"), [("1", 1), ("", 200), ("many", 200), ("0", 200)])
def test_each_thread_of_openblas_wants_addresses(monkeypatch, variable, n_threads):
    """As many as there are cores, 64 at most, unless the environment says otherwise."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", variable)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 200)
    needed = PROGRAM_SPACE + THREAD_SPACE * min(n_threads, 64)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (needed, needed))
    require_address_space()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (needed - 1, needed))
    with pytest.raises(MemoryLimitError, match="the program alone wants"):
        require_address_space()


@pytest.fixture
def real_group():
    """A control group of this machine with 400 MiB, where root may make one."""
    for root, limit_name in LIMITS:
        group = Path(root) / f"w2v-test-{os.getpid()}"
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                with open(group / limit_name, "r+") as file:  # which is there where memory can be limited
                    file.write(str(400 * MIB))
                yield group
                return
            finally:
                with contextlib.suppress(OSError):
                    group.rmdir()
    pytest.skip("no control group with a limit can be made here")


NO_GROUP = 99
IN_GROUP = """
import os, sys
try:
    with open(sys.argv.pop(1), "w") as file:
        file.write(str(os.getpid()))
except OSError:
    sys.exit(99)
from cli.main import main
main(sys.argv[1:])
"""


def test_a_real_group_refuses_what_would_be_killed(real_group, planted_text, tmp_path):
    """The command, moved into the group: exit code 6 with what would fit, and that does train."""
    options = ["train", planted_text, "-o", tmp_path / "out.bin", "--epochs", "1"]

    def run(dim):
        command = [sys.executable, "-c", IN_GROUP, real_group / "cgroup.procs", *options, "--dim", str(dim)]
        return subprocess.run(command, capture_output=True, text=True, timeout=600)

    refused, trained = run(100_000), run(10)

    if NO_GROUP in (refused.returncode, trained.returncode):
        pytest.skip("no process can be moved into the group")
    assert refused.returncode == 6, refused.stderr
    assert "which would fit" in refused.stderr
    assert trained.returncode == 0, trained.stderr
