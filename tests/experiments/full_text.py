"""How well a translator does on all of Multi30k, with and without attention, within two hours on two cores.

    python -m tests.experiments.full_text MULTI30K --work DIR [--publish]

The commands are those of a user: `w2v seq2seq train` from random rows, then `w2v seq2seq evaluate` on the
test set of 2016. A call that is stopped goes on when it is repeated.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from tests.benchmarks.report import conditions, publish, table

SETTINGS = ["--bidirectional", "--tied", "--precision", "bfloat16", "--threads", "1"]
MODELS = {"context vector alone": ["--epochs", "10"], "with attention": ["--attention", "--epochs", "6"]}
BEAMS = (1, 5)


@click.command()
@click.argument("multi30k", type=click.Path(exists=True, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the models.")
@click.option("--publish", "to_readme", is_flag=True, help="Write the table into the README.")
def main(multi30k: Path, work: Path, to_readme: bool) -> None:
    """Train and score both models, and print a table."""
    work.mkdir(parents=True, exist_ok=True)
    folders = {name: work / name.replace(" ", "-") for name in MODELS}
    children = [
        subprocess.Popen(_train_command(multi30k, folders[name], options)) for name, options in MODELS.items()
    ]
    codes = [child.wait() for child in children]
    if any(codes):
        raise SystemExit("a training has failed")
    text = table(
        ["model", "epochs", "minutes", "validation loss", *(f"BLEU, beam {beam}" for beam in BEAMS)],
        [_score(multi30k, name, folder) for name, folder in folders.items()],
    )
    text += "\n\n" + conditions("full_text", package="tests.experiments")
    click.echo(text)
    if to_readme:
        publish("translation quality", text)


def _train_command(multi30k: Path, folder: Path, options: list[str]) -> list[str]:
    command = [sys.executable, "-m", "cli.main", "seq2seq", "train"]
    if (folder / "checkpoints").exists():
        return [*command, "--resume", str(folder)]
    files = [
        *("--source", str(multi30k / "train.de"), "--target", str(multi30k / "train.en")),
        *("--valid-source", str(multi30k / "val.de"), "--valid-target", str(multi30k / "val.en")),
    ]
    return [*command, *files, "-o", str(folder), *SETTINGS, *options]


def _score(multi30k: Path, name: str, folder: Path) -> list[str]:
    from w2v.seq2seq.model_files import read_training

    training = read_training(folder)
    epochs = training["epochs"]
    scores = []
    for beam in BEAMS:
        files = [str(multi30k / f"test_2016_flickr.{language}") for language in ("de", "en")]
        command = [sys.executable, "-m", "cli.main", "seq2seq", "evaluate", str(folder), "--json"]
        options = ["--source", files[0], "--target", files[1], "--beam", str(beam), "--threads", "1"]
        found = json.loads(subprocess.run([*command, *options], capture_output=True, check=True).stdout)
        low, high = found["interval"]["bleu"]
        scores.append(f"{found['bleu']:.1f} ({low:.1f} to {high:.1f})")
    minutes = sum(epoch["seconds"] for epoch in epochs) / 60
    best = epochs[training["best_epoch"] - 1]
    return [name, f"{best['epoch']} of {len(epochs)}", f"{minutes:.0f}", f"{best['valid_loss']:.3f}", *scores]


if __name__ == "__main__":
    main()
