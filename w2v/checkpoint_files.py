"""A checkpoint on disk: a folder of two files that a manifest, written last, vouches for byte by byte.

    checkpoint-000007/
        tensors.safetensors    the tensors one behind the other; any reader of safetensors opens it
        manifest.json          one line: {"manifest": {...}, "sha256": that of the manifest}

The manifest holds the shape and a SHA-256 of each tensor, and the state of the training as JSON. The header
of tensors.safetensors follows from it: a reader makes it anew and compares the bytes, and so parses nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from corpora.disk import open_regular
from corpora.errors import CheckpointError, InputError
from corpora.storage import make_folder, remove_folder, write_folder, write_part
from w2v.formats.foreign import refuse_foreign
from w2v.initialization import LINE_BYTES

FORMAT = "w2v-checkpoint"
FORMAT_VERSION = 1
TENSORS_NAME = "tensors.safetensors"
MANIFEST_NAME = "manifest.json"
HEAD_BYTES = 65_536
LONGEST_MANIFEST = 16_000_000  # bytes; a path in it for each of 50,000 files fits
_DTYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "I64": np.dtype("<i8")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_NUMBERED = re.compile(r"checkpoint-([0-9]{6,12})")


class Checkpoint(NamedTuple):
    """What was saved of a training.

    Args:
        path: the folder it was read from.
        state: all but the tensors; what JSON holds.
        tensors: by name, each with the dtype and shape it was saved with.
    """

    path: Path
    state: dict[str, Any]
    tensors: dict[str, np.ndarray]


def write_checkpoint(
    path: str | os.PathLike[str], state: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> None:
    """Writes a checkpoint, which has its name when it is whole.

    Args:
        path: the folder to make.
        state: what JSON can hold, NaN and infinity excepted.
        tensors: float32, float64 or int64, in rows one behind the other.

    Raises:
        StorageError: it cannot be written; nothing is left of it.
    """
    with write_folder(path) as folder, ThreadPoolExecutor(1) as pool:
        digests = {name: pool.submit(_sha256, tensor) for name, tensor in tensors.items()}
        with write_part(folder / TENSORS_NAME) as file:
            described = {
                name: {"dtype": _NAMES[tensor.dtype.newbyteorder("<")], "shape": list(tensor.shape)}
                for name, tensor in tensors.items()
            }
            file.write(_header(described))
            for tensor in tensors.values():
                file.write(tensor.data.cast("B") if tensor.size else b"")
        for name, entry in described.items():
            entry["sha256"] = digests[name].result()
        manifest = {"format": FORMAT, "format_version": FORMAT_VERSION, "state": state, "tensors": described}
        with write_part(folder / MANIFEST_NAME) as file:
            file.write(_dump_manifest(manifest))


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Reads a checkpoint, and believes nothing that its checksums do not vouch for.

    Raises:
        CheckpointError: K01, K02, K04, K10 or K11: it is damaged, cut off, or of a newer format.
    """
    path = Path(path)
    manifest = _read_manifest(path / MANIFEST_NAME)
    described = manifest["tensors"]
    tensors_path = path / TENSORS_NAME
    try:
        with open_regular(tensors_path) as file:
            header = _header(described)
            _require_layout(file, header, described, tensors_path)
            tensors = {name: _read_tensor(file, name, described[name], tensors_path) for name in described}
    except OSError as error:
        raise _damaged("K01", f"cannot read: {error.strerror or error}", tensors_path) from error
    return Checkpoint(path, manifest["state"], tensors)


def save_next(
    folder: str | os.PathLike[str],
    state: Mapping[str, Any],
    tensors: Mapping[str, np.ndarray],
    *,
    previous: Path | None = None,
) -> Path:
    """Writes the next checkpoint of a folder; when it is whole, removes all others but the previous one.

    Args:
        folder: is made if it is not there.
        state: as `write_checkpoint` has it.
        tensors: likewise.
        previous: the last one known to be whole; it stays.

    Returns:
        The checkpoint's path, whose number is one above the highest, so that none is ever written over.

    Raises:
        StorageError: it cannot be written; those that were there still are.
    """
    make_folder(folder)
    existing = checkpoint_paths(folder)
    number = 1 + (int(_NUMBERED.fullmatch(existing[0].name)[1]) if existing else 0)
    path = Path(folder) / f"checkpoint-{number:06}"
    write_checkpoint(path, state, tensors)
    for old in existing:
        if previous is None or old.name != previous.name:
            remove_folder(old)
    return path


def read_newest(folder: str | os.PathLike[str], *, remarks: list[str] | None = None) -> Checkpoint:
    """Reads the newest checkpoint of a folder that is whole.

    Args:
        folder: where checkpoints are.
        remarks: gets a line for each newer one that is damaged.

    Raises:
        CheckpointError: there is none, or none is whole; it tells what is wrong with each.
    """
    errors: list[CheckpointError] = []
    for path in checkpoint_paths(folder):
        try:
            return read_checkpoint(path)
        except CheckpointError as error:
            if error.identifier == "K04":
                raise
            errors.append(error)
            if remarks is not None:
                remarks.append(f"damaged checkpoint passed over: {error.place}{error.problem}")
    raise _none_whole(errors) if errors else _no_checkpoint(Path(folder))


def checkpoint_paths(folder: str | os.PathLike[str]) -> list[Path]:
    """The checkpoints in a folder, whole or damaged, the newest first; none where there is no such folder."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    numbered = [(int(found[1]), name) for name in names if (found := _NUMBERED.fullmatch(name))]
    return [Path(folder) / name for _, name in sorted(numbered, reverse=True)]


def _sha256(tensor: np.ndarray) -> str:
    return hashlib.sha256(tensor.data.cast("B") if tensor.size else b"").hexdigest()


def _header(described: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The start of a safetensors file with these tensors: the length of its JSON, and the JSON."""
    entries = {}
    place = 0
    for name, entry in described.items():
        offsets = [place, place := place + _n_bytes(entry)]
        entries[name] = {"dtype": entry["dtype"], "shape": entry["shape"], "data_offsets": offsets}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _n_bytes(entry: Mapping[str, Any]) -> int:
    return prod(entry["shape"]) * _DTYPES[entry["dtype"]].itemsize


def _dump(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _dump_manifest(manifest: Mapping[str, Any]) -> bytes:
    digest = hashlib.sha256(_dump(manifest).encode()).hexdigest()
    return _dump({"manifest": manifest, "sha256": digest}).encode() + b"\n"


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        with open_regular(path) as file:
            data = file.read(LONGEST_MANIFEST + 1)
    except OSError as error:
        raise _damaged("K01", f"cannot read: {error.strerror or error}", path) from error
    try:
        found = json.loads(data)
        manifest = found["manifest"]
        is_whole = len(data) <= LONGEST_MANIFEST and _dump_manifest(manifest) == data
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged("K10", f"no manifest of a checkpoint: {error}", path) from None
    if not is_whole:
        digest = str(found.get("sha256"))[:64]
        raise _damaged("K02", f"the manifest does not have the SHA-256 it names, {digest!r}", path)
    return _require_manifest(manifest, path)


def _require_manifest(manifest: Any, path: Path) -> dict[str, Any]:
    """Checks what a whole manifest says; whoever made it may have made its checksum as well."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _damaged("K10", f"the manifest does not say that it is of the format {FORMAT!r}", path)
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise CheckpointError(
            "K04",
            f"written in version {str(version)[:20]} of the format, this w2v reads version {FORMAT_VERSION}",
            path=path,
            fix="resume with the w2v that has written it",
        )
    if not isinstance(manifest.get("state"), dict) or not isinstance(manifest.get("tensors"), dict):
        raise _damaged("K10", "the manifest has no state or no tensors", path)
    for name, entry in manifest["tensors"].items():
        is_described = (
            isinstance(entry, dict)
            and set(entry) == {"dtype", "shape", "sha256"}
            and entry["dtype"] in list(_DTYPES)
            and isinstance(entry["shape"], list)
            and len(entry["shape"]) <= 8
            and all(type(size) is int and 0 <= size < 2**63 for size in entry["shape"])
        )
        if not is_described:
            raise _damaged("K10", f"the manifest describes no possible tensor by {name[:60]!r}", path)
    return manifest


def _require_layout(
    file: BinaryIO, header: bytes, described: Mapping[str, Mapping[str, Any]], path: Path
) -> None:
    """Checks the size and the header before anything is allocated."""
    expected = len(header) + sum(_n_bytes(entry) for entry in described.values())
    size = os.fstat(file.fileno()).st_size
    if size != expected:
        raise _damaged("K01", f"{size:,} bytes, the manifest says {expected:,}", path)
    if file.read(len(header)) != header:
        raise _damaged("K02", "the header is not the one that follows from the manifest", path)


def _read_tensor(file: BinaryIO, name: str, entry: Mapping[str, Any], path: Path) -> np.ndarray:
    tensor = _aligned(entry)
    if tensor.size and file.readinto(tensor.data.cast("B")) != tensor.nbytes:
        raise _damaged("K01", f"tensor {name[:60]!r} is cut off", path)
    digest = _sha256(tensor)
    if digest != entry["sha256"]:
        problem = f"has the SHA-256 {digest}, saved was {str(entry['sha256'])[:64]}"
        raise _damaged("K02", f"tensor {name[:60]!r} {problem}", path)
    return tensor


def _aligned(entry: Mapping[str, Any]) -> np.ndarray:
    """An array that begins on a line of the cache, as `w2v.initialization` has it for speed."""
    memory = np.empty(_n_bytes(entry) + LINE_BYTES, dtype=np.uint8)
    start = -memory.ctypes.data % LINE_BYTES
    return memory[start : start + _n_bytes(entry)].view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])


def _none_whole(errors: list[CheckpointError]) -> CheckpointError:
    """One error for all checkpoints of a folder, the newest first."""
    problem = "; and ".join([errors[0].problem, *(error.place + error.problem for error in errors[1:])])
    fix = "no checkpoint is whole: start anew in another folder, or get one of them back from a copy"
    return CheckpointError(errors[0].identifier, problem, path=errors[0].path, fix=fix)


def _no_checkpoint(folder: Path) -> CheckpointError:
    """What is wrong with a folder of no checkpoints; another program's file is known by its start."""
    problem = "there is no checkpoint here"
    if folder.is_file():
        problem = "this is a file, checkpoints are folders"
        with contextlib.suppress(OSError), open(folder, "rb") as file:
            try:
                refuse_foreign(file.read(HEAD_BYTES), str(folder))
            except InputError as error:
                problem = error.problem
    fix = "pass the folder that the training saves itself in; to start anew, leave --resume out"
    fix = f"pass the folder that it is in, {folder.parent}" if _NUMBERED.fullmatch(folder.name) else fix
    return CheckpointError("K19" if folder.is_file() else "K01", problem, path=folder, fix=fix)


def _damaged(identifier: str, problem: str, path: Path) -> CheckpointError:
    return CheckpointError(identifier, problem, path=path, fix="go on from the checkpoint before it")
