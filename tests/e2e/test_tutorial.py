"""The tutorial, word for word: what it has one type and save, in its order, and then what it says that one sees."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorials" / "first-shop.md").read_text()
STEP = re.compile(
    r"(?:[Ss]ave as `(?P<name>[^`]+)`(?:, with your key in place of `pk_…`)?:\n\n)?```\w+\n(?P<text>.*?)```", re.DOTALL
)
INSTALLING, LASTING = "make install\n", ("shopkeeper serve", "python3 -m http.server")
"""The first is what the tests themselves were started from; the others run until the end."""


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return str(door.getsockname()[1])


def wait_for(url: str) -> None:
    """Return when somebody answers there."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=9)) as http:
        assert http.get(url, timeout=60).is_success


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """Do what the tutorial says, on ports that are free, and return the address that it has one open."""
    engine, site = free_port(), free_port()
    text = (
        PAGE.replace("8000", engine)
        .replace("8080", site)
        .replace("shopkeeper serve", f"shopkeeper serve --port {engine}")
    )
    around = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (tmp_path / "site").mkdir()
    key = ""
    with ExitStack() as running:
        for step in STEP.finditer(text):
            if step["name"]:
                (tmp_path / step["name"]).write_text(step["text"].replace("pk_…", key))
            elif step["text"].startswith(LASTING):
                server = running.enter_context(subprocess.Popen(step["text"].split(), cwd=tmp_path, env=around))
                running.callback(server.terminate)
            elif not step["text"].startswith(INSTALLING):
                command = ["bash", "-euc", step["text"]]
                told = subprocess.run(command, cwd=tmp_path, env=around, capture_output=True, text=True, check=False)
                assert told.returncode == 0, told.stderr
                key = told.stdout.strip() if "--publishable" in step["text"] else key
        wait_for(f"http://127.0.0.1:{engine}/health/ready")
        wait_for(f"http://127.0.0.1:{site}")
        yield f"http://localhost:{site}"


def shelf(page: Page) -> list[tuple[str, str]]:
    """Return what is on the shelf, and why, once it is there."""
    page.locator("shopkeeper-shelf").get_by_role("listitem").nth(7).wait_for()
    parts = (page.locator(f"[part={part}]").all_inner_texts() for part in ("title", "reason"))
    return list(zip(*parts, strict=True))


def click(page: Page, title: str) -> list[tuple[str, str]]:
    """Go to a product, and return what the shelf has there."""
    page.get_by_role("link", name=title, exact=True).click()
    page.wait_for_url("**/?item=*")
    return shelf(page)


def test_the_tutorial_ends_with_a_shelf_that_answers_what_is_clicked(page: Page, shop: str) -> None:
    page.goto(shop)
    at_first = shelf(page)
    assert all(reason.startswith("Popular") for _, reason in at_first)
    tea, both = click(page, "Sugar bowl"), click(page, "Watering can")
    assert page.locator("h1").inner_text() == "watering-can"
    because = [
        [title for title, reason in shown if "share at least 1 product with you bought it" in reason]
        for shown in (tea, both)
    ]
    (said,) = re.findall(r'why: "([^"]+)"', PAGE)
    assert said.replace("\n", " ") in dict(tea).values()
    table = re.findall(r"^[\w-]+,([\w ]+),(Tea|Garden),", PAGE, re.MULTILINE)
    taste = dict(table)
    assert (tea[0][0], {taste[title] for title in because[0]}) == (because[0][0], {"Tea"})
    assert {taste[title] for title in because[1]} == {"Tea", "Garden"}


def test_every_block_of_the_tutorial_is_run() -> None:
    assert len(STEP.findall(PAGE)) == PAGE.count("```") / 2
