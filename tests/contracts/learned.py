"""A shop that has learned predictions."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.app.stores import Shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedOutlook
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook, Score
from shopkeeper.testing.contract_suite import NOW
from tests.unit.prediction.shops import CATEGORIES, EVENING, N_ITEMS, day, shop, visits

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
    return behaviour(log())


def behaviour(log: EventLog) -> Behaviour:
    return Behaviour.of(log, {product.item_id: product.categories[0] for product in CATALOG})


@cache
def visited() -> Behaviour:
    """Return what happened in a shop whose visitors leave again the same evening."""
    made = visits()
    return behaviour(replace(made, at=made.at + to_us(NOW) - to_us(EVENING)))


def told_for(name: str) -> Behaviour:
    return visited() if PREDICTIONS.get(name).counts_guests else told()


@cache
def saved(name: str) -> SavedOutlook:
    prediction, known = PREDICTIONS.get(name), told_for(name)
    return SavedOutlook(name, prediction, Outlook.fit(prediction, known, NOW), NOW, known.fingerprint())


@cache
def scores(name: str) -> Mapping[str, Score]:
    """Return what is said of everybody; of the product that each is shown, where it is about such."""
    return {one.shopper_id: one for one in scores_by(saved(name).outlook, name)}


def scores_by(outlook: Outlook, name: str, n: int | None = None) -> list[Score]:
    shoppers = list(told_for(name).log.users)[:n]
    shown = [f"i{number % N_ITEMS}" for number in range(len(shoppers))]
    return outlook.scores(told_for(name), shoppers, NOW, items=shown if outlook.prediction.entity == "shown" else None)


@cache
def events() -> list[Event]:
    return events_of(log(), list(log().users))


def events_of(log: EventLog, shoppers: Collection[str]) -> list[Event]:
    rows = zip(log.user_idx, log.item_idx, log.type, log.at, log.price_minor, strict=True)
    own = {log.users.index(shopper) for shopper in shoppers}
    return [
        Event(
            event_id=f"{log.users[user]}-{n}",
            type=EventType(kind),
            at=from_us(int(at)),
            visitor_id=log.users[user],
            user_id=log.users[user],
            item_id=log.items[item],
            price=Money(int(minor), "EUR"),
        )
        for n, (user, item, kind, at, minor) in enumerate(rows)
        if user in own
    ]


def learned(shop: Shop, *names: str) -> Shop:
    """Return the shop with all that, and with some predictions learned."""
    shop.catalog.upsert(CATALOG)
    shop.live.append(events())
    for name in names:
        shop.outlooks.save(saved(name))
    return shop
