"""Keys at the door of a running installation: who comes in, what for, and how often."""

import inspect
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from pydantic import SecretStr
from starlette.routing import BaseRoute

from shopkeeper.adapters.memory import MemoryKeyStore
from shopkeeper.app.assemble import Part, services_of, web_app
from shopkeeper.app.scopes import FOR_PAGES, NEEDED
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.app.threads import off_loop
from shopkeeper.data.keys import PUBLIC_SCOPES, SCOPES, Key
from shopkeeper.kit.errors import InvalidInput, NotFound, Unavailable
from shopkeeper.kit.signatures import Signature
from shopkeeper.services.keys.ring import KeyRing
from shopkeeper.services.keys.service import KeyService
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.web.door import Door
from tests.contracts.conftest import fitted, memory_shop
from tests.house import NOWHERE, PAGE, PAGE_EVENT, SECRET, VISITOR, House, ask, shown

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Origin": "http://localhost:5500"}, 200),
        ({"Host": "evil.example"}, 401),
        ({"Host": "[oops"}, 401),
        ({"Origin": "https://evil.example"}, 401),
        ({"Origin": "null"}, 401),
        ({"X-Shopkeeper-Shop": "tea"}, 401),
    ],
)
async def test_without_any_key_this_machine_alone_is_answered(
    house: House, headers: dict[str, str], status: int
) -> None:
    async with house.open() as http:
        answer = await http.get("/v1/shoppers", headers=headers)
    assert answer.status_code == status


async def test_without_any_key_another_machine_is_not_answered(house: House) -> None:
    transport = httpx.ASGITransport(house.door(), client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer, alive = await http.get("/v1/shoppers"), await http.get("/health/live")
    assert (answer.status_code, answer.json()["code"], alive.status_code) == (401, "no_key", 200)
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_first_key_closes_the_door_at_once(house: House) -> None:
    async with house.open() as http:
        before = (await http.get("/v1/shoppers")).status_code
        key = house.key()
        house.now += timedelta(seconds=1)
        told = [(await http.get("/v1/shoppers")).status_code, await ask(http, key)]
        by_name = await http.get("/v1/shoppers", headers={"X-API-Key": key.token.get_secret_value()})
    assert (before, told, by_name.status_code) == (200, [401, (200, "")], 200)


async def test_an_open_house_still_refuses_a_wrong_key(house: House) -> None:
    key = house.key()
    wrong = replace(key, token=SecretStr(key.token.get_secret_value()[:-1] + "~"))
    async with house.open(host="0.0.0.0", open=True) as http:
        assert (await http.get("/v1/shoppers", headers={"Host": "shop.example"})).status_code == 200
        assert await ask(http, wrong) == (401, "unknown_key")


async def test_a_key_ends_when_it_is_revoked_expires_or_was_rotated(house: House) -> None:
    async with house.open() as http:
        revoked, expiring = house.key(), house.keys.create("k", lasts=timedelta(hours=2))
        rotated = house.key(scopes=["events:read"])
        house.now += timedelta(seconds=2)
        before = [await ask(http, one) for one in (revoked, expiring, rotated)]
        house.keys.revoke(revoked.key.key_id)
        successor = house.keys.rotate(rotated.key.key_id, timedelta(hours=1))
        house.now += timedelta(minutes=59)
        in_grace = [await ask(http, one) for one in (revoked, expiring, rotated, successor)]
        house.now += timedelta(minutes=61)
        after = [await ask(http, one) for one in (revoked, expiring, rotated, successor)]
        products = await ask(http, successor, "/v1/products")
    works, ended = (200, ""), (401, "key_ended")
    assert (before, in_grace) == ([works] * 3, [ended, works, works, works])
    assert (after, products) == ([ended, ended, ended, works], (403, "missing_scope"))


async def test_what_works_no_longer_cannot_be_rotated(house: House) -> None:
    key = house.key().key
    house.keys.revoke(key.key_id)
    with pytest.raises(InvalidInput, match="works no longer"):
        house.keys.rotate(key.key_id, timedelta())
    with pytest.raises(NotFound, match="keys list"):
        house.keys.revoke("none")


@pytest.mark.parametrize("token", ["", "sk_", "sk__", "nonsense", "sk_{id}_", "sk_{id}_wrong", "pk_{id}_{secret}", "é"])
async def test_what_is_no_key_is_refused(house: House, token: str) -> None:
    _, key_id, secret = house.key().token.get_secret_value().split("_", 2)
    told = f"Bearer {token.format(id=key_id, secret=secret)}".encode()
    async with house.open() as http:
        answer = await http.get("/v1/shoppers", headers=[(b"Authorization", told)])
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Origin": PAGE}, (200, "")),
        ({"Sec-Fetch-Site": "same-origin"}, (200, "")),
        ({}, (403, "wrong_origin")),
        ({"Origin": "https://evil.example"}, (403, "wrong_origin")),
        ({"Origin": f"{PAGE}.evil.example"}, (403, "wrong_origin")),
        ({"Origin": "http://shop.example"}, (403, "wrong_origin")),
        ({"Origin": "null"}, (403, "wrong_origin")),
        ({"Sec-Fetch-Site": "cross-site"}, (403, "wrong_origin")),
    ],
)
async def test_a_publishable_key_serves_its_own_pages(
    house: House, headers: dict[str, str], told: tuple[int, str]
) -> None:
    with closing(open_shop(house.store)) as shop:
        fitted(shop)
    async with house.open() as http:
        house.now += timedelta(seconds=1)
        key = house.page_key()
        house.now += timedelta(seconds=1)
        assert await ask(http, key, f"/v1/recommendations?visitor_id={VISITOR}", **headers) == told
        assert (await ask(http, key, **headers))[0] == 403


async def test_only_the_pages_of_a_key_may_read_its_answers(house: House) -> None:
    key = house.page_key()
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with house.open() as http:
        may, may_not = [
            await http.options("/v1/events", headers=asked | {"Origin": origin}) for origin in (PAGE, "https://evil")
        ]
        answer = await http.post("/v1/events", json={"events": [PAGE_EVENT]}, headers=shown(key, Origin=PAGE))
        refused = await http.post("/v1/events", json={}, headers=shown(key, Origin="https://evil"))
        secret = await http.get("/v1/shoppers", headers=shown(house.key(), Origin=PAGE))
    assert (may.status_code, may_not.status_code, answer.status_code) == (204, 403, 201)
    allowed = [one.headers.get("access-control-allow-origin") for one in (may, may_not, answer, refused, secret)]
    assert allowed == [PAGE, None, PAGE, None, None]


def test_a_publishable_key_has_origins_and_can_have_little() -> None:
    keys = KeyService(MemoryKeyStore(), lambda: NOW)
    for origin in ("*", "shop.example", "https://shop.example/path", "https://", "ftp://a", "https://a:x", "null"):
        with pytest.raises(InvalidInput, match="is no origin"):
            keys.create("p", "publishable", origins=[origin])
    with pytest.raises(InvalidInput, match="name their origin"):
        keys.create("p", "publishable")
    for scope in SCOPES - PUBLIC_SCOPES:
        with pytest.raises(InvalidInput, match=f"cannot have {scope}"):
            keys.create("p", "publishable", origins=[PAGE], scopes=[scope])
    with pytest.raises(InvalidInput, match="never be in a page"):
        keys.create("s", origins=[PAGE])
    made = keys.create("p", "publishable", origins=["HTTPS://Shop.Example:443/", PAGE, "http://[::1]:80"])
    assert (made.key.origins, made.key.scopes) == ((PAGE, "http://[::1]"), PUBLIC_SCOPES)


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Return the method and path of each route, those of included routers too."""
    for route in routes:
        if router := getattr(route, "original_router", None):
            yield from routes_of(router.routes)
        else:
            methods: set[str] = getattr(route, "methods", None) or {"any method"}
            yield from ((method, getattr(route, "path", repr(route))) for method in methods - {"HEAD"})


def test_every_route_says_what_it_needs(tmp_path: Path) -> None:
    keys = KeyService(MemoryKeyStore(), lambda: NOW)
    app = web_app(services_of(memory_shop(tmp_path), Settings()), keys=keys)
    # What answers for all that is not there must not make room for what will be.
    known = {(method, path.rstrip("/") or "/") for method, path in routes_of(app.routes) if "{rest:path}" not in path}
    assert sorted(known ^ NEEDED.keys()) == [], "app/scopes.py must have these, and no others"


async def test_a_route_needs_its_scope_and_one_that_says_nothing_needs_all(house: House) -> None:
    without = {scope: house.key(scopes=sorted(SCOPES - {scope})) for scope in SCOPES}
    page, everything = house.page_key(), house.key()
    async with house.open() as http:
        for (method, path), scope in NEEDED.items():
            address = path.replace("{", "").replace("}", "").replace(":path", "")
            if scope is None:
                assert (await http.request(method, address)).status_code in (200, 404, 503)
                continue
            told = [
                (await http.request(method, address, headers=headers)).status_code
                for headers in ({}, shown(without[scope]), shown(page, Origin=PAGE))
            ]
            assert told[:2] == [401, 403], path
            assert (told[2] == 403) is ((method, path) not in FOR_PAGES), path
        for one in without.values():
            assert await ask(http, one, "/v1/of-tomorrow") == (403, "missing_scope")
        assert await ask(http, everything, "/v1/of-tomorrow") == (404, "no_such_route")


@pytest.mark.parametrize("part", [None, "gateway", "events"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example", ""])
async def test_where_others_can_come_in_a_key_is_needed_first(house: House, host: str, part: Part | None) -> None:
    elsewhere = {
        f"{part}_url": NOWHERE
        for part in ("catalog", "recommendations", "models", "events", "insights", "predictions", "coupons", "people")
    }
    with pytest.raises(InvalidInput, match=r"shopkeeper keys create .*SHOPKEEPER_OPEN=true"):
        house.door(part, host=host, **elsewhere)
    house.door(part, host=host, open=True, **elsewhere)
    house.keys.revoke(house.key().key.key_id)
    house.door(part, host=host, **elsewhere)


async def test_who_asks_too_often_is_told_when_to_go_on(house: House) -> None:
    keys = house.key(), house.key()
    async with house.open(rate_key=0.001) as http:
        told = [await ask(http, key) for key in (*keys, *keys)]
        late = await http.get("/v1/shoppers", headers=shown(keys[0]))
        alive = await http.get("/health/live", headers=shown(keys[0]))
    assert told == [(200, ""), (200, ""), (429, "too_many_requests"), (429, "too_many_requests")]
    assert (990 < int(late.headers["retry-after"]) <= 1000, alive.status_code) == (True, 200)


async def test_an_address_with_a_publishable_key_is_held_back_alone(house: House) -> None:
    key, door = house.page_key(), house.door(rate_address=0.001)
    told = []
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "unknown"):
        transport = httpx.ASGITransport(door, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            answer = await http.post("/v1/events", json={"events": [PAGE_EVENT]}, headers=shown(key, Origin=PAGE))
            told.append(answer.status_code)
    assert told == [201, 429, 201, 201, 429, 201, 201]


async def test_nothing_that_is_written_or_told_holds_a_secret(house: House, caplog: pytest.LogCaptureFixture) -> None:
    keys = [house.key(), house.key("tea", scopes=["events:read"]), house.page_key()]
    internal = SecretStr(SECRET)
    told = [repr(keys), repr(house.settings.model_copy(update={"internal_secret": internal})), str(house.keys.all())]
    with caplog.at_level(logging.DEBUG):
        async with house.open(internal_secret=internal) as http:
            for key in keys:
                for path in ("/v1/shoppers", "/v1/recommendations?user_id=u", "/nowhere", "/metrics", "/openapi.json"):
                    answer = await http.get(path, headers=shown(key))
                    told += [answer.text, str(answer.headers)]
            house.keys.revoke(keys[0].key.key_id)
            house.now += timedelta(seconds=1)
            told.append((await http.get("/v1/shoppers", headers=shown(keys[0]))).text)
    everything = "".join(told) + caplog.text
    hidden = [key.token.get_secret_value().split("_", 2)[2] for key in keys] + [SECRET]
    hidden += [repr(key.key.digest) for key in keys] + [key.key.digest.hex() for key in keys]
    assert [secret for secret in hidden if secret in everything] == []
    assert "/v1/shoppers" in everything


def test_only_a_hash_of_a_key_is_kept_and_compared_in_constant_time(house: House) -> None:
    token = house.key().token.get_secret_value()
    kept = b"".join(path.read_bytes() for path in house.store.glob("shop.sqlite*"))
    assert token.split("_", 2)[2].encode() not in kept
    assert len(token.split("_", 2)[2]) >= 43
    for compares in (Key.is_of, Door._admitted, Signature.vouches):
        assert "compare_digest" in inspect.getsource(compares)


async def test_the_time_of_use_is_kept_to_the_hour(house: House) -> None:
    key = house.key()
    async with house.open() as http:
        times = []
        for minutes in (0, 10, 100):
            house.now = NOW + timedelta(minutes=minutes)
            await ask(http, key)
            house.now += timedelta(seconds=1)
            await ask(http, key)
            times.append(house.keys.get(key.key.key_id).used_at)
    first, third = (NOW + timedelta(minutes=minutes, seconds=1) for minutes in (0, 100))
    assert times == [first, first, third]


async def test_who_comes_while_keys_are_read_again_waits_for_them() -> None:
    now, store = [NOW], MemoryKeyStore()
    keys = KeyService(store, lambda: now[0])
    made = keys.create("k")
    ring = KeyRing(store, lambda: now[0], off_loop)
    keys.revoke(made.key.key_id)
    now[0] += timedelta(hours=1)
    works: list[bool] = []

    async def come() -> None:
        await ring.freshen()
        key = ring.find(made.token.get_secret_value())
        works.append(key is None or key.works(now[0]))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(come)
    assert works == [False] * 5


async def test_keys_are_known_while_the_database_is_silent() -> None:
    class Silent(MemoryKeyStore):
        is_silent = False

        def all(self) -> list[Key]:
            if self.is_silent:
                raise Unavailable("silent")
            return super().all()

    now = [NOW]
    store = Silent()
    made = KeyService(store, lambda: now[0]).create("k")
    ring = KeyRing(store, lambda: now[0], off_loop)
    store.is_silent = True
    now[0] += timedelta(hours=1)
    await ring.freshen()
    assert ring.find(made.token.get_secret_value()) == made.key
