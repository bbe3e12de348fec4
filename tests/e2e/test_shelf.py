"""`shopkeeper.js` on a shop's page, which comes from another origin."""

import gzip
import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings
from tests.e2e.conftest import fill
from tests.serving import serving

pytestmark = pytest.mark.e2e

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop.html"
STORED = "Object.keys(localStorage).filter((name) => name.startsWith('shopkeeper'))"


class Site:
    """A shop's own pages, and the Shopkeeper that they use."""

    def __init__(self, folder: Path, url: str, engine: str) -> None:
        self.folder, self.url, self.engine = folder, url, engine
        self.write("shop.html", EXAMPLE.read_text().replace("http://127.0.0.1:8000", engine))

    def write(self, name: str, text: str) -> str:
        """Put a page there, and return its address."""
        (self.folder / name).write_text(text)
        return f"{self.url}/{name}"

    def page(self, name: str, body: str, **attributes: str) -> str:
        """Put a page there that loads the script and has a body."""
        said = " ".join(f'data-{attribute}="{value}"' for attribute, value in attributes.items())
        script = f'<script src="{self.engine}/shopkeeper.js" {said} defer></script>'
        return self.write(name, f'<!doctype html><html lang="en-GB"><title>Shop</title>{script}{body}')

    def history(self, visitor: str) -> list[tuple[str, str, str | None]]:
        """Return what is known of a visitor, oldest first."""
        told = httpx.get(f"{self.engine}/v1/history", params={"visitor_id": visitor}).json()["events"]
        return [(event["type"], event["item_id"], event["recommendation_id"]) for event in reversed(told)]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, store = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("store")
    fill(store)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        origin = f"http://127.0.0.1:{server.server_address[1]}"
        with serving(assemble(Settings(store=store, origins=f"https://other.example, {origin}"))) as engine:
            yield Site(folder, origin, engine)
        server.shutdown()
        thread.join()
