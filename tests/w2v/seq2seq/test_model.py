"""The encoder-decoder: against loops written from the equations, and blind to padding."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.reference import reference_attention, reference_cross_entropy, reference_lstm
from tests.w2v.seq2seq.toy import SMALL, VARIANTS, letters, random_sentences, small_translator
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Pairs, Sentences, Skipped, make_batch, pad_sentences
from w2v.seq2seq.losses import mean_loss
from w2v.seq2seq.model import LSTMDecoder, LSTMEncoder, Seq2Seq
from w2v.seq2seq.translator import build_model
from w2v.seq2seq.vocabulary import END, PADDING, START

EACH_VARIANT = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "-".join(variant) or "plain")
DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")),
]


def doubled(**settings):
    """A small model in float64, with rows for the specials that are not zero, and biases."""
    translator = small_translator(**settings)
    model = translator.model.double()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "embedding" not in name:
                weight.copy_(torch.from_numpy(np.random.default_rng(len(name)).normal(0, 0.5, weight.shape)))
    return translator


def batch_of(sentences):
    """Padded ids and lengths of lists of ids."""
    ids, lengths = pad_sentences(Sentences.of(sentences), np.arange(len(sentences)))
    return torch.from_numpy(ids), torch.from_numpy(lengths)


def pairs_of(translator, n_pairs=7, *, seed=0, longest=6):
    """Random pairs of known words."""
    sides = (
        random_sentences(n_pairs, len(vocabulary) - 4, longest=longest, seed=seed + place)
        for place, vocabulary in enumerate((translator.source, translator.target))
    )
    return Pairs(*map(Sentences.of, sides), Skipped(), (0.0, 0.0))


def lstm_weights(lstm, layer, direction=""):
    """The weights of one layer and direction of an nn.LSTM."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [getattr(lstm, f"{name}_l{layer}{direction}").detach().numpy() for name in names]


# Against the equations


@EACH_VARIANT
def test_the_encoder_is_the_lstm_of_the_equations(variant):
    """Outputs, context and both states equal a loop in NumPy, each layer and direction by itself."""
    translator = doubled(**variant)
    encoder, sentences = translator.model.encoder, random_sentences(5, 9, seed=3)
    directions = ["", "_reverse"] if encoder.lstm.bidirectional else [""]

    with torch.no_grad():
        encoded = encoder(*batch_of(sentences))

    for place, sentence in enumerate(sentences):
        rows = encoder.embedding.weight.detach().numpy()[sentence]
        for layer in range(encoder.lstm.num_layers):
            zero = np.zeros(encoder.lstm.hidden_size)
            parts = [
                reference_lstm(
                    rows[::-1] if direction else rows,
                    lstm_weights(encoder.lstm, layer, direction),
                    zero,
                    zero,
                )
                for direction in directions
            ]
            rows = np.hstack(
                [part[0][::-1] if d else part[0] for part, d in zip(parts, directions, strict=True)]
            )
            for k in range(2):
                expected = np.hstack([part[1 + k] for part in parts])
                np.testing.assert_allclose(encoded.state[k][layer, place].numpy(), expected, atol=1e-12)
        np.testing.assert_allclose(encoded.outputs[place, : len(sentence)].numpy(), rows, atol=1e-12)
        assert not encoded.outputs[place, len(sentence) :].any()
        np.testing.assert_array_equal(encoded.context[place], encoded.state[0][-1, place])


@EACH_VARIANT
def test_the_decoder_is_that_of_the_equations(variant):
    """Logits equal a loop in NumPy: an LSTM from the encoder's state, Luong's attention, the projection."""
    translator = doubled(**variant)
    model = translator.model
    decoder, weights = model.decoder, {k: v.detach().numpy() for k, v in model.decoder.named_parameters()}
    sources = random_sentences(4, 9, seed=5)
    target = [START, *random_sentences(1, len(translator.target) - 4, longest=5, seed=6)[0]]

    with torch.no_grad():
        encoded = model.encoder(*batch_of(sources))
        logits = model(*batch_of(sources), torch.tensor([target] * 4)).numpy()

    for place, source in enumerate(sources):
        rows = decoder.embedding.weight.detach().numpy()[target]
        for layer in range(decoder.lstm.num_layers):
            start = (part[layer, place].numpy() for part in encoded.state)
            rows = reference_lstm(rows, lstm_weights(decoder.lstm, layer), *start)[0]
        if "combine.weight" in weights:
            outputs = encoded.outputs[place, : len(source)].numpy()
            found = [np.hstack((reference_attention(row, outputs), row)) for row in rows]
            rows = np.tanh(np.array(found) @ weights["combine.weight"].T)
        if "narrow.weight" in weights:
            rows = rows @ weights["narrow.weight"].T
        expected = rows @ decoder.output.weight.detach().numpy().T + weights["output.bias"]
        np.testing.assert_allclose(logits[place], expected, atol=1e-12)


def test_the_gradient_of_the_decoder_is_true():
    """Gradcheck in float64, through attention, the state and the padded outputs of the encoder."""
    translator = doubled(attention=True, hidden=4, source_dim=3, target_dim=3)
    decoder = translator.model.decoder
    encoded = translator.model.encoder(*batch_of([[4, 5, 6], [7]]))
    inputs = [part.detach().requires_grad_() for part in (encoded.outputs, *encoded.state)]
    tokens = torch.tensor([[START, 4], [START, 5]])

    def scores(outputs, hidden, cell):
        return decoder(tokens, (hidden, cell), encoded._replace(outputs=outputs))[0]

    assert torch.autograd.gradcheck(scores, inputs)


@EACH_VARIANT
def test_the_gradient_of_the_loss_is_true(variant):
    """Each weight's gradient is the slope of the loss of the slow twin, along a random direction."""
    translator = doubled(**variant)
    model, batch = translator.model, make_batch(pairs_of(translator), np.arange(7))
    named = dict(model.named_parameters())

    def loss():
        """As the twin has it, in float64: `mean_loss` itself is float32."""
        logits = model(batch.source, batch.lengths, batch.target[:, :-1])
        return nn.functional.cross_entropy(
            logits.flatten(0, 1), batch.target[:, 1:].flatten(), ignore_index=PADDING
        )

    loss().backward()
    for name, weight in named.items():
        direction = torch.from_numpy(np.random.default_rng(1).normal(size=weight.shape))
        if "embedding" in name:
            direction[PADDING] = 0
        ends = []
        with torch.no_grad():
            for step in (1e-6, -1e-6):
                weight += step * direction
                ends.append(float(loss()))
                weight -= step * direction
        slope = (ends[0] - ends[1]) / 2e-6
        assert slope == pytest.approx(float((weight.grad * direction).sum()), rel=1e-5, abs=1e-8), name


# Padding


@EACH_VARIANT
def test_padding_never_changes_a_result(variant):
    """A sentence alone and beside longer ones has the same outputs, state, logits and loss."""
    translator = doubled(**variant)
    model, pairs = translator.model, pairs_of(translator, longest=9)
    together = make_batch(pairs, np.arange(7))

    with torch.no_grad():
        encoded = model.encoder(together.source, together.lengths)
        logits = model(together.source, together.lengths, together.target[:, :-1])
        for row in range(7):
            alone = make_batch(pairs, np.array([row]))
            by_itself = model.encoder(alone.source, alone.lengths)
            scores = model(alone.source, alone.lengths, alone.target[:, :-1])
            n_source, n_target = int(alone.lengths), alone.target.shape[1] - 1
            torch.testing.assert_close(
                encoded.outputs[row, :n_source], by_itself.outputs[0], atol=1e-12, rtol=0
            )
            for part, own in zip(encoded.state, by_itself.state, strict=True):
                torch.testing.assert_close(part[:, row], own[:, 0], atol=1e-12, rtol=0)
            torch.testing.assert_close(logits[row, :n_target], scores[0], atol=1e-12, rtol=0)
            expected = reference_cross_entropy(scores[0], alone.target[0, 1:].tolist())
            assert float(mean_loss(scores, alone)) == pytest.approx(expected / n_target, rel=1e-6)


@EACH_VARIANT
def test_more_padding_changes_nothing(variant):
    """Columns of padding behind the longest sentence leave all logits as they were."""
    translator = doubled(**variant)
    batch = make_batch(pairs_of(translator), np.arange(7))
    wider = nn.functional.pad(batch.source, (0, 5), value=PADDING)

    with torch.no_grad():
        expected = translator.model(batch.source, batch.lengths, batch.target)
        found = translator.model(wider, batch.lengths, batch.target)

    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


@EACH_VARIANT
def test_gradients_of_padding_rows_are_zero(variant):
    """However much padding a batch has, and where a table tells the words as well."""
    translator = doubled(**variant)
    model, batch = translator.model, make_batch(pairs_of(translator, longest=9), np.arange(7))
    assert (batch.source == PADDING).any()
    assert (batch.target == PADDING).any()

    mean_loss(model(batch.source, batch.lengths, batch.target[:, :-1]), batch).backward()

    for table in (model.encoder.embedding, model.decoder.embedding):
        assert not table.weight.grad[PADDING].any()
        assert table.weight.grad[4:].any()


def test_attention_does_not_look_at_padding():
    """What stands in the outputs behind the end of a sentence does not matter, even if it is huge."""
    translator = doubled(attention=True)
    decoder = translator.model.decoder
    source, lengths = batch_of([[4, 5], [4, 5, 6, 7]])

    with torch.no_grad():
        encoded = translator.model.encoder(source, lengths)
        spoilt = encoded._replace(outputs=encoded.outputs.masked_fill(~encoded.is_token[:, :, None], 1e3))
        tokens = torch.tensor([[START], [START]])
        expected, found = (decoder(tokens, encoded.state, which)[0] for which in (encoded, spoilt))

    assert torch.equal(found, expected)


def test_a_sentence_read_word_by_word_has_the_logits_of_teacher_forcing():
    """One step at a time, each from the state of the last, as the search does it."""
    translator = doubled(layers=2, attention=True)
    model, (source, lengths) = translator.model, batch_of([[4, 5, 6], [7]])
    target = torch.tensor([[START, 4, 5, 6], [START, 7, 4, END]])

    with torch.no_grad():
        expected = model(source, lengths, target)
        encoded = model.encoder(source, lengths)
        state, found = encoded.state, []
        for column in range(target.shape[1]):
            logits, state = model.decoder(target[:, column : column + 1], state, encoded)
            found.append(logits)

    torch.testing.assert_close(torch.cat(found, dim=1), expected, atol=1e-12, rtol=0)


# Sharing, dropout, devices


def test_a_shared_table_is_one_parameter():
    """Both sides read the same storage, and it is counted and trained once."""
    model = small_translator(share_embeddings=True, tied=True).model
    weight = model.encoder.embedding.weight

    assert model.decoder.embedding.weight is weight
    assert model.decoder.output.weight is weight
    assert [name for name, each in model.named_parameters() if each is weight] == ["encoder.embedding.weight"]


def test_dropout_is_for_training_alone():
    """In evaluation mode two passes are equal; in training mode they are not."""
    translator = small_translator(dropout=0.5, layers=2)
    model, batch = translator.model, make_batch(pairs_of(translator), np.arange(7))

    def passes():
        return [model(batch.source, batch.lengths, batch.target) for _ in range(2)]

    assert torch.equal(*passes())
    model.train()
    assert not torch.equal(*passes())


@pytest.mark.parametrize("device", DEVICES)
@EACH_VARIANT
def test_the_model_works_on_any_device_and_prints_nothing(variant, device, capfd):
    """All that is made in between is made where the weights are; lengths stay on the CPU."""
    translator = small_translator(**variant)
    model, batch = translator.model.to(device), make_batch(pairs_of(translator), np.arange(7))

    logits = model(batch.source.to(device), batch.lengths, batch.target.to(device))

    assert logits.device.type == device
    assert logits.shape == (*batch.target.shape, len(translator.target))
    assert capfd.readouterr() == ("", "")


# What is refused


def table(n_rows=5, dim=4, padding=0):
    """A table of random rows."""
    return nn.Embedding(n_rows, dim, padding_idx=padding)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hidden": 0}, "at least 1, got 0 and 1"),
        ({"hidden": 4, "layers": 0}, "at least 1, got 4 and 0"),
        ({"hidden": 4, "dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        ({"hidden": 4, "dropout": -0.1}, "dropout must be"),
        ({"hidden": 5, "bidirectional": True}, "hidden must be even for a bidirectional encoder, got 5"),
    ],
)
def test_sizes_out_of_range_are_refused(settings, said):
    """Each with its value; those that the decoder has are refused there as well."""
    with pytest.raises(ValueError, match=said):
        LSTMEncoder(table(), **settings)
    if "bidirectional" not in settings:
        with pytest.raises(ValueError, match=said):
            LSTMDecoder(table(), **settings)


@pytest.mark.parametrize("padding", [None, 1])
def test_a_table_without_padding_in_row_0_is_refused(padding):
    """Its padding would learn."""
    for part in (LSTMEncoder, LSTMDecoder):
        with pytest.raises(ValueError, match="padding_idx=0"):
            part(table(padding=padding), hidden=4)


@pytest.mark.parametrize(
    ("encoder", "decoder"), [({"hidden": 4}, {"hidden": 6}), ({"hidden": 4, "layers": 2}, {"hidden": 4})]
)
def test_an_encoder_of_another_shape_than_the_decoder_is_refused(encoder, decoder):
    """The state of the one must fit the other."""
    with pytest.raises(ValueError, match="the layers and hidden units of the decoder"):
        Seq2Seq(LSTMEncoder(table(), **encoder), LSTMDecoder(table(), **decoder))


def test_two_vocabularies_are_no_shared_table():
    """One table for both sides needs one vocabulary."""
    with pytest.raises(ValueError, match="one vocabulary"):
        build_model(Seq2SeqConfig(**SMALL, share_embeddings=True), letters(3), letters(3))
