"""What fake people gain: how much more often their target is listed, with and without the defence, and who is found.

The ratings of ml_latest_small are told as what a shop knows: `signed`, everybody's purchases come from its server and
the fakes can only have a browser say that they bought; `views`, all there is are views, everybody's from browsers; and
`bought`, the fakes really buy. The exposure of a target is the share of the other people, of those who have not taken
it, in whose ten it is, plus one list; the rise is that after over that before. Targets and seeds are not those that the
defence was made with.

    python -m benchmarks.quality.poisoning
"""

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.fakes import FakeFinder
from shopkeeper.data.items import Exclude
from shopkeeper.data.trust import Trust
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.testing.poison import ATTACKS, FAKE, Poison

HERE = Path(__file__).parent
SHOPS = {
    "signed": (EventType.PURCHASE, False, True),
    "views": (EventType.VIEW, True, True),
    "bought": (EventType.PURCHASE, False, False),
}
"""Of each: what people do, whether browsers say so, and whether they do of fakes."""


class Settings(TypedDict):
    """What the .toml holds."""

    shares: list[float]
    targets: int
    seeds: list[int]
    tuning_seeds: list[int]
    models: list[str]
    n: int
    taken_by: list[float]
    reach: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """Of one attack on one target."""

    defended: float
    """Rise of the exposure with the defence."""
    trusted: float
    """With weights, but without quarantine."""
    plain: float
    """Without any."""
    found: float
    """Share of the fakes that were."""
    false: float
    """Share of the others."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument("--tune", action="store_true", help="use the other seeds, and write nothing")
    given = parser.parse_args()
    settings: Settings = tomllib.loads((HERE / "poisoning.toml").read_text())  # type: ignore[assignment]  # as TOML has no types
    told, rows = ratings(given.data), list[Row]()
    seeds = settings["tuning_seeds"] if given.tune else settings["seeds"]
    for (name, (kind, of_page, fakes_of_page)), model in product(SHOPS.items(), settings["models"]):
        log = replace(told, type=np.full(len(told), kind, np.int8), of_page=np.full(len(told), of_page, np.bool_))
        shop = Attacked(log, model, seeds, settings)
        for share in settings["shares"]:
            start, every = perf_counter(), list[Outcome]()
            for attack in ATTACKS:
                outcomes = list(shop.by(Poison(attack, share, kind, fakes_of_page)))
                rows += of_one(f"{model}, {name}, {share:.0%} fakes, {attack}", outcomes, seeds, 0.0, {})
                every += outcomes
            reach = {"rise": settings["reach"].get(name)} | {k: settings["reach"][k] for k in ("found", "false")}
            rows += of_one(f"{model}, {name}, {share:.0%} fakes, all", every, seeds, perf_counter() - start, reach)
    if not given.tune:
        print(write("trust/poisoning", "ml_latest_small", rows))


def ratings(data: Path) -> EventLog:
    """Return every rating as an event; what people thought of it is not used."""
    columns = duckdb.execute(
        f"""SELECT userId, movieId, "timestamp" AS moment FROM '{data / "ml_latest_small" / "ratings.parquet"}'
            ORDER BY userId, moment, movieId"""
    ).fetchnumpy()
    users, user_idx = np.unique(columns["userId"], return_inverse=True)
    items, item_idx = np.unique(columns["movieId"], return_inverse=True)
    n = len(user_idx)
    return EventLog(
        users=Vocabulary(f"{user:06}" for user in users.tolist()),
        items=Vocabulary(f"{item:07}" for item in items.tolist()),
        user_idx=user_idx.astype(np.int32),
        item_idx=item_idx.astype(np.int32),
        type=np.full(n, EventType.VIEW, np.int8),
        at=columns["moment"].astype(np.int64) * 1_000_000,
        quantity=np.ones(n, np.float32),
        rating=np.full(n, np.nan, np.float32),
        price_minor=np.full(n, -1, np.int64),
        words=np.zeros(n, np.int32),
        of_page=np.zeros(n, np.bool_),
    )


class Attacked:
    """A shop that is attacked: what it lists before, and after."""

    def __init__(self, log: EventLog, model: str, seeds: list[int], settings: Settings) -> None:
        self.log, self.model, self.seeds, self.settings = log, model, seeds, settings
        self.before = {trusted: self.lists(log, trusted=trusted) for trusted in (False, True)}

    def by(self, poison: Poison) -> Iterator[Outcome]:
        """Return what comes of an attack on each target with each seed."""
        takers = np.bincount(self.log.item_idx, minlength=len(self.log.items)) / len(self.log.users)
        low, high = self.settings["taken_by"]
        possible = np.flatnonzero((takers >= low) & (takers <= high))
        for seed in self.seeds:
            rng = np.random.default_rng([seed, ATTACKS.index(poison.attack)])
            for target in rng.choice(possible, self.settings["targets"], replace=False).tolist():
                yield self.outcome(poison.into(self.log, target, rng), target)

    def outcome(self, worse: EventLog, target: int) -> Outcome:
        """Return what comes of fakes that are in a log."""
        found = {suspect.shopper_id for suspect in FakeFinder().find(worse)}
        fakes = {user for user in worse.users if user.startswith(FAKE)}
        # Where all were found, and nobody else, the shop is as it was.
        left = self.before[True] if found == fakes else self.lists(worse.without(found), trusted=True)
        after = {
            "plain": (self.lists(worse, trusted=False), False),
            "trusted": (self.lists(worse, trusted=True), True),
            "defended": (left, True),
        }
        rise = {
            name: exposed(shown, target) / exposed(self.before[trusted], target)
            for name, (shown, trusted) in after.items()
        }
        n_found = len(found & fakes)
        return Outcome(**rise, found=n_found / len(fakes), false=(len(found) - n_found) / len(self.log.users))

    def lists(self, log: EventLog, *, trusted: bool) -> NDArray[np.int32]:
        """Return what everybody but fakes is shown, (n_users, n), in the numbers of the shop's log."""
        data = Dataset.from_log(log, trust=Trust().of_events(log) if trusted else None)
        model = models.create(self.model).fit(data, rng=np.random.default_rng(0))
        asked = np.flatnonzero([not user.startswith(FAKE) for user in data.users])
        best = model.top_n(data.histories.take(asked), self.settings["n"], Exclude()).item_idx
        return np.where(best >= 0, self.log.items.indices(list(data.items))[best], -1)


def exposed(shown: NDArray[np.int32], target: int) -> float:
    """Return in how many lists a product is, plus one, of those who have not taken it."""
    return float((shown == target).any(axis=1).sum() + 1)


def of_one(
    row: str, outcomes: list[Outcome], seeds: list[int], seconds: float, reach: Mapping[str, float | None]
) -> list[Row]:
    """Return the figures of some attacks."""
    rises = {name: np.array([getattr(one, name) for one in outcomes]) for name in ("defended", "trusted", "plain")}
    found, false = (np.array([getattr(one, name) for one in outcomes]) for name in ("found", "false"))
    told = {
        "rise": (float(np.median(rises["defended"])), interval(rises["defended"])),
        "rise, weights alone": (float(np.median(rises["trusted"])), interval(rises["trusted"])),
        "found": (float(found.mean()), 1.96 * float(found.std()) / len(found) ** 0.5),
        "false": (float(false.mean()), 1.96 * float(false.std()) / len(false) ** 0.5),
    }
    plain = float(np.median(rises["plain"]))
    short = {metric: round(value, 3) for metric, (value, _) in told.items()}
    print(row, short, f"plain {plain:.2f}, {seconds:.0f} s", flush=True)
    return [
        Row(
            row=f"ml_latest_small, {row}",
            metric=metric,
            value=value,
            spread=spread,
            reach=reach.get(metric),
            peer="no defence" if metric.startswith("rise") else None,
            peer_value=plain if metric.startswith("rise") else None,
            seeds=tuple(seeds),
            seconds=seconds or None,
            peak_mb=peak_mb(),
            command="python -m benchmarks.quality.poisoning",
        )
        for metric, (value, spread) in told.items()
    ]


def interval(values: NDArray[np.float64]) -> float:
    """Return half the 95 % interval of a median, by drawing again."""
    rng = np.random.default_rng(0)
    drawn = np.median(rng.choice(values, (1000, len(values))), axis=1)
    return float(np.ptp(np.quantile(drawn, (0.025, 0.975))) / 2)


if __name__ == "__main__":
    main()
