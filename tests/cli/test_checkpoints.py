"""`w2v train --checkpoint` and `--resume`, by the command line."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from corpora.locks import hold_output
from w2v import load_vectors
from w2v.checkpoint_files import checkpoint_paths, read_newest

QUICK = ["--dim", 8, "--epochs", 2, "--threads", 1]
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
    assert "complete already; " + str(tmp_path / "out.bin") in again.err
    assert (tmp_path / "out.bin").stat() == written
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


@pytest.mark.parametrize("path", ["out.bin", "here"])
def test_a_second_run_is_refused(w2v_command, planted_text, tmp_path, path):
    """K17: for one output, or for one folder of checkpoints; exit code 5 at once."""
    with hold_output(tmp_path / path):
        done = w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", *QUICK)

    assert done.code == 5
    assert f"[W2V-K17] {tmp_path / path}: another run is writing this: process {os.getpid()} on" in done.err
    assert not (tmp_path / "out.bin").exists()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_ends(endless, tmp_path, kind):
    """P13: in two seconds, with exit code 130 or 143, and what to type to go on; nothing else is left."""
    sent = time.monotonic()
    endless.send_signal(kind)
    _, said = endless.communicate(timeout=20)

    assert time.monotonic() - sent < 2
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
    endless.communicate(timeout=20)

    assert endless.returncode in (130, 143)
    assert read_newest(tmp_path / "here").state["epoch"] >= 0


def test_the_log_goes_on_where_it_was(w2v_command, planted_text, tmp_path):
    """A resumed training adds to its log; a new one begins it anew."""
    w2v_command("train", planted_text, "-o", "out.bin", "--checkpoint", "here", "--log", "log.jsonl", *QUICK)
    lines = (tmp_path / "log.jsonl").read_text()
    (tmp_path / "out.bin").unlink()

    w2v_command("train", "--resume", "here")

    assert (tmp_path / "log.jsonl").read_text() == lines
    assert len(load_vectors("out.bin"))


def test_selftest_counts_what_it_has_tried(w2v_command, tmp_path):
    """And leaves the folder as it was."""
    done = w2v_command("selftest", "folder", "--faults", 12, "--json")

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
