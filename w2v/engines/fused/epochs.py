"""Epochs on an NVIDIA GPU that holds the encoded corpus and the tables, launched group by group of chunks."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch

from corpora.windows import WindowSampler
from w2v.engines.protocol import require_no_state
from w2v.loss import LossSum, n_measured

GROUP_TOKENS = 1 << 22  # a launch: some 40 ms of work, between two looks at the clock
COPIED_TOKENS = 1 << 24  # at a time, on the way to the device
OLDEST_CAPABILITY = (7, 0)  # that Triton compiles for
BLOCK = 128  # tokens that one program subsamples at a time
MOST_NUMBERS = 1 << 20  # in a block of Triton's
NUMBERS_PER_WARP = 1024  # of a window's output rows: 32 for each thread to hold


class Group(NamedTuple):
    """What the kernels are told of a run of chunks; one number for each, on the device.

    Args:
        first: the first of the chunks.
        last: the first one behind them.
        first_sentences, last_sentences, slots, states, rates, n_measured: as the kernels have them.
        n_slots: tokens of all of them.
        most_tokens: of any of them.
    """

    first: int
    last: int
    first_sentences: torch.Tensor
    last_sentences: torch.Tensor
    slots: torch.Tensor
    states: torch.Tensor
    rates: torch.Tensor
    n_measured: torch.Tensor
    n_slots: int
    most_tokens: int


class Launched(NamedTuple):
    """What the kernels write for a group.

    Args:
        last: the first chunk behind the group.
        windows: kept, places, lengths, counters and n_windows, as `keep_words` has them.
        losses: float32, of the measured windows of each chunk.
        n_predictions: int32, in them.
    """

    last: int
    windows: tuple[torch.Tensor, ...]
    losses: torch.Tensor
    n_predictions: torch.Tensor


def find_fused_device() -> torch.device | None:
    """The GPU that the kernels run on, or None where there is none."""
    if not torch.cuda.is_available():
        return None
    device = torch.device("cuda")
    return device if _why_not_on(device) is None else None


def why_not_fused(device: torch.device, dim: int, sampler: WindowSampler) -> str | None:
    """What keeps the kernels from running, or None."""
    if reason := _why_not_on(device):
        return reason
    if not sampler.share_negatives:
        return "they share the negatives of a window, negatives_per is pair"
    if _power(dim) * _power(sampler.negatives + 1) > MOST_NUMBERS:
        return f"the output rows of a window, {sampler.negatives + 1} x {dim}, are too many numbers"
    return None


def _why_not_on(device: torch.device) -> str | None:
    if importlib.util.find_spec("triton") is None:
        return "Triton is not installed"
    if device.type == "cpu" and os.environ.get("TRITON_INTERPRET") == "1":
        return None
    if device.type != "cuda":
        return f"they run on CUDA devices, not on {device.type}"
    if torch.cuda.get_device_capability(device) < OLDEST_CAPABILITY:
        return "the GPU is older than compute capability {}.{}".format(*OLDEST_CAPABILITY)
    return None


class FusedEpochs:
    """Takes the steps of whole epochs in the two kernels of this folder.

    Every window is a step of its own, on rows that miss the changes of the windows in flight beside it, as
    with as many threads of the Hogwild engine.

    Args:
        weights: input and output table, float32 (V, D), contiguous, on the device.
        sampler: whose windows they are; its corpus is copied to the device.
        architecture: "skipgram" or "cbow".
        windows_in_flight: how many are trained on at once.

    Raises:
        torch.OutOfMemoryError: the corpus does not fit beside the tables.
    """

    def __init__(
        self,
        weights: tuple[torch.Tensor, torch.Tensor],
        sampler: WindowSampler,
        architecture: str,
        windows_in_flight: int,
    ) -> None:
        self.weights = weights
        self.sampler = sampler
        self.architecture = architecture
        self.windows_in_flight = windows_in_flight
        self.device = weights[0].device
        self.tokens = self._copy_tokens()
        self.sentence_starts = self._send(np.asarray(sampler.corpus.offsets, dtype=np.int64))
        self.keep_thresholds = self._send(sampler.keep_thresholds.view(np.int32))
        self.noise = self._send(sampler.noise.packed.view(np.int64))

    def run(
        self,
        epoch: int,
        *,
        learning_rates: np.ndarray,
        record: Callable[[LossSum], None],
        poll: Callable[[int], object],
        place: int = 0,
    ) -> int | None:
        """Takes the steps of an epoch; arguments as of `Engine.run_epoch`, the place counted in chunks."""
        launched, is_paused = None, False
        for group in self._groups(epoch, learning_rates, place):
            before, launched = launched, self.launch(group)
            if before is not None:  # while the device works on the next
                is_paused = self._tell(before, record, poll)
            if is_paused:
                break
        if launched is not None:
            self._tell(launched, record, poll)
        is_end = launched is None or launched.last == self.sampler.n_chunks
        return None if is_end else launched.last

    def optimizer_state(self) -> dict[str, np.ndarray]:
        """Nothing: plain SGD remembers nothing."""
        return {}

    def load_optimizer_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Raises ValueError if there is any."""
        require_no_state(state)

    def compile(self) -> None:
        """Compiles both kernels, by launching them on a chunk of no sentences."""
        zero = self._send(np.zeros(1, dtype=np.int64))
        rate, n_measured = self._send(np.zeros(1, dtype=np.float32)), self._send(np.zeros(1, dtype=np.int32))
        self.launch(Group(0, 1, zero, zero, zero, zero, rate, n_measured, n_slots=1, most_tokens=1))

    def launch(self, group: Group) -> Launched:
        """Starts both kernels on a group, without waiting for them."""
        done = self._allocate(group)
        self._keep_words(group, done)
        self._take_steps(group, done)
        return done

    def _keep_words(self, group: Group, done: Launched) -> None:
        from w2v.engines.fused import kernels

        kernels.keep_words[(group.last - group.first,)](
            self.tokens,
            self.sentence_starts,
            group.first_sentences,
            group.last_sentences,
            group.slots,
            group.states,
            self.keep_thresholds,
            *done.windows,
            self.sampler.negatives + self.sampler.shrink,
            BLOCK=BLOCK,
            num_warps=1,
        )

    def _take_steps(self, group: Group, done: Launched) -> None:
        from w2v.engines.fused import kernels

        sampler, n_chunks = self.sampler, group.last - group.first
        dim, n_outputs = self.weights[0].shape[1], _power(sampler.negatives + 1)
        step = kernels.cbow_step if self.architecture == "cbow" else kernels.skipgram_step
        step[(min(self.windows_in_flight, n_chunks * group.most_tokens),)](
            n_chunks,
            group.most_tokens,
            group.slots,
            *done.windows,
            group.rates,
            self.noise,
            len(sampler.noise.packed),
            sampler.window,
            *self.weights,
            group.n_measured,
            done.losses,
            done.n_predictions,
            SHRINK=sampler.shrink,
            D=dim,
            K=sampler.negatives,
            DIMS=_power(dim),
            OUTPUTS=n_outputs,
            num_warps=min(8, max(1, _power(dim) * n_outputs // NUMBERS_PER_WARP)),
        )

    def _tell(self, done: Launched, record: Callable[[LossSum], None], poll: Callable[[int], object]) -> bool:
        """Waits for a group, and tells its loss and its end; returns whether to pause."""
        record(LossSum(float(done.losses.double().sum()), int(done.n_predictions.sum())))
        return bool(poll(done.last))

    def _groups(self, epoch: int, learning_rates: np.ndarray, first: int) -> Iterator[Group]:
        """Runs of chunks of about GROUP_TOKENS tokens, from a chunk on."""
        starts = self.sampler.chunk_starts
        while first < self.sampler.n_chunks:
            last = int(np.searchsorted(starts, starts[first] + GROUP_TOKENS, side="left"))
            last = min(max(last, first + 1), self.sampler.n_chunks)
            yield self.group(epoch, first, last, learning_rates)
            first = last

    def group(self, epoch: int, first: int, last: int, learning_rates: np.ndarray) -> Group:
        """The chunks from the first to the one before the last."""
        chunks = range(first, last)
        starts = self.sampler.chunk_starts[first : last + 1]
        sentences = np.array([self.sampler.sentences_of(chunk) for chunk in chunks], dtype=np.int64)
        states = np.concatenate([self.sampler.state_of(epoch, chunk) for chunk in chunks])
        return Group(
            first,
            last,
            self._send(sentences[:, 0]),
            self._send(sentences[:, 1]),
            self._send((starts[:-1] - starts[0]).astype(np.int64)),
            self._send(states.view(np.int64)),
            self._send(np.array([learning_rates[chunk] for chunk in chunks], dtype=np.float32)),
            self._send(np.array([n_measured(chunk) for chunk in chunks], dtype=np.int32)),
            int(starts[-1] - starts[0]),
            int(np.diff(starts).max()),
        )

    def _allocate(self, group: Group) -> Launched:
        n_chunks = group.last - group.first
        by_slot = [torch.empty(group.n_slots, dtype=torch.int32, device=self.device) for _ in range(3)]
        counters = torch.empty(group.n_slots, dtype=torch.int64, device=self.device)
        n_windows = torch.empty(n_chunks, dtype=torch.int32, device=self.device)
        return Launched(
            group.last,
            (*by_slot, counters, n_windows),
            torch.zeros(n_chunks, dtype=torch.float32, device=self.device),
            torch.zeros(n_chunks, dtype=torch.int32, device=self.device),
        )

    def _copy_tokens(self) -> torch.Tensor:
        """The corpus on the device, int32 (N,); part by part, since it may be larger than memory here."""
        corpus = self.sampler.corpus
        copied = torch.empty(corpus.n_tokens, dtype=torch.int32, device=self.device)
        for first in range(0, corpus.n_tokens, COPIED_TOKENS):
            part = torch.tensor(corpus.tokens[first : first + COPIED_TOKENS])
            copied[first : first + len(part)] = part
            corpus.release_memory()
        return copied

    def _send(self, array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, device=self.device)


def _power(number: int) -> int:
    """The power of two that is the number or the next above it."""
    return 1 << (number - 1).bit_length()
