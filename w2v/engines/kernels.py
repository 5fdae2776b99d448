"""The compiled training steps and losses: skip-gram and CBOW with negative sampling, on the tables in place.

A step walks over windows, several threads at once and without locks (Recht et al. 2011, "Hogwild!").
The negatives of a window are shared by all its contexts, so the 1 + K output rows are fetched once a
window instead of once a pair, and the gradients of two contexts by six outputs fit the registers. A
negative equal to the center is skipped, as word2vec.c does.

The loops over windows are Python; the arithmetic inside is vector code, one `@intrinsic` a block or window.
D and K reach the intrinsics as literals, and a step closes over numbers only: numba's disk cache never hits
for a closure over functions. `code_version` is closed over so that the cache notices changes of the vector
code, which stands in other files.

Reference:
    Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.2.
    Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed Memory", section 3.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from w2v.engines.vector_code import code_version, lanes, plain, updates, windows

BLOCK = windows.BLOCK
FAST = {"reassoc", "contract", "nsz", "arcp"}


def scratch_shape(dim: int, n_negatives: int) -> tuple[int, int]:
    """Shape of the float32 scratch array of a thread: room for a pending change of each output row."""
    return n_negatives + 1, dim


@functools.cache
def skipgram_step(dim: int, n_negatives: int) -> Callable[..., None]:
    """The skip-gram step for tables of `dim` columns and windows of `n_negatives` negatives.

    Each context's input row predicts the center. Output rows change when their window's last one is done.

    Returns:
        step(centers int32 (W,), contexts int32 (M,), offsets int64 (W+1,), negatives int32 (W, K),
        input_table float32 (V, D), output_table float32 (V, D), learning_rate, scratch), all C-contiguous.
        It releases the GIL and checks no id: every one must be a row of both tables.
    """
    version = code_version()

    @numba.njit(nogil=True, cache=True)
    def step(
        centers: np.ndarray,
        contexts: np.ndarray,
        offsets: np.ndarray,
        negatives: np.ndarray,
        input_table: np.ndarray,
        output_table: np.ndarray,
        learning_rate: float,
        scratch: np.ndarray,
    ) -> None:
        _ = version
        rate = np.float32(learning_rate)
        arrays = (centers, contexts, negatives, input_table, output_table)
        for w in range(len(centers)):
            start, stop = offsets[w], offsets[w + 1]
            is_whole = _is_one_block(contexts, start, stop)
            if not is_whole:
                scratch[:, :] = 0
            while start < stop:
                block_stop = stop if is_whole else _block_stop(contexts, start, min(stop, start + BLOCK))
                place = (w, start, block_stop)
                _skipgram_block(dim, n_negatives, is_whole, place, rate, arrays, scratch)
                start = block_stop
            if not is_whole:
                _add_changes(w, centers, negatives, output_table, scratch)

    return step


@functools.cache
def skipgram_pairs_step(dim: int, n_negatives: int) -> Callable[..., None]:
    """The skip-gram step with negatives drawn for each pair, as in the paper; called as `skipgram_step`'s.

    The negatives of contexts[m] are negatives[m], int32 (M, K). Every pair is a step of its own on the rows
    in place. It fetches K rows for each pair where the shared form fetches them for each window.
    """
    version = code_version()

    @numba.njit(nogil=True, cache=True)
    def step(
        centers: np.ndarray,
        contexts: np.ndarray,
        offsets: np.ndarray,
        negatives: np.ndarray,
        input_table: np.ndarray,
        output_table: np.ndarray,
        learning_rate: float,
        scratch: np.ndarray,
    ) -> None:
        _ = version
        rate = np.float32(learning_rate)
        arrays = (centers, contexts, negatives, input_table, output_table)
        for w in range(len(centers)):
            for m in range(offsets[w], offsets[w + 1]):
                _skipgram_pair(dim, n_negatives, (w, m, m + 1), rate, arrays, scratch)

    return step


@functools.cache
def cbow_step(dim: int, n_negatives: int) -> Callable[..., None]:
    """The CBOW step: the mean of a window's input rows predicts the center; called as `skipgram_step`'s.

    Each occurrence of a context gets 1/n of the change, the true gradient of the mean. word2vec.c and
    gensim give it the whole of it, or scale inconsistently (Irsoy et al. 2021, "Corrected CBOW Performs as
    well as Skip-gram").
    """
    version = code_version()

    @numba.njit(nogil=True, cache=True)
    def step(
        centers: np.ndarray,
        contexts: np.ndarray,
        offsets: np.ndarray,
        negatives: np.ndarray,
        input_table: np.ndarray,
        output_table: np.ndarray,
        learning_rate: float,
        scratch: np.ndarray,
    ) -> None:
        _ = version
        rate = np.float32(learning_rate)
        arrays = (centers, contexts, negatives, input_table, output_table)
        for w in range(len(centers)):
            _cbow_window(dim, n_negatives, (w, offsets[w], offsets[w + 1]), rate, arrays, scratch)

    return step


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def skipgram_loss(
    centers: np.ndarray,
    contexts: np.ndarray,
    offsets: np.ndarray,
    negatives: np.ndarray,
    input_table: np.ndarray,
    output_table: np.ndarray,
) -> float:
    """Sum of the skip-gram losses of all contexts, in float64; arguments as those of the step, none changed.

    Negatives are those of windows, int32 (W, K), or of pairs, int32 (M, K); see `w2v.objective`.
    """
    is_shared = len(negatives) == len(centers)  # where there is one context a window, both are the same
    total = 0.0
    for w in range(len(centers)):
        for m in range(offsets[w], offsets[w + 1]):
            row = w if is_shared else m
            total += _prediction_loss(input_table, contexts[m], output_table, centers[w], negatives, row)
    return total


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def cbow_loss(
    centers: np.ndarray,
    contexts: np.ndarray,
    offsets: np.ndarray,
    negatives: np.ndarray,
    input_table: np.ndarray,
    output_table: np.ndarray,
) -> float:
    """Sum of the CBOW losses of all windows, in float64; called as `skipgram_loss`."""
    mean = np.empty((1, input_table.shape[1]), dtype=np.float32)
    total = 0.0
    for w in range(len(centers)):
        mean[:] = 0
        for m in range(offsets[w], offsets[w + 1]):
            for j in range(mean.shape[1]):
                mean[0, j] += input_table[contexts[m], j]
        share = np.float32(1.0 / (offsets[w + 1] - offsets[w]))
        for j in range(mean.shape[1]):
            mean[0, j] *= share
        total += _prediction_loss(mean, 0, output_table, centers[w], negatives, w)
    return total


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def _prediction_loss(
    hidden_table: np.ndarray,
    hidden_id: int,
    output_table: np.ndarray,
    center: int,
    negatives: np.ndarray,
    row: int,
) -> float:
    """-log sigmoid of the center's score, and of minus the score of each negative that is another word."""
    loss = _softplus(-_score(hidden_table, hidden_id, output_table, center))
    for k in range(negatives.shape[1]):
        if negatives[row, k] != center:
            loss += _softplus(_score(hidden_table, hidden_id, output_table, negatives[row, k]))
    return loss


@numba.njit(nogil=True, cache=True, fastmath=FAST)
def _score(hidden_table: np.ndarray, hidden_id: int, output_table: np.ndarray, output_id: int) -> float:
    total = np.float32(0)
    for j in range(hidden_table.shape[1]):
        total += hidden_table[hidden_id, j] * output_table[output_id, j]
    return np.float64(total)


@numba.njit(nogil=True, cache=True)
def _softplus(score: float) -> float:
    """-log sigmoid(-score), log(1 + exp(score)), without overflow; NaN stays NaN."""
    return (score if score > 0 else 0.0) + math.log1p(math.exp(-abs(score)))


@numba.njit(nogil=True, cache=True)
def _block_stop(contexts: np.ndarray, start: int, stop: int) -> int:
    """End of the longest block from `start` in which no context occurs twice."""
    for m in range(start + 1, stop):
        for earlier in range(start, m):
            if contexts[m] == contexts[earlier]:
                return m
    return stop


@numba.njit(nogil=True, cache=True)
def _add_changes(
    w: int, centers: np.ndarray, negatives: np.ndarray, output_table: np.ndarray, changes: np.ndarray
) -> None:
    """Add the changes collected over a window's blocks to its output rows."""
    for k in range(len(changes)):
        output_id = centers[w] if k == 0 else negatives[w, k - 1]
        for j in range(changes.shape[1]):
            output_table[output_id, j] += changes[k, j]


@intrinsic
def _is_one_block(_: Any, contexts: types.Type, start: types.Type, stop: types.Type) -> tuple:
    """Whether the window can be done as one block: few enough contexts, none of them twice."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value]) -> ir.Value:
        ids = context.make_array(signature.args[0])(context, builder, args[0])
        count = builder.sub(args[2], args[1])
        fits = builder.icmp_signed("<=", count, lanes.INT64(BLOCK))
        different = windows.all_different(builder, windows.block_ids(builder, ids, args[1], count))
        return builder.and_(fits, different)

    return types.boolean(contexts, types.int64, types.int64), generate


@intrinsic(prefer_literal=True)
def _skipgram_block(
    _: Any,
    dim: types.Type,
    n_negatives: types.Type,
    is_whole: types.Type,
    place: types.Type,
    rate: types.Type,
    arrays: types.Type,
    scratch: types.Type,
) -> tuple:
    """One block of different contexts of a window; unless it is the whole, outputs change in `scratch`."""
    _check_arrays([*arrays, scratch])

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value]) -> ir.Value:
        (w, start, stop), structs, changes = _unpack(context, builder, signature.args[3:], args[3:])
        window = windows.window_at(
            builder, (w, w), args[4], structs, dim.literal_value, n_negatives.literal_value
        )
        count = builder.sub(stop, start)
        ids = windows.block_ids(builder, structs[1], start, count)
        rows = windows.block_rows(builder, ids, structs[3].data, window.dim)
        gradients = windows.block_gradients(builder, window, rows, count)
        targets = [
            builder.select(args[2], output, builder.gep(changes, [lanes.INT64(k * window.dim)]))
            for k, output in enumerate(window.outputs)
        ]
        updates.update_block(builder, window, rows, count, gradients, targets)
        return context.get_dummy_value()

    return types.void(dim, n_negatives, types.boolean, place, types.float32, arrays, scratch), generate


@intrinsic(prefer_literal=True)
def _skipgram_pair(
    _: Any,
    dim: types.Type,
    n_negatives: types.Type,
    place: types.Type,
    rate: types.Type,
    arrays: types.Type,
    scratch: types.Type,
) -> tuple:
    """One context, with the negatives that were drawn for it."""
    _check_arrays([*arrays, scratch])

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value]) -> ir.Value:
        (w, m, _), structs, _ = _unpack(context, builder, signature.args[2:], args[2:])
        window = windows.window_at(
            builder, (w, m), args[3], structs, dim.literal_value, n_negatives.literal_value
        )
        input_id = lanes.element(builder, structs[1].data, m)
        rows = lanes.variable(builder, windows.row(builder, structs[3].data, input_id, window.dim))
        one = lanes.INT64(1)
        gradients = windows.block_gradients(builder, window, rows, one)
        updates.update_block(builder, window, rows, one, gradients, window.outputs)
        return context.get_dummy_value()

    return types.void(dim, n_negatives, place, types.float32, arrays, scratch), generate


@intrinsic(prefer_literal=True)
def _cbow_window(
    _: Any,
    dim: types.Type,
    n_negatives: types.Type,
    place: types.Type,
    rate: types.Type,
    arrays: types.Type,
    scratch: types.Type,
) -> tuple:
    """One window of CBOW; the first row of `scratch` holds the mean."""
    _check_arrays([*arrays, scratch])

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value]) -> ir.Value:
        (w, start, stop), structs, mean = _unpack(context, builder, signature.args[2:], args[2:])
        window = windows.window_at(
            builder, (w, w), args[3], structs, dim.literal_value, n_negatives.literal_value
        )
        count = builder.sub(stop, start)
        share = builder.fdiv(lanes.FLOAT(1.0), builder.sitofp(count, lanes.FLOAT))
        contexts = structs[3].data, builder.gep(structs[1].data, [start]), count
        updates.store_mean(builder, window.dim, mean, share, contexts)
        rows = lanes.variable(builder, mean)
        gradients = windows.block_gradients(builder, window, rows, lanes.INT64(1))
        updates.update_mean(builder, window, mean, share, gradients, contexts)
        return context.get_dummy_value()

    return types.void(dim, n_negatives, place, types.float32, arrays, scratch), generate


def _check_arrays(arrays: Sequence[types.Type]) -> None:
    """Vector code reads memory as it finds it: refuse, at compile time, what it would misread."""
    dtypes = (types.int32, types.int32, types.int32, types.float32, types.float32, types.float32)
    for array, dtype in zip(arrays, dtypes, strict=True):
        if array.layout != "C" or array.dtype != dtype:
            raise TypingError(f"the step needs C-contiguous {dtype}, got {array}")


def _unpack(
    context: Any, builder: ir.IRBuilder, kinds: Sequence[types.Type], args: Sequence[ir.Value]
) -> tuple[list[ir.Value], list[Any], ir.Value]:
    """Values (w, start, stop), the five arrays as structs, and a pointer to the scratch array."""
    place = [builder.extract_value(args[0], i) for i in range(3)]
    structs = [
        context.make_array(kind)(context, builder, builder.extract_value(args[2], i))
        for i, kind in enumerate(kinds[2])
    ]
    return place, structs, context.make_array(kinds[3])(context, builder, args[3]).data


if numba.config.DISABLE_JIT:  # no vector code can run then
    _is_one_block = plain.is_one_block
    _skipgram_block = plain.skipgram_block
    _skipgram_pair = plain.skipgram_pair
    _cbow_window = plain.cbow_window
