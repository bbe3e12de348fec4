"""The database: its tables, its version, and how it is opened."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput

VERSION = 1
"""Of the tables below; raise it with any change to them."""

metadata = sa.MetaData()

about = sa.Table("shopkeeper", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))

events = sa.Table(
    "events",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, comment="order of arrival"),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("shopper_id", sa.Text, nullable=False),
    sa.Column("type", sa.SmallInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, comment="microseconds since 1970 UTC"),
    sa.Column("visitor_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text),
    sa.Column("item_id", sa.Text),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("price_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("rating", sa.Double),
    sa.Column("session_id", sa.Text),
    sa.Column("order_id", sa.Text),
    sa.Column("query", sa.Text),
    sa.Column("recommendation_id", sa.Text),
    sa.Index("events_by_shopper", "shopper_id", "at", "number"),
)

products = sa.Table(
    "products",
    metadata,
    sa.Column("item_id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("searched", sa.Text, nullable=False, comment="title and id, casefolded"),
    sa.Column("ordered", sa.Text, nullable=False, comment="title, casefolded"),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("brand", sa.Text),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("price_minor", sa.BigInteger),
    sa.Column("currency", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Column("available", sa.Boolean, nullable=False),
    sa.Index("products_by_title", "ordered", "item_id"),
)


def open_engine(path: Path) -> sa.Engine:
    """Open the database in a file, making it when it is not there; a file of another version is refused."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare)
    try:
        with _alone(path), engine.begin() as connection:
            metadata.create_all(connection)
            version = connection.scalar(sa.select(about.c.version))
            if version is None:
                connection.execute(sa.insert(about).values(version=VERSION))
    except sa.exc.DatabaseError as error:
        engine.dispose()
        raise InvalidInput(f"{path} cannot be used as the shop's database: {error.orig}.") from error
    if version not in (None, VERSION):
        engine.dispose()
        raise IncompatibleVersion(
            f"{path} has tables of version {version}, and this Shopkeeper uses {VERSION}: "
            "use the Shopkeeper that made it, or move the file away and import again."
        )
    return engine


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other openers out: SQLite's switch to WAL does not wait for its turn, it fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise InvalidInput(f"{path.parent} cannot be the shop's folder: {error.strerror}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # Readers never wait for a writer, and what is committed survives a power cut.
    for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
