"""What several rooms test with: a text with known answers, and the command line called in this process."""

import contextlib
import io
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOBODY = 65534


class Done(NamedTuple):
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


def pytest_configure():
    """Takes signals as in a terminal: under nohup or in the background they would be ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def planted_text(tmp_path_factory):
    """Path of 60,000 planted words, some 1,400 of them distinct and frequent; its folder holds the cache."""
    from corpora import planted

    path = tmp_path_factory.mktemp("planted") / "planted.txt"
    path.write_bytes(b"".join(planted.generate(60_000)))
    return path


@pytest.fixture(scope="session")
def planted_corpus(planted_text):
    """The same text, encoded."""
    from corpora.corpus import Corpus

    return Corpus.prepare([planted_text])


@pytest.fixture
def w2v_command(tmp_path, tmp_path_factory, monkeypatch):
    """Calls `w2v` in this process, in a folder of its own, and returns its exit code and what it printed."""
    from cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))

    def call(*arguments):
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        out, err = io.StringIO(), io.StringIO()
        printed = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
        try:
            with printed[0], printed[1], pytest.raises(SystemExit) as caught:
                main.main([str(argument) for argument in arguments])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return Done(caught.value.code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def plain_user(planted_corpus):  # with it, all is imported and compiled that nobody may not read
    """A folder of a user to whom permissions apply: root, whom nothing stops, is nobody for this test."""
    folder = Path(tempfile.mkdtemp(prefix="w2v-test-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    for parent, folders, _ in os.walk(folder):
        for name in folders:
            os.chmod(os.path.join(parent, name), 0o700)
    shutil.rmtree(folder)
