"""P2 with nothing in between: real limits of real disks, met by the real command in a process of its own."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess

from corpora.errors import W2VError
from w2v.selftest import CASES, LostError


def small_files_only(folder, n):
    """RLIMIT_FSIZE: no file may grow beyond a limit, at each of which a version is stored over another."""
    for number in range(n):
        case, limit = CASES[number % len(CASES)], 50 * (number // len(CASES))
        inside = folder / str(number)
        inside.mkdir()
        case.write(inside, 1)
        before = _contents(inside)
        code = _store_limited(case, inside, limit)
        _require_kept(
            f"{case.name}, files up to {limit} bytes", code, case.read(inside), before, _contents(inside)
        )
        shutil.rmtree(inside)
    return n


def _store_limited(case, folder, limit):
    """Stores version 2 in a fork, with files limited in size; returns how it ended."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                case.write(folder, 2)
                code = 0
            except W2VError as error:
                code = error.exit_code
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def full_file_systems(folder, n):
    """A tmpfs of one megabyte, ever fuller, where root may mount one; returns 0 elsewhere."""
    mounted = folder / "small"
    mounted.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", mounted], capture_output=True
        ).returncode
    ):
        return 0
    try:
        for number in range(n):
            case = CASES[number % len(CASES)]
            n_free = 512 * (number // len(CASES))
            _fill_and_store(case, mounted, n_free)
    finally:
        subprocess.run(["umount", mounted], check=True)
    return n


def _fill_and_store(case, folder, n_free):
    case.write(folder, 1)
    before = _contents(folder)
    with contextlib.suppress(OSError), open(folder / "ballast", "wb", buffering=0) as file:
        while file.write(bytes(4096)) == 4096:
            pass
    os.truncate(folder / "ballast", max(0, (folder / "ballast").stat().st_size - n_free // 4096 * 4096))
    code = _store_limited(case, folder, resource.RLIM_INFINITY)
    (folder / "ballast").unlink()
    _require_kept(f"{case.name}, {n_free} bytes free", code, case.read(folder), before, _contents(folder))
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _require_kept(what, code, found, before, after):
    if (code, found) not in ((0, 2), (5, 1), (5, 2)):
        raise LostError(f"{what}: exit code {code}, and version {found} is found")
    if found == 1 and before != after:
        raise LostError(f"{what}: files have changed")


def _contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.name != "ballast"
    }
