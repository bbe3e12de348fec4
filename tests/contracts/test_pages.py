"""What a key that stands in pages may say and ask: of its own visitor, and of the customer whom the shop signed."""

import hmac
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest
from pydantic import HttpUrl, SecretStr
from starlette.requests import Request

from shopkeeper.app.stores import open_shop
from shopkeeper.client import sign_user
from shopkeeper.data.events import PAGE_PREFIX
from shopkeeper.kit.errors import InvalidInput, NotForPages, NotSigned
from shopkeeper.services.events import public as public_events
from shopkeeper.services.events.contract import EventBatch
from shopkeeper.services.keys.service import NewKey
from shopkeeper.services.recommendations import public as public_lists
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.web.gate import GRANT, Grant
from shopkeeper.web.shopper import Asker
from tests.contracts.conftest import fitted
from tests.house import EVENT, NOWHERE, PAGE, PAGE_EVENT, SECRET, VISITOR, House, shown
from tests.serving import serving

pytestmark = pytest.mark.anyio

USER = "Ünal 17850"
LISTS = ("/v1/recommendations", "/v1/items/i3/similar", "/v1/items/i3/bought-together")


@pytest.fixture
def house(house: House) -> Iterator[House]:
    """Return an installation whose models are fitted, with a customer who bought things."""
    with closing(open_shop(house.store)) as shop:
        fitted(shop)
    yield house


def signature(key: NewKey, user: str = USER, *, hours: float = 1) -> str:
    return sign_user(user, NOW + timedelta(hours=hours), api_key=key.token.get_secret_value())


def of_page(key: NewKey, signed: str = "") -> dict[str, str]:
    return shown(key, Origin=PAGE) | ({"X-User-Signature": signed} if signed else {})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def history(http: httpx.AsyncClient, key: NewKey, **who: str) -> list[dict[str, object]]:
    events: list[dict[str, object]] = (await http.get("/v1/history", params=who, headers=shown(key))).json()["events"]
    return events


async def test_a_page_is_answered_for_a_customer_whom_the_shop_signed_and_for_no_other(house: House) -> None:
    key, page = house.key(), house.page_key()
    unsigned, event = (403, "user_not_signed"), PAGE_EVENT | {"user_id": USER}
    async with house.open() as http:
        for signed, expected in (("", unsigned), (signature(key, "u2"), unsigned), (signature(key), (200, ""))):
            headers = of_page(page, signed)
            for path in LISTS:
                assert told(await http.get(path, params={"user_id": USER}, headers=headers)) == expected
            answer = await http.post(LISTS[0], json={"user_id": USER, "visitor_id": VISITOR}, headers=headers)
            assert told(answer) == expected
            answer = await http.post("/v1/events", json={"events": [event], "partial": True}, headers=headers)
            assert told(answer) == ((201, "") if expected == (200, "") else unsigned)
        stored = await history(http, key, user_id=USER)
    assert [one["visitor_id"] for one in stored] == [VISITOR]


async def test_a_refusal_says_what_is_wrong_and_what_to_do(house: House) -> None:
    key, page, weak = house.key(), house.page_key(), house.key(scopes=["events:write", "events:read"])
    revoked, of_tea = house.key(), house.key("tea")
    house.keys.revoke(revoked.key.key_id)
    forged = signature(key)
    wrong = {
        "": "there is no X-User-Signature",
        "17850": "is no signature",
        "a.b.c": "is no signature",
        f"{page.key.key_id}.9999999999.00": "no secret key of this shop",
        "none.9999999999.00": "no secret key of this shop",
        signature(revoked): "no secret key of this shop",
        signature(of_tea): "no secret key of this shop",
        signature(weak): "has not events:write and recommendations:read",
        signature(key, hours=-0.001): "has expired",
        signature(key, "u2"): "of another user_id",
        forged[:-1] + ("0" if forged[-1] != "0" else "1"): "of another user_id",
        forged.replace(".17", ".18"): "of another user_id",
    }
    async with house.open() as http:
        for signed, why in wrong.items():
            answer = await http.post(LISTS[0], json={"user_id": USER}, headers=of_page(page, signed))
            assert told(answer) == (403, "user_not_signed"), signed
            assert (why in answer.json()["detail"], "on your server" in answer.json()["detail"]) == (True, True)
            assert (await http.post(LISTS[0], json={"visitor_id": VISITOR}, headers=of_page(page, signed))).is_success
        # What was good is so until its time and no longer, and a key that was replaced still vouches in its grace.
        house.keys.rotate(key.key.key_id, timedelta(minutes=30))
        for minutes, status in ((29, 200), (31, 403)):
            house.now = NOW + timedelta(minutes=minutes)
            answer = await http.post(LISTS[0], json={"user_id": USER}, headers=of_page(page, forged))
            assert answer.status_code == status


@pytest.mark.parametrize("who", [USER, "guest:536365", "web-1", "0123456789abcdef" * 2, f"{VISITOR}0", VISITOR.upper()])
async def test_a_page_names_only_visitors_that_nobody_can_guess(house: House, who: str) -> None:
    key, page = house.key(), house.page_key()
    async with house.open() as http:
        for path in LISTS:
            answer = await http.get(path, params={"visitor_id": who}, headers=of_page(page))
            assert told(answer) == (403, "not_for_pages")
        for name in ("visitor_id", "session_id"):
            answer = await http.post(LISTS[0], json={name: who}, headers=of_page(page, signature(key)))
            assert told(answer) == (403, "not_for_pages")
        answer = await http.post("/v1/events", json={"events": [EVENT | {"visitor_id": who}]}, headers=of_page(page))
        assert (told(answer), await history(http, key, visitor_id=who)) == ((403, "not_for_pages"), [])


async def test_the_next_page_of_a_list_is_of_the_same_person(house: House) -> None:
    page = house.page_key()
    theirs = urlsafe_b64encode(zlib.compress(json.dumps([{"user_id": USER, "n": 2}, []]).encode())).decode()
    async with house.open() as http:
        answer = await http.post(LISTS[0], json={"next": theirs}, headers=of_page(page))
        first = await http.get(LISTS[0], params={"visitor_id": VISITOR, "n": 2}, headers=of_page(page))
        second = await http.post(LISTS[0], json={"next": first.json()["next"]}, headers=of_page(page))
    assert (told(answer), told(second)) == ((403, "user_not_signed"), (200, ""))


async def test_a_page_is_told_what_the_shop_shows_to_everybody(house: House) -> None:
    key, page = house.key(), house.page_key()
    wish = {"visitor_id": VISITOR, "return_fields": sorted(public_lists.PUBLIC)}
    async with house.open() as http:
        answers = [await http.post(LISTS[0], json=wish, headers=one) for one in (of_page(page), shown(key))]
        hidden = {"return_fields": ["tags"]}, {"return_fields": ["margin"]}, {"filter": "price > 1"}, {"boost": "price"}
        refused = [told(await http.post(LISTS[0], json=wish | one, headers=of_page(page))) for one in hidden]
    theirs, ours = (answer.json()["items"][0] for answer in answers)
    assert (ours.keys() - theirs.keys(), theirs.keys() - ours.keys()) == ({"score", "source", "rules"}, set())
    assert (theirs["fields"], refused) == (ours["fields"], [(403, "not_for_pages")] * 4)


async def test_what_a_page_says_is_marked_and_takes_no_place_of_what_others_say(house: House) -> None:
    key, page, other = house.key(), house.page_key(), VISITOR[:-1] + "0"
    bought = PAGE_EVENT | {"type": "purchase", "event_id": "order-1042-0"}
    async with house.open() as http:
        for event in (bought, bought, bought | {"visitor_id": other}):
            assert (await http.post("/v1/events", json={"events": [event]}, headers=of_page(page))).status_code == 201
        await http.post("/v1/events", json={"events": [bought]}, headers=shown(key))
        stored = [*await history(http, key, visitor_id=VISITOR), *await history(http, key, visitor_id=other)]
    with closing(open_shop(house.store)) as shop:
        events = [*shop.events.history(VISITOR), *shop.events.history(other)]
    assert sorted(one.is_of_page for one in events) == [False, True, True]
    assert sorted(str(one["event_id"]).startswith(PAGE_PREFIX) for one in stored) == [False, True, True]


async def test_a_page_adds_no_products_and_asks_no_other_service(house: House) -> None:
    page = house.page_key()
    async with house.open() as http:
        body = {"events": [PAGE_EVENT | {"item_id": "new"}], "create_products": True}
        refused = [
            await http.post("/v1/events", json=body, headers=of_page(page)),
            await http.post("/v1/events/ga4", json={}, headers=of_page(page)),
            await http.post("/v1/events/segment", json={}, headers=of_page(page)),
            await http.put("/api/feedback", json=[], headers=of_page(page)),
            await http.get(f"/api/recommend/{USER}", headers=of_page(page)),
            await http.get("/api/popular", headers=of_page(page)),
        ]
    assert {told(answer) for answer in refused} == {(403, "not_for_pages")}


async def test_a_gateway_asks_for_the_signature_too(house: House) -> None:
    internal, key, page = SecretStr(SECRET), house.key(), house.page_key()
    event = PAGE_EVENT | {"user_id": USER}
    with serving(house.door("events", internal_secret=internal)) as url:
        settings: dict[str, object] = {
            f"{part}_url": NOWHERE
            for part in ("catalog", "recommendations", "models", "insights", "predictions", "coupons", "people")
        }
        async with house.open("gateway", **settings, events_url=HttpUrl(url), internal_secret=internal) as http:
            answers = [
                await http.post("/v1/events", json={"events": [event]}, headers=of_page(page, signed))
                for signed in ("", signature(key))
            ]
            stored = await history(http, key, user_id=USER)
        async with httpx.AsyncClient(base_url=url) as direct:
            past_it = await direct.post("/v1/events", json={"events": [event]}, headers=of_page(page))
    assert [told(answer) for answer in (*answers, past_it)] == [
        (403, "user_not_signed"),
        (201, ""),
        (403, "user_not_signed"),
    ]
    assert [str(one["event_id"]).startswith(PAGE_PREFIX) for one in stored] == [True]


async def test_a_browser_may_send_the_signature(house: House) -> None:
    house.page_key()
    asked = {"Access-Control-Request-Method": "POST", "Origin": PAGE}
    async with house.open() as http:
        answer = await http.options("/v1/events", headers=asked)
    assert "X-User-Signature" in answer.headers["access-control-allow-headers"]


def asker(house: House, key: NewKey | None) -> Asker:
    grant = Grant(key=key.key, origin=PAGE) if key else Grant()
    return Asker(Request({"type": "http", GRANT: grant}))


def test_the_rules_hold_for_the_objects_as_they_do_over_http(house: House) -> None:
    theirs, ours = asker(house, house.page_key()), asker(house, house.key())
    batch, wish = EventBatch.model_validate({"events": [EVENT]}), RecommendRequest(user_id=USER, filter="price > 1")
    assert public_events.told_by(ours, batch) == public_events.told_by(asker(house, None), batch) == batch
    public_lists.check(ours, wish)
    with pytest.raises(NotForPages, match="no visitor"):
        public_events.told_by(theirs, batch)
    with pytest.raises(NotSigned, match="signature"):
        public_lists.check(theirs, wish)


def test_a_signature_is_what_the_guide_says(house: House) -> None:
    key = house.key()
    token = key.token.get_secret_value()
    until = int((NOW + timedelta(hours=1)).timestamp())
    code = hmac.new(sha256(token.encode()).digest(), f"{until}.{USER}".encode(), sha256).hexdigest()
    assert (
        signature(key)
        == house.keys.sign(key.key.key_id, USER, timedelta(hours=1))
        == f"{token.split('_')[1]}.{until}.{code}"
    )


def test_only_a_secret_key_that_works_signs(house: House) -> None:
    page, weak, revoked = house.page_key(), house.key(scopes=["events:write"]), house.key()
    house.keys.revoke(revoked.key.key_id)
    for key in (page, weak, revoked):
        with pytest.raises(InvalidInput, match="What signs is a secret key"):
            house.keys.sign(key.key.key_id, USER, timedelta(hours=1))
    for token in (page.token.get_secret_value(), "", "sk_1"):
        with pytest.raises(InvalidInput, match="secret key"):
            sign_user(USER, NOW, api_key=token)
    with pytest.raises(InvalidInput, match="no time zone"):
        sign_user(USER, NOW.replace(tzinfo=None), api_key=weak.token.get_secret_value())
