"""Parallel text: what is read, and what is refused with the place and the way out."""

import bz2
import gzip
import lzma
import os

import numpy as np
import pytest

from corpora.errors import InputError
from w2v.seq2seq.text import ParallelText, read_lines, split_words


def pairs_of(folder, source, target):
    """The pairs of two files of these bytes."""
    (folder / "source").write_bytes(source)
    (folder / "target").write_bytes(target)
    return list(ParallelText(str(folder / "source"), str(folder / "target")).read())


def error_of(call, *arguments):
    """The InputError that a call ends in."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return caught.value


def test_lines_of_two_files_are_partners(tmp_path):
    """Line i of one belongs to line i of the other; empty lines are pairs, too, and the last needs no end."""
    found = pairs_of(tmp_path, b"a b\n\n c\td \n", b"x\ny\nz")

    assert found == [(1, ["a", "b"], ["x"]), (2, [], ["y"]), (3, ["c", "d"], ["z"])]


def test_one_file_holds_both_sides(tmp_path):
    """A tab stands between source and target; blanks around it do not matter."""
    (tmp_path / "both").write_bytes(b"ich bin \t i am\n\tx\na\t\r\n")
    text = ParallelText(str(tmp_path / "both"))

    assert list(text.read()) == [(1, ["ich", "bin"], ["i", "am"]), (2, [], ["x"]), (3, ["a"], [])]
    assert list(text.read()) == list(text.read())
    assert text.name == str(tmp_path / "both")


@pytest.mark.parametrize(("line", "tabs"), [(b"a b", 0), (b"a\tb\tc", 2)])
def test_a_line_without_one_tab_is_refused(tmp_path, line, tabs):
    """S02 with the line and the tabs in it."""
    (tmp_path / "both").write_bytes(b"a\tb\n" + line + b"\n")

    error = error_of(list, ParallelText(str(tmp_path / "both")).read())

    assert (error.identifier, error.line) == ("S02", 2)
    assert f"{tabs} tabs" in error.problem


@pytest.mark.parametrize("line", [b"", b" ", b"\t", b"\t\t"])
def test_a_blank_line_is_a_pair_of_nothing(tmp_path, line):
    """As in two files: it is left out and counted."""
    (tmp_path / "both").write_bytes(b"a\tb\n" + line + b"\nc\td\n")

    pairs = list(ParallelText(str(tmp_path / "both")).read())

    assert pairs == [(1, ["a"], ["b"]), (2, [], []), (3, ["c"], ["d"])]
    assert pairs[1].is_empty


@pytest.mark.parametrize(
    ("source", "target", "counts", "line"),
    [(b"a\nb\nc\n", b"x\n", (3, 1), 2), (b"", b"x\ny\n", (0, 2), 1), (b"a", b"x\n\n", (1, 2), 2)],
)
def test_files_of_unequal_length_are_refused(tmp_path, source, target, counts, line):
    """S01 with both counts and the first line without a partner; an empty file is only one such."""
    error = error_of(pairs_of, tmp_path, source, target)

    assert error.identifier == "S01"
    assert f"source has {counts[0]} lines" in error.problem
    assert f"target has {counts[1]}: line {line} has no partner" in error.problem


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_and_marks_belong_to_no_word(tmp_path, end):
    """CRLF and a UTF-8 mark at the start leave no trace."""
    found = pairs_of(tmp_path, b"\xef\xbb\xbfa b" + end + b"c" + end, b"x" + end + b"y" + end)

    assert found == [(1, ["a", "b"], ["x"]), (2, ["c"], ["y"])]


def test_words_stand_between_ascii_blanks_alone(tmp_path):
    """As everywhere in w2v: a lone CR and a NUL are blanks; no-break and ideographic spaces are letters."""
    text = "a\rb\0c\x0bd\x0ce\tf 10\xa0000 x\u3000y p\u2028q r\x85s"

    assert split_words(text) == [*"abcdef", "10\xa0000", "x\u3000y", "p\u2028q", "r\x85s"]
    assert pairs_of(tmp_path, text.encode() + b"\n", b"z\n") == [(1, split_words(text), ["z"])]


def test_words_are_those_of_the_corpus_reader(tmp_path):
    """The words of random bytes of UTF-8 are the ones that `w2v train` would make vectors of."""
    from corpora.corpus import Corpus

    rng = np.random.default_rng(3)
    letters = [*"ab \t\r\0\x0b\x0c", "\xa0", "\u3000", "\u2028", "\x85", "é", "\x1c"]
    lines = ["".join(letters[i] for i in rng.integers(0, len(letters), 30)) for _ in range(40)]
    path = tmp_path / "text"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")

    words = {word for line in lines for word in split_words(line)}

    assert words == set(Corpus.prepare([path], min_count=1, cache=None).vocabulary.words)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_unpacked(tmp_path, pack):
    """By their content, whatever their names."""
    assert pairs_of(tmp_path, pack(b"a\nb\n"), b"x\ny\n") == [(1, ["a"], ["x"]), (2, ["b"], ["y"])]


def test_a_lines_bytes_that_are_no_utf8_are_named(tmp_path):
    """C12 with the file, the line and the bytes."""
    error = error_of(pairs_of, tmp_path, b"a\nb \xff\xfec\n", b"x\ny\n")

    assert (error.identifier, error.line, error.path) == ("C12", 2, str(tmp_path / "source"))
    assert "ff fe 63" in error.problem


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_damaged_packed_files_are_input_errors(tmp_path, pack):
    """Cut or flipped anywhere, a packed file is read, or refused as C05 or C12; nothing else comes out."""
    rng = np.random.default_rng(4)
    whole = pack(b"".join(b"%d word\n" % number for number in range(200)))
    path = tmp_path / "text"
    seen = set()

    for _ in range(40):
        damaged = bytearray(whole[: rng.integers(8, len(whole) + 1)])
        damaged[rng.integers(7, len(damaged))] ^= 1 << rng.integers(0, 8)
        path.write_bytes(damaged)
        try:
            list(read_lines(path))
        except InputError as error:
            seen.add(error.identifier)

    assert "C05" in seen
    assert seen <= {"C05", "C12"}


def test_a_missing_file_is_named(tmp_path):
    """C01, before any pair is read."""
    (tmp_path / "source").write_text("a\n")
    text = ParallelText(str(tmp_path / "source"), str(tmp_path / "target"))

    error = error_of(next, text.read())

    assert (error.identifier, error.path) == ("C01", str(tmp_path / "target"))


def test_several_files_are_no_side(tmp_path):
    """C01: a folder or a glob with two files in it says how many they are."""
    for name in "ab":
        (tmp_path / name).write_text("x\n")

    assert "2 files, expected one" in error_of(list, read_lines(tmp_path)).problem
    assert "2 files" in error_of(list, read_lines(str(tmp_path / "?"))).problem


def test_pipes_are_no_parallel_text(tmp_path):
    """C21: the pairs are read several times, which a pipe or standard input does not allow."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("a\n")

    for text in (ParallelText("-"), ParallelText(str(tmp_path / "file"), str(tmp_path / "pipe"))):
        assert error_of(next, text.read()).identifier == "C21"
