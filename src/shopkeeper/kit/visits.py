"""What people do in one go, which ends with a silence."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled

Numbers = NDArray[np.integer]
Mask = NDArray[np.bool_]


def visits(whose: Numbers, at: Numbers, silence: int) -> Numbers:
    """Return the number of the visit of each row; rows are sorted by whose they are, then by time."""
    begins = np.ones(len(whose), np.bool_)
    begins[1:] = (np.diff(whose) != 0) | (np.diff(at) > silence)
    return np.cumsum(begins, dtype=np.int32) - np.int32(1)


def followed(visit: Numbers, at: Numbers, asked: Mask, acted: Mask) -> Mask:
    """Tell after which askings something was done in the same visit, or the same moment, before the next asking."""
    found = np.zeros(len(visit), np.bool_)
    _follow(visit, at, asked, acted, found)
    return found


@compiled
def _follow(visit: Numbers, at: Numbers, asked: Mask, acted: Mask, found: Mask) -> None:
    end, is_acted = len(visit), False
    while end > 0:
        start = end - 1
        is_acted = is_acted and end < len(visit) and visit[end] == visit[start]
        while start > 0 and visit[start - 1] == visit[start] and at[start - 1] == at[start]:
            start -= 1
        is_asked = False
        for row in range(start, end):
            is_acted = is_acted or acted[row]
            is_asked = is_asked or asked[row]
        for row in range(start, end):
            found[row] = asked[row] and is_acted
        is_acted = is_acted and not is_asked
        end = start


@dataclass(frozen=True, slots=True)
class Way:
    """How visits begin."""

    steps: tuple[int, ...]
    has_ended: bool
    """Nothing came after these."""
    visits: int
    people: int


def ways(visit: Numbers, whose: Numbers, step: Numbers, length: int, least: int) -> Iterator[Way]:
    """Return every beginning, of up to so many steps, that visits of at least so many people share.

    Rows are in order; a step below 0 is none. The same step again and again is one.
    """
    kept = np.flatnonzero(step >= 0)
    again = (np.diff(visit[kept], prepend=-1) == 0) & (np.diff(step[kept], prepend=-1) == 0)
    kept = kept[~again]
    visit, step = visit[kept], np.append(step[kept] + 1, 0)  # 0: nothing more
    first = np.flatnonzero(np.diff(visit, prepend=-1))
    ends, whose = np.append(first[1:], len(visit)), whose[kept][first]
    base = int(step.max()) + 1
    # The beginnings so far, and the place among them of that of each visit that is still looked at.
    known, has = [tuple[int, ...]()], np.zeros(len(first), np.int64)
    for taken in range(length):
        following = step[np.where(first + taken < ends, first + taken, -1)]
        key = has * base + following
        found, goes_on = list[tuple[int, ...]](), np.full(len(first), -1, np.int64)
        for value, rows, people in _shared(key, whose, least):
            before, last = known[value // base], value % base
            yield Way(before if last == 0 else (*before, last - 1), last == 0, len(rows), people)
            if last:
                goes_on[rows] = len(found)
                found.append((*before, last - 1))
        alive = goes_on >= 0
        known, has, first, ends, whose = found, goes_on[alive], first[alive], ends[alive], whose[alive]


def _shared(key: Numbers, whose: Numbers, least: int) -> Iterator[tuple[int, Numbers, int]]:
    """Return each key of enough people with its rows, and how many people they are of; rows are sorted by person."""
    # Sorting small numbers is far quicker.
    order = np.argsort(key.astype(np.min_scalar_type(int(key.max(initial=0)))), kind="stable")
    sorted_key, sorted_whose = key[order], whose[order]
    is_first = np.diff(sorted_key, prepend=-1) != 0
    is_new = is_first | (np.diff(sorted_whose, prepend=-1) != 0)
    starts = np.flatnonzero(is_first)
    people = np.add.reduceat(is_new, starts, dtype=np.int64) if len(starts) else starts
    ends = np.append(starts[1:], len(key))
    for place in np.flatnonzero(people >= least).tolist():
        start = starts[place]
        yield int(sorted_key[start]), order[start : ends[place]], int(people[place])
