"""`w2v seq2seq train`: the smoke case, what is printed, and what is refused with which exit code."""

import json
import os

import numpy as np
import pytest
import torch

from corpora.locks import hold_output
from tests.w2v.seq2seq.toy import CHINESE, ENGLISH, TOY, classed_pairs, classed_vectors, write_pairs
from w2v import Vectors, save_vectors
from w2v.seq2seq.model_files import MODEL_NAME, load_translator

QUICK = ["-o", "model", "--threads", "1", "--min-count", "1", "--hidden", "8", "--epochs", "2"]
NARROW = ["--source-dim", "8", "--target-dim", "8"]


def test_five_sentences_are_learned_to_exact_translation(w2v_command, toy_files, tmp_path):
    """The example of the README: trained, translated and scored by commands alone."""
    trained = w2v_command("seq2seq", "train", *toy_files, *TOY, "-o", "model", "--threads", "1")
    translated = w2v_command("seq2seq", "translate", "model", "source.txt", "--threads", "1")
    scored = w2v_command("seq2seq", "evaluate", "model", *toy_files, "--threads", "1", "--json")

    assert (trained.code, translated.code, scored.code) == (0, 0, 0), trained.err
    assert translated.out.splitlines() == list(ENGLISH)
    assert json.loads(scored.out)["bleu"] == pytest.approx(100)
    assert sorted(os.listdir(tmp_path / "model")) == ["checkpoints", MODEL_NAME]


def test_what_was_read_and_learned_is_printed(w2v_command, tmp_path):
    """Pairs with what was left out, words with the share that is unknown, coverage of vectors, losses."""
    write_pairs(tmp_path, ["a b", "", "a " * 101, "a c"], ["x", "y", "y", "x z"])
    save_vectors(Vectors(("a", "q"), np.eye(2, 8, dtype=np.float32)), tmp_path / "a.txt")
    files = ["--source", "source.txt", "--target", "target.txt", "--source-vectors", "a.txt"]

    done = w2v_command("seq2seq", "train", *files, *QUICK, "--target-dim", "8", "--valid-pairs", "more.txt")
    (tmp_path / "more.txt").write_text("a b\tx\n")
    done = w2v_command("seq2seq", "train", *files, *QUICK, "--target-dim", "8", "--valid-pairs", "more.txt")

    rows = dict(line.split("  ", 1) for line in done.out.splitlines())
    rows = {name: value.strip() for name, value in rows.items()}
    assert done.code == 0, done.err
    assert rows["pairs"] == "2; left out: 1 with an empty side, 1 too long"
    assert rows["source words"].startswith("7, 0.0% of the text unknown")
    assert rows["source vectors"] == "1 of 3 words, 50.0% of the text; without: b c"
    assert "in validation" in rows["best epoch"]
    assert rows["model"] == "model"


def test_json_has_the_course_of_the_training(w2v_command, toy_files):
    """One line, nothing else on stdout: the losses of each epoch, the settings, what was left out."""
    done = w2v_command("seq2seq", "train", *toy_files, *QUICK, *NARROW, "--json")

    result = json.loads(done.out)
    assert done.code == 0, done.err
    assert (result["pairs"], result["empty"], result["long"], result["best_loss"]) == (5, 0, 0, None)
    assert [epoch["epoch"] for epoch in result["training"]["epochs"]] == [1, 2]
    assert result["training"]["best_epoch"] == 2
    assert result["model"]["hidden"] == 8
    assert result["vectors"] == {}


def test_the_same_seed_gives_the_same_file_but_for_its_times(w2v_command, toy_files, tmp_path):
    """With one thread, all weights bit for bit."""
    for name in ("model", "again"):
        w2v_command("seq2seq", "train", *toy_files, *QUICK, *NARROW, "-o", name)

    first, again = (load_translator(tmp_path / name).model for name in ("model", "again"))
    for weight, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(weight, other)


def test_vectors_settle_the_width_of_their_table(w2v_command, tmp_path):
    """Frozen until they thaw; the other table has the width asked for."""
    write_pairs(tmp_path, *classed_pairs(12, seed=1))
    save_vectors(classed_vectors(6), tmp_path / "s.safetensors")
    files = ["--source", "source.txt", "--target", "target.txt", "--source-vectors", "s.safetensors"]

    done = w2v_command(
        "seq2seq", "train", *files, *QUICK, "--target-dim", "5", "--freeze", "--thaw-after", "1", "--json"
    )

    model = json.loads(done.out)["model"]
    assert done.code == 0, done.err
    assert (model["source_dim"], model["target_dim"], model["thaw_after"]) == (6, 5, 1)
    assert json.loads(done.out)["vectors"]["source"]["n_found"] > 0


def test_one_table_takes_the_width_of_its_vectors(w2v_command, tmp_path):
    """With --share-embeddings, the other side need not be told."""
    write_pairs(tmp_path, *classed_pairs(12, seed=1))
    save_vectors(classed_vectors(6), tmp_path / "s.txt")
    options = ["--source-vectors", "s.txt", "--share-embeddings", "--tied", "--json"]

    done = w2v_command(
        "seq2seq", "train", "--source", "source.txt", "--target", "target.txt", *QUICK, *options
    )

    assert done.code == 0, done.err
    assert json.loads(done.out)["model"]["target_dim"] == 6


# What is refused


@pytest.fixture
def vectors(tmp_path):
    """Files of vectors: of English and Chinese words with 8 numbers, and of words that no text has."""
    rng = np.random.default_rng(0)
    for name, words in (("en", ENGLISH), ("zh", CHINESE), ("foreign", ["qq ww"])):
        found = tuple(dict.fromkeys(" ".join(words).split()))
        save_vectors(Vectors(found, rng.normal(size=(len(found), 8)).astype("f4")), tmp_path / f"{name}.txt")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--source-dim", 5, "--source-vectors", "zh.txt"], 2, "have 8 numbers, --source-dim is 5"),
        (["--target-vectors", "foreign.txt"], 3, "[W2V-V11]"),
        (["--target-vectors", "none.txt"], 3, "none.txt"),
        (["--share-embeddings", "--target-vectors", "en.txt"], 2, "pass its vectors as --source-vectors"),
        (["--hidden", 10**8], 6, "[W2V-T15]"),
        (
            ["--share-embeddings", "--source-vectors", "zh.txt", "--target-vectors", "en.txt"],
            2,
            "one table",
        ),
        (["--freeze"], 2, "--freeze is for tables that start from vectors; add --source-vectors"),
        (["--thaw-after", 1], 2, "thaw-after needs freeze"),
        (["--thaw-after", 1, "--source-vectors", "zh.txt"], 2, "thaw-after needs freeze"),
        (["--bidirectional", "--hidden", 7], 2, "hidden must be even"),
        (["--dropout", 1.5], 2, "dropout must be at least 0 and below 1, got 1.5"),
        (["--checkpoint-every", "soon"], 2, "--checkpoint-every must be like 30s"),
        (["--pairs", "source.txt"], 2, "not both"),
        (["--valid-source", "source.txt"], 2, "pass --valid-source and --valid-target, or --valid-pairs"),
        (["--learning-rate", "1e38"], 7, "[W2V-T14]"),
        (["--min-count", 9], 3, "[W2V-V02]"),
        (["--max-length", 2], 3, "[W2V-S03]"),
        (["--source", "gone.txt"], 3, "[W2V-C01]"),
        (["--source", "-"], 3, "[W2V-C21]"),
        (["--target", "short.txt"], 3, "source.txt has 5 lines, short.txt has 1: line 2 has no partner"),
        (["--target", "latin.txt"], 3, "latin.txt, line 2: not UTF-8"),
        (["--device", "cuda"], 2, "no GPU"),
    ],
)
@pytest.mark.usefixtures("vectors")
def test_what_cannot_be_is_refused_in_a_line(w2v_command, toy_files, tmp_path, options, code, said):
    """With the exit code of its kind, without a traceback, a model, or a folder for one that never began."""
    if "cuda" in options and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    (tmp_path / "short.txt").write_text("i like to drink tea .\n")
    (tmp_path / "latin.txt").write_bytes(b"a\n\xe4\nb\nc\nd\n")
    widths = NARROW if "--source-vectors" not in options else NARROW[2:]
    widths = [] if "--share-embeddings" in options else widths

    done = w2v_command("seq2seq", "train", *toy_files, *QUICK, *widths, *options)

    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "model" / MODEL_NAME).exists()
    assert code == 7 or not (tmp_path / "model").exists()


def test_a_folder_is_needed_and_a_file_is_none(w2v_command, toy_files, tmp_path):
    """Before anything is read."""
    (tmp_path / "file").write_text("mine")

    without = w2v_command("seq2seq", "train", *toy_files)
    a_file = w2v_command("seq2seq", "train", *toy_files, "-o", "file")

    assert (without.code, a_file.code) == (2, 2)
    assert "name a folder for the model with -o" in without.err
    assert "file is a file; name a folder" in a_file.err
    assert (tmp_path / "file").read_text() == "mine"


def test_two_trainings_never_share_a_folder(w2v_command, toy_files, tmp_path, monkeypatch):
    """K17: the folder is held while it is trained in, to the end."""
    from w2v.seq2seq import pipeline

    held = []
    original = pipeline.train_translator

    def train_and_try(*arguments, **named):
        held.append(w2v_command("seq2seq", "train", *toy_files, *QUICK, *NARROW))
        return original(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "train_translator", train_and_try)
        first = w2v_command("seq2seq", "train", *toy_files, *QUICK, *NARROW)

    assert first.code == 0, first.err
    assert held[0].code == 5
    assert "[W2V-K17]" in held[0].err
    with hold_output(tmp_path / "model") as dead:
        assert dead is None


def test_a_folder_that_cannot_be_written_is_refused(w2v_command, toy_files, tmp_path):
    """K13, before anything is read: exit code 5."""
    (tmp_path / "file").write_text("in the way")

    done = w2v_command("seq2seq", "train", *toy_files, "--target", "gone.txt", "-o", "file/model")

    assert done.code == 5
    assert "[W2V-K13]" in done.err
