"""The one door to numba: plain Python functions in, compiled ones of the same type out.

Division by zero gives inf or NaN as in numpy; looking for an exception would keep loops from being vectorised.
"""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

# numba's own thread pool ends the process when two threads start parallel work at the same moment.
_ONE_AT_A_TIME = Lock()

prange: type[range] = numba.prange
"""A range whose turns run on all cores inside a `parallel` function."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile on first use, keep the machine code on disk, release the interpreter while running."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def parallel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile as `compiled` does, with `prange` on all cores; calls from several threads wait for each other."""
    kernel = cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(function))

    @wraps(function)
    def one_at_a_time(*args: P.args, **kwargs: P.kwargs) -> R:
        with _ONE_AT_A_TIME:
            return kernel(*args, **kwargs)

    return one_at_a_time


def n_threads() -> int:
    """Return how many cores a `parallel` function uses."""
    return int(numba.get_num_threads())
