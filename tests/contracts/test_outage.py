"""A database that stops and comes back under load: lists go on, and events are stored once all the same."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event as Signal

import httpx
import pytest
from pydantic import SecretStr

from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.client import Client
from tests.contracts.conftest import fitted
from tests.postgres import PostgresServer, running
from tests.serving import serving

USER = "u1"


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """Return a PostgreSQL of its own, which may be stopped."""
    with running() as server:
        yield server


def test_an_outage_is_a_503_for_events_and_no_matter_for_lists(tmp_path: Path, database: PostgresServer) -> None:
    settings = Settings(store=tmp_path, database_url=SecretStr(database.url), catalog_fresh_s=0)
    with closing(open_shop(tmp_path, settings.database_url)) as shop:
        fitted(shop)
    ended, lists, posted = Signal(), list[httpx.Response](), list[httpx.Response]()
    tracked, lost = list[str](), list[str]()

    def ask(url: str) -> None:
        with httpx.Client(base_url=url) as http:
            while not ended.is_set():
                lists.append(http.get("/v1/recommendations", params={"user_id": USER}))

    def post(url: str) -> None:
        with httpx.Client(base_url=url) as http:
            while not ended.is_set():
                event = {"type": "view", "user_id": USER, "item_id": "i2", "event_id": f"p{len(posted)}"}
                posted.append(http.post("/v1/events", json={"events": [event]}))

    def track_until(status: int, reason: str) -> None:
        """Go on until new answers are such."""
        n_posted, n_lists = len(posted), len(lists)
        while not (
            any(one.status_code == status for one in posted[n_posted:])
            and any(one.json().get("reason") == reason for one in lists[n_lists:])
        ):
            tracked.append(client.view("i3", user_id=USER))
            ended.wait(0.002)

    with (
        serving(assemble(settings)) as url,
        Client(url, batch_events=20, batch_s=0.05, on_lost=lambda _, why: lost.append(why)) as client,
        ThreadPoolExecutor(3) as pool,
    ):
        jobs = [pool.submit(job, url) for job in (ask, ask, post)]
        try:
            for how in (signal.SIGINT, signal.SIGQUIT):
                track_until(201, "personal")
                database.stop(how)
                track_until(503, "popular")
                database.start()
            track_until(201, "personal")
        finally:
            ended.set()
        for job in jobs:
            job.result()
    assert {answer.status_code for answer in lists} == {200}
    refused = [answer for answer in posted if answer.status_code != 201]
    told = {(one.status_code, one.json()["code"], one.headers["retry-after"]) for one in refused}
    assert told == {(503, "unavailable", "1")}
    assert {one.headers["content-type"] for one in refused} == {"application/problem+json"}
    acknowledged = {f"p{number}" for number, answer in enumerate(posted) if answer.status_code == 201}
    with closing(open_shop(tmp_path, settings.database_url)) as shop:
        stored = shop.events.known_ids([*tracked, *(f"p{number}" for number in range(len(posted)))])
        assert (lost, {*tracked, *acknowledged} - stored, shop.events.count() - len(stored)) == ([], set(), 0)
