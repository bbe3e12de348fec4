"""The protocol of every quality row: choose options on a validation cut, measure once on test, write the figures."""

import argparse
import tomllib
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.record import Row, peak_mb, write
from shopkeeper import models
from shopkeeper.cli.evaluate import table
from shopkeeper.cli.options import on_bar
from shopkeeper.evaluation import Split, evaluate, tune
from shopkeeper.evaluation.intervals import Interval
from shopkeeper.evaluation.run import Repeats

HERE = Path(__file__).parent


class Settings(TypedDict):
    """What a row's .toml holds."""

    model: str
    metric: str
    """Chosen by this, on the validation cut."""
    repeats: Repeats
    trials: int
    reach: dict[str, float]
    """Metric of the table -> what it should reach."""
    fixed: dict[str, object]
    space: dict[str, list[object]]


def data_folder(description: str | None) -> Path:
    """Read `--data` from the command line."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    folder: Path = parser.parse_args().data
    return folder


def publish(name: str, split: Split, validation: Split) -> None:
    """Tune, measure and write the row of `<name>.toml`."""
    settings: Settings = tomllib.loads((HERE / f"{name}.toml").read_text())  # type: ignore[assignment]
    start, model, repeats = perf_counter(), settings["model"], settings["repeats"]
    with Progress(transient=True) as progress:
        trials = tune(
            model,
            settings["space"],
            validation,
            rng=np.random.default_rng(0),
            n_trials=settings["trials"],
            metric=settings["metric"],
            repeats=repeats,
            fixed=settings["fixed"],
            on_progress=on_bar(progress, f"Tuning {model} on {name}"),
        )
    chosen: Mapping[str, object] = trials[0].options
    print(f"{name}: of {len(trials)} trials {settings['metric']} {trials[0].value:.4f} on validation by {dict(chosen)}")
    k = int(settings["metric"].partition("@")[2])
    contenders = {"plain": models.create(model, settings["fixed"]), model: models.create(model, chosen)}
    report = evaluate(contenders, split, k=(k,), repeats=repeats)
    Console().print(table(report, k))
    rows = []
    for metric, reach in settings["reach"].items():
        value, plain = report.figure(model, metric).value, report.figure("plain", metric).value
        if not (isinstance(value, Interval) and isinstance(plain, Interval)):
            raise TypeError(f"{metric} has no interval")
        rows.append(
            Row(
                row=f"{name}, {model}",
                metric=metric,
                value=value.value,
                spread=(value.high - value.low) / 2,
                reach=reach,
                peer="the same, untuned",
                peer_value=plain.value,
                seconds=perf_counter() - start,
                peak_mb=peak_mb(),
                command=f"python -m benchmarks.quality.{name}",
            )
        )
    print(write("quality", name, rows))
