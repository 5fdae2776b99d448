"""What the training of a Seq2Seq model costs beside the bare loop of torch that it stands for.

    python -m tests.benchmarks.translation MULTI30K [--rounds 5] [--publish]

Both sides train models of the same sizes on the same batches, which the bare loop has padded beforehand; they
take turns. The time is that of the processor, one thread, since the machine may be shared.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from tests.benchmarks.report import conditions, publish, table
from w2v.seq2seq.config import Seq2SeqConfig
from w2v.seq2seq.data import make_batch, order_batches
from w2v.seq2seq.pipeline import Prepared, prepare
from w2v.seq2seq.seeds import Stream, derive_seed
from w2v.seq2seq.text import ParallelText
from w2v.seq2seq.training import Seq2SeqTrainer

PAIRS = 3_200
CASES = {
    "plain": {},
    "bidirectional, tied": {"bidirectional": True, "tied": True},
    "bidirectional, attention, tied": {"bidirectional": True, "attention": True, "tied": True},
}


class BareModel(nn.Module):
    """The same sizes, written down as in a tutorial."""

    def __init__(self, config: Seq2SeqConfig, n_source: int, n_target: int) -> None:
        super().__init__()
        self.attention = config.attention
        hidden, directions = config.hidden, 2 if config.bidirectional else 1
        self.source = nn.Embedding(n_source, config.source_dim, padding_idx=0)
        self.target = nn.Embedding(n_target, config.target_dim, padding_idx=0)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.LSTM(
            config.source_dim, hidden // directions, batch_first=True, bidirectional=config.bidirectional
        )
        self.decoder = nn.LSTM(config.target_dim, hidden, batch_first=True)
        self.combine = nn.Linear(2 * hidden, hidden, bias=False) if config.attention else None
        self.narrow = nn.Linear(hidden, config.target_dim, bias=False) if config.tied else nn.Identity()
        self.output = nn.Linear(config.target_dim if config.tied else hidden, n_target)
        if config.tied:
            self.output.weight = self.target.weight

    def forward(self, source, lengths, target):
        """Logits of each next word."""
        rows = self.dropout(self.source(source))
        packed = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
        outputs, state = self.encoder(packed)
        if self.encoder.bidirectional:
            state = tuple(torch.cat((part[0::2], part[1::2]), dim=2) for part in state)
        found, _ = self.decoder(self.dropout(self.target(target)), state)
        if self.combine is not None:
            outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
            scores = (found @ outputs.transpose(1, 2)).masked_fill((source == 0)[:, None], float("-inf"))
            found = torch.tanh(self.combine(torch.cat((scores.softmax(2) @ outputs, found), dim=2)))
        return self.output(self.narrow(self.dropout(found)))


def train_ours(prepared: Prepared) -> float:
    """Processor seconds of an epoch by the trainer."""
    config = prepared.translator.config
    trainer = Seq2SeqTrainer(prepared.translator.model, prepared.pairs, config)
    begun = time.process_time()
    trainer.run()
    return time.process_time() - begun


def train_bare(prepared: Prepared) -> float:
    """Processor seconds of an epoch by a loop of torch alone; the batches are there beforehand."""
    translator, config = prepared.translator, prepared.translator.config
    model = BareModel(config, len(translator.source), len(translator.target))
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
    order = order_batches(prepared.pairs, config.batch_pairs, seed=derive_seed(config.seed, Stream.ORDER, 0))
    batches = [make_batch(prepared.pairs, rows) for rows in order]
    criterion = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=config.label_smoothing)
    model.train()
    begun = time.process_time()
    for batch in batches:
        optimizer.zero_grad()
        logits = model(batch.source, batch.lengths, batch.target[:, :-1])
        loss = criterion(logits.flatten(0, 1), batch.target[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        optimizer.step()
    return time.process_time() - begun


def _load(multi30k: Path, settings: dict[str, bool]) -> Prepared:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for language in ("de", "en"):
            lines = (multi30k / f"train.{language}").read_bytes().splitlines(keepends=True)[:PAIRS]
            paths.append(str(Path(folder) / language))
            Path(paths[-1]).write_bytes(b"".join(lines))
        return prepare(ParallelText(*paths), Seq2SeqConfig(epochs=1, **settings))


@click.command()
@click.argument("multi30k", type=click.Path(exists=True, path_type=Path))
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(multi30k: Path, rounds: int, to_readme: bool) -> None:
    """Train in turn, and print a table."""
    torch.set_num_threads(1)
    rows = []
    for name, settings in CASES.items():
        seconds: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(rounds + 1):  # the first warms up
            prepared = _load(multi30k, settings)
            seconds["ours"].append(train_ours(prepared))
            seconds["bare"].append(train_bare(prepared))
        ratios = sorted(b / o for o, b in zip(seconds["ours"][1:], seconds["bare"][1:], strict=True))
        n_tokens = len(prepared.pairs.target.ids) + len(prepared.pairs)
        paces = [n_tokens / statistics.median(seconds[side][1:]) for side in ("ours", "bare")]
        rows.append(
            [
                name,
                *(f"{pace:,.0f}" for pace in paces),
                f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            ]
        )
        click.echo(" | ".join(rows[-1]), err=True)
    text = table(["model", "target tokens/s", "bare loop", "ratio"], rows)
    text += "\n\n" + conditions("translation")
    click.echo(text)
    if to_readme:
        publish("translation speed", text)


if __name__ == "__main__":
    main()
