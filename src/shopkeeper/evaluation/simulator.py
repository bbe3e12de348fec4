"""A shop that learns from what it showed: people with tastes, lists, clicks, and a new fit each day.

What people do in it is drawn; what the shop does is the real models and steps. It answers what no log can: where lists
lead that are learned from what came of lists before (Chaney et al. 2018; Mansoury et al. 2020).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from shopkeeper import models
from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Scorer
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.diversity import diversify
from shopkeeper.ranking.exploring import Explorer, Exposures
from shopkeeper.ranking.exposure import level
from shopkeeper.ranking.fatigue import LONGEST_DAYS, tire

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_Days = tuple[Ints, Ints, Ints]
"""People, products and days."""
_WARM = 10
"""Days on which people found products by themselves before there were lists."""
_WINDOW = 7
"""Days over which entropy, Gini and clicks are told."""


@dataclass(frozen=True, slots=True)
class World:
    """Who comes to the shop and what it sells."""

    people: int = 400
    items: int = 500
    kinds: int = 12
    new_a_day: int = 2
    """Products that join each day, of the same kinds and appeal."""
    days: int = 50
    n: int = 10
    """Length of a list; each person is shown one a day."""
    concentration: float = 0.5
    """Of the Dirichlet that tastes are drawn from: the smaller, the fewer kinds a person likes."""
    click_rate: float = 0.05
    """For a product of mean appeal and suit in the first place."""
    own: float = 1.5
    """Products that a person finds alone each day, in the mean, by taste and appeal."""
    habit: float = 0.001
    """Share of a taste that each click turns to the kind of what was clicked on."""
    weariness: float = 0.1
    """Share of its chance that a product loses for each time it was shown in vain; a fifth is forgotten each day."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the shop makes lists; all 0: the model's best."""

    model: str = "item_knn"
    calibration: float = 0.0
    diversity: float = 0.0
    fatigue: float = 0.0
    level: float = 0.0
    exploration: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of it, day by day, (days,)."""

    entropy: Floats
    """Of the kinds of what each person turned to in the last week, in nats, their mean."""
    gini: Floats
    """Of the impressions of products in the last week."""
    clicks: Floats
    born: Ints
    """Of each new product that was in the shop for a week, the day it came, (new,)."""
    impressions: Ints
    """In that week, (new,)."""

    def drift(self, what: Floats) -> float:
        """Return how far the last week is from the first, as a share of that."""
        return float(what[-1] / what[_WINDOW - 1] - 1)

    def reached(self, least: int = 100) -> float:
        """Return the share of new products that so many impressions were of in their first week."""
        return float((self.impressions >= least).mean())


def simulate(world: World, policy: Policy, seed: int = 0) -> Outcome:
    """Return what comes of a policy; the same seed is the same people and products."""
    return _Shop(world, policy, seed).run()


class _Shop:
    def __init__(self, world: World, policy: Policy, seed: int) -> None:
        self.world, self.policy = world, policy
        drawn, self.rng = default_rng(seed), default_rng(seed + 1)
        self.n_items = world.items + world.new_a_day * world.days
        self.taste = drawn.dirichlet(np.full(world.kinds, world.concentration), world.people)
        self.kind = drawn.integers(0, world.kinds, self.n_items)
        self.appeal = drawn.lognormal(0, 0.8, self.n_items)
        self.appeal /= self.appeal.mean()
        self.born = np.concatenate((np.full(world.items, -_WARM), np.repeat(np.arange(world.days), world.new_a_day)))
        self.columns = Columns(
            Product(item_id=f"{item:06}", title="x", categories=(f"kind {kind}",))
            for item, kind in enumerate(self.kind.tolist())
        )
        self.users = Vocabulary(f"{user:06}" for user in range(world.people))
        self.weary = np.zeros((world.people, self.n_items))
        self.found: list[_Days] = []
        """What they turned to alone."""
        self.clicked: list[_Days] = []
        self.showed: list[_Days] = []

    def run(self) -> Outcome:
        """Live through all days."""
        entropy, gini, clicks = [], [], []
        for day in range(-_WARM, 0):
            self._search(day, self.rng)
        for day in range(self.world.days):
            n_clicks = self._show(day)
            self._search(day, self.rng)
            entropy.append(self._entropy(day))
            gini.append(self._gini(day))
            clicks.append(float(n_clicks))
        lived = (self.born >= 0) & (self.born <= self.world.days - _WINDOW)
        _, items, days = _joined(self.showed)
        early = days < self.born[items] + _WINDOW
        impressions = np.bincount(items[early], minlength=self.n_items)
        return Outcome(np.array(entropy), np.array(gini), np.array(clicks), self.born[lived], impressions[lived])

    def _search(self, day: int, rng: Generator) -> None:
        """Let people find products by themselves."""
        alive = self.born <= day
        who = np.repeat(np.arange(self.world.people), rng.poisson(self.world.own, self.world.people))
        kinds = _drawn(self.taste[who], rng)
        items = np.empty(len(who), np.int64)
        for kind in range(self.world.kinds):
            among = np.flatnonzero(alive & (self.kind == kind))
            rows = np.flatnonzero(kinds == kind)
            if len(rows) and len(among):
                weight = self.appeal[among] / self.appeal[among].sum()
                items[rows] = rng.choice(among, len(rows), p=weight)
        self.found.append((who, items, np.full(len(who), day)))

    def _show(self, day: int) -> int:
        """Fit, show everybody a list, and let them click; return how often they did."""
        data = self._dataset(day)
        scorer = models.create(self.policy.model).fit(data)
        fallback = models.create("popularity").fit(data)
        alive = self.born <= day
        shown = np.zeros((self.world.people, self.world.n), np.int64)
        lists = self._lists(data, scorer, fallback, alive, day)
        for user, listed in lists.items():
            shown[user] = listed
        who = np.repeat(np.arange(self.world.people), self.world.n)
        items, place = shown.ravel(), np.tile(np.arange(self.world.n), self.world.people)
        suits = self.taste[who, self.kind[items]] * self.world.kinds * self.appeal[items]
        suits *= (1 - self.world.weariness) ** self.weary[who, items]
        chance = np.minimum(self.world.click_rate * suits / np.log2(2 + place), 1.0)
        hit = self.rng.random(len(items)) < chance
        self.showed.append((who, items, np.full(len(who), day)))
        self.clicked.append((who[hit], items[hit], np.full(int(hit.sum()), day)))
        self.weary *= 0.8
        self.weary[who[~hit], items[~hit]] += 1
        for user, item in zip(who[hit].tolist(), items[hit].tolist(), strict=True):
            self.taste[user] *= 1 - self.world.habit
            self.taste[user, self.kind[item]] += self.world.habit
        return int(hit.sum())

    def _lists(
        self, data: Dataset, scorer: Scorer[Config], fallback: Scorer[Config], alive: NDArray[np.bool_], day: int
    ) -> Mapping[int, NDArray[np.int32]]:
        policy, n = self.policy, self.world.n
        best = scorer.top_n(data.histories, 100, Exclude(seen=False, items=~alive)).item_idx
        popular = fallback.top_n(data.histories.take(np.arange(1)), 100, Exclude(seen=False, items=~alive)).item_idx[0]
        exposures, seen = self._exposures(day), self._seen(day)
        lists = {}
        for user, row in enumerate(best):
            items = np.concatenate((row[row >= 0], popular))
            items = items[np.sort(np.unique(items, return_index=True)[1])][:200]
            merit = HALVED_AT / (HALVED_AT + np.arange(len(items)))
            found = Candidates(items, np.zeros(len(items), np.float32), np.zeros(len(items), np.int8), merit)
            own = data.histories.take(np.array([user]))
            found = tire(found, seen.take(np.array([user])), own, policy.fatigue)
            found = level(found, exposures.crowding, policy.level, n)
            found = calibrate(found, self.columns, own, policy.calibration, n, parts=("categories",))
            found = diversify(found, self.columns, policy.diversity, n)
            if policy.exploration:
                share = policy.exploration
                fresh = alive & (self.born > day - _WINDOW) & (self.born >= 0)
                found = Explorer(self.columns, own, exposures, alive, fresh, share, n, 1, self.rng)(found)
            lists[user] = found.item_idx[:n]
        return lists

    def _exposures(self, day: int) -> Exposures:
        """Return what was shown and clicked on in the last four weeks."""
        since = day - LONGEST_DAYS
        told = (_joined(self.showed), _joined(self.clicked))
        counts = (np.bincount(items[days >= since], minlength=self.n_items) for _, items, days in told)
        return Exposures(*(one.astype(np.float64) for one in counts))

    def _seen(self, day: int) -> HistoryBatch:
        """Return the impressions of everybody in the last four weeks."""
        who, items, days = _joined(self.showed)
        late = days >= day - LONGEST_DAYS
        kinds = np.full(int(late.sum()), EventType.IMPRESSION, np.int8)
        return self._histories(who[late], items[late], days[late], kinds, day)

    def _dataset(self, day: int) -> Dataset:
        """Return what people turned to up to now."""
        kinds = [np.full(sum(len(who) for who, _, _ in parts), kind, np.int8) for parts, kind in self._did()]
        did = _joined([*self.found, *self.clicked])
        return Dataset(self.users, self.columns.items, self._histories(*did, np.concatenate(kinds), day))

    def _did(self) -> Sequence[tuple[list[_Days], EventType]]:
        return ((self.found, EventType.VIEW), (self.clicked, EventType.CLICK))

    def _histories(self, who: Ints, items: Ints, days: Ints, kinds: NDArray[np.int8], day: int) -> HistoryBatch:
        order = np.lexsort((days, who))
        n = len(who)
        return HistoryBatch(
            np.searchsorted(who[order], np.arange(self.world.people + 1)).astype(np.int64),
            items[order].astype(np.int32),
            kinds[order],
            (days[order] + _WARM) * DAY_US,
            np.ones(n, np.float32),
            np.full(n, np.nan, np.float32),
            np.full(self.world.people, (day + _WARM) * DAY_US),
            np.arange(self.world.people, dtype=np.int32),
        )

    def _entropy(self, day: int) -> float:
        who, items, days = _joined([*self.found, *self.clicked])
        late = days > day - _WINDOW
        cells = np.bincount(
            who[late] * self.world.kinds + self.kind[items[late]], minlength=self.world.people * self.world.kinds
        ).reshape(self.world.people, -1)
        return float(entropies(cells)[cells.any(axis=1)].mean())

    def _gini(self, day: int) -> float:
        _, items, days = _joined(self.showed)
        times = np.bincount(items[days > day - _WINDOW], minlength=self.n_items)
        return gini(times[self.born <= day - _WINDOW])


def _joined(parts: Sequence[_Days]) -> _Days:
    if not parts:
        return (np.empty(0, np.int64),) * 3
    who, items, days = (np.concatenate(column) for column in zip(*parts, strict=True))
    return who, items, days


def entropies(counts: NDArray[np.integer]) -> Floats:
    """Return the entropy of each row of counts, in nats; 0 where there are none."""
    p = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray(-(p * np.log(np.where(p > 0, p, 1))).sum(axis=1))


def gini(times: NDArray[np.integer]) -> float:
    """Return how unevenly something falls on many: 0, each has as much; near 1, one has all."""
    if not times.any():
        return 0.0
    ordered = np.sort(times)
    return float(1 - 2 * (np.cumsum(ordered) / ordered.sum()).mean() + 1 / len(ordered))


def _drawn(chances: Floats, rng: Generator) -> Ints:
    """Return a place drawn in each row of chances."""
    cumulative = np.cumsum(chances, axis=1)
    return np.asarray((rng.random(len(chances))[:, None] * cumulative[:, -1:] > cumulative).sum(axis=1))
