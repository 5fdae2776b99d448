"""The arithmetic of one window as LLVM vector code: scores, gradients, updates.

A block is up to BLOCK different context rows of one window. First every gradient of the block is computed,
two contexts by up to eight outputs at a time, so that one pair's sums run while another's sigmoid waits.
Then the rows are updated, a few columns of all of them at a time: the columns of the outputs and the change
they collect stay in registers while the contexts pass by.

    gradients of the block     context 0        context 1       ...
    outputs 0 to 7             g g g g g g . .  g g g g g g . .       GROUP floats for each context
    outputs 8 to 15            ...                                    (K = 5 has one such line)
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from llvmlite import ir

from w2v.engines.vector_code.lanes import (
    FLAGS,
    FLOAT,
    INT32,
    INT64,
    LANES,
    POINTER,
    array,
    columns,
    constant,
    element,
    integers,
    lane_sums,
    load,
    loop,
    multiply_add,
    splat,
    store,
    variable,
    widen,
)

BLOCK = 16  # contexts whose gradients are computed together
GROUP = 8  # outputs that share a vector of scores
AHEAD = 2  # windows, or draws of negatives, between asking for output rows and using them
CONTEXTS_AHEAD = 16  # the same for input rows: more than half a window, since each word is a center once
EXP2 = np.polynomial.Chebyshev.interpolate(np.exp2, 5, domain=[-0.5, 0.5])  # relative error 2e-7
EXP2_COEFFICIENTS = EXP2.convert(kind=np.polynomial.Polynomial).coef.tolist()


class Window(NamedTuple):
    """What the code of one window needs: rows are pointers, the first output is the center."""

    dim: int
    rate: ir.Value
    center: ir.Value
    negatives: ir.Value  # pointer to K ids
    outputs: list[ir.Value]
    coming: list[ir.Value]  # rows that are touched soon and asked for now


def row(builder: ir.IRBuilder, table: ir.Value, row_id: ir.Value, dim: int) -> ir.Value:
    """Pointer to a row of a table."""
    return builder.gep(table, [builder.mul(builder.sext(row_id, INT64), INT64(dim))])


def window_at(
    builder: ir.IRBuilder,
    place: tuple[ir.Value, ir.Value],
    rate: ir.Value,
    arrays: Sequence,
    dim: int,
    n_negatives: int,
) -> Window:
    """The window of centers[w] and negatives[draw]; `place` is (w, draw), `arrays` are numba's structs.

    The windows of a call are known in advance, so the rows of a later one can be asked for while this one
    is computed. Asking for them column by column, between the updates, matters: all at once, they fill the
    queue of pending loads and the arithmetic waits (a quarter of the time at 300 columns).
    """
    centers, _, negatives, input_table, output_table = arrays
    w, draw = place

    def later(index: ir.Value, distance: int, n_rows: ir.Value) -> ir.Value:
        last, moved = builder.sub(n_rows, INT64(1)), builder.add(index, INT64(distance))
        return builder.select(builder.icmp_signed("<", moved, last), moved, last)

    def outputs(center: ir.Value, drawn: ir.Value) -> list[ir.Value]:
        ids = [center, *(element(builder, drawn, INT64(k)) for k in range(n_negatives))]
        return [row(builder, output_table.data, output_id, dim) for output_id in ids]

    def negatives_at(index: ir.Value) -> ir.Value:
        return builder.gep(negatives.data, [builder.mul(index, INT64(n_negatives))])

    entering = element(builder, centers.data, later(w, CONTEXTS_AHEAD, centers.nitems))
    next_center = element(builder, centers.data, later(w, AHEAD, centers.nitems))
    n_draws = builder.extract_value(negatives.shape, 0)
    coming = outputs(next_center, negatives_at(later(draw, AHEAD, n_draws)))
    coming.append(row(builder, input_table.data, entering, dim))
    center, drawn = element(builder, centers.data, w), negatives_at(draw)
    return Window(dim, rate, center, drawn, outputs(center, drawn), coming)


def block_ids(builder: ir.IRBuilder, contexts: ir.Value, start: ir.Value, count: ir.Value) -> ir.Value:
    """The first BLOCK ids from `start`; lanes from `count` on hold negative numbers, all different.

    The load reads past the block's end, which is another window's ids but for the last windows of a call:
    there the ids are copied to the stack first.
    """
    place = builder.gep(contexts.data, [start])
    source = variable(builder, place)
    with builder.if_then(
        builder.icmp_signed(">", builder.add(start, INT64(BLOCK)), contexts.nitems), likely=False
    ):
        copied = array(builder, INT32, BLOCK)
        with loop(builder, count) as m:
            builder.store(element(builder, place, m), builder.gep(copied, [m]))
        builder.store(copied, source)
    ids = load(builder, builder.load(source), INT64(0), BLOCK)
    taken = builder.icmp_signed(
        "<", integers(range(BLOCK)), splat(builder, builder.trunc(count, INT32), BLOCK)
    )
    return builder.select(taken, ids, integers([-1 - lane for lane in range(BLOCK)]))


def all_different(builder: ir.IRBuilder, ids: ir.Value) -> ir.Value:
    """Whether no id of the block occurs twice: the block against itself, turned by 1, 2, up to half of it."""
    hits = ir.Constant(ir.VectorType(ir.IntType(1), BLOCK), [0] * BLOCK)
    for turn in range(1, BLOCK // 2 + 1):
        turned = builder.shuffle_vector(ids, ids, integers([(lane + turn) % BLOCK for lane in range(BLOCK)]))
        hits = builder.or_(hits, builder.icmp_signed("==", ids, turned))
    mask = ir.IntType(BLOCK)
    return builder.icmp_signed("==", builder.bitcast(hits, mask), mask(0))


def block_rows(builder: ir.IRBuilder, ids: ir.Value, table: ir.Value, dim: int) -> ir.Value:
    """Array of pointers to the rows of a block's ids."""
    kind = ir.VectorType(INT64, BLOCK)
    distances = builder.mul(builder.sext(ids, kind), ir.Constant(kind, [4 * dim] * BLOCK))
    rows = array(builder, POINTER, BLOCK)
    addresses = builder.add(distances, splat(builder, builder.ptrtoint(table, INT64), BLOCK))
    builder.store(addresses, builder.bitcast(rows, kind.as_pointer()), align=8)
    return rows


def block_gradients(builder: ir.IRBuilder, window: Window, rows: ir.Value, count: ir.Value) -> list[ir.Value]:
    """For each output, a pointer to its gradients: that of context c stands at c * GROUP."""
    pointers = []
    for group in parts(len(window.outputs), GROUP):
        gradients = array(builder, FLOAT, BLOCK * GROUP)
        rates, labels = _rates(builder, window, group)
        with loop(builder, count, 2) as c:
            following = builder.add(c, INT64(1))  # an odd block's last context is its own partner
            partner = builder.select(builder.icmp_signed("<", following, count), following, c)
            pair = [element(builder, rows, c), element(builder, rows, partner)]
            for scores, place in _scores(builder, window, group, pair):
                offset = builder.add(builder.mul(c, INT64(GROUP)), INT64(place))
                store(builder, _gradient(builder, scores, rates, labels), gradients, offset)
        pointers += [builder.gep(gradients, [INT64(lane)]) for lane in range(len(group))]
    return pointers


def parts(count: int, most: int) -> list[range]:
    """The fewest ranges of nearly equal length that cover range(count), none longer than `most`."""
    n_parts = -(-count // most)
    return [range(count * i // n_parts, count * (i + 1) // n_parts) for i in range(n_parts)]


def _rates(builder: ir.IRBuilder, window: Window, group: range) -> tuple[ir.Value, ir.Value]:
    """Learning rate and label of each lane; a negative equal to the center is skipped by rate 0."""
    flag = ir.VectorType(ir.IntType(1), LANES)
    labels = [1.0 if k == 0 else 0.0 for k in (*group, *[1] * (GROUP - len(group)))] * (LANES // GROUP)
    rates = splat(builder, window.rate, LANES)
    negatives = [k for k in group if k > 0]
    if negatives:
        ids = load(builder, window.negatives, INT64(negatives[0] - 1), len(negatives))
        lanes = [min(max(lane % GROUP + group[0], negatives[0]), group[-1]) for lane in range(LANES)]
        ids = builder.shuffle_vector(ids, ids, integers([k - negatives[0] for k in lanes]))
        equal = builder.icmp_signed("==", ids, splat(builder, window.center, LANES))
        is_negative = ir.Constant(flag, [int(label == 0.0) for label in labels])
        rates = builder.select(builder.and_(equal, is_negative), constant(LANES, 0.0), rates)
    return rates, ir.Constant(ir.VectorType(FLOAT, LANES), labels)


def _scores(
    builder: ir.IRBuilder, window: Window, group: range, pair: list[ir.Value]
) -> list[tuple[ir.Value, int]]:
    """Vectors of inner products of two rows with the outputs of a group, and where each vector belongs."""
    sums = [[variable(builder, constant(LANES, 0.0)) for _ in range(GROUP)] for _ in pair]

    def add_columns(column: ir.Value, width: int) -> None:
        inputs = [widen(builder, load(builder, pointer, column, width), LANES) for pointer in pair]
        for lane, k in enumerate(group):
            output = widen(builder, load(builder, window.outputs[k], column, width), LANES)
            for hidden, totals in zip(inputs, sums, strict=True):
                total = multiply_add(builder, hidden, output, builder.load(totals[lane]))
                builder.store(total, totals[lane])

    columns(builder, window.dim, LANES, add_columns)
    flat = [
        builder.load(total) if i < len(group) else None for totals in sums for i, total in enumerate(totals)
    ]
    return [(lane_sums(builder, flat[i : i + LANES]), i) for i in range(0, 2 * GROUP, LANES)]


def _gradient(builder: ir.IRBuilder, scores: ir.Value, rates: ir.Value, labels: ir.Value) -> ir.Value:
    """Gradients rates * (labels - sigmoid(scores)), the sigmoid within 1e-6 for every float; NaN stays NaN.

    With e = exp(-score) this is rate * (label * (1 + e) - 1) / (1 + e). e is 2^n * 2^r: adding 1.5 * 2^23
    rounds to the integer n, which then stands in the low bits, and a polynomial gives 2^r.
    """
    kind = ir.VectorType(INT32, LANES)
    for beyond, limit in (("<", -87.0), (">", 87.0)):  # an ordered comparison is false for NaN
        edge = constant(LANES, limit)
        scores = builder.select(builder.fcmp_ordered(beyond, scores, edge), edge, scores)
    log2e, rounder = constant(LANES, -np.log2(np.e)), constant(LANES, 1.5 * 2**23)
    shifted = multiply_add(builder, scores, log2e, rounder)
    rest = builder.fsub(
        builder.fmul(scores, log2e, flags=FLAGS), builder.fsub(shifted, rounder, flags=FLAGS), flags=FLAGS
    )
    terms = [constant(LANES, coefficient) for coefficient in EXP2_COEFFICIENTS]
    low, middle, high = (multiply_add(builder, terms[i + 1], rest, terms[i]) for i in (0, 2, 4))
    square = builder.fmul(rest, rest, flags=FLAGS)
    power = multiply_add(builder, multiply_add(builder, high, square, middle), square, low)
    exponent = builder.add(builder.bitcast(shifted, kind), integers([127] * LANES))
    scale = builder.bitcast(builder.shl(exponent, integers([23] * LANES)), scores.type)
    credit = builder.fmul(rates, labels, flags=FLAGS)
    above = multiply_add(
        builder, power, builder.fmul(scale, credit, flags=FLAGS), builder.fsub(credit, rates, flags=FLAGS)
    )
    return builder.fdiv(above, multiply_add(builder, power, scale, constant(LANES, 1.0)), flags=FLAGS)
