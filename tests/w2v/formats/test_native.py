"""The native file: rows RS of the bad inputs, round trips, the safetensors library on the other side."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import strategies as st

from corpora.errors import InputError
from tests.w2v.formats.in_memory import read_bytes
from w2v.formats import ReadOptions, load_vectors, save_vectors
from w2v.vectors import Vectors

GOLDEN = Path(__file__).parent / "golden"
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)
MARK = {"format": "w2v-vectors", "format_version": "1", "w2v": "{}"}


def _load(tmp_path, content, **options):
    (tmp_path / "vectors").write_bytes(content)
    return load_vectors(tmp_path / "vectors", **options)


def _file(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def _parts(**changes):
    parts = {
        "matrix": np.array([[1, 2], [3, 4]], dtype=np.float32),
        "word_offsets": np.array([0, 3, 5]),
        "words": np.frombuffer(b"theof", dtype=np.uint8),
    }
    return {name: part for name, part in (parts | changes).items() if part is not None}


def _tensor(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_everything_is_kept(tmp_path):
    """Words, matrix, counts and metadata come back as they were."""
    matrix = np.array([[1, -0.0], [1e-45, 3e38]], dtype=np.float32)
    metadata = {"config": {"dim": 2, "names": ["a", None]}, "seed": 2**63}
    vectors = Vectors(("New York", ""), matrix, np.array([2**62, 0]), metadata)

    save_vectors(vectors, tmp_path / "vectors.safetensors")
    found = load_vectors(tmp_path / "vectors.safetensors")

    assert found.words == vectors.words
    assert found.matrix.tobytes() == matrix.tobytes()
    assert found.counts.tolist() == [2**62, 0]
    assert dict(found.metadata) == metadata


def test_counts_may_be_unknown(tmp_path):
    """Without counts the file has no such tensor, and none are made up."""
    save_vectors(Vectors(("a",), np.ones((1, 1), dtype=np.float32)), tmp_path / "vectors.safetensors")

    assert load_vectors(tmp_path / "vectors.safetensors").counts is None


def test_the_file_written_is_the_golden_one(tmp_path):
    """Byte for byte, for later versions must write it so, or change the version of the format."""
    save_vectors(load_vectors(GOLDEN / "w2v.safetensors"), tmp_path / "vectors.safetensors")

    assert (tmp_path / "vectors.safetensors").read_bytes() == (GOLDEN / "w2v.safetensors").read_bytes()


def test_safetensors_reads_what_we_write():
    """The file is plain safetensors: the library finds the same tensors in it."""
    tensors = safetensors.numpy.load_file(GOLDEN / "w2v.safetensors")
    vectors = load_vectors(GOLDEN / "w2v.safetensors")

    assert tensors["matrix"].tobytes() == vectors.matrix.tobytes()
    assert tensors["counts"].tolist() == vectors.counts.tolist()
    assert tensors["words"].tobytes() == "".join(vectors.words).encode()
    assert (
        tensors["word_offsets"].tolist() == np.cumsum([0] + [len(w.encode()) for w in vectors.words]).tolist()
    )


def test_we_read_what_safetensors_writes(tmp_path):
    """The library orders tensors in its own way; the same words and numbers are found."""
    vectors = _load(tmp_path, safetensors.numpy.save(_parts(), metadata=MARK))

    assert vectors.words == ("the", "of")
    assert vectors["of"].tolist() == [3, 4]


def test_tensors_begin_at_multiples_of_eight():
    """Readers that map the file need aligned numbers."""
    content = (GOLDEN / "w2v.safetensors").read_bytes()

    assert int.from_bytes(content[:8], "little") % 8 == 0


DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
MANY = {f"t{i}": _tensor(shape=(0,), offsets=(0, 0)) for i in range(10_001)}


@pytest.mark.parametrize(
    ("identifier", "content"),
    [
        pytest.param("RS01", (10**6).to_bytes(8, "little") + b'{"a":1}', id="RS01-longer-than-the-file"),
        pytest.param("RS01", b"\xff" * 8 + b'{"a":1}', id="RS01-2-64"),
        pytest.param("RS01", (1).to_bytes(8, "little") + b"{}", id="RS01-one-byte"),
        pytest.param("RS01", _file(b'{"\xff":1}'), id="RS01-not-utf8"),
        pytest.param("RS01", _file(b'{"a":'), id="RS01-not-json"),
        pytest.param("RS01", _file(b'{"a":NaN}'), id="RS01-nan"),
        pytest.param("RS01", _file(b"[1,2]   "), id="RS01-not-an-object"),
        pytest.param("RS01", _file(DEEP), id="RS01-deep"),
        pytest.param("RS01", _file({"a": 1}), id="RS01-tensor-not-described"),
        pytest.param("RS01", _file({"a": _tensor() | {"more": 1}}, b"1234"), id="RS01-tensor-with-more"),
        pytest.param("RS02", _file({"a": _tensor(), "b": _tensor()}, b"1234"), id="RS02-overlap"),
        pytest.param("RS02", _file({"a": _tensor(offsets=(4, 8))}, b"12345678"), id="RS02-hole"),
        pytest.param("RS02", _file({"a": _tensor()}, b"12345"), id="RS02-trailing"),
        pytest.param("RS02", _file({"a": _tensor()}, b"123"), id="RS02-short"),
        pytest.param("RS02", _file({"a": _tensor(shape=(2,))}, b"1234"), id="RS02-shape"),
        pytest.param("RS02", _file({"a": _tensor(shape=(2**62, 4))}, b"1234"), id="RS02-product-overflows"),
        pytest.param("RS02", _file({"a": _tensor(shape=(-1,))}, b"1234"), id="RS02-negative"),
        pytest.param("RS02", _file({"a": _tensor(shape=(1.0,))}, b"1234"), id="RS02-not-a-whole-number"),
        pytest.param("RS02", _file({"a": _tensor(shape=(1,) * 9)}, b"1234"), id="RS02-rank-9"),
        pytest.param("RS02", _file({"a": _tensor(offsets=(0,))}, b"1234"), id="RS02-one-offset"),
        pytest.param("RS03", _file({"a": _tensor("F31")}, b"1234"), id="RS03-unknown"),
        pytest.param("RS03", _parts(matrix=np.ones((2, 2), dtype=np.int8)), id="RS03-I8"),
        pytest.param("R15", _parts(matrix=np.full((2, 2), 1e39)), id="R15-F64"),
        pytest.param("RS04", _parts(output=np.ones((2, 3), dtype=np.float32)), id="RS04-output"),
        pytest.param("RS03", _parts(word_offsets=np.array([0, 3, 5], dtype=np.int32)), id="RS03-I32"),
        pytest.param("RS04", _parts(words=None), id="RS04-no-words"),
        pytest.param("RS04", _parts(matrix=None), id="RS04-no-matrix"),
        pytest.param("RS04", _parts(word_offsets=np.array([0, 3])), id="RS04-a-word-too-few"),
        pytest.param("RS04", _parts(counts=np.array([1])), id="RS04-a-count-too-few"),
        pytest.param("RS04", _parts(counts=np.array([1, -1])), id="RS04-a-count-negative"),
        pytest.param("RS04", _parts(more=np.array([1])), id="RS04-a-tensor-more"),
        pytest.param("RS04", _parts(matrix=np.ones((2, 0), dtype=np.float32)), id="RS04-no-numbers"),
        pytest.param("RS04", safetensors.numpy.save(_parts()), id="RS04-no-metadata"),
        pytest.param("RS05", _parts(word_offsets=np.array([0, 6, 5])), id="RS05-not-ascending"),
        pytest.param("RS05", _parts(word_offsets=np.array([0, 3, 2**62])), id="RS05-out-of-range"),
        pytest.param("RS05", _parts(word_offsets=np.array([-1, 3, 5])), id="RS05-negative"),
        pytest.param("RS05", _parts(words=np.frombuffer(b"\xffheof", np.uint8)), id="RS05-not-utf8"),
        pytest.param("RS06", _file(b'{"a":1,"a":1}'), id="RS06"),
        pytest.param("RS07", _file({"__metadata__": {"a": 1}}), id="RS07-number"),
        pytest.param("RS07", _file({"__metadata__": ["a"]}), id="RS07-list"),
        pytest.param("RS08", _parts(matrix=np.ones(2, dtype=np.float32)), id="RS08-rank-1"),
        pytest.param("RS08", _parts(matrix=np.ones((2, 1, 1), dtype=np.float32)), id="RS08-rank-3"),
        pytest.param("RS09", _file(MANY), id="RS09"),
        pytest.param(
            "RS10", safetensors.numpy.save({f"layer{i}": np.ones(3) for i in range(300)}), id="RS10"
        ),
        pytest.param("R10", _parts(matrix=np.array([[1, 2], [np.nan, 1]], dtype=np.float32)), id="R10"),
        pytest.param(
            "R12",
            _parts(words=np.frombuffer(b"thethe", np.uint8), word_offsets=np.array([0, 3, 6])),
            id="R12",
        ),
        pytest.param("K04", (_parts(), MARK | {"format_version": "2"}), id="K04-newer"),
        pytest.param("RS01", (_parts(), MARK | {"w2v": "[1]"}), id="RS01-settings-no-object"),
        pytest.param("K24", (_parts(), MARK | {"w2v": "x" * 1_100_000}), id="K24-metadata"),
    ],
)
def test_broken_files_are_refused(tmp_path, identifier, content):
    """Each row of the list gets its own error, before anything is allocated by a size the file declares."""
    if isinstance(content, dict):
        content = (content, MARK)
    if isinstance(content, tuple):
        content = safetensors.numpy.save(content[0], metadata=content[1])

    with pytest.raises(InputError) as caught:
        _load(tmp_path, content, format="native")

    assert caught.value.identifier == identifier


def test_a_strangers_model_is_told_by_what_it_lacks(tmp_path):
    """RS10: another program's tensors have no words beside them."""
    with pytest.raises(InputError, match="no word list in this file of 300 tensors"):
        _load(tmp_path, safetensors.numpy.save({f"layer{i}": np.ones(3) for i in range(300)}))


def test_a_cut_at_any_byte_is_noticed(tmp_path):
    """P8: whatever is missing at the end."""
    content = (GOLDEN / "w2v.safetensors").read_bytes()

    for n_bytes in range(len(content)):
        with pytest.raises(InputError):
            _load(tmp_path, content[:n_bytes])


def test_no_changed_byte_of_the_header_lets_another_error_out():
    """P7: any byte of the header changed gives vectors or an InputError."""
    content = bytearray((GOLDEN / "w2v.safetensors").read_bytes())
    end = 8 + int.from_bytes(content[:8], "little")

    for place in range(end):
        for byte in (0, 0x22, 0x39, content[place] ^ 1):
            changed = bytes(content[:place]) + bytes([byte]) + bytes(content[place + 1 :])
            with contextlib.suppress(InputError):
                read_bytes(changed, "native")


def test_metadata_json_cannot_hold_is_refused():
    """What would not come back the same is a mistake of the caller."""
    vectors = Vectors(("a",), np.ones((1, 1), dtype=np.float32), metadata={"a": object()})

    with pytest.raises(ValueError, match="metadata must hold what JSON can hold"):
        save_vectors(vectors, "never-written.safetensors")


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_kinds_of_floats_are_converted(tmp_path, dtype):
    """RS03: halves and doubles become float32."""
    content = safetensors.numpy.save(_parts(matrix=np.array([[1, 2], [3, 0.1]], dtype=dtype)), metadata=MARK)

    assert (
        _load(tmp_path, content).matrix.tolist() == np.array([[1, 2], [3, 0.1]], dtype).astype("f4").tolist()
    )


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    """RS03: numpy has no such kind, the file has."""
    header = {"__metadata__": MARK, "matrix": _tensor("BF16", (1, 2), (0, 4))}
    header |= {"word_offsets": _tensor("I64", (2,), (4, 20)), "words": _tensor("U8", (1,), (20, 21))}
    data = b"\x80\x3f\x20\xc0" + np.array([0, 1]).tobytes() + b"a"

    assert _load(tmp_path, _file(header, data)).matrix.tolist() == [[1, -2.5]]


@pytest.mark.parametrize(
    ("table", "expected"),
    [("input", [[1, 2]]), ("output", [[30, 40]]), ("sum", [[31, 42]]), ("concat", [[1, 2, 30, 40]])],
)
def test_both_tables_can_be_kept(tmp_path, table, expected):
    """The output vectors stand beside the others, and any combination of the two can be read."""
    output = np.array([[30, 40]], dtype=np.float32)
    vectors = Vectors(("a",), np.array([[1, 2]], dtype=np.float32), output=output)

    save_vectors(vectors, tmp_path / "a.safetensors")

    options = ReadOptions(table=table)
    assert load_vectors(tmp_path / "a.safetensors", options=options).matrix.tolist() == expected
    if table in ("input", "output"):
        mapped = load_vectors(tmp_path / "a.safetensors", options=options, mmap=True)
        assert mapped.matrix.tolist() == expected


def test_a_table_that_is_not_there_is_refused(tmp_path):
    """Neither a native file without it nor another format has it."""
    save_vectors(Vectors(("a",), np.ones((1, 2), dtype=np.float32)), tmp_path / "a.safetensors")

    for path in (tmp_path / "a.safetensors", GOLDEN / "w2v.txt"):
        with pytest.raises(InputError) as caught:
            load_vectors(path, options=ReadOptions(table="sum"))
        assert caught.value.identifier == "RS04"
