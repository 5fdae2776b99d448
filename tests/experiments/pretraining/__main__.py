"""Carries out the runs that have no result yet; see the package."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import click

from corpora.storage import make_folder, write_lines
from tests.experiments.pretraining.runs import SIZES, carry_out, grid, load_results, make_data

RESULTS = Path(__file__).with_name("results.jsonl")


@click.command()
@click.argument("multi30k", type=click.Path(exists=True, path_type=Path))
@click.argument("english", type=click.Path(exists=True, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for data and models.")
@click.option("--jobs", type=int, default=2, show_default=True, help="Runs at a time, a thread each.")
@click.option("--most", type=int, help="Stop after so many runs; the next call goes on.")
@click.option("--publish", "to_readme", is_flag=True, help="Write table and plot; no run is carried out.")
def main(multi30k: Path, english: Path, work: Path, jobs: int, most: int | None, to_readme: bool) -> None:
    """Train and score the translators of the grid, and append each result to results.jsonl."""
    if to_readme:
        from tests.experiments.pretraining.report import write_report

        write_report(load_results(RESULTS))
        return
    make_folder(work)
    done = load_results(RESULTS)
    left = [run for run in grid() if run not in done][:most]
    for size in SIZES:
        if any(run.pairs == size.pairs for run in left):
            make_data(size, multi30k, english, work)
    context = multiprocessing.get_context("spawn")
    n_bytes = RESULTS.stat().st_size if RESULTS.exists() else 0
    with write_lines(RESULTS, keep=n_bytes) as write, ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = {pool.submit(carry_out, run, multi30k, work): run for run in left}
        for future in as_completed(futures):
            result = future.result()
            translations = result.pop("translations")
            (work / f"{futures[future].name}.en").write_text("\n".join(translations) + "\n", encoding="utf-8")
            write(json.dumps(result))
            click.echo(f"{futures[future].name}: BLEU {result['test']['bleu']:.1f}", err=True)


if __name__ == "__main__":
    main()
