"""The updates of one window as LLVM vector code: columns of outputs and contexts, read once, written once."""

from typing import NamedTuple

from llvmlite import ir

from w2v.engines.vector_code.lanes import (
    FLAGS,
    FLOAT,
    INT64,
    LANES,
    LINE,
    array,
    columns,
    constant,
    element,
    load,
    loop,
    multiply_add,
    prefetch,
    splat,
    store,
    variable,
)
from w2v.engines.vector_code.windows import BLOCK, GROUP, Window, parts, row


class Tile(NamedTuple):
    """The outputs and columns that are updated together: as many as the registers hold."""

    outputs: int
    columns: int


FEW_OUTPUTS = Tile(outputs=7, columns=2 * LANES)
MANY_OUTPUTS = Tile(outputs=12, columns=LANES)
SMALL_MACHINE = Tile(outputs=6, columns=LANES)  # 16 registers of 8 lanes


def update_block(
    builder: ir.IRBuilder,
    window: Window,
    rows: ir.Value,
    count: ir.Value,
    gradients: list[ir.Value],
    targets: list[ir.Value],
) -> None:
    """rows[c] += sum over k of g[c, k] * outputs[k], and targets[k] += sum over c of g[c, k] * rows[c].

    The sums take every row as it was before. The targets, the output rows or rows of the scratch array, are
    read again before they are written, one after the other, so that equal negatives add up.
    """
    tile = _tile(len(targets))
    spare = array(builder, FLOAT, BLOCK * tile.columns)  # columns of contexts between two chunks of outputs

    def update_columns(column: ir.Value, width: int) -> None:
        _ask_for_lines(builder, window, column, width)
        deltas = []
        for chunk in parts(len(targets), tile.outputs):
            outputs = [load(builder, window.outputs[k], column, width) for k in chunk]
            totals = [variable(builder, constant(width, 0.0)) for _ in chunk]
            with loop(builder, count) as c:
                pointer = element(builder, rows, c)
                before = load(builder, pointer, column, width)
                aside = builder.mul(c, INT64(tile.columns))
                after = before if chunk[0] == 0 else load(builder, spare, aside, width)
                for k, output, total in zip(chunk, outputs, totals, strict=True):
                    scalar = element(builder, gradients[k], builder.mul(c, INT64(GROUP)))
                    gradient = splat(builder, scalar, width)
                    builder.store(multiply_add(builder, gradient, before, builder.load(total)), total)
                    after = multiply_add(builder, gradient, output, after)
                is_last = chunk[-1] == len(targets) - 1
                store(builder, after, *((pointer, column) if is_last else (spare, aside)))
            deltas += totals
        for target, delta in zip(targets, deltas, strict=True):
            changed = builder.fadd(load(builder, target, column, width), builder.load(delta), flags=FLAGS)
            store(builder, changed, target, column)

    columns(builder, window.dim, tile.columns, update_columns)


def update_mean(
    builder: ir.IRBuilder,
    window: Window,
    mean: ir.Value,
    share: ir.Value,
    gradients: list[ir.Value],
    contexts: tuple[ir.Value, ir.Value, ir.Value],
) -> None:
    """One gradient for each output, taken at the mean row; every context gets `share` of the mean's change.

    `contexts` are the input table, the ids and their number. An id that occurs twice gets its share twice,
    as the gradient of the mean says.
    """
    table, ids, count = contexts
    scalars = [builder.load(pointer) for pointer in gradients]

    def update_columns(column: ir.Value, width: int) -> None:
        _ask_for_lines(builder, window, column, width)
        hidden = load(builder, mean, column, width)
        change = constant(width, 0.0)
        for scalar, output in zip(scalars, window.outputs, strict=True):
            gradient = splat(builder, scalar, width)
            change = multiply_add(builder, gradient, load(builder, output, column, width), change)
        for scalar, output in zip(scalars, window.outputs, strict=True):
            gradient = splat(builder, scalar, width)
            changed = multiply_add(builder, gradient, hidden, load(builder, output, column, width))
            store(builder, changed, output, column)
        change = builder.fmul(change, splat(builder, share, width), flags=FLAGS)
        with loop(builder, count) as m:
            pointer = row(builder, table, element(builder, ids, m), window.dim)
            changed = builder.fadd(load(builder, pointer, column, width), change, flags=FLAGS)
            store(builder, changed, pointer, column)

    columns(builder, window.dim, LANES, update_columns)


def store_mean(
    builder: ir.IRBuilder,
    dim: int,
    mean: ir.Value,
    share: ir.Value,
    contexts: tuple[ir.Value, ir.Value, ir.Value],
) -> None:
    """Write the mean of the context rows to `mean`; arguments as in `update_mean`."""
    table, ids, count = contexts

    def sum_columns(column: ir.Value, width: int) -> None:
        total = variable(builder, constant(width, 0.0))
        with loop(builder, count) as m:
            pointer = row(builder, table, element(builder, ids, m), dim)
            value = load(builder, pointer, column, width)
            builder.store(builder.fadd(builder.load(total), value, flags=FLAGS), total)
        hidden = builder.fmul(builder.load(total), splat(builder, share, width), flags=FLAGS)
        store(builder, hidden, mean, column)

    columns(builder, dim, LANES, sum_columns)


def _tile(n_outputs: int) -> Tile:
    if LANES == 8:
        return SMALL_MACHINE
    return FEW_OUTPUTS if n_outputs <= FEW_OUTPUTS.outputs else MANY_OUTPUTS


def _ask_for_lines(builder: ir.IRBuilder, window: Window, column: ir.Value, width: int) -> None:
    """Prefetch these columns of the rows to come."""
    for pointer in window.coming:
        for line in range(0, width, LINE):
            prefetch(builder, pointer, builder.add(column, INT64(line)))
