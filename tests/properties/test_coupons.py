"""Whatever is asked of the ledger, in any order and by any clock: no budget is overspent, and no code used twice."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pydantic import BaseModel

from benchmarks.reliability.coupons import attack
from shopkeeper.adapters.memory_coupons import MemoryCouponStore
from shopkeeper.adapters.sql import SqlCouponStore, open_engine
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import InvalidInput, KeyReused
from shopkeeper.ports.coupons import CouponStore
from shopkeeper.services.coupons.contract import (
    CampaignModel,
    CartIn,
    CartLineIn,
    CouponAnswer,
    IssueRequest,
    OfferModel,
    RedeemRequest,
    ReleaseRequest,
    ReserveRequest,
    ReturnLine,
    ReverseAnswer,
    ReverseRequest,
)
from shopkeeper.services.coupons.jobs import SweepCoupons
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import memory_shop
from tests.postgres import PostgresServer

NEXT: Mapping[str, set[str]] = {
    "": {"issued"},
    "issued": {"reserved", "redeemed", "expired"},
    "released": {"reserved", "redeemed", "expired"},
    "reserved": {"redeemed", "released"},
    "redeemed": {"reversed"},
    "reversed": {"reversed"},
    "expired": set(),
}
"""What may follow in the life of a coupon."""
IN_TOTAL, PER_PERSON = 5, 2
PLACES = count()
PEOPLE = st.sampled_from(["ann", "bob"])
ORDERS = st.integers(0, 2)
LINES = st.lists(
    st.builds(
        CartLineIn,
        item_id=st.sampled_from(["tea", "mug", "pot"]),
        quantity=st.integers(1, 3),
        unit_minor=st.integers(0, 400),
        cost_minor=st.none() | st.integers(0, 300),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda line: line.item_id,
)
CARTS = st.builds(CartIn, currency=st.just("EUR"), lines=LINES, shipping_minor=st.sampled_from([0, 290]))

Asked = tuple[Callable[..., Awaitable[BaseModel]], BaseModel, str, str]
"""What was asked, of whom, under which key, and the answer."""
CODES: Bundle[tuple[str, str]] = Bundle("codes")
"""With their campaigns."""
ASKED: Bundle[Asked] = Bundle("asked")
SOME = st.lists(CODES, min_size=1, max_size=1) | st.lists(CODES, min_size=1, max_size=2)


def campaign(name: str, offer: OfferModel, budget_minor: int) -> CampaignModel:
    return CampaignModel(
        campaign_id=name,
        currency="EUR",
        offers=[offer],
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=2),
        budget_minor=budget_minor,
        per_person=PER_PERSON,
        in_total=IN_TOTAL,
        stack=offer.kind,
    )


class LedgerMachine(RuleBasedStateMachine):
    """Asks for anything, and looks after each step whether all still holds."""

    store: CouponStore
    folder: Path
    codes: Bundle[tuple[str, str]] = CODES
    asked: Bundle[Asked] = ASKED

    def __init__(self) -> None:
        super().__init__()
        self.loop, self.now = asyncio.new_event_loop(), NOW
        shop = replace(memory_shop(self.folder), coupons=self.store)
        self.coupons = services_of(shop, Settings(), clock=self.clock).coupons
        # A name of its own for each run, since nothing is ever removed from a ledger.
        self.own, self.keys = f"r{next(PLACES)}", count()
        self.paid, self.refunded = dict[str, int](), defaultdict[str, int](int)
        self.made = {
            kind: campaign(f"{self.own}-{kind}", offer, minor)
            for kind, offer, minor in (
                ("percent", OfferModel(offer_id="o", kind="percent", percent_bp=3333), 700),
                ("amount", OfferModel(offer_id="o", kind="amount", amount_minor=150), 400),
                ("sending", OfferModel(offer_id="o", kind="free_shipping"), 600),
            )
        }
        for one in self.made.values():
            self.do(self.coupons.create(one))

    def clock(self) -> datetime:
        return self.now

    def do(self, awaited: Awaitable[BaseModel]) -> BaseModel:
        async def wait() -> BaseModel:
            return await awaited

        return self.loop.run_until_complete(wait())

    def ask(self, how: Callable[..., Awaitable[BaseModel]], request: BaseModel) -> Asked:
        key = f"{self.own}-{next(self.keys)}"
        answer = self.do(how(request, key))
        assert isinstance(answer, CouponAnswer | ReverseAnswer)
        assert (answer.state == "refused") == bool(answer.refusals)
        if isinstance(answer, CouponAnswer):
            assert 0 <= answer.to_pay_minor == answer.goods_minor + answer.shipping_minor - answer.off_minor
            assert answer.off_minor == sum(line.off_minor for line in answer.lines)
            if answer.state == "redeemed":
                self.paid[answer.order_id or ""] = answer.to_pay_minor
        return how, request, key, answer.model_dump_json()

    def order(self, number: int) -> str:
        return f"{self.own}-{number}"

    @initialize(target=codes)
    def begin(self) -> MultipleResults[tuple[str, str]]:
        return multiple(*(one for kind in self.made for who in (None, "ann") for one in self.issued(kind, who)))

    @rule(target=codes, kind=st.sampled_from(["percent", "amount", "sending"]), who=st.none() | PEOPLE)
    def issue(self, kind: str, who: str | None) -> MultipleResults[tuple[str, str]]:
        return multiple(*self.issued(kind, who))

    def issued(self, kind: str, who: str | None) -> list[tuple[str, str]]:
        told: dict[str, object] = {"people": [{"shopper_id": who}] * 2} if who else {"count": 2}
        request = IssueRequest.model_validate({"campaign_id": self.made[kind].campaign_id, "offer_id": "o"} | told)
        key = f"{self.own}-{next(self.keys)}"
        answer = self.loop.run_until_complete(self.coupons.issue(request, key))
        assert self.loop.run_until_complete(self.coupons.issue(request, key)) == answer
        return [(one.code, kind) for one in answer.coupons]

    @rule(target=asked, some=SOME, number=ORDERS, cart=CARTS, who=PEOPLE)
    def reserve(self, some: list[tuple[str, str]], number: int, cart: CartIn, who: str) -> Asked:
        own = [code for code, _ in some]
        request = ReserveRequest(order_id=self.order(number), codes=own, cart=cart, shopper_id=who, minutes=60)
        return self.ask(self.coupons.reserve, request)

    @rule(target=asked, some=SOME, number=ORDERS, cart=CARTS, who=PEOPLE)
    def redeem(self, some: list[tuple[str, str]], number: int, cart: CartIn, who: str) -> Asked:
        own = [code for code, _ in some]
        request = RedeemRequest(order_id=self.order(number), codes=own, cart=cart, shopper_id=who)
        return self.ask(self.coupons.redeem, request)

    @rule(target=asked, number=ORDERS, paid=st.booleans())
    def end(self, number: int, paid: bool) -> Asked:
        if paid:
            return self.ask(self.coupons.redeem, RedeemRequest(order_id=self.order(number)))
        return self.ask(self.coupons.release, ReleaseRequest(order_id=self.order(number)))

    @rule(
        target=asked,
        number=ORDERS,
        items=st.none() | st.dictionaries(st.sampled_from(["tea", "mug", "pot"]), st.integers(1, 2), max_size=3),
        shipping=st.none() | st.booleans(),
    )
    def reverse(self, number: int, items: dict[str, int] | None, shipping: bool | None) -> Asked:
        lines = None if items is None else [ReturnLine(item_id=one, quantity=n) for one, n in items.items()]
        request = ReverseRequest(order_id=self.order(number), lines=lines, shipping=shipping)
        told = self.ask(self.coupons.reverse, request)
        answer = ReverseAnswer.model_validate_json(told[3])
        assert all(line.refund_minor >= 0 for line in answer.lines)
        self.refunded[request.order_id] += answer.refund_minor
        assert self.refunded[request.order_id] <= self.paid.get(request.order_id, 0)
        if answer.is_whole and lines is None and shipping is not False:
            assert self.refunded[request.order_id] == self.paid[request.order_id]
        return told

    @rule(told=asked)
    def replay(self, told: Asked) -> None:
        how, request, key, answer = told
        assert self.do(how(request, key)).model_dump_json() == answer

    @rule(told=asked)
    def reuse_a_key(self, told: Asked) -> None:
        how, request, key, _ = told
        with pytest.raises(KeyReused):
            self.do(how(request.model_copy(update={"order_id": "another"}), key))

    @rule(
        kind=st.sampled_from(["percent", "amount"]),
        budget=st.integers(200, 900),
        paused=st.sampled_from([False, False, False, True]),
    )
    def edit(self, kind: str, budget: int, paused: bool) -> None:
        edited = self.made[kind].model_copy(update={"budget_minor": budget, "paused": paused})
        left = self.loop.run_until_complete(self.coupons.campaign(edited.campaign_id)).budget
        if budget < left.spent_minor + left.reserved_minor:
            with pytest.raises(InvalidInput, match="is spent or reserved"):
                self.do(self.coupons.edit(edited))
        else:
            self.do(self.coupons.edit(edited))

    @rule(minutes=st.integers(-60, 90) | st.integers(-900, 900))
    def turn_the_clock(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        SweepCoupons(self.store, self.clock).run(ignore)

    @invariant()
    def holds(self) -> None:
        told = {one.campaign_id: one.budget for one in self.loop.run_until_complete(self.coupons.campaigns()).campaigns}
        for one in self.made.values():
            budget = told[one.campaign_id]
            entries = self.store.entries(campaign_id=one.campaign_id)
            assert budget.reserved_minor == sum(entry.reserved_minor for entry in entries) >= 0
            assert budget.spent_minor == sum(entry.spent_minor for entry in entries) >= 0
            assert budget.reserved_minor + budget.spent_minor <= budget.budget_minor
            assert budget.redeemed == sum(entry.step == "redeemed" for entry in entries)
            assert budget.reserved + budget.redeemed <= IN_TOTAL
            state, at = (
                defaultdict[str, str](str),
                defaultdict[str, datetime](lambda: datetime.min.replace(tzinfo=NOW.tzinfo)),
            )
            for entry in entries:
                assert entry.step in NEXT[state[entry.coupon_id]]
                assert entry.at >= at[entry.coupon_id]
                state[entry.coupon_id], at[entry.coupon_id] = entry.step, entry.at
            assert budget.reserved == sum(one == "reserved" for one in state.values())
            assert budget.issued == len(state)

    def teardown(self) -> None:
        self.loop.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CouponStore]:
    if request.param == "memory":
        yield MemoryCouponStore()
        return
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    engine: sa.Engine = open_engine(server.new_database() if server else tmp_path / "shop.sqlite")
    yield SqlCouponStore(engine)
    engine.dispose()


def test_no_budget_is_overspent_and_no_code_used_twice(store: CouponStore, tmp_path: Path) -> None:
    machine = type("Machine", (LedgerMachine,), {"store": store, "folder": tmp_path / "shop"})
    how = settings(max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=how)


@pytest.mark.e2e
def test_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    """benchmarks/reliability/coupons.py kills twenty times, on both databases."""
    report = attack(tmp_path, calls=400, kills=2, seed=3)
    assert (report.doubled, report.lost, report.overshoot_minor, report.changed, report.unbalanced) == (0, 0, 0, 0, 0)
    # Otherwise there was nothing to lose.
    assert (report.calls, report.kills, report.redeemed > 0, report.replayed > 0) == (400, 2, True, True)
