"""Memory that this process may still take: what the machine has free, within the limits set on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

NO_LIMIT = 1 << 62
GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
FILES_V2 = ("memory.max", "memory.current", "")
FILES_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_")


def available_bytes() -> int:
    """Memory that can be taken without swapping or being killed, in bytes.

    It is what the machine has free, or less where the process is limited: by RLIMIT_AS, or by control groups,
    which is how containers and batch systems limit their jobs.
    """
    return min(_system_bytes(), _address_space_bytes(), group_bytes())


def group_bytes(groups: Path = GROUPS, own: Path = OWN_GROUPS) -> int:
    """What is left in the control groups of this process, the tightest of them and of those around them.

    Pages of files that a group has cached are left to it: the system gives them back when it needs them.
    """
    left = NO_LIMIT
    for root, path, files in _memory_groups(groups, own):
        inside = path.lstrip("/")
        for folder in (Path(inside), *Path(inside).parents):  # a container sees its own group as the root
            with contextlib.suppress(OSError, ValueError):
                left = min(left, _left_in(root / folder, *files))
    return max(left, 0)


def _memory_groups(groups: Path, own: Path) -> Iterator[tuple[Path, str, tuple[str, str, str]]]:
    """Where the groups of this process are that can limit memory: version 2 is one tree, 1 has one for it."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield groups, path, FILES_V2
        elif "memory" in controllers.split(","):
            yield groups / "memory", path, FILES_V1


def _left_in(folder: Path, limit_name: str, usage_name: str, prefix: str) -> int:
    """What is left of a group's limit; raises ValueError ("max") or OSError (no such file) if it has none."""
    limit = int((folder / limit_name).read_text())
    usage = int((folder / usage_name).read_text())
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    cached = sum(int(stat.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
    return limit - usage + cached


def _address_space_bytes() -> int:
    if os.name == "posix":
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            return limit
    return NO_LIMIT


def _system_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", ()):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return NO_LIMIT
