"""The LSTM encoder-decoder: sentences of one language in, scores of the next word of the other out.

The plain model hands its decoder one thing only, the state in which the encoder ends: the context vector.
With attention the decoder also looks back at every word of the source.

Letters: B sentences of a batch, S and T tokens of the longest source and target, E columns of a table, H
hidden units, L layers, V words of the target.

Reference:
    Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks", section 2; for attention
    Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation", section 3.1,
    global attention with the score "dot", without input feeding.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from w2v.seq2seq.vocabulary import PADDING

State = tuple[torch.Tensor, torch.Tensor]  # hidden and cell, each (L, B, H)


class Encoded(NamedTuple):
    """What the encoder makes of a batch of sentences.

    Args:
        outputs: (B, S, H), one vector a token; zero behind the end of a sentence.
        context: (B, H), the context vector: the hidden state of the last layer at the end of each sentence.
        state: hidden and cell state of all layers there, each (L, B, H).
        is_token: bool (B, S), False behind the end of a sentence.
    """

    outputs: torch.Tensor
    context: torch.Tensor
    state: State
    is_token: torch.Tensor

    def repeat(self, n_times: int) -> Encoded:
        """Each sentence so many times in a row, for the hypotheses of a beam."""
        hidden, cell = (part.repeat_interleave(n_times, dim=1) for part in self.state)
        outputs, context, is_token = (
            part.repeat_interleave(n_times, dim=0) for part in (self.outputs, self.context, self.is_token)
        )
        return Encoded(outputs, context, (hidden, cell), is_token)


class LSTMEncoder(nn.Module):
    """Reads a sentence: a table, and an LSTM over its rows.

    Args:
        embedding: (words, E), with padding_idx 0.
        hidden: H; of a bidirectional encoder each direction has half of them.
        layers: L.
        bidirectional: read the sentence from its end as well.
        dropout: share of the numbers left out while training: of the rows, and between layers.

    Raises:
        ValueError: a size is out of its range, or the table has no padding row 0.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        *,
        hidden: int,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _require_sizes(embedding, hidden, layers, dropout)
        if bidirectional and hidden % 2:
            raise ValueError(f"hidden must be even for a bidirectional encoder, got {hidden}")
        self.embedding = embedding
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            embedding.embedding_dim,
            hidden // 2 if bidirectional else hidden,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor) -> Encoded:
        """Encodes a batch.

        Args:
            tokens: int64 (B, S), each row padded behind its end.
            lengths: int64 (B,), at least 1, on the CPU.
        """
        rows = self.dropout(self.embedding(tokens))
        packed = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
        packed_outputs, (hidden, cell) = self.lstm(packed)
        outputs, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=tokens.shape[1])
        state = self._join(hidden), self._join(cell)
        return Encoded(outputs, state[0][-1], state, tokens != PADDING)

    def _join(self, part: torch.Tensor) -> torch.Tensor:
        """(L, B, H) of what nn.LSTM gives as (L * directions, B, H / directions)."""
        if not self.lstm.bidirectional:
            return part
        return torch.cat((part[0::2], part[1::2]), dim=2)


class LSTMDecoder(nn.Module):
    """Tells the next word of the target from the words before it and from what the encoder made.

    Args:
        embedding: (V, E), with padding_idx 0.
        hidden: H, the encoder's.
        layers: L, the encoder's.
        dropout: share of the numbers left out while training: of the rows, between layers, and of what the
            words are told from.
        attention: look back at the source at each step.
        tied: the words are told by the rows of the table itself, behind a projection to E.

    Raises:
        ValueError: a size is out of its range, or the table has no padding row 0.

    Reference:
        Press and Wolf 2017, "Using the Output Embedding to Improve Language Models", section 3, for `tied`.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        *,
        hidden: int,
        layers: int = 1,
        dropout: float = 0.0,
        attention: bool = False,
        tied: bool = False,
    ) -> None:
        super().__init__()
        _require_sizes(embedding, hidden, layers, dropout)
        n_words, dim = embedding.weight.shape
        self.embedding = embedding
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(dim, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.combine = nn.Linear(2 * hidden, hidden, bias=False) if attention else None
        self.narrow = nn.Linear(hidden, dim, bias=False) if tied else None
        self.output = nn.Linear(dim if tied else hidden, n_words)
        if tied:
            self.output.weight = embedding.weight
            embedding.weight.register_post_accumulate_grad_hook(_clear_padding)

    def forward(self, tokens: torch.Tensor, state: State, encoded: Encoded) -> tuple[torch.Tensor, State]:
        """Scores of the word behind each of the given ones: teacher forcing, or one step of a search.

        Args:
            tokens: int64 (B, T), beginning with `<sos>` or with the word that the state stands before.
            state: before the first of them; `encoded.state` at the start.
            encoded: of the source.

        Returns:
            Logits (B, T, V), and the state behind the last token.
        """
        rows = self.dropout(self.embedding(tokens))
        found, state = self.lstm(rows, state)  # (B, T, H)
        if self.combine is not None:
            found = torch.tanh(self.combine(torch.cat((_attend(found, encoded), found), dim=2)))
        if self.narrow is not None:
            found = self.narrow(self.dropout(found))
            return self.output(found), state
        return self.output(self.dropout(found)), state


class Seq2Seq(nn.Module):
    """An encoder and a decoder of one width and depth.

    Args:
        encoder: of the source.
        decoder: of the target.

    Raises:
        ValueError: the encoder's state does not fit the decoder.
    """

    def __init__(self, encoder: LSTMEncoder, decoder: LSTMDecoder) -> None:
        super().__init__()
        directions = 2 if encoder.lstm.bidirectional else 1
        states = (
            (encoder.lstm.num_layers, encoder.lstm.hidden_size * directions),
            (decoder.lstm.num_layers, decoder.lstm.hidden_size),
        )
        if states[0] != states[1]:
            raise ValueError(
                f"the encoder must have the layers and hidden units of the decoder, "
                f"got {states[0]} and {states[1]}"
            )
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self, source: torch.Tensor, source_lengths: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        """Logits (B, T, V) of the word behind each target token, with teacher forcing.

        Args:
            source: int64 (B, S), padded behind the end.
            source_lengths: int64 (B,), on the CPU.
            target: int64 (B, T), beginning with `<sos>`.
        """
        encoded = self.encoder(source, source_lengths)
        return self.decoder(target, encoded.state, encoded)[0]


def _attend(queries: torch.Tensor, encoded: Encoded) -> torch.Tensor:
    """The mean of the encoder's outputs for each query, weighted by how well they agree: (B, T, H)."""
    scores = queries @ encoded.outputs.transpose(1, 2)  # (B, T, S)
    scores = scores.masked_fill(~encoded.is_token[:, None, :], float("-inf"))
    return scores.softmax(dim=2).to(encoded.outputs.dtype) @ encoded.outputs


def _clear_padding(weight: torch.Tensor) -> None:
    """Keeps the padding row of a tied table zero: as a row of outputs it would get a gradient."""
    weight.grad[PADDING] = 0


def _require_sizes(embedding: nn.Embedding, hidden: int, layers: int, dropout: float) -> None:
    if hidden < 1 or layers < 1:
        raise ValueError(f"hidden and layers must be at least 1, got {hidden} and {layers}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")
    if embedding.padding_idx != PADDING:
        raise ValueError(f"the table must have padding_idx={PADDING}, got {embedding.padding_idx}")
