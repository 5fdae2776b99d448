"""`w2v convert`: formats, choices of rows, leniency, and nothing written that does not read back."""

import json
import subprocess
import sys

import numpy as np
import pytest

from cli.format_options import FORMATS
from w2v.formats import load_vectors, save_vectors, table
from w2v.vectors import Vectors

WORDS = ("the", "New York", "k\u00e4se", "of")


@pytest.fixture
def source(tmp_path):
    """A native file of four words with counts and settings."""
    matrix = np.array([[3, 4], [1, 0], [0, 0], [-0.1, 1e-7]], dtype=np.float32)
    vectors = Vectors(WORDS, matrix, np.array([9, 5, 4, 3]), {"seed": 1}, output=-matrix)
    save_vectors(vectors, tmp_path / "source.safetensors")
    return tmp_path / "source.safetensors"


@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a.npy", "a.tsv", "a/", "a.vec.gz", "a.safetensors"])
def test_every_format_gets_the_same_rows(w2v_command, source, name):
    """All words and bits, spaces replaced as asked."""
    done = w2v_command("convert", source, name, "--space-as", "_", "--json")

    assert done.code == 0, done.err
    found = load_vectors(name)
    assert found.words == ("the", "New_York", "k\u00e4se", "of")
    assert found.matrix.tobytes() == load_vectors(source).matrix.tobytes()
    assert json.loads(done.out)["n_words"] == 4


def test_rows_are_chosen(w2v_command, source, tmp_path):
    """--words and --limit keep rows in the order of the file, and their counts with them."""
    (tmp_path / "words.txt").write_text("of\nNew York\nnever seen\n")

    done = w2v_command("convert", source, "a.safetensors", "--words", "words.txt")
    again = w2v_command("convert", source, "b.safetensors", "--limit", 2)

    assert (done.code, again.code) == (0, 0)
    assert load_vectors("a.safetensors").words == ("New York", "of")
    assert load_vectors("a.safetensors").counts.tolist() == [5, 3]
    assert "1 of 3 words asked for" in done.err
    assert load_vectors("b.safetensors").words == ("the", "New York")


def test_rows_get_the_length_1(w2v_command, source):
    """--normalize; a row of zeros stays."""
    assert w2v_command("convert", source, "a.safetensors", "--normalize", "--dtype", "float16").code == 0

    lengths = np.linalg.norm(load_vectors("a.safetensors").matrix, axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 0, 1], atol=1e-3)


@pytest.mark.parametrize(
    ("table", "first"), [("output", [-3, -4]), ("sum", [0, 0]), ("concat", [3, 4, -3, -4])]
)
def test_tables_are_chosen(w2v_command, source, table, first):
    """--vectors, from a file that keeps both."""
    assert w2v_command("convert", source, "a.npy", "--vectors", table).code == 0
    assert load_vectors("a.npy").matrix[0].tolist() == first


def test_a_word_that_cannot_be_held_is_named_and_nothing_is_written(w2v_command, source, tmp_path):
    """X01, with the way out."""
    done = w2v_command("convert", source, "a.txt")

    assert done.code == 3
    assert "W2V-X01" in done.err
    assert "'New York'" in done.err
    assert "--space-as" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["source.safetensors"]


def test_words_that_become_equal_are_refused(w2v_command, tmp_path):
    """R12: a space replaced must not make two words one."""
    save_vectors(Vectors(("a b", "a_b"), np.ones((2, 1), dtype=np.float32)), tmp_path / "in.safetensors")

    done = w2v_command("convert", "in.safetensors", "a.txt", "--space-as", "_")

    assert done.code == 3
    assert "W2V-R12" in done.err


def test_leniencies_are_options_that_are_told(w2v_command, tmp_path):
    """Each is counted, on stderr and in the metadata."""
    (tmp_path / "in.txt").write_bytes(b"4 1\nthe 1\nof nan\nthe 2\nk\xc3 3\n")
    strict = w2v_command("convert", "in.txt", "a.safetensors")

    done = w2v_command(
        *("convert", "in.txt", "a.safetensors", "--duplicates", "first"),
        *("--nonfinite", "skip", "--encoding-errors", "replace"),
    )

    assert strict.code == 3
    assert done.code == 0, done.err
    assert load_vectors("a.safetensors").words == ("the", "k\ufffd")
    assert "1 rows left out that hold NaN" in done.err
    assert len(load_vectors("a.safetensors").metadata["conversion"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.unknown"],
        ["a.txt", "--dtype", "float16"],
        ["a.txt", "--limit", "0"],
        ["a.txt", "--format", "fasttext-bin"],
        ["a.txt", "--space-as", ""],
        ["a.txt", "--expect-rows", "0"],
        ["source.safetensors"],
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(w2v_command, source, arguments):
    """R14 and its like: exit code 2."""
    before = source.read_bytes()

    assert w2v_command("convert", source, *arguments).code == 2
    assert source.read_bytes() == before


def test_the_names_of_formats_are_those_of_the_table():
    """The command line lists them without importing the formats."""
    assert set(FORMATS) == {known.name for known in table.FORMATS}


def test_what_does_not_read_back_is_thrown_away(w2v_command, source, monkeypatch, tmp_path):
    """A disk that changes a byte is noticed before the file takes its name."""
    from w2v.formats import word2vec_binary

    write = word2vec_binary.write

    def damaged(target, contents):
        write(target, contents)
        target.file.seek(20)
        target.file.write(b"\x55")

    monkeypatch.setattr(word2vec_binary, "write", damaged)

    done = w2v_command("convert", source, "a.bin", "--space-as", "_")

    assert done.code in (3, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["source.safetensors"]


PROGRAM = """
import resource, sys
from cli.main import main
from w2v.formats import kernels, load_vectors
load_vectors(sys.argv[2])
limit = int(open("/proc/self/statm").read().split()[0]) * 4096 + (48 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
main(["convert", sys.argv[1], sys.argv[3]])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_numbers(tmp_path):
    """64 MB of numbers pass through 48 MiB, read back included."""
    matrix = np.random.default_rng(1).normal(size=(8_000, 2_000)).astype(np.float32)
    save_vectors(Vectors(tuple(map(str, range(8_000))), matrix), tmp_path / "in.safetensors")
    save_vectors(Vectors(("a",), matrix[:1]), tmp_path / "small.bin")
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        *(tmp_path / name for name in ("in.safetensors", "small.bin", "a.bin")),
    ]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert load_vectors(tmp_path / "a.bin").matrix.tobytes() == matrix.tobytes()
