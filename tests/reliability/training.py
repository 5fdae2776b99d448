"""P4, P5, P12, P14, P15, P21: trainings that stop, go on, go wrong, or run out of room."""

import gc
import hashlib
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time

import numpy as np

from corpora import planted
from corpora.corpus import Corpus
from corpora.errors import DivergedError, InputError
from w2v import HogwildEngine, StopTraining, TrainConfig, load_vectors, save_vectors, train
from w2v.checkpoint import Checkpoints
from w2v.checkpoint_files import checkpoint_paths, read_newest
from w2v.initialization import initial_rows
from w2v.selftest import LostError

W2V = [sys.executable, "-m", "cli.main"]
SLOWEST_END = 10.0  # seconds
LOCALES = ("C", "C.UTF-8", "POSIX")
MEMORY_STEP = 160 << 20
INTERNED = 1 << 20  # more than the table of interned strings has places free, many times over
MOST_GROWTH = 2 << 20  # bytes over all cycles but the first quarter; of two hours, 1 MiB an hour
SCORED_TOKENS = 500_000  # few enough that not all analogies are learnt
SCORE_BAND = 0.05  # between a whole and a resumed training: six deviations; between means of n, less


def planted_corpus(folder, n_tokens=60_000):
    """A generated text, encoded."""
    path = folder / "planted.txt"
    path.write_bytes(b"".join(planted.generate(n_tokens)))
    return Corpus.prepare([path])


def resumed_the_same(folder, n):
    """P4: skip-gram and CBOW, stopped 1, 2 or 5 times at random places, end as if never stopped."""
    corpus = planted_corpus(folder)
    rng = random.Random(0)
    expected = {}
    for number in range(n):
        config = TrainConfig(architecture=("skipgram", "cbow")[number % 2], dim=8, epochs=6)
        if config.architecture not in expected:
            expected[config.architecture] = _train(corpus, config).matrix.tobytes()
        checkpoints = folder / f"checkpoints-{number}"
        for share in sorted(rng.random() for _ in range((1, 2, 5)[number % 3])):
            _train(corpus, config, checkpoints=_open(checkpoints), report=_stop_at(share))
        if (
            _train(corpus, config, checkpoints=_open(checkpoints)).matrix.tobytes()
            != expected[config.architecture]
        ):
            raise LostError(f"run {number} was stopped, resumed, and gave other vectors")
    return n


def scores_of_resumed(folder, n):
    """P4: on all cores no two trainings end in the same bytes; stopped ones score as whole ones do."""
    corpus = planted_corpus(folder, SCORED_TOKENS)
    config = TrainConfig(dim=50, epochs=4)
    found = {"whole": [], "resumed": []}
    for number in range(n):
        checkpoints = folder / f"checkpoints-{number}"
        options = {"engine": HogwildEngine(), "checkpoints": _open(checkpoints)}
        train(corpus, config, report=_stop_at(0.2 + 0.6 * number / n), **options)
        whole = train(corpus, config, engine=HogwildEngine())
        resumed = train(corpus, config, engine=HogwildEngine(), checkpoints=_open(checkpoints))
        shutil.rmtree(checkpoints)
        if whole.metadata["training"]["tokens"] != resumed.metadata["training"]["tokens"]:
            raise LostError(f"run {number} has not read each word once an epoch")
        found["whole"].append(_score(whole))
        found["resumed"].append(_score(resumed))
    means = {name: np.mean(scores) for name, scores in found.items()}
    if abs(means["whole"] - means["resumed"]) > SCORE_BAND / math.sqrt(n):
        raise LostError(f"resumed trainings score otherwise: {found}")
    return n, ", ".join(_describe_scores(name, scores) for name, scores in found.items())


def _score(vectors):
    """Share of the text's own analogies that are answered right."""
    questions = [question for _, section in planted.analogies() for question in section]
    rows = np.array([[vectors.ids[word] for word in question] for question in questions])
    return float((vectors.analogies(rows[:, :3]).ids[:, 0] == rows[:, 3]).mean())


def _describe_scores(name, scores):
    spread = f", sd {np.std(scores, ddof=1):.2%}" if len(scores) > 1 else ""
    return f"{name} {np.mean(scores):.1%} of analogies ({min(scores):.1%} to {max(scores):.1%}{spread})"


def same_bytes(folder, n):
    """P5: one thread; hash seeds, locales, folders and the order of files in a folder change no byte."""
    digests = set()
    for number in range(n):
        inside = folder / f"run-{number}" / ("x" * (1 + number % 3))
        (inside / "texts").mkdir(parents=True)
        names = ["b.txt", "a.txt", "c.txt"]
        for name in names[number % 3 :] + names[: number % 3]:
            (inside / "texts" / name).write_bytes(b"".join(planted.generate(8_000, seed=ord(name[0]))))
        environment = os.environ | {"PYTHONHASHSEED": str(number % 5), "LC_ALL": LOCALES[number % 3]}
        options = ["--threads", "1", "--epochs", "1", "--dim", "8", "-o", inside / "out.safetensors"]
        _call(["train", inside / "texts", *options], env=environment)
        digests.add(hashlib.sha256((inside / "out.safetensors").read_bytes()).hexdigest())
    if len(digests) != 1:
        raise LostError(f"{n} runs gave {len(digests)} different files")
    return n


def memory_refused(folder, n):
    """P12: ever less memory (RLIMIT_AS); a training ends well, or with exit code 6, and never otherwise."""
    n_words, dim = (10_000_000, 20) if n >= 20 else (300_000, 400)  # 1 GiB of tables and more
    text = folder / "words.txt"
    with open(text, "w") as file:
        for first in range(0, n_words, 1000):
            file.write(" ".join(f"w{word}" for word in range(first, first + 1000)) + "\n")
    out = folder / "out.safetensors"
    out.write_bytes(before := b"precious")
    options = ["train", text, "--min-count", "1", "--epochs", "1", "--dim", dim, "--threads", "2"]
    options += ["--max-vocab-memory", "2000", "-o", out]
    for number in range(n):
        limit = (1 << 30) + number * MEMORY_STEP
        done = _run(
            options, preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        )
        if done.returncode not in (0, 6):
            raise LostError(f"with {limit >> 20} MiB: exit code {done.returncode}, {done.stderr[-300:]}")
        if done.returncode == 0:
            load_vectors(out)
        elif out.read_bytes() != before:
            raise LostError(f"with {limit >> 20} MiB: the output has changed")
        before = out.read_bytes()
    return n


def garbage_found(folder, n):
    """P14: NaN or infinity in a random row at a random time ends the training in 10 s, and is never saved."""
    corpus = planted_corpus(folder)
    rng = random.Random(0)
    for number in range(n):
        rows = initial_rows(len(corpus.vocabulary), 8, seed=1)
        checkpoints = Checkpoints(folder / str(number), every="1s")
        spoiled = _Spoil(rows[number % 2], rng)
        try:
            _train(
                corpus, TrainConfig(dim=8, epochs=10**9), tables=rows, checkpoints=checkpoints, report=spoiled
            )
        except DivergedError as error:
            if time.monotonic() - spoiled.at > SLOWEST_END:
                raise LostError(
                    f"trial {number}: found after {time.monotonic() - spoiled.at:.1f} s"
                ) from error
            if checkpoints.last is not None and str(checkpoints.last) not in error.fix:
                raise LostError("the last good state is not named") from error
        for path in checkpoint_paths(folder / str(number)):
            if not all(np.isfinite(tensor).all() for tensor in read_newest(path.parent).tensors.values()):
                raise LostError("a checkpoint holds what is no number")
    return n


def absurd_rates(folder, n):
    """P14: learning rates of 10^2 to 10^30 are refused as diverged, or give vectors that are numbers."""
    corpus = planted_corpus(folder)
    for number in range(n):
        config = TrainConfig(dim=8, epochs=2, learning_rate=10.0 ** (2 + 28 * number / max(n - 1, 1)))
        try:
            found = _train(corpus, config)
        except DivergedError:
            continue
        if not np.isfinite(found.matrix).all():
            raise LostError(f"a rate of {config.learning_rate:g} gave what is no number")
    return n


def worker_faults(folder, n):
    """P15: an exception in the first, a middle or the last chunk of a thread ends the training as itself."""
    corpus = planted_corpus(folder)
    for number in range(n):
        engine = _Faulty(
            ("sample", "step", "loss")[number % 3], (1, 10, 20)[number // 3 % 3], 1 + number // 9 % 4
        )
        started = time.monotonic()
        try:
            train(corpus, TrainConfig(dim=8, epochs=10), engine=engine)
        except ZeroDivisionError:
            if time.monotonic() - started < SLOWEST_END:
                continue
        raise LostError(
            f"fault {number} has not ended the training in {SLOWEST_END:.0f} s with its own error"
        )
    return n


def small_vocabularies(_folder, n):
    """P15: one, two and three words: refused, or trained to the end; no draw is repeated for ever."""
    for number in range(n):
        n_words, negatives = 1 + number % 3, (1, 5, 64)[number // 3 % 3]
        words = [f"w{i}" for i in range(n_words)]
        try:
            corpus = Corpus.from_sentences([[words[i % n_words] for i in range(20)]] * 30, min_count=1)
        except InputError:
            if n_words > 1:
                raise
            continue
        train(
            corpus,
            TrainConfig(dim=4, epochs=1, negatives=negatives, subsample=0),
            engine=HogwildEngine(threads=1),
        )
    return n


def soak(folder, n, *, hours):
    """P21: train, stop, resume, export, load, so often and so long: memory and open files do not grow.

    It is looked at a thousand times at most, so that the notes of this trial are not what grows.
    """
    _settle_interned()
    corpus = planted_corpus(folder)
    config = TrainConfig(dim=8, epochs=2)
    sizes, files, n_cycles = [], [], 0
    started = time.monotonic()
    while n_cycles < n or time.monotonic() - started < 3600 * hours:
        checkpoints = folder / "checkpoints"
        _train(corpus, config, checkpoints=_open(checkpoints), report=_stop_at(0.5))
        found = _train(corpus, config, checkpoints=_open(checkpoints))
        path = folder / f"out{('.safetensors', '.txt', '.bin')[n_cycles % 3]}"
        save_vectors(found, path)
        load_vectors(path)
        subprocess.run(["rm", "-r", checkpoints], check=True)
        gc.collect()
        n_cycles += 1
        if time.monotonic() - started >= 3.6 * hours * len(sizes):
            sizes.append(_resident_bytes())
            files.append(len(os.listdir("/proc/self/fd")))
    taken = (time.monotonic() - started) / 3600
    warm = len(sizes) // 4
    growth = np.polyfit(np.arange(len(sizes) - warm), sizes[warm:], 1)[0] * (len(sizes) - warm)
    figure = f"memory {growth / 2**20:+.2f} MiB, {files[warm]} to {files[-1]} files open"
    if files[-1] != files[warm] or growth > MOST_GROWTH:
        raise LostError(f"{figure}, in {n_cycles:,} cycles")
    return n_cycles, f"in {taken:.2f} hours, {figure}"


def _settle_interned():
    """Brings Python's table of interned strings to the size that it has where names come and go for hours.

    pathlib interns each part of a path, also the random names of temporary files; those that are gone leave
    their places taken until the table is full and made anew, two to four times as large as what is in it.
    """
    for number in range(INTERNED):
        sys.intern(f"a name of a while {number}")


class _Spoil:
    """A report that writes what is no number at a random time."""

    def __init__(self, table, rng):
        self.table, self.row = table, rng.randrange(len(table))
        self.value = rng.choice([math.nan, math.inf, -math.inf])
        self.at = time.monotonic() + rng.random()

    def __call__(self, _progress):
        if time.monotonic() >= self.at:
            self.table[self.row, 0] = self.value


class _Faulty(HogwildEngine):
    """Divides by zero in one of its functions at its n-th call."""

    def __init__(self, where, at, threads):
        super().__init__(threads=threads)
        self.where, self.at, self.n_calls, self.lock = where, at, 0, threading.Lock()

    def run_epoch(self, tables, sampler, *arguments, **options):
        """As the engine does it, with a sampler that may fail."""
        sample = sampler.sample
        sampler.sample = lambda *a, **o: self._count("sample") or sample(*a, **o)
        try:
            return super().run_epoch(tables, sampler, *arguments, **options)
        finally:
            del sampler.sample

    def _step(self, dim, sampler):
        step = super()._step(dim, sampler)
        return lambda *arguments: self._count("step") or step(*arguments)

    def _loss(self, windows, tables):
        self._count("loss")
        return super()._loss(windows, tables)

    def _count(self, where):
        with self.lock:
            self.n_calls += where == self.where
            if where == self.where and self.n_calls >= self.at:
                raise ZeroDivisionError


def _train(corpus, config, **options):
    return train(corpus, config, engine=HogwildEngine(config.architecture, threads=1), **options)


def _open(folder):
    return Checkpoints(folder, resumed=read_newest(folder) if checkpoint_paths(folder) else None)


def _stop_at(share):
    def report(progress):
        if progress.tokens_done >= share * progress.tokens_total:
            raise StopTraining

    return report


def _run(arguments, **options):
    return subprocess.run(
        [*W2V, *map(str, arguments)], capture_output=True, text=True, timeout=900, **options
    )


def _call(arguments, **options):
    done = _run(arguments, **options)
    if done.returncode != 0:
        raise LostError(f"exit code {done.returncode}: {done.stderr}")


def _resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
