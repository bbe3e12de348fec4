"""Fake people who lift a product: the attacks that benchmarks and tests send against a shop's models."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US
from shopkeeper.data.vocabulary import Vocabulary

Attack = Literal["random", "average", "bandwagon", "popular"]
ATTACKS: tuple[Attack, ...] = get_args(Attack)
FAKE = "~fake"
"""Ids of fake people begin with this, behind those of all others: only for who counts afterwards."""


@dataclass(frozen=True, slots=True)
class Poison:
    """Adds people who took one product, and others so as to look like customers and to be neighbours of many.

    random: fillers drawn evenly; average: as often as the others take them; bandwagon: half of them best-sellers, half
    drawn evenly; popular: best-sellers alone (Lam and Riedl 2004; Mobasher et al. 2007; without ratings, what is taken
    stands for what is rated high). Profiles are as long as those of others; all come within `days`.
    """

    attack: Attack
    share: float
    """Fakes, of the number of people."""
    type: EventType = EventType.PURCHASE
    of_page: bool = True
    """Whether a browser says so; else a server does: they bought."""
    days: float = 10.0
    profile: int = 50
    """Fillers at most."""

    def into(self, log: EventLog, target: int, rng: Generator) -> EventLog:
        """Return the log with the fakes in it, who come in the last days before its end."""
        n_items, now = len(log.items), int(log.at.max())
        lengths = np.bincount(log.user_idx, minlength=len(log.users))
        n_fakes = max(1, round(self.share * len(log.users)))
        people = np.bincount(_distinct(log)[1], minlength=n_items).astype(np.float64)
        rows = []
        for fake in range(n_fakes):
            length = int(np.clip(rng.choice(lengths), 5, self.profile))
            items = np.append(self._fillers(people, target, length, rng), target)
            start = now - rng.integers(int(self.days * DAY_US))
            rows.append((np.full(len(items), fake), items, start + np.arange(len(items)) * 1_000_000))
        who, what, when = (np.concatenate(column) for column in zip(*rows, strict=True))
        when = np.minimum(when, now)
        users = Vocabulary(sorted([*(f"{FAKE}{fake:05}" for fake in range(n_fakes))]))
        order = np.lexsort((when, who))
        n = len(order)
        fakes = EventLog(
            users=users,
            items=log.items,
            user_idx=who[order].astype(np.int32),
            item_idx=what[order].astype(np.int32),
            type=np.full(n, self.type, np.int8),
            at=when[order].astype(np.int64),
            quantity=np.ones(n, np.float32),
            rating=np.full(n, np.nan, np.float32),
            price_minor=np.full(n, -1, np.int64),
            words=np.zeros(n, np.int32),
            of_page=np.full(n, self.of_page, np.bool_),
        )
        return EventLog.merged(log, fakes)

    def _fillers(self, people: NDArray[np.float64], target: int, n: int, rng: Generator) -> NDArray[np.int64]:
        best = np.argsort(-people)[: max(20, n)]
        even, others = np.ones(len(people)), people.copy()
        even[target] = others[target] = 0
        if self.attack == "random":
            return _drawn(even, n, rng)
        if self.attack == "average":
            return _drawn(others, n, rng)
        top = rng.permutation(best[best != target])
        if self.attack == "popular":
            return top[:n]
        half = top[: n // 2]
        even[half] = 0
        return np.append(half, _drawn(even, n - len(half), rng))


def _drawn(weights: NDArray[np.float64], n: int, rng: Generator) -> NDArray[np.int64]:
    return rng.choice(len(weights), min(n, int(np.count_nonzero(weights))), replace=False, p=weights / weights.sum())


def _distinct(log: EventLog) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the people and products of each pair once."""
    pairs = np.unique(log.user_idx.astype(np.int64) * len(log.items) + log.item_idx)
    who, what = np.divmod(pairs, len(log.items))
    return who, what
