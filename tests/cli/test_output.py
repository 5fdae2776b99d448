"""What is printed: columns, JSON and notes, with nothing in them that a terminal could act on."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.output import escape, print_error, print_json, print_note, print_rows

HOSTILE = {
    "\x1b[31m": r"\x1b[31m",
    "\x1b]52;c;cm0=\x07": r"\x1b]52;c;cm0=\x07",
    "a\nb\r\tc\0": r"a\x0ab\x0d\x09c\x00",
    "\x7f\x9b": r"\x7f\x9b",
    "\u202eevil\u2066": r"\u202eevil\u2066",
    "\u2028\u2029\u200b\ufeff": r"\u2028\u2029\u200b\ufeff",
    "\udcff": r"\udcff",
    "\U000e0041": r"\U000e0041",
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items(), ids=lambda text: ascii(text))
def test_hidden_characters_are_shown_as_escapes(text, shown):
    """Control and format characters, odd line ends and lone surrogates are spelt out."""
    assert escape(text) == shown


@pytest.mark.parametrize("text", ["word", "zoë", "日本語", "a b", "…", "\u00a0", "👍", ""])
def test_ordinary_text_stays_as_it_is(text):
    """Letters of any script, blanks and signs are no danger."""
    assert escape(text) == text


@given(st.text(st.characters()))
def test_nothing_hidden_survives(text):
    """Whatever the text, no character of a category that a terminal acts on is left (P17)."""
    shown = escape(text)

    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(st.characters()))
def test_json_is_ascii_and_reads_back(text):
    """JSON escapes what is not ASCII and control characters; the reader gets the word itself."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_json({text: [text]})

    line = out.getvalue()
    assert line.count("\n") == 1
    assert line.removesuffix("\n").isascii()
    assert line.removesuffix("\n").isprintable() or "\x7f" in text
    assert json.loads(line) == {text: [text]}


def test_columns_stand_under_one_another(capsys):
    """Each column is as wide as its widest cell; nothing trails."""
    print_rows([("a", "bb", "c"), ("aaa", "b", "")])

    assert capsys.readouterr().out == "a    bb  c\naaa  b\n"


def test_no_rows_print_nothing(capsys):
    """An empty answer is an empty output."""
    print_rows([])

    assert capsys.readouterr().out == ""


def test_cells_are_escaped(capsys):
    """A word with an escape sequence does not reach the terminal raw."""
    print_rows([("\x1b[2J",)])

    assert capsys.readouterr().out == "\\x1b[2J\n"


def test_notes_and_errors_go_to_stderr_escaped(capsys):
    """Stdout stays clean for results, and both are harmless."""
    print_note("a\x1bb")
    print_error("X01", "c\nd", "e\u202e")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "note: a\\x1bb\nerror [W2V-X01] c\\x0ad\n  fix: e\\u202e\n"
