"""What the coupons service must do, whether it is called in this process or over HTTP.

Subclass with pytest fixtures for the catalogue and the coupons of one empty shop whose clock stands at `NOW`.
"""

from datetime import timedelta

import pytest

from shopkeeper.kit.errors import InvalidInput, KeyReused, NotFound, TooManyFailures
from shopkeeper.services.catalog.contract import Catalog, ProductModel, Products
from shopkeeper.services.coupons.contract import (
    CampaignModel,
    CartIn,
    CartLineIn,
    CouponAnswer,
    Coupons,
    DecideFor,
    DecideRequest,
    IssueRequest,
    IssueTo,
    OfferModel,
    ReachModel,
    RedeemRequest,
    ReleaseRequest,
    ReserveRequest,
    ReturnLine,
    ReverseAnswer,
    ReverseRequest,
    ValidateRequest,
)
from shopkeeper.testing.contract_suite import NOW

TENTH = OfferModel(offer_id="tenth", kind="percent", percent_bp=1000)
PUBLIC = OfferModel(offer_id="open", kind="percent", percent_bp=500, public=True)
CART = CartIn(
    currency="EUR",
    lines=[CartLineIn(item_id="tea", quantity=3, unit_minor=333), CartLineIn(item_id="mug", unit_minor=1001)],
    shipping_minor=490,
)
"""Goods of 20.00 and shipping."""


def campaign(campaign_id: str = "spring", *offers: OfferModel, **changes: object) -> CampaignModel:
    """Return one of ten percent off, and a large budget."""
    told = CampaignModel(
        campaign_id=campaign_id,
        currency="EUR",
        offers=list(offers) or [TENTH],
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=30),
        budget_minor=100_000,
    )
    return CampaignModel.model_validate(told.model_dump() | changes)


async def codes(coupons: Coupons, made: CampaignModel, n: int = 1) -> list[str]:
    """Make a campaign and some codes of its first offer, for anybody."""
    await coupons.create(made)
    request = IssueRequest(campaign_id=made.campaign_id, offer_id=made.offers[0].offer_id, count=n)
    return [one.code for one in (await coupons.issue(request)).coupons]


def reasons(answer: CouponAnswer | ReverseAnswer) -> list[tuple[int | None, str]]:
    """Return why something is not done."""
    assert (answer.state == "refused") == (not answer.lines)
    return [(one.place, one.reason) for one in answer.refusals]


class CouponsSuite:
    """For implementations of `Coupons`."""

    async def test_a_code_is_used_once_and_told_line_by_line(self, coupons: Coupons) -> None:
        """Money adds up to the cent, and the ledger tells the life of the coupon."""
        (code,) = await codes(coupons, campaign())
        asked = ValidateRequest(codes=[code.lower().replace("-", " ")], cart=CART)
        seen = await coupons.validate(asked)
        used = await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART))
        assert (seen.state, used.state, used.order_id) == ("valid", "redeemed", "1")
        assert (used.goods_minor, used.off_minor, used.to_pay_minor) == (2000, 200, 2290)
        assert [(one.item_id, one.off_minor, one.text) for one in used.lines] == [
            ("tea", 100, "10 % off"),
            ("mug", 100, "10 % off"),
        ]
        assert seen.lines == used.lines
        again = await coupons.redeem(RedeemRequest(order_id="2", codes=[code], cart=CART))
        assert reasons(again) == [(0, "already_redeemed")]
        entries = (await coupons.ledger(coupon_id=used.lines[0].coupon_id)).entries
        assert [(one.step, one.spent_minor, one.order_id) for one in entries] == [
            ("issued", 0, None),
            ("redeemed", 200, "1"),
        ]
        report = await coupons.report("spring")
        assert (report.goods_minor, report.off_minor, report.budget.left_minor) == (2000, 200, 99_800)
        assert (report.cost_minor, report.steps) == (None, {"issued": 1, "redeemed": 1})

    async def test_what_is_reserved_is_held_until_it_is_paid_or_released(self, coupons: Coupons) -> None:
        """Nobody else can use the code or the money meanwhile."""
        one, other = await codes(coupons, campaign(budget_minor=300), 2)
        held = await coupons.reserve(ReserveRequest(order_id="1", codes=[one], cart=CART))
        assert (held.state, held.off_minor, held.reserved_until) == ("reserved", 200, NOW + timedelta(minutes=15))
        assert reasons(await coupons.validate(ValidateRequest(codes=[one, other], cart=CART))) == [
            (0, "reserved_elsewhere"),
            (1, "budget_spent"),
        ]
        again = ReserveRequest(order_id="1", codes=[other], cart=CART)
        assert reasons(await coupons.reserve(again)) == [(None, "order_reserved")]
        freed = await coupons.release(ReleaseRequest(order_id="1"))
        assert (freed.state, freed.off_minor) == ("released", 200)
        assert reasons(await coupons.release(ReleaseRequest(order_id="1"))) == [(None, "reservation_ended")]
        assert (await coupons.reserve(again)).state == "reserved"
        paid = await coupons.redeem(RedeemRequest(order_id="1"))
        assert (paid.state, paid.off_minor, paid.to_pay_minor, len(paid.lines)) == ("redeemed", 200, 2290, 2)
        assert reasons(await coupons.redeem(RedeemRequest(order_id="1"))) == [(None, "order_redeemed")]
        left = (await coupons.campaign("spring")).budget
        assert (left.reserved_minor, left.spent_minor, left.left_minor) == (0, 200, 100)
        assert (left.issued, left.reserved, left.redeemed) == (2, 0, 1)

    async def test_the_same_question_gets_the_same_answer(self, coupons: Coupons) -> None:
        """Under its key, refusals and codes too; another question under it is refused, whatever it asks."""
        await coupons.create(campaign())
        wish = IssueRequest(campaign_id="spring", offer_id="tenth", count=2)
        first, second = [await coupons.issue(wish, "k1") for _ in range(2)]
        assert first == second
        assert len({one.code for one in first.coupons}) == 2
        use = RedeemRequest(order_id="1", codes=[first.coupons[0].code], cart=CART)
        told = [(await coupons.redeem(use, "k2")).model_dump_json() for _ in range(3)]
        other = use.model_copy(update={"order_id": "2"})
        refused = [(await coupons.redeem(other, "k3")).model_dump_json() for _ in range(2)]
        assert (len(set(told)), len(set(refused))) == (1, 1)
        for ask in (coupons.redeem(other, "k2"), coupons.release(ReleaseRequest(order_id="1"), "k2")):
            with pytest.raises(KeyReused, match="each request needs its own"):
                await ask
        assert (await coupons.campaign("spring")).budget.redeemed == 1

    async def test_a_decision_is_logged_and_asked_again_the_same(self, coupons: Coupons) -> None:
        """By chance alone, as long as nothing is known; a coupon comes of it once."""
        await coupons.create(campaign("spring", TENTH, PUBLIC))
        wish = DecideRequest(people=[DecideFor(shopper_id=f"p{n}") for n in range(300)], campaign_id="spring")
        told = await coupons.decide(wish)
        assert told == await coupons.decide(wish) == await coupons.decide(wish.model_copy(update={"campaign_id": None}))
        assert [one.shopper_id for one in told.decisions] == [one.shopper_id for one in wish.people]
        assert {(one.arm, one.offer_id) for one in told.decisions} == {
            ("never", None),
            ("explore", None),
            ("explore", "tenth"),
            ("policy", None),
        }
        assert all(one.probability == pytest.approx(0.96) for one in told.decisions if one.offer_id is None)
        assert all("Effect unknown" in one.why for one in told.decisions if one.arm == "policy")
        assert (told.open_to_all, set(told.disclosure)) == ({"spring": ["open"]}, {"en", "zh"})
        lucky = next(one for one in told.decisions if one.offer_id)
        people = [IssueTo(shopper_id=lucky.shopper_id, decision_id=lucky.decision_id)]
        ask = IssueRequest(campaign_id="spring", offer_id="tenth", people=people)
        issued = [await coupons.issue(ask) for _ in range(2)]
        assert [len(one.coupons) for one in issued] == [1, 0]
        assert [one.reason for one in issued[1].refusals] == ["decision_used"]

    async def test_who_opted_out_gets_the_public_offers_and_no_decision(self, coupons: Coupons) -> None:
        """Nothing is logged, so there is nothing that a coupon of their own could come from."""
        await coupons.create(campaign("spring", TENTH, PUBLIC))
        people = [DecideFor(shopper_id=f"p{n}", opted_out=n % 2 == 0) for n in range(20)]
        told = await coupons.decide(DecideRequest(people=people))
        out = [one for one, person in zip(told.decisions, people, strict=True) if person.opted_out]
        assert {(one.offer_id, one.decision_id, one.arm, one.probability) for one in out} == {(None,) * 4}
        assert {one.why for one in out} == {"Asked for no personal offers: those that are open to everybody remain."}
        assert sum(one.decision_id is not None for one in told.decisions) == 10
        assert told.open_to_all == {"spring": ["open"]}

    async def test_nothing_is_decided_where_nothing_may_be_given(self, coupons: Coupons) -> None:
        """And the reason is told."""
        people = [DecideFor(shopper_id="ann")]
        closed: dict[str, dict[str, object]] = {
            "soon": {"starts_at": NOW + timedelta(days=1)},
            "gone": {"ends_at": NOW},
            "quiet": {"paused": True},
            "poor": {"budget_minor": 0},
            "some": {"reach": ReachModel(segments=["nobody"]).model_dump()},
        }
        for name, changes in closed.items():
            await coupons.create(campaign(name, TENTH, PUBLIC, **changes))
        told = [await coupons.decide(DecideRequest(people=people, campaign_id=name)) for name in closed]
        assert [(one.decisions[0].decision_id, one.decisions[0].offer_id) for one in told] == [(None, None)] * 5
        assert [one.decisions[0].why for one in told] == [
            "The campaign has not started yet.",
            "The campaign has ended.",
            "The campaign is paused.",
            "What is left of the campaign's budget is less than the coupon would take off.",
            "The coupon is for people in certain segments, and this one is in none of them.",
        ]
        assert [one.campaign_id for one in (await coupons.decide(DecideRequest(people=people))).decisions] == ["some"]
        with pytest.raises(NotFound, match="no campaign 'none'"):
            await coupons.decide(DecideRequest(people=people, campaign_id="none"))

    async def test_each_kind_of_offer_is_open_to_who_gives_no_data(self, coupons: Coupons) -> None:
        """Or nobody is offered it."""
        await coupons.create(campaign())
        wish = DecideRequest(people=[DecideFor(shopper_id="ann")])
        with pytest.raises(InvalidInput, match="Nobody gets percent without personal data"):
            await coupons.decide(wish)
        await coupons.create(campaign("all", PUBLIC))
        assert next(one.why for one in (await coupons.decide(wish)).decisions) == (
            "All offers of this campaign are open to everybody."
        )

    async def test_parts_of_an_order_come_back_to_the_cent(self, coupons: Coupons) -> None:
        """What is paid back is what was paid, however it is split; the budget gets the rest."""
        (code,) = await codes(coupons, campaign())
        used = await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART))
        tea = ReverseRequest(order_id="1", lines=[ReturnLine(item_id="tea")])
        parts = [await coupons.reverse(tea) for _ in range(2)]
        assert [part.refund_minor for part in parts] == [300, 300]
        assert not any(part.is_whole for part in parts)
        many = ReverseRequest(order_id="1", lines=[ReturnLine(item_id="tea", quantity=2), ReturnLine(item_id="mug")])
        assert reasons(await coupons.reverse(many)) == [(0, "more_than_bought")]
        strange = ReverseRequest(order_id="1", lines=[ReturnLine(item_id="pot")])
        assert reasons(await coupons.reverse(strange)) == [(0, "not_bought")]
        rest = await coupons.reverse(ReverseRequest(order_id="1"))
        assert [(one.item_id, one.refund_minor) for one in rest.lines] == [("tea", 299), ("mug", 901), (None, 490)]
        assert sum(one.refund_minor for one in (*parts, rest)) == used.to_pay_minor
        assert (rest.is_whole, (await coupons.campaign("spring")).budget.left_minor) == (True, 100_000)
        assert reasons(await coupons.reverse(ReverseRequest(order_id="1"))) == [(None, "nothing_left")]
        assert reasons(await coupons.validate(ValidateRequest(codes=[code], cart=CART))) == [(0, "reversed")]
        report = await coupons.report("spring")
        assert (report.goods_minor, report.off_minor, report.revenue_minor, report.budget.redeemed) == (0, 0, 0, 1)

    async def test_a_budget_that_runs_out_refuses_the_next(self, coupons: Coupons) -> None:
        """To the last cent it is spent, and never more."""
        some = await codes(coupons, campaign(budget_minor=500), 3)
        orders = [RedeemRequest(order_id=code, codes=[code], cart=CART) for code in some]
        told = [await coupons.redeem(order) for order in orders]
        assert [one.state for one in told] == ["redeemed", "redeemed", "refused"]
        assert reasons(told[2]) == [(0, "budget_spent")]
        assert (await coupons.campaign("spring")).budget.left_minor == 100

    async def test_a_coupon_keeps_the_terms_it_was_issued_under(self, coupons: Coupons) -> None:
        """Budget and pause are those of today; the budget is never less than what is spent."""
        (code,) = await codes(coupons, campaign())
        half = OfferModel(offer_id="tenth", kind="percent", percent_bp=5000)
        edited = campaign("spring", half, budget_minor=200)
        assert (await coupons.edit(edited)).version == (await coupons.edit(edited)).version == 2
        used = await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART))
        assert (used.off_minor, (await coupons.campaign("spring")).budget.left_minor) == (200, 0)
        with pytest.raises(InvalidInput, match="budget_minor is 199, and 200 of it is spent or reserved"):
            await coupons.edit(edited.model_copy(update={"budget_minor": 199}))
        with pytest.raises(InvalidInput, match="currency is USD, and that of the campaign EUR"):
            await coupons.edit(edited.model_copy(update={"currency": "USD"}))
        await coupons.edit(edited.model_copy(update={"paused": True}))
        issued = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", count=1))
        assert [one.reason for one in issued.refusals] == ["paused"]

    async def test_campaigns_are_made_listed_and_removed(self, coupons: Coupons) -> None:
        """One of which there are coupons stays; the same again is harmless."""
        made = await coupons.create(campaign())
        assert made == await coupons.create(campaign()) == await coupons.campaign("spring")
        with pytest.raises(InvalidInput, match="There is a campaign spring already, and it is another"):
            await coupons.create(campaign(budget_minor=1))
        await codes(coupons, campaign("autumn"))
        assert [one.campaign_id for one in (await coupons.campaigns()).campaigns] == ["autumn", "spring"]
        assert [(await coupons.remove("spring")).removed for _ in range(2)] == [1, 0]
        with pytest.raises(InvalidInput, match="Of autumn there are 1 coupons: pause it instead"):
            await coupons.remove("autumn")
        gone = [coupons.campaign("spring"), coupons.edit(campaign()), coupons.report("spring")]
        for ask in (*gone, coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", count=1))):
            with pytest.raises(NotFound, match="no campaign 'spring'"):
                await ask

    async def test_a_coupon_is_for_whom_it_was_issued(self, coupons: Coupons) -> None:
        """And as often as one person may."""
        await coupons.create(campaign(per_person=1))
        people = [IssueTo(shopper_id=who) for who in ("ann", "ann", "bob")]
        told = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", people=people))
        first, second, third = (one.code for one in told.coupons)
        assert [one.shopper_id for one in told.coupons] == ["ann", "ann", "bob"]
        for who, why in ((None, "person_needed"), ("bob", "other_person")):
            ask = ValidateRequest(codes=[first], cart=CART, shopper_id=who)
            assert reasons(await coupons.validate(ask)) == [(0, why)]
        used = await coupons.redeem(RedeemRequest(order_id="1", codes=[first], cart=CART, shopper_id="ann"))
        assert used.state == "redeemed"
        again = await coupons.redeem(RedeemRequest(order_id="2", codes=[second], cart=CART, shopper_id="ann"))
        assert reasons(again) == [(0, "person_cap")]
        other = await coupons.redeem(RedeemRequest(order_id="2", codes=[third], cart=CART, shopper_id="bob"))
        assert other.state == "redeemed"

    async def test_what_is_wrong_with_a_code_is_said_in_a_word_and_a_sentence(self, coupons: Coupons) -> None:
        """Each code by its place."""
        soon = campaign("soon", starts_at=NOW + timedelta(days=1))
        books = campaign("books", reach=ReachModel(categories=["Books"]).model_dump(), stack="a")
        dear = campaign("dear", OfferModel(offer_id="o", kind="amount", amount_minor=500, least_minor=9000), stack="b")
        dollars = campaign("dollars", currency="USD", stack="c")
        some = [(await codes(coupons, one))[0] for one in (soon, books, dear, dollars)]
        answer = await coupons.validate(ValidateRequest(codes=["AAAA-AAAA", *some], cart=CART))
        expected = ["unknown_code", "not_started", "not_in_reach", "below_least", "wrong_currency"]
        assert reasons(answer) == list(enumerate(expected))
        assert answer.refusals[4].detail == "The coupon is in another currency than the cart."
        assert (answer.off_minor, answer.to_pay_minor) == (0, 2490)

    async def test_the_best_combination_is_found(self, coupons: Coupons) -> None:
        """One of a group, those of other groups beside it, and one that is alone only where it takes off more."""
        fifth = OfferModel(offer_id="fifth", kind="percent", percent_bp=2000)
        free = OfferModel(offer_id="free", kind="free_shipping")
        four = OfferModel(offer_id="four", kind="amount", amount_minor=880)
        made = (campaign("a", stack="goods"), campaign("b", fifth, stack="goods"), campaign("c", free, stack="sending"))
        some = [(await codes(coupons, one))[0] for one in (*made, campaign("d", four))]
        answer = await coupons.validate(ValidateRequest(codes=some, cart=CART))
        assert [(one.campaign_id, one.item_id, one.off_minor) for one in answer.lines] == [
            ("b", "tea", 200),
            ("b", "mug", 200),
            ("c", None, 490),
        ]
        assert [(one.place, one.reason) for one in answer.refusals] == [(0, "not_combinable"), (3, "not_combinable")]
        assert (answer.off_minor, answer.to_pay_minor) == (890, 1600)
        assert reasons(await coupons.redeem(RedeemRequest(order_id="1", codes=some, cart=CART))) == [
            (0, "not_combinable"),
            (3, "not_combinable"),
        ]
        both = await coupons.redeem(RedeemRequest(order_id="1", codes=some[1:3], cart=CART))
        assert (both.state, both.off_minor) == ("redeemed", 890)
        spent = {one.campaign_id: one.budget.spent_minor for one in (await coupons.campaigns()).campaigns}
        assert spent == {"a": 0, "b": 400, "c": 490, "d": 0}

    async def test_the_catalogue_knows_categories_costs_and_public_prices(
        self, coupons: Coupons, catalog: Catalog
    ) -> None:
        """A coupon lowers no price that was raised before, and leaves the margin that is to be kept."""
        about = {
            "price_minor": 333,
            "currency": "EUR",
            "categories": ["Drinks > Tea"],
            "attributes": {"cost_minor": 270},
        }
        await catalog.put(Products(products=[ProductModel.model_validate({"item_id": "tea", "title": "Tea"} | about)]))
        kept = campaign(reach=ReachModel(categories=["Drinks"]).model_dump(), floor_margin_bp=1000)
        (code,) = await codes(coupons, kept)
        answer = await coupons.validate(ValidateRequest(codes=[code], cart=CART))
        # 10 % of 9.99 would be 1.00; three that cost 2.70 each sell for 9.00 at least, which leaves .99.
        assert [(one.item_id, one.off_minor) for one in answer.lines] == [("tea", 99)]
        dearer = CART.model_copy(update={"lines": [CartLineIn(item_id="tea", unit_minor=334)]})
        assert reasons(await coupons.validate(ValidateRequest(codes=[code], cart=dearer))) == [
            (0, "price_above_public")
        ]
        unknown = CartLineIn(item_id="new", unit_minor=500, categories=["Drinks"])
        cart = CART.model_copy(update={"lines": [unknown]})
        assert reasons(await coupons.validate(ValidateRequest(codes=[code], cart=cart))) == [(0, "cost_unknown")]
        used = await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART))
        report = await coupons.report("spring")
        assert (used.off_minor, report.cost_minor, report.profit_minor) == (99, None, None)

    async def test_who_tries_codes_that_are_none_is_not_listened_to(self, coupons: Coupons) -> None:
        """For a while; others are."""
        (code,) = await codes(coupons, campaign())
        wrong = ValidateRequest(codes=["A", "B", "C", "D", "E"], cart=CART, shopper_id="eve")
        for _ in range(2):
            assert [one.reason for one in (await coupons.validate(wrong)).refusals] == ["unknown_code"] * 5
        for ask in (
            coupons.validate(wrong),
            coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART, shopper_id="eve")),
        ):
            with pytest.raises(TooManyFailures, match="Too many codes that are none were tried"):
                await ask
        other = ValidateRequest(codes=[code], cart=CART, shopper_id="ann")
        assert (await coupons.validate(other)).state == "valid"

    async def test_of_an_order_without_coupons_nothing_is_known(self, coupons: Coupons) -> None:
        """And so nothing is done."""
        assert reasons(await coupons.redeem(RedeemRequest(order_id="1"))) == [(None, "order_unknown")]
        assert reasons(await coupons.release(ReleaseRequest(order_id="1"))) == [(None, "order_unknown")]
        assert reasons(await coupons.reverse(ReverseRequest(order_id="1"))) == [(None, "order_unknown")]
        assert (await coupons.ledger()).entries == []
