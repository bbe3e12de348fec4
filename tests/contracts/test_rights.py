"""The rights of people, on the service itself and over HTTP."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from pyrage import decrypt, x25519

from shopkeeper.app.assemble import Services, services_of, web_app
from shopkeeper.app.erasing import sweep_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, open_shop
from shopkeeper.data.consent import Purpose
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import NotAllowed
from shopkeeper.services.coupons.contract import DecideFor, DecideRequest, IssueRequest, IssueTo, RedeemRequest
from shopkeeper.services.events.contract import Events
from shopkeeper.services.people.contract import ConsentRequest, PreferencesModel
from shopkeeper.services.people.rights import EraseRequest, Rights
from shopkeeper.testing.contract_suite import NOW
from shopkeeper.testing.coupons_suite import CART, PUBLIC, TENTH, campaign, codes, reasons
from shopkeeper.testing.rights_suite import RightsSuite
from shopkeeper.testing.store_suite import event
from shopkeeper.testing.traces import traces
from tests.contracts.conftest import clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with closing(open_shop(tmp_path)) as shop:
        yield shop


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    app = web_app(services_of(shop, Settings(), clock=clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        yield http


class TestRights(RightsSuite):
    @pytest.fixture
    def rights(self, services: Services) -> Rights:
        return services.people

    @pytest.fixture
    def events(self, services: Services) -> Events:
        return services.events

    @pytest.fixture
    def sweep(self, shop: Shop) -> Callable[[], str]:
        return lambda: sweep_of(shop, Settings(), clock).run(ignore)


async def test_who_was_erased_allows_nothing_and_nothing_they_say_is_kept(services: Services, shop: Shop) -> None:
    people = services.people
    await people.add_consent("ann", ConsentRequest(granted=True))
    await people.erase("ann", EraseRequest(dry_run=False))
    told = await people.add_consent("ann", ConsentRequest(granted=True, at=NOW))
    await people.put_preferences("ann", PreferencesModel(level=0.5))
    assert (told.allowed, (await people.standings([["ann"]]))[0].allowed) == ([], frozenset())
    assert (await people.standings([["ben"]]))[0].allowed == frozenset(Purpose)
    sweep_of(shop, Settings(), clock).run(ignore)
    assert (await people.export("ann")).places == {}


async def test_who_was_erased_is_nobody_where_coupons_are_given_and_used(services: Services, shop: Shop) -> None:
    coupons, ann = services.coupons, "ann-4c1f"
    (code,) = await codes(coupons, campaign("spring", TENTH, PUBLIC))
    shop.personal.tombstones.bury([ann])
    decided = await coupons.decide(DecideRequest(people=[DecideFor(shopper_id=ann)]))
    assert [one.decision_id for one in decided.decisions] == [None]
    people = [IssueTo(shopper_id=ann), IssueTo(shopper_id="ben")]
    given = await coupons.issue(IssueRequest(campaign_id="spring", offer_id="tenth", people=people), key="again")
    assert [one.shopper_id for one in given.coupons] == ["ben"]
    assert [(one.place, one.reason) for one in given.refusals] == [(0, "person_barred")]
    hers = RedeemRequest(order_id="o-1", codes=[given.coupons[0].code], cart=CART, shopper_id=ann)
    assert reasons(await coupons.redeem(hers)) == [(0, "person_needed")]
    used = RedeemRequest(order_id="o-1", codes=[code], cart=CART, shopper_id=ann)
    assert (await coupons.redeem(used, key="once")).state == "redeemed"
    shop.close()
    assert traces(shop.history.folder.parent, [ann]) == {}


async def test_a_zip_for_the_person_has_json_and_tables(http: httpx.AsyncClient, shop: Shop) -> None:
    shop.events.append([event("1", user="ann", item="@cmd"), event("2", user="ben")])
    answer = await http.get("/v1/people/ann/export.zip")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/zip", "no-store")
    assert answer.headers["content-disposition"] == 'attachment; filename="person.zip"'
    with ZipFile(io.BytesIO(answer.content)) as file:
        assert file.namelist() == ["all.json", "live_events.csv"]
        (entry,) = json.loads(file.read("all.json"))["live events"]
        (row,) = csv.DictReader(io.StringIO(file.read("live_events.csv").decode()))
    assert (entry["item_id"], row["item_id"], row["user_id"]) == ("@cmd", "'@cmd", "ann")


async def test_a_shop_can_let_no_export_leave_in_the_clear(shop: Shop) -> None:
    officer, ann = x25519.Identity.generate(), x25519.Identity.generate()
    shop.events.append([event("1", user="ann")])
    people = services_of(shop, Settings(export_recipient=str(officer.to_public())), clock=clock).people
    sealed = await people.export_file("ann")
    for told in (sealed, await people.export_file("ann", str(ann.to_public()))):
        assert (told.is_sealed, told.content[:20]) == (True, b"age-encryption.org/v")
    assert decrypt(sealed.content, [officer]).startswith(b"PK")
    with pytest.raises(NotAllowed, match=r"export\.zip"):
        await people.export("ann")


@pytest.mark.parametrize("body", [{"dry_run": "perhaps"}, {"really": True}])
async def test_a_wish_that_cannot_be_read_erases_nobody(
    http: httpx.AsyncClient, shop: Shop, body: dict[str, object]
) -> None:
    answer = await http.post("/v1/people/ann/erase", json=body)
    assert (answer.status_code, len(shop.personal.tombstones)) == (422, 0)
