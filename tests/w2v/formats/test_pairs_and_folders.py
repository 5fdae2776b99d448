"""Formats of several files: .npy and .tsv with words beside them, and folders of static embedding models."""

import json

import numpy as np
import pytest
import safetensors.numpy

from corpora.errors import InputError, StorageError
from tests.w2v.formats.in_memory import read_bytes, write_bytes
from w2v.formats import load_vectors, save_vectors
from w2v.vectors import Vectors

VECTORS = Vectors(("the", "of"), np.array([[1, 2], [3, 4]], dtype=np.float32), metadata={"seed": 1})
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
NPY = write_bytes(VECTORS, "numpy")
TSV = write_bytes(VECTORS, "projector")
FOLDER = write_bytes(VECTORS, "static-embedding")


def _npy(header, data=bytes(16)):
    text = header.encode().ljust(117) + b"\n"
    return {**NPY, "": b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data}


def _tokenizer(vocabulary, **changes):
    return {**FOLDER, "tokenizer.json": json.dumps({"model": {"vocab": vocabulary}, **changes}).encode()}


def _tensors(**tensors):
    return {**FOLDER, "": safetensors.numpy.save({name: np.array(part) for name, part in tensors.items()})}


ONES = np.ones((3, 2), dtype=np.float32)


@pytest.mark.parametrize(
    ("identifier", "name", "parts"),
    [
        ("RS03", "numpy", _npy(HEADER.replace("<f4", "|O"))),
        ("RS03", "numpy", _npy(HEADER.replace("<f4", "<i4"))),
        ("RS03", "numpy", _npy(HEADER.replace("False", "True"))),
        ("RS08", "numpy", _npy(HEADER.replace("(2, 2)", "(4,)"))),
        ("RS04", "numpy", _npy(HEADER.replace("(2, 2)", "(2, 0)"))),
        ("RB01", "numpy", _npy(HEADER.replace("(2, 2)", "(2, 4611686018427387904)"))),
        ("RB01", "numpy", _npy(HEADER, bytes(15))),
        ("RB02", "numpy", _npy(HEADER, bytes(17))),
        ("R10", "numpy", _npy(HEADER, np.array([1, np.nan, 1, 1], np.float32).tobytes())),
        ("R15", "numpy", _npy(HEADER.replace("<f4", "<f8"), np.array([1, 1e39, 1, 1]).tobytes())),
        ("RS03", "numpy", _npy("__import__('os').system('true')")),
        ("R03", "numpy", {**NPY, "": b"\x93NUMPY\x04\x00" + bytes(200)}),
        ("RT01", "numpy", {**NPY, ".words.txt": b"the\n"}),
        ("RT01", "numpy", {**NPY, ".words.txt": b"the\nof\nand\n"}),
        ("RT13", "numpy", {**NPY, ".words.txt": b"the\n\xff\n"}),
        ("R12", "numpy", {**NPY, ".words.txt": b"the\nthe\n"}),
        ("RT01", "projector", {**TSV, ".metadata.tsv": b"the\n"}),
        ("RT01", "projector", {**TSV, ".metadata.tsv": b"the\nof\nand\n"}),
        ("RT06", "projector", {**TSV, "": b"1\t2\n3\n"}),
        ("RT09", "projector", {**TSV, "": b"1\t2\n3\t\n"}),
        ("RT10", "projector", {**TSV, "": b"1\t2\n3\tx\n"}),
        ("R10", "projector", {**TSV, "": b"1\t2\n3\tnan\n"}),
        ("RT14", "projector", {**TSV, "": b"1\t2\n\n3\t4\n"}),
        ("RS01", "static-embedding", {**FOLDER, "tokenizer.json": b"not JSON"}),
        ("RS01", "static-embedding", {**FOLDER, "config.json": b"[]"}),
        ("RS06", "static-embedding", {**FOLDER, "tokenizer.json": b'{"a": 1, "a": 2}'}),
        ("RS04", "static-embedding", _tokenizer(None)),
        ("RS04", "static-embedding", _tokenizer({})),
        ("RS04", "static-embedding", _tokenizer({"the": 0, "of": 1})),
        ("RS04", "static-embedding", _tokenizer({"the": 0, "of": 1, "[UNK]": 3})),
        ("RS04", "static-embedding", _tokenizer({"the": 0, "of": 1, "[UNK]": 1})),
        ("RS04", "static-embedding", _tokenizer({"the": 0, "of": 1, "[UNK]": "2"})),
        ("RS04", "static-embedding", _tensors(rows=ONES)),
        ("RS03", "static-embedding", _tensors(embeddings=ONES.astype(np.int8))),
        ("RS08", "static-embedding", _tensors(embeddings=ONES[0])),
        ("RS05", "static-embedding", _tensors(embeddings=ONES, mapping=[0, 1, 9])),
        ("RS03", "static-embedding", _tensors(embeddings=ONES, mapping=[0.0, 1.0, 2.0])),
        ("RS04", "static-embedding", _tensors(embeddings=ONES, weights=[0.0, 1.0])),
    ],
)
def test_broken_files_are_refused(identifier, name, parts):
    """Every fault has its name, in whichever of the files it is."""
    with pytest.raises(InputError) as caught:
        read_bytes(parts, name)

    assert caught.value.identifier == identifier


@pytest.mark.parametrize(
    ("name", "missing"), [("a.npy", "a.words.txt"), ("a.tsv", "a.metadata.tsv"), ("a/", "a/tokenizer.json")]
)
def test_a_file_that_is_missing_beside_is_named(tmp_path, name, missing):
    """R03, R09: numbers alone are no word vectors."""
    save_vectors(VECTORS, f"{tmp_path}/{name}")
    (tmp_path / missing).unlink()

    with pytest.raises(InputError) as caught:
        load_vectors(tmp_path / name)

    assert caught.value.identifier in ("R03", "R09")
    assert missing[1:] in str(caught.value)


def test_lines_of_windows_end_no_word(tmp_path):
    """RT12: where all lines end so."""
    assert read_bytes({**NPY, ".words.txt": b"the\r\nof\r\n"}, "numpy").words == ("the", "of")


def test_a_folder_keeps_the_metadata(tmp_path):
    """Settings travel in config.json, and the row of unknown words, which was added, is not read."""
    save_vectors(VECTORS, f"{tmp_path}/a/")

    found = load_vectors(tmp_path / "a")

    assert found.words == ("the", "of")
    assert dict(found.metadata) == {"seed": 1}


def test_a_word_for_unknown_ones_is_taken_for_them():
    """[UNK] or <unk> among the words serves, and then no row is added."""
    parts = write_bytes(Vectors(("the", "<unk>"), VECTORS.matrix), "static-embedding")

    assert json.loads(parts["tokenizer.json"])["model"]["unk_token"] == "<unk>"
    assert safetensors.numpy.load(parts[""])["embeddings"].shape == (2, 2)


def test_a_lowercase_vocabulary_lowers_the_sentence():
    """And one with capitals does not."""
    capitals = write_bytes(Vectors(("The", "of"), VECTORS.matrix), "static-embedding")

    assert json.loads(FOLDER["tokenizer.json"])["normalizer"] == {"type": "Lowercase"}
    assert json.loads(capitals["tokenizer.json"])["normalizer"] is None


def test_a_shared_table_is_read_through_its_mapping():
    """model2vec's smaller models: a row for several tokens, and a factor for each token."""
    parts = _tensors(embeddings=[[1.0, 2.0]], mapping=[0, 0, 0], weights=[1.0, 2.0, 0.5])

    assert read_bytes(parts, "static-embedding").matrix.tolist() == [[1, 2], [2, 4]]


def test_unigram_tokens_are_in_the_order_of_their_list():
    """A list of pairs in place of a map, as sentencepiece tokenizers have; added tokens come behind."""
    parts = _tokenizer([["a", -1.0], ["b", -2.0]], added_tokens=[{"id": 2, "content": "[UNK]"}])

    assert read_bytes(parts, "static-embedding").words == ("a", "b")


def test_a_folder_in_the_folder_is_found(tmp_path):
    """Where sentence-transformers puts a module that is one of several."""
    save_vectors(VECTORS, f"{tmp_path}/a/0_StaticEmbedding/")
    (tmp_path / "a" / "0_StaticEmbedding" / "config.json").unlink()

    assert load_vectors(tmp_path / "a").words == ("the", "of", "[UNK]")


def test_a_folder_that_is_there_is_never_replaced(tmp_path):
    """K22: it may hold anything."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("mine")

    with pytest.raises(StorageError) as caught:
        save_vectors(VECTORS, f"{tmp_path}/a/")

    assert caught.value.identifier == "K22"
    assert (tmp_path / "a" / "mine").read_text() == "mine"


def test_a_folder_without_a_model_is_refused(tmp_path):
    """R09."""
    with pytest.raises(InputError, match="a folder without vectors") as caught:
        load_vectors(tmp_path)

    assert caught.value.identifier == "R09"
