"""A small shop behind a real server, and a real browser in front of it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shopkeeper import models
from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_database, open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.money import Money
from shopkeeper.ports import SavedModel
from shopkeeper.services.keys.service import KeyService
from tests.serving import serving

FITTED_AT = datetime(2026, 1, 31, tzinfo=UTC)
# Two tastes: who takes tea things takes no garden things. One title would be an attack if it became HTML.
TEA = ["TEA POT", "TEA CUP", "SAUCER", "TEA SPOON", "SUGAR BOWL", "MILK JUG", "CAKE STAND", "TEA TOWEL"]
GARDEN = ["Watering can", "Rake", "Trowel", "Plant pot", "Bird house", "Hose", "<img src=x onerror=alert(1)>", "Gloves"]
_FLAGS = """--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update
    --disable-sync""".split()


def fill(store: Path) -> None:
    """Import forty customers and fit the model that answers, and the one for strangers."""
    shop = open_shop(store)
    titles = TEA + GARDEN
    shop.catalog.upsert(
        Product(item_id=f"p{number}", title=title, price=Money(250 + number, "XXX" if title == "Hose" else "GBP"))
        for number, title in enumerate(titles)
    )
    rng = np.random.default_rng(0)
    events = [
        Event(
            event_id=f"{user}-{item}",
            type=EventType.PURCHASE,
            at=FITTED_AT - timedelta(days=30 - int(item)),
            visitor_id=f"c{user}",
            user_id=f"c{user}",
            item_id=f"p{8 * (user % 2) + item}",
        )
        for user in range(40)
        for item in rng.choice(8, 4, replace=False)
    ]
    shop.live.append(events)
    data = Dataset.from_log(shop.events.log())
    for name in ("popularity", "user_knn"):
        scorer = models.create(name).fit(data, rng=rng)
        shop.models.save(SavedModel(scorer, data.users, data.items, "1", FITTED_AT, data.fingerprint(), {}))
    shop.close()


@pytest.fixture(scope="module")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a shop with customers and a model."""
    store = tmp_path_factory.mktemp("shop")
    fill(store)
    with serving(assemble(Settings(store=store))) as url:
        yield url


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return the address of a shop that has a key, and the key."""
    store = tmp_path_factory.mktemp("locked")
    fill(store)
    engine = open_database(store)
    key = KeyService(SqlKeyStore(engine), utc_now).create("page").token.get_secret_value()
    engine.dispose()
    with serving(assemble(Settings(store=store))) as url:
        yield url, key


@pytest.fixture(scope="module")
def empty_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a shop that nothing was imported into."""
    with serving(assemble(Settings(store=tmp_path_factory.mktemp("empty")))) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a fresh page; anything it complains about on its console fails the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-GB")
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    yield page
    page.close()
    # The browser itself logs every refused request; those are asserted on where they are meant.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
