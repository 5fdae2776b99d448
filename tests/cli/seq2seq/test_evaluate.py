"""`w2v seq2seq evaluate`: loss, perplexity and BLEU with their intervals."""

import json
import math
import sys

import pytest

from tests.w2v.seq2seq.toy import CHINESE, ENGLISH, write_pairs


@pytest.fixture
def evaluate(w2v_command, toy_model):
    """Calls the verb with the model of the five pairs."""

    def call(*arguments):
        return w2v_command("seq2seq", "evaluate", toy_model, *arguments, "--threads", "1")

    return call


def test_json_has_scores_and_intervals(evaluate, tmp_path):
    """Of all three, each in its interval, with what was left out and how BLEU was made."""
    pytest.importorskip("sacrebleu")
    target = [*ENGLISH[:3], "they will walk to school .", "do you know ?", "x", ""]
    write_pairs(tmp_path, [*CHINESE, "", "你"], target)

    done = evaluate("--source", "source.txt", "--target", "target.txt", "--json", "--beam", 2)

    result = json.loads(done.out)
    assert done.code == 0, done.err
    assert (result["pairs"], result["empty"], result["long"], result["beam"]) == (5, 2, 0, 2)
    assert 0 < result["bleu"] < 100
    assert result["perplexity"] == pytest.approx(math.exp(result["loss"]))
    for name in ("loss", "perplexity", "bleu"):
        low, high = result["interval"][name]
        assert low <= result[name] <= high
    assert result["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:none|smooth:exp|version:")


def test_the_summary_is_rows(evaluate, toy_files):
    """The scores with their intervals, for people."""
    pytest.importorskip("sacrebleu")

    done = evaluate(*toy_files)

    rows = {line[:13].strip(): line[13:].strip() for line in done.out.splitlines()}
    assert done.code == 0, done.err
    assert rows["pairs"] == "5"
    assert rows["BLEU"] == "100.0 (100.0 to 100.0)"
    assert rows["unknown words"] == "0.0% and 0.0% of source and target"


def test_left_out_pairs_are_told(evaluate, tmp_path):
    """One number for both kinds."""
    pytest.importorskip("sacrebleu")
    write_pairs(tmp_path, [*CHINESE, "", "我 " * 20], [*ENGLISH, "x", "i"])

    done = evaluate("--source", "source.txt", "--target", "target.txt", "--max-length", 10)

    assert "5, 2 left out (empty or too long)" in done.out


def test_without_sacrebleu_the_extra_is_named(evaluate, toy_files, monkeypatch):
    """Exit code 2, the command that installs it, no traceback."""
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)

    done = evaluate(*toy_files)

    assert done.code == 2
    assert "BLEU needs sacrebleu, which is not installed" in done.err
    assert "pip install 'w2v[seq2seq]'" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "pass --source and --target, or --pairs"),
        (["--source", "source.txt"], 2, "pass --source and --target, or --pairs"),
        (["--source", "source.txt", "--target", "gone.txt"], 3, "[W2V-C01] gone.txt"),
        (["--source", "source.txt", "--target", "-"], 3, "[W2V-C21] standard input"),
        (["--pairs", "source.txt"], 3, "[W2V-S02] source.txt, line 1: 0 tabs"),
    ],
)
@pytest.mark.usefixtures("toy_files")
def test_what_cannot_be_scored_is_refused(evaluate, options, code, said):
    """In a line, with the exit code of its kind."""
    done = evaluate(*options)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
