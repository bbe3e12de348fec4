"""Where lists lead that are learned from what came of lists: 50 days of a simulated shop that is fitted anew each day.

The model's best (naive) beside the steps of the first page, and beside these without exploration, which tells what
that costs in clicks. People and products are the same for each policy and seed; drift is of the last week against the
first, an absolute share.

    python -m benchmarks.quality.simulator
"""

import tomllib
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np

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
    settings: Settings = tomllib.loads((HERE / "simulator.toml").read_text())  # type: ignore[assignment]
    world, rows = World(**settings["world"]), list[Row]()
    outcomes = dict[str, list[Outcome]]()
    for name, given in settings["policies"].items():
        began = perf_counter()
        outcomes[name] = [simulate(world, Policy(**given), seed) for seed in settings["seeds"]]  # type: ignore[arg-type]
        rows += told(name, outcomes[name], settings, perf_counter() - began, given)
    clicks = {name: np.array([one.clicks.sum() for one in of]) for name, of in outcomes.items()}
    losses = 1 - clicks["ours"] / clicks["ours, without exploration"]
    rows.append(row("ours", "clicks that exploration costs", losses, settings, settings["reach"]["loss"]))
    picture("simulated_drift", drifts_svg({name: of[0] for name, of in outcomes.items()}))
    print(write("variety", "simulator", rows))


def told(
    name: str, outcomes: list[Outcome], settings: Settings, seconds: float, options: dict[str, float]
) -> list[Row]:
    reach, is_ours = settings["reach"], name == "ours"
    figures = {
        "entropy of a person's kinds, drift": ([abs(one.drift(one.entropy)) for one in outcomes], reach["entropy"]),
        "exposure Gini, drift": ([abs(one.drift(one.gini)) for one in outcomes], reach["gini"]),
        f"new products with {settings['least']} impressions in 7 days": (
            [one.reached(settings["least"]) for one in outcomes],
            reach["new"],
        ),
        "entropy at the end": ([float(one.entropy[-1]) for one in outcomes], None),
        "exposure Gini at the end": ([float(one.gini[-1]) for one in outcomes], None),
        "clicks": ([float(one.clicks.sum()) for one in outcomes], None),
    }
    return [
        row(name, metric, np.array(values), settings, aim if is_ours else None, seconds, options)
        for metric, (values, aim) in figures.items()
    ]


def row(
    name: str,
    metric: str,
    values: np.typing.NDArray[np.float64],
    settings: Settings,
    reach: float | None,
    seconds: float | None = None,
    options: dict[str, float] | None = None,
) -> Row:
    print(f"{name}: {metric} {values.mean():.4f} {np.round(values, 4).tolist()}", flush=True)
    return Row(
        row=f"simulated shop, 50 days, {name}",
        metric=metric,
        value=float(values.mean()),
        reach=reach,
        seeds=tuple(settings["seeds"]),
        of_seeds=tuple(values.tolist()),
        seconds=seconds,
        peak_mb=peak_mb(),
        options=options or {},
        command="python -m benchmarks.quality.simulator",
    )


if __name__ == "__main__":
    main()
