"""`w2v compare`: which difference is real, for people and as JSON."""

import json

import numpy as np
import pytest

from w2v import Vectors, save_vectors

N_PAIRS = 30


@pytest.fixture
def models(tmp_path):
    """A file that solves all analogies of a grid of words, one like it but for noise, and one of noise."""
    rng = np.random.default_rng(1)
    base, step = rng.normal(size=(N_PAIRS, 20)), rng.normal(size=20)
    words = tuple(f"{kind}{n}" for kind in "ab" for n in range(N_PAIRS))
    good = np.concatenate([base, base + step])
    rows = {
        "good": good,
        "alike": good + 0.01 * rng.normal(size=good.shape),
        "bad": rng.normal(size=good.shape),
    }
    for name, matrix in rows.items():
        save_vectors(Vectors(words, matrix.astype(np.float32)), tmp_path / f"{name}.safetensors")
    return [f"{name}.safetensors" for name in rows]


@pytest.fixture
def questions(tmp_path):
    """An analogy for every two neighbouring pairs, and cosines of the good model as word pairs."""
    lines = [f"a{n} b{n} a{(n + 1) % N_PAIRS} b{(n + 1) % N_PAIRS}\n" for n in range(N_PAIRS)]
    (tmp_path / "questions.txt").write_text("".join(lines))
    pairs = [f"a{n} b{n} {n}\n" for n in range(N_PAIRS)]
    (tmp_path / "pairs.txt").write_text("".join(pairs))
    return ["--analogies", "questions.txt", "--similarity", "pairs.txt"]


def test_real_differences_and_noise_are_named(w2v_command, models, questions):
    """The good model is really better than noise, and its like is not told apart from it."""
    done = w2v_command("compare", *models, *questions, "--json")

    assert done.code == 0, done.err
    result = json.loads(done.out)
    tests = result["analogies"]["tests"]
    assert result["analogies"]["common"] == N_PAIRS
    assert [(test["a"], test["b"]) for test in tests] == [
        (models[0], models[1]),
        (models[0], models[2]),
        (models[1], models[2]),
    ]
    assert [test["verdict"] for test in tests] == ["noise", "real", "real"]
    assert [test["better"] for test in tests] == [None, models[0], models[1]]
    assert tests[1]["only_a"] > 10 > tests[1]["only_b"]
    assert tests[1]["p"] <= tests[1]["p_adjusted"] < 0.05
    assert tests[1]["interval"][1] < 0
    assert len(result["similarity"][0]["tests"]) == 3
    shares = [overlap["share"] for overlap in result["neighbors"]]
    assert shares[0] > 0.9 > 0.4 > shares[1]


def test_the_table_says_it_in_words(w2v_command, models, questions):
    """Each pair is a sentence."""
    done = w2v_command("compare", *models, *questions)

    assert f"{models[0]} is better than {models[2]} by" in done.out
    assert f"{models[0]} and {models[1]}: the difference of 0.0 points may be noise (p = 1.000)" in done.out
    assert "nearest words in common" in done.out
    assert "McNemar" in done.out


def test_nothing_in_common_is_not_available(w2v_command, models, tmp_path):
    """E04: models that share no question, with exit code 0."""
    (tmp_path / "questions.txt").write_text("no such words here\n")

    done = w2v_command("compare", *models[:2], "--analogies", "questions.txt", "--json")

    assert done.code == 0, done.err
    result = json.loads(done.out)["analogies"]
    assert (result["common"], result["total"]) == (0, 1)
    assert result["models"][0]["score"] is None
    assert result["tests"][0]["verdict"] == "not available"
    shown = w2v_command("compare", *models[:2], "--analogies", "questions.txt")
    assert "not available, 0 of 1 usable" in shown.out


@pytest.mark.parametrize("which", [[0], [0, 0]])
def test_one_model_cannot_be_compared(w2v_command, models, which):
    """Exit code 2: one file, or the same twice."""
    done = w2v_command("compare", *[models[place] for place in which])

    assert done.code == 2
    assert "two or more different files" in done.err
