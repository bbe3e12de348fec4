"""Settings of all tests, and the server that some need."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import PostgresServer, running

# What is trained here runs for moments: to optimise its programs would take longer. Read once, when JAX is loaded.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

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
