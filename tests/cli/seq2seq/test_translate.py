"""`w2v seq2seq translate`: lines in, lines out, and notes for the user on stderr."""

import io
import json

import pytest

from tests.w2v.seq2seq.toy import CHINESE, ENGLISH


@pytest.fixture
def translate(w2v_command, toy_model):
    """Calls the verb with the model of the five pairs."""

    def call(*arguments):
        return w2v_command("seq2seq", "translate", toy_model, *arguments, "--threads", "1")

    return call


def test_a_file_is_translated_line_by_line(translate, tmp_path):
    """An empty line stays empty, wherever it is; CRLF and a missing last end do not matter."""
    lines = ["", CHINESE[2], "", "", CHINESE[0], " "]
    (tmp_path / "in.txt").write_bytes("\r\n".join(lines).encode())

    done = translate("in.txt")

    assert done.code == 0
    assert done.out == f"\n{ENGLISH[2]}\n\n\n{ENGLISH[0]}\n\n"
    assert done.err == ""


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input_is_translated(translate, tmp_path, monkeypatch, arguments):
    """Without a file, or with -."""
    (tmp_path / "in.txt").write_text(f"{CHINESE[4]}\n", encoding="utf-8")
    with open(tmp_path / "in.txt") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert translate(*arguments).out == f"{ENGLISH[4]}\n"


@pytest.mark.parametrize("beam", [1, 3, 100])
def test_a_beam_of_any_width_is_searched(translate, tmp_path, beam):
    """Also one that is wider than the vocabulary."""
    (tmp_path / "in.txt").write_text("".join(f"{line}\n" for line in CHINESE), encoding="utf-8")

    assert translate("in.txt", "--beam", beam).out.splitlines() == list(ENGLISH)


def test_unknown_words_are_noted(translate, tmp_path):
    """On stderr, with how many of all; the translation comes all the same."""
    (tmp_path / "in.txt").write_text("我 喜欢 <eos> foo\n\nfoo\n", encoding="utf-8")

    done = translate("in.txt")

    assert done.code == 0
    assert "note: the model does not know 3 of 5 words" in done.err
    assert len(done.out.splitlines()) == 3


def test_long_sentences_are_cut_and_noted(translate, tmp_path):
    """What is beyond the limit is not read, and how many sentences that were is told."""
    (tmp_path / "in.txt").write_text(f"{CHINESE[0]} 。 。\n{CHINESE[1]}\n", encoding="utf-8")

    done = translate("in.txt", "--max-length", 5)

    assert "1 sentences are longer than 5 words; the rest of them was not read" in done.err
    assert done.out.splitlines() == [ENGLISH[0], ENGLISH[1]]


def test_json_has_translations_and_counts(translate, tmp_path):
    """One line of it."""
    (tmp_path / "in.txt").write_text(f"{CHINESE[0]}\n\nfoo\n", encoding="utf-8")

    result = json.loads(translate("in.txt", "--json").out)

    assert result["translations"][:2] == [ENGLISH[0], ""]
    assert (result["words"], result["unknown"], result["cut"]) == (6, 1, 0)


def test_nothing_in_is_nothing_out(translate, tmp_path):
    """An empty file is no mistake."""
    (tmp_path / "in.txt").write_bytes(b"")

    assert translate("in.txt") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone.txt"], 3, "[W2V-C01] gone.txt"),
        (["bad.txt"], 3, "[W2V-C12] bad.txt, line 2: not UTF-8: ff"),
        (["in.txt", "--beam", 0], 2, "--beam"),
    ],
)
def test_what_cannot_be_read_is_named(translate, tmp_path, arguments, code, said):
    """With the line, and nothing on stdout."""
    (tmp_path / "bad.txt").write_bytes(b"a\n\xff\n")

    done = translate(*arguments)

    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_folder_without_a_model_is_named(w2v_command, tmp_path, monkeypatch):
    """S04, and which verb makes one."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    done = w2v_command("seq2seq", "translate", tmp_path)

    assert done.code == 3
    assert "[W2V-S04]" in done.err
    assert "w2v seq2seq train" in done.err
