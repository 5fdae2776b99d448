"""`w2v plot`: maps, analogies and trainings as files, and a clear line where there is nothing to draw."""

import json
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager

from w2v import Vectors, save_vectors

PNG = b"\x89PNG\r\n"
NO_FONTS = ("\U00012000", "\U00012001", "x\U00012000")  # cuneiform, which no font of matplotlib's has
LOG_LINE = '{"epochs": 1, "tokens_done": 1, "tokens_total": 1, "words_per_second": 1, "learning_rate": 1}'


@pytest.fixture
def vectors(tmp_path):
    """Thirty words of five dimensions."""
    matrix = np.random.default_rng(19).normal(size=(30, 5)).astype(np.float32)
    save_vectors(Vectors(tuple(f"w{n}" for n in range(30)), matrix), tmp_path / "v.safetensors")


@pytest.fixture
def only_bundled_fonts(monkeypatch):
    """The fonts that come with matplotlib, as if no other were installed."""
    manager = font_manager.fontManager
    bundled = [one for one in manager.ttflist if one.fname.startswith(matplotlib.get_data_path())]
    monkeypatch.setattr(manager, "ttflist", bundled)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--top", "12", "--clusters", "3"],
        ["--around", "w3", "--top", "9"],
        ["--method", "tsne", "--seed", "7", "--top", "10"],
        ["--analogy", "w1", "w2", "w3", "w4"],
    ],
)
def test_pictures_of_vectors_are_written(w2v_command, vectors, tmp_path, arguments):
    """The name is told on standard output, and the same command makes the same file."""
    files = []
    for name in ("a.png", "b.png"):
        done = w2v_command("plot", "v.safetensors", "-o", name, *arguments)
        assert done.code == 0, done.err
        assert done.out.split() == ["picture", name]
        files.append((tmp_path / name).read_bytes())

    assert files[0].startswith(PNG)
    assert files[0] == files[1]


def test_words_and_groups_come_from_a_file(w2v_command, vectors, tmp_path):
    """Unknown words are told, and the rest is drawn, as SVG or PDF."""
    (tmp_path / "words.txt").write_text("w1\tx\nzebra\tx\nw2\ty\n")

    for name, beginning in (("map.svg", b"<?xml"), ("map.pdf", b"%PDF")):
        done = w2v_command("plot", "v.safetensors", "-o", name, "--words", "words.txt")
        assert done.code == 0, done.err
        assert "no vector for 'zebra'" in done.err
        assert (tmp_path / name).read_bytes().startswith(beginning)


def test_a_training_is_drawn_without_vectors(w2v_command, tmp_path, planted_text):
    """From the log that `w2v train` really writes."""
    trained = w2v_command(
        *("train", planted_text, "-o", "v.safetensors", "--dim", "8", "--epochs", "2"),
        *("--holdout", "5%", "--log", "run.jsonl"),
    )
    assert trained.code == 0, trained.err

    done = w2v_command("plot", "--log", "run.jsonl", "-o", "loss.png")

    assert done.code == 0, done.err
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG)


def test_labels_without_room_are_counted(w2v_command, tmp_path):
    """Words at one place cannot all have a label near it, and a note says how many have none."""
    words = tuple(f"{n}-{'m' * 20}" for n in range(300))
    save_vectors(Vectors(words, np.ones((300, 4), dtype=np.float32)), tmp_path / "v.safetensors")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--top", "300")

    assert done.code == 0, done.err
    assert "of 300 words are points without a label" in done.err


def test_json_of_a_map(w2v_command, vectors, tmp_path):
    """What is drawn, and what of it has no vector, no label or no letters."""
    (tmp_path / "words.txt").write_text("w1\tx\nzebra\tx\nw2\ty\n")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--words", "words.txt", "--json")

    assert json.loads(done.out) == {
        "output": "a.png",
        "kind": "map",
        "method": "pca",
        "words": 2,
        "words_without_vector": ["zebra"],
        "groups": 2,
        "labels_left_out": 0,
        "words_without_font": [],
    }
    assert done.out.count("\n") == 1


def test_json_of_an_analogy_and_of_a_training(w2v_command, vectors, tmp_path):
    """Their kind, and how much is in them."""
    (tmp_path / "run.jsonl").write_text(f"{LOG_LINE}\n{LOG_LINE}\n{LOG_LINE[:20]}")

    drawn = w2v_command("plot", "v.safetensors", "-o", "a.png", "--analogy", "w1", "w2", "w3", "w4", "--json")
    trained = w2v_command("plot", "--log", "run.jsonl", "-o", "b.png", "--json")

    analogy = {"kind": "analogy", "words": 4, "labels_left_out": 0, "words_without_font": []}
    assert json.loads(drawn.out) == {"output": "a.png", **analogy}
    training = {"kind": "training", "entries": 2, "last_line_cut_off": True}
    assert json.loads(trained.out) == {"output": "b.png", **training}
    assert trained.err == "note: run.jsonl: line 3, the last, is cut off and left out\n"


@pytest.mark.parametrize("arguments", [[], ["--clusters", "3"], ["--analogy", "tree", *NO_FONTS]])
def test_words_without_a_font_are_counted(w2v_command, tmp_path, only_bundled_fonts, arguments):
    """They show boxes, a note says how many, and --json names them."""
    words = ("tree", *NO_FONTS)
    save_vectors(Vectors(words, np.eye(4, dtype=np.float32)), tmp_path / "v.safetensors")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--json", *arguments)

    assert done.err == (
        "note: 3 words have letters that no installed font has, and show boxes; "
        "install e.g. the package fonts-noto\n"
    )
    assert json.loads(done.out)["words_without_font"] == list(NO_FONTS)


def test_fewer_clusters_than_asked_for_are_told(w2v_command, tmp_path):
    """In a note, and not by a warning of another package."""
    matrix = np.array([[1, 0], [2, 0], [0, 1], [0, 3]], dtype=np.float32)
    save_vectors(Vectors(tuple("abcd"), matrix), tmp_path / "v.safetensors")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--clusters", "3")

    assert done.code == 0
    assert done.err == "note: 2 clusters instead of 3: the words point in no more directions\n"


def test_groups_that_are_not_drawn_are_told(w2v_command, vectors, tmp_path):
    """The clusters that were asked for take their place."""
    (tmp_path / "words.tsv").write_text("w1\tx\nw2\ty\nw3\ty\n")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--words", "words.tsv", "--clusters", "2")

    assert done.code == 0
    assert done.err == "note: words.tsv: its groups are not drawn; --clusters colours the words\n"


def test_two_dimensions_are_drawn_as_they_are(w2v_command, tmp_path):
    """With a note where another method was asked for."""
    save_vectors(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), tmp_path / "v.safetensors")

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", "--method", "umap")

    assert done.code == 0, done.err
    assert "vectors of 2 dimensions are drawn as they are, without umap" in done.err


def test_one_word_is_drawn(w2v_command, vectors):
    """By PCA, which needs no company."""
    assert w2v_command("plot", "v.safetensors", "-o", "a.png", "--top", "1").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["v.safetensors", "-o", "a.gif"], 2, ".png, .svg, .pdf"),
        (["v.safetensors", "-o", "a"], 2, ".png, .svg, .pdf"),
        (["v.safetensors", "-o", "no/a.png"], 5, "cannot write"),
        (["-o", "a.png"], 2, "name either a file of vectors"),
        (["v.safetensors", "--log", "x", "-o", "a.png"], 2, "name either a file of vectors"),
        (["v.safetensors", "--words", "x", "--around", "w1", "-o", "a.png"], 2, "are different pictures"),
        (["v.safetensors", "--words", "x", "--top", "4", "-o", "a.png"], 2, "--top is for the first words"),
        (
            ["v.safetensors", "--analogy", "w1", "w2", "w3", "w4", "--method", "pca", "-o", "a.png"],
            2,
            "maps of",
        ),
        (["v.safetensors", "--analogy", "w1", "w2", "w1", "w4", "-o", "a.png"], 2, "four different words"),
        (
            ["v.safetensors", "--analogy", "w1", "w2", "w3", "zebra", "-o", "a.png"],
            3,
            "no vector for 'zebra'",
        ),
        (["v.safetensors", "--around", "zebra", "-o", "a.png"], 3, "no vector for 'zebra'"),
        (["v.safetensors", "--words", "empty.txt", "-o", "a.png"], 3, "there is no word"),
        (["v.safetensors", "--words", "absent.txt", "-o", "a.png"], 3, "cannot read"),
        (["v.safetensors", "--top", "3", "--method", "tsne", "-o", "a.png"], 2, "tsne needs 4 words"),
        (["v.safetensors", "--top", "3", "--clusters", "4", "-o", "a.png"], 2, "clusters must be 1 to 3"),
        (["--log", "empty.txt", "-o", "a.png"], 3, "no entry in the training log"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(w2v_command, vectors, tmp_path, arguments, code, problem):
    """With its exit code, and no file."""
    (tmp_path / "empty.txt").write_text("")

    done = w2v_command("plot", *arguments)

    assert (done.code, done.out) == (code, ""), done.err
    assert problem in done.err
    assert not list(tmp_path.glob("a*"))


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("matplotlib", []),
        ("textalloc", []),
        ("umap", ["--method", "umap"]),
        ("sklearn", ["--clusters", "2"]),
    ],
)
def test_a_missing_extra_is_one_line(w2v_command, vectors, monkeypatch, package, arguments):
    """It says what to install."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)

    done = w2v_command("plot", "v.safetensors", "-o", "a.png", *arguments)

    assert done.code == 2
    assert "pip install 'w2v[viz]'" in done.err
    assert "Traceback" not in done.err


def test_the_log_of_another_program_is_refused(w2v_command, tmp_path):
    """With the line, and what is missing in it."""
    (tmp_path / "x.jsonl").write_text(json.dumps({"step": 1, "loss": 2}) + "\n")

    done = w2v_command("plot", "--log", "x.jsonl", "-o", "a.png")

    assert done.code == 3
    assert "x.jsonl, line 1: the number 'tokens_done'" in done.err
