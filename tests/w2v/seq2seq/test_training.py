"""Training: one step by hand, rates and patience, frozen tables, and what a training that diverges leaves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from corpora.errors import DivergedError
from tests.w2v.seq2seq.toy import SMALL, letters, random_sentences
from w2v.seq2seq import training
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Pairs, Sentences, Skipped, make_batch, order_batches
from w2v.seq2seq.losses import WordLosses, mean_loss, next_words, word_losses
from w2v.seq2seq.training import Seq2SeqTrainer
from w2v.seq2seq.translator import build_model
from w2v.watch import StopTraining

CONFIG = Seq2SeqConfig(**SMALL | {"batch_pairs": 4, "epochs": 3, "learning_rate": 0.01})
SOURCE, TARGET = letters(9), letters(7, first="n")
TABLES = ("encoder.embedding.weight", "decoder.embedding.weight")


def pairs_of(n_pairs, *, seed=0):
    """Random pairs."""
    sides = (random_sentences(n_pairs, n_words, seed=seed + n_words) for n_words in (9, 7))
    return Pairs(*map(Sentences.of, sides), Skipped(), (0.0, 0.0))


def trainer_of(pairs=None, *, more=(), **settings):
    """A trainer of a new model."""
    config = replace(CONFIG, **settings)
    pairs = pairs_of(10) if pairs is None else pairs
    return Seq2SeqTrainer(build_model(config, SOURCE, TARGET), pairs, config, **dict(more))


def weights_of(model):
    """Copies of the weights by name."""
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def same(first, second):
    """Whether weights are equal bit for bit."""
    return all(torch.equal(first[name], second[name]) for name in first)


# Steps


@pytest.mark.parametrize("clip_norm", [1e9, 0.05])
def test_the_first_step_is_that_of_adam_on_shortened_gradients(clip_norm):
    """By hand: each number moves by the rate times g / (|g| + 1e-8), the tables by a rate of their own."""
    pairs = pairs_of(4)
    trainer = trainer_of(pairs, epochs=1, clip_norm=clip_norm, table_learning_rate=0.003)
    before = weights_of(trainer.model)
    batch = make_batch(pairs, np.arange(4))
    loss = mean_loss(next_words(trainer.model, batch, torch.device("cpu")), batch)
    loss.backward()
    gradients = {name: weight.grad.double() for name, weight in trainer.model.named_parameters()}
    norm = torch.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))

    course = trainer.run()

    for name, weight in trainer.model.named_parameters():
        gradient = gradients[name] * min(1.0, clip_norm / (float(norm) + 1e-6))
        rate = 0.003 if name in TABLES else 0.01
        expected = before[name].double() - rate * gradient / (gradient.abs() + 1e-8)
        torch.testing.assert_close(weight.detach().double(), expected, atol=2e-5, rtol=0)
    assert course.results[0].loss == pytest.approx(float(loss.detach()), rel=1e-6)


def test_the_loss_of_an_epoch_is_the_mean_of_its_tokens():
    """Batches of different sizes weigh by their tokens: with tiny rates it is the model's own loss."""
    pairs = pairs_of(11)
    trainer = trainer_of(pairs, epochs=1, learning_rate=1e-12)
    expected = word_losses(trainer.model, pairs).mean

    course = trainer.run()

    assert course.results[0].loss == pytest.approx(expected, rel=1e-5)
    assert course.results[0].tokens == len(pairs.target.ids) + 11 == trainer.tokens_total


def test_the_same_seed_gives_the_same_model_bit_for_bit():
    """And another seed another; torch's own random state plays no part, and stays as it was."""
    settings = {"dropout": 0.3, "layers": 2}
    torch.manual_seed(1)
    first = trainer_of(**settings)
    first.run()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    again, other = trainer_of(**settings), trainer_of(**settings, seed=2)
    again.run()
    other.run()

    assert torch.equal(torch.get_rng_state(), state)
    assert same(weights_of(first.model), weights_of(again.model))
    assert not same(weights_of(first.model), weights_of(other.model))


def test_each_epoch_has_an_order_and_a_dropout_of_its_own():
    """With nothing learned, the losses of two epochs still differ by their dropout, as do the batches."""
    trainer = trainer_of(epochs=2, learning_rate=1e-30, dropout=0.5)
    seen = []
    original = training.order_batches

    def note(*arguments, **named):
        seen.append(original(*arguments, **named))
        return seen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "order_batches", note)
        course = trainer.run()

    assert course.results[0].loss != course.results[1].loss
    assert [rows.tolist() for rows in seen[0]] != [rows.tolist() for rows in seen[1]]


def test_validation_changes_nothing_in_the_training():
    """It draws nothing: the weights after the last epoch are those of a training without it."""
    plain, watched = trainer_of(dropout=0.3), trainer_of(dropout=0.3, more={"valid": pairs_of(6, seed=9)})
    plain.run()
    course = watched.run()

    assert course.n_decays == 0
    assert same(weights_of(plain.model), weights_of(watched.model))


# Rates, patience, the best epoch


def run_with_losses(losses, **settings):
    """Trains with made-up validation losses; returns the course, and the epochs that were the best so far."""
    kept, given = [], iter(losses)
    trainer = trainer_of(more={"valid": pairs_of(2), "on_best": lambda: kept.append(True)}, **settings)
    kept_at = []

    def measured(*_, **__):
        kept_at.append(len(kept))
        return WordLosses(np.array([next(given)]), np.array([1]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "word_losses", measured)
        course = trainer.run()
    kept_at.append(len(kept))
    return course, [epoch for epoch in range(1, len(kept_at)) if kept_at[epoch] > kept_at[epoch - 1]]


def test_rates_fall_after_each_epoch_in_vain():
    """5, 4 are better; 4 is not lower than 4, 6 neither: two decays; 3 is, and the rate stays; 7 is not."""
    course, kept = run_with_losses([5, 4, 4, 6, 3, 7, 8], epochs=7, decay=0.5, patience=3)

    rates = [result.learning_rate / CONFIG.learning_rate for result in course.results]
    assert rates == [1, 1, 1, 0.5, 0.25, 0.25, 0.125]
    assert kept == [1, 2, 5]
    assert (course.best_epoch, course.best_loss) == (5, 3)


def test_the_training_ends_when_patience_does():
    """After so many epochs in a row in vain, and not before: one better epoch begins the count anew."""
    course, kept = run_with_losses([5, 6, 4, 6, 6, 3], epochs=9, patience=2)

    assert len(course.results) == 5
    assert course.is_over
    assert kept == [1, 3]
    assert [result.valid_loss for result in course.results] == [5, 6, 4, 6, 6]


def test_both_rates_fall():
    """The tables' own rate by the same factor."""
    trainer = trainer_of(table_learning_rate=0.2, decay=0.5)
    trainer.course.n_decays = 2
    trainer._begin_epoch()

    assert [group["lr"] for group in trainer.optimizer.param_groups] == [0.0025, 0.05]


def test_without_validation_the_last_epoch_is_kept():
    """Each epoch's model is the best so far, and nothing decays or ends early."""
    kept = []
    trainer = trainer_of(more={"on_best": lambda: kept.append(weights_of(trainer.model))})

    course = trainer.run()

    assert (course.best_epoch, course.n_decays, len(kept)) == (3, 0, 3)
    assert same(kept[-1], weights_of(trainer.model))


# Frozen tables


@pytest.mark.parametrize("given", [TABLES[:1], TABLES[1:], TABLES])
def test_frozen_tables_keep_their_rows_bit_for_bit(given):
    """Those that started from vectors; all else learns."""
    trainer = trainer_of(freeze=True, more={"given": given})
    before = weights_of(trainer.model)

    trainer.run()

    for name, weight in trainer.model.named_parameters():
        assert torch.equal(weight, before[name]) == (name in given), name


def test_thawed_tables_learn_from_their_epoch_on():
    """With thaw_after 2 the rows are as they were after two epochs, and others after three."""
    after = []
    trainer = trainer_of(freeze=True, thaw_after=2, more={"given": TABLES[:1]})
    trainer.on_best = lambda: after.append(trainer.model.encoder.embedding.weight.detach().clone())
    before = trainer.model.encoder.embedding.weight.detach().clone()

    trainer.run()

    assert torch.equal(after[0], before)
    assert torch.equal(after[1], before)
    assert not torch.equal(after[2], before)


@pytest.mark.parametrize("tied", [False, True])
def test_rows_of_padding_stay_zero(tied):
    """However long the training, and where the table tells the words as well."""
    trainer = trainer_of(epochs=5, tied=tied)
    trainer.run()

    assert not trainer.model.encoder.embedding.weight[0].any()
    assert not trainer.model.decoder.embedding.weight[0].any()


# Stopping and diverging


def test_a_training_is_stopped_wherever_it_reports(monkeypatch):
    """After a step, while the validation is measured, at the end of an epoch: it is saved and returns."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    n_steps = len(order_batches(pairs_of(10), 4, seed=0))
    n_reports = 3 * (n_steps + 1 + 1)  # each step, the one batch of the validation, the end of the epoch

    for stop_at in range(1, n_reports + 1):
        pauses, seen = [], []

        def report(progress, seen=seen, stop_at=stop_at):
            seen.append(progress)
            if len(seen) == stop_at:
                raise StopTraining

        trainer = trainer_of(more={"valid": pairs_of(3, seed=4), "report": report, "pause": pauses.append})
        course = trainer.run()
        assert len(seen) == stop_at
        assert pauses[-1] is True
        assert len(course.results) == stop_at // (n_steps + 2)
        assert course.is_over == (stop_at == n_reports)


def test_progress_tells_where_the_training_stands(monkeypatch):
    """Tokens of the epoch so far and in all, losses, and the rate."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    seen = []
    trainer = trainer_of(more={"valid": pairs_of(3, seed=4), "report": seen.append})

    course = trainer.run()

    ends = seen[4::5]
    assert [progress.epoch for progress in seen] == [1] * 5 + [2] * 5 + [3] * 5
    assert {progress.tokens_total for progress in seen} == {trainer.tokens_total}
    assert [progress.tokens_done for progress in ends] == [trainer.tokens_total] * 3
    assert [progress.valid_loss for progress in ends] == [result.valid_loss for result in course.results]
    assert [progress.loss for progress in ends] == [result.loss for result in course.results]
    assert seen[0].valid_loss is None
    assert seen[0].learning_rate == CONFIG.learning_rate
    assert 0 < seen[0].tokens_done < trainer.tokens_total


@pytest.mark.parametrize("more", [{}, {"valid": pairs_of(3)}])
def test_a_training_that_diverges_is_ended_and_keeps_what_was_good(more, monkeypatch):
    """T14: a weight that is no number after the last step of an epoch is no model to keep."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    kept = []

    def report(progress):
        if progress.epoch == 2 and progress.tokens_done == progress.tokens_total:
            with torch.no_grad():
                trainer.model.decoder.output.bias[3] = float("nan")

    trainer = trainer_of(more={**more, "report": report, "on_best": lambda: kept.append(True)})
    with pytest.raises(DivergedError, match="diverged in epoch 2") as caught:
        trainer.run()

    assert (caught.value.identifier, caught.value.exit_code) == ("T14", 7)
    assert len(kept) == 1


@pytest.mark.parametrize(("rate", "said"), [(1e38, "the loss is (nan|inf)"), (1e12, r"the loss is \S+e\+")])
def test_a_huge_rate_diverges(rate, said):
    """Within an epoch the loss is no number, or one that no guess about a word can cost."""
    with pytest.raises(DivergedError, match=said):
        trainer_of(learning_rate=rate).run()
