"""P16: counts, places and learning rates where 32 bits, or the whole numbers of a float64, end."""

import json
import math
import random
import shutil
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from corpora import planted
from corpora.corpus import Corpus
from corpora.sampling import keep_probabilities
from tests.reliability.training import W2V
from w2v import load_vectors
from w2v.schedule import Schedule
from w2v.selftest import LostError

SPARE_DISK = 4 << 30


def large_counts(_folder, n):
    """P16: places and counts about 2^31, 2^32, 2^53: rates to 1e-12, probabilities to float32's precision."""
    rng = random.Random(0)
    for number in range(n):
        base = 2 ** (31, 32, 53)[number % 3] - 10
        starts = np.cumsum([0] + [base // 5 + rng.randrange(20) for _ in range(5)])
        epochs = rng.randrange(1, 100)
        schedule = Schedule(starts, epochs, 0.025, 1e-4)
        epoch = rng.randrange(epochs)
        if schedule.tokens_per_epoch * epochs != int(starts[-1]) * epochs:
            raise LostError("tokens overflow")
        for chunk, rate in enumerate(schedule.learning_rates(epoch)):
            done = Fraction(epoch * int(starts[-1]) + int(starts[chunk]), epochs * int(starts[-1]))
            exact = Fraction(0.025) - (Fraction(0.025) - Fraction(1e-4)) * done
            if abs(Fraction(rate) - exact) > Fraction(1, 10**12):
                raise LostError(f"rate {rate} where {float(exact)} is right")
        counts = np.array(sorted((rng.randrange(1, 10**12) for _ in range(20)), reverse=True))
        total = sum(int(count) for count in counts)
        for count, keep in zip(counts, keep_probabilities(counts, 1e-3), strict=True):
            ratio = Fraction(1e-3) * total / int(count)
            exact = min(1.0, math.sqrt(ratio) + float(ratio))
            if abs(keep - exact) > 1e-6 * exact:  # float32
                raise LostError(f"a word is kept with {keep} where {exact} is right")
    return n


def real_text(_folder, n):
    """P16: a text of n words, through a pipe and the real command: each word counted, and trained on once.

    The text is one of a million words again and again. It takes 8 bytes a word on the disk for a while.
    """
    block = b"".join(planted.generate(1_000_000))
    n_blocks = -(-n // 1_000_000)
    with tempfile.TemporaryDirectory(prefix="w2v-reliability-") as name:  # on a disk: too large for memory
        inside = Path(name)
        if shutil.disk_usage(inside).free < 12 * n + SPARE_DISK:
            return 0
        (inside / "block.txt").write_bytes(block)
        expected = Corpus.prepare([inside / "block.txt"], min_count=1, cache=inside).vocabulary
        options = ["--epochs", "1", "--dim", "8", "--window", "2", "--negatives", "1", "--subsample", "1e-4"]
        options += [
            "--min-count",
            "1",
            "--cache",
            str(inside),
            "-o",
            str(inside / "out.safetensors"),
            "--json",
        ]
        command = [*W2V, "train", "-", *options]
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, **pipe) as process:
            for _ in range(n_blocks):
                process.stdin.write(block)
            process.stdin.close()
            result = json.loads(process.stdout.read())
        vectors = load_vectors(inside / "out.safetensors")
    n_words = n_blocks * 1_000_000
    if (result["words"], result["tokens"], result["training"]["tokens"]) != (n_words,) * 3:
        raise LostError(f"{result['words']} words, {result['training']['tokens']} trained on, of {n_words}")
    if vectors.words != expected.words or (vectors.counts != n_blocks * expected.counts).any():
        raise LostError("a word is counted wrong")
    return n_words
