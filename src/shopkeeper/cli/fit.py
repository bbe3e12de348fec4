"""`shopkeeper fit`: train a model on everything and make it the one that is served."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from shopkeeper import models
from shopkeeper.app.assemble import Shop
from shopkeeper.cli.options import DEFAULT_STORE, OptionPairs, Store, dataset_of, existing_shop, on_bar, options_of
from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Config, Scorer, ignore
from shopkeeper.estimator import Progress as OnProgress
from shopkeeper.kit.clock import utc_now
from shopkeeper.ports import SavedModel

FALLBACK = "popularity"


def fit_command(
    model: Annotated[list[str] | None, typer.Option(help="A model to fit; else user_knn.")] = None,
    option: OptionPairs = None,
    types: Annotated[str, typer.Option(help="Event types to learn from, separated by commas; else all.")] = "",
    store: Store = DEFAULT_STORE,
) -> None:
    """Fit models on everything that was imported and received, and make them the served ones.

    Popularity is always fitted too: it answers where a model has nothing to say.

    For example,

      shopkeeper fit

      shopkeeper fit --model svd --model item_knn --option svd.factors=64
    """
    asked = model or ["user_knn"]
    names = dict.fromkeys([*asked, FALLBACK])
    options = options_of(asked, option or [], also=[FALLBACK])
    scorers = [models.create(name, options[name]) for name in names]
    shop = existing_shop(store)
    try:
        data = dataset_of(shop, types)
        with Progress(transient=True) as progress:
            for scorer in scorers:
                fit_and_save(shop, scorer, data, on_bar(progress, f"Fitting {scorer.name}"))
    finally:
        shop.close()
    counted = f"{data.n_users:,} users, {data.n_items:,} products, {len(data.histories.at):,} interactions"
    Console().print(f"Fitted {', '.join(names)} on {counted}.")


def fit_and_save(shop: Shop, scorer: Scorer[Config], data: Dataset, on_progress: OnProgress = ignore) -> None:
    """Fit a model and make it the current version of its name."""
    scorer.fit(data, on_progress=on_progress)
    now, fingerprint = utc_now(), data.fingerprint()
    shop.models.save(
        SavedModel(
            scorer=scorer,
            users=data.users,
            items=data.items,
            version=f"{now:%Y%m%dT%H%M%S%f}-{fingerprint[:8]}",
            fitted_at=now,
            fingerprint=fingerprint,
            metrics={},
        )
    )
