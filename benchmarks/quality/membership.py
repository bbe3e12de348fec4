"""Whether answers tell who and what was learned from: the attacks of `testing/membership.py` on ml_latest_small.

Of each model, with lists and reasons as pages get them; beside it the scores that the model gives its own training
rows, which no page gets.

    python -m benchmarks.quality.membership
"""

import argparse
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np

from benchmarks.quality.poisoning import ratings
from benchmarks.record import Row, peak_mb, write
from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Config, Scorer
from shopkeeper.testing.membership import Guesses, by_scores, of_interactions, of_people

HERE = Path(__file__).parent


class Settings(TypedDict):
    """What the .toml holds."""

    lists: list[int]
    reach: float
    seeds: dict[str, list[int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "membership.toml").read_text())  # type: ignore[assignment]  # as TOML has no types
    log, rows = ratings(parser.parse_args().data), list[Row]()
    people = [np.unique(log.item_idx[log.user_idx == user]).astype(np.int64) for user in range(len(log.users))]
    n_items = len(log.items)
    for name, seeds in settings["seeds"].items():

        def fit(data: Dataset, name: str = name) -> Scorer[Config]:
            return models.create(name).fit(data, rng=np.random.default_rng(0))

        scores = measured(partial(by_scores, fit, people, n_items), seeds[:1])
        for what, attack in (("person", of_people), ("interaction", of_interactions)):
            for n in settings["lists"]:
                start = perf_counter()
                found = measured(partial(attack, fit, people, n_items, n), seeds)
                rows.append(
                    Row(
                        row=f"ml_latest_small, {name}, {what}, lists of {n}",
                        metric="AUC of the attack",
                        value=found.auc(),
                        spread=found.half_interval(np.random.default_rng(0)),
                        reach=settings["reach"],
                        peer="plain scores",
                        peer_value=scores.auc(),
                        seeds=tuple(seeds),
                        seconds=perf_counter() - start,
                        peak_mb=peak_mb(),
                        command="python -m benchmarks.quality.membership",
                    )
                )
                told = rows[-1]
                write("trust/membership", "ml_latest_small", rows)
                print(told.row, f"{told.value:.3f} ±{told.spread:.3f}, by scores {told.peer_value:.3f}", flush=True)


def measured(attack: Callable[[np.random.Generator], Guesses], seeds: list[int]) -> Guesses:
    """Return the guesses of all seeds together, each with its own training data."""
    every = [attack(np.random.default_rng(seed)) for seed in seeds]
    return Guesses(
        np.concatenate([one.score for one in every]),
        np.concatenate([one.is_member for one in every]),
        np.concatenate([one.person + 1_000_000 * place for place, one in enumerate(every)]),
    )


if __name__ == "__main__":
    main()
