"""To which source what somebody took is due: the last touch before it."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

SEEN, CHOSEN, TAKEN = 0, 1, 2
"""Kinds of rows."""


def credited(
    whose: NDArray[np.int64],
    thing: NDArray[np.int64],
    at: NDArray[np.int64],
    kind: NDArray[np.int8],
    source: NDArray[np.int64],
    n_things: int,
    window: int,
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the source that each row of kind TAKEN is due to, and whether it was CHOSEN or only SEEN; else -1.

    Rows are sorted by whose they are, then by time, those of the same moment in any order of kinds. It is due to where
    the same one last chose the same thing, at most `window` before; failing that to the source it names itself, if they
    never chose the thing before; failing that to where they last saw it.
    """
    to, how = np.full(len(whose), -1, np.int64), np.full(len(whose), -1, np.int8)
    # Of each kind and thing: who touched it last, when, from where. People come one after the other.
    last = np.full((2, n_things, 3), -1, np.int64)
    _credit(whose, thing, at, kind, source, window, last, to, how)
    return to, how


@compiled
def _credit(
    whose: NDArray[np.int64],
    thing: NDArray[np.int64],
    at: NDArray[np.int64],
    kind: NDArray[np.int8],
    source: NDArray[np.int64],
    window: int,
    last: NDArray[np.int64],
    to: NDArray[np.int64],
    how: NDArray[np.int8],
) -> None:
    first = 0
    while first < len(whose):
        end = first
        while end < len(whose) and whose[end] == whose[first] and at[end] == at[first]:
            if kind[end] != TAKEN:
                touch = last[kind[end], thing[end]]
                touch[0], touch[1], touch[2] = whose[end], at[end], source[end]
            end += 1
        for row in range(first, end):
            if kind[row] != TAKEN:
                continue
            seen, chosen = last[SEEN, thing[row]], last[CHOSEN, thing[row]]
            if chosen[0] == whose[row] and at[row] - chosen[1] <= window:
                to[row], how[row] = chosen[2], CHOSEN
            elif chosen[0] != whose[row] and source[row] >= 0:
                to[row], how[row] = source[row], CHOSEN
            elif seen[0] == whose[row] and at[row] - seen[1] <= window:
                to[row], how[row] = seen[2], SEEN
        first = end
