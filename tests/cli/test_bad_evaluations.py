"""Group 6 of the table of bad inputs, a row each: files of questions, and words that are asked for."""

import json

import numpy as np
import pytest

from w2v import Vectors, save_vectors

WORDS = ("man", "woman", "king", "queen", "\x1b[2Jred")
ROWS = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 1]]


@pytest.fixture
def vectors(tmp_path):
    """Five words, one of which would act on a terminal."""
    path = tmp_path / "vectors.safetensors"
    save_vectors(Vectors(WORDS, np.array(ROWS, dtype=np.float32)), path)
    return path


@pytest.fixture
def evaluate(w2v_command, vectors, tmp_path):
    """Runs `w2v evaluate` on a file of questions with this content."""

    def run(content, *options, kind="analogies"):
        (tmp_path / "questions.txt").write_bytes(content)
        return w2v_command("evaluate", vectors, f"--{kind}", "questions.txt", *options)

    return run


def refused(done, identifier, *said):
    """Exit code 3, one error of this name that says these, with a way out and no traceback."""
    assert done.code == 3, done.err
    assert done.out == ""
    assert f"error [W2V-{identifier}] questions.txt" in done.err
    assert "\n  fix: " in done.err
    assert "Traceback" not in done.err
    assert [text for text in said if text not in done.err] == []


def test_e01_questions_without_a_section_have_one(evaluate):
    """They are counted under "(none)"."""
    result = json.loads(evaluate(b"man woman king queen\n", "--json").out)

    assert [section["name"] for section in result["analogies"]["sections"]] == ["(none)"]
    assert result["analogies"]["correct"] == 1


@pytest.mark.parametrize("line", [b"man woman king", b"man woman king queen red"])
def test_e02_a_line_of_three_or_five_words_is_refused(evaluate, line):
    """The line is named, and --skip-bad leaves it out, counted."""
    content = b": family\n" + line + b"\nman woman king queen\n"

    refused(evaluate(content), "E02", "line 2", "has 4 words", "--skip-bad")

    done = evaluate(content, "--skip-bad", "--json")
    assert json.loads(done.out)["analogies"]["skipped_lines"] == 1
    assert json.loads(done.out)["analogies"]["seen"] == 1
    assert "1 lines are no question and were left out" in done.err


def test_e03_odd_but_clear_files_are_read(evaluate):
    """CRLF, a byte-order mark, tabs, trailing blanks, comments and empty lines."""
    content = b"\xef\xbb\xbf# royal\r\n: family \r\n\r\nman\twoman king\tqueen  \r\n"

    result = json.loads(evaluate(content, "--json").out)

    assert (result["analogies"]["correct"], result["analogies"]["total"]) == (1, 1)
    assert result["analogies"]["sections"][0]["name"] == "family"


def test_e04_no_usable_question_is_no_score(evaluate):
    """Exit code 0 and "not available, 0 of 2 usable"; null in JSON, never 0."""
    content = b"boy girl he she\nbrother sister he she\n"

    done, as_json = evaluate(content), evaluate(content, "--json")

    assert done.code == as_json.code == 0
    assert "not available, 0 of 2 usable" in done.out
    assert "%" not in done.out.split("\n\n")[0]
    result = json.loads(as_json.out)["analogies"]
    assert (result["accuracy"], result["interval"], result["seen"], result["total"]) == (None, None, 0, 2)


def test_e05_of_words_equal_but_for_case_the_first_is_used(w2v_command, tmp_path):
    """MAN is the row of "man", the more frequent; the help of the option says so."""
    rows = np.array([*ROWS[:4], [0, 0, 1]], dtype=np.float32)
    save_vectors(Vectors((*WORDS[:4], "Man"), rows), tmp_path / "cased.safetensors")
    (tmp_path / "questions.txt").write_text("MAN WOMAN KING QUEEN\n")

    done = w2v_command("evaluate", "cased.safetensors", "--analogies", "questions.txt", "--json")

    assert json.loads(done.out)["analogies"]["correct"] == 1
    assert "the most frequent" in " ".join(w2v_command("evaluate", "--help").out.split())


@pytest.mark.parametrize("content", [b"man woman 3\n", b"man woman 3\nking queen 3\nman king 3\n"])
def test_e06_too_few_pairs_and_equal_scores_are_not_available(evaluate, content):
    """One usable pair, or all gold scores equal: exit code 0 and no number."""
    done = evaluate(content, kind="similarity")

    assert done.code == 0, done.err
    assert "not available" in done.out
    assert json.loads(evaluate(content, "--json", kind="similarity").out)["similarity"][0]["spearman"] is None


@pytest.mark.parametrize("score", ["much", "nan", "1,5"])
def test_e06_a_score_that_is_no_number_is_refused(evaluate, score):
    """The line is named."""
    content = f"man\twoman\t3\nking\tqueen\t{score}\n".encode()

    refused(evaluate(content, kind="similarity"), "E06", "line 2", "expected a number")


@pytest.mark.parametrize("separator", ["\t", ",", " "])
def test_e07_tabs_commas_and_blanks_are_recognised(evaluate, separator):
    """The first line says which."""
    content = separator.join(["man", "woman", "3"]).encode() + b"\n"

    assert json.loads(evaluate(content, "--json", kind="similarity").out)["similarity"][0]["seen"] == 1


@pytest.mark.parametrize("content", [b"man;woman;3\n", b"man; woman; 3\n", b"man|woman|3\n"])
def test_e07_other_separators_are_refused(evaluate, content):
    """Rather than read as words that nobody has."""
    refused(evaluate(content, kind="similarity"), "E07", "line 1", "separated by")


def test_e08_an_unknown_word_is_told_with_near_ones(w2v_command, vectors):
    """Exit code 3 with known words that are spelt like it; in a file of questions it is a missing word."""
    done = w2v_command("similar", vectors, "quen")

    assert done.code == 3
    assert "[W2V-E08]" in done.err
    assert "'queen'" in done.err


def test_e09_words_and_sections_with_control_characters_are_harmless(evaluate, w2v_command, vectors):
    """Names of sections, lines that are refused, and words asked for are shown as escapes."""
    section = evaluate(b": \x1b[2Jred\x07\nman woman king queen\n")
    line = evaluate(b"man \x1b[2Jred\n")
    word = w2v_command("similar", vectors, "\x1b[2Jred")

    for done in (section, line, word):
        assert not [sign for sign in done.out + done.err if not sign.isprintable() and sign != "\n"]
    assert "\\x1b[2Jred" in section.out


@pytest.mark.parametrize("option", ["0", "-1"])
def test_e10_a_limit_below_one_is_refused(w2v_command, vectors, option):
    """Exit code 2 for --top and --max-words; more than there are is all there are."""
    assert w2v_command("similar", vectors, "man", "--top", option).code == 2
    assert w2v_command("evaluate", vectors, "--max-words", option).code == 2
    assert len(w2v_command("similar", vectors, "man", "--top", 10**9).out.splitlines()) == len(WORDS) - 1


def test_e11_equal_scores_come_in_the_order_of_the_rows(w2v_command, tmp_path):
    """Four words of one direction: the first is the first neighbour; see test_ranks.py for analogies."""
    rows = np.array([[1, 2], [2, 4], [4, 8], [0.5, 1]], dtype=np.float32)
    save_vectors(Vectors(tuple("wxyz"), rows), tmp_path / "ties.safetensors")

    answers = json.loads(w2v_command("similar", "ties.safetensors", "y", "--json").out)[0]["similar"]

    assert [word for word, _ in answers] == ["w", "x", "z"]


def test_e12_analogies_take_no_second_matrix(tmp_path):
    """100,000 x 50 numbers are 20 MB, and a run over them all takes less than as much again."""
    import tracemalloc

    from w2v.evaluation.analogies import evaluate_analogies

    rng = np.random.default_rng(1)
    vectors = Vectors(
        tuple(f"w{n}" for n in range(100_000)), rng.normal(size=(100_000, 50)).astype(np.float32)
    )
    (tmp_path / "questions.txt").write_text("".join(f"w{n} w{n + 1} w{n + 2} w{n + 3}\n" for n in range(200)))
    evaluate_analogies(vectors, tmp_path / "questions.txt")

    tracemalloc.start()
    evaluate_analogies(vectors, tmp_path / "questions.txt", max_words=None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < vectors.matrix.nbytes


def test_e13_zeros_and_nan_are_never_right(w2v_command, tmp_path):
    """A row of zeros, nearest where all else points away, is no answer and no word to ask with."""
    rows = np.array([[1, 0], [1, 0.1], [1, -0.1], [0, 0], [-1, 0]], dtype=np.float32)
    save_vectors(Vectors(tuple("abczd"), rows), tmp_path / "zeros.safetensors")
    (tmp_path / "questions.txt").write_text("a b c d\na b c z\n")

    done = w2v_command("evaluate", "zeros.safetensors", "--analogies", "questions.txt", "--json")

    result = json.loads(done.out)["analogies"]
    assert (result["correct"], result["seen"], result["total"]) == (1, 1, 2)


def test_e14_asking_with_all_words_gives_an_empty_list(w2v_command, tmp_path):
    """Exit code 0 and nothing; and an analogy whose answer is one of its own words is wrong."""
    save_vectors(Vectors(tuple("abc"), np.eye(3, dtype=np.float32)), tmp_path / "three.safetensors")
    (tmp_path / "questions.txt").write_text("a b c a\n")

    done = w2v_command("analogy", "three.safetensors", "a", "b", "c")
    evaluated = w2v_command("evaluate", "three.safetensors", "--analogies", "questions.txt", "--json")

    assert (done.code, done.out.strip()) == (0, "")
    assert json.loads(evaluated.out)["analogies"]["accuracy"] == 0.0
