"""`shopkeeper evaluate`: measure models on what came after their training data."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shopkeeper import models
from shopkeeper.cli.options import DEFAULT_STORE, OptionPairs, Store, existing_shop, on_bar, options_of
from shopkeeper.data.consent import Purpose
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import types_of
from shopkeeper.evaluation import Report, Split, evaluate, global_time, leave_one_out, random_split, tune
from shopkeeper.evaluation.intervals import Interval
from shopkeeper.evaluation.report import Figure
from shopkeeper.evaluation.run import Repeats
from shopkeeper.services.recommendations.jobs import training_data

SHOWN = ("hr", "recall", "ndcg", "coverage", "novelty")
PRECISE = ("hr", "recall", "ndcg")
"""Shown with their interval; the others are in the report."""


Cut = Literal["time", "leave-one-out", "random"]


def evaluate_command(
    model: Annotated[list[str] | None, typer.Option(help="A model to measure; else all.")] = None,
    option: OptionPairs = None,
    split: Annotated[Cut, typer.Option(help="How the past is cut from what is predicted.")] = "time",
    at: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Where the time is cut (UTC).")] = None,
    test_share: Annotated[float, typer.Option(help="Else: the share of interactions to predict.")] = 0.2,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Length of the lists.")] = 10,
    types: Annotated[str, typer.Option(help="Event types that count, separated by commas; else all.")] = "",
    repeats: Annotated[Repeats, typer.Option(help="Whether products a user already has count.")] = "exclude",
    trials: Annotated[int, typer.Option("--tune", min=0, help="Trials for each model on a validation cut.")] = 0,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("evaluation"),
    store: Store = DEFAULT_STORE,
) -> None:
    """Measure models: train on the past, ask for what came after, over the full catalogue.

    Prints a table, and writes report.json, per_user.csv and chart.svg.

    For example,

      shopkeeper evaluate

      shopkeeper evaluate --model user_knn --option n_neighbors=500 --at 2011-10-01

      shopkeeper evaluate --tune 20 --types purchase --repeats include
    """
    shop = existing_shop(store)
    try:
        data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog, types_of(types))
    finally:
        shop.close()
    names = model or list(models.unasked())
    cut = at.replace(tzinfo=UTC) if at else None
    settings = options_of(names, option or [])
    with Progress(transient=True) as progress:
        if trials:
            inner = cut_by(data, split, cut, test_share, seed, validation=True)
            for name in names:
                found = tune(
                    name,
                    models.find(name).space,
                    inner,
                    rng=np.random.default_rng(seed),
                    n_trials=trials,
                    metric=f"ndcg@{k}",
                    repeats=repeats,
                    on_progress=on_bar(progress, f"Tuning {name}"),
                )
                settings[name] = {**found[0].options, **settings[name]}
        report = evaluate(
            {name: models.create(name, settings[name]) for name in names},
            cut_by(data, split, cut, test_share, seed),
            k=(k,),
            repeats=repeats,
            seed=seed,
            on_progress=on_bar(progress, "Measuring"),
        )
    console = Console()
    console.print(table(report, k))
    console.print(f"Written: {', '.join(str(path) for path in write(report, k, out))}")


def cut_by(
    data: Dataset, cut: Cut, at: datetime | None, test_share: float, seed: int, *, validation: bool = False
) -> Split:
    """Return the split that the options ask for."""
    if cut == "leave-one-out":
        return leave_one_out(data, validation=validation)
    if cut == "random":
        return random_split(data, test_share=test_share, seed=seed, validation=validation)
    return global_time(data, at=at, test_share=test_share, validation=validation)


def table(report: Report, k: int) -> Table:
    """Return what a person looks at: each model's figures, and whether they beat popularity beyond chance."""
    title = (
        f"Lists of {k} for {report.n_users:,} users, {report.split}; repeats {report.repeats}d. "
        f"Left out: {report.n_cold:,} users without history."
    )
    caption = "± half of the 95 % interval; ▲ ▼ above or below popularity by more than chance, · within"
    made = Table("model", *SHOWN, title=title, title_justify="left", caption=caption, box=SIMPLE, padding=(0, 0, 0, 1))
    made.columns[0].no_wrap = True
    for column in made.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name in report.models:
        made.add_row(name, *(_cell(report.figure(name, f"{metric}@{k}")) for metric in SHOWN))
    return made


def _cell(figure: Figure) -> str:
    if not isinstance(figure.value, Interval) or figure.metric.partition("@")[0] not in PRECISE:
        return f"{figure.mean:.3f}"
    mark = {"above": "[green]▲[/]", "below": "[red]▼[/]", "same": "·"}.get(figure.verdict, " ")
    half = f"{(figure.value.high - figure.value.low) / 2:.3f}".removeprefix("0")
    return f"{figure.mean:.3f} ±{half}{mark}"


def write(report: Report, k: int, folder: Path) -> list[Path]:
    """Write the report, the file per user and the chart; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.json": report.to_json(),
        "per_user.csv": report.per_user_csv(),
        "chart.svg": report.to_svg(f"ndcg@{k}"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
