"""Nothing that people do who say no changes what they are shown; benchmarks/reliability/opt_out.py asks a thousand."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from benchmarks.reliability.opt_out import attack, fit
from shopkeeper.app.stores import open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import utc_now

N_PEOPLE, N_ITEMS = 40, 60


def fill(store: Path) -> None:
    rng = Random(0)
    with closing(open_shop(store)) as shop:
        shop.catalog.upsert(
            Product(item_id=f"i{n}", title=f"Bag {n}", categories=(f"Bags > {n % 6}",)) for n in range(N_ITEMS)
        )
        shop.live.append(
            [
                Event(
                    event_id=f"{person}-{number}",
                    type=EventType.PURCHASE,
                    at=utc_now() - timedelta(days=40 - number),
                    visitor_id=f"u{person}",
                    user_id=f"u{person}",
                    item_id=f"i{(person % 6 + 6 * rng.randrange(10)) % N_ITEMS}",
                )
                for person in range(N_PEOPLE)
                for number in range(12)
            ]
        )
        fit(shop)


@pytest.mark.anyio
async def test_nothing_that_is_done_after_a_no_changes_an_answer(tmp_path: Path) -> None:
    fill(tmp_path)
    report = await attack(tmp_path, N_PEOPLE // 2)
    assert (report.changed, report.bytes_changed) == ([], 0)
    assert report.asked == N_PEOPLE // 2 * len(report.scenarios)
    # Otherwise there would have been nothing to change.
    assert report.share_of_others > 0.4
    assert [len(ms) for ms in report.ms.values()] == [N_PEOPLE // 2] * 2
