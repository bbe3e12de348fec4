"""A small dense product whose sums stay in registers: what a compiler does not make of a plain loop.

A loop over sums in memory loads and stores one for each product, and is several times slower. Six rows of sixteen
columns are the widest tile that the sixteen registers of AVX2 hold; wider registers hold it too.
"""

from collections.abc import Callable
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

TILE_ROWS, TILE_COLUMNS = 6, 16

_INT32, _INT64, _FLOAT = ir.IntType(32), ir.IntType(64), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, TILE_COLUMNS)
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
) -> tuple[Signature, Callable[..., object]]:
    """Make the machine code of `add_tile`: one loop over the depth, around six multiplications of a vector."""

    def generate(context: BaseContext, build: ir.IRBuilder, signature: Signature, given: list[ir.Value]) -> object:
        def start_and_stride(place: int) -> tuple[ir.Value, ir.Value]:
            array = make_array(signature.args[place])(context, build, given[place])
            return array.data, build.udiv(build.extract_value(array.strides, 0), _INT64(_SIZE))

        def vector_at(pointer: ir.Value) -> ir.Value:
            return build.bitcast(pointer, _VECTOR.as_pointer())

        def everywhere(number: ir.Value) -> ir.Value:
            undefined = ir.Constant(_VECTOR, ir.Undefined)
            one = build.insert_element(undefined, number, _INT32(0))
            return build.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(_INT32, TILE_COLUMNS), None))

        def add_product(a: ir.Value, b: ir.Value, total: ir.Value) -> ir.Value:
            return build.fadd(build.fmul(a, b, flags=_FUSED), total, flags=_FUSED)

        (to, to_stride), (of_left, left_stride), (of_right, right_stride) = map(start_and_stride, (0, 3, 4))
        of_left, of_right = build.gep(of_left, [given[1]]), build.gep(of_right, [given[5]])
        before, loop = build.block, build.append_basic_block("depth")
        after, nothing = build.append_basic_block("after"), ir.Constant(_VECTOR, None)
        build.cbranch(build.icmp_signed(">", given[6], _INT64(0)), loop, after)

        build.position_at_end(loop)
        step, sums = build.phi(_INT64), [build.phi(_VECTOR) for _ in range(TILE_ROWS)]
        numbers = build.gep(of_left, [build.mul(step, left_stride)])
        vector = build.load(vector_at(build.gep(of_right, [build.mul(step, right_stride)])), align=_SIZE)
        added = [
            add_product(everywhere(build.load(build.gep(numbers, [_INT64(place)]))), vector, total)
            for place, total in enumerate(sums)
        ]
        following = build.add(step, _INT64(1))
        build.cbranch(build.icmp_signed("<", following, given[6]), loop, after)
        for phi, new in zip([step, *sums], [following, *added], strict=True):
            phi.add_incoming(ir.Constant(phi.type, None), before)
            phi.add_incoming(new, loop)

        build.position_at_end(after)
        totals = [build.phi(_VECTOR) for _ in range(TILE_ROWS)]
        for phi, new in zip(totals, added, strict=True):
            phi.add_incoming(nothing, before)
            phi.add_incoming(new, loop)
        factor = everywhere(given[7])
        for place, total in enumerate(totals):
            line = build.mul(build.add(given[1], _INT64(place)), to_stride)
            there = vector_at(build.gep(to, [build.add(line, given[2])]))
            build.store(add_product(factor, total, build.load(there, align=_SIZE)), there, align=_SIZE)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(out, whole, whole, left, right, whole, whole, types.float32), generate


add_tile = cast("Callable[[Floats, int, int, Floats, Floats, int, int, np.float32], None]", _add_tile)
"""Add, inside a compiled function, to a tile of `out` the scaled product of the first `depth` rows of left and right:

out[row + r, column + c] += scale * sum over p < depth of left[p, row + r] * right[p, first + c]

for r below TILE_ROWS and c below TILE_COLUMNS, in this order of p. Rows are contiguous, and wide enough for whole
tiles: nothing is checked. `out` may be `left` or `right` where the rows differ.
"""
