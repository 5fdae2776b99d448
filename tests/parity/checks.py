"""What is compared with gensim, each as one line of the report and one test.

The rules of gensim are followed where it documents them. Known defects of gensim 4.4 that show here: its CBOW
leaves out the factor 1/n of the mean, and its sigmoid is a coarse table that skips scores beyond 6.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from gensim.models import KeyedVectors, Word2Vec

from corpora.corpus import Corpus
from corpora.sampling import keep_probabilities, noise_table
from w2v.engines import kernels
from w2v.evaluation.analogies import evaluate_analogies
from w2v.evaluation.sets import read_questions
from w2v.evaluation.similarity import evaluate_similarity
from w2v.vectors import Vectors

LEARNING_RATE = 0.025
# Of gensim's sigmoid, for scores up to 2: its steepest slope, times the width of a step of its table and the
# shift that comes of 83 steps for a unit in place of 83.3 (1000 / 6 / 2 in whole numbers).
TABLE_ERROR = 0.25 * (12 / 1000 + 8 * (1 - 83 / (1000 / 12)))


class Check(NamedTuple):
    """One comparison: both sides' figures, how far they may be apart, and whether they are."""

    name: str
    w2v: str
    gensim: str
    difference: str
    agrees: bool


class Tables(NamedTuple):
    """Input and output rows, float32 (V, D) each."""

    inputs: np.ndarray
    outputs: np.ndarray


def check_vocabulary(corpus: Corpus, model: Word2Vec) -> Check:
    """The same words with the same counts; gensim leaves words of equal counts as it met them."""
    ours = dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts.tolist(), strict=True))
    theirs = {word: model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key}
    other = len(set(ours.items()) ^ set(theirs.items()))
    in_order = sorted(theirs.values(), reverse=True) == list(ours.values())
    return Check(
        "words and their counts",
        f"{len(ours):,} words, {sum(ours.values()):,} occurrences",
        f"{len(theirs):,} words, {sum(theirs.values()):,} occurrences",
        f"{other} words",
        other == 0 and in_order,
    )


def check_keep_probabilities(model: Word2Vec) -> Check:
    """Gensim keeps an occurrence where 32 random bits are below its sample_int, rounded down."""
    words = model.wv.index_to_key
    counts = np.array([model.wv.get_vecattr(word, "count") for word in words])
    theirs = np.array([model.wv.get_vecattr(word, "sample_int") for word in words]) / (2**32 - 1)
    ours = keep_probabilities(counts, model.sample)
    worst = float(np.abs(ours - theirs).max())
    return Check(
        f"chance to be kept, {len(words):,} words",
        f"{ours.min():.6f} to {ours.max():.0f}",
        f"{theirs.min():.6f} to {theirs.max():.0f}",
        f"{worst:.1e}",
        worst <= 2**-24,  # the spacing of float32 just below 1
    )


def check_noise(model: Word2Vec) -> Check:
    """The steps of gensim's cumulative table, 31 bits of it, are the chances of our alias table."""
    words = model.wv.index_to_key
    counts = np.array([model.wv.get_vecattr(word, "count") for word in words])
    theirs = np.diff(model.cum_table.astype(np.float64), prepend=0) / model.cum_table[-1]
    ours = noise_table(counts, model.ns_exponent).probabilities()
    worst = float(np.abs(ours - theirs).max())
    return Check(
        f"chance to be a negative, {len(words):,} words",
        f"{ours.min():.2e} to {ours.max():.4f}",
        f"{theirs.min():.2e} to {theirs.max():.4f}",
        f"{worst:.1e}",
        worst <= 2 * 2**-31,
    )


def gensim_step(tables: Tables, sentence: Sequence[int], *, negative: int, architecture: str) -> Tables:
    """The tables after gensim has trained one sentence, with every negative the same word."""
    n_words, dim = tables.inputs.shape
    model = Word2Vec(
        sg=int(architecture == "skipgram"),
        vector_size=dim,
        window=len(sentence),
        shrink_windows=False,
        negative=1,
        sample=0,
        min_count=1,
        workers=1,
    )
    names = [f"w{word}" for word in range(n_words)]
    model.build_vocab_from_freq({name: n_words - word for word, name in enumerate(names)})
    model.wv.vectors[:], model.syn1neg[:] = tables.inputs, tables.outputs
    model.cum_table = np.where(np.arange(n_words) < negative, 0, 2**31 - 1).astype(np.uint32)
    text = [[names[word] for word in sentence]]
    model.train(text, total_examples=1, epochs=1, start_alpha=LEARNING_RATE, end_alpha=LEARNING_RATE)
    return Tables(model.wv.vectors.copy(), model.syn1neg.copy())


def analytic_step(
    tables: Tables, windows: Sequence[tuple[int, list[int], int]], *, divide: bool = True
) -> Tables:
    """The tables after (center, contexts, negative) windows in turn: float64, the exact sigmoid.

    The hidden vector is the mean of the contexts. Its gradient is divided by their number, or, as in gensim's
    CBOW, is not.
    """
    inputs, outputs = (table.astype(np.float64) for table in tables)
    for center, contexts, negative in windows:
        hidden = inputs[contexts].mean(axis=0)
        ids, labels = np.array([center, negative]), np.array([1.0, 0.0])
        gradients = LEARNING_RATE * (labels - 1 / (1 + np.exp(-outputs[ids] @ hidden)))
        change = gradients @ outputs[ids]
        outputs[ids] += gradients[:, None] * hidden
        inputs[contexts] += change / (len(contexts) if divide else 1)
    return Tables(inputs, outputs)


def kernel_step(
    tables: Tables, windows: Sequence[tuple[int, list[int], int]], *, architecture: str
) -> Tables:
    """The tables after the compiled step of w2v has taken the same windows."""
    factory = kernels.skipgram_step if architecture == "skipgram" else kernels.cbow_step
    inputs, outputs = (table.copy() for table in tables)
    centers, contexts, negatives = zip(*windows, strict=True)
    offsets = np.cumsum([0, *map(len, contexts)])
    arrays = (np.array(centers, np.int32), np.concatenate(contexts).astype(np.int32), offsets)
    scratch = np.empty(kernels.scratch_shape(inputs.shape[1], 1), np.float32)
    step = factory(inputs.shape[1], 1)
    step(*arrays, np.array(negatives, np.int32)[:, None], inputs, outputs, LEARNING_RATE, scratch)
    return Tables(inputs, outputs)


def check_step(architecture: str) -> Check:
    """One sentence from copied tables, number by number: w2v's kernel, gensim, and the analytic step.

    Skip-gram has three words; CBOW two, so that windows have one context and gensim's missing 1/n is 1.
    """
    tables = random_tables()
    sentence, negative = [0, 1, 2] if architecture == "skipgram" else [0, 1], 4
    windows = [(c, [context], negative) for c in sentence for context in sentence if context != c]

    theirs = gensim_step(tables, sentence, negative=negative, architecture=architecture)
    ours = kernel_step(tables, windows, architecture=architecture)

    moved = largest_difference(ours, tables)
    apart = largest_difference(ours, theirs)
    allowed = LEARNING_RATE * TABLE_ERROR * max(map(np.max, map(np.abs, tables))) * len(windows)
    analytic = largest_difference(ours, analytic_step(tables, windows))
    return Check(
        f"one step of {architecture} from the same tables, largest change",
        f"{moved:.5f}, from the analytic step {analytic:.0e}",
        f"{largest_difference(theirs, tables):.5f}",
        f"{apart:.1e}; its sigmoid table allows {allowed:.1e}",
        bool(analytic < 1e-6 and apart <= allowed < moved / 10),
    )


def random_tables() -> Tables:
    """Five words of 12 numbers, with scores far inside the range of gensim's table."""
    return Tables(*np.random.default_rng(1).normal(scale=0.5, size=(2, 5, 12)).astype(np.float32))


def largest_difference(one: Tables, other: Tables) -> float:
    """Between two pairs of tables, over all numbers."""
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def check_neighbors(vectors: Vectors, keyed: KeyedVectors, *, n_words: int = 200) -> Check:
    """The ten nearest words of words from the most to the least frequent, and their cosines."""
    words = [vectors.words[row] for row in np.linspace(0, len(vectors) - 1, n_words).astype(int)]
    same, worst = 0, 0.0
    for word, ours in zip(words, vectors.most_similar_many(words), strict=True):
        theirs = keyed.most_similar(word)
        same += [found for found, _ in ours] == [found for found, _ in theirs]
        gaps = [abs(a - b) for (_, a), (_, b) in zip(ours, theirs, strict=True)]
        worst = max(worst, *gaps)
    return Check(
        f"ten nearest of {n_words} words",
        f"{same} lists as gensim's",
        f"{n_words} lists",
        f"cosines {worst:.1e}",
        same == n_words and worst < 2e-6,
    )


def check_analogies(
    vectors: Vectors, keyed: KeyedVectors, path: str | os.PathLike[str], *, max_words: int = 30_000
) -> Check:
    """Every question, by its words: right in both or wrong in both."""
    questions = read_questions(path)
    ours = evaluate_analogies(vectors, questions, max_words=max_words)
    score, sections = keyed.evaluate_word_analogies(os.fspath(path), restrict_vocab=max_words)
    verdicts = [{}, {}]
    for words, rank in zip(questions.words, ours.ranks, strict=True):
        if rank:
            verdicts[0][tuple(word.upper() for word in words)] = bool(rank == 1)
    for name in ("correct", "incorrect"):
        verdicts[1].update(dict.fromkeys(sections[-1][name], name == "correct"))
    apart = len(set(verdicts[0].items()) ^ set(verdicts[1].items()))
    total = ours.total
    asked = len(sections[-1]["correct"]) + len(sections[-1]["incorrect"])
    return Check(
        "Google's analogies on the same vectors",
        f"{100 * (total.accuracy or 0):.2f} %, {total.correct:,} of {total.seen:,}",
        f"{100 * score:.2f} %, {len(sections[-1]['correct']):,} of {asked:,}",
        f"{apart} questions",
        apart == 0 and (total.correct, total.seen) == (len(sections[-1]["correct"]), asked),
    )


def check_similarity(vectors: Vectors, keyed: KeyedVectors, path: str | os.PathLike[str]) -> Check:
    """Spearman and Pearson of one file of word pairs."""
    ours = evaluate_similarity(vectors, path)
    pearson, spearman, unknown = keyed.evaluate_word_pairs(os.fspath(path), restrict_vocab=len(vectors))
    pairs = ours.total - round(unknown / 100 * ours.total)
    worst = max(abs(ours.spearman - spearman[0]), abs(ours.pearson - pearson[0]))
    return Check(
        f"{Path(path).name} on the same vectors",
        f"{ours.spearman:.4f} / {ours.pearson:.4f}, {ours.seen} pairs",
        f"{spearman[0]:.4f} / {pearson[0]:.4f}, {pairs} pairs",
        f"{worst:.1e}",
        worst < 1e-5 and pairs == ours.seen,
    )
