"""What docs/explanation/security.md says of OWASP's items is there, and so are the tests that it names."""

import logging
import re
from pathlib import Path

import httpx
import pytest

from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.testing.traces import traces
from tests.contracts.conftest import clock, memory_shop
from tests.house import House, shown

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "security.md").read_text()
LEVEL_2 = """1.1=2 1.2=9 1.3=11 1.4=3 1.5=2 2.1=3 2.2=3 2.3=4 2.4=1 3.2=2 3.3=4 3.4=6 3.5=5 3.7=2 4.1=3 4.2=1
4.3=2 4.4=4 5.1=1 5.2=3 5.3=2 5.4=3 6.1=3 6.2=12 6.3=4 6.4=4 6.5=5 6.6=3 6.8=4 7.1=3 7.2=4 7.3=2
7.4=5 7.5=2 7.6=2 8.1=2 8.2=3 8.3=1 8.4=1 9.1=3 9.2=4 10.1=2 10.2=2 10.3=4 10.4=11 10.5=5 10.6=2
10.7=3 11.1=2 11.2=3 11.3=3 11.4=4 11.5=1 11.6=1 12.1=3 12.2=2 12.3=4 13.1=1 13.2=5 13.3=2 13.4=5
14.1=2 14.2=4 14.3=3 15.1=3 15.2=3 15.3=7 16.1=1 16.2=5 16.3=4 16.4=3 16.5=3 17.1=1 17.2=4 17.3=2"""
"""ASVS 5.0.0, levels 1 and 2: section and how many of its first items."""


def rows() -> list[tuple[str, str]]:
    """Return the items of each row of the table, and what is said of them."""
    return [(found[1], found[2]) for found in re.finditer(r"^\| ([\d., –]+) \| (.*) \|$", PAGE, re.MULTILINE)]


def items(text: str) -> list[str]:
    """Return the items that a cell names: 1.2.3, 1.2.3–5, or 10.4 for a whole section of the standard."""
    found: list[str] = []
    sizes = {name: int(n) for name, n in (one.split("=") for one in LEVEL_2.split())}
    for part in filter(None, re.split(r",\s*", text.strip())):
        first, _, last = part.partition("–")
        section, _, number = first.rpartition(".")
        if section not in sizes:
            section, number, last = first, "1", str(sizes[first])
        found += [f"{section}.{n}" for n in range(int(number), int(last or number) + 1)]
    return found


def test_every_item_of_level_2_is_in_the_table_once() -> None:
    told = [item for cell, _ in rows() for item in items(cell)]
    sizes = (one.split("=") for one in LEVEL_2.split())
    assert sorted(told) == sorted(f"{section}.{n}" for section, size in sizes for n in range(1, int(size) + 1))


def test_the_tests_that_it_names_are_there() -> None:
    named = {name for _, said in rows() for name in re.findall(r"`(tests/[\w/.]+)`", said)}
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_row_has_a_test_or_a_reason() -> None:
    assert [cell for cell, said in rows() if not re.search(r"`tests/|\bNone\b|\bOpen\b|Yours", said)] == []


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v1/shoppers", "/", "/nowhere", "/shopkeeper.js", "/v1/recommendations?user_id=u"])
async def test_every_answer_has_the_headers_that_keep_browsers_in_check(tmp_path: Path, path: str) -> None:
    app = web_app(services_of(memory_shop(tmp_path), Settings(), clock=clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("cache-control")) == 1


@pytest.mark.anyio
async def test_neither_log_nor_store_holds_an_address(house: House, caplog: pytest.LogCaptureFixture) -> None:
    key = house.key()
    with caplog.at_level(logging.DEBUG):
        door = house.door()
        transport = httpx.ASGITransport(door, client=("203.0.113.77", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            headers = shown(key, **{"X-Forwarded-For": "198.51.100.88", "User-Agent": "browser-5511"})
            event = {"type": "view", "visitor_id": "visitor-9911", "item_id": "i1"}
            assert (await http.post("/v1/events", json={"events": [event]}, headers=headers)).status_code == 201
            await http.get("/v1/history?visitor_id=visitor-9911", headers=headers)
        await door.close()
    told = ["203.0.113.77", "198.51.100.88", "browser-5511"]
    lines = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("shopkeeper"))
    assert "/v1/history" in lines
    assert [one for one in (*told, "visitor-9911") if one in lines] == []
    assert traces(house.store, told) == {}
