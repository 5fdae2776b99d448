"""`w2v explore`: the page it writes, what it says of it, and what is refused."""

import json
import sys
import webbrowser
from pathlib import Path

import numpy as np
import pytest

from w2v import Vectors, explorer_page, save_vectors


@pytest.fixture
def vectors(tmp_path):
    """A file of 40 words in 5 columns, with counts."""
    matrix = np.random.default_rng(1).normal(size=(40, 5)).astype(np.float32)
    counts = np.arange(40, 0, -1, dtype=np.int64)
    save_vectors(Vectors(tuple(f"w{row}" for row in range(40)), matrix, counts), tmp_path / "v.safetensors")
    return "v.safetensors"


def test_the_page_is_that_of_the_library(w2v_command, vectors):
    """The command writes what `explorer_page` makes, titled by the file's name."""
    from w2v import load_vectors

    done = w2v_command("explore", vectors, "--top", 30)

    assert done.code == 0, done.err
    page = explorer_page(load_vectors(vectors), top=30, title="v.safetensors")
    assert Path("words.html").read_bytes() == page.html


def test_report_says_what_is_in_it(w2v_command, vectors):
    """Words, map, what 8 bits cost, and the size of the file."""
    done = w2v_command("explore", vectors, "-o", "page.html", "--top", 30, "--title", "mine")

    size = Path("page.html").stat().st_size
    lines = done.out.splitlines()
    assert lines[0] == "words       30 of 40 x 5"
    assert lines[1] == "map         pca"
    assert lines[2].startswith("neighbours  ")
    assert lines[2].endswith("% of the exact 10 nearest are found with 8 bits a number, over 30 words")
    assert lines[3] == f"page        page.html ({size / 1e6:,.1f} MB)"


def test_json_has_the_same_figures(w2v_command, vectors):
    """One line of JSON."""
    done = w2v_command("explore", vectors, "--json")

    result = json.loads(done.out)
    overlap = result.pop("overlap")
    assert result == {
        "output": "words.html",
        "bytes": Path("words.html").stat().st_size,
        "words": 40,
        "words_in_file": 40,
        "dim": 5,
        "broken_rows": 0,
        "method": "pca",
    }
    assert overlap["top"] == 10
    assert 0.9 < overlap["share"] <= 1


def test_one_word_is_a_page(w2v_command, tmp_path):
    """A single word has no neighbours to compare, and the report leaves that line out."""
    save_vectors(Vectors(("alone",), np.ones((1, 3), np.float32)), tmp_path / "one.txt")

    done = w2v_command("explore", "one.txt")

    assert done.code == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines()] == ["words", "map", "page"]


def test_two_dimensions_are_a_map(w2v_command, tmp_path):
    """They are shown as they are, whatever the method."""
    matrix = np.random.default_rng(1).normal(size=(9, 2)).astype(np.float32)
    save_vectors(Vectors(tuple("abcdefghi"), matrix), tmp_path / "flat.txt")

    done = w2v_command("explore", "flat.txt")

    assert "map         the numbers as they are" in done.out


def test_open_hands_the_page_to_a_browser(w2v_command, vectors, monkeypatch, tmp_path):
    """--open asks the system's browser for the file; where there is none, a note says so."""
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address))

    done = w2v_command("explore", vectors, "--open")

    assert asked == [(tmp_path / "words.html").as_uri()]
    assert "no browser was found" in done.err


def test_a_large_page_is_told(w2v_command, vectors, monkeypatch):
    """Beyond the size that opens well, a note names the way out."""
    monkeypatch.setattr("cli.explore.LARGE_PAGE_MB", 0.1)

    done = w2v_command("explore", vectors)

    assert done.code == 0
    assert "choose fewer words with --top" in done.err


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top", 0], "--top"),
        (["--method", "mds"], "'mds' is not one of"),
        (["--seed", -1], "--seed"),
        (["-o", "words.txt"], "must end in .html or .htm, this one ends in '.txt'"),
        (["-o", "-"], "must end in .html or .htm"),
        (["-o", ""], "must end in .html or .htm"),
        (["--top", 3, "--method", "tsne"], "tsne needs 4 words or more, got 3"),
    ],
)
def test_bad_option_is_a_usage_error(w2v_command, vectors, options, message):
    """Exit code 2, what was found and what is possible; nothing is written."""
    done = w2v_command("explore", vectors, *options)

    assert done.code == 2
    assert message in done.err
    assert not list(Path().glob("*.html"))


def test_missing_extra_is_a_usage_error(w2v_command, vectors, monkeypatch):
    """Without umap-learn: exit code 2 and the command that installs it."""
    monkeypatch.setitem(sys.modules, "umap", None)

    done = w2v_command("explore", vectors, "--method", "umap")

    assert done.code == 2
    assert "w2v[viz]" in done.err
    assert not Path("words.html").exists()


def test_k16_vectors_are_never_written_over(w2v_command, vectors, tmp_path):
    """Output equal to input: exit code 2, and the file stays byte for byte."""
    (tmp_path / "v.html").write_bytes((tmp_path / vectors).read_bytes())

    done = w2v_command("explore", "v.html", "-o", "v.html")

    assert done.code == 2
    assert "is read as input" in done.err
    assert (tmp_path / "v.html").read_bytes() == (tmp_path / vectors).read_bytes()


def test_vectors_without_words_are_an_input_error(w2v_command, tmp_path):
    """Exit code 3 and no page."""
    (tmp_path / "none.txt").write_text("0 3\n")

    done = w2v_command("explore", "none.txt")

    assert done.code == 3
    assert done.err.startswith("error [W2V-")
    assert not Path("words.html").exists()


def test_a_folder_that_is_not_there_is_told_at_once(w2v_command, vectors):
    """Before the vectors are read."""
    done = w2v_command("explore", vectors, "-o", "missing/words.html")

    assert done.code == 5
    assert not Path("missing").exists()
