"""Limits of the control groups that this process is in: how containers and batch systems limit their jobs.

Version 2 has one tree for all, version 1 one for each controller; a system may have both. See cgroups(7).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

NO_LIMIT = 1 << 62
GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")


def memory_left(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> int:
    """Bytes that may still be taken, by the tightest limit; NO_LIMIT if there is none.

    Pages of files that a group has cached are left to it: the system gives them back when it needs them.
    """
    left = NO_LIMIT
    for folder, version in _folders("memory", groups, own):
        with contextlib.suppress(OSError, ValueError):  # no such file, or no number: "max"
            left = min(left, _memory_left_in(folder, version))
    return max(left, 0)


def processors(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> float:
    """How many processors may be kept busy, by the tightest limit; NO_LIMIT if there is none."""
    found = float(NO_LIMIT)
    for folder, version in _folders("cpu", groups, own):
        with contextlib.suppress(OSError, ValueError):
            quota, period = _processor_times(folder, version)
            if quota > 0 and period > 0:
                found = min(found, quota / period)
    return found


def _folders(controller: str, groups: Path, own: Path) -> Iterator[tuple[Path, int]]:
    """The groups around this process that may limit something, and the version that each is of.

    A container may see its own group as the root, and be told a path of the host that it does not see.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inside = Path(path.lstrip("/"))
        if not controllers:
            yield from ((groups / folder, 2) for folder in (inside, *inside.parents))
        elif controller in controllers.split(","):
            yield from ((groups / controller / folder, 1) for folder in (inside, *inside.parents))


def _memory_left_in(folder: Path, version: int) -> int:
    limit_name, usage_name, prefix = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        2: ("memory.max", "memory.current", ""),
    }[version]
    limit, usage = (int((folder / name).read_text()) for name in (limit_name, usage_name))
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    cached = sum(int(stat.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
    return limit - usage + cached


def _processor_times(folder: Path, version: int) -> tuple[int, int]:
    """Microseconds that a group may use of so many; -1 of them in version 1 is no limit."""
    if version == 1:
        quota, period = (int((folder / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
    else:
        quota, period = map(int, (folder / "cpu.max").read_text().split())
    return quota, period
