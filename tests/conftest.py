"""Settings of all tests, and the server that some need."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import PostgresServer, running

# How long an example takes says more about the machine than about the code.
settings.register_profile("shopkeeper", deadline=None)
settings.load_profile("shopkeeper")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL that all tests share, each in schemas of its own."""
    with running() as server:
        yield server
