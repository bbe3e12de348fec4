"""An empty database of each kind."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from shopkeeper.adapters.sql import open_engine
from tests.postgres import PostgresServer


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(tmp_path / "shop.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(postgres: PostgresServer) -> Iterator[sa.Engine]:
    engine = open_engine(postgres.url, schema=f"shop_{uuid4().hex}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    engine: sa.Engine = request.getfixturevalue(request.param)
    return engine
