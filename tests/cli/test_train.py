"""`w2v train`: what it writes, what it says, and that the same command gives the same file."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.train import _default_output
from w2v import load_vectors
from w2v.formats import ReadOptions

QUICK = ["--dim", "8", "--epochs", "1"]


def test_summary_has_the_right_figures(w2v_command, planted_text, planted_corpus):
    """Words, sentences, vocabulary and the shape of the vectors are those of the corpus."""
    done = w2v_command("train", planted_text, "-o", "out.safetensors", *QUICK)

    n_words = len(planted_corpus.vocabulary)
    n_rare = 60_000 - planted_corpus.n_tokens
    assert done.code == 0
    assert f"60,000 words in {planted_corpus.n_sentences:,} sentences, {n_rare:,} left out" in done.out
    assert f"vocabulary  {n_words:,} words" in done.out
    assert "for 1 epoch," in done.out
    assert f"out.safetensors ({n_words:,} x 8)" in done.out


def test_json_is_one_line_with_the_right_figures(w2v_command, planted_text, planted_corpus):
    """The result as JSON carries the same figures and the settings, and stands alone on stdout."""
    done = w2v_command("train", planted_text, "-o", "out.safetensors", "--json", *QUICK)

    result = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert result["output"] == "out.safetensors"
    assert result["words"] == 60_000
    assert result["tokens"] == planted_corpus.n_tokens
    assert result["sentences"] == planted_corpus.n_sentences
    assert result["vocabulary"] == len(planted_corpus.vocabulary)
    assert (result["dim"], result["epochs"], result["config"]["window"]) == (8, 1, 5)
    assert result["training_seconds"] >= 0
    assert result["words_per_second"] > 0


def test_options_reach_the_config(w2v_command, planted_text):
    """Every setting has an option of its name, and arrives in what is saved with the vectors."""
    options = {
        "architecture": "cbow",
        "dim": 6,
        "window": 3,
        "negatives": 2,
        "subsample": 0.01,
        "noise-exponent": 0.5,
        "epochs": 2,
        "learning-rate": 0.05,
        "min-learning-rate": 0.001,
        "seed": 2**64 - 1,
        "negatives-per": "window",
        "init": "kaiming",
        "holdout": 0.1,
        "patience": 3,
    }
    arguments = itertools.chain.from_iterable((f"--{name}", value) for name, value in options.items())

    done = w2v_command("train", planted_text, "-o", "out.safetensors", "--fixed-window", *arguments)

    config = load_vectors("out.safetensors").metadata["config"]
    assert done.code == 0, done.err
    assert config == {name.replace("-", "_"): value for name, value in options.items()} | {
        "fixed_window": True
    }


def test_defaults_are_those_of_the_config(w2v_command, planted_text):
    """The command line has no defaults of its own that differ from the API's."""
    import dataclasses

    from w2v import TrainConfig

    done = w2v_command("train", planted_text, "--json", "--epochs", 1, "--dim", 8)

    expected = dataclasses.asdict(TrainConfig(epochs=1, dim=8))
    help_text = w2v_command("train", "--help").out
    assert json.loads(done.out)["config"] == expected
    assert f"[default: {TrainConfig().epochs}]" in help_text
    assert f"[default: {TrainConfig().dim}]" in help_text


@pytest.mark.parametrize("suffix", [".safetensors", ".txt", ".vec", ".bin", ".TXT"])
def test_suffix_chooses_the_format(w2v_command, planted_text, planted_corpus, suffix):
    """Each known suffix gives a file that reads back with all words."""
    done = w2v_command("train", planted_text, "-o", f"out{suffix}", *QUICK)

    assert done.code == 0, done.err
    vectors = load_vectors(f"out{suffix}")
    assert vectors.words == planted_corpus.vocabulary.words
    assert vectors.dim == 8


def test_formats_hold_the_same_numbers(w2v_command, planted_text):
    """One thread, one seed: the three formats carry the same float32 bits."""
    found = []

    for name in ("a.safetensors", "a.txt", "a.bin"):
        w2v_command("train", planted_text, "-o", name, "--threads", 1, *QUICK)
        found.append(load_vectors(name).matrix)

    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


@pytest.mark.parametrize("name", ["out.foo", "out", "out.", "out.foo.gz", "out.npy.gz"])
def test_unknown_suffix_is_refused_before_any_work(w2v_command, tmp_path, name):
    """Exit code 2 with the known suffixes, though the corpus does not even exist."""
    done = w2v_command("train", "missing.txt", "-o", name)

    assert done.code == 2
    assert ".safetensors, .bin, .txt, .vec" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("corpus", "output"),
    [
        ("corpus.txt", "corpus.safetensors"),
        ("a/b/corpus.txt.gz", "corpus.safetensors"),
        ("corpus", "corpus.safetensors"),
        ("report.2024.txt.xz", "report.2024.safetensors"),
        ("texts/", "texts.safetensors"),
        (".hidden", ".hidden.safetensors"),
        ("-", "vectors.safetensors"),
        (".", "vectors.safetensors"),
        ("..", "vectors.safetensors"),
        ("*.txt", "vectors.safetensors"),
        ("part-[0-9]", "vectors.safetensors"),
    ],
)
def test_default_output_has_the_name_of_the_corpus(corpus, output):
    """The stem of the first file, or `vectors` where it has none of use, in this folder."""
    assert _default_output(corpus) == output


def test_default_output_is_written_here(w2v_command, planted_text, tmp_path):
    """Without -o the file stands in the folder of the call, not in that of the corpus."""
    done = w2v_command("train", planted_text, *QUICK)

    assert done.code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["planted.safetensors"]


def test_second_training_reads_from_the_cache(w2v_command, planted_text, tmp_path):
    """The first run encodes the text, the second finds it; both say which."""
    runs = [
        w2v_command("train", planted_text, "-o", "out.txt", "--cache", tmp_path / "cache", *QUICK)
        for _ in range(2)
    ]

    assert ["from the cache" in done.out for done in runs] == [False, True]


def test_vocabulary_file_decides_the_words(w2v_command, planted_text):
    """--vocab with a file of `w2v vocab`, cut to 50 lines, gives vectors of these 50 words."""
    w2v_command("vocab", planted_text, "-o", "vocab.txt")
    lines = Path("vocab.txt").read_text().splitlines()[:50]
    Path("vocab.txt").write_text("\n".join(lines))

    done = w2v_command("train", planted_text, "-o", "out.txt", "--vocab", "vocab.txt", *QUICK)

    assert done.code == 0, done.err
    assert load_vectors("out.txt").words == tuple(line.split()[0] for line in lines)


def test_standard_input_is_a_corpus(planted_text, tmp_path):
    """`w2v train -` trains on what is piped in and leaves nothing but its file, not even a cache."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "cli.main", "train", "-", "-o", str(tmp_path / "out.txt"), *QUICK]
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(Path(__file__).parents[2])}

    with planted_text.open("rb") as text:
        done = subprocess.run(
            command, stdin=text, cwd=tmp_path, env=environment, capture_output=True, timeout=600
        )

    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"out.txt", "scratch"}
    assert list(scratch.iterdir()) == []


def test_same_command_gives_the_same_file_anywhere(planted_text, tmp_path):
    """One thread, one seed: equal bytes whatever the hash seed, the locale, the folder and the zone (P5)."""
    files = set()

    for run, (hash_seed, locale) in enumerate([("0", "C"), ("12345", "C.UTF-8")]):
        folder = tmp_path / f"folder {run}"
        folder.mkdir()
        (folder / "corpus.txt").write_bytes(planted_text.read_bytes())
        environment = os.environ | {
            "PYTHONHASHSEED": hash_seed,
            "LC_ALL": locale,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        arguments = ["train", "corpus.txt", "-o", "out.safetensors", "--threads", "1", *QUICK]
        subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            timeout=600,
        )
        files.add((folder / "out.safetensors").read_bytes())

    assert len(files) == 1


def test_several_threads_give_the_same_words(w2v_command, planted_text):
    """Two threads write the words of one thread, in the same order, with finite numbers."""
    vectors = []

    for threads in (1, 2):
        w2v_command("train", planted_text, "-o", "out.bin", "--threads", threads, *QUICK)
        vectors.append(load_vectors("out.bin"))

    assert vectors[0].words == vectors[1].words
    assert np.isfinite(vectors[1].matrix).all()


@pytest.mark.parametrize("verb", ["train", "vocab"])
@pytest.mark.parametrize("by", ["name", "link", "folder"])
def test_input_is_never_written_over(w2v_command, tmp_path, verb, by):
    """An output that is one of the texts, by any name, is refused with exit code 2, and the text stays."""
    (tmp_path / "texts").mkdir()
    text = tmp_path / "texts" / "text.txt"
    text.write_bytes(b"a b c " * 400)
    (tmp_path / "link.txt").symlink_to(text)
    corpus, output = {
        "name": (text, text),
        "link": (text, "link.txt"),
        "folder": (text.parent, text),
    }[by]

    done = w2v_command(verb, corpus, "-o", output)

    assert done.code == 2
    assert "is read as input" in done.err
    assert text.read_bytes() == b"a b c " * 400


def test_vocabulary_file_is_never_written_over(w2v_command, planted_text, tmp_path):
    """The file of --vocab is an input, too."""
    (tmp_path / "words.txt").write_text("the 9\nof 8\n")

    done = w2v_command("train", planted_text, "--vocab", "words.txt", "-o", "words.txt")

    assert done.code == 2
    assert (tmp_path / "words.txt").read_text() == "the 9\nof 8\n"


def test_file_that_will_be_replaced_is_named(w2v_command, planted_text):
    """A note says that an older file of the name goes; the first run has none."""
    first = w2v_command("train", planted_text, "-o", "out.bin", *QUICK)
    second = w2v_command("train", planted_text, "-o", "out.bin", *QUICK)

    assert "will be replaced" not in first.err
    assert "out.bin exists and will be replaced" in second.err


def test_place_of_the_cache_is_named_once(w2v_command, tmp_path):
    """The run that encodes says where the encoded text is; one that finds it there does not."""
    (tmp_path / "text.txt").write_bytes(b"a b c d " * 400)

    first = w2v_command("train", "text.txt", "--cache", "kept", "--subsample", 0, *QUICK)
    second = w2v_command("train", "text.txt", "--cache", "kept", "--subsample", 0, *QUICK)

    assert "is kept for the next run in kept/text.txt-" in first.err
    assert "is kept for the next run" not in second.err


def test_usage_errors_name_options_as_they_are_typed(w2v_command, planted_text):
    """What the API calls min_learning_rate is --min-learning-rate here."""
    done = w2v_command("train", planted_text, "--min-learning-rate", 2)

    assert "--min-learning-rate must not be above --learning-rate" in done.err


def test_metadata_says_how_the_text_was_read(w2v_command, planted_text):
    """The saved vectors carry sources, reading options and engine beside the settings of the training."""
    w2v_command("train", planted_text, "-o", "out.safetensors", "--threads", 1, "--min-count", 7, *QUICK)

    metadata = load_vectors("out.safetensors").metadata
    assert metadata["engine"] == {"name": "hogwild", "threads": 1}
    assert metadata["corpus"]["sources"] == ["planted.txt"]
    assert metadata["corpus"]["min_count"] == 7
    assert metadata["corpus"]["text"]["tokenizer"] == "blanks"


def test_both_tables_are_kept_where_that_is_asked_for(w2v_command, planted_text, tmp_path):
    """The file of --keep-output holds input and output rows, which --vectors tells apart; text cannot."""
    done = w2v_command("train", planted_text, "-o", "both.safetensors", "--epochs", 1, "--keep-output")
    refused = w2v_command("train", planted_text, "-o", "both.txt", "--keep-output")

    assert done.code == 0, done.err
    tables = [
        load_vectors(tmp_path / "both.safetensors", options=ReadOptions(table=table)).matrix
        for table in ("input", "output", "sum")
    ]
    np.testing.assert_array_equal(tables[0] + tables[1], tables[2])
    assert np.abs(tables[0] - tables[1]).max() > 0.01
    assert refused.code == 2
    assert "--keep-output" in refused.err
