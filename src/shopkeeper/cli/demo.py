"""`shopkeeper demo`: a real shop, from its raw log to recommendations."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from shopkeeper import models
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.cli.demo_choice import show_choice
from shopkeeper.cli.demo_tags import tag_products
from shopkeeper.cli.evaluate import table, write
from shopkeeper.cli.fit import fit_command
from shopkeeper.cli.import_ import import_command
from shopkeeper.cli.insights import funnel_command, rfm_command
from shopkeeper.cli.options import on_bar
from shopkeeper.cli.predict import predict_command
from shopkeeper.cli.recommend import recommend_command
from shopkeeper.cli.serve import serve_command
from shopkeeper.cli.simulated import run_campaign
from shopkeeper.data.consent import Purpose
from shopkeeper.evaluation import evaluate, global_time
from shopkeeper.evaluation.run import Repeats
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.recommendations.jobs import ALWAYS, Publisher, training_data

LOG = Path(__file__).parents[3] / "examples" / "online_retail" / "transactions.parquet"
CUT = datetime(2011, 10, 1, tzinfo=UTC)
PREDICTIONS = ("purchase_30d", "churn", "value_90d")
MODELS = ("popularity", "personal_top", "next_basket", "transitions", "item_knn", "user_knn", "svd", "ease")
REPEATS: tuple[Repeats, ...] = ("exclude", "include")


def demo_command(
    serve: Annotated[bool, typer.Option(help="Serve the shop at the end.")] = True,
    store: Annotated[Path, typer.Option(help="Folder for the demo's data.")] = Path("shopkeeper-data/demo"),
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
) -> None:
    """Import a real shop's log, measure some models on it, fit them, look at its customers, predict, tag, and serve.

    The log is UCI Online Retail (CC BY 4.0): 541,909 invoice lines of a British gift shop, cancellations and guest
    orders included.

    For example,

      shopkeeper demo

      shopkeeper demo --no-serve
    """
    if not LOG.exists():
        raise NotFound(f"{LOG} is not there: the demo runs from a clone of the repository, which ships the data.")
    if Settings.read({}).database_url:
        raise InvalidInput("The demo would fill the database of SHOPKEEPER_DATABASE_URL: run it without.")
    console = Console()
    console.rule("1. Import")
    import_command([LOG], store=store)
    console.rule("2. Measure: learn from before 1 October 2011, predict what came after")
    shop = open_shop(store)
    try:
        data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog)
        split = global_time(data, at=CUT)
        for repeats in REPEATS:
            with Progress(console=console, transient=True) as progress:
                bar = on_bar(progress, f"Measuring, repeats {repeats}d")
                report = evaluate(MODELS, split, repeats=repeats, on_progress=bar)
            console.print(table(report, 10))
            written = write(report, 10, store / "evaluation" / f"repeats-{repeats}d")
            console.print(f"Written: {', '.join(str(path) for path in written)}")
        console.rule("3. Fit on everything")
        with Progress(console=console, transient=True) as progress:
            publisher = Publisher(shop.models, shop.checkpoints, utc_now, epsilon=Settings.read({}).dp_epsilon)
            scorers = [models.create(name) for name in dict.fromkeys([*MODELS, *ALWAYS])]
            publisher.publish(scorers, data, check=False, progress_of=partial(on_bar, progress))
        console.print(f"Fitted {', '.join(MODELS)}.")
        shoppers = [shopper_id for shopper_id, _ in shop.events.shoppers(limit=3)]
    finally:
        shop.close()
    console.rule(f"4. Recommend: shopkeeper recommend {shoppers[0]} --store {store}")
    recommend_command(shoppers[0], store=store)
    show_choice(store, shoppers[0], console)
    console.rule(f"5. Look at everybody: shopkeeper insights rfm --store {store}")
    funnel_command(["purchase", "refund"], within_hours=24 * 365, store=store)
    rfm_command(store=store)
    rfm_command(out=store / "rfm.svg", store=store)
    console.rule(f"6. Predict: shopkeeper predict {PREDICTIONS[0]} {' '.join(shoppers)} --store {store}")
    fit_command(prediction=list(PREDICTIONS), store=store)
    for name in PREDICTIONS:
        predict_command(name, shoppers, store=store)
    console.rule(f"7. Tag: shopkeeper tags fit --store {store}")
    tag_products(store, LOG.parent, shoppers[0], console)
    console.rule("8. A campaign, for SIMULATED shoppers: they do not exist, and nothing about real ones follows")
    run_campaign(store / "simulated", console)
    if serve:
        console.rule("9. Serve")
        serve_command(store=store, port=port)
