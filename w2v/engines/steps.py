"""The windows of an epoch, cut into steps of so many windows, made ready while the step before is taken."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from corpora.windows import Windows, WindowSampler, cut_windows
from w2v.loss import measured_part


class Step(NamedTuple):
    """What one step is taken over.

    Args:
        windows: arrays, or tensors of the same on a device.
        chunk: the one that the first of the windows is of, whose learning rate the step has.
        most_contexts: of any of the windows.
        measured: windows that the loss is measured on before the step.
    """

    windows: Windows
    chunk: int
    most_contexts: int
    measured: tuple[Windows, ...]


def cut_steps(sampler: WindowSampler, epoch: int, windows_per_step: int) -> Iterator[Step]:
    """Yields steps of exactly `windows_per_step` windows, but for the last of the epoch.

    The windows are those of the sampler's chunks in their order; a step may be a part of a chunk, or reach
    over many.
    """
    held: list[Windows] = []
    n_held, first_chunk = 0, 0
    measured: list[Windows] = []
    for chunk in range(sampler.n_chunks):
        windows = sampler.sample(epoch, chunk)
        first_chunk = first_chunk if n_held else chunk
        held.append(windows)
        n_held += len(windows.centers)
        if part := measured_part(windows, chunk):
            measured.append(part)
        if n_held < windows_per_step and chunk + 1 < sampler.n_chunks:
            continue
        joined = join_windows(held)
        n_cut = n_held if chunk + 1 == sampler.n_chunks else n_held // windows_per_step * windows_per_step
        for first in range(0, n_cut, windows_per_step):
            cut = cut_windows(joined, first, min(first + windows_per_step, n_cut))
            yield Step(cut, first_chunk, int(np.diff(cut.offsets).max()), tuple(measured))
            first_chunk, measured = chunk, []
        held = [cut_windows(joined, n_cut, n_held)]
        n_held -= n_cut


def ahead(steps: Iterator[Step]) -> Iterator[Step]:
    """The same steps, each made by another thread while the one before it is in use."""
    with ThreadPoolExecutor(1, thread_name_prefix="w2v-ahead") as pool:
        coming = pool.submit(next, steps, None)
        while (step := coming.result()) is not None:
            coming = pool.submit(next, steps, None)
            yield step


def join_windows(parts: list[Windows]) -> Windows:
    """One after the other."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0] + [len(part.contexts) for part in parts])
    ends = [part.offsets[1:] + start for part, start in zip(parts, starts, strict=False)]
    return Windows(
        np.concatenate([part.centers for part in parts]),
        np.concatenate([part.contexts for part in parts]),
        np.concatenate([[0], *ends]),
        np.concatenate([part.negatives for part in parts]),
    )
