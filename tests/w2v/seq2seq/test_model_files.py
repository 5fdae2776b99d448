"""Models on disk: whole or refused, and nothing in them is ever run."""

import json
import os

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from corpora.errors import InputError, StorageError
from tests.w2v.seq2seq.toy import SMALL, VARIANTS, small_translator
from w2v.formats.safetensors_file import MAX_METADATA
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.model_files import MODEL_NAME, load_translator, read_training, save_translator
from w2v.seq2seq.translator import Translator, build_model
from w2v.seq2seq.vocabulary import TokenVocabulary

IDS = [f"{'-'.join(variant) or 'plain'}" for variant in VARIANTS]


def weights_of(translator):
    """The weights by name."""
    return dict(translator.model.named_parameters())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The bytes of a small model with attention, and where its header ends."""
    folder = tmp_path_factory.mktemp("written")
    save_translator(small_translator(n_source=3, n_target=2, hidden=2, attention=True), folder, {"note": 1})
    data = (folder / MODEL_NAME).read_bytes()
    return data, 8 + int.from_bytes(data[:8], "little")


def refused(folder, data):
    """The InputError of a file of these bytes; None if it is read. Whatever else is raised goes through."""
    (folder / MODEL_NAME).write_bytes(data)
    try:
        load_translator(folder)
    except InputError as error:
        return error
    return None


@pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
def test_a_model_comes_back_bit_for_bit(tmp_path, variant):
    """Weights, words, settings and what is known of the training; in evaluation mode."""
    translator = small_translator(**variant)
    save_translator(translator, tmp_path, {"losses": [1.5]})

    found = load_translator(tmp_path)

    assert found.config == translator.config
    assert (found.source.tokens, found.target.tokens) == (translator.source.tokens, translator.target.tokens)
    assert weights_of(found).keys() == weights_of(translator).keys()
    assert all(
        torch.equal(weight, weights_of(found)[name]) for name, weight in weights_of(translator).items()
    )
    assert read_training(tmp_path) == {"losses": [1.5]}
    assert not found.model.training
    assert load_translator(tmp_path / MODEL_NAME).config == found.config


def test_a_shared_table_is_saved_once_and_shared_again(tmp_path):
    """One tensor on disk, one storage in memory, one vocabulary."""
    save_translator(small_translator(share_embeddings=True, tied=True), tmp_path)

    tensors = load_file(tmp_path / MODEL_NAME)
    found = load_translator(tmp_path)

    assert [name for name in tensors if "embedding" in name] == ["encoder.embedding.weight"]
    assert "decoder.output.weight" not in tensors
    assert found.source is found.target
    assert found.model.decoder.output.weight is found.model.encoder.embedding.weight


def test_any_reader_of_safetensors_opens_it(tmp_path):
    """The weights are there by torch's names, the words one a line."""
    translator = small_translator()
    save_translator(translator, tmp_path)

    tensors = load_file(tmp_path / MODEL_NAME)

    for name, weight in weights_of(translator).items():
        np.testing.assert_array_equal(tensors[name], weight.detach().numpy())
    assert bytes(tensors["source_words"]).decode().split("\n") == list(translator.source.tokens[4:])


@pytest.mark.parametrize("words", [["ein wort", "日本", "\u2028", "\x1b[1m", " "], ["a"], []])
def test_all_words_come_back(tmp_path, words):
    """Blanks, letters of any script and control characters; a vocabulary may have no word but the four."""
    vocabulary = TokenVocabulary(words)
    config = Seq2SeqConfig(**SMALL)
    save_translator(
        Translator(build_model(config, vocabulary, vocabulary), vocabulary, vocabulary, config), tmp_path
    )

    assert load_translator(tmp_path).source.tokens[4:] == tuple(words)


def test_a_word_that_cannot_be_saved_is_refused(tmp_path):
    """A line end in it would make two of it; nothing is written."""
    vocabulary, config = TokenVocabulary(["a\nb"]), Seq2SeqConfig(**SMALL)
    translator = Translator(build_model(config, vocabulary, vocabulary), vocabulary, vocabulary, config)

    with pytest.raises(ValueError, match="line end"):
        save_translator(translator, tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_model_that_cannot_be_written_leaves_the_old_one(tmp_path):
    """K13: where the folder is gone there is no file; and an error in the middle leaves what was there."""
    with pytest.raises(StorageError):
        save_translator(small_translator(), tmp_path / "none")

    save_translator(small_translator(), tmp_path)
    before = (tmp_path / MODEL_NAME).read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        save_translator(small_translator(seed=2), tmp_path, {"loss": float("nan")})
    assert (tmp_path / MODEL_NAME).read_bytes() == before
    assert os.listdir(tmp_path) == [MODEL_NAME]


def test_what_is_no_model_is_refused(tmp_path):
    """An empty folder, a file that is none, and vectors of ours, each in its own words."""
    from w2v import Vectors, save_vectors

    with pytest.raises(InputError, match=f"there is no {MODEL_NAME} here") as caught:
        load_translator(tmp_path)
    assert caught.value.identifier == "S04"
    assert "w2v seq2seq train" in caught.value.fix
    for data in (b"hello\n" * 9, b"\x80\x02}q", b"PK\x03\x04"):
        assert refused(tmp_path, data).identifier == "S04"
    assert refused(tmp_path, b"").identifier == "R07"
    save_vectors(Vectors(("a",), np.ones((1, 3), np.float32)), tmp_path / MODEL_NAME)
    assert (
        "no file of the format 'w2v-seq2seq'"
        in refused(tmp_path, (tmp_path / MODEL_NAME).read_bytes()).problem
    )


# Damage


def test_a_flipped_bit_of_the_header_is_never_another_error(tmp_path, written):
    """One bit in every third byte turned: what comes of it is read or refused, most of it refused."""
    data, end = written
    places = [*range(12), *range(12, end, 3)]
    n_refused = 0

    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << (place % 7)
        n_refused += refused(tmp_path, bytes(damaged)) is not None

    assert n_refused > len(places) / 2


def test_a_cut_model_is_refused(tmp_path, written):
    """Wherever the file ends before its end, or goes on behind it."""
    data, _ = written

    assert all(refused(tmp_path, data[:length]) for length in range(0, len(data), 23))
    assert refused(tmp_path, data[:-1])
    assert refused(tmp_path, data + b"\0")
    assert refused(tmp_path, data) is None


def rewritten(folder, data, change):
    """The bytes of a model after a change to its tensors and metadata; a whole file of safetensors."""
    (folder / MODEL_NAME).write_bytes(data)
    tensors = load_file(folder / MODEL_NAME)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    change(tensors, metadata)
    save_file(tensors, folder / MODEL_NAME, metadata)
    return (folder / MODEL_NAME).read_bytes()


def setting(name, value):
    """A change of one of the settings."""

    def change(_tensors, metadata):
        metadata["w2v"] = json.dumps(json.loads(metadata["w2v"]) | {name: value})

    return change


def number(value):
    """A change of one number of a weight."""
    return lambda tensors, _: tensors["decoder.output.bias"].__setitem__(1, value)


def exchange(tensors, _):
    """Two tensors of different shapes under each other's names."""
    first, second = "encoder.embedding.weight", "decoder.output.weight"
    tensors[first], tensors[second] = tensors[second], tensors[first]


CHANGES = [
    *(setting("hidden", value) for value in (1, 4, 0, -2, 10**9, 2.0, "2", None, True)),
    *(setting("layers", value) for value in (2, 10**6, 0, "x")),
    *(setting("source_dim", value) for value in (5, 10**10, 6.5)),
    *(setting("attention", value) for value in (False, "no", 1)),
    *(setting("bidirectional", value) for value in (True, None)),
    *(setting("tied", value) for value in (True, [])),
    setting("share_embeddings", True),
    *(setting("seed", value) for value in (-1, 2**64, 1.5)),
    setting("dropout", 1e999),
    setting("learning_rate", [1]),
    *(number(value) for value in (np.nan, np.inf, -np.inf)),
    exchange,
    lambda tensors, _: tensors.pop("decoder.output.bias"),
    lambda tensors, _: tensors.pop("source_words"),
    lambda tensors, _: tensors.update(more=np.zeros(3, np.float32)),
    lambda tensors, _: tensors.update({"decoder.output.bias": tensors["decoder.output.bias"][:-1].copy()}),
    lambda tensors, _: tensors.update({"decoder.output.bias": tensors["decoder.output.bias"].astype("f8")}),
    lambda tensors, _: tensors.update({"decoder.output.bias": tensors["decoder.output.bias"].astype("i4")}),
    lambda tensors, _: tensors.update(source_words=np.frombuffer(b"a\nb", np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.frombuffer(b"a\na\nb", np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.frombuffer(b"a\n\nb", np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.frombuffer(b"a\nb\n<eos>", np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.frombuffer(b"a\nb\n\xff", np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.zeros((2, 2), np.uint8)),
    lambda tensors, _: tensors.update(source_words=np.zeros(3, np.float32)),
    lambda _, metadata: metadata.update(format="w2v"),
    lambda _, metadata: metadata.pop("format"),
    lambda _, metadata: metadata.update(format_version="2"),
    lambda _, metadata: metadata.pop("format_version"),
    lambda _, metadata: metadata.pop("w2v"),
    *(
        lambda _, metadata, text=text: metadata.update(w2v=text)
        for text in ("", "[]", "{}", "nul", '{"a": NaN}')
    ),
    lambda _, metadata: metadata.update(w2v="[" * 100_000),
    lambda _, metadata: metadata.update(w2v="x" * (MAX_METADATA + 2000)),
]


@pytest.mark.parametrize("place", range(len(CHANGES)))
def test_a_model_that_does_not_fit_itself_is_refused(tmp_path, written, place):
    """Sizes, names, kinds of numbers, NaN, words, versions: an InputError, before memory is taken for it."""
    assert refused(tmp_path, rewritten(tmp_path, written[0], CHANGES[place])).exit_code == 3


def test_the_changes_above_are_what_is_refused(tmp_path, written):
    """Written anew without a change, the model is read."""
    assert refused(tmp_path, rewritten(tmp_path, written[0], lambda *_: None)) is None


def test_a_lone_surrogate_in_the_metadata_is_refused(tmp_path, written):
    r"""JSON can hold "\ud800", which is no letter and cannot be encoded."""
    data, end = written
    header = data[8:end].replace(b"source_dim", b"\\ud800rce_dim"[: len(b"source_dim") + 6])
    header += b" " * (-len(header) % 8)

    assert refused(tmp_path, len(header).to_bytes(8, "little") + header + data[end:])


def test_a_newer_version_is_named(tmp_path, written):
    """K04 says which."""
    data = rewritten(tmp_path, written[0], lambda _, metadata: metadata.update(format_version="7"))

    error = refused(tmp_path, data)

    assert error.identifier == "K04"
    assert "'7'" in error.problem
