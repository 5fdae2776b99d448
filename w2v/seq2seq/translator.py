"""A model with the vocabularies of both sides: sentences in, sentences out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import torch

from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import Sentences, in_order, pad_sentences
from w2v.seq2seq.losses import autocast
from w2v.seq2seq.model import LSTMDecoder, LSTMEncoder, Seq2Seq
from w2v.seq2seq.search import search
from w2v.seq2seq.seeds import Stream, derive_seed
from w2v.seq2seq.tables import random_table
from w2v.seq2seq.vocabulary import TokenVocabulary

TRANSLATED_AT_ONCE = 64


class Translator(NamedTuple):
    """A model, the words of both sides, and the settings that it was built with."""

    model: Seq2Seq
    source: TokenVocabulary
    target: TokenVocabulary
    config: Seq2SeqConfig

    def translate(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        beam: int = 1,
        precision: str = "float32",
        report: Callable[[int, int], object] = lambda _done, _total: None,
    ) -> list[list[str]]:
        """The translation of each sentence, by greedy search or, with `beam` above 1, beam search.

        An empty sentence has an empty translation. The model is in evaluation mode afterwards.

        Args:
            sentences: words of each.
            beam: as `search` has it.
            precision: "float32" or "bfloat16".
            report: called now and then with the sentences done and all.

        Raises:
            TypeError: a sentence is a string, and not yet split into words.
        """
        if any(isinstance(sentence, str) for sentence in sentences):
            raise TypeError("a sentence is a list of words, got a string; sentence.split() cuts it")
        self.model.eval()
        device = next(self.model.parameters()).device
        encoded = Sentences.of(self.source.encode(sentence) for sentence in sentences)
        has_words = encoded.lengths > 0
        found: list[list[str]] = [[] for _ in sentences]
        n_done = 0
        for rows in in_order(encoded, TRANSLATED_AT_ONCE):
            rows = rows[has_words[rows]]
            if not len(rows):
                continue
            ids, lengths = pad_sentences(encoded, rows)
            with autocast(device, precision):
                batch = search(
                    self.model, torch.from_numpy(ids).to(device), torch.from_numpy(lengths), beam=beam
                )
            for row, words in zip(rows.tolist(), batch, strict=True):
                found[row] = self.target.decode(words)
            n_done += len(rows)
            report(n_done, len(sentences))
        return found

    def describe(self) -> dict[str, Any]:
        """The settings, and how many words each side knows."""
        return asdict(self.config) | {"source_words": len(self.source), "target_words": len(self.target)}


def build_model(config: Seq2SeqConfig, source: TokenVocabulary, target: TokenVocabulary) -> Seq2Seq:
    """A new model whose weights follow from the seed; torch's own random state stays as it was.

    Raises:
        ValueError: one table for both sides is asked for, and the vocabularies are two.
    """
    if config.share_embeddings and source is not target:
        raise ValueError("share_embeddings needs one vocabulary for both sides")
    encoder_table = random_table(source, config.source_dim, seed=derive_seed(config.seed, Stream.ROWS, 0))
    decoder_table = encoder_table
    if not config.share_embeddings:
        seed = derive_seed(config.seed, Stream.ROWS, 1)
        decoder_table = random_table(target, config.target_dim, seed=seed)
    sizes = {"hidden": config.hidden, "layers": config.layers, "dropout": config.dropout}
    with torch.random.fork_rng([]):
        torch.manual_seed(derive_seed(config.seed, Stream.WEIGHTS))
        encoder = LSTMEncoder(encoder_table, bidirectional=config.bidirectional, **sizes)
        decoder = LSTMDecoder(decoder_table, attention=config.attention, tied=config.tied, **sizes)
    return Seq2Seq(encoder, decoder)
