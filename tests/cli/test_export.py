"""`w2v export`: tables for the vocabularies of other models, their reports, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch

from w2v import Vectors, save_vectors

ROWS = {"the": (1, 0), "cat": (0, 1), "colour": (3, 3), "paris": (-1, 2)}
COUNTS = (50, 30, 15, 5)


@pytest.fixture
def vectors(tmp_path):
    """A file of four words in two columns, with counts."""
    path = tmp_path / "vectors.safetensors"
    matrix = np.array(list(ROWS.values()), np.float32)
    save_vectors(Vectors(tuple(ROWS), matrix, np.array(COUNTS, np.int64)), path)
    return path


@pytest.fixture
def words_file(tmp_path):
    """A words file of four tokens, two of which stand so in the vectors."""
    path = tmp_path / "words.txt"
    path.write_text("cat\nthe\nParis\ncolor\n")
    return path


def read_table(path="out.npy"):
    """The numbers of a table."""
    if str(path).endswith(".npy"):
        return np.load(path, allow_pickle=False)
    return safetensors.torch.load_file(path)["weight"].numpy()


@pytest.mark.parametrize("output", ["out.npy", "out.safetensors"])
def test_row_i_is_token_i(w2v_command, vectors, words_file, output):
    """The order is that of the words file; what is not found is zero on request."""
    done = w2v_command("export", vectors, output, "--vocab", words_file, "--missing", "zero")

    assert done.code == 0, done.err
    np.testing.assert_array_equal(read_table(output), [(0, 1), (1, 0), (0, 0), (0, 0)])


def test_report_says_what_was_found(w2v_command, vectors, words_file):
    """Shares by token and by frequency, the tokens that are missing, the padding row: worked out by hand."""
    done = w2v_command(
        "export", vectors, "out.npy", "--vocab", words_file, "--specials", "<pad>,<unk>", "--lowercase"
    )

    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "vocabulary    a words file, 6 tokens, tokens are words",
        "found         3 of 5 tokens (60.0%), 1 in lower case",
        "by frequency  85.0% of the 100 words that the vectors were counted on",
        "missing       2 tokens, drawn: <unk> color",
        "padding       row 0, <pad>, zeros",
        "table         out.npy (6 x 2)",
    ]


def test_json_has_the_same_figures(w2v_command, vectors, words_file):
    """One line of JSON; the file keeps the same beside its table."""
    done = w2v_command(
        "export", vectors, "out.safetensors", "--vocab", words_file, "--missing", "nearest-spelling", "--json"
    )

    result = json.loads(done.out)
    assert result == {
        "output": "out.safetensors",
        "vocabulary": "a words file",
        "marks": "tokens are words",
        "padding": None,
        "exact": 2,
        "lowercase": 0,
        "spelling": 2,
        "missing": 0,
        "missing_tokens": [],
        "parts": 0,
        "parts_found": 0,
        "token_share": 0.5,
        "occurrences": 100,
        "occurrences_covered": 80,
        "occurrence_share": 0.8,
        "rows": 4,
        "columns": 2,
        "variance_kept": None,
        "options": {
            "specials": None,
            "padding": None,
            "lowercase": False,
            "skip_parts": False,
            "missing": "nearest-spelling",
            "columns": None,
            "scale": None,
            "seed": 1,
        },
    }
    with safetensors.safe_open("out.safetensors", "numpy") as file:
        assert {"output": "out.safetensors"} | json.loads(file.metadata()["w2v_table"]) == result
    np.testing.assert_array_equal(read_table("out.safetensors"), [(0, 1), (1, 0), (-1, 2), (3, 3)])


def test_vectors_without_counts_know_no_frequency(w2v_command, words_file, tmp_path):
    """Word2vec text has no counts: the report says so, and JSON has null."""
    save_vectors(Vectors(tuple(ROWS), np.array(list(ROWS.values()), np.float32)), tmp_path / "vectors.txt")

    people, machines = (
        w2v_command("export", "vectors.txt", "out.npy", "--vocab", words_file, *options)
        for options in ([], ["--json"])
    )

    assert "by frequency  unknown: the vectors have no counts" in people.out
    assert json.loads(machines.out)["occurrence_share"] is None


def test_specials_come_first_and_the_first_is_padding(w2v_command, vectors, words_file):
    """The words of the file follow; <blank> is not called padding, but stands first."""
    options = ["--vocab", words_file, "--specials", "<blank>,<unk>", "--missing", "mean"]

    done = w2v_command("export", vectors, "out.npy", *options)

    assert done.code == 0, done.err
    np.testing.assert_array_equal(read_table()[:4], [(0, 0), (0.5, 0.5), (0, 1), (1, 0)])


def test_padding_may_be_named(w2v_command, vectors, words_file):
    """--padding takes any token; its row is zero even if the vectors know it."""
    done = w2v_command("export", vectors, "out.npy", "--vocab", words_file, "--padding", "the")

    assert "row 1, the, zeros" in done.out
    assert not read_table()[1].any()


def test_parts_of_words_get_rows_or_not(w2v_command, vectors):
    """##cat has the row of cat, the report counts it; with --skip-parts it is missing."""
    spec = {
        "type": "WordPiece",
        "continuing_subword_prefix": "##",
        "vocab": {"[PAD]": 0, "the": 1, "##cat": 2},
    }
    Path("tokenizer.json").write_text(json.dumps({"model": spec}))
    options = ["--vocab", "tokenizer.json", "--missing", "zero"]

    with_parts = w2v_command("export", vectors, "out.npy", *options)
    first = read_table()
    without = w2v_command("export", vectors, "out.npy", *options, "--skip-parts")

    assert "## continues a word" in with_parts.out
    assert "2 of 2 tokens (100.0%), 1 parts of words" in with_parts.out
    np.testing.assert_array_equal(first, [(0, 0), (1, 0), (0, 1)])
    assert "1 of 2 tokens (50.0%)" in without.out
    np.testing.assert_array_equal(read_table(), [(0, 0), (1, 0), (0, 0)])


def test_columns_scale_and_seed_do_what_they_say(w2v_command, vectors, words_file):
    """One column, of deviation 2 over the found rows; another seed draws the missing anew.

    The centred rows have the squares and products 8.75, 5 and 2.5, so the components have 10 and 3.75: the
    first keeps 10 / 13.75 of the variance.
    """
    options = ["--vocab", words_file, "--columns", 1, "--scale-to-std", 2]

    first, again, other = (
        (w2v_command("export", vectors, "out.npy", *options, "--seed", seed).code, read_table())[1]
        for seed in (1, 1, 2)
    )

    assert "(4 x 1), 72.7% of the variance" in w2v_command("export", vectors, "out.npy", *options).out
    assert first.shape == (4, 1)
    assert first[:2].std() == pytest.approx(2, rel=1e-5)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:2], other[:2])
    assert (first[2:] != other[2:]).all()


def test_hostile_tokens_are_shown_as_escapes(w2v_command, vectors):
    """A token of the vocabulary cannot act on the terminal."""
    Path("words.txt").write_text("the\n\x1b[2Jred\n\u202egnp\n")

    done = w2v_command("export", vectors, "out.npy", "--vocab", "words.txt")

    assert r"\x1b[2Jred \u202egnp" in done.out
    assert "\x1b" not in done.out + done.err


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--missing", "random"], "'random' is not one of"),
        (["--columns", 3], "columns must be 1 to 2"),
        (["--columns", 0], "columns must be 1 to 2"),
        (["--scale-to-std", 0], "scale must be a finite number above 0"),
        (["--scale-to-std", "nan"], "scale must be a finite number above 0"),
        (["--seed", -1], "--seed"),
        (["--seed", 2**64], "--seed"),
        (["--padding", "<PAD>"], "'<PAD>' is not among them"),
        (["--specials", "<pad>,<pad>"], "specials must be distinct"),
        (["--specials", ""], "specials must be distinct"),
    ],
)
def test_bad_option_is_a_usage_error(w2v_command, vectors, words_file, options, message):
    """Exit code 2, what was found and what is possible; nothing is written."""
    done = w2v_command("export", vectors, "out.npy", "--vocab", words_file, *options)

    assert done.code == 2
    assert message in done.err
    assert not Path("out.npy").exists()


@pytest.mark.parametrize("output", ["out.pt", "out.txt", "out", "-", "", "."])
def test_other_output_is_a_usage_error(w2v_command, vectors, words_file, output):
    """The ending chooses the format, and there is no pickle among them."""
    done = w2v_command("export", vectors, output, "--vocab", words_file)

    assert done.code == 2
    assert ".safetensors or .npy" in done.err


def test_vocabulary_is_required(w2v_command, vectors):
    """Without --vocab there is no order of rows."""
    done = w2v_command("export", vectors, "out.npy")

    assert done.code == 2
    assert "--vocab" in done.err


@pytest.mark.parametrize("kind", ["map", "tokenizer"])
def test_specials_are_for_words_files(w2v_command, vectors, kind):
    """A map's and a tokenizer's ids stand: exit code 2."""
    spec = {"the": 0} if kind == "map" else {"model": {"vocab": {"the": 0}}}
    Path("vocab.json").write_text(json.dumps(spec))

    done = w2v_command("export", vectors, "out.npy", "--vocab", "vocab.json", "--specials", "<pad>")

    assert done.code == 2
    assert "in front of a words file" in done.err


@pytest.mark.parametrize(
    ("content", "identifier"),
    [
        ("the\nthe\n", "V06"),
        ("the\n\ncat", "V10"),
        ('{"the": 1}', "V15"),
        ('{"the": ', "V16"),
        ("der\ndie\n", "V11"),
    ],
)
def test_bad_vocabulary_is_an_input_error(w2v_command, vectors, content, identifier):
    """Exit code 3 with the identifier; no table with shifted rows is left behind."""
    Path("vocab").write_text(content)

    done = w2v_command("export", vectors, "out.npy", "--vocab", "vocab")

    assert done.code == 3
    assert f"error [W2V-{identifier}]" in done.err
    assert not Path("out.npy").exists()


@pytest.mark.parametrize("name", ["vectors.safetensors", "vocab.npy"])
def test_k16_inputs_are_never_written_over(w2v_command, vectors, name):
    """Exit code 2, and the file stays byte for byte."""
    Path("vocab.npy").write_text("the\n")
    before = Path(name).read_bytes()

    done = w2v_command("export", vectors, name, "--vocab", "vocab.npy")

    assert done.code == 2
    assert "is read as input" in done.err
    assert Path(name).read_bytes() == before


def test_x03_overflow_is_refused_before_writing(w2v_command, vectors, words_file):
    """A scale that leaves float32: exit code 3, one error without a warning of NumPy's, and no file."""
    done = w2v_command("export", vectors, "out.npy", "--vocab", words_file, "--scale-to-std", 3e38)

    assert done.code == 3
    assert done.err.startswith("error [W2V-X03] row 0")
    assert not Path("out.npy").exists()
