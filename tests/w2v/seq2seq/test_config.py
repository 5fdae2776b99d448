"""Settings of a Seq2Seq model: what is out of range, or does not go together, is refused."""

import math

import pytest

from w2v.seq2seq.config import Seq2SeqConfig


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        *(({name: 0}, f"{name} must be at least 1, got 0") for name in ("source_dim", "hidden", "layers")),
        *(({name: 0}, f"{name} must be at least 1, got 0") for name in ("batch_pairs", "epochs", "patience")),
        *(({"learning_rate": rate}, "learning_rate must be") for rate in (0.0, -1.0, math.inf, math.nan)),
        ({"table_learning_rate": 0.0}, "table_learning_rate must be a finite number above 0, got 0.0"),
        ({"clip_norm": 0.0}, "clip_norm must be a finite number above 0"),
        *(({"dropout": share}, "dropout must be at least 0 and below 1") for share in (-0.1, 1.0, math.nan)),
        ({"label_smoothing": 1.0}, "label_smoothing must be at least 0 and below 1, got 1.0"),
        *(({"decay": factor}, "decay must be above 0 and at most 1") for factor in (0.0, 1.1, math.nan)),
        ({"seed": -1}, "seed must be 0 to 18446744073709551615, got -1"),
        ({"seed": 2**64}, "seed must be 0 to"),
        ({"thaw_after": -1, "freeze": True}, "thaw_after must be at least 0, got -1"),
        ({"thaw_after": 2}, "thaw_after needs freeze"),
        ({"bidirectional": True, "hidden": 5}, "hidden must be even with bidirectional, got 5"),
        ({"share_embeddings": True, "source_dim": 3}, "got source_dim 3 and target_dim 256"),
    ],
)
def test_settings_out_of_range_are_refused(settings, said):
    """Each with its name and value."""
    with pytest.raises(ValueError, match=said):
        Seq2SeqConfig(**settings)


@pytest.mark.parametrize("settings", [{"hidden": 8.0}, {"layers": "2"}, {"tied": 1}, {"attention": "no"}])
def test_settings_of_another_kind_are_refused(settings):
    """A file could hold them: a number with a fraction, or a word that Python would take for true."""
    with pytest.raises(TypeError):
        Seq2SeqConfig(**settings)


def test_the_edges_are_allowed():
    """What is just within its range."""
    Seq2SeqConfig(seed=2**64 - 1, dropout=0.0, label_smoothing=0.0, decay=1.0, epochs=1, patience=1)
    Seq2SeqConfig(freeze=True, thaw_after=3)
    Seq2SeqConfig(freeze=True)
