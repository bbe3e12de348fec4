"""What is asked of both databases beyond the suites: opening, many at once, bad addresses, and outages."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Signal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from shopkeeper.adapters.sql import SqlCatalogStore, SqlEventStore, open_engine
from shopkeeper.data.catalog import Product
from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.testing.store_suite import event
from tests.postgres import PostgresServer, running


def test_what_was_acknowledged_is_there_when_the_database_is_opened_again(tmp_path: Path, sqlite: sa.Engine) -> None:
    SqlEventStore(sqlite).append([event("1")])
    again = open_engine(tmp_path / "shop.sqlite")
    assert SqlEventStore(again).known_ids(["1"]) == {"1"}
    again.dispose()


def test_whoever_sends_the_same_event_at_the_same_moment_it_is_stored_once(engine: sa.Engine) -> None:
    store = SqlEventStore(engine)
    batch = [event(str(number)) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(store.append, [batch, batch[::-1]] * 16))
    assert (sum(map(sum, answers)), store.count()) == (20, 20)


def test_products_are_replaced_by_many_at_once(engine: sa.Engine) -> None:
    store = SqlCatalogStore(engine)
    products = [Product(item_id=str(number), title="a") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(store.upsert, [products, products[::-1]] * 16)) == [20] * 32
    assert store.all() == sorted(products, key=lambda product: product.item_id)


def test_ids_are_in_the_order_of_code_points_whatever_the_database_speaks(engine: sa.Engine) -> None:
    store = SqlCatalogStore(engine)
    store.upsert(Product(item_id=item_id, title="t") for item_id in "aBäb1")
    assert [product.item_id for product in store.all()] == ["1", "B", "a", "b", "ä"]


def test_many_may_open_new_shops_at_once(tmp_path: Path, postgres: PostgresServer) -> None:
    """Several shops, each by several."""
    name = uuid4().hex
    with ThreadPoolExecutor(16) as pool:
        engines = list(pool.map(lambda n: open_engine(tmp_path / f"{n % 5}" / "shop.sqlite"), range(40)))
        engines += pool.map(lambda n: open_engine(postgres.url, schema=f"shop_{name}_{n % 5}"), range(40))
    counts = [SqlEventStore(engine).count() for engine in engines]
    for engine in engines:
        engine.dispose()
    assert counts == [0] * 80


def test_shops_in_one_database_know_nothing_of_each_other(postgres: PostgresServer) -> None:
    ours, theirs = (open_engine(postgres.url, schema=f"{name}_{uuid4().hex}") for name in ("ours", "theirs"))
    SqlEventStore(ours).append([event("1")])
    assert SqlEventStore(theirs).append([event("1")]) == [True]
    with theirs.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
    assert {"events", "products", "alembic_version"} <= set(tables)
    for engine in (ours, theirs):
        engine.dispose()


def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(InvalidInput, match="shop"):
        open_engine(tmp_path / "shop" / "shop.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_text("hello, this is no database at all" * 100)
    with pytest.raises(InvalidInput, match=r"shop\.sqlite"):
        open_engine(tmp_path / "shop.sqlite")


@pytest.mark.parametrize("address", ["mysql://u:secret@h/db", "u:secret@h", "postgresql://u:secret@h:port/db"])
def test_an_address_that_is_none_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://user:password@host") as refused:
        open_engine(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("schema", ["", "a" * 64, 'a"; DROP', "pg_shop", "1st"])
def test_a_schema_that_postgres_would_take_for_another_is_refused(schema: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a schema"):
        open_engine("postgresql://localhost/shop", schema=schema)


def test_a_server_that_is_not_there_is_unavailable_and_its_password_stays_secret(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file") as failed:
        open_engine(f"postgresql://shop:secret@/postgres?host={tmp_path}")
    assert "secret" not in f"{failed.value} {failed.value.__cause__!r}"


def test_a_text_that_postgres_cannot_hold_is_bad_input_and_nothing_is_stored(postgresql: sa.Engine) -> None:
    store = SqlEventStore(postgresql)
    with pytest.raises(InvalidInput, match="Unicode"):
        store.append([event("1"), event("2", item="a\0b")])
    assert store.count() == 0


def test_an_outage_loses_and_doubles_nothing_that_is_sent_again() -> None:
    """Four clients send on through a stop and a crash under load; what fails is sent again with the same ids."""
    refused, up = [0] * 4, Signal()
    with running() as server:
        engine = open_engine(server.url)
        store = SqlEventStore(engine)
        ended = Signal()

        def client(number: int) -> list[str]:
            sent: list[str] = []
            while not ended.is_set():
                batch = [event(f"{number}-{len(sent) + place}") for place in range(5)]
                while True:
                    try:
                        store.append(batch)
                        break
                    except Unavailable:
                        refused[number] += 1
                        up.wait()
                sent += [one.event_id for one in batch]
            return sent

        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(client, number) for number in range(4)]
            for how in (signal.SIGINT, signal.SIGQUIT):
                before, already = store.count(), list(refused)
                while store.count() < before + 100:
                    ended.wait(0.01)
                up.clear()
                server.stop(how)
                while any(now == past for now, past in zip(refused, already, strict=True)):
                    ended.wait(0.01)
                server.start()
                up.set()
            ended.set()
            acknowledged = [event_id for done in clients for event_id in done.result()]
        stored = store.known_ids(acknowledged)
        assert (len(stored), store.count()) == (len(acknowledged), len(acknowledged))
        engine.dispose()
