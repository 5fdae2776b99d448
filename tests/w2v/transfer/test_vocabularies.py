"""Vocabularies of models: files of each kind, and what is wrong with broken ones."""

import json
import random

import pytest

from corpora.errors import InputError
from w2v.transfer.pieces import Marks
from w2v.transfer.vocabularies import find_padding, read_model_vocabulary


@pytest.fixture
def read(tmp_path):
    """Writes bytes, text, or an object as JSON, and reads that as a vocabulary."""

    def write_and_read(content, **options):
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        path = tmp_path / "vocabulary"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_model_vocabulary(path, **options)

    return write_and_read


def tokenizer(vocab, *, added=(), **spec):
    """A tokenizer.json as `tokenizers` writes it, in its main parts."""
    entries = [{"id": number, "content": token, "special": True} for token, number in added]
    model = {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": vocab}
    return {"version": "1.0", "padding": None, "added_tokens": entries, "model": model, **spec}


# Words files


@pytest.mark.parametrize("content", ["b\na\nc", "b\na\nc\n", "b\r\na\r\nc\r\n", "\ufeffb\na\nc\n\n\n"])
def test_words_file_has_a_token_a_line(read, content):
    """The order is that of the lines; a byte-order mark, CRLF and final blank lines are no tokens."""
    assert read(content).tokens == ("b", "a", "c")


def test_only_line_feeds_end_a_line(read):
    """Unicode's other line ends, inner spaces and no-break spaces are parts of a token."""
    assert read("a\u2028b\nNew York\n\xa0\u3000\n").tokens == ("a\u2028b", "New York", "\xa0\u3000")


def test_counts_of_a_vocabulary_file_are_left_out(read):
    """The "word count" lines of `w2v vocab` and fairseq keep the order of the lines."""
    vocabulary = read("of 80\nthe 90\nmadeupword0000 0\n")

    assert vocabulary.tokens == ("of", "the", "madeupword0000")
    assert "word count" in vocabulary.kind


def test_one_line_without_a_count_makes_all_lines_tokens(read):
    """In a file of words catch 22 is a token where the other lines have no numbers."""
    assert read("the\ncatch 22\n").tokens == ("the", "catch 22")


def test_specials_come_first_and_are_words_as_they_stand(read):
    """Row 0 is the first special; marks are not looked for in specials."""
    vocabulary = read("[UNK]\nthe\n##ing\n", specials=["##pad", "[CLS]"])

    assert vocabulary.tokens == ("##pad", "[CLS]", "[UNK]", "the", "##ing")
    assert vocabulary.words() == ["##pad", "[CLS]", "[UNK]", "the", "ing"]
    assert vocabulary.words(parts=False) == ["##pad", "[CLS]", "[UNK]", "the", None]


# Maps of ids and tokenizers


def test_map_of_ids_is_put_in_the_order_of_the_ids(read):
    """The order in the file does not matter."""
    assert read({"c": 2, "a": 0, "b": 1}).tokens == ("a", "b", "c")


def test_words_file_may_begin_with_a_brace(read):
    """BERT's vocabulary has { as a token; a file is JSON only if a name follows."""
    assert read("{\n}\nthe\n").tokens == ("{", "}", "the")


def test_tokenizer_has_its_vocabulary_and_what_was_added(read):
    """Added tokens take their ids, also those that stand in the vocabulary too, and are words as they are."""
    added = [("[PAD]", 0), ("##new", 3)]

    vocabulary = read(tokenizer({"[PAD]": 0, "the": 1, "##ing": 2}, added=added))

    assert vocabulary.tokens == ("[PAD]", "the", "##ing", "##new")
    assert vocabulary.words() == ["[PAD]", "the", "ing", "##new"]
    assert vocabulary.kind == "a tokenizer.json (WordPiece)"
    assert vocabulary.marks == Marks(continuation="##")


def test_unigram_vocabulary_is_a_list_with_scores(read):
    """The id is the place in the list."""
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁the", -2.5], ["s", -3]]}

    assert read({"model": model, "added_tokens": []}).words() == ["<unk>", "the", "s"]


def test_token_named_model_does_not_make_a_map_a_tokenizer(read):
    """A word of a map may be `model`."""
    assert read({"model": 0, "added_tokens": 1}).tokens == ("model", "added_tokens")


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordlevel", "wordpiece"])
def test_tokens_are_read_as_the_library_reads_them(kind, tmp_path):
    """Files of Hugging Face's tokenizers: each id has its token, and the word that the library decodes it to.

    Where the library shows a part of a character as U+FFFD there is no word here; what continues a word
    the library shows with ##.
    """
    tokenizers = pytest.importorskip("tokenizers")
    models, pre_tokenizers = tokenizers.models, tokenizers.pre_tokenizers
    decoders, trainers = tokenizers.decoders, tokenizers.trainers
    model, trainer, pre_tokenizer, decoder = {
        "bpe": (models.BPE, trainers.BpeTrainer, pre_tokenizers.ByteLevel, decoders.ByteLevel),
        "unigram": (models.Unigram, trainers.UnigramTrainer, pre_tokenizers.Metaspace, decoders.Metaspace),
        "wordlevel": (models.WordLevel, trainers.WordLevelTrainer, pre_tokenizers.Whitespace, None),
        "wordpiece": (
            models.WordPiece,
            trainers.WordPieceTrainer,
            pre_tokenizers.BertPreTokenizer,
            decoders.WordPiece,
        ),
    }[kind]
    made = tokenizers.Tokenizer(model())
    made.pre_tokenizer = pre_tokenizer()
    if decoder is not None:
        made.decoder = decoder()
    alphabet = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()} if kind == "bpe" else {}
    text = ["the cafés of the old town, the newest of the oldest towns: naïve 日本語"] * 20
    made.train_from_iterator(
        text, trainer(vocab_size=400, show_progress=False, special_tokens=["<pad>"], **alphabet)
    )
    made.save(str(tmp_path / "tokenizer.json"))

    vocabulary = read_model_vocabulary(tmp_path / "tokenizer.json")

    n_tokens = made.get_vocab_size()
    assert vocabulary.tokens == tuple(map(made.id_to_token, range(n_tokens)))
    for number, piece in enumerate(vocabulary.pieces):
        decoded = made.decode([number], skip_special_tokens=False).strip().removeprefix("##")
        assert piece.word == (None if "\ufffd" in decoded else decoded or None)
    assert vocabulary.pieces[vocabulary.tokens.index("<pad>")].word == "<pad>"


# Padding


@pytest.mark.parametrize(
    ("tokens", "options", "row"),
    [
        ("the\n<pad>\nof", {}, 1),
        ("the\n[PAD]\nof", {}, 1),
        ("the\nof", {}, None),
        ("the\n<pad>\nof", {"named": "of"}, 2),
    ],
)
def test_padding_is_the_token_named_or_called_so(read, tokens, options, row):
    """--padding decides; without it <pad> or [PAD], wherever it stands."""
    assert find_padding(read(tokens), **options) == row


@pytest.mark.parametrize(
    ("specials", "row"), [(["<blank>", "<unk>"], 0), (["<s>", "<pad>", "</s>"], 1), (["<s>", "</s>"], 0)]
)
def test_padding_is_the_first_special_where_none_is_called_so(read, specials, row):
    """OpenNMT begins with <blank>; fairseq has <pad> in the second place."""
    assert find_padding(read("the\nof", specials=specials), specials=specials) == row


def test_padding_that_a_tokenizer_names_counts(read):
    """Its own setting comes before the name."""
    vocabulary = read(tokenizer({"<pad>": 0, "<blank>": 1}, padding={"pad_token": "<blank>", "pad_id": 1}))

    assert find_padding(vocabulary) == 1


def test_padding_that_is_no_token_is_refused(read):
    """A misspelt name must not leave the table without padding."""
    with pytest.raises(ValueError, match="'<PAD>' is not among them"):
        find_padding(read("<pad>\nthe"), named="<PAD>")


# Broken files


BROKEN = {
    "V06 token in two lines": ("the\nof\nthe\n", "V06", "line 3: 'the' stands in line 1 already"),
    "V06 token in two lines with counts": ("the 3\nthe 2\n", "V06", "line 2"),
    "V06 token twice in a map": ('{"a": 0, "a": 1}', "V06", "'a' stands twice"),
    "V06 two tokens of one id": ({"a": 0, "b": 0}, "V06", "'a' and 'b' both have the id 0"),
    "V06 added token of a taken id": (tokenizer({"a": 0}, added=[("b", 0)]), "V06", "both have the id 0"),
    "V06 added token with another id": (tokenizer({"a": 0}, added=[("a", 1)]), "V06", "the ids 0 and 1"),
    "V06 token added twice": (tokenizer({"a": 0}, added=[("b", 1), ("b", 2)]), "V06", "'b' has two ids"),
    "V06 token twice in a list": ({"model": {"vocab": [["a", 0], ["a", 0]]}}, "V06", "two ids"),
    "V10 empty file": ("", "V10", "empty"),
    "V10 only line ends": ("\n\n", "V10", "empty"),
    "V10 empty line": ("the\n\nof\n", "V10", "line 2: expected one token, found ''"),
    "V10 blank before a token": ("the\n of\n", "V10", "line 2"),
    "V10 blank behind a token": ("the \nof\n", "V10", "line 1"),
    "V10 columns": ("the\t0\nof\t1\n", "V10", "line 1"),
    "V10 NUL": ("the\0\n", "V10", "line 1"),
    "V10 UTF-16": ("the\nof\n".encode("utf-16"), "V10", "byte 0: not UTF-8 text, hex ff fe"),
    "V10 SentencePiece model": (b"\n\x0e\n\x05<unk>\x15\x00\x00\x80\xbf", "V10", "tokenizer.json"),
    "V15 gap": ({"a": 0, "b": 2}, "V15", "no token has the id 1, and 2 tokens have ids up to 2"),
    "V15 ids from 1": ({"a": 1}, "V15", "no token has the id 0"),
    "V15 gap before added tokens": (tokenizer({"a": 0}, added=[("b", 5)]), "V15", "no token has the id 1"),
    "V15 negative": ({"a": 0, "b": -1}, "V15", "'b' has the id -1"),
    "V15 fraction": ({"a": 0.0}, "V15", "'a' has the id 0.0"),
    "V15 text": ({"a": "0"}, "V15", "expected a whole number"),
    "V15 true": ({"a": True}, "V15", "'a' has the id True"),
    "V15 null": ({"a": None}, "V15", "whole number"),
    "V15 huge": ({"a": 0, "b": 10**30}, "V15", "no token has the id 1"),
    "V15 settings": ({"vocab_size": 5, "name": "bert"}, "V15", "'name' has the id bert"),
    "V16 cut": ('{"a": 0, "b"', "V16", "not JSON"),
    "V15 no number": ('{"a": NaN}', "V15", "'a' has the id nan"),
    "V16 number without end": ('{"a": ' + "1" * 5000 + "}", "V16", "not JSON"),
    "V16 deep": ('{"a":' * 100_000, "V16", "not JSON"),
    "V16 no tokens": ("{}", "V16", "0 tokens"),
    "V16 vocabulary of another kind": ({"model": {"vocab": "a b"}}, "V16", "neither a map"),
    "V16 list without scores": ({"model": {"vocab": ["a"]}}, "V16", "neither a map"),
    "V16 added tokens of another kind": (
        {"model": {"vocab": {}}, "added_tokens": [3]},
        "V16",
        "added_tokens",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_vocabulary_is_refused(read, case):
    """Each with its identifier, the place, and what was found: a shifted row is never made."""
    content, identifier, message = BROKEN[case]

    with pytest.raises(InputError) as caught:
        read(content)

    assert caught.value.identifier == identifier
    assert message in str(caught.value)


def test_mutated_vocabularies_raise_nothing_but_input_errors(read):
    """1,000 files with bytes changed, cut out or doubled: each gives a vocabulary or an InputError.

    What is read has as many pieces as tokens, and all tokens are distinct.
    """
    unigram = {"model": {"vocab": [["<unk>", 0], ["▁a", -1.5]]}, "padding": {"pad_token": "<unk>"}}
    seeds = [
        b"<pad>\nthe\n##s\n[UNK]\n",
        json.dumps({"a": 0, "b": 1, "c": 2}).encode(),
        json.dumps(tokenizer({"[UNK]": 0, "the": 1, "##s": 2}, added=[("[PAD]", 3)])).encode(),
        json.dumps(unigram, ensure_ascii=False).encode(),
    ]
    rng = random.Random(1)
    n_read = 0

    for number in range(1_000):
        content = bytearray(seeds[number % len(seeds)])
        for _ in range(rng.randint(1, 3)):
            start = rng.randrange(len(content))
            stop = start + rng.randint(0, 4)
            content[start:stop] = rng.choice(
                [
                    b"",
                    b"\n",
                    b"null",
                    b"[]",
                    b"{}",
                    b"-1",
                    b'"',
                    bytes([rng.randrange(256)]),
                    content[start:stop] * 2,
                ]
            )
            content = content or bytearray(b"0")
        try:
            vocabulary = read(bytes(content))
        except InputError:
            continue
        find_padding(vocabulary)
        assert len(set(vocabulary.tokens)) == len(vocabulary.pieces) > 0
        n_read += 1

    assert 50 < n_read < 950


def test_missing_file_and_folder_are_refused(tmp_path):
    """The name is in the message."""
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(InputError, match=path.name):
            read_model_vocabulary(path)


def test_special_that_the_file_has_is_refused(read):
    """It would have two rows."""
    with pytest.raises(InputError, match="line 2: '<unk>' is one of the specials"):
        read("the\n<unk>\n", specials=["<pad>", "<unk>"])


@pytest.mark.parametrize("specials", [["<pad>", "<pad>"], ["<pad>", ""]])
def test_bad_specials_are_refused(read, specials):
    """Twice the same, and an empty one."""
    with pytest.raises(ValueError, match="distinct and not empty"):
        read("the", specials=specials)


def test_specials_do_not_shift_ids(read):
    """A map's ids stand: nothing can go in front of them."""
    with pytest.raises(ValueError, match="in front of a words file"):
        read({"a": 0}, specials=["<pad>"])
