"""`shopkeeper recommend`: what one shopper would be shown, and what it came from."""

import asyncio
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.services.catalog.contract import ProductModel
from shopkeeper.services.events.contract import EventOut
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest


def recommend_command(
    user: Annotated[str, typer.Argument(help="A user id or visitor id.")],
    n: Annotated[int, typer.Option("-n", "--n", min=1, max=200, help="How many products.")] = 10,
    model: Annotated[str | None, typer.Option(help="A fitted model; else the configured one.")] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Also products the shopper had before.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what a shopper would be recommended and why, and the history it came from.

    For example,

      shopkeeper recommend 12748

      shopkeeper recommend 12748 --model svd -n 20
    """
    shop = existing_shop(store)
    try:
        services = services_of(shop, Settings.read({}))
        request = RecommendRequest(shopper_id=user, n=n, model=model, exclude_seen=not seen)
        history, titles, answer = asyncio.run(_ask(services, request))
    finally:
        shop.close()
    console = Console()
    console.print(_history(user, history, titles) if history else f"Nothing is known of {user}.")
    console.print(_shelf(answer))


async def _ask(
    services: Services, request: RecommendRequest
) -> tuple[list[EventOut], dict[str, ProductModel], Recommendation]:
    try:
        answer = await services.recommendations.recommend(request)
        history = (await services.events.history(request.shopper_id, limit=10)).events
        titles = await services.catalog.get_many([event.item_id for event in history if event.item_id])
    finally:
        await services.close()
    return history, titles, answer


def _history(user: str, history: list[EventOut], titles: dict[str, ProductModel]) -> Table:
    title = f"The newest of what {user} did"
    table = Table("when", "what", "product", title=title, title_justify="left", box=SIMPLE)
    for event in history:
        item_id = event.item_id or ""
        name = titles[item_id].title if item_id in titles else item_id or event.query or ""
        table.add_row(f"{event.at:%Y-%m-%d %H:%M}", event.type, name)
    return table


def _shelf(answer: Recommendation) -> Table:
    title = f"Recommended by {answer.model} {answer.version} ({answer.reason})"
    table = Table("product", "score", "reason", title=title, title_justify="left", box=SIMPLE)
    table.columns[1].justify = "right"
    for item in answer.items:
        table.add_row(item.title, f"{item.score:.3g}", item.text)
    return table
