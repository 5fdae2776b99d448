"""One writer for each output: a second run is refused at once, and told of the first.

The system itself holds the lock (flock) and lets go of it when the process ends, however it ends, so a lock
is never held by a dead one. What the file says is for people, and for other machines: where several share a
folder, the locks of one may be unknown to the others.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpora.disk import perform
from corpora.errors import StorageError
from corpora.storage import open_shared, storage_errors
from corpora.temporaries import remove_leftovers

LONGEST_NAME = 240  # bytes, to which a dot and .lock are added
MOST_BYTES = 4096


class Owner(NamedTuple):
    """Who holds a lock, or held it.

    Args:
        pid: the process.
        host: the machine it runs on.
        started: when it took the lock, in UTC.
    """

    pid: int
    host: str
    started: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.started}"


@contextlib.contextmanager
def hold_output(path: str | os.PathLike[str]) -> Iterator[Owner | None]:
    """Holds the lock of an output until the block ends, and clears away what killed runs have left of it.

    Yields:
        Who held the lock and died with it; None if it was let go in good order.

    Raises:
        StorageError: K17, another run holds it; or the folder cannot be written.
    """
    target = Path(path)
    lock = target.with_name(_lock_name(target.name))
    with storage_errors(lock):
        descriptor = _take(lock, target)
    try:
        dead = _read_owner(descriptor)
        if dead is not None and dead.host != socket.gethostname():
            _refuse(target, dead, fix=f"where that machine is not writing any more, remove {lock}")
        try:
            with storage_errors(lock):
                _write_owner(descriptor)
            remove_leftovers(target)
            yield dead
        finally:
            with contextlib.suppress(OSError):
                perform(os.unlink, lock)
    finally:
        os.close(descriptor)


def _take(lock: Path, target: Path) -> int:
    """The descriptor of the lock file, locked; a file that was removed meanwhile is no lock of anything."""
    while True:
        descriptor = open_shared(lock)
        try:
            with contextlib.suppress(FileNotFoundError):
                _flock(descriptor, target)
                if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _flock(descriptor: int, target: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _read_owner(descriptor)
        _refuse(target, owner, fix="wait until it has ended, or name another output")
    except OSError:  # a file system without locks: said in SECURITY.md
        pass


def _refuse(target: Path, owner: Owner | None, *, fix: str) -> None:
    raise StorageError("K17", f"another run is writing this: {owner or 'just begun'}", path=target, fix=fix)


def _read_owner(descriptor: int) -> Owner | None:
    try:
        found = json.loads(os.pread(descriptor, MOST_BYTES, 0))
        return Owner(int(found["pid"]), str(found["host"]), str(found["started"]))
    except (ValueError, KeyError, TypeError):
        return None  # nothing is written there yet


def _write_owner(descriptor: int) -> None:
    owner = Owner(os.getpid(), socket.gethostname(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    perform(os.ftruncate, descriptor, 0)
    perform(os.write, descriptor, json.dumps(owner._asdict()).encode())


def _lock_name(name: str) -> str:
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return f".{name}.lock"
