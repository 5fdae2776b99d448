"""How large a Seq2Seq model is, told before it is made."""

from __future__ import annotations

from corpora.errors import MemoryLimitError
from w2v.free_memory import available_bytes
from w2v.seq2seq.config import Seq2SeqConfig

TRAINED_BYTES = 16  # a weight: float32 of itself, its gradient, and the two means of Adam


def require_memory(config: Seq2SeqConfig, n_source: int, n_target: int) -> None:
    """Raises MemoryLimitError (T15) if a model with so many words a side cannot be trained in memory."""
    n_weights = count_weights(config, n_source, n_target)
    needed, available = TRAINED_BYTES * n_weights, available_bytes()
    if needed > available:
        raise MemoryLimitError(
            "T15",
            f"to train a model of {n_weights:,} weights takes {needed / 2**30:,.1f} GiB of memory, "
            f"{available / 2**30:,.1f} GiB are free",
            fix="use a smaller --hidden, --layers, --source-dim, --target-dim or --max-vocab",
        )


def count_weights(config: Seq2SeqConfig, n_source: int, n_target: int) -> int:
    """Numbers that a model learns, of vocabularies with so many tokens a side."""
    hidden = config.hidden
    directions = 2 if config.bidirectional else 1
    tables = n_source * config.source_dim
    tables += 0 if config.share_embeddings else n_target * config.target_dim
    encoder = _count_lstm(config.source_dim, hidden // directions, config.layers, directions)
    decoder = _count_lstm(config.target_dim, hidden, config.layers, 1)
    combine = 2 * hidden * hidden if config.attention else 0
    output = hidden * (config.target_dim if config.tied else n_target) + n_target
    return tables + encoder + decoder + combine + output


def _count_lstm(n_inputs: int, hidden: int, layers: int, directions: int) -> int:
    """Of torch's nn.LSTM, which has two vectors of biases."""
    first = 4 * hidden * (n_inputs + hidden + 2)
    others = 4 * hidden * (directions * hidden + hidden + 2)
    return directions * (first + (layers - 1) * others)
