"""The demo's tags: real titles in a tree of gift-ware, as a filter, and for a product that nobody has seen."""

import asyncio
from pathlib import Path
from shutil import copy

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shopkeeper import models
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop, tagging_of
from shopkeeper.cli.options import on_bar
from shopkeeper.cli.recommend import recommend_command
from shopkeeper.cli.tags import fit_command, label_command
from shopkeeper.data.catalog import Product
from shopkeeper.data.consent import Purpose
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.jobs import Publisher, training_data

CANDLES = "Home & Decoration > Candles, T-Light Holders & Incense"
NEW = Product(item_id="new-candle", title="ROSE SCENTED CANDLE IN GLASS HOLDER")


def tag_products(store: Path, examples: Path, shopper: str, console: Console) -> None:
    """File the products in the tree, list only of one category, and recommend beside a product that is new."""
    copy(examples / "taxonomy.toml", store / "taxonomy.toml")
    label_command(examples / "labels.csv", by="the demo", store=store)
    fit_command(encoder="none", store=store)
    console.print(f"The same shopper, of {CANDLES} only:")
    recommend_command(shopper, n=5, filter_=f'"{CANDLES}" in categories', store=store)
    shop = open_shop(store)
    try:
        shop.products.upsert([NEW])
        tagging = tagging_of(shop, Settings.read({"store": store, "encoder": "none"}))
        tagging.catch_up()
        applied = tagging.tags.told([NEW.item_id])[NEW.item_id].applied
        console.print(f"{NEW.title} is new: filed in {', '.join(applied.categories) or 'nothing yet, a person looks'}.")
        # What nobody has touched is known by its words alone, among them those of its category.
        with Progress(console=console, transient=True) as progress:
            publisher = Publisher(shop.models, shop.checkpoints, utc_now, epsilon=Settings.read({}).dp_epsilon)
            data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog)
            publisher.publish(
                [models.create("content")], data, check=False, progress_of=lambda what: on_bar(progress, what)
            )
        services = services_of(shop, Settings.read({"store": store}))
        request = RecommendRequest(scenario="product", item_id=NEW.item_id, n=5)
        answer = asyncio.run(services.recommendations.recommend(request))
        table = Table("product", "reason", title="On its page, before anybody saw it", title_justify="left", box=SIMPLE)
        for item in answer.items:
            table.add_row(item.title, item.text)
        console.print(table)
    finally:
        shop.close()
