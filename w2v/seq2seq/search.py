"""From a source sentence to a target sentence: greedy search, and beam search."""

from __future__ import annotations

import torch

from w2v.seq2seq.model import Seq2Seq, State
from w2v.seq2seq.vocabulary import END, PADDING, START, UNKNOWN

SPARE_TOKENS = 10  # a target may be twice as long as its source, and so much longer


@torch.no_grad()
def search(
    model: Seq2Seq, source: torch.Tensor, lengths: torch.Tensor, *, beam: int = 1, length_power: float = 1.0
) -> list[list[int]]:
    """The target sentence that the search finds for each source sentence.

    The search keeps the `beam` best beginnings of a sentence; with 1 it is greedy: at each step the best word
    is taken. A sentence stops at its own `<eos>`, or at twice the length of its source and ten, so that the
    others of its batch do not matter to it. `<pad>`, `<sos>` and `<unk>` are never chosen.

    Args:
        model: in evaluation mode.
        source: int64 (B, S), padded, on the model's device.
        lengths: int64 (B,), on the CPU.
        beam: beginnings kept.
        length_power: a sentence is judged by its log probability over its length to this power: 0 favours
            short ones, 1 takes the mean of a word.

    Returns:
        Target ids of each, without `<sos>` and `<eos>`.

    Raises:
        ValueError: `beam` is below 1, or the model is in training mode.

    Reference:
        Wu et al. 2016, "Google's Neural Machine Translation System", section 7: length normalization, here
        by the plain power of the length.
    """
    if beam < 1:
        raise ValueError(f"beam must be at least 1, got {beam}")
    if model.training:
        raise ValueError("the model must be in evaluation mode; call model.eval()")
    encoded = model.encoder(source, lengths).repeat(beam)
    limits = (2 * lengths + SPARE_TOKENS).to(source.device)
    hypotheses = _Beam(len(lengths), beam, length_power, device=source.device)
    state = encoded.state
    for n_tokens in range(1, int(limits.max()) + 1):
        logits, state = model.decoder(hypotheses.last_tokens, state, encoded)
        log_probabilities = logits[:, 0].float().log_softmax(dim=1)
        order = hypotheses.extend(log_probabilities, is_last=n_tokens == limits)
        state = _reorder(state, order)
        if hypotheses.is_finished.all():
            break
    return hypotheses.best()


class _Beam:
    """The B * K beginnings that the search has so far, K in a row for each sentence, the best first."""

    def __init__(self, n_sentences: int, beam: int, length_power: float, *, device: torch.device) -> None:
        self.beam = beam
        self.length_power = length_power
        self.first = torch.arange(n_sentences, device=device)[:, None] * beam  # (B, 1)
        self.tokens = torch.full((n_sentences * beam, 1), START, device=device)
        self.sums = torch.full((n_sentences, beam), float("-inf"), device=device)  # of log probabilities
        self.sums[:, 0] = 0.0  # all beginnings are the same: `<sos>`
        self.lengths = torch.zeros((n_sentences, beam), device=device)
        self.is_finished = torch.zeros((n_sentences, beam), dtype=torch.bool, device=device)

    @property
    def last_tokens(self) -> torch.Tensor:
        """(B * K, 1), what the decoder sees next."""
        return self.tokens[:, -1:]

    def extend(self, log_probabilities: torch.Tensor, *, is_last: torch.Tensor) -> torch.Tensor:
        """Puts a word behind each beginning and keeps the best; returns where each has come from, (B * K,).

        A finished one stays as it is, with padding behind it, and keeps its place as long as it is among the
        best. Sentences for which this `is_last` are finished.
        """
        n_sentences, beam = self.sums.shape
        log_probabilities[:, [PADDING, START, UNKNOWN]] = float("-inf")
        log_probabilities[self.is_finished.view(-1)] = float("-inf")
        log_probabilities[self.is_finished.view(-1), PADDING] = 0.0
        sums = self.sums[:, :, None] + log_probabilities.view(n_sentences, beam, -1)  # (B, K, V)
        lengths = self.lengths + ~self.is_finished
        scores = sums / lengths[:, :, None] ** self.length_power
        chosen = scores.flatten(1).topk(beam, dim=1).indices  # (B, K)
        parents, words = chosen // sums.shape[2], chosen % sums.shape[2]
        self.sums = sums.flatten(1).gather(1, chosen)
        self.lengths = lengths.gather(1, parents)
        self.is_finished = self.is_finished.gather(1, parents) | (words == END) | is_last[:, None]
        order = (self.first + parents).view(-1)
        self.tokens = torch.cat((self.tokens[order], words.view(-1, 1)), dim=1)
        return order

    def best(self) -> list[list[int]]:
        """The best beginning of each sentence, without what is no word."""
        rows = self.tokens[:: self.beam, 1:].tolist()
        return [[token for token in row if token not in (PADDING, END)] for row in rows]


def _reorder(state: State, order: torch.Tensor) -> State:
    return state[0][:, order], state[1][:, order]
