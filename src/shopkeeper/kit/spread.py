"""An order in which what is alike does not stand together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.compiled import compiled


class Sets(NamedTuple):
    """n sets of whole numbers: those of set i are code[indptr[i]:indptr[i + 1]], none twice."""

    indptr: NDArray[np.int64]
    """(n + 1,)"""
    code: NDArray[np.int32]
    n_codes: int
    """Codes are below this."""


def spread(worth: NDArray[np.float64], items: NDArray[np.int32], sets: Sets, share: float, n: int) -> NDArray[np.int64]:
    """Return an order of items, (B,): n chosen one by one, then what is left as it stood; ties to what stood first.

    The next is the one with the largest worth_i - share max over chosen j of cos(i, j), the cosine of two sets being
    the number they share over the root of the product of their sizes, 0 with an empty one. `items` says which set is
    whose.
    """
    order = np.empty(len(worth), np.int64)
    _spread(np.ascontiguousarray(worth, np.float64), items, sets, share, min(n, len(worth)), order)
    return order


@compiled
def _spread(
    worth: NDArray[np.float64], items: NDArray[np.int32], sets: Sets, share: float, n: int, order: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    nearest, is_left, until = np.zeros(len(worth)), np.ones(len(worth), np.bool_), np.zeros(len(worth), np.int64)
    for turn in range(n):
        # An item is worth less with each turn: it is compared with what was chosen since when it may be the best.
        best, best_value = -1, -np.inf
        for i in range(len(worth)):
            while is_left[i] and until[i] < turn and not worth[i] - share * nearest[i] <= best_value:
                nearest[i] = max(nearest[i], _alike(set_of(sets, items[i]), set_of(sets, items[order[until[i]]])))
                until[i] += 1
            if is_left[i] and not worth[i] - share * nearest[i] <= best_value:
                best, best_value = i, worth[i] - share * nearest[i]
        order[turn] = best
        is_left[best] = False
    order[n:] = np.flatnonzero(is_left)


def cosines(items: NDArray[np.int32], sets: Sets, place: int) -> NDArray[np.float64]:
    """Return how alike the sets of items, (B,), are to that of the one in a place; each is like itself."""
    alike = np.empty(len(items))
    _cosines(items, sets, place, alike)
    return alike


@compiled
def _cosines(
    items: NDArray[np.int32], sets: Sets, place: int, alike: NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    is_chosens, chosen = np.zeros(sets.n_codes, np.bool_), set_of(sets, items[place])
    for code in chosen:
        is_chosens[code] = True
    for i in range(len(items)):
        alike[i] = _cosine(set_of(sets, items[i]), is_chosens, len(chosen))
    alike[place] = 1.0


@compiled
def set_of(sets: Sets, place: int) -> NDArray[np.int32]:  # pragma: no cover - compiled
    """Return the codes of one set."""
    return sets.code[sets.indptr[place] : sets.indptr[place + 1]]


@compiled
def _alike(codes: NDArray[np.int32], others: NDArray[np.int32]) -> float:  # pragma: no cover - compiled
    shared = 0
    for code in codes:
        for other in others:
            shared += code == other
    return float(shared / np.sqrt(len(others) * len(codes))) if shared else 0.0


@compiled
def _cosine(codes: NDArray[np.int32], is_chosens: NDArray[np.bool_], size: int) -> float:  # pragma: no cover - compiled
    shared = 0
    for code in codes:
        shared += is_chosens[code]
    return float(shared / np.sqrt(size * len(codes))) if shared else 0.0
