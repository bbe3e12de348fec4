"""Where lists lead that are learned from what came of lists: 50 days of a simulated shop that is fitted anew each day.

The model's best (naive) beside the steps of the first page, and beside these without exploration, which tells what
that costs in clicks. People and products are the same for each policy and seed; drift is of the last week against the
first, an absolute share.

    python -m benchmarks.quality.simulator
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, picture, write
from shopkeeper.evaluation.simulator import Outcome, Policy, World, simulate
from shopkeeper.evaluation.simulator_picture import drifts_svg

HERE = Path(__file__).parent


class Reach(TypedDict):
    """What should be reached."""

    entropy: float
    gini: float
    new: float
    loss: float


class Settings(TypedDict):
    """What the .toml holds."""

    seeds: list[int]
    least: int
    world: dict[str, int]
    policies: dict[str, dict[str, float]]
    reach: Reach


def main() -> None:
    settings: Settings = tomllib.loads((HERE / "simulator.toml").read_text())  # type: ignore[assignment]  # as TOML has no types
    world, rows = World(**settings["world"]), list[Row]()
    outcomes = dict[str, list[Outcome]]()
    for name, given in settings["policies"].items():
        began = perf_counter()
        outcomes[name] = [simulate(world, Policy(**given), seed) for seed in settings["seeds"]]  # type: ignore[arg-type]  # as TOML has no types
        rows += told(name, outcomes, settings, perf_counter() - began, given)
    clicks = {name: np.array([one.clicks.sum() for one in of]) for name, of in outcomes.items()}
    losses = 1 - clicks["ours"] / clicks["ours, without exploration"]
    rows.append(row("ours", "clicks that exploration costs", losses, settings, settings["reach"]["loss"]))
    picture("simulated_drift", drifts_svg({name: of[0] for name, of in outcomes.items()}))
    print(write("variety", "simulator", rows))


def told(
    name: str, outcomes: Mapping[str, list[Outcome]], settings: Settings, seconds: float, options: dict[str, float]
) -> list[Row]:
    reach, least = settings["reach"], settings["least"]
    aims = {
        "entropy of a person's kinds, drift": reach["entropy"],
        "exposure Gini, drift": reach["gini"],
        f"new products with {least} impressions in 7 days": reach["new"],
    }
    naive, own = figures(outcomes["naive"], least), figures(outcomes[name], least)
    return [
        replace(
            row(name, metric, np.array(values), settings, aims.get(metric) if name == "ours" else None),
            peer=None if name == "naive" else "naive",
            peer_value=None if name == "naive" else float(np.mean(naive[metric])),
            seconds=seconds,
            options=options,
        )
        for metric, values in own.items()
    ]


def figures(outcomes: list[Outcome], least: int) -> dict[str, list[float]]:
    """Return what is told of a policy, with each seed."""
    return {
        "entropy of a person's kinds, drift": [abs(one.drift(one.entropy)) for one in outcomes],
        "exposure Gini, drift": [abs(one.drift(one.gini)) for one in outcomes],
        f"new products with {least} impressions in 7 days": [one.reached(least) for one in outcomes],
        "entropy at the end": [float(one.entropy[-1]) for one in outcomes],
        "exposure Gini at the end": [float(one.gini[-1]) for one in outcomes],
        "clicks": [float(one.clicks.sum()) for one in outcomes],
    }


def row(name: str, metric: str, values: NDArray[np.float64], settings: Settings, reach: float | None) -> Row:
    print(f"{name}: {metric} {values.mean():.4f} {np.round(values, 4).tolist()}", flush=True)
    return Row(
        row=f"simulated shop, 50 days, {name}",
        metric=metric,
        value=float(values.mean()),
        reach=reach,
        seeds=tuple(settings["seeds"]),
        of_seeds=tuple(values.tolist()),
        peak_mb=peak_mb(),
        command="python -m benchmarks.quality.simulator",
    )


if __name__ == "__main__":
    main()
