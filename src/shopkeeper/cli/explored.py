"""`shopkeeper explored`: how other models would do, from the places of lists that chance filled."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shopkeeper import models
from shopkeeper.app.stores import Shop
from shopkeeper.cli.options import DEFAULT_STORE, OptionPairs, Store, existing_shop, on_bar, options_of
from shopkeeper.coupons.off_policy import Estimate
from shopkeeper.coupons.qini import Interval
from shopkeeper.data.consent import Purpose
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.evaluation.explored import Explored, Floats, seen_in
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import TooLittle
from shopkeeper.services.recommendations.jobs import training_data

_ALL = 10_000_000


def explored_command(
    model: Annotated[list[str] | None, typer.Option(help="A model to ask about; else all.")] = None,
    option: OptionPairs = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day (UTC).")] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    store: Store = DEFAULT_STORE,
) -> None:
    """Tell how models would have done in the places of lists that explored, without having been shown.

    Each model learns from what came before the first of these places, and fills them with the best of what could have
    stood there. Clicks a place are told by SNIPS and DR with their 95 % interval, and of how many places of its own
    they would tell as much; under 200, nothing is said.

    For example,

      shopkeeper explored

      shopkeeper explored --model ease --model item_knn --since 2024-05-01
    """
    shop = existing_shop(store)
    try:
        begin = since.replace(tzinfo=UTC) if since else datetime(1970, 1, 1, tzinfo=UTC)
        places = shop.explorations.since(begin, limit=_ALL)
        did = _did(shop, places[0].at) if places else {}
        explored = Explored.of(places, seen_in(did))
        first = explored.places[0].at
        data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog, until=first)
    finally:
        shop.close()
    users = data.users.indices(explored.shoppers).tolist()
    histories = HistoryBatch.joined(
        [
            HistoryBatch.from_events(
                [event for event in did[who] if event.at < place.at], data.items, as_of=place.at, user_idx=user
            )
            for who, place, user in zip(explored.shoppers, explored.places, users, strict=True)
        ]
    )
    names = model or list(models.unasked())
    options, policies = options_of(names, option or []), {"as it was": explored.shares, "chance": explored.by_chance()}
    with Progress(transient=True) as progress:
        for name in names:
            scorer = models.create(name, options[name])
            scorer.fit(data, rng=np.random.default_rng(seed), on_progress=on_bar(progress, f"Fitting {name}"))
            policies[name] = explored.by(scorer, data.items, histories)
    title = f"{len(explored.places):,} places that explored and were seen, from {first:%Y-%m-%d} on"
    Console().print(table(explored, policies, title))


def table(explored: Explored, policies: dict[str, Floats], title: str) -> Table:
    """Return what a person looks at."""
    caption = "clicks a place, with the 95 % interval; effective: places of its own that would tell as much"
    made = Table("", "SNIPS", "DR", "effective", title=title, title_justify="left", caption=caption, box=SIMPLE)
    for column in made.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name, policy in policies.items():
        try:
            made.add_row(name, *_cells(explored.told(policy)))
        except TooLittle:
            made.add_row(name, "too few places tell", "", "")
    return made


def _cells(told: Estimate) -> Iterator[str]:
    yield from (_cell(told.snips), _cell(told.dr), f"{told.effective:,.0f}")


def _cell(figure: Interval) -> str:
    return f"{figure.value:.4f} ({figure.low:.4f} to {figure.high:.4f})"


def _did(shop: Shop, first: datetime) -> dict[str, list[Event]]:
    """Return what those did who saw anything since a time, and allow that something is learned from it."""
    allowed = shop.allowing(Purpose.PERSONAL)
    log, circle = allowed.log(), allowed.circle()
    late = (log.type == EventType.IMPRESSION) | (log.type == EventType.CLICK)
    names = [log.users[user] for user in np.unique(log.user_idx[late & (log.at >= to_us(first))]).tolist()]
    did = {name: shop.events.history(name, limit=_ALL) for name in names}
    return {
        name: [event for event in events if name not in circle.since or event.at > circle.since[name]]
        for name, events in did.items()
    }
