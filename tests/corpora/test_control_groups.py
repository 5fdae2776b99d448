"""Limits of control groups, as the system shows them to a process in a container or a batch job."""

import pytest

from corpora import threads
from corpora.control_groups import NO_LIMIT, memory_left, processors

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


def own(tmp_path, lines):
    """A file that names the groups of a process, as /proc/self/cgroup does."""
    (tmp_path / "own").write_text(lines)
    return tmp_path / "own"


def left(tmp_path, lines):
    """Memory that is left in the groups that the lines name."""
    return memory_left(tmp_path, own(tmp_path, lines))


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
    assert memory_left(tmp_path, tmp_path / "missing") == NO_LIMIT


def test_a_group_that_has_more_than_it_may_has_nothing_left(tmp_path):
    """After its limit was lowered."""
    write_group(tmp_path, 100 * MIB, 101 * MIB)

    assert left(tmp_path, "0::/\n") == 0


@pytest.mark.parametrize(("text", "expected"), [("250000 100000\n", 2.5), ("max 100000\n", NO_LIMIT)])
def test_processors_of_version_2(tmp_path, text, expected):
    """Microseconds of processor time in so many of the clock."""
    (tmp_path / "cpu.max").write_text(text)

    assert processors(tmp_path, own(tmp_path, "0::/\n")) == expected


@pytest.mark.parametrize(("quota", "expected"), [(50_000, 0.5), (-1, NO_LIMIT)])
def test_processors_of_version_1(tmp_path, quota, expected):
    """Likewise, with a number that means none."""
    group = tmp_path / "cpu" / "job"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")

    assert processors(tmp_path, own(tmp_path, "3:cpu,cpuacct:/job\n2:memory:/\n")) == expected


@pytest.mark.parametrize(("limit", "expected"), [(0.5, 1), (1.5, 2), (NO_LIMIT, 64)])
def test_threads_by_default_are_no_more_than_the_processors(monkeypatch, limit, expected):
    """More of them than a container may keep busy would be halted again and again."""
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr(threads, "processors", lambda: limit)

    assert threads.default_threads() == expected
