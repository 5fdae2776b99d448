"""The size of a Seq2Seq model is told before it is made."""

import pytest

from corpora.errors import MemoryLimitError
from tests.w2v.seq2seq.toy import SMALL, VARIANTS, small_translator
from w2v.seq2seq import sizes
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.sizes import TRAINED_BYTES, count_weights, require_memory


@pytest.mark.parametrize("settings", VARIANTS)
def test_weights_are_counted_as_the_model_has_them(settings):
    """A table that stands in two places counts once."""
    translator = small_translator(n_source=9, n_target=7, **settings)
    n_tokens = len(translator.source), len(translator.target)

    n_weights = sum(weight.numel() for weight in translator.model.parameters())

    assert count_weights(translator.config, *n_tokens) == n_weights


def test_what_just_fits_is_taken(monkeypatch):
    """One byte less is refused."""
    config = Seq2SeqConfig(**SMALL)
    needed = TRAINED_BYTES * count_weights(config, 9, 7)

    monkeypatch.setattr(sizes, "available_bytes", lambda: needed)
    require_memory(config, 9, 7)
    monkeypatch.setattr(sizes, "available_bytes", lambda: needed - 1)
    with pytest.raises(MemoryLimitError, match="weights takes"):
        require_memory(config, 9, 7)
