"""Coupons where time passes, many ask at once, and pages and other shops try."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from shopkeeper.adapters.sql import SqlCouponStore, open_engine
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.app.worker import jobs_of
from shopkeeper.data.coupon import Decision
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import InvalidInput, StillRunning
from shopkeeper.ports.coupons import Taking
from shopkeeper.services.coupons.contract import (
    Coupons,
    IssueRequest,
    IssueTo,
    ReachModel,
    RedeemRequest,
    ReserveRequest,
    ValidateRequest,
)
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.testing.coupons_suite import CART, campaign, codes, reasons
from tests.contracts.conftest import clock, memory_shop
from tests.contracts.learned import learned, scores
from tests.house import PAGE, VISITOR, House, shown
from tests.postgres import PostgresServer

pytestmark = pytest.mark.anyio
BODY = {"codes": ["none"], "cart": CART.model_dump(mode="json", exclude_none=True)}


@dataclass
class Watch:
    """A clock to turn."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def coupons_of(shop: Shop, watch: Watch | None = None) -> Coupons:
    return services_of(shop, Settings(), clock=watch or Watch()).coupons


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "memory":
        yield memory_shop(tmp_path)
        return
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    with closing(open_shop(tmp_path, SecretStr(server.new_database()) if server else None)) as shop:
        yield shop


async def test_what_was_reserved_too_long_is_free_again(shop: Shop) -> None:
    watch = Watch()
    coupons = coupons_of(shop, watch)
    one, other = await codes(coupons, campaign(budget_minor=200), 2)
    await coupons.reserve(ReserveRequest(order_id="1", codes=[one], cart=CART, minutes=30))
    watch.turn(minutes=29)
    use = RedeemRequest(order_id="2", codes=[other], cart=CART)
    assert reasons(await coupons.redeem(use)) == [(0, "budget_spent")]
    watch.turn(minutes=1)
    assert (await coupons.redeem(use)).state == "redeemed"
    assert reasons(await coupons.redeem(RedeemRequest(order_id="1"))) == [(None, "reservation_ended")]
    steps = [(entry.step, entry.reserved_minor) for entry in shop.coupons.entries(order_id="1")]
    assert steps == [("reserved", 200), ("released", -200)]


async def test_the_worker_frees_what_nobody_asks_for_and_forgets_old_answers(shop: Shop) -> None:
    watch = Watch()
    coupons = coupons_of(shop, watch)
    one, other = await codes(coupons, campaign(valid_days=1), 2)
    await coupons.reserve(ReserveRequest(order_id="1", codes=[one], cart=CART), "k")
    (job,) = (job for job in jobs_of(shop, Settings(), clock=watch) if job.name == "coupons")
    assert job.run(ignore) == ""
    watch.turn(days=8)
    assert job.run(ignore) == "1 reservations freed, 2 coupons expired, 1 answers forgotten"
    assert job.run(ignore) == ""
    assert reasons(await coupons.validate(ValidateRequest(codes=[one, other], cart=CART))) == [
        (0, "expired"),
        (1, "expired"),
    ]
    assert (await coupons.campaign("spring")).budget.left_minor == 100_000


async def test_a_clock_that_jumps_back_undoes_nothing(shop: Shop) -> None:
    watch = Watch()
    coupons = coupons_of(shop, watch)
    one, other = await codes(coupons, campaign(valid_days=1), 2)
    watch.turn(hours=1)
    used = await coupons.redeem(RedeemRequest(order_id="1", codes=[one], cart=CART), "k")
    watch.turn(hours=-40)
    assert await coupons.redeem(RedeemRequest(order_id="1", codes=[one], cart=CART), "k") == used
    assert reasons(await coupons.validate(ValidateRequest(codes=[one, other], cart=CART))) == [
        (0, "already_redeemed"),
        (1, "not_started"),
    ]
    watch.turn(hours=39)
    await coupons.reserve(ReserveRequest(order_id="2", codes=[other], cart=CART))
    watch.turn(days=2)
    (job,) = (job for job in jobs_of(shop, Settings(), clock=watch) if job.name == "coupons")
    job.run(ignore)
    watch.turn(days=-2)
    assert reasons(await coupons.validate(ValidateRequest(codes=[other], cart=CART))) == [(0, "expired")]
    lives: dict[str, list[datetime]] = {}
    for entry in shop.coupons.entries():
        lives.setdefault(entry.coupon_id, []).append(entry.at)
    assert all(life == sorted(life) for life in lives.values())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_of_many_who_want_one_code_in_two_processes_one_gets_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = SecretStr(server.new_database()) if server else None
    with closing(open_shop(tmp_path, url)) as first, closing(open_shop(tmp_path, url)) as second:
        both = [coupons_of(one) for one in (first, second)]
        some = await codes(both[0], campaign(budget_minor=500, in_total=3), 4)
        wishes = [RedeemRequest(order_id=f"{n}", codes=[some[n % 4]], cart=CART) for n in range(60)]
        told = await asyncio.gather(*(both[n % 2].redeem(one, f"k{n}") for n, one in enumerate(wishes)))
        again = await asyncio.gather(*(both[(n + 1) % 2].redeem(one, f"k{n}") for n, one in enumerate(wishes)))
        left = (await both[0].campaign("spring")).budget
    assert again == told
    assert (sum(one.state == "redeemed" for one in told), left.redeemed, left.left_minor) == (2, 2, 100)


async def test_the_same_while_it_is_answered_is_told_so(tmp_path: Path) -> None:
    shop = memory_shop(tmp_path)
    coupons = coupons_of(shop)
    (code,) = await codes(coupons, campaign())
    use = RedeemRequest(order_id="1", codes=[code], cart=CART)
    told = await asyncio.gather(*(coupons.redeem(use, "k") for _ in range(3)), return_exceptions=True)
    answers = [one for one in told if not isinstance(one, BaseException)]
    assert [type(one) for one in told if isinstance(one, BaseException)] == [StillRunning] * 2
    assert answers == [await coupons.redeem(use, "k")]


async def test_over_http_a_key_is_a_header_and_a_refusal_a_status(tmp_path: Path) -> None:
    app = web_app(services_of(memory_shop(tmp_path), Settings(), clock=clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        made = campaign().model_dump(mode="json", exclude_none=True)
        assert (await http.post("/v1/coupons/campaigns", json=made)).status_code == 201
        wish = {"campaign_id": "spring", "offer_id": "tenth", "count": 1}
        issued = await http.post("/v1/coupons/issue", json=wish)
        body = BODY | {"codes": [issued.json()["coupons"][0]["code"]], "order_id": "1"}
        key = {"Idempotency-Key": "k"}
        first, again = [await http.post("/v1/coupons/redeem", json=body, headers=key) for _ in range(2)]
        both = await asyncio.gather(
            *(
                http.post("/v1/coupons/redeem", json=body | {"order_id": "2"}, headers=key | {"Idempotency-Key": "l"})
                for _ in "ab"
            )
        )
        other = await http.post("/v1/coupons/redeem", json=body | {"order_id": "3"}, headers=key)
        bad = await http.post("/v1/coupons/redeem", json=body, headers={"Idempotency-Key": "a b"})
        moved = await http.put("/v1/coupons/campaigns/autumn", json=made)
        guess = BODY | {"codes": ["a", "b", "c", "d", "e"], "shopper_id": "eve"}
        for _ in range(3):
            guessed = await http.post("/v1/coupons/validate", json=guess)
    assert (issued.headers["cache-control"], first.content == again.content) == ("no-store", True)
    assert (first.json()["state"], first.status_code) == ("redeemed", 200)
    running = next(one for one in both if one.status_code == 409)
    assert (running.json()["code"], running.headers["retry-after"]) == ("still_running", "1")
    assert [one.json()["state"] for one in both if one.status_code == 200] == ["refused"]
    assert [(one.status_code, one.json()["code"]) for one in (other, bad, moved, guessed)] == [
        (422, "key_reused"),
        (422, "invalid_input"),
        (422, "invalid_input"),
        (429, "too_many_failures"),
    ]


@pytest.mark.parametrize("secret", [None, SecretStr("t" * 32)])
async def test_a_code_of_another_shop_is_none_here(house: House, secret: SecretStr | None) -> None:
    made, wish = (
        campaign().model_dump(mode="json", exclude_none=True),
        {"campaign_id": "spring", "offer_id": "tenth", "count": 1},
    )
    ours, theirs = house.key(), house.key("tea")
    async with house.open(coupon_secret=secret) as http:
        told = {}
        for name, key in (("default", ours), ("tea", theirs)):
            assert (await http.post("/v1/coupons/campaigns", json=made, headers=shown(key))).status_code == 201
            issued = await http.post("/v1/coupons/issue", json=wish, headers=shown(key))
            told[name] = BODY | {"codes": [issued.json()["coupons"][0]["code"]]}
        states = [
            (await http.post("/v1/coupons/validate", json=told[name], headers=shown(key))).json()["state"]
            for name, key in (("default", ours), ("tea", theirs), ("tea", ours), ("default", theirs))
        ]
    assert states == ["valid", "valid", "refused", "refused"]
    files = [(house.store / "coupons.secret").exists(), (house.store / "shops" / "tea" / "coupons.secret").exists()]
    assert files == [secret is None] * 2


async def test_a_page_may_ask_what_its_own_visitors_codes_do_and_no_more(house: House) -> None:
    key, reader = house.page_key(), house.key(scopes=["coupons:read"])
    dear = BODY["cart"] | {"lines": [{"item_id": "tea", "unit_minor": 1, "cost_minor": 0}]}  # type: ignore[operator]  # JSON
    asked = [
        ("validate", BODY | {"shopper_id": VISITOR}),
        ("validate", BODY),
        ("validate", BODY | {"shopper_id": "17850"}),
        ("validate", {"codes": ["none"], "cart": dear, "shopper_id": VISITOR}),
        ("redeem", BODY | {"order_id": "1", "shopper_id": VISITOR}),
    ]
    async with house.open() as http:
        told = [
            await http.post(f"/v1/coupons/{what}", json=body, headers=shown(key, Origin=PAGE)) for what, body in asked
        ]
        campaigns = await http.get("/v1/coupons/campaigns", headers=shown(key, Origin=PAGE))
        read = [
            (await http.get("/v1/coupons/campaigns", headers=shown(reader))).status_code,
            (await http.post("/v1/coupons/redeem", json=BODY | {"order_id": "1"}, headers=shown(reader))).status_code,
        ]
    assert [(one.status_code, one.json().get("code")) for one in (*told, campaigns)] == [
        (200, None),
        (403, "not_for_pages"),
        (403, "user_not_signed"),
        (403, "not_for_pages"),
        (403, "missing_scope"),
        (403, "not_for_pages"),
    ]
    assert (told[0].json()["refusals"][0]["reason"], read) == ("unknown_code", [200, 403])


async def test_a_coupon_for_a_segment_is_for_who_is_in_it_when_it_is_issued_or_used(tmp_path: Path) -> None:
    shop = learned(memory_shop(tmp_path), "purchase_7d")
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "likely.toml").write_text("about = 'May buy'\nwhere = 'purchase_7d > 0.2'\n")
    coupons = services_of(shop, Settings(), clock=clock).coupons
    told = scores("purchase_7d")
    likely = next(who for who, one in told.items() if (one.value or 0) > 0.2)
    other = next(who for who, one in told.items() if one.value is not None and one.value < 0.1)
    await coupons.create(campaign(reach=ReachModel(segments=["likely"]).model_dump()))
    people = [IssueTo(shopper_id=who) for who in (other, likely)]
    issued = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", people=people))
    assert [one.shopper_id for one in issued.coupons] == [likely]
    assert [(one.place, one.reason) for one in issued.refusals] == [(0, "not_in_segment")]
    (own,) = (one.code for one in issued.coupons)
    anybody = (await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", count=1))).coupons[0].code
    assert (await coupons.validate(ValidateRequest(codes=[own], cart=CART, shopper_id=likely))).state == "valid"
    asked = [ValidateRequest(codes=[anybody], cart=CART, shopper_id=who) for who in (None, other)]
    assert [reasons(await coupons.validate(one)) for one in asked] == [[(0, "person_needed")], [(0, "not_in_segment")]]
    used = await coupons.redeem(RedeemRequest(order_id="1", codes=[anybody], cart=CART, shopper_id=likely), "k")
    assert used.state == "redeemed"


async def test_a_decision_gives_one_coupon_whose_life_begins_with_it(shop: Shop) -> None:
    decided = [
        Decision(
            decision_id=f"d{n}",
            campaign_id="spring",
            shopper_id=who,
            offer_id=offer,
            arm="explore",
            probability=0.05,
            at=NOW - timedelta(hours=1),
        )
        for n, (who, offer) in enumerate((("ann", "tenth"), ("bob", None)))
    ]
    shop.coupons.decide(decided)
    coupons = coupons_of(shop)
    await coupons.create(campaign())
    people = [
        IssueTo(shopper_id=who, decision_id=decision)
        for who, decision in (("ann", "d0"), ("ann", "d0"), ("bob", "d1"), ("ann", "d9"))
    ]
    wish = IssueRequest(campaign_id="spring", offer_id="tenth", people=people)
    told = await coupons.issue(wish, "k")
    assert [one.shopper_id for one in told.coupons] == ["ann"]
    assert [(one.place, one.reason) for one in told.refusals] == [
        (1, "decision_used"),
        (2, "unknown_decision"),
        (3, "unknown_decision"),
    ]
    assert await coupons.issue(wish, "k") == told
    again = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", people=people[:1]))
    assert [one.reason for one in again.refusals] == ["decision_used"]
    assert [(one.step, one.at) for one in shop.coupons.entries()] == [
        ("offered", NOW - timedelta(hours=1)),
        ("issued", NOW),
    ]
    assert shop.coupons.decisions("spring") == (decided, 2)
    assert shop.coupons.decisions("spring", since=1) == (decided[1:], 2)
    other = replace(decided[1], offer_id="tenth", arm="policy")
    assert shop.coupons.decide([other, decided[0]]) == [decided[1], decided[0]]
    assert shop.coupons.decisions("spring") == (decided, 2)
    assert shop.coupons.taken("spring") == {"d0": Taking(0, None, settled=False)}


@contextmanager
def _written(engine: sa.Engine) -> Iterator[sa.Connection]:
    with pytest.raises(sa.exc.DatabaseError), engine.begin() as connection:
        yield connection


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_the_database_itself_keeps_the_ledger_and_the_budget(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    engine = open_engine(server.new_database() if server else tmp_path / "shop.sqlite")
    shop = replace(memory_shop(tmp_path / "shop"), coupons=SqlCouponStore(engine))
    coupons = coupons_of(shop)
    (code,) = await codes(coupons, campaign())
    await coupons.redeem(RedeemRequest(order_id="1", codes=[code], cart=CART), "k")
    for statement in (
        "UPDATE coupon_ledger SET spent_minor = 0",
        "DELETE FROM coupon_ledger",
        "UPDATE coupon_budgets SET spent_minor = budget_minor + 1",
    ):
        with _written(engine) as connection:
            connection.exec_driver_sql(statement)
    assert [entry.spent_minor for entry in shop.coupons.entries()] == [0, 200]
    with engine.connect() as connection:
        tables = [table for table in sa.inspect(connection).get_table_names() if table.startswith("coupon")]
        kept = "".join(str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables)
    assert len(tables) == 8
    assert not [part for part in (code, code.replace("-", ""), *code.split("-")) if part in kept]
    engine.dispose()


async def test_of_what_comes_together_only_what_the_database_cannot_store_fails(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with closing(open_shop(tmp_path, SecretStr(postgres.new_database()))) as shop:
        coupons = coupons_of(shop)
        some = await codes(coupons, campaign(), 3)
        wishes = [
            RedeemRequest(order_id=f"a{sign}", codes=[code], cart=CART) for sign, code in zip("b\0c", some, strict=True)
        ]
        told = await asyncio.gather(*(coupons.redeem(one) for one in wishes), return_exceptions=True)
        left = (await coupons.campaign("spring")).budget
    assert [getattr(one, "state", type(one)) for one in told] == ["redeemed", InvalidInput, "redeemed"]
    assert (left.redeemed, left.spent_minor) == (2, 400)
