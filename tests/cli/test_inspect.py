"""`w2v inspect`: the report for people, as JSON and as a page, and what it cannot do."""

import json
import sys

import numpy as np
import pytest

from w2v import Vectors, save_vectors


@pytest.fixture
def vectors(tmp_path):
    """Two hundred words; three rows far too long, two equal, one of zeros, one word of markup."""
    rng = np.random.default_rng(18)
    matrix = rng.normal(size=(200, 6)).astype(np.float32)
    matrix[:3] *= 100
    matrix[10] = matrix[11]
    matrix[12] = 0
    words = ["<br>" if n == 20 else f"w{n}" for n in range(200)]
    made = Vectors(tuple(words), matrix, np.arange(2_000, 0, -10))
    save_vectors(made, tmp_path / "v.safetensors")
    return made


def test_faults_are_named(w2v_command, vectors):
    """In the table, each in its line."""
    done = w2v_command("inspect", "v.safetensors", "--top", "3")

    assert done.code == 0, done.err
    lines = {
        line.split("  ")[1]: " ".join(line.split()) for line in done.out.splitlines() if line[:2] == "  "
    }
    assert lines["words"] == "words 200 of 6 dimensions, with counts"
    assert lines["zeros"] == "zeros 1: w12"
    assert lines["equal rows"] == "equal rows 1: w10 = w11"
    assert lines["spelled as no word is"].endswith("1: <br>")
    assert {"w0", "w1", "w2"} <= set(lines)
    assert "the first 3" in done.out


def test_json_holds_all_of_it(w2v_command, vectors):
    """One line; lists are whole, whatever --top says."""
    done = w2v_command("inspect", "v.safetensors", "--reference", "v.safetensors", "--json", "--top", "1")

    found = json.loads(done.out)
    assert {"w0", "w1", "w2"} <= {anomaly["word"] for anomaly in found["anomalies"]}
    assert found["duplicates"] == [["w10", "w11"]]
    assert found["hubness"]["skewness"] > -10
    assert (found["comparison"]["shared"], found["comparison"]["overlap"]) == (200, 1)
    assert found["sampled"] is None


def test_the_threshold_is_adjustable(w2v_command, vectors):
    """A higher one leaves fewer."""
    counts = [
        len(json.loads(w2v_command("inspect", "v.safetensors", "--json", "--threshold", z).out)["anomalies"])
        for z in ("2", "3", "1000")
    ]

    assert counts[0] > counts[1] > counts[2] == 0


def test_the_page_is_written(w2v_command, vectors, tmp_path):
    """Beside the table on standard output, whole under its name."""
    done = w2v_command("inspect", "v.safetensors", "-o", "report.html")

    assert done.code == 0, done.err
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("data:image/svg+xml") == 3
    assert "&lt;br&gt;" in page
    assert "<br>" not in page
    assert done.out.startswith("Space\n")


def test_nan_and_repeated_words_are_read(w2v_command, tmp_path):
    """Where other verbs refuse the file, this one says what is in it."""
    (tmp_path / "v.txt").write_text("4 2\na 1 0\nb nan 1\na 0 1\nc 1 1\n")

    done = w2v_command("inspect", "v.txt")

    assert done.code == 0, done.err
    assert "1 rows left out whose words occur above them" in done.err
    assert "not finite               1: b" in done.out


@pytest.mark.parametrize("text", ["1 3\none 1 2 3\n", "2 2\na 0 1\nb 1 0\n", "1 2\na 0 0\n"])
def test_one_word_and_two_dimensions_are_reported(w2v_command, tmp_path, text):
    """A short report, with a page if asked for, exit code 0."""
    (tmp_path / "v.txt").write_text(text)

    done = w2v_command("inspect", "v.txt", "-o", "report.html")

    assert done.code == 0, done.err
    assert "Anomalies: 0 words" in done.out


def test_control_characters_are_shown_as_escapes(w2v_command, tmp_path):
    """No word acts on the terminal."""
    words = ("a\x1b[2J", "b\u202e", "c")
    save_vectors(Vectors(words, np.zeros((3, 2), dtype=np.float32)), tmp_path / "v.safetensors")

    done = w2v_command("inspect", "v.safetensors")

    assert "a\\x1b[2J, b\\u202e, c" in done.out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-o", "report.pdf"], "ends in .html"),
        (["-o", "missing/report.html"], "cannot write"),
        (["--threshold", "0"], "--threshold"),
    ],
)
def test_what_cannot_be_done_is_said_first(w2v_command, vectors, arguments, problem):
    """Wrong names and numbers cost no waiting."""
    done = w2v_command("inspect", "v.safetensors", *arguments)

    assert done.code in (2, 5)
    assert problem in done.err
    assert done.out == ""


def test_a_missing_extra_is_one_line(w2v_command, vectors, monkeypatch):
    """The page needs it, the table does not."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    done = w2v_command("inspect", "v.safetensors", "-o", "report.html")

    assert done.code == 2
    assert "pip install 'w2v[viz]'" in done.err
    assert w2v_command("inspect", "v.safetensors").code == 0


@pytest.mark.parametrize("word", ["w" * 400, "\u202e" * 50])
def test_a_long_word_is_cut_on_the_terminal(w2v_command, vectors, tmp_path, word):
    """With an ellipsis, in every list; whole in JSON and on the page."""
    words = (word, *vectors.words[1:])
    save_vectors(Vectors(words, vectors.matrix, vectors.counts), tmp_path / "long.safetensors")

    told = w2v_command("inspect", "long.safetensors", "-o", "a.html", "--reference", "long.safetensors")
    found = json.loads(w2v_command("inspect", "long.safetensors", "--json").out)

    shown = word.replace("\u202e", "\\u202e")
    assert max(map(len, told.out.splitlines())) < 200
    assert f"  {shown[:39]}…  " in told.out
    assert shown[:40] not in told.out
    assert word in {anomaly["word"] for anomaly in found["anomalies"]}
    assert shown in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_words_without_a_font_are_counted(w2v_command, vectors, tmp_path, monkeypatch):
    """Those that the pictures of the page name; without a page there is no picture."""
    from matplotlib import font_manager, get_data_path

    manager = font_manager.fontManager
    bundled = [one for one in manager.ttflist if one.fname.startswith(get_data_path())]
    monkeypatch.setattr(manager, "ttflist", bundled)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    words = ("\U00012000", "\U00012001", *vectors.words[2:])
    save_vectors(Vectors(words, vectors.matrix, vectors.counts), tmp_path / "c.safetensors")

    done = w2v_command("inspect", "c.safetensors", "-o", "a.html")

    assert done.err == (
        "note: a.html: 2 words have letters that no installed font has, and show boxes; "
        "install e.g. the package fonts-noto\n"
    )
    assert w2v_command("inspect", "c.safetensors").err == ""
