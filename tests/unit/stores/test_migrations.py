"""Tables of every earlier version become today's, with all that is in them, or stay as they are."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shopkeeper.adapters.sql import SqlCatalogStore, SqlEventStore, open_engine
from shopkeeper.adapters.sql.migrate import FOLDER
from shopkeeper.adapters.sql.tables import metadata
from shopkeeper.data.catalog import Product
from shopkeeper.kit.errors import IncompatibleVersion, ShopkeeperError
from shopkeeper.kit.money import Money
from shopkeeper.testing.store_suite import event
from tests.postgres import PostgresServer

BEFORE_MIGRATIONS = """
CREATE TABLE shopkeeper (version INTEGER NOT NULL, PRIMARY KEY (version));
INSERT INTO shopkeeper VALUES (1);
CREATE TABLE events (
    number INTEGER NOT NULL, event_id TEXT NOT NULL, shopper_id TEXT NOT NULL, type SMALLINT NOT NULL,
    at BIGINT NOT NULL, visitor_id TEXT NOT NULL, user_id TEXT, item_id TEXT, quantity INTEGER NOT NULL,
    price_minor BIGINT, currency TEXT, rating DOUBLE, session_id TEXT, order_id TEXT, "query" TEXT,
    recommendation_id TEXT, PRIMARY KEY (number), UNIQUE (event_id)
);
CREATE INDEX events_by_shopper ON events (shopper_id, at, number);
CREATE TABLE products (
    item_id TEXT NOT NULL, title TEXT NOT NULL, searched TEXT NOT NULL, ordered TEXT NOT NULL,
    description TEXT NOT NULL, brand TEXT, categories JSON NOT NULL, tags JSON NOT NULL, price_minor BIGINT,
    currency TEXT, url TEXT, image_url TEXT, available BOOLEAN NOT NULL, PRIMARY KEY (item_id)
);
CREATE INDEX products_by_title ON products (ordered, item_id);
"""
DATA = (
    "INSERT INTO events (event_id, shopper_id, type, at, visitor_id, user_id, item_id, quantity) "
    "VALUES ('1', 'u', 4, 1714564800000000, 'v', 'u', 'a', 1)",
    "INSERT INTO products VALUES ('a', 'Ä', 'ä', 'ä', 'd', 'b', '[\"c\"]', '[]', 250, 'EUR', NULL, NULL, true)",
)
EVENT = event("1")
PRODUCT = Product(item_id="a", title="Ä", description="d", brand="b", categories=("c",), price=Money(250, "EUR"))

Opener = Callable[..., sa.Engine]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Return what opens one database, of either kind, with some migrations."""
    engines: list[sa.Engine] = []
    if request.param == "sqlite":
        of_one = partial(open_engine, tmp_path / "shop.sqlite")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        of_one = partial(open_engine, server.url, schema=f"shop_{uuid4().hex}")

    def open_one(migrations: Path = FOLDER) -> sa.Engine:
        engines.append(of_one(migrations=migrations))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


def migrations(folder: Path, *names: str, further: str = "") -> Path:
    """Return a folder with some of our migrations, and one more of this text."""
    folder.mkdir()
    for path in FOLDER.glob("revision_*.py"):
        if not names or path.stem in names:
            shutil.copy(path, folder)
    if further:
        last = max(path.stem for path in folder.iterdir()).removeprefix("revision_")
        heading = f"import sqlalchemy as sa\nrevision, down_revision = '9999', '{last}'\n"
        (folder / "revision_9999.py").write_text(f"{heading}def upgrade(op):\n    {further}\n")
    return folder


def test_the_first_tables_become_todays_with_all_that_is_in_them(opened: Opener, tmp_path: Path) -> None:
    with opened(migrations(tmp_path / "first", "revision_0001")).begin() as connection:
        for statement in DATA:
            connection.exec_driver_sql(statement)
    with ThreadPoolExecutor(8) as pool:
        engine, *_ = pool.map(lambda _: opened(), range(8))
    assert SqlEventStore(engine).history("u") == [EVENT]
    assert SqlCatalogStore(engine).all() == SqlCatalogStore(engine).changes().products == [PRODUCT]


def test_a_file_from_before_there_were_migrations_keeps_its_data(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as old, old:
        old.executescript(BEFORE_MIGRATIONS)
        for statement in DATA:
            old.execute(statement)
    for _ in range(2):
        engine = open_engine(tmp_path / "shop.sqlite")
        told = (SqlEventStore(engine).history("u"), SqlCatalogStore(engine).all())
        with engine.connect() as connection:
            # The version before would refuse it now.
            assert (told, connection.scalar(sa.text("SELECT version FROM shopkeeper"))) == (([EVENT], [PRODUCT]), 2)
        engine.dispose()


def test_tables_and_migrations_agree(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_tables_of_a_newer_version_are_refused_with_advice(opened: Opener, tmp_path: Path) -> None:
    opened(migrations(tmp_path / "newer", further="pass"))
    with pytest.raises(IncompatibleVersion, match=r"version 9999, and this Shopkeeper uses \d{4}.*import again"):
        opened()


def test_a_migration_that_fails_leaves_all_as_it_was(opened: Opener, tmp_path: Path) -> None:
    SqlEventStore(opened()).append([EVENT])
    failing = "op.drop_table('products'); op.add_column('events', sa.Column('x', sa.Text)); op.execute('nonsense')"
    with pytest.raises(ShopkeeperError, match="nonsense"):
        opened(migrations(tmp_path / "failing", further=failing))
    engine = opened()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert (compare_metadata(context, metadata), SqlEventStore(engine).history("u")) == ([], [EVENT])
