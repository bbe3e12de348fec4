from shopkeeper.data.bots import BotFinder
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from tests.unit.data.told import told


def walk(who: str, n: int, *, minutes: float, page: bool = True) -> list[Event]:
    """Return views of n products, evenly over so many minutes from the beginning of an hour."""
    days = [1 - minutes * place / n / 1440 for place in range(n)]
    return [told(who, EventType.VIEW, item=f"i{place}", days=day, page=page) for place, day in enumerate(days)]


def found(*walks: list[Event]) -> dict[str, int]:
    bots = BotFinder().find(EventLog.of([event for one in walks for event in one]))
    return {bot.shopper_id: bot.products for bot in bots}


def test_who_walks_through_the_shop_in_an_hour_is_a_program() -> None:
    assert found(walk("bot", 400, minutes=50), walk("eager", 250, minutes=50)) == {"bot": 400}


def test_as_much_in_a_day_is_no_program() -> None:
    assert not found(walk("collector", 400, minutes=600))


def test_a_large_order_is_no_program() -> None:
    assert not found(walk("wholesaler", 400, minutes=1, page=False))


def test_the_same_product_again_and_again_is_one() -> None:
    assert not found([told("fan", EventType.VIEW, days=1, page=True) for _ in range(400)])


def test_an_empty_log_has_no_programs() -> None:
    assert not found([])
