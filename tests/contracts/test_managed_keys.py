"""Keys over HTTP: a key manages those of its own shop that may do no more than itself."""

from datetime import timedelta

import httpx
import pytest

from shopkeeper.services.keys.service import NewKey
from tests.house import PAGE, House, shown

pytestmark = pytest.mark.anyio
READER = {"name": "reader", "scopes": ["events:read"]}
MANAGER = ["keys:write", "events:read"]


async def made(http: httpx.AsyncClient, key: NewKey, **body: object) -> httpx.Response:
    return await http.post("/v1/keys", json=body, headers=shown(key))


async def test_a_key_is_made_told_once_listed_replaced_and_revoked(house: House) -> None:
    manager = house.key(scopes=MANAGER)
    async with house.open() as http:
        created = await made(http, manager, **READER, days=1)
        key_id = created.json()["key"]["key_id"]
        rotated = await http.post(f"/v1/keys/{key_id}/rotate", json={"hours": 1}, headers=shown(manager))
        house.now += timedelta(seconds=1)
        tokens = [answer.json()["token"] for answer in (created, rotated)]
        works = [(await http.get("/v1/shoppers", headers={"X-API-Key": token})).status_code for token in tokens]
        revoked = await http.delete(f"/v1/keys/{key_id}", headers=shown(manager))
        house.now += timedelta(seconds=1)
        works += [(await http.get("/v1/shoppers", headers={"X-API-Key": token})).status_code for token in tokens]
        listed = await http.get("/v1/keys", headers=shown(manager))
    assert (created.status_code, rotated.status_code, revoked.status_code, works) == (
        201,
        201,
        200,
        [200, 200, 401, 200],
    )
    assert created.headers["cache-control"] == "no-store"
    told = {one["key_id"]: one for one in listed.json()["keys"]}
    own = told.pop(manager.key.key_id)
    assert (own["name"], own["scopes"]) == ("k", sorted(MANAGER))
    assert {(one["name"], *one["scopes"]) for one in told.values()} == {("reader", "events:read")}
    assert [one["key_id"] for one in told.values() if one["revoked_at"]] == [key_id]
    secrets = [token.split("_", 2)[2] for token in (*tokens, manager.token.get_secret_value())]
    assert [secret for secret in secrets if secret in listed.text + revoked.text] == []


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"name": "k", "scopes": ["catalog:write"]}, 403, "catalog:write"),
        ({"name": "k", "scopes": ["everything"]}, 422, "scopes"),
        ({"name": "k", "scopes": []}, 422, "scopes"),
        ({"name": "k\n", "scopes": ["events:read"]}, 422, "one line"),
        ({"name": "k", "scopes": ["events:read"], "kind": "publishable", "origins": [PAGE]}, 422, "cannot have"),
        ({"name": "k", "scopes": ["events:read"], "origins": [PAGE]}, 422, "never be in a page"),
    ],
)
async def test_what_cannot_be_made_is_refused(house: House, body: dict[str, object], status: int, says: str) -> None:
    manager = house.key(scopes=MANAGER)
    async with house.open() as http:
        answer = await made(http, manager, **body)
    assert (answer.status_code, len(house.keys.all())) == (status, 1)
    assert says in answer.json()["detail"]


async def test_a_key_that_may_do_more_is_not_touched(house: House) -> None:
    manager, stronger = house.key(scopes=MANAGER), house.key()
    path = f"/v1/keys/{stronger.key.key_id}"
    async with house.open() as http:
        told = [
            await http.post(f"{path}/rotate", json={}, headers=shown(manager)),
            await http.delete(path, headers=shown(manager)),
        ]
    assert [(answer.status_code, answer.json()["code"]) for answer in told] == [(403, "not_allowed")] * 2
    assert house.keys.get(stronger.key.key_id) == stronger.key


async def test_keys_of_another_shop_are_not_there(house: House) -> None:
    manager, tea = house.key(), house.key("tea")
    path = f"/v1/keys/{tea.key.key_id}"
    async with house.open() as http:
        listed = (await http.get("/v1/keys", headers=shown(manager))).json()["keys"]
        told = [
            (await http.delete(path, headers=shown(manager))).status_code,
            (await http.post(f"{path}/rotate", json={}, headers=shown(manager))).status_code,
        ]
        own = await made(http, tea, name="own", scopes=["events:read"])
    assert ([one["key_id"] for one in listed], told) == ([manager.key.key_id], [404, 404])
    assert house.keys.get(own.json()["key"]["key_id"]).shop == "tea"


async def test_the_first_key_is_not_made_over_http(house: House) -> None:
    async with house.open() as http:
        answer = await http.post("/v1/keys", json=READER)
    assert (answer.status_code, answer.json()["code"], house.keys.all()) == (403, "not_allowed", [])
