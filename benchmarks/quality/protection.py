"""What protection costs an honest shop: NDCG@10 with and without, on Online Retail before and from October 2011.

Trust weighs events as on the day of the cut; fakes are looked for as on that day; `loudest` is the option of user_knn
by which no neighbour is heard more than several others; and epsilon is what popularity and trending pay if their counts
are published with discrete Laplace noise, each person in 20 of them at most.

    python -m benchmarks.quality.protection
"""

import argparse
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from secrets import randbelow
from typing import Self

import numpy as np
from numpy.random import Generator

from benchmarks.quality.online_retail import CUT
from benchmarks.record import Row, peak_mb, write
from shopkeeper import evaluate, global_time, models, read_events
from shopkeeper.data.counts import Noise
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.fakes import FakeFinder
from shopkeeper.data.trust import Trust
from shopkeeper.estimator import Config, Progress, Scorer, ignore
from shopkeeper.evaluation.intervals import Interval
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.noise import discrete_laplace
from shopkeeper.models.popularity import Popularity
from shopkeeper.models.trending import Trending

METRIC, EACH, EPSILONS = "ndcg@10", 20, (1, 5, 20)


class NoisyPopularity(Popularity):
    """Popularity by counts that anybody may see: what ranking would be, were all of it differentially private."""

    epsilon = 1

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count at most so many products of each person, the newest, and add noise to each count."""
        newest = data.histories.keep(data.histories.n_later < EACH)
        super().fit(data.with_histories(newest), rng=rng, on_progress=on_progress)
        scale = Fraction(EACH, self.epsilon)
        noise = [discrete_laplace(scale) for _ in range(data.n_items)]
        self.popularity_ = (self.people_ + np.array(noise)).astype(np.float32)
        return self


class NoisyTrending(Trending):
    """Trending as it is served with an epsilon, which each of its two counts has."""

    epsilon = 1

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count late and before with noise."""
        noisy = replace(data, noise=Noise(Fraction(self.epsilon), randbelow))
        return super().fit(noisy, rng=rng, on_progress=on_progress)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    log, rows = read_events(parser.parse_args().data / "online_retail" / "transactions.parquet"), list[Row]()
    before = log.at < to_us(CUT)
    held = {suspect.shopper_id for suspect in FakeFinder().find(log.take(before))}
    plain = {name: figure(name, log, models.create(name)) for name in ("user_knn", "item_knn", "popularity")}
    for name, without in plain.items():
        told = figure(name, log, models.create(name), trusted=True)
        rows.append(row(f"{name}, trust", told, without, "everybody believed"))
    loud = figure("user_knn", log, models.create("user_knn", {"loudest": 0}))
    rows.append(row("user_knn, no neighbour louder than twenty", plain["user_knn"], loud, "any may be"))
    share = len(held) / len(log.users)
    rows.append(
        Row(row="online_retail, people held who are none", metric="share", value=share, reach=0.01, command=COMMAND)
    )
    exact = figure("trending", log, models.create("trending"))
    for epsilon in EPSILONS:
        noisy = type("Noisy", (NoisyPopularity,), {"epsilon": epsilon})()
        rows.append(
            row(f"popularity, epsilon {epsilon}", figure("popularity", log, noisy), plain["popularity"], "exact")
        )
        trend = type("NoisyTrend", (NoisyTrending,), {"epsilon": epsilon})()
        rows.append(row(f"trending, epsilon {epsilon}", figure("trending", log, trend), exact, "exact"))
    print(write("trust/protection", "online_retail", rows))


COMMAND = "python -m benchmarks.quality.protection"


def figure(name: str, log: EventLog, scorer: Scorer[Config], *, trusted: bool = False) -> tuple[float, float]:
    """Return the figure of one model and half its interval."""
    before, trust = log.at < to_us(CUT), np.ones(len(log), np.float32)
    if trusted:
        trust[before] = Trust().of_events(log.take(before))
    split = global_time(Dataset.from_log(log, trust=trust), at=CUT)
    found = evaluate({name: scorer}, split).figure(name, METRIC)
    half = (found.value.high - found.value.low) / 2 if isinstance(found.value, Interval) else 0.0
    return found.mean, half


def row(name: str, told: tuple[float, float], peer: tuple[float, float], what: str) -> Row:
    print(name, f"{told[0]:.4f} ±{told[1]:.4f}, {what} {peer[0]:.4f}", flush=True)
    return Row(
        row=f"online_retail, {name}",
        metric=METRIC,
        value=told[0],
        spread=told[1],
        peer=what,
        peer_value=peer[0],
        peak_mb=peak_mb(),
        command=COMMAND,
    )


if __name__ == "__main__":
    main()
