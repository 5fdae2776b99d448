"""`w2v train --checkpoint` and `--resume`, by the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

import w2v.formats
from corpora.locks import hold_output
from w2v import Vectors, load_vectors, save_vectors
from w2v.checkpoint_files import checkpoint_paths, read_newest
from w2v.continuation import load_model

QUICK = ["--dim", 8, "--epochs", 2, "--threads", 1]
TABLE = ["out.npy", "--vocab", "words.txt"]
ENDLESS = ["--dim", "8", "--epochs", "1000000000", "--checkpoint", "here", "--checkpoint-every", "0.1s"]


@pytest.fixture
def endless(planted_text, planted_corpus, tmp_path):
    """The command in a process of its own, which has saved itself once and would never end."""
    command = [sys.executable, "-m", "cli.main", "train", planted_text, "-o", "out.bin", *ENDLESS]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not checkpoint_paths(tmp_path / "here"):
        time.sleep(0.01)
    yield process
    process.kill()
    process.communicate()


def test_a_training_that_is_done_keeps_its_state_and_is_not_repeated(w2v_command, planted_text, tmp_path):
    """K21: --resume says so, exits 0 and rewrites nothing; it needs no other option."""
    first = w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", *QUICK, "--json")
    written = (tmp_path / "out.bin").stat()

    again = w2v_command("train", "--resume", "here")

    assert (first.code, again.code) == (0, 0), again.err
    assert f"complete already; {tmp_path / 'out.bin'} holds its vectors and stays as it is" in again.err
    assert "replaced" not in again.err
    found = (tmp_path / "out.bin").stat()
    assert (found.st_ino, found.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert json.loads(first.out)["training"]["epochs"] == 2


def test_a_result_that_is_gone_is_written_again(w2v_command, planted_text, tmp_path, monkeypatch):
    """From any folder, without training; all paths are known."""
    w2v_command("train", planted_text, "-o", "out.txt", "--checkpoint", "here", *QUICK)
    expected = (tmp_path / "out.txt").read_bytes()
    (tmp_path / "out.txt").unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    done = w2v_command("train", "--resume", tmp_path / "here")

    assert done.code == 0, done.err
    assert (tmp_path / "out.txt").read_bytes() == expected


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "cannot be read ("),
        (lambda path: path.write_bytes(b""), "cannot be read (the file is empty)"),
        (
            lambda path: save_vectors(Vectors(("a",), np.ones((1, 8), np.float32)), path),
            "holds other vectors",
        ),
        (lambda path: path.unlink(), "is gone"),
    ],
)
def test_a_result_that_is_not_its_own_is_written_anew(w2v_command, planted_text, tmp_path, damage, said):
    """K21: what is found is looked at before it is said to be the result; then it is, byte for byte."""
    w2v_command("train", planted_text, "-o", "out.safetensors", "--checkpoint", "here", *QUICK)
    path = tmp_path / "out.safetensors"
    expected = path.read_bytes()
    damage(path)

    done = w2v_command("train", "--resume", "here")

    assert done.code == 0, done.err
    assert f"complete already; {path} {said}" in done.err
    assert ", and is written anew" in done.err
    assert path.read_bytes() == expected


def test_a_result_that_lacks_a_table_is_written_anew(w2v_command, planted_text, tmp_path):
    """K21: --keep-output, asked for later, gets the other table from the checkpoint."""
    w2v_command("train", planted_text, "-o", "out.safetensors", "--checkpoint", "here", *QUICK)

    done = w2v_command("train", "--resume", "here", "--keep-output")

    assert "holds other tables or counts, and is written anew" in done.err
    assert load_model(tmp_path / "out.safetensors").output is not None


def test_a_result_that_cannot_be_written_says_where_the_training_is(w2v_command, planted_text, tmp_path):
    """K13: the folder of the output is gone at the end; exit code 5, and nothing is lost."""
    (tmp_path / "results").mkdir()
    options = ["-o", "results/out.bin", "--checkpoint", "here", *QUICK]
    real = w2v.formats.save_vectors

    def save_late(vectors, path):
        shutil.rmtree(tmp_path / "results")
        real(vectors, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(w2v.formats, "save_vectors", save_late)
        done = w2v_command("train", planted_text, *options)
    again = w2v_command("train", "--resume", "here", "-o", "elsewhere.bin")

    assert done.code == 5
    assert "[W2V-K13]" in done.err
    assert "w2v train --resume here" in done.err
    assert again.code == 0, again.err
    assert len(load_vectors("elsewhere.bin"))


@pytest.fixture
def plain_text(tmp_path):
    """A text that reads the same whatever is done with rare words and with case."""
    (tmp_path / "text.txt").write_text("a b c d e f g h i j\n" * 200)
    return tmp_path / "text.txt"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--min-count", 2], "reading min_count: 5 saved, 2 now"),
        (["--lowercase"], "reading lowercase: False saved, True now"),
        (["--tokenizer", "words"], "reading tokenizer: blanks saved, words now"),
        (["--encoding-errors", "replace"], "reading encoding_errors: strict saved, replace now"),
    ],
)
def test_another_reading_is_refused_though_it_reads_the_same(w2v_command, plain_text, options, said):
    """K06: the digest is the same, and the file would tell of another reading than that of its first half."""
    saving = ["--checkpoint", "here", "--subsample", 0, *QUICK]
    w2v_command("train", plain_text, "-o", "out.bin", *saving)

    done = w2v_command("train", "--resume", "here", *options)

    assert done.code == 4
    assert "[W2V-K06]" in done.err
    assert said in done.err


@pytest.mark.parametrize(
    "options",
    [["--max-vocab", 1000], ["--max-vocab-memory", 100], ["--cache", "other"], ["--vocab", "vocab.txt"]],
)
def test_a_reading_that_changes_nothing_is_taken(w2v_command, plain_text, tmp_path, options):
    """K08: limits that are not met, another cache, or the same words from a file: the same bytes come out."""
    w2v_command("vocab", plain_text, "-o", "vocab.txt")
    saving = ["--checkpoint", "here", "--checkpoint-every", "1kwords", "--subsample", 0, *QUICK]
    w2v_command("train", plain_text, "-o", "out.safetensors", *saving)
    expected = (tmp_path / "out.safetensors").read_bytes()
    (checkpoint_paths(tmp_path / "here")[0] / "manifest.json").unlink()
    (tmp_path / "out.safetensors").unlink()

    done = w2v_command("train", "--resume", "here", *options)

    assert done.code == 0, done.err
    assert (tmp_path / "out.safetensors").read_bytes() == expected


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--dim", 9], 4, "[W2V-K06]"),
        (["--seed", 2, "--window", 3], 4, "config window: 5 saved, 3 now; config seed: 1 saved, 2 now"),
        (["--min-count", 50], 4, "[W2V-K07]"),
        (["--checkpoint", "elsewhere"], 2, "leave --checkpoint out"),
        (["--init-vectors", "out.bin"], 2, "--init-vectors starts a new training"),
    ],
)
def test_a_training_of_other_options_is_refused(w2v_command, planted_text, options, code, said):
    """K06 and K07: each difference is named; the way out of the others is, too."""
    w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", *QUICK)

    done = w2v_command("train", "--resume", "here", *options)

    assert done.code == code
    assert said in done.err


def test_a_moved_corpus_is_the_same_corpus(w2v_command, planted_text, tmp_path):
    """K08: what counts is what is in it."""
    w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", *QUICK)
    (tmp_path / "moved.txt").write_bytes(planted_text.read_bytes())

    done = w2v_command("train", tmp_path / "moved.txt", "--resume", "here")

    assert done.code == 0, done.err
    assert "complete already" in done.err


def test_a_folder_with_another_training_is_not_taken(w2v_command, planted_text):
    """K22: its checkpoints would be removed; exit code 5."""
    w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", *QUICK)

    done = w2v_command("train", planted_text, "-o", "other.bin", "--checkpoint", "here", *QUICK)

    assert done.code == 5
    assert "[W2V-K22]" in done.err
    assert "--resume here" in done.err


@pytest.mark.parametrize("every", ["5", "0s", "-1m", "10 m", "1e3s", "infs", "50Mword", ""])
def test_times_that_are_none_are_refused(w2v_command, planted_text, every):
    """Exit code 2, before anything is read."""
    done = w2v_command("train", planted_text, "--checkpoint", "here", "--checkpoint-every", every)

    assert done.code == 2
    assert "--checkpoint-every must be like 30s, 10m, 2h or 50Mwords" in done.err


def test_resuming_nothing_is_exit_code_4(w2v_command):
    """With the way out."""
    done = w2v_command("train", "--resume", "nowhere")

    assert done.code == 4
    assert "there is no checkpoint here" in done.err


def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(w2v_command, planted_text, tmp_path):
    """K01: loudly."""
    options = ["-o", "out.bin", "--checkpoint", "here", "--checkpoint-every", "1kwords", *QUICK]
    w2v_command("train", planted_text, *options)
    newest, before = checkpoint_paths(tmp_path / "here")
    (newest / "tensors.safetensors").write_bytes(b"")

    done = w2v_command("train", "--resume", "here")

    assert done.code == 0, done.err
    assert "note: damaged checkpoint passed over: " in done.err
    assert before in checkpoint_paths(tmp_path / "here")
    assert read_newest(tmp_path / "here").state["is_over"]


@pytest.mark.parametrize("path", ["out.bin", "here", "log.jsonl"])
def test_a_second_run_is_refused(w2v_command, planted_text, tmp_path, path):
    """K17: for one output, one folder of checkpoints, or one log; exit code 5 at once."""
    options = ["-o", "out.bin", "--checkpoint", "here", "--log", "log.jsonl"]

    with hold_output(tmp_path / path):
        done = w2v_command("train", planted_text, *options, *QUICK)

    assert done.code == 5
    assert f"[W2V-K17] {tmp_path / path}: another run is writing this: process {os.getpid()} on" in done.err
    assert not (tmp_path / "out.bin").exists()


@pytest.mark.parametrize(
    "command",
    [
        ["convert", "small.bin", "out.txt"],
        ["export", "small.bin", *TABLE],
        ["vocab", "text.txt", "-o", "out.vocab"],
    ],
)
def test_a_second_writer_of_any_verb_is_refused(w2v_command, plain_text, tmp_path, command):
    """K17: what is being written by one is not written by another; afterwards it is, and the lock is gone."""
    save_vectors(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), "small.bin")
    (tmp_path / "words.txt").write_text("a\nb\n")
    output = next(part for part in command if part.startswith("out."))

    with hold_output(tmp_path / output):
        refused = w2v_command(*command)
        assert not (tmp_path / output).exists()
    done = w2v_command(*command)

    assert refused.code == 5
    assert f"[W2V-K17] {tmp_path / output}: another run is writing this: process {os.getpid()}" in refused.err
    assert done.code == 0, done.err
    assert not list(tmp_path.glob(".*.lock"))


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_ends(endless, tmp_path, kind):
    """P13: with exit code 130 or 143, and what to type to go on; nothing else is left."""
    endless.send_signal(kind)
    _, said = endless.communicate(timeout=300)

    assert endless.returncode == 128 + kind
    assert (
        f"note: saved in {checkpoint_paths(tmp_path / 'here')[0].relative_to(tmp_path)}; go on with: " in said
    )
    assert os.listdir(tmp_path) == ["here"]
    assert not read_newest(tmp_path / "here").state["is_over"]


def test_a_second_signal_leaves_at_once(endless, tmp_path):
    """The last checkpoint is whole; that of a killed run's lock is told by the next."""
    os.kill(endless.pid, signal.SIGINT)
    os.kill(endless.pid, signal.SIGTERM)
    endless.communicate(timeout=300)

    assert endless.returncode in (130, 143)
    assert read_newest(tmp_path / "here").state["epoch"] >= 0


def test_the_log_goes_on_where_it_was(w2v_command, planted_text, tmp_path):
    """A resumed training adds to its log; a new one begins it anew."""
    w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", "--log", "log.jsonl", *QUICK)
    lines = (tmp_path / "log.jsonl").read_text()
    (tmp_path / "out.bin").unlink()

    done = w2v_command("train", "--resume", "here")

    assert "replaced" not in done.err
    assert (tmp_path / "log.jsonl").read_text() == lines
    assert len(load_vectors("out.bin"))


def test_selftest_counts_what_it_has_tried(w2v_command, tmp_path):
    """And leaves the folder as it was; it makes none."""
    missing = w2v_command("selftest", "folder", "--faults", 12)
    (tmp_path / "folder").mkdir()
    done = w2v_command("selftest", "folder", "--faults", 12, "--json")

    assert missing.code == 2
    assert "does not exist" in missing.err

    assert done.code == 0, done.err
    assert json.loads(done.out) == {"folder": "folder", "crashes": 6, "errors": 6, "lost": 0}
    assert os.listdir(tmp_path / "folder") == []


def test_plan_has_the_right_figures(w2v_command, planted_text, planted_corpus):
    """Vocabulary, tokens and bytes are those of the corpus and the options; nothing is left here."""
    done = w2v_command("plan", planted_text, "--dim", 12, "--epochs", 3, "--json")

    plan = json.loads(done.out)
    n_words = len(planted_corpus.vocabulary)
    assert plan["vocabulary"] == n_words
    assert plan["tokens"] == planted_corpus.n_tokens
    assert 0 < plan["effective_tokens"] < planted_corpus.n_tokens
    assert plan["vectors_bytes"] == 4 * 12 * n_words
    assert plan["checkpoints_bytes"] == 6 * plan["vectors_bytes"]
    assert plan["memory_bytes"] > 2 * plan["vectors_bytes"]
    assert plan["seconds"] == pytest.approx(3 * plan["tokens"] / plan["words_per_second"])
    assert os.listdir() == []


def test_plan_counts_the_best_epoch_and_the_optimizer(w2v_command, planted_text):
    """Copies of two tables for --patience, as much again for adagrad: in memory and in each checkpoint."""
    options = ["--dim", 12, "--json"]
    kept = ["--patience", 2, "--holdout", "5%"]
    engine = ["--engine", "minibatch", "--optimizer", "adagrad", "--learning-rate", 0.1]

    plans = [
        json.loads(w2v_command("plan", planted_text, *options, *more).out)
        for more in ([], kept, [*kept, *engine])
    ]

    tables = 2 * plans[0]["vectors_bytes"]
    assert [plan["checkpoints_bytes"] for plan in plans] == [3 * tables, 6 * tables, 9 * tables]
    assert [plan["memory_bytes"] - plans[0]["memory_bytes"] for plan in plans] == [0, tables, 2 * tables]


def test_plan_says_what_would_fit(w2v_command, planted_text, monkeypatch):
    """Exit code 6 where the tables do not, with options that would."""
    monkeypatch.setattr("w2v.memory.available_bytes", lambda: 300 << 20)

    done = w2v_command("plan", planted_text, "--dim", 100_000)

    assert done.code == 6
    assert "which would fit" in done.err


def test_how_often_needs_where(w2v_command, planted_text, tmp_path):
    """--checkpoint-every alone would save nothing, so it is refused."""
    done = w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint-every", "30s", *QUICK)

    assert done.code == 2
    assert "--checkpoint-every needs the folder of --checkpoint" in done.err
    assert not (tmp_path / "out.bin").exists()


def test_nothing_is_said_to_be_replaced_before_it_is_sure(w2v_command, planted_text, tmp_path):
    """A training that is refused after its corpus was read has told of no file that goes; none has."""
    (tmp_path / "out.bin").write_text("old")
    (tmp_path / "log.jsonl").write_text("old")
    options = ["-o", "out.bin", "--log", "log.jsonl", "--subsample", "1e-30"]

    refused = w2v_command("train", planted_text, *options, *QUICK)

    assert refused.code == 3
    assert "replaced" not in refused.err
    assert (tmp_path / "out.bin").read_text() == (tmp_path / "log.jsonl").read_text() == "old"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (["convert", "small.bin", "out.txt"], ["convert", "broken.bin", "out.txt"]),
        (["export", "small.bin", *TABLE], ["export", "broken.bin", *TABLE]),
        (["vocab", "text.txt", "-o", "out.vocab"], ["vocab", "nothing.txt", "-o", "out.vocab"]),
    ],
)  # fmt: skip
def test_every_verb_says_what_it_has_replaced(w2v_command, plain_text, tmp_path, good, bad):
    """When it is done; where it is refused, the old file stays and nothing is said of it."""
    save_vectors(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), "small.bin")
    (tmp_path / "broken.bin").write_bytes((tmp_path / "small.bin").read_bytes()[:-4])
    (tmp_path / "words.txt").write_text("a\nb\n")
    (tmp_path / "nothing.txt").write_text("\n")
    output = next(part for part in good if part.startswith("out."))
    first = w2v_command(*good)
    before = (tmp_path / output).read_bytes()

    refused, second = w2v_command(*bad), w2v_command(*good)

    assert (first.code, refused.code, second.code) == (0, 3, 0)
    assert "replaced" not in first.err + refused.err
    assert f"note: {output} existed and was replaced" in second.err
    assert (tmp_path / output).read_bytes() == before


def test_a_disk_without_room_is_told_before_training(w2v_command, planted_text, planted_corpus, monkeypatch):
    """K13: exit code 5 with both sizes, as soon as the vocabulary is known; one byte decides."""
    size = 4 * 8 * len(planted_corpus.vocabulary)
    free = []
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free[-1]))

    runs = []
    for room in (size - 1, size):
        free.append(room)
        runs.append(w2v_command("train", planted_text, "-o", "out.bin", *QUICK))

    assert [done.code for done in runs] == [5, 0]
    assert "[W2V-K13] out.bin: " in runs[0].err
    assert "MiB will be needed" in runs[0].err


@pytest.fixture
def stopped_folder(planted_text, tmp_path):
    """A training towards a folder for model2vec, ended by a signal."""
    command = [sys.executable, "-m", "cli.main", "train", planted_text, "-o", "model/", *ENDLESS]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    while process.poll() is None and not checkpoint_paths(tmp_path / "here"):
        time.sleep(0.01)
    process.terminate()
    process.communicate(timeout=300)
    return tmp_path / "model"


@pytest.mark.usefixtures("stopped_folder")
def test_an_output_that_is_a_folder_is_known_as_one(w2v_command):
    """The slash at its end is kept, so the command that the stop has named goes on."""
    done = w2v_command("train", "--resume", "here", "--epochs", 3)

    assert done.code == 4
    assert "config epochs: 1000000000 saved, 3 now" in done.err


def test_a_complete_training_towards_a_folder_is_not_repeated(w2v_command, planted_text, tmp_path):
    """K21: its folder holds its vectors; one that holds something else is never replaced."""
    first = w2v_command("train", planted_text, "-o", "model/", "--checkpoint", "here", *QUICK)
    again = w2v_command("train", "--resume", "here")
    save_vectors(Vectors(("a",), np.ones((1, 8), np.float32)), "other.bin")
    shutil.rmtree(tmp_path / "model")
    w2v_command("convert", "other.bin", "model/")
    refused = w2v_command("train", "--resume", "here")

    assert (first.code, again.code, refused.code) == (0, 0, 2), again.err
    assert "holds its vectors and stays as it is" in again.err
    assert "holds other vectors; remove the folder" in refused.err
    assert load_vectors("model/").words == ("a",)


def test_a_linked_folder_of_checkpoints_has_one_lock(w2v_command, planted_text, tmp_path):
    """P20: by whatever name it is called."""
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")

    with hold_output(tmp_path / "here"):
        refused = w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "link", *QUICK)

    assert refused.code == 5
    assert "another run is writing this" in refused.err


def test_a_mistyped_interval_makes_no_folder(w2v_command, planted_text, tmp_path):
    """Usage errors come before anything is written."""
    done = w2v_command(
        "train", planted_text, "-o", "out.bin", "--checkpoint", "here", "--checkpoint-every", "soon"
    )

    assert done.code == 2
    assert not (tmp_path / "here").exists()
