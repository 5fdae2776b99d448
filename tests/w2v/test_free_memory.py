"""What memory is free: of the machine, and within the limits set on this process."""

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from w2v.free_memory import NO_LIMIT, available_bytes, group_bytes

MIB = 1 << 20


NAMES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    2: ("memory.max", "memory.current", ""),
}


def write_group(folder, limit, usage, *, cached=0, version=2):
    """The files of a control group, as the system shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    limit_name, usage_name, prefix = NAMES[version]
    (folder / limit_name).write_text(f"{limit}\n")
    (folder / usage_name).write_text(f"{usage}\n")
    active = cached // 4
    stat = f"anon {usage - cached}\n{prefix}inactive_file {cached - active}\n{prefix}active_file {active}\n"
    (folder / "memory.stat").write_text(stat)


def left(tmp_path, own):
    """What is left in the groups that `own` names, as /proc/self/cgroup does."""
    (tmp_path / "own").write_text(own)
    return group_bytes(tmp_path, tmp_path / "own")


def test_limit_of_the_process_counts(monkeypatch):
    """A limit of the address space below the machine's free memory is what there is."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, resource.RLIM_INFINITY))

    assert available_bytes() == 1000


def test_free_memory_is_less_than_the_machine_has():
    """What can be taken is more than nothing and not more than all."""
    assert 0 < available_bytes() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_container_of_version_2_sees_its_own_group_as_the_root(tmp_path):
    """As under Docker: what is used counts, but for the pages of files, which are given back."""
    write_group(tmp_path, 512 * MIB, 300 * MIB, cached=100 * MIB)

    assert left(tmp_path, "0::/\n") == 312 * MIB


def test_the_tightest_of_all_groups_around_counts(tmp_path):
    """As under Slurm: a step may use less than its job, or what the job has left may be less."""
    write_group(tmp_path / "job" / "step", 900 * MIB, 100 * MIB)
    write_group(tmp_path / "job", 1000 * MIB, 700 * MIB)

    assert left(tmp_path, "0::/job/step\n") == 300 * MIB


def test_version_1_has_a_tree_for_memory(tmp_path):
    """Which is shown beside others, and where a group without a limit has an immense one."""
    write_group(tmp_path / "memory", 2**63 - 4096, 5000 * MIB, version=1)
    write_group(tmp_path / "memory" / "docker", 400 * MIB, 100 * MIB, cached=40 * MIB, version=1)

    assert left(tmp_path, "5:cpu,cpuacct:/\n4:memory:/docker\n0::/\n") == 340 * MIB


def test_a_container_of_version_1_may_be_told_a_path_of_the_host(tmp_path):
    """Which is not there inside; the root is its own."""
    write_group(tmp_path / "memory", 400 * MIB, 100 * MIB, version=1)

    assert left(tmp_path, "4:memory:/docker/0123456789\n") == 300 * MIB


def test_no_limit_is_none(tmp_path):
    """Where groups have no limit, no memory controller, or are not there at all."""
    write_group(tmp_path / "a", "max", 100 * MIB)
    (tmp_path / "b").mkdir()

    assert left(tmp_path, "0::/a\n") == NO_LIMIT
    assert left(tmp_path, "0::/b\n") == NO_LIMIT
    assert group_bytes(tmp_path, tmp_path / "missing") == NO_LIMIT


def test_a_group_that_has_more_than_it_may_has_nothing_left(tmp_path):
    """After its limit was lowered."""
    write_group(tmp_path, 100 * MIB, 101 * MIB)

    assert left(tmp_path, "0::/\n") == 0


@pytest.fixture
def real_group():
    """A control group of this machine with 400 MiB, where root may make one."""
    for root, (limit_name, *_) in (("/sys/fs/cgroup/memory", NAMES[1]), ("/sys/fs/cgroup", NAMES[2])):
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


def test_a_real_group_refuses_what_would_be_killed(real_group, planted_text, tmp_path):
    """The command, moved into the group: exit code 6 with what would fit, and that does train."""
    program = (
        f"import os, sys; open({str(real_group / 'cgroup.procs')!r}, 'w').write(str(os.getpid())); "
        "from cli.main import main; main(sys.argv[1:])"
    )
    options = ["-o", tmp_path / "out.bin", "--epochs", "1"]

    def run(dim):
        command = [sys.executable, "-c", program, "train", planted_text, *options, "--dim", str(dim)]
        return subprocess.run(command, capture_output=True, text=True, timeout=600)

    refused, trained = run(100_000), run(10)

    assert refused.returncode == 6, refused.stderr
    assert "which would fit" in refused.stderr
    assert trained.returncode == 0, trained.stderr
