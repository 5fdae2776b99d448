"""`w2v demo`: trains on a generated text and says how many answers are right."""

import json

import pytest

from w2v import load_vectors

SHORT = ["--words", "300000"]


def test_demo_solves_its_text(w2v_command, tmp_path):
    """Half of the analogies and more are right after this short a text; the file alone is left behind."""
    done = w2v_command("demo", *SHORT, "--json", "-o", "demo.safetensors")

    result = json.loads(done.out)
    analogies = result["analogies"]
    assert done.code == 0, done.err
    assert analogies["accuracy"] == analogies["correct"] / analogies["total"] > 0.5
    assert result["words"] == 300_000
    assert [path.name for path in tmp_path.iterdir()] == ["demo.safetensors"]
    assert len(load_vectors("demo.safetensors")) == result["vocabulary"]


def test_demo_shows_each_section_and_what_next(w2v_command, tmp_path):
    """The sections, their total, which is their sum, and commands; an earlier file is replaced."""
    (tmp_path / "demo.safetensors").touch()

    done = w2v_command("demo", "--words", 300_000, "-o", "demo.safetensors")

    lines = [line for line in done.out.splitlines() if " of " in line]
    scores = [tuple(map(int, line.split("%")[1].split(" of "))) for line in lines]
    assert lines[-1].startswith("total")
    assert tuple(map(sum, zip(*scores[:-1], strict=True))) == scores[-1]
    assert "w2v similar demo.safetensors france" in done.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "demo.foo"], ".safetensors, .bin, .txt, .vec"),
        (["-o", "-"], "names none"),
        (["--seed", str(2**64)], "0 to 18446744073709551615"),
        (["--seed", "-1"], "x>=0"),
        (["--words", "5"], "x>=100000"),
    ],
)
def test_bad_option_is_refused_before_any_work(w2v_command, tmp_path, options, said):
    """Exit code 2 at once: no text is written and nothing is trained first."""
    done = w2v_command("demo", *options)

    assert done.code == 2
    assert said in done.err
    assert "writing a text" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_demo_says_when_its_text_is_too_short(w2v_command):
    """Few words leave questions open, and a note says that it is no fault."""
    done = w2v_command("demo", "--words", 100_000)

    assert done.code == 0
    assert "100,000 words are too few to learn all of it" in done.err
