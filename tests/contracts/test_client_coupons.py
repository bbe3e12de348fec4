"""`shopkeeper.client`, both of them, buys with coupons from a running shop."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from pydantic import BaseModel

from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.client import ApiError, AsyncClient, Cart, CartLine, Client, CouponAnswer, IssueAnswer, ReverseAnswer
from shopkeeper.client import coupons as answers
from shopkeeper.services.coupons import contract
from shopkeeper.testing.coupons_suite import PUBLIC, TENTH, campaign
from tests.contracts.conftest import clock, memory_shop
from tests.serving import serving

CART: Cart = {"currency": "EUR", "lines": [{"item_id": "tea", "quantity": 2, "unit_minor": 500}], "shipping_minor": 290}


@pytest.fixture(scope="module")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    shop = memory_shop(tmp_path_factory.mktemp("shop"))
    with serving(web_app(services_of(shop, Settings(), clock=clock))) as url:
        for name in ("one", "other"):
            made = campaign(name).model_dump(mode="json", exclude_none=True)
            httpx.post(f"{url}/v1/coupons/campaigns", json=made).raise_for_status()
        yield url


def test_an_order_is_reserved_paid_and_sent_back(shop_url: str) -> None:
    with Client(shop_url) as shop:
        issued = shop.issue_coupons("one", "tenth", shopper_ids=["ann", "bob"])
        codes = [one.code for one in issued.coupons]
        seen = shop.validate_coupons(codes[:1], CART, shopper_id="ann")
        held = shop.reserve_coupons("1", codes[:1], CART, shopper_id="ann", minutes=5)
        freed = shop.release_coupons("1")
        used = shop.redeem_coupons("1", codes[:1], CART, shopper_id="ann", key="1")
        again = shop.redeem_coupons("1", codes[:1], CART, shopper_id="ann", key="1")
        back = shop.reverse_order("1", {"tea": 1}, shipping=False)
        with pytest.raises(ApiError, match="each request needs its own") as caught:
            shop.redeem_coupons("2", codes[1:], CART, shopper_id="bob", key="1")
    assert (seen.state, held.state, freed.state, used.state) == ("valid", "reserved", "released", "redeemed")
    assert (used.off_minor, used.to_pay_minor, used.lines[0].text, again) == (100, 1190, "10 % off", used)
    assert (back.state, back.refund_minor, back.is_whole) == ("reversed", 450, False)
    assert (caught.value.status, caught.value.code) == (422, "key_reused")


def test_awaited_it_is_the_same(shop_url: str) -> None:
    async def buy() -> tuple[CouponAnswer, CouponAnswer, CouponAnswer, ReverseAnswer]:
        async with AsyncClient(shop_url) as shop:
            issued = await shop.issue_coupons("other", "tenth", count=2)
            codes = [one.code for one in issued.coupons]
            await shop.reserve_coupons("3", codes[:1], CART)
            await shop.release_coupons("3")
            seen = await shop.validate_coupons(["none", codes[0]], CART)
            await shop.reserve_coupons("3", codes[:1], CART)
            used = await shop.redeem_coupons("3")
            refused = await shop.redeem_coupons("4", codes[:1], CART)
            return seen, used, refused, await shop.reverse_order("3")

    seen, used, refused, back = asyncio.run(buy())
    assert [(one.place, one.reason) for one in seen.refusals] == [(0, "unknown_code")]
    assert (used.state, back.refund_minor, back.is_whole) == ("redeemed", used.to_pay_minor, True)
    assert (refused.state, refused.refusals[0].reason) == ("refused", "already_redeemed")


def test_who_is_offered_what_is_asked_and_its_coupon_issued(shop_url: str) -> None:
    made = campaign("drawn", TENTH, PUBLIC).model_dump(mode="json", exclude_none=True)
    httpx.post(f"{shop_url}/v1/coupons/campaigns", json=made).raise_for_status()
    people = [f"p{n}" for n in range(200)]

    async def ask() -> answers.DecideAnswer:
        async with AsyncClient(shop_url) as shop:
            return await shop.decide_coupons(people, campaign_id="drawn", opted_out=people[:1])

    with Client(shop_url) as shop:
        told = shop.decide_coupons(people, campaign_id="drawn", opted_out=people[:1])
        given = {one.shopper_id: one.decision_id for one in told.decisions if one.offer_id}
        issued = shop.issue_coupons("drawn", "tenth", decisions=given)
        again = shop.issue_coupons("drawn", "tenth", decisions=given)
    assert asyncio.run(ask()) == told
    assert (told.decisions[0].decision_id, told.open_to_all) == (None, {"drawn": ["open"]})
    assert {one.shopper_id for one in issued.coupons} == given.keys()
    assert ([*again.coupons], {one.reason for one in again.refusals}) == ([], {"decision_used"})


PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (answers.Reduction, contract.Reduction),
    (answers.Refusal, contract.RefusalOut),
    (CouponAnswer, contract.CouponAnswer),
    (answers.Back, contract.BackOut),
    (ReverseAnswer, contract.ReverseAnswer),
    (answers.IssuedCoupon, contract.IssuedCoupon),
    (IssueAnswer, contract.IssueAnswer),
    (answers.DecisionOut, contract.DecisionOut),
    (answers.DecideAnswer, contract.DecideAnswer),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_the_client_knows_the_fields_of_the_service(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert ours.model_fields.keys() == theirs.model_fields.keys()


def test_the_client_knows_what_a_cart_is() -> None:
    assert Cart.__annotations__.keys() == contract.CartIn.model_fields.keys()
    assert CartLine.__annotations__.keys() == contract.CartLineIn.model_fields.keys()
