"""Files of analogies and word pairs: what is read, what is refused, and nothing else comes of any file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import InputError
from w2v.evaluation.installed_sets import find_installed_sets
from w2v.evaluation.sets import read_questions, read_word_pairs

QUESTIONS = b": one\na b c d\nA B C D\n: gram1-two\n\xc3\xa9 f g h\n"
PAIRS = b"# scores of 0 to 10\nword1\tword2\tscore\ntiger\tcat\t7.35\nlove\tsex\t6.77\n"


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and gives its path."""

    def write(data):
        path = tmp_path / "questions.txt"
        path.write_bytes(data)
        return path

    return write


def test_questions_stand_under_their_sections(written):
    """Words as written, and for each question the place of its section."""
    questions = read_questions(written(QUESTIONS))

    assert questions.words == (("a", "b", "c", "d"), ("A", "B", "C", "D"), ("é", "f", "g", "h"))
    assert questions.sections == ("one", "gram1-two")
    assert questions.section_ids.tolist() == [0, 0, 1]


def test_a_section_that_comes_twice_is_one(written):
    """Questions of one name are counted together, wherever they stand."""
    questions = read_questions(written(b": x\na b c d\n: y\na b c d\n: x\na b c d\n"))

    assert questions.sections == ("x", "y")
    assert questions.section_ids.tolist() == [0, 1, 0]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"# nothing\n", b": only a section\n"])
def test_a_file_without_questions_is_refused(written, data):
    """No analogy, no word pair: an error and not a score."""
    with pytest.raises(InputError, match="no analogy"):
        read_questions(written(data))
    with pytest.raises(InputError):
        read_word_pairs(written(data))


@pytest.mark.parametrize(
    "data",
    [
        b"tiger\tcat\t7.35\nlove\tsex\t6.77\n",
        b"tiger,cat,7.35\r\nlove,sex,6.77\r\n",
        b"tiger cat 7.35\nlove  sex 6.77",
        b"\xef\xbb\xbfWord 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\n\n# the end\nlove\tsex\t6.77\t\n",
        b"word1 word2 POS SimLex999 conc\ntiger cat N 7.35 2\nlove sex V 6.77 3\n",
    ],
    ids=["tabs", "commas, CRLF", "blanks", "byte-order mark, header, comment", "more columns"],
)
def test_word_pairs_are_read_however_they_are_separated(written, data):
    """Tabs, commas or blanks; with a header, comments, and columns before and after the score."""
    pairs = read_word_pairs(written(data))

    assert pairs.words == (("tiger", "cat"), ("love", "sex"))
    assert pairs.scores.tolist() == [7.35, 6.77]


@pytest.mark.parametrize("score", ["nan", "inf", "1_0", "0x10", "1,5", "seven", "", "٣", "1e999"])
def test_a_score_that_is_no_number_is_refused_with_its_line(written, score):
    """E06: only finite ASCII decimals are numbers; Python's own float takes more."""
    with pytest.raises(InputError) as caught:
        read_word_pairs(written(f"a\tb\t1\nc\td\t{score}\n".encode()))

    assert (caught.value.identifier, caught.value.line) == ("E06", 2)


def test_a_line_without_a_number_is_a_header_only_at_the_top(written):
    """The second such line is refused: it is no header."""
    with pytest.raises(InputError) as caught:
        read_word_pairs(written(b"word1\tword2\tscore\na\tb\tc\n"))

    assert caught.value.line == 2


def test_bad_lines_can_be_left_out_and_are_counted(written):
    """What is left is read, and how many lines were left out is known."""
    questions = read_questions(written(QUESTIONS + b"a b c\na b c d e\n"), skip_bad=True)
    pairs = read_word_pairs(written(PAIRS + b"a\tb\na\tb\tx\n"), skip_bad=True)

    assert (len(questions), questions.n_bad_lines) == (3, 2)
    assert (len(pairs), pairs.n_bad_lines) == (2, 2)


@pytest.mark.parametrize("read", [read_questions, read_word_pairs])
@pytest.mark.parametrize("data", [b"a b c \xff\n", b"x" * 20_000, b"\x80\x04\x95" + b"\x00" * 50_000])
def test_what_is_no_text_is_refused(written, read, data):
    """Not UTF-8, or a line without an end."""
    with pytest.raises(InputError) as caught:
        read(written(data))

    assert caught.value.line == 1


@pytest.mark.parametrize("read", [read_questions, read_word_pairs])
def test_a_missing_file_and_a_folder_are_refused(tmp_path, read):
    """The error names the path."""
    for path in (tmp_path, tmp_path / "missing.txt"):
        with pytest.raises(InputError, match="cannot read") as caught:
            read(path)
        assert caught.value.path == str(path)


@given(
    st.sampled_from([QUESTIONS, PAIRS]),
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from("sdi"), st.binary(min_size=1, max_size=3))),
)
def test_e03_mutated_files_are_read_or_refused(tmp_path_factory, data, mutations):
    """Whatever bytes are set, deleted or inserted: a set that is whole, or an error with a name."""
    for place, kind, new in mutations:
        place %= max(1, len(data))
        kept = {"s": place + len(new), "d": place + len(new), "i": place}[kind]
        data = data[:place] + (b"" if kind == "d" else new) + data[kept:]
    path = tmp_path_factory.getbasetemp() / "mutated.txt"
    path.write_bytes(data)

    for read in (read_questions, read_word_pairs):
        for skip_bad in (False, True):
            try:
                found = read(path, skip_bad=skip_bad)
            except InputError:
                continue
            assert len(found) > 0
            assert all(word and not word.isspace() for question in found.words for word in question)
            assert np.isfinite(getattr(found, "scores", [0.0])).all()


def test_installed_sets_are_those_of_gensim():
    """The files lie in the installed package, and it is not imported to find them."""
    sets = find_installed_sets()

    assert len(read_questions(sets.analogies)) == 19_544
    assert [len(read_word_pairs(path)) for path in sets.word_pairs] == [353, 999]


def test_without_gensim_there_are_no_installed_sets(monkeypatch):
    """Nothing is found, and nothing is raised."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert find_installed_sets() == (None, ())
