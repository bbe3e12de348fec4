"""The door to numba: plain Python functions in, compiled ones of the same type out; only tile.py asks for more.

Machine code is made on first use and kept on disk. Division by zero gives inf or NaN as in numpy: looking for an
exception would keep loops from being vectorised.
"""

from collections.abc import Callable
from functools import update_wrapper
from threading import Lock
from types import FunctionType
from typing import Generic, ParamSpec, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.base import BaseContext
from numba.core.cgutils import get_or_insert_function
from numba.core.typing.templates import Signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")

# numba's own thread pool ends the process when two threads start parallel work at the same moment.
_ONE_AT_A_TIME = Lock()

prange: type[range] = numba.prange
"""A range whose turns run on all cores inside a `parallel` function."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile for one core; the interpreter is free for other threads while it runs."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def summing(function: Callable[P, R]) -> Callable[P, R]:
    """Compile for one core, letting sums be added up in another order: without it a scalar product uses no vectors."""
    kernel = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})(function)
    return cast("Callable[P, R]", kernel)


class Parallel(Generic[P, R]):
    """A function compiled twice: for all cores, and for one."""

    def __init__(self, function: Callable[P, R]) -> None:
        update_wrapper(self, function)
        kernel = numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(function)
        self._on_all_cores = cast("Callable[P, R]", kernel)
        self.on_one_core: Callable[P, R] = compiled(_renamed(function, "_on_one_core"))
        """The same without starting threads: what a single request needs, while others run beside it."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run on all cores; calls from several threads wait for each other."""
        with _ONE_AT_A_TIME:
            return self._on_all_cores(*args, **kwargs)


def parallel(function: Callable[P, R]) -> Parallel[P, R]:
    """Compile as `compiled` does, with `prange` on all cores."""
    return Parallel(function)


@intrinsic
def _prefetch(_typing: object, array: types.Array, place: types.Integer) -> tuple[Signature, Callable[..., object]]:
    """Make the machine code of `prefetch`: LLVM's instruction, of data that will be read and is worth keeping."""

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Signature, given: list[ir.Value]) -> object:
        int32, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, int32, int32, int32])
        to_read, keep, is_data = (ir.Constant(int32, number) for number in (0, 3, 1))
        data = make_array(signature.args[0])(context, builder, given[0]).data
        there = builder.bitcast(builder.gep(data, [given[1]]), pointer)
        instruction = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(instruction, [there, to_read, keep, is_data])
        return context.get_dummy_value()

    return types.void(array, place), generate


prefetch = cast("Callable[[NDArray[np.generic], int], None]", _prefetch)
"""Ask, inside a compiled function, for the memory at array[place] before it is needed; any place is harmless."""


def _renamed(function: Callable[P, R], ending: str) -> Callable[P, R]:
    """Return a copy under another name, since the cache on disk tells functions apart by their names alone."""
    original = cast("FunctionType", function)
    copy = FunctionType(original.__code__, original.__globals__, original.__name__ + ending, original.__defaults__)
    copy.__qualname__ = original.__qualname__ + ending
    copy.__module__ = original.__module__
    return cast("Callable[P, R]", copy)


def n_threads() -> int:
    """Return how many cores a `parallel` function uses."""
    return int(numba.get_num_threads())
