"""Several shops behind one door: a key leads to its own, and nothing else does."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import HttpUrl, SecretStr

from shopkeeper.app import shops
from shopkeeper.app.assemble import PORTS
from shopkeeper.app.settings import Settings
from shopkeeper.kit.errors import InvalidInput
from tests.house import EVENT, NOWHERE, SECRET, House, ask, shown
from tests.postgres import PostgresServer
from tests.serving import serving

pytestmark = pytest.mark.anyio


async def test_a_key_leads_to_its_shop_whatever_else_is_said(house: House) -> None:
    ours, theirs = house.key(), house.key("tea")
    hints = {"X-Shopkeeper-Shop": "tea", "X-Forwarded-Host": "tea"}
    async with house.open() as http:
        await http.post("/v1/events?shop=tea", json={"events": [EVENT]}, headers=shown(ours, **hints))
        told = [
            (await http.get("/v1/history?visitor_id=v", headers=shown(key, **hints))).json()["events"]
            for key in (ours, theirs)
        ]
        metrics = (await http.get("/metrics", headers=shown(theirs))).text
    assert [len(events) for events in told] == [1, 0]
    assert ('method="GET"' in metrics, 'method="POST"' in metrics) == (True, False)


async def test_shops_in_one_postgresql_are_apart(tmp_path: Path, postgres: PostgresServer) -> None:
    shops.create(tmp_path, "tea")
    settings = Settings(store=tmp_path, database_url=SecretStr(postgres.new_database()))
    with closing(House(tmp_path, settings)) as house:
        keys = [house.key(), house.key("tea")]
        async with house.open() as http:
            for key in keys:
                await http.post("/v1/events", json={"events": [EVENT | {"item_id": key.key.shop}]}, headers=shown(key))
            told = [(await http.get("/v1/history?visitor_id=v", headers=shown(key))).json()["events"] for key in keys]
    assert [[event["item_id"] for event in events] for events in told] == [["default"], ["tea"]]


async def test_a_shop_that_is_gone_is_not_found(house: House) -> None:
    key = house.key("coffee")
    async with house.open() as http:
        assert await ask(http, key) == (404, "not_found")


async def test_shops_are_closed_and_opened_again_as_they_are_asked_for(house: House) -> None:
    names = ["tea", "coffee", "cocoa"]
    for name in names[1:]:
        shops.create(house.store, name)
    keys = {name: house.key(name) for name in names}
    async with house.open(open_shops=1) as http:
        for turn in range(2):
            for name in names:
                event = EVENT | {"item_id": f"{name}-{turn}"}
                answer = await http.post("/v1/events", json={"events": [event]}, headers=shown(keys[name]))
                assert answer.status_code == 201
        told = {
            name: [
                event["item_id"]
                for event in (await http.get("/v1/history?visitor_id=v", headers=shown(key))).json()["events"]
            ]
            for name, key in keys.items()
        }
    assert told == {name: [f"{name}-1", f"{name}-0"] for name in names}


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 200), ("t" * 32, 503), (None, 503)])
async def test_a_gateway_asks_services_for_the_shop_of_the_key(house: House, secret: str | None, status: int) -> None:
    keys = [house.key(), house.key("tea")]
    told = []
    with serving(house.door("events", internal_secret=SecretStr(SECRET))) as url:
        settings: dict[str, object] = {f"{part}_url": NOWHERE for part in PORTS if part not in ("gateway", "events")}
        settings |= {"events_url": HttpUrl(url), "internal_secret": SecretStr(secret) if secret else None}
        async with house.open("gateway", **settings) as http:
            for key in keys:
                await http.post("/v1/events", json={"events": [EVENT | {"item_id": key.key.shop}]}, headers=shown(key))
                answer = await http.get("/v1/history?visitor_id=v", headers=shown(key))
                told.append((answer.status_code, [one["item_id"] for one in answer.json().get("events", [])]))
                assert status == 200 or "SHOPKEEPER_INTERNAL_SECRET" in answer.text
    assert told == [(status, [key.key.shop] if status == 200 else []) for key in keys]


@pytest.mark.parametrize("name", ["", "Tea", "../tea", "1tea", "t" * 41, "te-a", "default", "tea"])
def test_a_name_that_cannot_be_a_shop_is_refused(house: House, name: str) -> None:
    with pytest.raises(InvalidInput):
        shops.create(house.store, name)
    assert shops.names(house.store) == ["default", "tea"]


async def test_a_copy_of_a_shop_is_not_taken_for_another(house: House) -> None:
    shutil.copytree(house.store / "shops" / "tea", house.store / "shops" / "coffee")
    key = house.key("coffee")
    async with house.open() as http:
        assert await ask(http, key) == (404, "not_found")
    shops.create(house.store, "coffee")
    assert shops.schema_of(shops.folder_of(house.store, "coffee")) == "shopkeeper_coffee"


def test_a_shop_has_a_schema_of_its_own_wherever_its_folder_is(house: House) -> None:
    folder = (house.store / "shops" / "tea").rename(house.store / "moved")
    assert (shops.schema_of(house.store), shops.schema_of(folder)) == ("shopkeeper", "shopkeeper_tea")
