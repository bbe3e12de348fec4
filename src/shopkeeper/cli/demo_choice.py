"""The demo's choice: the same shopper's shelf with personalisation on, at half, and off."""

import asyncio
from itertools import zip_longest
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.services.people.contract import PreferencesModel
from shopkeeper.services.recommendations.contract import RecommendRequest

LEVELS = {"on": 1.0, "at half": 0.5, "off": 0.0}


def show_choice(store: Path, shopper: str, console: Console, n: int = 10) -> None:
    """Let a shopper turn the shelf from themselves to nobody and back, and show the three side by side."""
    shop = open_shop(store)
    try:
        shelves = asyncio.run(_shelves(services_of(shop, Settings.read({"store": store})), shopper, n))
    finally:
        shop.close()
    table = Table(title=f"Shelf of {shopper}, personalisation", title_justify="left", box=SIMPLE)
    for name in LEVELS:
        table.add_column(name)
    own = set(shelves["on"])
    for titles in zip_longest(*shelves.values(), fillvalue=""):
        table.add_row(*(f"[bold]{escape(title)}[/]" if title in own else escape(title) for title in titles))
    console.print(table)
    kept = {name: len(own & set(titles)) for name, titles in shelves.items()}
    console.print(
        f"Of the {len(own)} of their own (bold), {kept['at half']} are left at half, and {kept['off']} when off."
    )


async def _shelves(services: Services, shopper: str, n: int) -> dict[str, list[str]]:
    before, shelves = await services.people.preferences(shopper), dict[str, list[str]]()
    for name, level in LEVELS.items():
        await services.people.put_preferences(shopper, PreferencesModel(level=level))
        answer = await services.recommendations.recommend(RecommendRequest(user_id=shopper, n=n))
        shelves[name] = [item.title for item in answer.items]
    await services.people.put_preferences(shopper, before)
    return shelves
