"""Which sessions end in a purchase: the sessions of one shop over a year, by LightGBM as `prediction/trees.py` uses it.

Five stratified folds of all sessions, and from spring to October against November and December; with the feature
PageValues, which is computed by the shop's analytics with purchases in it and so leaks what is asked, and without.
Of the folds, each quarter of what may be learned from is calibrated on once, and the mean of the four fits counts;
of the year, August to October is what is calibrated on. Options and features were chosen inside the first fold's part.

    python -m benchmarks.quality.online_shoppers
"""

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, picture, write
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.reliability import reliability_svg
from shopkeeper.prediction.trees import Trees, TreesConfig

HERE = Path(__file__).parent
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LEAK = "PageValues"
PAGES = ("Administrative", "Informational", "ProductRelated")
Part = tuple[Flags, Flags, Flags]
"""What is learned from, what is calibrated on, and what is asked."""


class Settings(TypedDict):
    """What the .toml holds."""

    folds: int
    months: list[str]
    """In their order."""
    learned_months: int
    """Of these, the first; those that are calibrated on come next."""
    calibrated_months: int
    options: dict[str, dict[str, object]]
    """Of the folds, and of the year."""
    reach: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Sessions:
    """Features, what happened, and the place of the month in the year."""

    names: tuple[str, ...]
    x: Floats
    bought: Flags
    month: NDArray[np.int64]

    def without(self, *names: str) -> "Sessions":
        """Return them without some features."""
        kept = [k for k, name in enumerate(self.names) if name not in names]
        return Sessions(tuple(self.names[k] for k in kept), self.x[:, kept], self.bought, self.month)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "online_shoppers.toml").read_text())  # type: ignore[assignment]
    every = sessions(parser.parse_args().data, settings["months"])
    found = []
    for name, told in (("", every), (f", without {LEAK}", every.without(LEAK))):
        found += measured(f"folds{name}", told, folds(told, settings["folds"]), settings)
        # A month that was not learned from tells nothing of those that come.
        found += measured(f"year{name}", told.without("Month"), over_the_year(told, settings), settings)
    print(write("prediction", "online_shoppers", found))


def sessions(data: Path, months: list[str]) -> Sessions:
    """Return all sessions; kinds are numbers, and ratios of the columns join them."""
    columns = duckdb.execute(f"SELECT * FROM '{data / 'online_shoppers' / 'sessions.parquet'}'").fetchnumpy()
    bought = np.asarray(columns.pop("Revenue"), np.bool_)
    month = np.array([months.index(name) for name in columns["Month"]])
    columns["Month"] = month
    columns["VisitorType"] = np.unique(columns["VisitorType"].astype(str), return_inverse=True)[1]
    pages = sum(columns[kind] for kind in PAGES)
    columns |= {f"{kind}, seconds a page": columns[f"{kind}_Duration"] / np.maximum(columns[kind], 1) for kind in PAGES}
    columns["Pages"], columns["ProductShare"] = pages, columns["ProductRelated"] / np.maximum(pages, 1)
    columns["ExitsBeyondBounces"] = columns["ExitRates"] - columns["BounceRates"]
    columns["Exits"], columns["Bounces"] = columns["ExitRates"] * pages, columns["BounceRates"] * pages
    x = np.column_stack([np.asarray(column, np.float64) for column in columns.values()])
    return Sessions(tuple(columns), x, bought, month)


def folds(told: Sessions, n: int) -> Iterator[Part]:
    """Return the parts of each fold, n - 1 for each, that differ in what is calibrated on; all have as many buyers."""
    rng, fold = np.random.default_rng(0), np.empty(len(told.bought), np.int64)
    for own in (np.flatnonzero(told.bought), np.flatnonzero(~told.bought)):
        fold[rng.permutation(own)] = np.arange(len(own)) % n
    for asked, calibrated in permutations(range(n), 2):
        yield (fold != asked) & (fold != calibrated), fold == calibrated, fold == asked


def over_the_year(told: Sessions, settings: Settings) -> Iterator[Part]:
    """Return the one part that begins with the first months."""
    known = settings["learned_months"] + settings["calibrated_months"]
    is_learned, is_asked = told.month < settings["learned_months"], told.month >= known
    yield is_learned, ~is_learned & ~is_asked, is_asked


def measured(name: str, told: Sessions, parts: Iterator[Part], settings: Settings) -> list[Row]:
    options = settings["options"][name.split(",", maxsplit=1)[0]]
    start, config = perf_counter(), TreesConfig.model_validate(options)
    total, times = np.zeros(len(told.bought)), np.zeros(len(told.bought))
    for learned, calibrated, asked in parts:
        cases = [(told.x[rows], told.bought[rows]) for rows in (learned, calibrated)]
        total[asked] += Trees.fit(cases[0], cases[1], config).probability(told.x[asked])
        times += asked
    is_asked = times > 0
    quality = Quality.of(total[is_asked] / times[is_asked], told.bought[is_asked])
    place = name.replace(",", "").replace(" ", "_").lower()
    picture(f"reliability_shoppers_{place}", reliability_svg(quality, f"purchase, online_shoppers, {name}"))
    figures = {
        "AUC": quality.auc,
        "AP": quality.average_precision,
        "Brier": quality.brier,
        "ECE": quality.ece,
    }
    return rows(name, figures, settings["reach"].get(name, {}), options, perf_counter() - start)


def rows(
    name: str, figures: Mapping[str, float], reach: Mapping[str, float], options: Mapping[str, object], seconds: float
) -> list[Row]:
    print(name, {metric: round(value, 4) for metric, value in figures.items()}, f"{seconds:.1f} s", flush=True)
    return [
        Row(
            row=f"online_shoppers, {name}",
            metric=metric,
            value=value,
            reach=reach.get(metric),
            seconds=seconds,
            peak_mb=peak_mb(),
            options=options,
            command="python -m benchmarks.quality.online_shoppers",
        )
        for metric, value in figures.items()
    ]


if __name__ == "__main__":
    main()
