"""Settings of all tests, and the server that some need."""

import logging
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


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Undo what a command that ran within a test made of the logs: the next would not see them."""
    logger = logging.getLogger("shopkeeper")
    before = (logger.handlers, logger.propagate, logger.level)
    yield
    logger.handlers, logger.propagate, logger.level = before


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL that all tests share, each in schemas of its own."""
    with running() as server:
        yield server
