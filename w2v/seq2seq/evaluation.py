"""How good a Seq2Seq model is on text that it has not seen: loss, perplexity and BLEU, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from w2v.evaluation.statistics import SIGNIFICANCE, Interval, resamples
from w2v.extras import import_extra
from w2v.seq2seq.data import Skipped, read_pairs
from w2v.seq2seq.losses import word_losses
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.translator import Translator

if TYPE_CHECKING:
    from types import ModuleType

N_RESAMPLES = 1000
LARGEST_EXPONENT = 709.0  # e to more than this is no float
_ORDERS = 4


class Seq2SeqEvaluation(NamedTuple):
    """Scores on n sentence pairs; intervals are the middle 95 % of resamples of the pairs.

    Args:
        n_pairs: that were scored.
        n_tokens: of the targets, `<eos>` of each counted.
        skipped: pairs that were not.
        unknown_share: of the words of source and target, those that the model does not know.
        loss: mean cross-entropy of a target token, in nats; an unknown word is the token `<unk>`.
        perplexity: e to the loss; infinite where that is beyond all floats.
        bleu: corpus BLEU in percent, on words as they stand between blanks.
        loss_interval: of the loss.
        perplexity_interval: of the perplexity.
        bleu_interval: of BLEU.
        signature: sacrebleu's own description of how BLEU was computed.
        translations: of the scored pairs, words separated by blanks.
    """

    n_pairs: int
    n_tokens: int
    skipped: Skipped
    unknown_share: tuple[float, float]
    loss: float
    perplexity: float
    bleu: float
    loss_interval: Interval
    perplexity_interval: Interval
    bleu_interval: Interval
    signature: str
    translations: list[str]


def evaluate_translator(
    translator: Translator,
    text: ParallelText,
    *,
    beam: int = 1,
    max_length: int = 1000,
    precision: str = "float32",
    report: Callable[[int, int], object] = lambda _done, _total: None,
) -> Seq2SeqEvaluation:
    """Scores a model on parallel text.

    Args:
        translator: the model.
        text: source sentences and one reference for each.
        beam: as `search` has it.
        max_length: pairs with more words on a side are left out and counted.
        precision: "float32" or "bfloat16".
        report: called now and then with the sentences translated and all.

    Raises:
        ImportError: sacrebleu is not installed.
        InputError: the text cannot be read, or no pair is left.

    Reference:
        Papineni et al. 2002, "BLEU"; Post 2018, "A Call for Clarity in Reporting BLEU Scores"; for the
        intervals Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation", section 3.
    """
    metrics = import_extra("sacrebleu.metrics", extra="seq2seq", needed_by="BLEU")
    pairs = read_pairs(text, translator.source, translator.target, max_length=max_length)
    sources, references = _scored_words(text, max_length)
    losses = word_losses(translator.model, pairs, precision=precision)
    found = translator.translate(sources, beam=beam, precision=precision, report=report)
    translations = [" ".join(words) for words in found]
    metric = metrics.BLEU(tokenize="none", force=True)  # the text is split into words as it was given
    score = metric.corpus_score(translations, [references])
    counts = _bleu_counts(metrics, translations, references)  # (n, 10)
    resampled = [
        (losses.sums @ weights / (losses.n_tokens @ weights), _bleus(metrics, counts.T @ weights))
        for weights in resamples(len(pairs), n_resamples=N_RESAMPLES)  # (n, B)
    ]
    loss_interval, bleu_interval = (
        _middle(np.concatenate(values)) for values in zip(*resampled, strict=True)
    )
    return Seq2SeqEvaluation(
        len(pairs),
        int(losses.n_tokens.sum()),
        pairs.skipped,
        pairs.unknown_share,
        losses.mean,
        _exp(losses.mean),
        score.score,
        loss_interval,
        (_exp(loss_interval[0]), _exp(loss_interval[1])),
        bleu_interval,
        str(metric.get_signature()),
        translations,
    )


def _scored_words(text: ParallelText, max_length: int) -> tuple[list[list[str]], list[str]]:
    """Sources and references of the pairs that `read_pairs` keeps."""
    kept = [pair for pair in text.read() if not pair.is_empty and pair.longest <= max_length]
    return [pair.source for pair in kept], [" ".join(pair.target) for pair in kept]


def _bleu_counts(metrics: ModuleType, translations: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """What each sentence adds to the counts of BLEU, float64 (n, 10)."""
    metric = metrics.BLEU(tokenize="none", force=True, effective_order=True)  # for short sentences
    scores = [
        metric.sentence_score(found, [expected])
        for found, expected in zip(translations, references, strict=True)
    ]
    return np.array([[*s.counts, *s.totals, s.sys_len, s.ref_len] for s in scores], dtype=np.float64)


def _bleus(metrics: ModuleType, sums: np.ndarray) -> np.ndarray:
    """BLEU of each of B texts, float64 (B,), from the sums of its sentences' counts, (10, B)."""
    return np.array(
        [
            metrics.BLEU.compute_bleu(
                row[:_ORDERS], row[_ORDERS : 2 * _ORDERS], row[-2], row[-1], smooth_method="exp"
            ).score
            for row in np.rint(sums.T).astype(int).tolist()
        ]
    )


def _exp(loss: float) -> float:
    return math.exp(loss) if loss < LARGEST_EXPONENT else math.inf


def _middle(values: np.ndarray) -> Interval:
    low, high = np.quantile(values, [SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2])
    return float(low), float(high)
