"""Bad command lines and odd surroundings: each row of the table, its id in the id of its test.

L10 is the variable of the kernel cache: see T18 in tests/w2v/test_bad_options.py.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cli import main
from w2v import Vectors, save_vectors

ROOT = Path(__file__).parents[2]
W2V = [sys.executable, "-m", "cli.main"]
HOSTILE = ["\x1b[2Jred", "\x1b]52;c;cm0=\x07", "\u202egnp.exe", "a\x9bb"]


def run(*command, cwd=None, **environment):
    """`w2v` in a process of its own, with the environment changed."""
    changed = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([*W2V, *command], cwd=cwd or ROOT, env=changed, capture_output=True, timeout=600)


def run_shell(command, cwd):
    """A shell command with $W2V in it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "W2V": " ".join(W2V)}
    return subprocess.run(
        ["/bin/bash", "-c", command], cwd=cwd, env=environment, capture_output=True, timeout=600
    )


@pytest.fixture
def hostile_vectors(tmp_path):
    """A file whose words would act on a terminal."""
    path = tmp_path / "hostile.safetensors"
    rows = np.eye(len(HOSTILE) + 1, dtype=np.float32)
    save_vectors(Vectors(("zoë", *HOSTILE), rows), path)
    return path


def assert_harmless(text):
    """Nothing that a terminal acts on but line ends."""
    assert not [character for character in text if not character.isprintable() and character != "\n"]


# L01: the encoding of stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "ascii:strict"])
def test_l01_words_that_stdout_cannot_say_are_escaped(tmp_path, encoding):
    """A Japanese word on an ASCII or Windows stdout comes out as an escape, with exit code 0."""
    (tmp_path / "text.txt").write_text("日本 語 " * 5, encoding="utf-8")

    done = run("vocab", "text.txt", cwd=tmp_path, PYTHONIOENCODING=encoding)

    assert done.returncode == 0, done.stderr
    assert done.stdout == rb"\u65e5\u672c 5" + b"\n" + rb"\u8a9e 5" + b"\n"


def test_l01_error_that_stderr_cannot_say_is_escaped(tmp_path):
    """Under LC_ALL=C without Python's UTF-8 mode a message with such a name is one error, exit code 3."""
    done = run("vocab", "日本.txt", cwd=tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert done.returncode == 3
    assert b"error [W2V-C01]" in done.stderr
    assert b"Traceback" not in done.stderr


# L02, L03: control characters


def test_l02_hostile_words_are_shown_as_escapes(w2v_command, hostile_vectors):
    """`similar` and `analogy` print every word harmlessly, and others as they are."""
    similar = w2v_command("similar", hostile_vectors, HOSTILE[0])
    analogy = w2v_command("analogy", hostile_vectors, *HOSTILE[:3])

    assert "zoë" in similar.out
    assert r"\u202egnp.exe" in similar.out
    assert_harmless(similar.out + analogy.out)


def test_l02_hostile_words_head_their_list_as_escapes(w2v_command, hostile_vectors):
    """The words asked with are printed harmlessly, too."""
    done = w2v_command("similar", hostile_vectors, HOSTILE[0], HOSTILE[2])

    assert done.out.startswith("\\x1b[2Jred\n")
    assert_harmless(done.out)


def test_l02_json_is_always_escaped(w2v_command, hostile_vectors):
    """JSON is ASCII, and gives the words themselves back to its reader."""
    done = w2v_command("similar", hostile_vectors, "zoë", "--json")

    assert {word for word, _ in json.loads(done.out)[0]["similar"]} == set(HOSTILE)
    assert_harmless(done.out)
    assert done.out.isascii()


def test_l02_hostile_words_of_a_text_are_shown_as_escapes(w2v_command, tmp_path):
    """`vocab` prints the words of a text harmlessly."""
    words = [word for word in HOSTILE if word.isascii()]
    (tmp_path / "text.txt").write_text(" ".join(words) * 2)

    done = w2v_command("vocab", "text.txt", "--min-count", 1)

    assert r"\x1b" in done.out
    assert_harmless(done.out)


@pytest.mark.parametrize("word", HOSTILE)
def test_l02_unknown_hostile_word_is_escaped_in_the_error(w2v_command, hostile_vectors, word):
    """The message about a word that is not there cannot act on the terminal."""
    done = w2v_command("similar", hostile_vectors, word + "x")

    assert done.code == 3
    assert_harmless(done.err)


@pytest.mark.parametrize("name", ["no\nsuch.txt", "no\x1b[31m.txt", "no\u202e.txt"])
@pytest.mark.parametrize(
    "command", [["vocab", "NAME"], ["similar", "NAME", "a"], ["train", "x.txt", "-o", "NAME"]]
)
def test_l03_hostile_file_name_is_escaped(w2v_command, command, name):
    """An error about a file name stays on its line and does nothing."""
    done = w2v_command(*(name if part == "NAME" else part for part in command))

    assert done.code in (2, 3)
    assert "such" in done.err or "no\\" in done.err
    assert_harmless(done.err)


@pytest.mark.parametrize(
    "arguments", [["tr\x1b[31min"], ["train", "--\x1b[31m"], ["train", "a", "--dim", "\x1b[31m"]]
)
def test_l03_hostile_arguments_are_escaped(w2v_command, arguments):
    """Unknown verbs, options and values are told harmlessly."""
    done = w2v_command(*arguments)

    assert done.code == 2
    assert r"\x1b[31m" in done.err
    assert_harmless(done.err)


@pytest.mark.parametrize("name", ["out\x1b[31m.txt", "out\n.bin"])
def test_l03_hostile_output_name_is_escaped_in_the_summary(w2v_command, planted_text, name):
    """The summary names the file harmlessly; the file has the name that was asked for."""
    done = w2v_command("train", planted_text, "-o", name, "--dim", 4, "--epochs", 1)

    assert done.code == 0, done.err
    assert Path(name).exists()
    assert_harmless(done.out)


# L04: pipes and full disks


def test_l04_reader_that_leaves_early_is_no_error(tmp_path):
    """`w2v vocab | head -1` prints a line and ends with 141, as a shell expects, and says nothing."""
    (tmp_path / "text.txt").write_text("\n".join(f"a-rather-long-word-{i}" for i in range(20_000)))

    done = run_shell('$W2V vocab text.txt --min-count 1 | head -1; echo "${PIPESTATUS[0]}"', tmp_path)

    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("a-rather-long-word")
    assert lines[1] == "141"
    assert all(line.startswith(b"note: ") for line in done.stderr.splitlines())


def test_l04_closed_stdout_is_no_error(hostile_vectors, tmp_path):
    """With `>&-` there is nobody to print for: exit code 0, no bug report."""
    done = run_shell("$W2V similar hostile.safetensors zoë >&-", tmp_path)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always-full device")
def test_l04_full_disk_is_an_error_of_writing(hostile_vectors, tmp_path):
    """Where stdout goes to a full disk the exit code is 5, with one error and no traceback."""
    done = run_shell("$W2V similar hostile.safetensors zoë >/dev/full", tmp_path)

    assert done.returncode == 5
    assert done.stderr.startswith(b"error [W2V-K13] cannot write to standard output: No space left")
    assert done.stderr.count(b"\n") == 2


# L05, L06, L07, L08: arguments


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["trian"], "'train'"),
        (["similiar"], "'similar'"),
        (["train", "--dimm", "5"], "--dim"),
        (["vocab", "--mincount", "5"], "--min-count"),
        (["similar", "--topp", "5"], "--top"),
    ],
)
def test_l05_misspelling_gets_the_nearest_spelling(w2v_command, arguments, near):
    """Exit code 2, and the verb or option that was meant."""
    done = w2v_command(*arguments)

    assert done.code == 2
    assert f"Did you mean {near}" in done.err.replace("'--", "--")


def test_l05_verb_like_no_other_gets_the_list(w2v_command):
    """Where nothing is near all verbs are named."""
    done = w2v_command("xyzzy")

    assert done.code == 2
    assert ", ".join(main.VERBS) in done.err


def test_l06_file_name_may_begin_with_a_dash(w2v_command, planted_text):
    """After -- the file -text.txt is a file."""
    Path("-text.txt").write_bytes(planted_text.read_bytes())

    done = w2v_command("vocab", "--json", "--", "-text.txt")

    assert done.code == 0, done.err
    assert json.loads(done.out)["words"] == 60_000


def test_l07_path_need_not_be_text(planted_text, tmp_path):
    """A file name of bytes that are no UTF-8 is read and written, and shown with an escape."""
    name = b"caf\xe9.txt"
    (tmp_path / os.fsdecode(name)).write_bytes(planted_text.read_bytes())

    done = run("train", name, "-o", b"out\xff.txt", "--dim", "4", "--epochs", "1", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert rb"out\udcff.txt" in done.stdout
    assert b"out\xff.txt" in os.listdir(os.fsencode(tmp_path))


def test_l07_missing_path_that_is_no_text_is_named(tmp_path):
    """The error about it is printed with an escape and exit code 3."""
    done = run("vocab", b"caf\xe9.txt", cwd=tmp_path)

    assert done.returncode == 3
    assert rb"caf\udce9.txt" in done.stderr


@pytest.mark.parametrize("output", ["-", "", "."])
@pytest.mark.parametrize("verb", ["train", "vocab"])
def test_l08_output_must_be_a_file(w2v_command, planted_text, verb, output):
    """Standard output, nothing and a folder are refused with exit code 2 and the option to use."""
    done = w2v_command(verb, planted_text, "-o", output)

    assert done.code == 2
    assert "-o" in done.err


def test_l08_output_name_has_255_bytes_at_most(w2v_command, planted_text):
    """A longer name than file systems take is refused before training."""
    done = w2v_command("train", planted_text, "-o", "ä" * 126 + ".txt")

    assert done.code == 2
    assert "longer than 255 bytes" in done.err


def test_l08_missing_folder_is_refused_before_any_work(w2v_command, tmp_path):
    """Exit code 5 at once names the folder, though the corpus does not exist either."""
    done = w2v_command("train", "missing.txt", "-o", "no/folder/out.txt")

    assert done.code == 5
    assert "no/folder" in done.err
    assert list(tmp_path.iterdir()) == []


# L09: options that contradict each other


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--architecture", "cbow", "--negatives-per", "pair"], ["--negatives-per", "cbow"]),
        (["--learning-rate", "0.1", "--min-learning-rate", "0.2"], ["--min-learning-rate", "0.1"]),
    ],
)
def test_l09_conflicting_options_are_both_named(w2v_command, planted_text, options, named):
    """Exit code 2 with what each of the two asks for."""
    done = w2v_command("train", planted_text, *options)

    assert done.code == 2
    assert all(part in done.err for part in named)


# L11: bugs


@pytest.fixture
def report(w2v_command, planted_text, monkeypatch):
    """A run that meets a bug on a corpus word, and the traceback file it leaves."""

    def broken(*_, **__):
        secret = "secret-corpus-word"
        raise KeyError(secret)

    monkeypatch.setattr("w2v.training.train", broken)
    done = w2v_command("train", planted_text, "-o", "out.txt")
    (path,) = Path(tempfile.tempdir).glob("w2v-report-*/traceback.txt")
    return done, path


def test_l11_bug_is_told_in_one_paragraph(report):
    """Exit code 1, the kind of error, the file to send, the versions; no traceback on the screen."""
    done, path = report

    assert done.code == 1
    assert "error [W2V-bug] KeyError" in done.err
    assert str(path) in done.err
    assert "note: Python 3." in done.err
    assert "Traceback" not in done.err


def test_l11_report_shows_where_and_no_text(report):
    """The file names the function that broke, and holds no word of the corpus."""
    _, path = report

    text = path.read_text()
    assert "in broken" in text
    assert text.endswith("KeyError\n")
    assert "'secret-corpus-word'" not in text.replace('secret = "secret-corpus-word"', "")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 1 TiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB."),
    ],
)
def test_memory_that_ends_is_no_bug(w2v_command, planted_text, monkeypatch, error):
    """P12: exit code 6, whoever ran out of it: numpy, torch on the CPU, or torch on a GPU."""

    def broken(*_, **__):
        raise error

    monkeypatch.setattr("w2v.training.train", broken)

    done = w2v_command("train", planted_text, "-o", "out.txt")

    assert done.code == 6
    assert f"error [W2V-P12] out of memory: {error}" in done.err
    assert "--max-vocab" in done.err


def test_l11_debug_shows_the_traceback(planted_text, tmp_path):
    """With --debug an error shows Python's traceback and keeps its exit code."""
    done = run("--debug", "vocab", "missing.txt", cwd=tmp_path)

    assert done.returncode == 3
    assert b"Traceback (most recent call last)" in done.stderr
    assert b"error [W2V-C01]" in done.stderr


# L12: light commands


LOADED = "import sys; print(*sorted({'torch', 'numba', 'scipy', 'gensim'} & set(sys.modules)))"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], [], *([verb, "--help"] for verb in ("train", "vocab", "similar", "demo"))],
    ids=" ".join,
)
def test_l12_help_imports_neither_torch_nor_numba(arguments):
    """Help and version come without the heavy packages."""
    program = f"import cli.main\ntry: cli.main.main({arguments})\nexcept SystemExit: {LOADED}"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize("module", ["w2v", "cli.main", "w2v.config", "w2v.formats", "w2v.vectors"])
def test_l12_light_modules_import_neither_torch_nor_numba(module):
    """`import w2v` and what reads files of vectors come without them."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}; {LOADED}"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.stdout == "\n", done.stderr


@pytest.fixture
def broken_install(tmp_path):
    """A folder in front of the path in which torch and numba raise when they are imported."""
    for name in ("torch", "numba"):
        package = tmp_path / "broken" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('this installation is broken')")
    return str(tmp_path / "broken")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["train", "--help"], ["demo", "--help"]], ids=" ".join
)
def test_l12_help_works_with_a_broken_installation(broken_install, arguments):
    """Help and version do not need torch or numba to be whole."""
    done = run(*arguments, PYTHONPATH=f"{broken_install}{os.pathsep}{ROOT}")

    assert done.returncode == 0, done.stderr
    assert b"w2v" in done.stdout


def test_l12_queries_work_with_a_broken_installation(broken_install, hostile_vectors):
    """`similar` and `analogy` run without torch and numba."""
    path = f"{broken_install}{os.pathsep}{ROOT}"

    similar = run("similar", str(hostile_vectors), "zoë", PYTHONPATH=path)
    analogy = run("analogy", str(hostile_vectors), *HOSTILE[:3], PYTHONPATH=path)

    assert (similar.returncode, analogy.returncode) == (0, 0), similar.stderr + analogy.stderr


def test_l12_training_on_the_cpu_needs_no_torch(planted_text, tmp_path):
    """A whole `train` never loads torch, whose import alone takes more memory than the rest of it."""
    program = f"""
import cli.main
try: cli.main.main(["train", {str(planted_text)!r}, "-o", "out.bin", "--epochs", "1"])
except SystemExit: {LOADED}
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert "torch" not in done.stdout.splitlines()[-1].split(), done.stderr
    assert (tmp_path / "out.bin").exists()


def test_l12_broken_installation_is_told_by_what_needs_it(broken_install, planted_text, tmp_path):
    """`train` ends with exit code 1 and the error of the package, without a traceback on the screen."""
    path = f"{broken_install}{os.pathsep}{ROOT}"

    done = run("train", str(planted_text), cwd=tmp_path, PYTHONPATH=path, TMPDIR=str(tmp_path))

    assert done.returncode == 1
    assert b"this installation is broken" in done.stderr
    assert b"Traceback" not in done.stderr


# L13: folders


def test_l13_world_writable_folder_is_noted(w2v_command, planted_text, tmp_path):
    """Writing vectors where every user could replace them is done, with a note that names the folder."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)

    done = w2v_command("train", planted_text, "-o", "open/out.txt", "--dim", 4, "--epochs", 1)

    assert done.code == 0
    assert f"note: every user of this machine can write to {tmp_path / 'open'}" in done.err


@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_l13_other_folders_are_not_noted(w2v_command, planted_text, tmp_path, mode):
    """A folder of one's own needs no note, nor one like /tmp, where nobody can touch another's files."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(mode)

    done = w2v_command("train", planted_text, "-o", "folder/out.txt", "--dim", 4, "--epochs", 1)

    assert "every user" not in done.err


def test_an_interrupt_that_an_import_turns_into_an_error_is_an_interrupt(w2v_command, monkeypatch):
    """A C module that is being imported makes an ImportError of Ctrl-C; it is not reported as a bug."""

    def importing(*_, **__):
        main.Interrupted.met = signal.SIGINT
        raise ImportError("a C module failed to import")

    monkeypatch.setattr(main.Interrupted, "met", None)
    monkeypatch.setattr("w2v.formats.load_vectors", importing)

    done = w2v_command("similar", "vectors.bin", "word")

    assert done.code == 130
    assert "stopped by SIGINT" in done.err
    assert "report" not in done.err
