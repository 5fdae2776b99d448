"""Bad checkpoints, interrupted outputs and impossible names: each row K01 to K24 of the table has its test.

Most stand where the thing is made; `ROWS` says where, and the others are here.
"""

import ast
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from corpora.errors import InputError
from corpora.storage import write_file, write_folder
from tests.w2v.golden.make_golden import CONFIG, make_corpus
from w2v import HogwildEngine, StopTraining, TrainConfig, Vectors, load_vectors, save_vectors, train
from w2v import saving as saving_module
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import checkpoint_paths, read_checkpoint, read_newest

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
FILES, SAVING = "tests/w2v/test_checkpoint_files.py", "tests/w2v/test_saving.py"
HERE, VERB = "tests/w2v/test_bad_checkpoints.py", "tests/cli/test_checkpoints.py"
STORING, LOCKS = "tests/reliability/storing.py", "tests/corpora/test_locks.py"
ROWS = {
    "K01": [
        (STORING, "cut_checkpoints_noticed"),
        (FILES, "test_a_damaged_checkpoint_is_passed_over_and_said"),
        (FILES, "test_where_none_is_whole_each_is_told"),
        (VERB, "test_a_damaged_checkpoint_is_told_and_the_one_before_taken"),
    ],
    "K02": [(STORING, "flipped_bits"), (FILES, "test_a_flipped_bit_names_the_tensor_and_both_checksums")],
    "K03": [
        (FILES, "test_temporary_folders_are_no_checkpoints"),
        (LOCKS, "test_leftovers_of_a_killed_run_are_cleared_away_with_the_lock"),
    ],
    "K04": [(FILES, "test_a_newer_format_is_told")],
    "K05": [(HERE, "test_k05_checkpoints_of_every_version_are_read_and_gone_on_with")],
    "K06": [
        (SAVING, "test_other_settings_are_refused_each_by_name"),
        (VERB, "test_a_training_of_other_options_is_refused"),
        (VERB, "test_another_reading_is_refused_though_it_reads_the_same"),
    ],
    "K07": [(SAVING, "test_another_text_is_refused")],
    "K08": [
        (VERB, "test_a_moved_corpus_is_the_same_corpus"),
        (VERB, "test_a_reading_that_changes_nothing_is_taken"),
    ],
    "K09": [
        (SAVING, "test_another_version_or_engine_is_refused"),
        (HERE, "test_k09_another_machine_is_told_and_taken"),
    ],
    "K10": [
        (FILES, "test_forged_manifests_are_refused_before_memory_is_taken"),
        (FILES, "test_manifests_that_are_none_are_refused"),
        (FILES, "test_a_key_that_stands_twice_is_refused"),
        (FILES, "test_the_header_must_be_the_one_that_follows"),
    ],
    "K11": [
        (SAVING, "test_tensors_of_another_training_are_refused"),
        (SAVING, "test_a_state_that_lacks_something_is_refused"),
    ],
    "K12": [
        (FILES, "test_links_are_replaced_and_never_followed"),
        ("tests/corpora/test_storage.py", "test_new_files_never_follow_a_link_or_overwrite"),
    ],
    "K13": [
        (STORING, "disk_errors"),
        (SAVING, "test_a_full_disk_stops_no_training_and_is_told_each_time"),
        (VERB, "test_a_result_that_cannot_be_written_says_where_the_training_is"),
        (VERB, "test_a_disk_without_room_is_told_before_training"),
        (HERE, "test_k13_a_folder_that_is_deleted_meanwhile_is_made_again"),
        (HERE, "test_k13_a_folder_that_cannot_be_made_again_is_told_and_tried_again"),
    ],
    "K14": [(HERE, "test_k14_what_is_written_stands_in_the_folder_of_its_target")],
    "K15": [(HERE, "test_k15_windows_is_said_to_be_no_place")],
    "K16": [
        (HERE, "test_k16_vectors_are_saved_over_the_file_they_are_mapped_from"),
        (HERE, "test_k16_no_verb_writes_over_what_it_reads"),
    ],
    "K17": [
        (LOCKS, "test_a_second_run_is_refused_at_once_and_told_of_the_first"),
        (VERB, "test_a_second_run_is_refused"),
        (VERB, "test_a_second_writer_of_any_verb_is_refused"),
    ],
    "K18": [
        (LOCKS, "test_the_lock_of_a_killed_run_is_taken_over"),
        (LOCKS, "test_a_lock_of_another_machine_is_left_alone"),
    ],
    "K19": [(FILES, "test_files_of_other_programs_are_named_and_not_opened")],
    "K20": [(STORING, "crashes_in_a_row"), (FILES, "test_after_a_fallback_the_whole_one_is_kept")],
    "K21": [
        (VERB, "test_a_training_that_is_done_keeps_its_state_and_is_not_repeated"),
        (VERB, "test_a_result_that_is_not_its_own_is_written_anew"),
    ],
    "K22": [
        (VERB, "test_a_folder_with_another_training_is_not_taken"),
        ("tests/cli/test_train.py", "test_file_that_will_be_replaced_is_named"),
    ],
    "K23": [
        (HERE, "test_k23_odd_names_are_taken_as_they_are"),
        (HERE, "test_k23_impossible_names_are_refused_before_any_work"),
    ],
    "K24": [
        (HERE, "test_k24_control_characters_in_settings_are_escaped"),
        (HERE, "test_k24_metadata_beyond_a_megabyte_is_refused_before_writing"),
        (HERE, "test_k24_fifty_thousand_files_leave_room_in_the_metadata"),
        ("tests/w2v/formats/test_native.py", "test_broken_files_are_refused"),
    ],
}
SMALL = TrainConfig(dim=8, epochs=2, window=3)
LONG = TrainConfig(dim=8, epochs=60, window=3)  # half a second, with several checkpoints in it


def test_every_row_of_the_table_is_here():
    """K01 to K24, each with a test."""
    assert list(ROWS) == [f"K{number:02}" for number in range(1, 25)]


@pytest.mark.parametrize(
    ("path", "name"), sorted({test for tests in ROWS.values() for test in tests}), ids=lambda part: part
)
def test_every_test_of_the_table_is_there(path, name):
    """A test that is renamed or removed is missed here."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


# K05


@pytest.mark.parametrize("folder", sorted(GOLDEN.glob("checkpoints-*")), ids=lambda path: path.name)
def test_k05_checkpoints_of_every_version_are_read_and_gone_on_with(folder, tmp_path):
    """All of them are whole, and lead to the vectors of a training that never stopped."""
    shutil.copytree(folder, tmp_path / "copy")
    resumed = read_newest(tmp_path / "copy")
    assert 3 <= resumed.state["epoch"] < CONFIG.epochs

    checkpoints = Checkpoints(tmp_path / "copy", resumed=resumed)
    found = train(make_corpus(), CONFIG, engine=HogwildEngine(threads=1), checkpoints=checkpoints)

    expected = train(make_corpus(), CONFIG, engine=HogwildEngine(threads=1))
    np.testing.assert_allclose(found.matrix, expected.matrix, rtol=1e-3, atol=1e-5)
    assert found.metadata["training"]["epochs"] == expected.metadata["training"]["epochs"]


# K09


def test_k09_another_machine_is_told_and_taken(planted_corpus, tmp_path, monkeypatch):
    """A note names the difference; the same machine gets none."""
    notes = []
    engine = HogwildEngine(threads=1)
    train(planted_corpus, SMALL, engine=engine, checkpoints=Checkpoints(tmp_path), report=_stop)
    monkeypatch.setattr(saving_module, "_processors", lambda: ["another processor"])

    for _ in range(2):  # the second goes on from what the other machine has saved
        checkpoints = Checkpoints(tmp_path, resumed=read_newest(tmp_path), note=notes.append)
        train(planted_corpus, SMALL, engine=engine, checkpoints=checkpoints)

    assert len(notes) == 1
    assert "begun on another machine (processor " in notes[0]
    assert "now another processor" in notes[0]
    assert "not bit for bit" in notes[0]


def _stop(_progress):
    raise StopTraining


# K13


@pytest.fixture
def _looks_often(monkeypatch):
    monkeypatch.setattr("corpora.threads.POLL_SECONDS", 1e-3)


class _Meddling(Checkpoints):
    """Something is done to the folder before the second checkpoint."""

    def __init__(self, folder, meddle, **options):
        super().__init__(folder, every="20kwords", **options)
        self.meddle, self.n_written = meddle, 0

    def _write(self, state, tensors):
        self.n_written += 1
        if self.n_written == 2:
            self.meddle()
        return super()._write(state, tensors)


@pytest.mark.usefixtures("_looks_often")
def test_k13_a_folder_that_is_deleted_meanwhile_is_made_again(planted_corpus, tmp_path):
    """The training goes on, and its later checkpoints are whole."""
    folder, notes = tmp_path / "here", []
    checkpoints = _Meddling(folder, lambda: shutil.rmtree(folder), note=notes.append)

    train(planted_corpus, LONG, engine=HogwildEngine(threads=1), checkpoints=checkpoints)

    assert checkpoints.n_written > 2
    assert notes == []
    assert all(read_checkpoint(path) for path in checkpoint_paths(folder))
    assert read_newest(folder).state["is_over"]


@pytest.mark.usefixtures("_looks_often")
def test_k13_a_folder_that_cannot_be_made_again_is_told_and_tried_again(
    planted_corpus, tmp_path, monkeypatch
):
    """A file is in its place: a note for each failure; the training goes on, and gives its vectors."""
    folder, notes = tmp_path / "here", []
    monkeypatch.setattr("w2v.checkpoint.RETRY_SECONDS", 0.0)

    def replace():
        shutil.rmtree(folder)
        folder.write_text("not a folder")

    checkpoints = _Meddling(folder, replace, note=notes.append)

    found = train(planted_corpus, LONG, engine=HogwildEngine(threads=1), checkpoints=checkpoints)

    assert np.isfinite(found.matrix).all()
    assert len(notes) == checkpoints.n_written - 1 >= 2
    assert all("no checkpoint could be saved" in note for note in notes[:-1])
    assert "the end of the training could not be saved" in notes[-1]
    assert folder.read_text() == "not a folder"


# K14


def test_k14_what_is_written_stands_in_the_folder_of_its_target(tmp_path):
    """On the file system of the target, whatever the one of temporary files is; so the rename is one step."""
    inside = tmp_path / "target"
    inside.mkdir()

    with write_file(inside / "a") as file, write_folder(inside / "b") as folder:
        file.flush()
        names = os.listdir(inside)

    assert folder.parent == inside
    assert len(names) == 2
    assert all(name.startswith((".a.", ".b.")) and name.endswith(".tmp") for name in names)
    assert sorted(os.listdir(inside)) == ["a", "b"]


# K15


def test_k15_windows_is_said_to_be_no_place():
    """There is no Windows to try it on; README and metadata promise Linux and macOS alone."""
    assert "(Linux or macOS)" in (ROOT / "README.md").read_text(encoding="utf-8")
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "Operating System :: POSIX" in metadata
    assert "Windows" not in metadata
    assert "OS Independent" not in metadata


# K16


def test_k16_vectors_are_saved_over_the_file_they_are_mapped_from(tmp_path):
    """The mapped rows stay readable while and after their file is replaced; the new file is whole."""
    rows = np.random.default_rng(0).standard_normal((500, 20), dtype=np.float32)
    path = tmp_path / "a.safetensors"
    save_vectors(Vectors(tuple(f"w{i}" for i in range(500)), rows), path)
    mapped = load_vectors(path, mmap=True)

    save_vectors(dataclasses.replace(mapped, metadata={"saved": "again"}), path)

    assert mapped.matrix.tobytes() == rows.tobytes()
    assert load_vectors(path).matrix.tobytes() == rows.tobytes()
    assert load_vectors(path).metadata == {"saved": "again"}


@pytest.mark.parametrize(
    "command",
    [
        ["convert", "a.txt", "a.txt"],
        ["convert", "a.txt", "./link.txt"],
        ["convert", "a.words.txt", "a.npy"],
        ["export", "a.txt", "a.npy", "--vocab", "a.npy"],
        ["train", "a.words.txt", "-o", "a.npy", "--min-count", "1"],
        ["train", "a.metadata.tsv", "-o", "a.tsv", "--min-count", "1"],
    ],
)
def test_k16_no_verb_writes_over_what_it_reads(w2v_command, tmp_path, command):
    """Exit code 2: by any name, and by that of the file beside the one that is named."""
    save_vectors(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), tmp_path / "a.txt")
    (tmp_path / "link.txt").symlink_to("a.txt")
    for name in ("a.words.txt", "a.metadata.tsv"):
        (tmp_path / name).write_bytes((tmp_path / "a.txt").read_bytes())
    (tmp_path / "a.npy").write_text("a\nb\n") if command[0] == "export" else None
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    done = w2v_command(*command)

    assert done.code == 2
    assert "is read as input; name another file" in done.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


# K23


@pytest.mark.parametrize(
    "name",
    [
        "sub/../out.bin",
        "./out.bin",
        "CON.bin",
        "aux.bin",
        " out .bin",
        "o\u00fct\u65e5.bin",
        "out\n\x1b[2J.bin",
        "-out.bin",
        "x" * 251 + ".bin",
        "\u65e5" * 83 + ".bin",
    ],
)
def test_k23_odd_names_are_taken_as_they_are(w2v_command, planted_text, tmp_path, name):
    """What Linux can name it writes, reserved names of Windows and 255 bytes too; they are shown escaped."""
    (tmp_path / "sub").mkdir()

    done = w2v_command("train", planted_text, f"--output={name}", "--dim", 4, "--epochs", 1, "--threads", 1)

    assert done.code == 0, done.err
    assert len(load_vectors(tmp_path / name))
    assert "\x1b" not in done.out + done.err
    assert not list(tmp_path.glob(".*"))


def test_k23_absolute_names_are_taken(w2v_command, planted_text, tmp_path):
    """From any folder."""
    done = w2v_command("train", planted_text, "-o", tmp_path / "out.bin", "--dim", 4, "--epochs", 1)

    assert done.code == 0, done.err
    assert (tmp_path / "out.bin").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 252 + ".bin", "is longer than 255 bytes"),
        ("\u65e5" * 84 + ".bin", "is longer than 255 bytes"),
        ("x" * 250 + ".npy", ".words.txt is longer than 255 bytes"),
        ("out.", "must end in one of"),
        ("..", "is a folder"),
        ("", "names none"),
        ("-", "names none"),
    ],
)
def test_k23_impossible_names_are_refused_before_any_work(w2v_command, tmp_path, name, said):
    """Exit code 2, though the corpus is not even there; nothing is made."""
    done = w2v_command("train", "missing.txt", f"--output={name}")

    assert done.code == 2
    assert said in done.err.replace("\n", " ")
    assert os.listdir(tmp_path) == []


# K24


def test_k24_control_characters_in_settings_are_escaped(tmp_path):
    """`w2v info`, run as a program, prints no character that a terminal acts on, whatever the file says."""
    hostile = {"config": {"seed\x1b[2J": "\x9b\u202e"}, "corpus": {"sources": ["a\x1b]52;c;cm0=\x07\nb"]}}
    save_vectors(Vectors(("a",), np.ones((1, 2), np.float32), None, hostile), tmp_path / "a.safetensors")

    for options in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "info", tmp_path / "a.safetensors", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert not [sign for sign in done.stdout if not sign.isprintable() and sign != "\n"]
    assert json.loads(done.stdout)["metadata"] == hostile


def test_k24_metadata_beyond_a_megabyte_is_refused_before_writing(tmp_path):
    """Both sizes are named, and the older file stays."""
    (tmp_path / "a.safetensors").write_text("old")
    vectors = Vectors(("a",), np.ones((1, 2), np.float32), None, {"text": "x" * 1_000_001})

    with pytest.raises(InputError, match="more than 1000000") as caught:
        save_vectors(vectors, tmp_path / "a.safetensors")

    assert caught.value.identifier == "K24"
    assert (tmp_path / "a.safetensors").read_text() == "old"


def test_k24_fifty_thousand_files_leave_room_in_the_metadata(planted_corpus, tmp_path):
    """A training on so many names a part of them and their number, and can be written."""
    sources = [(f"/texts/a-name-of-usual-length-{i:06}.txt", 1, 1) for i in range(50_000)]
    summary = {**planted_corpus.summary, "sources": sources}
    corpus = Corpus(planted_corpus.vocabulary, planted_corpus.tokens, planted_corpus.offsets, "d", summary)

    found = train(corpus, dataclasses.replace(SMALL, epochs=1), engine=HogwildEngine(threads=1))
    save_vectors(found, tmp_path / "a.safetensors")

    assert found.metadata["corpus"]["n_sources"] == 50_000
    assert len(found.metadata["corpus"]["sources"]) == 100
