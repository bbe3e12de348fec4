"""Products whose sums stay in registers: what a compiler does not make of a plain loop.

A loop over sums in memory loads and stores one for each product, and is several times slower. Six rows of sixteen
columns are the widest tile that the sixteen registers of AVX2 hold; wider registers hold it too.
"""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Code = tuple[Signature, Callable[..., object]]

TILE_ROWS, TILE_COLUMNS = 6, 16
CODE_COLUMNS = 4 * TILE_COLUMNS

_INT32, _INT64, _FLOAT = ir.IntType(32), ir.IntType(64), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, TILE_COLUMNS)
_CODES = ir.VectorType(ir.IntType(8), TILE_COLUMNS)
_FUSED = ("contract",)
_SIZE = 4


@intrinsic
def _add_tile(
    _typing: object,
    out: types.Array,
    _row: types.Integer,
    _column: types.Integer,
    left: types.Array,
    right: types.Array,
    _first: types.Integer,
    _depth: types.Integer,
    _scale: types.Float,
) -> Code:
    """Make the machine code of `add_tile`: one loop over the depth, around six multiplications of a vector."""

    def generate(context: BaseContext, build: ir.IRBuilder, signature: Signature, given: list[ir.Value]) -> object:
        out, left, right = (_Matrix(context, build, signature.args[place], given[place]) for place in (0, 3, 4))
        row, column, first, depth, scale = (given[place] for place in (1, 2, 5, 6, 7))
        places = [build.add(row, _INT64(place)) for place in range(TILE_ROWS)]
        steps = [build.mul(place, left.strides[1]) for place in places]

        def add(step: ir.Value, sums: Sequence[ir.Value]) -> list[ir.Value]:
            numbers, vector = left.at(step, _INT64(0)), right.vector(step, first)
            weights = [_everywhere(build, build.load(build.gep(numbers, [there]))) for there in steps]
            return [_plus(build, total, weight, vector) for weight, total in zip(weights, sums, strict=True)]

        zeros = [ir.Constant(_VECTOR, None)] * TILE_ROWS
        totals, factor = _loop(build, _INT64(0), depth, zeros, add), _everywhere(build, scale)
        for place, total in zip(places, totals, strict=True):
            out.store(_plus(build, out.vector(place, column), factor, total), place, column)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(out, whole, whole, left, right, whole, whole, types.float32), generate


@intrinsic
def _add_rows(
    _typing: object,
    out: types.Array,
    _row: types.Integer,
    _column: types.Integer,
    weights: types.Array,
    places: types.Array,
    _first: types.Integer,
    _last: types.Integer,
    rows: types.Array,
) -> Code:
    """Make the machine code of `add_rows`: one loop over the entries, around one multiplication of a vector."""

    def generate(context: BaseContext, build: ir.IRBuilder, signature: Signature, given: list[ir.Value]) -> object:
        out, rows = (_Matrix(context, build, signature.args[place], given[place]) for place in (0, 7))
        weights, places = (make_array(signature.args[place])(context, build, given[place]).data for place in (3, 4))
        row, column, first, last = (given[place] for place in (1, 2, 5, 6))

        def add(entry: ir.Value, sums: Sequence[ir.Value]) -> list[ir.Value]:
            place = build.zext(build.load(build.gep(places, [entry])), _INT64)
            weight = _everywhere(build, build.load(build.gep(weights, [entry])))
            return [_plus(build, sums[0], weight, rows.vector(place, column))]

        out.store(_loop(build, first, last, [out.vector(row, column)], add)[0], row, column)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(out, whole, whole, weights, places, whole, whole, rows), generate


@intrinsic
def _code_sums(
    _typing: object, out: types.Array, _place: types.Integer, vector: types.Array, codes: types.Array
) -> Code:
    """Make the machine code of `code_sums`: one loop over the depth, around four multiplications of a vector."""

    def generate(context: BaseContext, build: ir.IRBuilder, signature: Signature, given: list[ir.Value]) -> object:
        out, place, vector, codes = given
        out, vector, codes = (
            make_array(signature.args[at])(context, build, array) for at, array in ((0, out), (2, vector), (3, codes))
        )
        columns = [_INT64(TILE_COLUMNS * part) for part in range(CODE_COLUMNS // TILE_COLUMNS)]

        def add(step: ir.Value, sums: Sequence[ir.Value]) -> list[ir.Value]:
            weight = _everywhere(build, build.load(build.gep(vector.data, [step])))
            row, added = build.mul(step, _INT64(CODE_COLUMNS)), list[ir.Value]()
            for total, column in zip(sums, columns, strict=True):
                there = build.gep(codes.data, [build.add(row, column)])
                small = build.load(build.bitcast(there, _CODES.as_pointer()), align=1)
                added.append(_plus(build, total, weight, build.sitofp(small, _VECTOR)))
            return added

        depth = build.extract_value(vector.shape, 0)
        totals = _loop(build, _INT64(0), depth, [ir.Constant(_VECTOR, None)] * len(columns), add)
        for total, column in zip(totals, columns, strict=True):
            there = build.gep(out.data, [build.add(place, column)])
            build.store(total, build.bitcast(there, _VECTOR.as_pointer()), align=_SIZE)
        return context.get_dummy_value()

    return types.void(out, types.int64, vector, codes), generate


class _Matrix:
    """A matrix of single floats in machine code, of which vectors along its rows are loaded and stored."""

    def __init__(self, context: BaseContext, build: ir.IRBuilder, kind: types.Array, value: ir.Value) -> None:
        array = make_array(kind)(context, build, value)
        self._build, self._data = build, array.data
        self.strides = [build.sdiv(build.extract_value(array.strides, axis), _INT64(_SIZE)) for axis in (0, 1)]

    def at(self, row: ir.Value, column: ir.Value) -> ir.Value:
        return self._build.gep(self._data, [self._build.add(self._build.mul(row, self.strides[0]), column)])

    def vector(self, row: ir.Value, column: ir.Value) -> ir.Value:
        there = self._build.bitcast(self.at(row, column), _VECTOR.as_pointer())
        return self._build.load(there, align=_SIZE)

    def store(self, vector: ir.Value, row: ir.Value, column: ir.Value) -> None:
        there = self._build.bitcast(self.at(row, column), _VECTOR.as_pointer())
        self._build.store(vector, there, align=_SIZE)


def _everywhere(build: ir.IRBuilder, number: ir.Value) -> ir.Value:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    one = build.insert_element(undefined, number, _INT32(0))
    return build.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(_INT32, TILE_COLUMNS), None))


def _plus(build: ir.IRBuilder, total: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
    return build.fadd(build.fmul(a, b, flags=_FUSED), total, flags=_FUSED)


def _loop(
    build: ir.IRBuilder,
    first: ir.Value,
    end: ir.Value,
    start: Sequence[ir.Value],
    add: Callable[[ir.Value, Sequence[ir.Value]], list[ir.Value]],
) -> list[ir.Value]:
    """Return what `add` makes of the sums at `start` in steps first, first + 1, ... below `end`."""
    before, loop, after = build.block, build.append_basic_block("loop"), build.append_basic_block("after")
    build.cbranch(build.icmp_signed("<", first, end), loop, after)

    build.position_at_end(loop)
    step, sums = build.phi(_INT64), [build.phi(_VECTOR) for _ in start]
    added = add(step, sums)
    following = build.add(step, _INT64(1))
    build.cbranch(build.icmp_signed("<", following, end), loop, after)
    for phi, initial, new in zip([step, *sums], [first, *start], [following, *added], strict=True):
        phi.add_incoming(initial, before)
        phi.add_incoming(new, loop)

    build.position_at_end(after)
    totals = [build.phi(_VECTOR) for _ in start]
    for phi, initial, new in zip(totals, start, added, strict=True):
        phi.add_incoming(initial, before)
        phi.add_incoming(new, loop)
    return totals


add_tile = cast("Callable[[Floats, int, int, Floats, Floats, int, int, np.float32], None]", _add_tile)
"""Add, inside a compiled function, to a tile of `out` the scaled product of the first `depth` rows of left and right:

out[row + r, column + c] += scale * sum over p < depth of left[p, row + r] * right[p, first + c]

for r below TILE_ROWS and c below TILE_COLUMNS, in this order of p. Rows of out and right are contiguous, and all are
wide enough for whole tiles: nothing is checked. `out` may be `left` or `right` where the rows differ.
"""

add_rows = cast(
    "Callable[[Floats, int, int, Floats, NDArray[np.uint32], int, int, Floats], None]",
    _add_rows,
)
"""Add, inside a compiled function, to TILE_COLUMNS numbers of `out` those of the weighted rows that are named:

out[row, column + c] += sum over first <= p < last of weights[p] * rows[places[p], column + c]

in this order of p. Rows are contiguous, and wide enough: nothing is checked.
"""

code_sums = cast("Callable[[Floats, int, Floats, NDArray[np.int8]], None]", _code_sums)
"""Set, inside a compiled function, CODE_COLUMNS numbers of `out` to the products of a vector with a tile of codes:

out[place + c] = sum over p of vector[p] * codes[p, c],    codes of shape (len(vector), CODE_COLUMNS), contiguous

in this order of p. `out` is wide enough: nothing is checked.
"""
