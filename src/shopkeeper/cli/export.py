"""Lists for everybody in one file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from shopkeeper.adapters.list_files import Cell, Rows, list_file
from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.cli.options import on_bar
from shopkeeper.estimator import Progress as OnProgress
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest, RecommendRequests

_AT_ONCE = 128
"""Lists that are made at the same time."""


def export(shop: Shop, request: RecommendRequest, out: Path) -> None:
    """Write the list of everybody who did something, most active first, as the request says."""
    services = services_of(shop, Settings.read({}))
    shoppers = [shopper_id for shopper_id, _ in shop.events.shoppers(limit=max(1, shop.events.count()))]
    with list_file(out) as rows, Progress(transient=True) as progress:
        bar = on_bar(progress, "Making lists")
        n_rows = asyncio.run(_write(services, shoppers, request, rows, bar))
    Console().print(f"Wrote {n_rows:,} products for {len(shoppers):,} people to {out}.")


async def _write(
    services: Services, shoppers: Sequence[str], request: RecommendRequest, rows: Rows, bar: OnProgress
) -> int:
    n_rows = 0
    try:
        for first in range(0, len(shoppers), _AT_ONCE):
            part = shoppers[first : first + _AT_ONCE]
            asked = [request.model_copy(update={"user_id": shopper_id}) for shopper_id in part]
            made = await services.recommendations.recommend_many(RecommendRequests(requests=asked))
            told = [row for who, answer in zip(part, made.answers, strict=True) for row in _rows(who, answer)]
            rows.writerows(told)
            n_rows += len(told)
            bar((first + len(part)) / len(shoppers))
    finally:
        await services.close()
    return n_rows


def _rows(shopper_id: str, answer: Recommendation) -> list[list[Cell]]:
    return [
        [
            shopper_id,
            item.position,
            item.item_id,
            item.title,
            item.price_minor,
            item.currency,
            item.score,
            item.source,
            item.reason,
            item.text,
            answer.recommendation_id,
        ]
        for item in answer.items
    ]
