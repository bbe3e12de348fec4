"""Which brands people will buy from in the next month: Tmall 2014, before 16 July against after, a person and a brand.

Pairs that had met before (repeat) are asked apart from those that had not (new), which are looked for among brands that
many turn to and brands that `als` puts first; what is bought beside these counts as missed. Ours are trees over
`pair_features` and what `als` gives; beside them rules of recency and frequency: how often the two met, or, of new
ones, how active the person and how sought the brand is, with half-lives and the weight of a purchase tuned. How many
pairs are named for F1, a share of all, is what was best a month earlier.

    python -m benchmarks.quality.tmall_predictions
"""

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from shopkeeper import Dataset, EventLog, EventType, create, read_events
from shopkeeper.kit.clock import to_us
from shopkeeper.prediction.features import DAY_US
from shopkeeper.prediction.pairs import Pairs, pair_features
from shopkeeper.prediction.trees import Trees, TreesConfig

HERE = Path(__file__).parent
Floats = NDArray[np.float64]
KINDS = ("repeat", "new")
ACTIVE_DAYS, PURCHASE = 14.0, 10.0
"""By what weight brands are candidates."""
MANY = 100_000
"""Pairs from which on those that are not bought are learned from in part."""


class Settings(TypedDict):
    """What the .toml holds."""

    learned: list[date]
    newest: date
    asked: date
    horizon_days: int
    parts: int
    candidates: int
    learned_share: float
    als: dict[str, object]
    options: dict[str, dict[str, object]]
    rules: dict[str, list[float]]


@dataclass(frozen=True, eq=False)
class Moment:
    """The pairs of one kind at a moment, and which were bought from in the month after it."""

    at: int
    pairs: Pairs
    affinity: Floats
    bought: NDArray[np.bool_]
    n_bought: int
    """With those that are not among the pairs."""

    def features(self, log: EventLog, rows: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return what is known of some pairs by then."""
        pairs = Pairs(self.pairs.user_idx[rows], self.pairs.item_idx[rows])
        return np.column_stack((pair_features(log, pairs, self.at), self.affinity[rows])).astype(np.float32)

    def average_precision(self, scores: Floats) -> float:
        """Return the area under precision over recall, what is bought beside the pairs included."""
        hits = self.bought[np.argsort(-scores, kind="stable")]
        return float((hits * np.cumsum(hits) / np.arange(1, len(hits) + 1)).sum() / self.n_bought)

    def f1(self, scores: Floats) -> Floats:
        """Return that of naming the first, the first two, and so on."""
        hits = np.cumsum(self.bought[np.argsort(-scores, kind="stable")])
        return np.asarray(2 * hits / (np.arange(1, len(hits) + 1) + self.n_bought))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "tmall_predictions.toml").read_text())  # type: ignore[assignment]
    log = read_events(parser.parse_args().data / "tmall_2014" / "events.parquet")
    days = (*settings["learned"], settings["newest"], settings["asked"])
    told = [moments(log, day, settings) for day in days]
    found = [row for kind in KINDS for row in measured(kind, log, [of[kind] for of in told], settings)]
    print(write("prediction", "tmall", found))


def moments(log: EventLog, day: date, settings: Settings) -> dict[str, Moment]:
    """Return the pairs of each kind as of the beginning of a day."""
    at, n = to_us(datetime(day.year, day.month, day.day, tzinfo=UTC)) - 1, len(log.items)
    keys, past = Pairs(log.user_idx, log.item_idx).keys(n), log.at <= at
    came = ~past & (log.at <= at + settings["horizon_days"] * DAY_US) & (log.type == EventType.PURCHASE)
    met, bought = np.unique(keys[past]), np.unique(keys[came])
    taste, many = affinities(log.take(past), settings["als"]), settings["candidates"]
    people = np.unique(log.user_idx[past])
    sought = np.argsort(-weight(log, log.item_idx, at, ACTIVE_DAYS, PURCHASE), kind="stable")[:many]
    liked = np.argsort(-taste[people], axis=1, kind="stable")[:, :many]
    near = people[:, None].astype(np.int64) * n + np.hstack((np.tile(sought, (len(people), 1)), liked))
    both = {"repeat": (met, np.isin(bought, met)), "new": (np.setdiff1d(near, met), ~np.isin(bought, met))}
    return {
        kind: Moment(
            at, pairs := Pairs.of(own, n), taste[pairs.user_idx, pairs.item_idx], np.isin(own, bought), int(which.sum())
        )
        for kind, (own, which) in both.items()
    }


def affinities(past: EventLog, options: dict[str, object]) -> Floats:
    """Return what `als` gives everybody for every brand, the least for those it does not know."""
    data = Dataset.from_log(past)
    model = create("als", options).fit(data, rng=np.random.default_rng(0))
    known = np.asarray(model.score(data.histories), np.float64)
    found = np.full((len(past.users), len(past.items)), known.min())
    rows, columns = (mine.indices(list(its)) for mine, its in ((past.users, data.users), (past.items, data.items)))
    found[np.ix_(rows, columns)] = known
    return found


def weight(log: EventLog, whose: NDArray[np.integer], at: int, half_life_days: float, purchase: float) -> Floats:
    """Return how much was done by each up to a moment, the newest most."""
    past = log.at <= at
    fresh = 0.5 ** ((at - log.at[past]) / DAY_US / half_life_days)
    done = fresh * np.where(log.type[past] == EventType.PURCHASE, purchase, 1.0)
    return np.asarray(np.bincount(whose[past], done, whose.max() + 1), np.float64)


def rules(kind: str, log: EventLog, moment: Moment, settings: Settings) -> Iterator[Floats]:
    """Return what each rule gives the pairs; the rules of all moments are in the same order."""
    grid, pairs, n = list(product(*settings["rules"].values())), moment.pairs, len(log.items)
    if kind == "repeat":
        keys = Pairs(log.user_idx, log.item_idx).keys(n)
        seen, place = np.unique(keys, return_inverse=True)
        at = np.searchsorted(seen, pairs.keys(n))
        yield from (weight(log, place, moment.at, *rule)[at] for rule in grid)
    else:
        people = [weight(log, log.user_idx, moment.at, *rule)[pairs.user_idx] for rule in grid]
        brands = [weight(log, log.item_idx, moment.at, *rule)[pairs.item_idx] for rule in grid]
        yield from (one * other for one in people for other in brands)


def measured(kind: str, log: EventLog, told: list[Moment], settings: Settings) -> list[Row]:
    *_, newest, asked = told
    start = perf_counter()
    reached = [newest.average_precision(scores) for scores in rules(kind, log, newest, settings)]
    best = int(np.argmax(reached))
    rule = [next(s for k, s in enumerate(rules(kind, log, of, settings)) if k == best) for of in (newest, asked)]
    ours = grown(log, told, settings, TreesConfig.model_validate(settings["options"][kind]))
    figures = {}
    for name, (before, then) in {"rules": rule, "ours": ours}.items():
        share = (int(np.argmax(newest.f1(before))) + 1) / len(before)
        f1 = float(asked.f1(then)[max(1, round(share * len(then))) - 1])
        figures[name] = {"AP": asked.average_precision(then), "F1": f1}
        print(kind, name, newest.average_precision(before), newest.f1(before).max(), figures[name], flush=True)
    return [
        Row(
            row=f"tmall_2014, {kind} pairs",
            metric=metric,
            value=figures["ours"][metric],
            reach=figures["rules"][metric],
            peer="recency and frequency, tuned",
            peer_value=figures["rules"][metric],
            seconds=perf_counter() - start,
            peak_mb=peak_mb(),
            options=settings["options"][kind],
            command="python -m benchmarks.quality.tmall_predictions",
        )
        for metric in ("AP", "F1")
    ]


def grown(log: EventLog, told: list[Moment], settings: Settings, config: TreesConfig) -> tuple[Floats, Floats]:
    """Return what trees give the pairs of the newest moment, who were not learned from, and of the one asked about."""
    *_, newest, asked = told
    rng = np.random.default_rng(0)
    part = rng.integers(0, settings["parts"], len(log.users))
    cases = []
    for moment in told[:-1]:
        share = settings["learned_share"] if len(moment.bought) > MANY else 1
        rows = moment.bought | (rng.random(len(moment.bought)) < share)
        cases.append((moment.features(log, rows), moment.bought[rows], part[moment.pairs.user_idx[rows]]))
    every = newest.features(log, np.ones(len(newest.bought), np.bool_)), part[newest.pairs.user_idx]
    then = asked.features(log, np.ones(len(asked.bought), np.bool_))
    before, after = np.empty(len(newest.bought)), np.zeros(len(asked.bought))
    for own in range(settings["parts"]):
        x = np.concatenate([features[whose != own] for features, _, whose in cases])
        bought = np.concatenate([happened[whose != own] for _, happened, whose in cases])
        is_own = every[1] == own
        trees = Trees.fit((x, bought), (every[0][is_own], newest.bought[is_own]), config)
        before[is_own] = trees.probability(every[0][is_own])
        after += trees.probability(then) / settings["parts"]
    return before, after


if __name__ == "__main__":
    main()
