"""Rows of a float32 table as explicit LLVM vectors: load, store, reduce, loop over columns, prefetch.

LLVM's own vectoriser cannot prove that two tables do not overlap, so it guards and reloads; code that
says which vectors it means runs several times as fast. Every function here emits instructions at the
builder's place. Nothing knows about numba or about word2vec.

Floating-point flags are set instruction by instruction: `contract` lets a multiply and an add become
one. None lets the compiler assume that NaN does not occur.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from llvmlite import binding, ir

LANES = 16 if binding.get_host_cpu_features().get("avx512f") else 8  # floats in one register, or two
FLAGS = ("contract", "nsz")
LINE = 16  # floats in a cache line

FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
POINTER = FLOAT.as_pointer()


def constant(width: int, value: float) -> ir.Constant:
    """A float vector with the same value in every lane."""
    return ir.Constant(ir.VectorType(FLOAT, width), [value] * width)


def integers(values: Sequence[int]) -> ir.Constant:
    """An int32 vector of these values; also the mask of a shuffle."""
    return ir.Constant(ir.VectorType(INT32, len(values)), list(values))


def splat(builder: ir.IRBuilder, scalar: ir.Value, width: int) -> ir.Value:
    """A vector with `scalar` in every lane."""
    empty = ir.Constant(ir.VectorType(scalar.type, width), ir.Undefined)
    single = builder.insert_element(empty, scalar, INT32(0))
    return builder.shuffle_vector(single, single, integers([0] * width))


def element(builder: ir.IRBuilder, pointer: ir.Value, index: ir.Value) -> ir.Value:
    """pointer[index], one scalar."""
    return builder.load(builder.gep(pointer, [index]))


def load(builder: ir.IRBuilder, pointer: ir.Value, offset: ir.Value, width: int) -> ir.Value:
    """pointer[offset : offset + width]; rows of 100 floats start anywhere, so no alignment is assumed."""
    kind = ir.VectorType(pointer.type.pointee, width)
    return builder.load(builder.bitcast(builder.gep(pointer, [offset]), kind.as_pointer()), align=4)


def store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, offset: ir.Value) -> None:
    """pointer[offset : offset + width] = value."""
    place = builder.bitcast(builder.gep(pointer, [offset]), value.type.as_pointer())
    builder.store(value, place, align=4)


def multiply_add(builder: ir.IRBuilder, left: ir.Value, right: ir.Value, total: ir.Value) -> ir.Value:
    """One multiply and add, left * right + total: one instruction where the machine has it."""
    return builder.fadd(builder.fmul(left, right, flags=FLAGS), total, flags=FLAGS)


def widen(builder: ir.IRBuilder, value: ir.Value, width: int) -> ir.Value:
    """The vector with zeros appended up to `width` lanes, for the last columns of a row."""
    count = value.type.count
    if count == width:
        return value
    lanes = [lane if lane < count else count for lane in range(width)]
    return builder.shuffle_vector(value, constant(count, 0.0), integers(lanes))


def array(builder: ir.IRBuilder, kind: ir.Type, size: int) -> ir.Value:
    """`size` values of stack, made once at the function's entry however often this place is passed."""
    with builder.goto_entry_block():
        place = builder.alloca(kind, size=size)
    place.align = 64
    return place


def variable(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """A place that holds `value` now; LLVM turns it into a register."""
    with builder.goto_entry_block():
        place = builder.alloca(value.type)
    builder.store(value, place)
    return place


@contextmanager
def loop(builder: ir.IRBuilder, stop: ir.Value, step: int = 1) -> Iterator[ir.Value]:
    """`for index in range(0, stop, step)`: what is emitted inside the `with` is the body."""
    before = builder.block
    head, body, done = (builder.append_basic_block(name) for name in ("head", "body", "done"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(INT64)
    index.add_incoming(INT64(0), before)
    builder.cbranch(builder.icmp_signed("<", index, stop), body, done)
    builder.position_at_end(body)
    yield index
    index.add_incoming(builder.add(index, INT64(step)), builder.block)
    builder.branch(head)
    builder.position_at_end(done)


def columns(builder: ir.IRBuilder, dim: int, lanes: int, body: Callable[[ir.Value, int], None]) -> None:
    """Call body(column, width) so that the pieces cover a row: `lanes` wide, then what is left."""
    full = dim // lanes * lanes
    with loop(builder, INT64(full), lanes) as column:
        body(column, lanes)
    if dim - full >= LANES:
        body(INT64(full), LANES)
        full += LANES
    if dim > full:
        body(INT64(full), dim - full)


def lane_sums(builder: ir.IRBuilder, vectors: Sequence[ir.Value]) -> ir.Value:
    """Lane i of the result is the sum of the lanes of vectors[i]; at most LANES vectors.

    A tree of shuffles and adds: each step folds two vectors into one, and leaves one of them in the lanes
    whose number has the bit `distance`. A reduction of each vector alone takes over twice as many.
    """
    level = [*vectors, *[None] * (LANES - len(vectors))]
    distance = LANES // 2
    while distance:
        halves = zip(level[:distance], level[distance:], strict=True)
        level = [left and _fold(builder, left, right or left, distance) for left, right in halves]
        distance //= 2
    return level[0]


def _fold(builder: ir.IRBuilder, left: ir.Value, right: ir.Value, distance: int) -> ir.Value:
    lanes = range(LANES)
    stay = integers([lane + LANES if lane & distance else lane for lane in lanes])
    swap = integers([(lane ^ distance) + LANES if lane & distance else lane ^ distance for lane in lanes])
    stayed = builder.shuffle_vector(left, right, stay)
    return builder.fadd(stayed, builder.shuffle_vector(left, right, swap), flags=FLAGS)


def prefetch(builder: ir.IRBuilder, pointer: ir.Value, offset: ir.Value) -> None:
    """Ask for the cache line of pointer[offset], to be read soon."""
    byte = ir.IntType(8).as_pointer()
    name = "llvm.prefetch.p0"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32]), name
    )
    place = builder.bitcast(builder.gep(pointer, [offset]), byte)
    builder.call(function, [place, INT32(0), INT32(3), INT32(1)])  # to read, keep in every cache, data
