"""`shopkeeper recommend`: what one shopper would be shown, and what it came from."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.cli.export import export
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ranking.scenario import DEFAULT
from shopkeeper.services.catalog.contract import ProductModel
from shopkeeper.services.events.contract import EventOut
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest


def recommend_command(
    user: Annotated[str | None, typer.Argument(help="A user id or visitor id.")] = None,
    n: Annotated[int | None, typer.Option("-n", "--n", min=1, max=200, help="How many; else as the scenario.")] = None,
    model: Annotated[str | None, typer.Option(help="A fitted model; else the configured one.")] = None,
    scenario: Annotated[str | None, typer.Option(help="The place they are for; else home, or email for all.")] = None,
    filter_: Annotated[str, typer.Option("--filter", help="An expression: only products that it holds for.")] = "",
    seen: Annotated[bool, typer.Option("--seen", help="Also products the shopper had before.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="For everybody, into a file.")] = False,
    out: Annotated[Path | None, typer.Option(help="Of all: the file, .parquet or .csv.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what a shopper would be recommended and why, and the history it came from; or write everybody's lists.

    For example,

      shopkeeper recommend 12748

      shopkeeper recommend 12748 --model svd -n 20 --filter "price < 10"

      shopkeeper recommend --all --out letters.parquet --scenario email
    """
    if all_ == (user is not None) or all_ != (out is not None):
        raise InvalidInput("Name a user, or give --all with --out FILE: whose lists are wanted?")
    asked = {"user_id": user, "n": n, "model": model, "filter": filter_, "exclude_seen": False if seen else None}
    request = request_of({**asked, "scenario": scenario or ("email" if all_ else DEFAULT)})
    shop = existing_shop(store)
    try:
        if out is not None:
            export(shop, request, out)
            return
        history, titles, answer = asyncio.run(_ask(services_of(shop, Settings.read({})), request))
    finally:
        shop.close()
    console = Console()
    console.print(_history(str(user), history, titles) if history else f"Nothing is known of {user}.")
    console.print(_shelf(answer))


def request_of(asked: Mapping[str, object]) -> RecommendRequest:
    """Return the request, or what is wrong with it in one sentence."""
    try:
        return RecommendRequest.model_validate(asked)
    except ValidationError as error:
        problem = error.errors()[0]
        why = problem["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{'.'.join(map(str, problem['loc']))}: {why}") from error


async def _ask(
    services: Services, request: RecommendRequest
) -> tuple[list[EventOut], dict[str, ProductModel], Recommendation]:
    try:
        answer = await services.recommendations.recommend(request)
        history = (await services.events.history(request.shopper_id or "", limit=10)).events
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
    title = f"Recommended by {answer.model} {answer.model_version} ({answer.reason})"
    table = Table("product", "score", "reason", title=title, title_justify="left", box=SIMPLE)
    table.columns[1].justify = "right"
    for item in answer.items:
        table.add_row(item.title, f"{item.score:.3g}", item.text)
    table.caption = answer.detail
    return table
