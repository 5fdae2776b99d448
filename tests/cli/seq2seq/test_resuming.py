"""`w2v seq2seq train --resume`: stopped or killed at any time, the training ends as if it had not been."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.w2v.seq2seq.toy import classed_pairs, classed_vectors, write_pairs
from w2v import save_vectors
from w2v.checkpoint_files import checkpoint_paths, read_newest
from w2v.seq2seq.model_files import MODEL_NAME, load_translator

OPTIONS = ["--min-count", "1", "--hidden", "8", "--target-dim", "8", "--batch-pairs", "2", "--threads", "1"]
OPTIONS += ["--epochs", "8", "--freeze", "--thaw-after", "3", "--dropout", "0.2", "--patience", "8"]
OPTIONS += ["--source-vectors", "s.safetensors", "--source", "source.txt", "--target", "target.txt"]
OPTIONS += ["--valid-source", "valid.s", "--valid-target", "valid.t", "--checkpoint-every", "0.2s"]


@pytest.fixture
def files(tmp_path):
    """The files that OPTIONS name; the folder that commands run in."""
    write_pairs(tmp_path, *classed_pairs(40, seed=1))
    write_pairs(tmp_path, *classed_pairs(10, seed=2), names=("valid.s", "valid.t"))
    save_vectors(classed_vectors(8), tmp_path / "s.safetensors")
    return tmp_path


def begin(folder, *options):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "cli.main", "seq2seq", "train", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def await_epochs(process, folder, n_epochs):
    """Waits until so many epochs are saved, or the process has ended."""
    while process.poll() is None:
        paths = checkpoint_paths(folder / "checkpoints")
        if paths and int(paths[0].name[-6:]) > n_epochs:
            return
        time.sleep(0.005)


def require_same(folder, other):
    """Both trainings have ended alike: the models' weights, and the states down to what Adam remembers."""
    first, second = (read_newest(where / "checkpoints") for where in (folder, other))
    for name, tensor in first.tensors.items():
        np.testing.assert_array_equal(second.tensors[name], tensor, err_msg=name)
    weights = [dict(load_translator(where).model.named_parameters()) for where in (folder, other)]
    assert all((weight == weights[1][name]).all() for name, weight in weights[0].items())
    courses = [state["course"] for state in (first.state, second.state)]
    for course in courses:
        course["results"] = [result[:-1] for result in course["results"]]  # the last is its seconds
    assert courses[0] == courses[1]


def test_a_training_that_was_terminated_and_killed_ends_as_if_it_had_not_been(w2v_command, files):
    """SIGTERM saves and exits with 143, SIGKILL cannot; resumed, nothing shows of either."""
    whole = w2v_command("seq2seq", "train", *OPTIONS, "-o", "whole")
    process = begin(files, *OPTIONS, "-o", "parts")
    await_epochs(process, files / "parts", 2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    killed = begin(files, "--resume", "parts")
    await_epochs(killed, files / "parts", 4)
    killed.kill()
    killed.communicate()
    last = w2v_command("seq2seq", "train", "--resume", "parts", "--json")

    assert (whole.code, process.returncode, killed.returncode) == (0, 143, -9), whole.err + said
    assert "go on with: w2v seq2seq train --resume parts" in said
    assert "stopped by SIGTERM" in said
    assert last.code == 0, last.err
    assert len(json.loads(last.out)["training"]["epochs"]) == 8
    require_same(files / "whole", files / "parts")


@pytest.fixture
def done(w2v_command, files):
    """A folder of a training of two epochs that is done."""
    first = w2v_command("seq2seq", "train", *OPTIONS, "--epochs", 2, "-o", "model")
    assert first.code == 0, first.err
    return files / "model"


def test_a_training_that_is_done_is_not_repeated(w2v_command, done):
    """K21: it says so, exits with 0, and its model is not written again."""
    before = (done / MODEL_NAME).stat()

    again = w2v_command("seq2seq", "train", "--resume", "model")

    assert again.code == 0, again.err
    assert "complete already; model holds its model" in again.err
    assert (done / MODEL_NAME).stat() == before


def test_it_goes_on_from_any_folder(w2v_command, done, tmp_path, monkeypatch):
    """All paths are known."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert w2v_command("seq2seq", "train", "--resume", done).code == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--hidden", 10], 4, "config hidden: 8 saved, 10 now"),
        (
            ["--dropout", 0.5, "--seed", 2],
            4,
            "config dropout: 0.2 saved, 0.5 now; config seed: 1 saved, 2 now",
        ),
        (["--tied"], 4, "config tied: False saved, True now"),
        (["--min-count", 2], 4, "another training"),
        (["--precision", "bfloat16"], 4, "engine precision: float32 saved, bfloat16 now"),
        (["--source", "target.txt", "--target", "source.txt"], 4, "another training: corpus"),
        (["-o", "other"], 2, "--resume goes on saving where it reads; leave -o out"),
        (["--target-vectors", "s.safetensors"], 2, "vectors start a new training"),
    ],
)
@pytest.mark.usefixtures("done")
def test_another_training_is_refused_by_the_difference(w2v_command, options, code, said):
    """Exit code 4 for what the checkpoint contradicts, 2 for options that do not go together."""
    refused = w2v_command("seq2seq", "train", "--resume", "model", *options)

    assert refused.code == code, refused.err
    assert said in refused.err


def test_a_text_that_has_changed_is_refused(w2v_command, done):
    """One more pair."""
    with open(done.parent / "source.txt", "a") as source, open(done.parent / "target.txt", "a") as target:
        source.write("s0.1\n")
        target.write("t0\n")

    refused = w2v_command("seq2seq", "train", "--resume", "model")

    assert refused.code == 4
    assert "corpus pairs: 40 saved, 41 now" in refused.err


def test_a_new_training_does_not_begin_over_another(w2v_command, done):
    """K22: the folder of a training is gone on with, or left alone."""
    before = (done / MODEL_NAME).read_bytes()

    refused = w2v_command("seq2seq", "train", *OPTIONS, "-o", "model")

    assert refused.code == 5
    assert "[W2V-K22]" in refused.err
    assert "--resume model" in refused.err
    assert (done / MODEL_NAME).read_bytes() == before


@pytest.mark.parametrize("name", ["none", "."])
def test_a_folder_without_a_training_is_refused(w2v_command, files, name):
    """Exit code 4."""
    assert w2v_command("seq2seq", "train", "--resume", name).code == 4
    assert files.exists()


def test_a_damaged_checkpoint_is_passed_over_with_a_note(w2v_command, done):
    """The one before is gone on from, to the same end."""
    newest = checkpoint_paths(done / "checkpoints")[0]
    expected = load_translator(done)
    (newest / "manifest.json").write_bytes((newest / "manifest.json").read_bytes()[:-9])

    resumed = w2v_command("seq2seq", "train", "--resume", "model")

    assert resumed.code == 0, resumed.err
    assert newest.name in resumed.err
    for weight, other in zip(
        expected.model.parameters(), load_translator(done).model.parameters(), strict=True
    ):
        assert (weight == other).all()
