"""A checkpoint is read back as it was saved, or not at all: rows K01 to K24 of bad inputs."""

import hashlib
import json
import os
import pickle
import stat

import numpy as np
import pytest
import safetensors.numpy

from corpora.errors import CheckpointError
from w2v import checkpoint_files
from w2v.checkpoint_files import checkpoint_paths, read_checkpoint, read_newest, save_next, write_checkpoint

STATE = {"epoch": 3, "loss": 0.1 + 0.2, "none": None, "word": "日"}


@pytest.fixture
def tensors():
    """Float32, float64 and int64, an empty one among them."""
    rng = np.random.default_rng(1)
    return {
        "input": rng.random((5, 3), dtype=np.float32),
        "sums": rng.random((2, 2, 2)),
        "steps": np.array([2**62, -1]),
        "nothing": np.empty((0, 4), dtype=np.float32),
    }


@pytest.fixture
def saved(tmp_path, tensors):
    """The path of a whole checkpoint."""
    write_checkpoint(tmp_path / "checkpoint-000001", STATE, tensors)
    return tmp_path / "checkpoint-000001"


def rewrite_manifest(path, change):
    """Changes the manifest and mends its checksum, as a forger would."""
    manifest = json.loads((path / "manifest.json").read_bytes())["manifest"]
    change(manifest)
    (path / "manifest.json").write_bytes(checkpoint_files._dump_manifest(manifest))


def test_what_is_saved_is_read_back(saved, tensors):
    """State and tensors, to the last bit."""
    found = read_checkpoint(saved)

    assert found.state == STATE
    assert {name: (t.dtype, t.shape, t.tobytes()) for name, t in found.tensors.items()} == {
        name: (t.dtype, t.shape, t.tobytes()) for name, t in tensors.items()
    }


def test_the_tensors_are_a_file_of_safetensors(saved, tensors):
    """Its own reader opens them."""
    found = safetensors.numpy.load_file(saved / "tensors.safetensors")

    assert set(found) == set(tensors)
    assert all(np.array_equal(found[name], tensors[name]) for name in tensors)


def test_the_manifest_holds_a_checksum_for_each_tensor(saved, tensors):
    """SHA-256 of the bytes of the tensor, for anybody to check."""
    manifest = json.loads((saved / "manifest.json").read_bytes())["manifest"]

    assert {name: entry["sha256"] for name, entry in manifest["tensors"].items()} == {
        name: hashlib.sha256(tensor.tobytes()).hexdigest() for name, tensor in tensors.items()
    }


def test_files_have_the_usual_permissions(saved):
    """K12: private while they are written, then as the umask has it."""
    mask = os.umask(0)
    os.umask(mask)

    assert {stat.S_IMODE(file.stat().st_mode) for file in saved.iterdir()} == {0o666 & ~mask}


def test_the_two_newest_are_kept(tmp_path, tensors):
    """Each has a number of its own; the one before the new one stays until the next."""
    last = None
    names = []
    for epoch in range(4):
        last = save_next(tmp_path / "here", {"epoch": epoch}, tensors, previous=last)
        names.append(sorted(os.listdir(tmp_path / "here")))

    assert names[0] == ["checkpoint-000001"]
    assert names[-1] == ["checkpoint-000003", "checkpoint-000004"]
    assert read_newest(tmp_path / "here").state == {"epoch": 3}


@pytest.mark.parametrize("name", ["tensors.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "gone"])
def test_a_damaged_checkpoint_is_passed_over_and_said(tmp_path, tensors, name, damage):
    """K01 and K02: the one before it is read; what was wrong is in the remarks."""
    first = save_next(tmp_path, {"epoch": 1}, tensors)
    second = save_next(tmp_path, {"epoch": 2}, tensors, previous=first)
    data = (second / name).read_bytes()
    damaged = {"cut": data[:-1], "flipped": data[:-9] + bytes([data[-9] ^ 4]) + data[-8:], "empty": b""}
    (second / name).unlink()
    if damage != "gone":
        (second / name).write_bytes(damaged[damage])
    remarks = []

    found = read_newest(tmp_path, remarks=remarks)

    assert found.path == first
    assert len(remarks) == 1
    assert str(second / name) in remarks[0]


def test_after_a_fallback_the_whole_one_is_kept(tmp_path, tensors):
    """K20: the next save removes the damaged one, not the one that was read."""
    first = save_next(tmp_path, {"epoch": 1}, tensors)
    second = save_next(tmp_path, {"epoch": 2}, tensors, previous=first)
    (second / "manifest.json").write_bytes(b"{}")

    third = save_next(tmp_path, {"epoch": 3}, tensors, previous=read_newest(tmp_path).path)

    assert checkpoint_paths(tmp_path) == [third, first]


def test_a_flipped_bit_names_the_tensor_and_both_checksums(saved, tensors):
    """K02."""
    data = bytearray((saved / "tensors.safetensors").read_bytes())
    data[-1] ^= 128  # of "steps", the last that is not empty
    (saved / "tensors.safetensors").write_bytes(data)

    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(saved)

    assert (caught.value.identifier, caught.value.exit_code) == ("K02", 4)
    assert "'steps'" in str(caught.value)
    assert hashlib.sha256(tensors["steps"].tobytes()).hexdigest() in str(caught.value)
    assert hashlib.sha256(data[-16:]).hexdigest() in str(caught.value)


def test_with_no_checksums_a_flipped_bit_goes_unnoticed(saved, monkeypatch):
    """The protection switched off: the tests above notice."""
    monkeypatch.setattr(checkpoint_files, "_sha256", lambda _: None)
    rewrite_manifest(saved, lambda manifest: [e.update(sha256=None) for e in manifest["tensors"].values()])
    data = bytearray((saved / "tensors.safetensors").read_bytes())
    data[-1] ^= 128
    (saved / "tensors.safetensors").write_bytes(data)

    read_checkpoint(saved)


def test_where_none_is_whole_each_is_told(tmp_path, tensors):
    """K01: exit code 4, with what is wrong with both, and no other checkpoint to go on from."""
    first = save_next(tmp_path, {"epoch": 1}, tensors)
    second = save_next(tmp_path, {"epoch": 2}, tensors, previous=first)
    (first / "manifest.json").write_bytes(b"")
    (second / "tensors.safetensors").write_bytes(b"")

    with pytest.raises(CheckpointError, match="0 bytes, the manifest says") as caught:
        read_newest(tmp_path)

    assert caught.value.path == str(second / "tensors.safetensors")
    assert f"; and {first / 'manifest.json'}: no manifest of a checkpoint" in str(caught.value)
    assert "checkpoint before it" not in caught.value.fix


def test_temporary_folders_are_no_checkpoints(tmp_path, tensors):
    """K03: what a killed run has left is never read, and is gone after the next save."""
    leftover = tmp_path / ".checkpoint-000001.0123456789ab.tmp"
    write_checkpoint(leftover, STATE, tensors)

    assert checkpoint_paths(tmp_path) == []

    save_next(tmp_path, STATE, tensors)
    assert os.listdir(tmp_path) == ["checkpoint-000001"]


def test_a_newer_format_is_told(saved):
    """K04: both versions are named, and an older checkpoint is not taken instead."""
    rewrite_manifest(saved, lambda manifest: manifest.update(format_version=7))

    with pytest.raises(CheckpointError, match="version 7 of the format, this w2v reads version 1") as caught:
        read_newest(saved.parent)

    assert caught.value.identifier == "K04"


FORGERIES = {
    "shape beyond the file": lambda m: m["tensors"]["input"].update(shape=[2**40, 2**22]),
    "negative shape": lambda m: m["tensors"]["input"].update(shape=[-5, 3]),
    "shape of 2^63": lambda m: m["tensors"]["input"].update(shape=[2**63, 0]),
    "shape of floats": lambda m: m["tensors"]["input"].update(shape=[5.0, 3.0]),
    "shape of true": lambda m: m["tensors"]["input"].update(shape=[True, 15]),
    "shape of nine": lambda m: m["tensors"]["input"].update(shape=[1] * 9),
    "shape of text": lambda m: m["tensors"]["input"].update(shape="5"),
    "other shape, as long": lambda m: m["tensors"]["input"].update(shape=[3, 5]),
    "unknown dtype": lambda m: m["tensors"]["input"].update(dtype="O"),
    "dtype of lists": lambda m: m["tensors"]["input"].update(dtype=["F32"]),
    "tensor renamed": lambda m: m["tensors"].update(other=m["tensors"].pop("input")),
    "tensor too many": lambda m: m["tensors"].update(other=m["tensors"]["nothing"]),
    "tensor missing": lambda m: m["tensors"].pop("nothing"),
    "no tensor entry": lambda m: m["tensors"].update(input=None),
    "no tensors": lambda m: m.pop("tensors"),
    "no state": lambda m: m.update(state=[]),
    "no format": lambda m: m.pop("format"),
    "other format": lambda m: m.update(format="w2v-vectors"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_manifests_are_refused_before_memory_is_taken(saved, forgery):
    """K10: shapes that overflow, tensors that are not there: the header then is not the one that must be."""
    rewrite_manifest(saved, FORGERIES[forgery])

    with pytest.raises(CheckpointError):
        read_checkpoint(saved)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"manifest": NaN, "sha256": ""}',
        b'{"manifest": 1e999, "sha256": ""}',
        b"[" * 200_000,
        b'{"manifest":' * 200_000,
        b"\xff\xfe",
        b"9" * 10_000,
        b" " * 17_000_000,
    ],
    ids=["empty", "null", "list", "object", "nan", "inf", "deep", "deep-objects", "utf-8", "digits", "17MB"],
)
def test_manifests_that_are_none_are_refused(saved, data):
    """K10: JSON that nests a hundred thousand deep, NaN, a manifest of 17 MB."""
    (saved / "manifest.json").write_bytes(data)

    with pytest.raises(CheckpointError):
        read_checkpoint(saved)


def test_a_key_that_stands_twice_is_refused(saved):
    """K10: Python would take the last of them."""
    data = (saved / "manifest.json").read_bytes()
    (saved / "manifest.json").write_bytes(data.replace(b'{"manifest":', b'{"sha256":"","manifest":'))

    with pytest.raises(CheckpointError, match="SHA-256"):
        read_checkpoint(saved)


@pytest.mark.parametrize("change", ["overlap", "hole", "long header", "duplicate"])
def test_the_header_must_be_the_one_that_follows(saved, change):
    """K10: tensors that overlap or leave holes, a header of 2^63 bytes, a key twice."""
    path = saved / "tensors.safetensors"
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, rest = data[8 : 8 + length], data[8 + length :]
    changed = {
        "overlap": data[:8] + header.replace(b"[60,124]", b"[52,116]") + rest,
        "hole": data[:8] + header.replace(b"[60,124]", b"[61,125]") + rest,
        "long header": (2**63).to_bytes(8, "little") + header + rest,
        "duplicate": data[:8] + header.replace(b'"sums"', b'"nput"').replace(b'"nput"', b'"inpu"') + rest,
    }
    assert changed[change] != data
    path.write_bytes(changed[change])

    with pytest.raises(CheckpointError, match="header"):
        read_checkpoint(saved)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(pickle.dumps([1]), "Python pickle"), (b"PK\x03\x04", "zip archive"), (b"text", "this is a file")],
)
def test_files_of_other_programs_are_named_and_not_opened(tmp_path, data, kind):
    """K19: a pickle is known by its first bytes."""
    (tmp_path / "model.pt").write_bytes(data)

    with pytest.raises(CheckpointError, match=kind) as caught:
        read_newest(tmp_path / "model.pt")

    assert caught.value.identifier == "K19"


def test_where_there_is_none_it_is_said(tmp_path):
    """An empty folder, and none at all, with the way out."""
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CheckpointError, match=r"no checkpoint here.*saves itself in"):
            read_newest(folder)


def test_links_are_replaced_and_never_followed(tmp_path, tensors):
    """K12: a link in the place of the next checkpoint leads nobody to write elsewhere."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "checkpoint-000001").symlink_to(tmp_path / "precious")

    path = save_next(tmp_path / "here", STATE, tensors)

    assert os.listdir(tmp_path / "here") == [path.name]
    assert os.listdir(tmp_path / "precious") == ["file"]


@pytest.mark.parametrize("name", ["manifest.json", "tensors.safetensors"])
def test_a_pipe_in_the_place_of_a_file_is_passed_over(saved, tensors, name):
    """K01: it might never give anything; the checkpoint before it is taken."""
    newer = save_next(saved.parent, STATE, tensors, previous=saved)
    (newer / name).unlink()
    os.mkfifo(newer / name)
    remarks = []

    found = read_newest(saved.parent, remarks=remarks)

    assert found.path == saved
    assert "not a regular file" in remarks[0]


def test_the_folder_of_a_checkpoint_is_told_where_the_checkpoint_itself_is_named(saved):
    """K01: what a note has named is within reach."""
    with pytest.raises(CheckpointError) as caught:
        read_newest(saved)

    assert caught.value.fix == f"pass the folder that it is in, {saved.parent}"
