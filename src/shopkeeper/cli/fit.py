"""`shopkeeper fit`: train a model on everything and make it the one that is served."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from shopkeeper import models
from shopkeeper.app.settings import Settings
from shopkeeper.cli.evaluate import table
from shopkeeper.cli.options import DEFAULT_STORE, OptionPairs, Store, existing_shop, on_bar, options_of
from shopkeeper.data.consent import Purpose
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import types_of
from shopkeeper.estimator import Config, Scorer
from shopkeeper.evaluation import global_time
from shopkeeper.evaluation.auto import choose
from shopkeeper.evaluation.run import Repeats
from shopkeeper.kit.clock import from_us, utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.predictions.jobs import Learner, behaviour_of
from shopkeeper.services.recommendations.jobs import ALWAYS, FALLBACK, Publisher, training_data

AUTO, BLEND = "auto", "blend"
ALL = "all"


def fit_command(
    model: Annotated[list[str] | None, typer.Option(help="A model to fit, or auto; else user_knn.")] = None,
    option: OptionPairs = None,
    prediction: Annotated[list[str] | None, typer.Option(help="A prediction to learn, or all of them.")] = None,
    types: Annotated[str, typer.Option(help="Event types to learn from, separated by commas; else all.")] = "",
    minutes: Annotated[float, typer.Option(help="Of auto: time for trying options.", min=0)] = 10.0,
    metric: Annotated[str, typer.Option(help="What decides, such as recall@20.")] = "ndcg@10",
    repeats: Annotated[Repeats, typer.Option(help="Whether products a user already has count.")] = "exclude",
    check: Annotated[bool, typer.Option(help="Publish nothing that is worse than popularity.")] = True,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    store: Store = DEFAULT_STORE,
) -> None:
    """Fit models on everything that was imported and received, and make them the served ones.

    Popularity is always fitted too: it answers where a model has nothing to say; and so are trending and buy_again,
    which scenarios use. A model that is worse on the newest
    fifth of the interactions is not published: what was served before still is. `auto` tries all models that are
    quick to fit, and those named besides, with many options on the newest fifth of the interactions, shows how they
    did, and fits the best, alone or blended, as blend. A fit of sequence that was
    killed goes on where it was when the same command is given again; only its check is made anew.

    With predictions and no model, these are learned and nothing else: `shopkeeper predict` and the API answer from
    them, and `shopkeeper worker` keeps them fresh.

    For example,

      shopkeeper fit

      shopkeeper fit --model svd --model item_knn --option svd.factors=64

      shopkeeper fit --model auto --minutes 5 --metric recall@20

      shopkeeper fit --prediction purchase_30d --prediction churn
    """
    if prediction:
        _learn(prediction, store)
        if not model:
            return
    asked = model or ["user_knn"]
    names = dict.fromkeys([*asked, *ALWAYS])
    options = options_of(asked, option or [], also=ALWAYS)
    scorers = [models.create(name, options[name]) for name in names if name != AUTO]
    metrics: dict[str, Mapping[str, float]] = {}
    shop = existing_shop(store)
    try:
        data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog, types_of(types))
        if AUTO in names:
            best, metrics[BLEND] = _chosen(names, data, timedelta(minutes=minutes), metric, repeats, seed)
            scorers.append(best)
        publisher = Publisher(
            shop.models, shop.checkpoints, utc_now, metric, repeats, seed, Settings.read({}).dp_epsilon
        )
        with Progress(transient=True) as progress:
            bar = partial(on_bar, progress)
            publisher.publish(scorers, data, check=check, metrics=metrics, progress_of=bar)
    finally:
        shop.close()
    counted = f"{data.n_users:,} users, {data.n_items:,} products, {len(data.histories.at):,} interactions"
    Console().print(f"Fitted {', '.join(scorer.name for scorer in scorers)} on {counted}.")


def _learn(asked: Sequence[str], store: Path) -> None:
    """Learn predictions; InvalidInput where none of them could be."""
    console, refused = Console(), list[InvalidInput]()
    shop = existing_shop(store)
    try:
        learner = Learner(shop.predictions, shop.outlooks, utc_now)
        names = shop.predictions.names() if ALL in asked else list(dict.fromkeys(asked))
        told = behaviour_of(shop.allowing(Purpose.PREDICTION), shop.catalog, shop.labels)
        for name in names:
            try:
                outlook = learner.learn(name, told).outlook
            except InvalidInput as error:
                refused.append(error)
                console.print(f"{name} is not fitted: {escape(str(error))}")
                continue
            reached = ", ".join(f"{metric} {value:.4g}" for metric, value in outlook.metrics.items())
            console.print(
                f"Fitted {name} {outlook.version} as of {from_us(outlook.as_of):%Y-%m-%d %H:%M} UTC: {reached}"
            )
    finally:
        shop.close()
    if len(refused) == len(names):
        raise refused[0]


def _chosen(
    asked: Collection[str], data: Dataset, budget: timedelta, metric: str, repeats: Repeats, seed: int
) -> tuple[Scorer[Config], Mapping[str, float]]:
    """Try all quick models and those asked for, show how they did; return the best, not fitted yet, and its figure."""
    names = list(dict.fromkeys([*models.unasked(), *(name for name in asked if name not in (AUTO, BLEND))]))
    console = Console()
    with Progress(console=console, transient=True) as progress:
        choice = choose(
            names,
            global_time(data, validation=True),
            budget=budget,
            clock=utc_now,
            rng=np.random.default_rng(seed),
            metric=metric,
            repeats=repeats,
            on_progress=on_bar(progress, "Trying models"),
        )
    console.print(table(choice.report, int(metric.partition("@")[2])))
    tried = ", ".join(f"{name} {n}" for name, n in choice.trials.items())
    missed = [name for name in names if name not in choice.trials]
    console.print(f"Trials: {tried}." + (f" No time for {', '.join(missed)}." if missed else ""))
    parts = "; ".join(
        f"{name} (order {member.rank:g}, score {member.score:g}) {json.dumps(member.options)}"
        for name, member in choice.best.members.items()
    )
    console.print(f"Best by {metric}: [bold]{choice.winner}[/], saved as {BLEND}: {escape(parts)}.")
    console.print(f"Serve it: shopkeeper serve --model {BLEND}")
    figures = {metric: choice.report.figure(choice.winner, metric).mean}
    figures[f"{metric} of {FALLBACK}"] = choice.report.figure(FALLBACK, metric).mean
    return models.create(BLEND, choice.best.model_dump()), figures
