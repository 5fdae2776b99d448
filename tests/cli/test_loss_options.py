"""--holdout, --patience and --log: what they take, what they refuse, and what a log holds."""

import contextlib
import json
import os
from pathlib import Path

import click
import numpy as np
import pytest

from cli import loss_options
from cli.loss_options import Share, training_log
from corpora.errors import StorageError
from w2v import load_vectors
from w2v.watch import Progress

QUICK = ["--dim", "8", "--epochs", "3", "--threads", "1"]
OUTPUT = "out.safetensors"
PROGRESS = Progress(1, 3, 100, 900, 0.02, 1.0, 2.5, None)


def lines_of(path):
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.mark.parametrize(
    ("text", "share"), [("0.5%", 0.005), ("0.005", 0.005), ("50%", 0.5), ("5 %", 0.05), ("0", 0.0)]
)
def test_share_is_percent_or_number(text, share):
    """Both spellings give the same number."""
    assert Share().convert(text, None, None) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("text", ["", "%", "half", "1/200", "0.5%%"])
def test_anything_else_is_no_share(text):
    """The message shows both spellings."""
    with pytest.raises(click.BadParameter, match=r"0\.5% or 0\.005"):
        Share().convert(text, None, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--holdout", "5"], ["holdout must be 0 to 0.5, got 5.0"]),
        (["--holdout", "51%"], ["holdout must be 0 to 0.5, got 0.51"]),
        (["--holdout", "-1%"], ["holdout must be 0 to 0.5, got -0.01"]),
        (["--holdout", "nan"], ["holdout must be 0 to 0.5, got nan"]),
        (["--patience", "3"], ["--patience", "--holdout 0.5%"]),
        (["--patience", "3", "--holdout", "0"], ["--patience", "--holdout 0.5%"]),
        (["--patience", "0", "--holdout", "1%"], ["--patience", "x>=1"]),
        (["--log", OUTPUT], ["the log and the vectors need a file each"]),
        (["--log", "."], ["is a folder", "--log"]),
        (["--log", "-"], ["names none", "--log"]),
    ],
)
def test_wrong_use_is_refused_before_work(w2v_command, planted_text, tmp_path, options, said):
    """Exit code 2, the message names the options and the way out, and no file appears."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, *QUICK, *options)

    assert done.code == 2, done.err
    assert all(part in done.err for part in said), done.err
    assert list(tmp_path.iterdir()) == []


def test_log_never_replaces_an_input(w2v_command, tmp_path):
    """A text named as the log is refused and stays."""
    (tmp_path / "text.txt").write_bytes(b"a b c " * 400)

    done = w2v_command("train", "text.txt", "-o", OUTPUT, "--log", "text.txt")

    assert done.code == 2
    assert "is read as input" in done.err
    assert (tmp_path / "text.txt").read_bytes() == b"a b c " * 400


def test_log_in_a_folder_that_is_not_there_is_told_at_once(w2v_command, planted_text):
    """Exit code 5 before anything is trained."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--log", "nowhere/log.jsonl", *QUICK)

    assert done.code == 5
    assert "W2V-K13" in done.err


def test_losses_are_told_everywhere(w2v_command, planted_text):
    """The log, --json, the summary and the vectors' metadata have the same losses for each epoch."""
    arguments = ("train", planted_text, "-o", OUTPUT, "--holdout", "5%", "--log", "log.jsonl", *QUICK)

    result = json.loads(w2v_command(*arguments, "--json").out)["training"]
    summary = w2v_command(*arguments).out

    entries = [
        entry for entry in lines_of("log.jsonl") if entry["tokens_done"] * 3 % entry["tokens_total"] == 0
    ]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3]
    assert [entry["loss"] for entry in entries] == result["losses"]
    assert [entry["heldout_loss"] for entry in entries] == result["heldout_losses"]
    assert load_vectors(OUTPUT).metadata["training"] == result
    assert f"{result['losses'][-1]:.4f}, {result['heldout_losses'][-1]:.4f} on" in summary
    assert result["epochs"] == 3


def test_log_holds_what_a_plot_needs(w2v_command, planted_text):
    """Each line is an object with the time, the place in the training, speed, learning rate and losses."""
    w2v_command("train", planted_text, "-o", OUTPUT, "--log", "log.jsonl", *QUICK)

    entries = lines_of("log.jsonl")
    assert [set(entry) for entry in entries] == [
        {
            "time",
            "seconds",
            "epoch",
            "epochs",
            "tokens_done",
            "tokens_total",
            "words_per_second",
            "learning_rate",
            "loss",
            "heldout_loss",
        }
    ] * len(entries)
    assert all(entry["heldout_loss"] is None and entry["loss"] > 0 for entry in entries)
    assert [entry["tokens_done"] for entry in entries] == sorted(entry["tokens_done"] for entry in entries)
    assert entries[-1]["tokens_done"] == entries[-1]["tokens_total"]
    assert entries[0]["time"][10] == "T"


def test_new_log_replaces_an_old_one(w2v_command, planted_text, tmp_path):
    """Two trainings never stand in one log; a note says that the old one goes."""
    (tmp_path / "log.jsonl").write_text("old\n")

    done = w2v_command("train", planted_text, "-o", OUTPUT, "--log", "log.jsonl", *QUICK)

    assert "log.jsonl exists and is replaced" in done.err
    assert len(lines_of("log.jsonl")) == 3


def test_lines_come_every_ten_seconds_and_with_every_measurement(tmp_path):
    """Of reports ten times a second, one in a hundred is written; ends and new losses always are."""
    with training_log(tmp_path / "log") as write:
        for tenth in range(1000):
            write(PROGRESS._replace(seconds=tenth / 10))
        write(PROGRESS._replace(seconds=100.0, heldout_loss=2.0))
        write(PROGRESS._replace(seconds=100.1, heldout_loss=2.0))
        write(PROGRESS._replace(seconds=100.2, heldout_loss=2.0, tokens_done=300))

    seconds = [entry["seconds"] for entry in lines_of(tmp_path / "log")]
    assert seconds == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 100.2]


@pytest.mark.parametrize("cut", [b"", b'{"tokens_done": 2', b"no JSON\n", b'{"tokens_done": 100}'])
def test_a_log_goes_on_from_where_its_training_does(tmp_path, cut):
    """Lines about work that is done once more are taken out, and one that a kill has cut off."""
    with training_log(tmp_path / "log") as write:
        for tokens in (100, 200, 300):
            write(PROGRESS._replace(seconds=tokens / 10, tokens_done=tokens))
    with open(tmp_path / "log", "ab") as file:
        file.write(cut)

    with training_log(tmp_path / "log", tokens=200) as write:
        write(PROGRESS._replace(seconds=99.0, tokens_done=250))

    assert [entry["tokens_done"] for entry in lines_of(tmp_path / "log")] == [100, 200, 250]


def test_a_log_of_something_else_is_replaced(tmp_path, capsys):
    """Nothing in it is of this training: that is said, as for a new one."""
    (tmp_path / "log").write_text("old\n")

    with training_log(tmp_path / "log", tokens=200) as write:
        write(PROGRESS._replace(seconds=10.0, tokens_done=250))

    assert "exists and is replaced" in capsys.readouterr().err
    assert len(lines_of(tmp_path / "log")) == 1


def test_line_can_be_read_at_once(tmp_path):
    """Nothing waits in a buffer: `tail -f` shows a line when it is written."""
    with training_log(tmp_path / "log") as write:
        write(PROGRESS._replace(seconds=10.0))

        assert [entry["loss"] for entry in lines_of(tmp_path / "log")] == [2.5]


def test_loss_that_is_no_number_is_null(tmp_path):
    """JSON has no NaN: a diverging training leaves a log that can still be read."""
    with training_log(tmp_path / "log") as write:
        write(PROGRESS._replace(seconds=10.0, loss=float("nan"), heldout_loss=float("inf")))

    assert [(entry["loss"], entry["heldout_loss"]) for entry in lines_of(tmp_path / "log")] == [(None, None)]


def test_full_disk_ends_the_log_and_not_the_training(monkeypatch, capsys):
    """A note tells of it once; later lines are dropped without another."""

    def write(_):
        raise StorageError("K13", "cannot write: No space left on device", path="log", fix="make room")

    monkeypatch.setattr("corpora.storage.write_lines", lambda *_, **__: contextlib.nullcontext(write))
    log = loss_options._TrainingLog("log", None, contextlib.ExitStack())
    for _ in range(3):
        log.add(PROGRESS._replace(tokens_done=300))

    err = capsys.readouterr().err
    assert err.count("the log ends here, the training goes on") == 1
    assert "No space left on device" in err


def test_device_is_a_log(w2v_command, planted_text):
    """/dev/null takes the lines; it is not refused for being no file, nor noted as one to be replaced."""
    done = w2v_command("train", planted_text, "-o", OUTPUT, "--log", os.devnull, *QUICK)

    assert done.code == 0, done.err
    assert "null exists" not in done.err


def test_text_without_windows_has_no_loss(w2v_command, tmp_path):
    """Sentences of one word have no contexts: the loss is unknown, not 0, and patience runs out."""
    (tmp_path / "words.txt").write_bytes(b"a\nb\n" * 2000)
    options = ["--subsample", 0, "--holdout", "20%", "--patience", 2, "--epochs", 9]

    done = w2v_command("train", "words.txt", "-o", OUTPUT, *options)

    assert done.code == 0, done.err
    assert "loss        unknown (no sentence of two words)" in done.out
    assert load_vectors(OUTPUT).metadata["training"]["heldout_losses"] == [None, None]


def test_patience_stops_and_says_so(w2v_command, tmp_path):
    """On text without structure training ends early; the summary names the best epoch and its losses."""
    rng = np.random.default_rng(5)
    words = rng.choice(100, (500, 10), p=1 / np.arange(1, 101) / (1 / np.arange(1, 101)).sum())
    (tmp_path / "noise.txt").write_text("\n".join(" ".join(f"w{w}" for w in line) for line in words))
    options = ["--subsample", 0, "--min-count", 1, "--learning-rate", 0.1, "--dim", 64, "--threads", 1]
    overfit = ["--holdout", "20%", "--patience", 2, "--epochs", 40, "--architecture", "cbow"]

    done = w2v_command("train", "noise.txt", "-o", OUTPUT, *options, *overfit)

    course = load_vectors(OUTPUT).metadata["training"]
    assert done.code == 0, done.err
    assert course["epochs"] == course["best_epoch"] + 2 < 40
    assert f"stopped after {course['epochs']} of 40 epochs" in done.err
    assert f"for {course['epochs']} of 40 epochs" in done.out
    assert f"of epoch {course['best_epoch']}, the best" in done.out
