"""Lists of products: what a scorer ranks and a person sees."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.errors import InvalidInput

T = TypeVar("T", bound=np.generic)

LEAST = 5
"""People of whom a reason or an edge between products speaks at least: fewer could be somebody (decision 29)."""


@dataclass(frozen=True, slots=True, eq=False)
class Exclude:
    """Which products a list must not hold."""

    seen: bool = True
    """Leave out what is in the person's own history."""
    items: NDArray[np.bool_] | None = None
    """(n_items,), True where a product must not be shown to anybody (sold out, withdrawn)."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemBatch:
    """The best products of B histories, best first; -1 and -inf fill a row that ran out."""

    item_idx: NDArray[np.int32]
    """(B, n)"""
    score: NDArray[np.float32]
    """(B, n)"""

    def __len__(self) -> int:
        return len(self.item_idx)


def chosen(values: NDArray[T], items: NDArray[np.int32] | None, axis: int = -1) -> NDArray[T]:
    """Return the values of the chosen products, which lie along the axis; of all where none are named."""
    if items is None:
        return values
    if len(items) and not 0 <= items.min() <= items.max() < values.shape[axis]:
        raise InvalidInput(f"a chosen product is outside 0..{values.shape[axis] - 1}")
    return np.take(values, items, axis)


class ReasonKind(StrEnum):
    """Why a product is in a list."""

    POPULAR = "popular"
    NEIGHBOURS = "neighbours"
    SIMILAR = "similar"
    AGAIN = "again"
    HISTORY = "history"
    ALIKE = "alike"
    RECENT = "recent"
    TRENDING = "trending"
    NEW = "new"
    CHOSEN = "chosen"
    EXPLORED = "explored"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one product is in one list, in inside ids; `ranking.explain` makes the sentence."""

    kind: ReasonKind
    people: int = 0
    """POPULAR, TRENDING and NEIGHBOURS: how many people bought it."""
    is_noisy: bool = False
    """Whether that many is only about right, so that nobody can be told from it."""
    shared: int = 0
    """NEIGHBOURS: so many products or more each of `LEAST` of them shares with the person; 0: fewer share any."""
    times: int = 0
    """AGAIN: how often the person took it before."""
    because: int = -1
    """SIMILAR and ALIKE: item_idx of the person's own product that speaks most for it."""


def shared_by_several(shared: NDArray[np.integer]) -> int:
    """Return how many products, or more, each of `LEAST` people shares, of what each of all does; 0 for fewer people.

    The most that any one shares would tell of that one.
    """
    return int(np.partition(shared, len(shared) - LEAST)[len(shared) - LEAST]) if len(shared) >= LEAST else 0


def similar_to(because: NDArray[np.int32]) -> list[list[Reason]]:
    """Return the reasons of lists, (B, n), of which each product is there because of the one named; -1: of none."""
    return [
        [Reason(ReasonKind.SIMILAR, because=int(item)) if item >= 0 else Reason(ReasonKind.POPULAR) for item in row]
        for row in because
    ]


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a list, in outside ids."""

    item_id: str
    score: float
    reason: Reason
    text: str
    """The reason as a sentence."""
    because: str | None = None
    """Outside id of the person's own product that speaks most for it, where the reason is one product."""


ItemList = tuple[Item, ...]
