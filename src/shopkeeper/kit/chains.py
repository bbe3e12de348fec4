"""Who took steps in order: chains of marks along time."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

_NEVER = np.int64(-(2**62))


def chains(
    whose: NDArray[np.int64], at: NDArray[np.int64], step: NDArray[np.int8], n_steps: int, window: int, *, strict: bool
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """Return each one once, how many steps they took one after the other, and the shortest time all of them took.

    Rows are sorted by whose they are, then by time, each at one of `n_steps` distinct steps, or at -1, which is none. A
    chain takes at most `window` from its first step to its last. Of the same time, what comes first may come first;
    with `strict` rows are in order, and nothing lies between two steps. Where no chain ended, its time is -1.
    """
    first = np.flatnonzero(np.diff(whose, prepend=whose[:1] - 1))
    ends = np.append(first[1:], len(whose)).astype(np.int64)
    reached, took = np.zeros(len(first), np.int8), np.full(len(first), -1, np.int64)
    (_direct if strict else _loose)(first.astype(np.int64), ends, at, step, n_steps, window, reached, took)
    return whose[first], reached, took


@compiled
def _loose(
    first: NDArray[np.int64],
    ends: NDArray[np.int64],
    at: NDArray[np.int64],
    step: NDArray[np.int8],
    n_steps: int,
    window: int,
    reached: NDArray[np.int8],
    took: NDArray[np.int64],
) -> None:
    # When the chain that took a step and began last had begun: whatever goes on from an older one goes on from it too.
    begun = np.empty(n_steps, np.int64)
    for one in range(len(first)):
        begun[:] = _NEVER
        place = first[one]
        while place < ends[one]:
            now, marks = at[place], 0
            while place < ends[one] and at[place] == now:
                if step[place] >= 0:
                    marks |= 1 << step[place]
                place += 1
            for k in range(n_steps):
                if not marks >> k & 1:
                    continue
                start = now if k == 0 else begun[k - 1]
                if start == _NEVER or now - start > window:
                    continue
                begun[k] = max(begun[k], start)
                reached[one] = max(reached[one], k + 1)
                if k == n_steps - 1 and (took[one] < 0 or now - start < took[one]):
                    took[one] = now - start


@compiled
def _direct(
    first: NDArray[np.int64],
    ends: NDArray[np.int64],
    at: NDArray[np.int64],
    step: NDArray[np.int8],
    n_steps: int,
    window: int,
    reached: NDArray[np.int8],
    took: NDArray[np.int64],
) -> None:
    for one in range(len(first)):
        taken, start = 0, np.int64(0)
        for place in range(first[one], ends[one]):
            if 0 < taken < n_steps and step[place] == taken and at[place] - start <= window:
                taken += 1
            elif step[place] == 0:
                taken, start = 1, at[place]
            else:
                taken = 0
            reached[one] = max(reached[one], taken)
            if taken == n_steps and (took[one] < 0 or at[place] - start < took[one]):
                took[one] = at[place] - start
