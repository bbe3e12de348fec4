"""A shop that has learned predictions."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.app.assemble import Shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedOutlook
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook, Score
from shopkeeper.testing.contract_suite import NOW
from tests.unit.prediction.shops import CATEGORIES, N_ITEMS, day, shop

PREDICTIONS = FilePredictions(Path("nowhere"))
CATALOG = [Product(item_id=f"i{n}", title=f"i{n}", categories=(CATEGORIES[n // 3],)) for n in range(N_ITEMS)]


@cache
def log() -> EventLog:
    """Return what happened, half a year of it before now."""
    made = shop(n_users=900)
    made = replace(made, at=made.at + to_us(NOW) - to_us(day(200)))
    return made.take(made.at <= to_us(NOW))


@cache
def told() -> Behaviour:
    return Behaviour.of(log(), {product.item_id: product.categories[0] for product in CATALOG})


@cache
def saved(name: str) -> SavedOutlook:
    prediction = PREDICTIONS.get(name)
    return SavedOutlook(name, prediction, Outlook.fit(prediction, told(), NOW), NOW, told().fingerprint())


@cache
def scores(name: str) -> Mapping[str, Score]:
    """Return what is said of everybody."""
    return {one.shopper_id: one for one in saved(name).outlook.scores(told(), list(log().users), NOW)}


@cache
def events() -> list[Event]:
    rows = zip(log().user_idx, log().item_idx, log().type, log().at, strict=True)
    return [
        Event(
            event_id=f"e{n}",
            type=EventType(kind),
            at=from_us(int(at)),
            visitor_id=log().users[user],
            user_id=log().users[user],
            item_id=log().items[item],
            price=Money(1500, "EUR"),
        )
        for n, (user, item, kind, at) in enumerate(rows)
    ]


def learned(shop: Shop, *names: str) -> Shop:
    """Return the shop with all that, and with some predictions learned."""
    shop.catalog.upsert(CATALOG)
    shop.live.append(events())
    for name in names:
        shop.outlooks.save(saved(name))
    return shop
