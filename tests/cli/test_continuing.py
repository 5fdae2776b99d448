"""`w2v train NEW --init-vectors MODEL --init-vocab CHOICE`: a finished model goes on with a new text."""

import json

import numpy as np
import pytest

from w2v import load_vectors
from w2v.checkpoint_files import checkpoint_paths
from w2v.continuation import load_model

QUICK = ["--dim", 8, "--epochs", 2, "--threads", 1, "--min-count", 1, "--subsample", 0]
NAMES = {"new": {"same", "fresh"}, "old": {"same", "past"}, "union": {"same", "fresh", "past"}}


def text_of(*stems):
    """Lines of twenty words of each stem, none of them rare."""
    rng = np.random.default_rng(len(stems[-1]))
    words = [f"{stem}{i}" for stem in stems for i in range(20)]
    return "\n".join(" ".join(rng.choice(words, 15)) for _ in range(400)) + "\n"


@pytest.fixture
def model(w2v_command, tmp_path):
    """model.safetensors with both tables, bare.bin with one, and new.txt to go on with."""
    (tmp_path / "old.txt").write_text(text_of("same", "past"))
    (tmp_path / "new.txt").write_text(text_of("same", "fresh"))
    w2v_command("train", "old.txt", "-o", "model.safetensors", "--keep-output", *QUICK)
    w2v_command("convert", "model.safetensors", "bare.bin")
    return load_model(tmp_path / "model.safetensors")


@pytest.mark.parametrize("choice", NAMES)
def test_the_words_are_those_of_the_choice(w2v_command, model, choice):
    """new: of the text; old: of the model; union: both. What the text lacks stays as it was."""
    done = w2v_command(
        "train", "new.txt", "-o", "out.safetensors", "--init-vectors", "model.safetensors", *QUICK,
        "--init-vocab", choice, "--json",
    )  # fmt: skip

    found = load_vectors("out.safetensors")
    told = json.loads(done.out)["init_vectors"]
    assert done.code == 0, done.err
    assert {word.rstrip("0123456789") for word in found.words} == NAMES[choice]
    assert len(found) == 20 * len(NAMES[choice])
    assert (told["n_found"], told["has_output"]) == (20, True)
    assert told["n_absent_kept"] == (20 if "past" in NAMES[choice] else 0)
    assert found.metadata["init_vectors"] == told
    assert told["model"]["corpus"]["sources"] == ["old.txt"]
    if "past" in NAMES[choice]:
        past = [f"past{i}" for i in range(20)]
        assert found[past].tobytes() == model[past].tobytes()
        assert [found.counts[found.ids[w]] for w in past] == [model.counts[model.ids[w]] for w in past]


def test_the_summary_says_what_was_done(w2v_command, model):
    """How many words start from the model, from which tables, and how many are as they were."""
    options = ["--init-vectors", "model.safetensors", "--init-vocab", "union"]

    done = w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *QUICK)

    assert "20 start from both tables of the model (" in done.out
    assert "20 are kept as they were" in done.out
    assert "note: model" not in done.err


def test_a_model_of_one_table_is_told_and_taken(w2v_command, model):
    """It has no output vectors, as the note says; its words start from what it has."""
    options = ["--init-vectors", "bare.bin", "--init-vocab", "union"]

    done = w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *QUICK)

    assert done.code == 0, done.err
    assert "note: bare.bin has no output vectors, which `w2v train --keep-output` keeps" in done.err
    assert "20 start from given vectors (" in done.out
    assert load_vectors("out.safetensors")["past3"].tobytes() == model["past3"].tobytes()
    assert load_vectors("out.safetensors").counts is None  # bare.bin has none


def test_differences_of_the_model_are_told(w2v_command, model):
    """Another architecture, and another reading of its text."""
    options = ["--init-vectors", "model.safetensors", "--architecture", "cbow", "--tokenizer", "words"]

    done = w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *QUICK)

    assert done.code == 0, done.err
    assert "model.safetensors was trained as skipgram, this training is cbow" in done.err
    assert "was read with --tokenizer blanks, this one with words" in done.err


@pytest.mark.parametrize("choice", NAMES)
def test_a_stopped_one_is_resumed_to_the_same_bytes(w2v_command, model, tmp_path, monkeypatch, choice):
    """From any folder, knowing the model; the file is that of a training that never stopped."""
    options = ["--init-vectors", "model.safetensors", "--init-vocab", choice, "--keep-output", *QUICK]
    w2v_command("train", "new.txt", "-o", "whole.safetensors", *options)
    saving = ["--checkpoint", "here", "--checkpoint-every", "1kwords"]
    w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *saving)
    newest, before = checkpoint_paths(tmp_path / "here")
    (newest / "manifest.json").write_bytes(b"")  # so that there is something left to train
    (tmp_path / "out.safetensors").unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    done = w2v_command("train", "--resume", tmp_path / "here")

    assert done.code == 0, done.err
    assert before.exists()
    assert (tmp_path / "out.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()


@pytest.mark.usefixtures("model")
def test_the_model_settles_the_dimension(w2v_command, tmp_path):
    """Without --dim it is the model's, in a plan and where the training is resumed as well."""
    options = ["--init-vectors", "model.safetensors", "--epochs", 2, "--threads", 1]
    saving = ["--checkpoint", "here", "--checkpoint-every", "1kwords"]

    plan = w2v_command("plan", "new.txt", *options)
    done = w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *saving)
    expected = (tmp_path / "out.safetensors").read_bytes()
    (checkpoint_paths(tmp_path / "here")[0] / "manifest.json").write_bytes(b"")
    resumed = w2v_command("train", "--resume", "here")

    assert " x 8" in plan.out
    assert (done.code, resumed.code) == (0, 0), resumed.err
    assert load_vectors("out.safetensors").dim == 8
    assert (tmp_path / "out.safetensors").read_bytes() == expected


def test_a_model_that_has_changed_is_no_model_to_resume_with(w2v_command, model, tmp_path):
    """K06: where its absent words are needed again, another file of the name is refused."""
    options = ["--init-vectors", "model.safetensors", "--init-vocab", "union", "--checkpoint", "here"]
    w2v_command("train", "new.txt", "-o", "out.safetensors", *options, *QUICK)
    w2v_command("train", "old.txt", "-o", "model.safetensors", *QUICK, "--seed", 2)

    changed = w2v_command("train", "--resume", "here")
    (tmp_path / "model.safetensors").unlink()
    gone = w2v_command("train", "--resume", "here")

    assert changed.code == 4
    assert "init_vectors digest: " in changed.err
    assert gone.code == 3
    assert "model.safetensors" in gone.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--init-vocab", "union"], "--init-vocab chooses among the words of --init-vectors"),
        (["--init-vocab", "new"], "--init-vocab chooses among the words of --init-vectors"),
        (["--init-vocab", "old", "--init-vectors", "model.safetensors"], "a stream is read once"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "plan"])
def test_what_cannot_be_chosen_is_refused(w2v_command, model, options, said, verb):
    """Exit code 2: without a model, or where a pipe would have to be read twice."""
    corpus = "-" if "old" in options else "new.txt"

    done = w2v_command(verb, corpus, *options)

    assert done.code == 2
    assert said in done.err


def test_a_text_without_words_of_the_model_is_refused(w2v_command, model, tmp_path):
    """V11: with --init-vocab old there would be nothing to train."""
    (tmp_path / "other.txt").write_text(text_of("strange"))

    done = w2v_command(
        "train", "other.txt", "--init-vectors", "model.safetensors", "--init-vocab", "old", *QUICK
    )

    assert done.code == 3
    assert "[W2V-V11] 0 of the text's 20 words are among the model's 40" in done.err
    assert "--init-vocab union" in done.err


def test_plan_counts_the_words_of_both(w2v_command, model):
    """The file will hold them, and memory has to."""
    plans = {}
    for choice in NAMES:
        done = w2v_command(
            "plan", "new.txt", "--dim", 8, "--min-count", 1, "--init-vectors", "model.safetensors",
            "--init-vocab", choice, "--json",
        )  # fmt: skip
        plans[choice] = json.loads(done.out)

    assert {name: plan["vocabulary"] for name, plan in plans.items()} == {"new": 40, "old": 40, "union": 60}
    assert plans["union"]["vectors_bytes"] == 4 * 8 * 60
    assert plans["union"]["memory_bytes"] == plans["new"]["memory_bytes"] + 4 * 8 * 60


def test_a_rare_word_of_the_model_keeps_its_row(w2v_command, model, tmp_path):
    """What the text has less than --min-count times is not trained on, and is not lost either."""
    (tmp_path / "new.txt").write_text(text_of("same") + "past0 past0 past0\n")
    options = ["--init-vectors", "model.safetensors", "--init-vocab", "union", *QUICK, "--min-count", 9]

    done = w2v_command("train", "new.txt", "-o", "out.safetensors", *options)

    found = load_vectors("out.safetensors")
    assert done.code == 0, done.err
    assert found["past0"].tobytes() == model["past0"].tobytes()
    assert found.words[0].startswith("same")
