"""How a database is opened: a file of SQLite, or a schema of PostgreSQL."""

import fcntl
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from zlib import crc32

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from shopkeeper.adapters.sql.migrate import FOLDER, upgrade
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, ShopkeeperError, Unavailable

_log = logging.getLogger(__name__)
_THREADS = 40
"""That ask at once, at most, in a process; each finds a connection."""

_PRAGMAS = (
    "busy_timeout = 10000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    # Forty megabytes: what many events touched is written home once, instead of after each four.
    "wal_autocheckpoint = 10000",
)
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5", "tcp_user_timeout": "20000"}
"""With a server that vanished, not just stopped: seconds, the last one milliseconds. An address may say otherwise."""


def open_engine(database: Path | str, *, schema: str = "shopkeeper", migrations: Path = FOLDER) -> sa.Engine:
    """Open a database, making its tables or bringing them up to date; one of a newer version is refused.

    A path is a file of SQLite; a text is the address of PostgreSQL, in which all is kept in one schema. From then on
    a database that does not answer is Unavailable, and asked anew with each call.
    """
    if isinstance(database, Path):
        engine, told = (
            sa.create_engine(sa.URL.create("sqlite", database=str(database)), json_deserializer=from_json),
            str(database),
        )
        prepare, migrating = _prepare_sqlite, partial(_sqlite_alone, engine, database)
    else:
        url = _address(database)
        _check_schema(schema)
        engine = sa.create_engine(
            url.set(query={**_PATIENCE, **url.query}),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            json_deserializer=from_json,
            pool_size=_THREADS,
            max_overflow=0,
        )
        told = f"{url.render_as_string(hide_password=True)} (schema {schema})"
        prepare, migrating = partial(_prepare_postgres, schema), partial(_schema_alone, engine, schema)
    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "handle_error", _explain)
    try:
        with migrating() as connection:
            upgrade(connection, migrations)
    except (sa.exc.DatabaseError, Unavailable, IncompatibleVersion) as error:
        engine.dispose()
        kind = type(error) if isinstance(error, ShopkeeperError) else InvalidInput
        raise kind(f"{told} cannot be used as the shop's database: {error.__cause__ or error}") from error
    return engine


def _address(text: str) -> sa.URL:
    """Return the address of a PostgreSQL; errors never show it, since it holds a password."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise InvalidInput(
            "The address of the database cannot be used: it is like postgresql://user:password@host:5432/name, "
            "with the signs :/@% of a user or password written as %3A %2F %40 %25."
        )
    return url.set(drivername="postgresql+psycopg")


def _check_schema(name: str) -> None:
    # PostgreSQL cuts longer names off, and two shops would be one.
    if not re.fullmatch(r"(?!pg_)[a-z_][a-z0-9_]{0,62}", name):
        raise InvalidInput(f"{name!r} cannot be a schema: up to 63 of a-z, 0-9 and _, not pg_..., no digit first.")


@contextmanager
def _sqlite_alone(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
    """Keep other openers out: SQLite's switch to WAL does not wait for its turn, it fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise InvalidInput(f"{path.parent} cannot be the shop's folder: {error.strerror}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with engine.begin() as connection:
            # Python's driver would begin with the first row, after the tables were altered.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection


@contextmanager
def _schema_alone(engine: sa.Engine, schema: str) -> Iterator[sa.Connection]:
    """Keep other openers of the schema out, and make it when it is not there."""
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(crc32(schema.encode()))))
        if not sa.inspect(connection).has_schema(schema):
            connection.execute(sa.schema.CreateSchema(schema))
        yield connection


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # Readers never wait for a writer, and what is committed survives a power cut.
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgres(schema: str, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET search_path TO {schema}")  # nothing outside the schema has a name
    cursor.close()
    connection.commit()


def _explain(context: ExceptionContext) -> Exception | None:
    """Return the error that people read where the program is not at fault; those who ask learn no address from it."""
    what = str(context.original_exception).partition("\n")[0]
    match context.sqlalchemy_exception:
        case _ if context.is_pre_ping:
            return None  # it connects anew
        case sa.exc.OperationalError() | sa.exc.InterfaceError():
            _log.warning("The database does not answer: %s", what)
            return Unavailable("The shop's database does not answer now; try the same again later.")
        case sa.exc.DataError():
            return InvalidInput(f"This holds what the shop's database cannot store or look up: {what}.")
    return None
