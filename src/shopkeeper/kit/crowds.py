"""How many people did what in each of many groups, in one walk along all that they did."""

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

Numbers = NDArray[np.int64]
Whole = NDArray[np.integer]


def crowds(
    whose: Whole, at: Whole, step: Whole, group: Whole, n_steps: int, n_groups: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Return for each step and group how often it was taken and by how many, (n_steps, n_groups), and who went through.

    Rows are sorted by whose they are, then by time. Gone through, (n_groups,), have those who took the last step of a
    group when they took the first, or later.
    """
    times, people = np.zeros((n_steps, n_groups), np.int64), np.zeros((n_steps, n_groups), np.int64)
    through = np.zeros(n_groups, np.int64)
    # Of each group: who took each step last, and who went through; people come one after the other, so it is one each.
    last, lately = np.full((n_steps + 1, n_groups), -1, np.int64), np.zeros(n_groups, np.int64)
    _count(whose, at, step, group, times, people, through, last, lately)
    return times, people, through


@compiled
def _count(
    whose: Whole,
    at: Whole,
    step: Whole,
    group: Whole,
    times: Numbers,
    people: Numbers,
    through: Numbers,
    last: Numbers,
    lately: Numbers,
) -> None:
    end = len(times) - 1
    for row in range(len(whose)):
        one, k, g = whose[row], step[row], group[row]
        times[k, g] += 1
        if last[k, g] != one:
            last[k, g] = one
            people[k, g] += 1
        if k == end:
            lately[g] = at[row]
        # Of the same moment, what comes first may come first.
        is_after = last[0, g] == one and (k == end or (k == 0 and lately[g] == at[row]))
        if is_after and last[end, g] == one and last[end + 1, g] != one:
            last[end + 1, g] = one
            through[g] += 1
