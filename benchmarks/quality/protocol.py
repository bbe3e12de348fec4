"""The protocol of every quality table: choose options on a validation cut, measure on test, write the figures.

Settings are in `<data>.toml`, one script a table:

    python -m benchmarks.quality.s3rec_beauty                       all models of the table
    python -m benchmarks.quality.s3rec_beauty --model transitions   one of them
"""

import argparse
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NotRequired, TypedDict

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.record import RESULTS, Row, peak_mb, write
from shopkeeper import models
from shopkeeper.cli.evaluate import table
from shopkeeper.cli.options import on_bar
from shopkeeper.estimator import Progress as OnProgress
from shopkeeper.evaluation import Report, Split, Trial, evaluate, tune
from shopkeeper.evaluation.auto import MEMBERS
from shopkeeper.evaluation.blending import blend_of
from shopkeeper.evaluation.intervals import Interval
from shopkeeper.evaluation.report import Figure
from shopkeeper.evaluation.run import BASELINE, Repeats, accuracy

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)


class ModelSettings(TypedDict, total=False):
    """How one model is tuned."""

    fixed: dict[str, object]
    space: dict[str, list[object]]
    """Tried at random, each point once; without it the model's own."""
    trials: int
    reach: dict[str, float]
    """Metric -> what it should reach."""


class Settings(TypedDict):
    """What a table's .toml holds."""

    choose_by: str
    """The metric that decides on the validation cut."""
    metrics: list[str]
    """Those published."""
    trials: int
    repeats: Repeats
    published: dict[str, tuple[str, float]]
    """Metric -> the best published figure under the same protocol: by whom, and how much."""
    models: dict[str, ModelSettings]
    peers: NotRequired[dict[str, dict[str, object]]]
    """Those that a script of their own runs -> the options of each."""


class Measured(TypedDict):
    """What is read of a model's results."""

    options: Mapping[str, object]
    validation: float | None


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    data: Path
    models: Sequence[str]
    """Empty: all."""


def asked(description: str | None) -> Asked:
    """Read `--data` and `--model` from the command line."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument("--model", action="append", default=[], help="one model of the table; else all")
    given = parser.parse_args()
    return Asked(given.data, given.model)


def publish(name: str, test: Split, validation: Split, only: Sequence[str] = ()) -> None:
    """Tune, measure and write each model of `<name>.toml`, or those of them in `only`."""
    settings: Settings = tomllib.loads((HERE / f"{name}.toml").read_text())  # type: ignore[assignment]
    for model in [model for model in settings["models"] if not only or model in only]:
        trial = chosen(name, model, settings, validation)
        reports, seconds = measured(name, model, trial.options, test, settings)
        Console().print(table(reports[0], _k(settings["choose_by"])))
        rows = figures(name, model, trial, reports, seconds, settings)
        print(write(f"quality/{name}", model, rows))


def figures(
    name: str, model: str, trial: Trial, reports: Sequence[Report], seconds: float, settings: Settings
) -> list[Row]:
    """Return a row for each published metric of one model, from a report for each of the first seeds."""
    return [
        Row(
            row=f"{name}, {model}",
            metric=metric,
            value=float(np.mean(values := [report.figure(model, metric).mean for report in reports])),
            of_seeds=tuple(values),
            spread=_half_interval(reports[0].figure(model, metric)),
            reach=settings["models"].get(model, {}).get("reach", {}).get(metric),
            peer=settings["published"].get(metric, [None])[0],
            peer_value=settings["published"].get(metric, [None, None])[1],
            seeds=SEEDS[: len(reports)],
            seconds=seconds,
            peak_mb=peak_mb(),
            options=trial.options,
            validation=trial.value,
            command=f"python -m benchmarks.quality.{name.removesuffix('_repeats')}",
        )
        for metric in settings["metrics"]
    ]


def chosen(name: str, model: str, settings: Settings, validation: Split) -> Trial:
    """Return the options that are best on the validation cut, and what they reached there."""
    own = settings["models"].get(model, {})
    with Progress(transient=True) as progress:
        if model == "blend":
            options = blended(name, settings, validation, on_bar(progress, f"Blending on {name}"))
            value = accuracy(
                models.create(model, options), validation, settings["choose_by"], repeats=settings["repeats"]
            )
            return Trial(options, value)
        trials = tune(
            model,
            own.get("space", models.find(model).space),
            validation,
            rng=np.random.default_rng(0),
            n_trials=own.get("trials", settings["trials"]),
            metric=settings["choose_by"],
            repeats=settings["repeats"],
            fixed=own.get("fixed", {}),
            on_progress=on_bar(progress, f"Tuning {model} on {name}"),
        )
    print(f"{model}: of {len(trials)} trials {trials[0].value:.4f} {settings['choose_by']} by {trials[0].options}")
    return trials[0]


def blended(name: str, settings: Settings, validation: Split, on_progress: OnProgress) -> Mapping[str, object]:
    """Return the blend of the models that did best on the validation cut, with the options that were chosen there."""
    results = measured_before(name)
    known = [model for model in settings["models"] if model in results and model != "blend"]
    best = sorted(known, key=lambda model: -(results[model].get("validation") or 0))[:MEMBERS]
    members = {model: results[model]["options"] for model in best}
    rng, repeats = np.random.default_rng(0), settings["repeats"]
    return blend_of(members, validation, rng=rng, repeats=repeats, on_progress=on_progress).model_dump()


def measured_before(name: str) -> dict[str, Measured]:
    """Return what the results of a table say of each model."""
    return {file.stem: json.loads(file.read_text())[0] for file in (RESULTS / "quality" / name).glob("*.json")}


def measured(
    name: str, model: str, options: Mapping[str, object], test: Split, settings: Settings
) -> tuple[list[Report], float]:
    """Return a report for each seed, and the median seconds to fit and to rank for everybody."""
    floor = measured_before(name).get(BASELINE, {"options": {}})["options"]
    sizes = sorted({_k(metric) for metric in settings["metrics"]})
    reports, seconds = [], []
    for seed in SEEDS:
        start = perf_counter()
        # Next to popularity as it was tuned, so that ▲ means what it says.
        contenders = {name: models.create(name, of) for name, of in {BASELINE: floor, model: options}.items()}
        reports.append(evaluate(contenders, test, k=sizes, repeats=settings["repeats"], seed=seed))
        seconds.append(perf_counter() - start)
    return reports, float(np.median(seconds))


def _k(metric: str) -> int:
    return int(metric.partition("@")[2])


def _half_interval(figure: Figure) -> float | None:
    """Return half the 95 % interval over users; None for a number of the whole catalogue."""
    return (figure.value.high - figure.value.low) / 2 if isinstance(figure.value, Interval) else None
