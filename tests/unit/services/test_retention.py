"""What was kept long enough is removed from all places, and nothing else is."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopkeeper.adapters.files import import_events
from shopkeeper.app.erasing import retention_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.data.events import Event, EventType
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.store_suite import NOW
from shopkeeper.testing.traces import traces


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def did(who: str, kind: str, days: int) -> Event:
    return Event(
        event_id=f"{who}-{kind}-{days}",
        type=EventType[kind.upper()],
        at=days_ago(days),
        visitor_id=who,
        item_id="i1",
    )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with closing(open_shop(tmp_path / "store")) as shop:
        yield shop


def test_old_events_go_by_their_type_and_old_files_too(shop: Shop, tmp_path: Path) -> None:
    kinds = [("view", 10), ("view", 40), ("purchase", 40)]
    shop.events.append([did("posted-7a1c", kind, days) for kind, days in kinds])
    rows = [f"imported-5e2d,i1,{kind},{days_ago(days).isoformat()}" for kind, days in kinds]
    source = tmp_path / "log.csv"
    source.write_text("\n".join(["user_id,item_id,type,at", *rows]))
    import_events(source, shop.history, now=NOW, rejects_path=tmp_path / "r.csv")
    done = tmp_path / "store" / "inbox" / "done"
    done.mkdir(parents=True)
    for name, days in (("old.csv", 31), ("new.csv", 1)):
        (done / name).write_text("x")
        os.utime(done / name, (days_ago(days).timestamp(),) * 2)
    now = [NOW]
    job = retention_of(shop, Settings(keep_days="view=30, files=30"), lambda: now[0])
    assert job.run(ignore) == "2 events and 1 import files removed that were kept long enough"
    for who in ("posted-7a1c", "imported-5e2d"):
        assert [(one.type.label, one.at) for one in shop.events.history(who)] == [
            ("purchase", days_ago(40)),
            ("view", days_ago(10)),
        ]
    assert [path.name for path in done.iterdir()] == ["new.csv"]
    assert traces(tmp_path / "store", ["posted-7a1c-view-40"]) == {}
    now[0] += timedelta(days=6)
    assert job.run(ignore) == ""
    now[0] += timedelta(days=25)
    assert job.run(ignore) == "2 events and 1 import files removed that were kept long enough"


def test_without_a_setting_all_is_kept(shop: Shop) -> None:
    shop.events.append([did("a", "view", 4000)])
    assert retention_of(shop, Settings(), lambda: NOW).run(ignore) == ""
    assert shop.events.count() == 1


@pytest.mark.parametrize("text", ["view", "view=", "view=0", "view=1.5", "view=-1", "look=3"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="SHOPKEEPER_KEEP_DAYS"):
        Settings.read({"keep_days": text})
