"""Which word a token stands for, with each kind of marks."""

import pytest

from w2v.transfer.pieces import Marks, Piece, guess_marks, marks_of_tokenizer, read_piece

BYTE_LEVEL = Marks(start=" ", is_byte_level=True)
SENTENCEPIECE = Marks(start="▁")
WORDPIECE = Marks(continuation="##")
WORD_ENDS = Marks(end="</w>")
BYTES = [
    chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x144))
]  # as GPT-2 has them


@pytest.mark.parametrize(
    ("token", "marks", "piece"),
    [
        ("the", Marks(), Piece("the", False)),
        ("##ing", Marks(), Piece("##ing", False)),
        ("Ġthe", BYTE_LEVEL, Piece("the", False)),
        ("ing", BYTE_LEVEL, Piece("ing", True)),
        (",", BYTE_LEVEL, Piece(",", False)),
        ("ĠcafÃ©", BYTE_LEVEL, Piece("café", False)),
        ("Ã", BYTE_LEVEL, Piece(None, True)),
        ("Ġ", BYTE_LEVEL, Piece(None, False)),
        ("ĊĊ", BYTE_LEVEL, Piece(None, False)),
        ("日本", BYTE_LEVEL, Piece("日本", True)),
        ("▁the", SENTENCEPIECE, Piece("the", False)),
        ("ing", SENTENCEPIECE, Piece("ing", True)),
        ("…", SENTENCEPIECE, Piece("…", False)),
        ("▁", SENTENCEPIECE, Piece(None, False)),
        ("the", WORDPIECE, Piece("the", False)),
        ("##ing", WORDPIECE, Piece("ing", True)),
        ("##", WORDPIECE, Piece(None, True)),
        ("the</w>", WORD_ENDS, Piece("the", False)),
        ("th", WORD_ENDS, Piece("th", True)),
    ],
)
def test_token_stands_for_the_word_without_marks(token, marks, piece):
    """Marks are taken off, bytes become text; a part of a character, and mere blanks, are no word."""
    assert read_piece(token, marks) == piece


@pytest.mark.parametrize(
    ("tokens", "marks"),
    [
        (["the", "of", "c#", "##"], Marks()),
        (["<unk>", "▁the", "ing"], SENTENCEPIECE),
        (["▁▂▃", "the"], Marks()),
        (["[PAD]", "[UNK]", "the", "##ing"], WORDPIECE),
        (["the", "##ing"], Marks()),
        ([*BYTES, "Ġthe"], BYTE_LEVEL),
        ([*BYTES[:-1], "Ġthe"], Marks()),
        ([*BYTES, "th", "the</w>"], Marks(end="</w>", is_byte_level=True)),
        (["th", "the</w>"], WORD_ENDS),
        (["<w>", "</w>", "the"], Marks()),
        ([*BYTES, "▁the"], SENTENCEPIECE),
        (["Ġunju", "Diċembru"], Marks()),
    ],
)
def test_marks_of_a_bare_list_are_told_by_its_tokens(tokens, marks):
    """All 256 bytes, a mark before a letter, or [UNK] with ## pieces; a Maltese Ġ alone is a letter."""
    assert guess_marks(tokens) == marks


@pytest.mark.parametrize(
    ("spec", "tokens", "marks"),
    [
        ({"model": {"type": "WordLevel"}}, ["▁the", "##s"], Marks()),
        ({"model": {"type": "WordPiece", "continuing_subword_prefix": "##"}}, ["the"], WORDPIECE),
        (
            {"model": {"type": "WordPiece", "continuing_subword_prefix": "@@"}},
            ["the"],
            Marks(continuation="@@"),
        ),
        ({"model": {"type": "BPE", "end_of_word_suffix": "</w>"}}, ["the</w>"], WORD_ENDS),
        (
            {
                "model": {"type": "BPE", "end_of_word_suffix": "", "continuing_subword_prefix": None},
                "pre_tokenizer": {
                    "type": "Sequence",
                    "pretokenizers": [{"type": "Split"}, {"type": "ByteLevel"}],
                },
            },
            ["Ġthe"],
            BYTE_LEVEL,
        ),
        (
            {"model": {"type": "Unigram"}, "pre_tokenizer": {"type": "Metaspace", "replacement": "_"}},
            ["_the"],
            Marks(start="_"),
        ),
        (
            {"model": {"type": "BPE"}, "pre_tokenizer": None, "decoder": {"type": "Sequence"}},
            ["▁the"],
            SENTENCEPIECE,
        ),
        ({"model": {"type": "BPE", "end_of_word_suffix": 7}}, ["the"], Marks()),
    ],
)
def test_marks_are_those_that_a_tokenizer_names(spec, tokens, marks):
    """The model's prefix and suffix, a ByteLevel or Metaspace component; else the tokens tell."""
    assert marks_of_tokenizer(spec, tokens) == marks


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        (Marks(), "tokens are words"),
        (BYTE_LEVEL, "byte-level, Ġ begins a word"),
        (SENTENCEPIECE, "▁ begins a word"),
        (WORDPIECE, "## continues a word"),
        (Marks(end="</w>", is_byte_level=True), "byte-level, </w> ends a word"),
    ],
)
def test_marks_are_said(marks, text):
    """The report says what was taken off."""
    assert str(marks) == text
