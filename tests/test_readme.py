"""What the README shows runs as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.main import VERBS
from corpora import planted
from w2v import Vectors, save_vectors
from w2v.config import DEFAULT_LEARNING_RATES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(mark):
    """The code block behind a mark such as <!-- python -->."""
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)```", README, flags=re.DOTALL)
    return found[1].strip()


def test_ten_lines_of_python_run(tmp_path):
    """The README's Python goes from a text to a row of an nn.Embedding."""
    (tmp_path / "corpus.txt").write_bytes(b"".join(planted.generate(300_000)))
    code = block("python")

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10
    assert done.stdout.splitlines()[-1] == "torch.Size([1, 100])"
    assert (tmp_path / "vectors.safetensors").exists()


def save_readme_vectors(folder):
    """vectors.safetensors with the three words that the README's model knows."""
    rows = np.random.default_rng(1).normal(size=(3, 100)).astype(np.float32)
    save_vectors(Vectors(("france", "paris", "treaty"), rows), folder / "vectors.safetensors")


def test_python_of_a_model_runs(tmp_path):
    """The README's model takes the rows, thaws, and reports what it found."""
    save_readme_vectors(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", block("model")], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "60% of the tokens, ['<pad>', '<unk>'] have no row\n"


def test_tables_load_with_one_line_of_torch(tmp_path, w2v_command):
    """Each line of the README makes a layer of the table that `w2v export` wrote."""
    save_readme_vectors(tmp_path)
    (tmp_path / "words.txt").write_text("<pad>\nparis\n")
    for output in ("table.safetensors", "table.npy"):
        assert w2v_command("export", "vectors.safetensors", output, "--vocab", "words.txt").code == 0
    imports = "import numpy, safetensors.torch, torch\n"
    lines = "".join(f"print({line})\n" for line in block("table").splitlines())

    done = subprocess.run(
        [sys.executable, "-c", imports + lines], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "Embedding(2, 100, padding_idx=0)\n" * 2


def test_ci_runs_the_test_command_of_the_readme():
    """.ci/run takes its command from the README, word for word, and the linter is in it."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    found = re.search(r"^command=(.*)$", script, flags=re.MULTILINE)

    printed = subprocess.run(
        ["bash", "-c", f'command={found[1]}; echo "$command"'], cwd=ROOT, capture_output=True, text=True
    )

    assert printed.stdout.strip() == block("test command")
    assert "pytest" in printed.stdout
    assert "ruff check" in printed.stdout


def test_every_verb_is_shown_and_every_verb_shown_exists():
    """The commands in the README's shell blocks are the verbs there are, all of them."""
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL))

    assert set(re.findall(r"\bw2v (\w+)", shell)) == set(VERBS)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:corpora|w2v|cli|tests)/[\w/]*\.py)`", README))))
def test_every_file_on_the_map_is_there(path):
    """The map of the files names files that exist."""
    assert (ROOT / path).is_file()


def test_the_readme_knows_the_learning_rate_of_cbow():
    """The one default that the README spells out is the default."""
    assert f"a learning rate of its own, {DEFAULT_LEARNING_RATES['cbow']:g}." in README


def test_five_sentences_are_learned(tmp_path):
    """The README's commands learn its five sentences, word for word."""
    pairs = block("five sentences")
    (tmp_path / "pairs.tsv").write_text(pairs + "\n", encoding="utf-8")
    targets = [line.split("\t")[1] for line in pairs.splitlines()]
    commands = f'w2v() {{ {sys.executable} -m cli.main "$@"; }}\n' + block("five commands")

    done = subprocess.run(
        ["bash", "-ec", commands],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-5:] == targets


def test_python_of_a_translator_runs(tmp_path):
    """The README's Python translates a sentence that it has learned."""
    (tmp_path / "pairs.tsv").write_text(block("five sentences") + "\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", block("translator")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[['she', 'lives', 'in', 'beijing', '.']]\n"
