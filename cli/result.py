"""What becomes of a training: its file of vectors, and the summary."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from cli.given_vectors import describe_start
from cli.loss_options import describe_losses
from cli.output import escape, print_note, print_rows

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from w2v.checkpoint import Checkpoints
    from w2v.vectors import Vectors


def save_result(
    vectors: Vectors, output: str, checkpoints: Checkpoints | None, *, patience: float = 0.0
) -> None:
    """Writes the vectors, unless the training was complete before and they are found in the file.

    What no checkpoint keeps is tried again while there is `patience`, in seconds.

    Raises:
        UsageError: the output is a folder that holds something else.
        StorageError: it cannot be written; where checkpoints keep the training, or a part of it, it says so.
    """
    from corpora.errors import StorageError
    from w2v.formats import save_vectors
    from w2v.retrying import try_again

    if _was_complete(vectors, output, checkpoints):
        return
    is_kept = checkpoints is not None and checkpoints.has_end
    try:
        try_again(
            lambda: save_vectors(vectors, output),
            "the vectors are",
            patience=0 if is_kept else patience,
            note=print_note,
        )
    except StorageError as error:
        if checkpoints is None or checkpoints.last is None:
            raise
        kept = "the training is kept" if is_kept else f"{checkpoints.last} is from before the end"
        fix = f"{kept}: make room, or name another -o; w2v train --resume {checkpoints.folder}"
        raise StorageError(error.identifier, error.problem, path=error.path, fix=fix) from error


def _was_complete(vectors: Vectors, output: str, checkpoints: Checkpoints | None) -> bool:
    """Whether there is nothing to write; says so, or why a complete training is written anew."""
    resumed = None if checkpoints is None else checkpoints.resumed
    if resumed is None or not resumed.state["is_over"]:
        return False
    difference = _difference(vectors, output)
    if difference is None:
        print_note(f"this training was complete already; {output} holds its vectors and stays as it is")
        return True
    if os.path.isdir(output):
        raise click.UsageError(f"{escape(output)} {difference}; remove the folder, or name another with -o")
    print_note(f"this training was complete already; {output} {difference}, and is written anew")
    return False


def _difference(vectors: Vectors, path: str) -> str | None:
    """How a file differs from the vectors, in what its format can hold; None if in nothing."""
    from corpora.errors import W2VError
    from w2v.continuation import load_model
    from w2v.formats import format_of

    if not os.path.exists(path):
        return "is gone"
    try:
        found = load_model(path)
    except W2VError as error:
        return f"cannot be read ({error.problem})"
    is_native = format_of(path).name == "native"
    if found.words != vectors.words or not np.array_equal(found.matrix, vectors.matrix):
        return "holds other vectors"
    if is_native and not (_same(found.output, vectors.output) and _same(found.counts, vectors.counts)):
        return "holds other tables or counts"
    return None


def _same(found: np.ndarray | None, expected: np.ndarray | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return np.array_equal(found, expected)


def describe_result(
    corpus: Corpus, vectors: Vectors, output: str, *, epochs: int, seconds: float
) -> dict[str, Any]:
    """What --json prints and the summary shows."""
    n_words, course = corpus.summary["words"], vectors.metadata["training"]
    n_effective = vectors.metadata["corpus"]["effective_tokens"]
    n_passes = course["tokens"] / (corpus.n_tokens - course.get("heldout_tokens", 0))
    return {
        "output": output,
        "words": n_words,
        "tokens": corpus.n_tokens,
        "effective_tokens": n_effective,
        "sentences": corpus.n_sentences,
        "vocabulary": len(vectors),
        "dim": vectors.dim,
        "epochs": epochs,
        "corpus_was_cached": corpus.is_cached,
        "training_seconds": round(seconds, 3),
        "words_per_second": round(n_words * course["tokens"] / corpus.n_tokens / seconds),
        "effective_words_per_second": round(n_effective * n_passes / seconds),
        "training": course,
        "config": vectors.metadata["config"],
        "engine": vectors.metadata["engine"],
        **{name: vectors.metadata[name] for name in ("init_vectors",) if name in vectors.metadata},
    }


def print_summary(result: dict[str, Any]) -> None:
    """The result of a training, for people."""
    from cli.progress import format_seconds

    course = result["training"]
    epochs = "1 epoch" if result["epochs"] == 1 else f"{result['epochs']:,} epochs"
    if course["epochs"] < result["epochs"]:
        epochs = f"{course['epochs']:,} of {epochs}"
    n_left_out = result["words"] - result["tokens"]
    cached = ", from the cache" if result["corpus_was_cached"] else ""
    print_rows(
        [
            (
                "corpus",
                f"{result['words']:,} words in {result['sentences']:,} sentences, {n_left_out:,} left out",
            ),
            ("vocabulary", f"{result['vocabulary']:,} words{describe_start(result)}"),
            ("reading", format_seconds(result["reading_seconds"]) + cached),
            (
                "training",
                f"{format_seconds(result['training_seconds'])} for {epochs}, "
                f"{result['words_per_second']:,} words/s",
            ),
            ("loss", describe_losses(course)),
            ("vectors", f"{result['output']} ({result['vocabulary']:,} x {result['dim']})"),
        ]
    )
