"""Loss, perplexity and BLEU of a model, against sacrebleu itself and a bootstrap in plain Python."""

import math
import sys

import numpy as np
import pytest

from corpora.errors import InputError
from tests.w2v.seq2seq.toy import classed_pairs, small_translator, write_pairs
from w2v.extras import MissingExtraError
from w2v.seq2seq import evaluation
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Skipped, read_pairs
from w2v.seq2seq.evaluation import evaluate_translator
from w2v.seq2seq.losses import WordLosses, word_losses
from w2v.seq2seq.pipeline import Reading, prepare
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.training import Seq2SeqTrainer

sacrebleu = pytest.importorskip("sacrebleu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A translator that has learned a text by halves, and the text."""
    folder = tmp_path_factory.mktemp("trained")
    text = ParallelText(*write_pairs(folder, *classed_pairs(30, seed=1, longest=9)))
    config = Seq2SeqConfig(
        source_dim=16, target_dim=16, hidden=32, epochs=16, learning_rate=0.03, batch_pairs=8, attention=True
    )
    prepared = prepare(text, config, reading=Reading(min_count=1))
    Seq2SeqTrainer(prepared.translator.model, prepared.pairs, config).run()
    return prepared.translator, text


def slow_resamples(n, n_resamples=1000):
    """The pairs that are drawn in each resample."""
    rng = np.random.Generator(np.random.PCG64(0))
    return rng.integers(0, n, size=(n_resamples, n))


def test_scores_are_those_of_sacrebleu_and_of_the_losses(trained):
    """BLEU of the strings as they are, the loss a mean of tokens, perplexity e to it."""
    translator, text = trained
    references = [" ".join(pair.target) for pair in text.read()]

    found = evaluate_translator(translator, text)

    expected = sacrebleu.corpus_bleu(found.translations, [references], tokenize="none", force=True).score
    pairs = read_pairs(text, translator.source, translator.target, max_length=1000)
    assert 5 < found.bleu < 95
    assert found.bleu == expected
    assert found.translations == [
        " ".join(words) for words in translator.translate([pair.source for pair in text.read()])
    ]
    assert found.loss == word_losses(translator.model, pairs).mean
    assert found.perplexity == math.exp(found.loss)
    assert (found.n_pairs, found.n_tokens) == (30, sum(len(line.split()) + 1 for line in references))
    assert "tok:none" in found.signature
    assert found.unknown_share == pairs.unknown_share


def test_intervals_are_those_of_a_bootstrap_in_plain_python(trained):
    """Pairs drawn again and again, each time scored by sacrebleu anew; the intervals hold the scores."""
    translator, text = trained
    references = [" ".join(pair.target) for pair in text.read()]
    found = evaluate_translator(translator, text)
    losses = word_losses(
        translator.model, read_pairs(text, translator.source, translator.target, max_length=1000)
    )
    metric = sacrebleu.metrics.BLEU(tokenize="none", force=True)

    bleus, means = [], []
    for rows in slow_resamples(30):
        means.append(sum(losses.sums[row] for row in rows) / sum(losses.n_tokens[row] for row in rows))
        hypotheses = [found.translations[row] for row in rows]
        bleus.append(metric.corpus_score(hypotheses, [[references[row] for row in rows]]).score)

    assert found.loss_interval == pytest.approx(np.quantile(means, [0.025, 0.975]))
    assert found.bleu_interval == pytest.approx(np.quantile(bleus, [0.025, 0.975]))
    assert found.perplexity_interval == tuple(math.exp(end) for end in found.loss_interval)
    assert found.bleu_interval[0] < found.bleu < found.bleu_interval[1]
    assert found.loss_interval[0] < found.loss < found.loss_interval[1]


def test_intervals_do_not_hang_on_how_resamples_are_cut(trained, monkeypatch):
    """A large text is resampled in blocks."""
    from w2v.evaluation import statistics

    whole = evaluate_translator(*trained)
    monkeypatch.setattr(statistics, "_BLOCK_NUMBERS", 30 * 300)
    assert evaluate_translator(*trained) == whole


def test_left_out_pairs_are_counted_and_not_scored(trained, tmp_path):
    """Empty and long ones; the rest is scored as if they were not there."""
    translator, _ = trained
    source, target = classed_pairs(6, seed=5)
    alone = ParallelText(*write_pairs(tmp_path, source, target))
    mixed = ParallelText(
        *write_pairs(tmp_path, ["", *source, "s0.1 " * 9, ""], ["t1", *target, "t1", ""], names=("a", "b"))
    )

    expected, found = (evaluate_translator(translator, text, max_length=8) for text in (alone, mixed))

    assert found.skipped == Skipped(n_empty=2, n_long=1)
    assert found._replace(skipped=expected.skipped) == expected


def test_a_model_that_says_nothing_has_a_score(tmp_path):
    """BLEU 0, with an interval of 0, and no complaint."""
    translator = small_translator()
    translator.model.decoder.output.bias.data[2] = 1e4
    text = ParallelText(*write_pairs(tmp_path, ["a b", "c"], ["n o p q", "n"]))

    found = evaluate_translator(translator, text)

    assert found.translations == ["", ""]
    assert (found.bleu, found.bleu_interval) == (0.0, (0.0, 0.0))
    assert found.perplexity == math.inf


def test_one_pair_has_an_interval_of_its_score(trained, tmp_path):
    """There is nothing else to draw."""
    translator, _ = trained
    text = ParallelText(*write_pairs(tmp_path, ["s0.1 s1.2 s2.3 s3.4"], ["t0 t1 t2 t3"]))

    found = evaluate_translator(translator, text)

    assert found.loss_interval == pytest.approx((found.loss, found.loss))
    assert found.bleu_interval == pytest.approx((found.bleu, found.bleu))


def test_a_loss_beyond_all_floats_has_an_infinite_perplexity(trained, monkeypatch):
    """E to 710 is no float; the loss is told all the same."""
    monkeypatch.setattr(
        evaluation, "word_losses", lambda *_, **__: WordLosses(np.full(30, 2000.0), np.ones(30, int))
    )

    assert evaluate_translator(*trained).perplexity == math.inf


def test_nothing_to_score_is_refused(trained, tmp_path):
    """S03."""
    with pytest.raises(InputError) as caught:
        evaluate_translator(trained[0], ParallelText(*write_pairs(tmp_path, [""], ["a"])))

    assert caught.value.identifier == "S03"


def test_without_sacrebleu_the_extra_is_named(trained, monkeypatch):
    """Before anything is measured."""
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'w2v\[seq2seq\]'"):
        evaluate_translator(*trained)
