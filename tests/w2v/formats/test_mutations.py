"""Mutated files: whatever is done to a file, reading it gives vectors or one of the project's own errors.

Changed, cut, doubled and spliced bytes, and numbers put where sizes stand: 100,000 files per format. More or
fewer with

    W2V_MUTATIONS=1000000 python -m pytest tests/w2v/formats/test_mutations.py
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import InputError
from tests.w2v.formats.in_memory import read_bytes, write_bytes
from w2v.formats import load_vectors, recognise
from w2v.formats.table import FORMATS

MUTATIONS = int(os.environ.get("W2V_MUTATIONS", "100000"))
SECONDS = 5  # for one file; a hang is longer
GOLDEN = Path(__file__).parent / "golden"
INTERESTING = (
    *(b"\0", b"\n", b" ", b"\t", b"\xff" * 4, b"\xff" * 8, b"nan", b"-"),
    *(b"9" * 19, b"1e999", b"\r\n", b"{", b"\xc3"),
)
FORBIDDEN = {
    *("pickle.find_class", "exec", "compile", "os.system", "subprocess.Popen", "socket.connect"),
    *("os.remove", "os.rename", "shutil.rmtree"),
}
EACH_FORMAT = pytest.mark.parametrize("name", [known.name for known in FORMATS])


def _seeds(name):
    """Small whole files of a format."""
    if name == "fasttext-bin":
        return [{"": (GOLDEN / "fasttext.bin").read_bytes()}]
    seeds = [write_bytes(load_vectors(GOLDEN / "w2v.safetensors"), name)]
    others = {"word2vec-text": "gensim.txt", "word2vec-binary": "gensim.bin", "glove": "glove.txt"}
    return seeds + ([{"": (GOLDEN / others[name]).read_bytes()}] if name in others else [])


def _mutate(content, draw):
    """Some bytes changed, put in, left out, said twice, or cut off."""
    content = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        place, stop = sorted((draw.randrange(len(content) + 1), draw.randrange(len(content) + 1)))
        stop = min(stop, place + 16)
        way = draw.randrange(6)
        if way == 0 and place < len(content):
            content[place] ^= 1 << draw.randrange(8)
        elif way == 1:
            new = draw.choice(INTERESTING)
            content[place : place + len(new)] = new
        elif way == 2:
            content[place:place] = draw.choice(INTERESTING)
        elif way == 3:
            del content[place:stop]
        elif way == 4:
            content[place:place] = content[place:stop]
        else:
            del content[max(place, 1) :]
    return bytes(content)


def _is_refused(parts, name):
    """Whether the files are refused as they should be; if they are read, every number must be finite."""
    try:
        matrix = read_bytes(parts, name).matrix
    except InputError:
        return True
    assert np.isfinite(matrix).all()
    return False


@pytest.fixture
def watched():
    """The events of the interpreter that no reader may cause, seen by an audit hook while a test runs."""
    seen, active = [], [True]

    def hook(event, arguments):
        if active and (event in FORBIDDEN or (event == "open" and set(str(arguments[1])) & set("wax+"))):
            seen.append((event, arguments))

    sys.addaudithook(hook)
    yield seen
    active.clear()


@EACH_FORMAT
def test_mutated_files_give_vectors_or_an_input_error(name, watched):
    """P6, P7: no other exception, no hang, no code from a file, and nothing opened for writing."""
    seeds, draw = _seeds(name), random.Random(name)
    for seed in seeds:
        read_bytes(seed, name)  # compiles
    watched.clear()
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("a file took too long"))
    n_refused = 0

    for _ in range(MUTATIONS):
        seed = draw.choice(seeds)
        part = draw.choice(list(seed))
        content = _mutate(seed[part], draw)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        n_refused += _is_refused(seed | {part: content}, name)

    signal.setitimer(signal.ITIMER_REAL, 0)
    assert not watched
    assert n_refused > MUTATIONS / 4  # they do reach the checks


def test_mutated_heads_are_recognised_or_refused():
    """The same of the first bytes alone, by which a format is told."""
    draw = random.Random(1)
    heads = [seed[""] for known in FORMATS for seed in _seeds(known.name)]

    n_refused = 0
    for _ in range(MUTATIONS):
        try:
            recognise(_mutate(draw.choice(heads), draw), "")
        except InputError:
            n_refused += 1

    assert 0 < n_refused < MUTATIONS / 2


def test_the_hook_sees_what_it_is_there_to_see(watched, tmp_path):
    """A watchman who never sees anything proves nothing."""
    eval("1")
    (tmp_path / "file").write_text("")
    subprocess.run(["true"], check=True)

    assert {"compile", "exec", "open", "subprocess.Popen"} <= {event for event, _ in watched}


PROGRAM = """
import resource, sys
from w2v.formats import load_vectors
from corpora.errors import W2VError
load_vectors(sys.argv[1])
load_vectors(sys.argv[2])
limit = int(open("/proc/self/statm").read().split()[0]) * 4096 + (64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for path in sys.argv[3:]:
    try:
        load_vectors(path)
        print("read")
    except W2VError as error:
        print(error.identifier)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_header_makes_a_reader_take_memory(tmp_path):
    """R16: whatever a small file claims, 64 MiB are enough to refuse it."""
    huge = (2**31 - 1).to_bytes(8, "little")
    bad = {
        "text": b"1 99999999999\nthe 1 2\n",
        "text-rows": b"99999999999 2\nthe 1 2\n",
        "binary": b"1000000 1000000\nthe \0\0\0\0\0\0\0\1",
        "binary-rows": b"9999999999999999999 2\nthe \0\0\0\0\0\0\0\1",
        "native": huge + b'{"a":1}' + bytes(100),
        "fasttext": (GOLDEN / "fasttext.bin").read_bytes()[:8] + b"\xff\xff\xff\x7f" + bytes(200),
        "fasttext-words": (GOLDEN / "fasttext.bin").read_bytes()[:64] + b"\xff\xff\xff\x7f" * 2 + bytes(200),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    warm = [GOLDEN / "w2v.txt", GOLDEN / "w2v.bin"]
    command = [sys.executable, "-c", PROGRAM, *warm, *(tmp_path / name for name in bad)]

    done = subprocess.run(command, capture_output=True, text=True)

    found = done.stdout.split()
    assert len(found) == len(bad), done.stderr
    assert "read" not in found
