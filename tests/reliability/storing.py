"""P1, P2, P3, P8, P9, P20: what is stored stays, and what is damaged is noticed."""

import itertools
import random
import shutil

import numpy as np

from corpora.disk import use_disk
from corpora.errors import CheckpointError, W2VError
from tests.reliability.cases import ALL_CASES, CORPUS_CASE
from tests.reliability.power import Recorder, state_after_power_cut, write_state
from w2v.checkpoint_files import read_checkpoint, save_next
from w2v.formats import load_vectors, save_vectors
from w2v.selftest import LostError, crashes, errors, try_faults
from w2v.vectors import Vectors

STATES_PER_PREFIX = 4


def crash_points(folder, n):
    """P1: the process dies at each operation, with the last one half done."""
    return list(try_faults(crashes(ALL_CASES), n, folder))[-1]


def encoding_crashes(folder, n):
    """P1: the same while a text is encoded."""
    return list(try_faults(crashes([CORPUS_CASE]), n, folder))[-1]


def crashes_in_a_row(folder, n):
    """K20: it dies while it stores the second version, and again while it stores the third."""
    case = next(case for case in ALL_CASES if case.name == "checkpoints")
    rng = random.Random(0)
    for number in range(n):
        shutil.rmtree(folder / "row", ignore_errors=True)
        (folder / "row").mkdir()
        case.write(folder / "row", 1)
        for version in (2, 3):
            _crash_once(case, folder / "row", version, rng)
        found = case.read(folder / "row")
        if found not in (1, 2, 3):
            raise LostError(f"trial {number}: version {found} after two crashes")
    return n


def disk_errors(folder, n):
    """P2: each error at each operation, once and for ever, and short writes.

    The folder that takes another's place is left out: where renaming fails from its second step on, the old
    one cannot be put back. It is a cache, and what cannot be made again is never stored that way.
    """
    cases = [case for case in ALL_CASES if case.name != "folder"]
    return list(try_faults(errors(cases), n, folder))[-1]


def encoding_errors(folder, n):
    """P2: the same while a text is encoded."""
    return list(try_faults(errors([CORPUS_CASE]), n, folder))[-1]


def power_cuts(folder, n):
    """P3: after each operation, any of what was not synced is lost, torn or out of order."""
    rng = random.Random(0)
    records = [(case, *_record(case, folder / case.name.replace(" ", "-"))) for case in ALL_CASES]
    n_tried = 0
    for case, log, n_before in itertools.cycle(records):
        for n_done in range(n_before, len(log) + 1):
            for _ in range(STATES_PER_PREFIX):
                is_done = n_done == len(log)
                _cut_power(case, state_after_power_cut(log[:n_done], rng), folder / "state", is_done)
                n_tried += 1
                if n_tried == n:
                    return n_tried
    return n_tried


def cuts_noticed(folder, n):
    """P8: files cut at every byte are refused.

    Nobody can see that binary has lost its last line feed, or text, whose last line needs none, some digits
    of its last number: those cuts are left out.
    """
    n_noticed = 0
    matrix = np.random.default_rng(0).standard_normal((12, 9), dtype=np.float32)
    vectors = Vectors(tuple(f"word{i}" for i in range(12)), matrix, None, {})
    for suffix in itertools.cycle((".safetensors", ".bin", ".txt")):
        path = folder / f"whole{suffix}"
        save_vectors(vectors, path)
        data = path.read_bytes()
        n_visible = {".safetensors": len(data), ".bin": len(data) - 1, ".txt": data.rindex(b" ") + 2}[suffix]
        for size in range(n_visible):
            _require_refused(load_vectors, folder / f"cut{suffix}", data[:size], W2VError)
            n_noticed += 1
            if n_noticed == n:
                return n_noticed
        vectors = Vectors(vectors.words, vectors.matrix + 1, None, {})
    return n_noticed


def cut_checkpoints_noticed(folder, n):
    """K01: a checkpoint whose files are cut at any byte is refused, and the one before it is read."""
    path = _small_checkpoint(folder / "cut", 2)
    n_noticed = 0
    for file in (path / "tensors.safetensors", path / "manifest.json"):
        data = file.read_bytes()
        for size in range(len(data))[:: max(1, len(data) * 2 // n)]:
            file.write_bytes(data[:size])
            _require_damaged(path)
            n_noticed += 1
        file.write_bytes(data)
    read_checkpoint(path)
    return n_noticed


def flipped_bits(folder, n):
    """P9: each bit of a checkpoint, or n of them spread over it."""
    path = _small_checkpoint(folder / "flip", 640)
    files = [path / "tensors.safetensors", path / "manifest.json"]
    n_bits = 8 * sum(file.stat().st_size for file in files)
    n_noticed = 0
    for place in range(0, n_bits, max(1, n_bits // n)):
        file, bit = (
            (files[0], place)
            if place < 8 * files[0].stat().st_size
            else (files[1], place - 8 * files[0].stat().st_size)
        )
        with _flipped(file, bit):
            _require_damaged(path)
        n_noticed += 1
    read_checkpoint(path)
    return n_noticed


class _flipped:  # noqa: N801 - read as a word of the sentence where it is used
    def __init__(self, file, bit):
        self.file, self.byte, self.mask = file, bit // 8, 1 << bit % 8

    def __enter__(self):
        self._flip()

    def __exit__(self, *_):
        self._flip()

    def _flip(self):
        with open(self.file, "r+b") as file:
            file.seek(self.byte)
            value = file.read(1)[0] ^ self.mask
            file.seek(self.byte)
            file.write(bytes([value]))


def _crash_once(case, folder, version, rng):
    from corpora.faults import Crash, DyingDisk

    try:
        with use_disk(DyingDisk(rng.randrange(16), rng.random())):
            case.write(folder, version)
    except Crash:
        pass


def _record(case, folder):
    """The log of storing three versions, and how long it is when two of them are there."""
    folder.mkdir()
    recorder = Recorder(folder)
    with use_disk(recorder):
        case.write(folder, 1)
        case.write(folder, 2)
        n_before = len(recorder.log)
        case.write(folder, 3)
    return recorder.log, n_before


def _cut_power(case, state, folder, is_done):
    folder.mkdir()
    write_state(state, folder)
    found = case.read(folder)
    allowed = (3,) if is_done else (1, 2, 3) if case.name == "folder" else (2, 3)
    if found not in allowed:
        raise LostError(f"{case.name}: version {found} after a power cut, expected one of {allowed}")
    shutil.rmtree(folder)


def _small_checkpoint(folder, n_rows):
    tensors = {
        name: np.random.default_rng(0).random((n_rows, 8), dtype=np.float32) for name in ("input", "output")
    }
    return save_next(folder, {"epoch": 1}, tensors)


def _require_refused(load, path, data, kind):
    path.write_bytes(data)
    try:
        load(path)
    except kind:
        return
    raise LostError(f"{path.name} cut to {len(data)} bytes was read")


def _require_damaged(path):
    try:
        read_checkpoint(path)
    except CheckpointError:
        return
    raise LostError(f"{path} was read though it is damaged")
