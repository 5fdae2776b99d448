"""What is written is read by the programs it is written for: the same words and the same bits."""

import csv
import dataclasses
import warnings

import numpy as np
import pytest
import safetensors.numpy
from gensim.models import KeyedVectors

from w2v.formats import load_vectors, save_vectors
from w2v.vectors import Vectors

WORDS = (
    "the",
    "käse",
    "日本",
    "a\u00a0b",
    "\ufb01x",
    "\U0001f600",
    "</s>",
    *(f"word{row}" for row in range(200)),
)


@pytest.fixture(scope="module")
def vectors():
    """Words of several scripts, and numbers of all sizes that vectors have."""
    matrix = np.random.default_rng(1).normal(0, 0.3, size=(len(WORDS), 7)).astype(np.float32)
    matrix[0, :3] = 0, 1e-7, -12345.678
    return Vectors(WORDS, matrix, np.arange(len(WORDS), 0, -1))


@pytest.mark.parametrize(("name", "options"), [("a.txt", {}), ("a.txt.gz", {}), ("a.bin", {"binary": True})])
def test_gensim_reads_word2vec(tmp_path, vectors, name, options):
    """Gensim's KeyedVectors, text and binary, packed and plain."""
    save_vectors(vectors, tmp_path / name)

    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / name), **options)

    assert keyed.index_to_key == list(WORDS)
    assert keyed.vectors.tobytes() == vectors.matrix.tobytes()


def test_gensim_reads_glove(tmp_path, vectors):
    """The same without a header."""
    save_vectors(vectors, tmp_path / "a", format="glove")

    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / "a"), no_header=True)

    assert keyed.index_to_key == list(WORDS)
    assert keyed.vectors.tobytes() == vectors.matrix.tobytes()


@pytest.mark.parametrize("binary", [False, True])
def test_what_gensim_writes_is_read(tmp_path, vectors, binary):
    """The other way round."""
    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(list(WORDS), vectors.matrix)
    keyed.save_word2vec_format(str(tmp_path / "a"), binary=binary)

    found = load_vectors(tmp_path / "a")

    assert found.words == WORDS
    assert found.matrix.tobytes() == vectors.matrix.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_numpy_reads_the_array(tmp_path, vectors, dtype):
    """numpy.load without pickles, copied and mapped; the words are lines."""
    save_vectors(vectors, tmp_path / "a.npy", dtype=dtype)

    expected = vectors.matrix.astype(dtype).tobytes()
    assert np.load(tmp_path / "a.npy", allow_pickle=False).tobytes() == expected
    assert np.load(tmp_path / "a.npy", mmap_mode="r").tobytes() == expected
    assert (tmp_path / "a.words.txt").read_text(encoding="utf-8").split("\n")[:-1] == list(WORDS)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_what_numpy_writes_is_read(tmp_path, vectors, dtype):
    """The other way round, halves and doubles included."""
    np.save(tmp_path / "a.npy", vectors.matrix.astype(dtype))
    (tmp_path / "a.words.txt").write_text("\n".join(WORDS), encoding="utf-8")

    found = load_vectors(tmp_path / "a.npy")

    assert found.words == WORDS
    assert found.matrix.tobytes() == vectors.matrix.astype(dtype).astype(np.float32).tobytes()


def test_safetensors_reads_both_kinds(tmp_path, vectors):
    """The native file and that of the folder."""
    save_vectors(dataclasses.replace(vectors, output=-vectors.matrix), tmp_path / "a.safetensors")
    save_vectors(vectors, f"{tmp_path}/a/")

    native = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    folder = safetensors.numpy.load_file(tmp_path / "a" / "model.safetensors")

    assert native["matrix"].tobytes() == vectors.matrix.tobytes()
    assert native["output"].tobytes() == (-vectors.matrix).tobytes()
    assert folder["embeddings"][:-1].tobytes() == vectors.matrix.tobytes()
    assert not folder["embeddings"][-1].any()


def test_csv_reads_the_projectors_pair(tmp_path, vectors):
    """Any reader of tabs; TensorBoard's own is below."""
    save_vectors(vectors, tmp_path / "a.tsv")

    with open(tmp_path / "a.tsv", newline="") as file:
        rows = np.array([[np.float32(field) for field in row] for row in csv.reader(file, delimiter="\t")])
    assert rows.tobytes() == vectors.matrix.tobytes()
    assert (tmp_path / "a.metadata.tsv").read_text(encoding="utf-8").split("\n")[:-1] == list(WORDS)


def test_tensorboard_reads_the_projectors_pair(tmp_path, vectors):
    """By the function that the projector's plugin reads such files with."""
    plugin = pytest.importorskip("tensorboard.plugins.projector.projector_plugin")
    save_vectors(vectors, tmp_path / "a.tsv")

    assert plugin._read_tensor_tsv_file(str(tmp_path / "a.tsv")).tobytes() == vectors.matrix.tobytes()


def test_spacy_reads_word2vec_text(tmp_path, vectors):
    """By the function behind `spacy init vectors`, which splits lines by rules of its own."""
    spacy = pytest.importorskip("spacy")
    from spacy.training.initialize import convert_vectors

    save_vectors(vectors, tmp_path / "a.txt")
    nlp = spacy.blank("xx")

    convert_vectors(nlp, tmp_path / "a.txt", truncate=0, prune=-1)

    for word in WORDS:
        assert nlp.vocab.get_vector(word).tobytes() == vectors[word].tobytes()


def test_tokenizers_cuts_a_sentence_into_our_words(tmp_path, vectors):
    """Row i is token i, and what is unknown is the last row, of zeros."""
    tokenizers = pytest.importorskip("tokenizers")
    save_vectors(vectors, f"{tmp_path}/a/")

    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "a" / "tokenizer.json"))

    assert tokenizer.encode("the 日本\tnever-seen käse").ids == [0, 2, len(WORDS), 1]
    assert [tokenizer.id_to_token(row) for row in range(len(WORDS))] == list(WORDS)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_model2vec_reads_the_folder(tmp_path, vectors, dtype):
    """The same tokens and rows; a sentence is the mean of its known words."""
    model2vec = pytest.importorskip("model2vec")
    save_vectors(vectors, f"{tmp_path}/a/", dtype=dtype)

    model = model2vec.StaticModel.from_pretrained(str(tmp_path / "a"))

    rows = vectors.matrix.astype(dtype)
    assert list(model.tokens)[:-1] == list(WORDS)
    assert model.embedding[:-1].tobytes() == rows.tobytes()
    encoded = model.encode("the 日本 unknown")
    np.testing.assert_allclose(encoded, rows[[0, 2]].astype(np.float32).mean(axis=0), rtol=2e-3)


def test_what_model2vec_writes_is_read(tmp_path, vectors):
    """The other way round, tokens with weights included."""
    model2vec = pytest.importorskip("model2vec")
    save_vectors(vectors, f"{tmp_path}/a/")
    model = model2vec.StaticModel.from_pretrained(str(tmp_path / "a"))
    model.weights = np.linspace(0.5, 2, len(model.tokens)).astype(np.float32)
    model.save_pretrained(str(tmp_path / "b"))

    found = load_vectors(tmp_path / "b")

    assert found.words == WORDS
    expected = (model.embedding * model.weights[:, None])[:-1]
    assert found.matrix.tobytes() == expected.astype(np.float32).tobytes()


def test_sentence_transformers_reads_and_writes_the_folder(tmp_path, vectors):
    """The same rows; a sentence is the mean of its words; and what it writes is read."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    save_vectors(vectors, f"{tmp_path}/a/")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sentence_transformers.SentenceTransformer(str(tmp_path / "a"), device="cpu")
    encoded = model.encode("the 日本")
    model.save_pretrained(str(tmp_path / "b"))

    np.testing.assert_allclose(encoded, vectors[["the", "日本"]].mean(axis=0), rtol=1e-5)
    assert model[0].embedding.weight.detach().numpy()[:-1].tobytes() == vectors.matrix.tobytes()
    assert load_vectors(tmp_path / "b").words == (*WORDS, "[UNK]")
    assert load_vectors(tmp_path / "b").matrix[:-1].tobytes() == vectors.matrix.tobytes()
