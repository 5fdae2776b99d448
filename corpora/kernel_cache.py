"""Where compiled kernels are kept between runs: a folder of the user alone, one for each version of them.

Numba's own choice, `__pycache__` beside the source, fails in a read-only installation without a home folder,
and its files are pickles: whoever can write to the folder can run code as its reader.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def choose_folder() -> None:
    """Sets NUMBA_CACHE_DIR, which numba reads when a kernel is made, unless the user has set a safe one.

    The name carries numba's version and a hash of all kernel sources, so that an upgrade meets no old code.
    Where no folder can be kept, kernels are compiled into a temporary one, with one remark on stderr.
    """
    if "numba" in sys.modules:  # its users have chosen already; and it would not look again
        return
    chosen = os.environ.get(VARIABLE)
    if chosen and _make_private(Path(chosen)):
        return
    if chosen:
        _remark(
            f"{VARIABLE}={chosen} can be written to by others or not at all; compiled code is not kept there"
        )
    for base in _candidates():
        folder = base / _version_name()
        if _make_private(base) and _make_private(folder):
            os.environ[VARIABLE] = str(folder)
            return
    folder = Path(tempfile.mkdtemp(prefix="w2v-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    _remark(f"no folder to keep compiled kernels in; set {VARIABLE} to one of your own to save seconds a run")


def is_first_run() -> bool:
    """Whether nothing has been compiled into the chosen folder yet, so that the next seconds will be."""
    folder = os.environ.get(VARIABLE)
    return folder is not None and next(Path(folder).glob("**/*.nbi"), None) is None


def _candidates() -> list[Path]:
    folders = []
    if os.environ.get("XDG_CACHE_HOME"):
        folders.append(Path(os.environ["XDG_CACHE_HOME"]))
    home = Path(os.path.expanduser("~"))
    if home.is_absolute():
        folders.append(home / ".cache")
    return [folder / "w2v" / "kernels" for folder in folders]


def _make_private(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return _is_private(folder)


def _is_private(folder: Path) -> bool:
    """Whether this user can write here and no other can."""
    try:
        status = folder.stat()
    except OSError:
        return False
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return False
    is_shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and os.name == "posix"
    return stat.S_ISDIR(status.st_mode) and not is_shared and os.access(folder, os.W_OK | os.X_OK)


def _version_name() -> str:
    """A name that changes with numba and with any line of any kernel."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(sys.version.encode())
    kernels = (
        "corpora/kernels.py",
        "w2v/formats/kernels.py",
        "w2v/evaluation/kernels.py",
        "w2v/engines/**/*.py",
    )
    for path in sorted(path for pattern in kernels for path in root.glob(pattern)):
        digest.update(path.read_bytes())
    try:
        numba = version("numba")
    except PackageNotFoundError:
        numba = "none"
    return f"numba-{numba}-{digest.hexdigest()[:16]}"


def _remark(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)  # noqa: T201 - before any room of the program is open
