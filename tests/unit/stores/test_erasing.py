"""What is erased in a database is gone from every byte of it; what the books need stays, without the person."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopkeeper.adapters.memory_erasures import MemoryErasures, MemoryTombstones
from shopkeeper.adapters.pseudonyms import Pseudonyms
from shopkeeper.adapters.secret_file import secret_in
from shopkeeper.adapters.sql import (
    SqlCouponPlace,
    SqlCouponStore,
    SqlErasures,
    SqlEventPlace,
    SqlEventStore,
    SqlMergeStore,
    SqlPeopleStore,
    leave_no_trace,
    merge_place,
    open_engine,
    said_places,
)
from shopkeeper.adapters.sql.erasing import IMPERSONAL, PERSONAL
from shopkeeper.adapters.sql.tables import metadata
from shopkeeper.adapters.tombstone_file import FileTombstones
from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.ledger import Checkout, Wanted, complete, issue, reserve
from shopkeeper.data.cart import Cart, CartLine
from shopkeeper.data.coupon import Campaign, Decision, Kept, Offer
from shopkeeper.data.erasure import Erasure, Gone, Place, person, whole_person
from shopkeeper.data.merges import Merge
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.ports.people import ErasureStore, Tombstones
from shopkeeper.testing.people_suite import consent
from shopkeeper.testing.store_suite import NOW, event
from shopkeeper.testing.traces import traces

ANNA, BEN = "anna-5f0c9a2b", "ben-7d1e0b44"
GONE = Gone(frozenset({ANNA}))
CART = Cart(lines=(CartLine(item_id="a", quantity=1, unit_minor=1000),), currency="EUR")
TEN_OFF = Offer(offer_id="ten", kind="amount", amount_minor=100)
SPRING = Campaign(
    campaign_id="spring",
    currency="EUR",
    offers=(TEN_OFF,),
    starts_at=NOW,
    ends_at=NOW + timedelta(days=9),
    budget_minor=1000,
    per_person=1,
)


def test_every_table_is_known_to_have_persons_or_not() -> None:
    assert PERSONAL.keys() | IMPERSONAL.keys() == metadata.tables.keys()
    assert PERSONAL.keys() & IMPERSONAL.keys() == set()
    named = {"shopper_id", "visitor_id", "user_id", "people"}
    for name, table in metadata.tables.items():
        assert named & {column.name for column in table.c} <= set(PERSONAL.get(name, ()))


def test_an_id_that_ends_early_in_json_is_nobody_elses(sqlite: sa.Engine) -> None:
    store, place, people = SqlEventStore(sqlite), SqlEventPlace(sqlite), SqlPeopleStore(sqlite)
    longer = f"{ANNA}\0b"
    store.append([event("1", user=ANNA), event("2", user=longer)])
    people.add([consent("c1", ANNA), consent("c2", longer)])
    assert {name: len(said.consents) for name, said in people.said([ANNA, longer]).items()} == {ANNA: 1, longer: 1}
    assert people.said([longer]).keys() == {longer}
    assert (place.count(Gone(frozenset({longer}))), place.erase(Gone(frozenset({longer})))) == (1, 1)
    assert (len(store.history(ANNA)), store.history(longer)) == (1, [])


def test_events_are_removed_and_a_shared_device_is_taken_out_of_those_of_others(engine: sa.Engine) -> None:
    store, place = SqlEventStore(engine), SqlEventPlace(engine)
    store.append([event("1", user=ANNA), event("2", user=None, visitor=ANNA), event("3", user=BEN, visitor=ANNA)])
    store.append([event("4", user=None, visitor="cat")])
    assert (place.count(GONE), len(place.tell(GONE)), place.erase(GONE)) == (2, 2, 2)
    assert store.history(ANNA) == []
    assert store.history(BEN) == [event("3", user=BEN, visitor=BEN)]
    assert set(place.known()) == {BEN, "cat"}
    assert place.erase(GONE) == 0


def test_of_a_visitor_who_was_several_users_one_users_times_are_removed(engine: sa.Engine) -> None:
    store, place = SqlEventStore(engine), SqlEventPlace(engine)
    store.append([event(str(n), user=None, visitor="v", minutes=n) for n in range(4)])
    merges = [Merge("v", ANNA, NOW + timedelta(minutes=1)), Merge("v", BEN, NOW + timedelta(minutes=2))]
    assert place.erase(whole_person(Gone(frozenset({BEN})), merges)) == 1
    assert [one.event_id for one in store.history("v")] == ["0", "1", "3"]


def test_a_visitor_of_one_user_is_that_user_and_one_of_several_is_itself() -> None:
    merges = [Merge("v", ANNA, NOW), Merge("w", ANNA, NOW)]
    assert whole_person(person("v", merges), merges).ids == {ANNA, "v", "w"}
    shared = [*merges, Merge("v", BEN, NOW)]
    assert whole_person(person("v", shared), shared).ids == {"v"}
    assert person(ANNA, merges).ids == {ANNA}


def test_merges_are_removed(engine: sa.Engine) -> None:
    store, place = SqlMergeStore(engine), merge_place(engine)
    kept = Merge("w", BEN, NOW)
    for merge in (Merge("v", ANNA, NOW), Merge(ANNA, BEN, NOW), kept):
        store.add(merge)
    assert (place.count(GONE), len(place.tell(GONE)), place.erase(GONE)) == (2, 2, 2)
    assert (store.all(), set(place.known())) == ([kept], {"w", BEN})


def test_what_people_said_is_removed(engine: sa.Engine) -> None:
    store = SqlPeopleStore(engine)
    for who in (ANNA, BEN):
        store.add([consent(f"c-{who}", who)])
        store.change(who, lambda wishes: replace(wishes, level=0.5))
    consents, preferences = said_places(engine)
    assert [place.erase(GONE) for place in (consents, preferences, consents)] == [1, 1, 0]
    assert (set(store.everybody()), set(consents.known()), set(preferences.known())) == ({BEN}, {BEN}, {BEN})
    assert [told["at"] for told in consents.tell(Gone(frozenset({BEN})))] == [NOW.isoformat()]


def issued(store: SqlCouponStore) -> None:
    """Decide, issue and reserve a coupon for each of two people; of Anna's an answer is kept."""
    store.run(Touched(campaign_ids=("spring",)), lambda book: book.put(SPRING))
    for who in (ANNA, BEN):
        decision = Decision(
            decision_id=f"d-{who}",
            campaign_id="spring",
            shopper_id=who,
            offer_id="ten",
            arm="explore",
            probability=0.5,
            at=NOW,
        )
        store.decide([decision])
        wanted = Wanted(f"c-{who[:3]}", who[:3].encode(), who, decision.decision_id)

        def give(book: Book, wanted: Wanted = wanted, who: str = who) -> None:
            issue(book, SPRING, "ten", [wanted], [], NOW)
            book.answer(f"k-{who[:3]}", Kept("hash", f'{{"coupons":[{{"shopper_id":"{who}"}}]}}'))

        def hold(book: Book, wanted: Wanted = wanted) -> None:
            order_id, who = f"o-{wanted.coupon_id[2:]}", wanted.shopper_id
            asked = Checkout(digests=(wanted.digest,), cart=CART, now=NOW, order_id=order_id, shopper_id=who)
            assert reserve(book, asked, timedelta(hours=1)).order

        touched = Touched(campaign_ids=("spring",), shopper_ids=(who,), decision_ids=(decision.decision_id,), now=NOW)
        store.run(touched, give)
        store.run(Touched(digests=(wanted.digest,), shopper_ids=(who,), now=NOW), hold)


def test_the_books_keep_what_a_coupon_cost_and_nobody_whose_it_was(engine: sa.Engine) -> None:
    store, place = SqlCouponStore(engine), SqlCouponPlace(engine)
    issued(store)
    before = store.entries()
    assert (place.count(GONE), len(place.tell(GONE)), set(place.known())) == (5, 5, {ANNA, BEN})
    assert not any("digest" in told for told in place.tell(GONE))
    assert place.erase(GONE) == 5
    assert (store.entries(), set(place.known()), place.count(GONE)) == (before, {BEN}, 0)
    assert [one.shopper_id for one in store.decisions("spring")[0]] == [BEN]
    done = store.run(Touched(order_ids=("o-ann",), now=NOW), lambda book: complete(book, "o-ann", NOW))
    assert done.order
    assert str(done.order.shopper_id).startswith("erased:")
    book = store.read(Touched(campaign_ids=("spring",), shopper_ids=(str(done.order.shopper_id), BEN)))
    assert (book.budgets["spring"].spent_minor, set(book.uses.values())) == (100, {1})


@pytest.mark.parametrize("change", ["DELETE FROM coupon_decisions", "UPDATE coupon_decisions SET shopper_id = 'x'"])
def test_a_decision_that_names_somebody_stays_as_it_is(engine: sa.Engine, change: str) -> None:
    issued(SqlCouponStore(engine))
    with pytest.raises(sa.exc.DatabaseError, match="only added to"), engine.begin() as connection:
        connection.exec_driver_sql(change)


def test_no_byte_is_left_in_the_file(tmp_path: Path) -> None:
    with closing(_Disposing(open_engine(tmp_path / "shop.sqlite"))) as opened:
        engine = opened.engine
        store = SqlEventStore(engine)
        store.append([event(f"{n}", user=ANNA if n % 3 else BEN, visitor=f"v{n}") for n in range(3000)])
        issued(SqlCouponStore(engine))
        SqlMergeStore(engine).add(Merge("v", ANNA, NOW))
        assert traces(tmp_path, [ANNA])
        for place in (SqlEventPlace(engine), merge_place(engine), SqlCouponPlace(engine)):
            place.erase(GONE)
        leave_no_trace(engine)
        assert (traces(tmp_path, [ANNA]), len(store.history(BEN))) == ({}, 1000)
    assert traces(tmp_path, [ANNA, BEN]) == {"shop.sqlite": {BEN}}


class _Disposing:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        self.engine.dispose()


def test_a_database_of_either_kind_can_be_left_without_trace(engine: sa.Engine) -> None:
    SqlEventStore(engine).append([event("1")])
    leave_no_trace(engine)
    assert SqlEventStore(engine).count() == 1


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def erasures(request: pytest.FixtureRequest) -> ErasureStore:
    return MemoryErasures() if request.param == "memory" else SqlErasures(request.getfixturevalue(request.param))


def test_erasures_are_kept_as_they_are_and_wait_until_they_are_done(erasures: ErasureStore) -> None:
    span = whole_person(GONE, [Merge("v", ANNA, NOW), Merge("v", BEN, NOW + timedelta(1))]).spans
    asked = Erasure("e1", NOW, (Place("live events", 2, "waiting", "?"),), Gone(frozenset({ANNA}), span), 1)
    later = replace(asked, erasure_id="e2", n_buried=2)
    erasures.add(asked)
    erasures.add(later)
    assert (erasures.get("e1"), erasures.waiting(), erasures.waiting(1)) == (asked, [asked, later], [asked])
    done = replace(asked, gone=None, done_at=NOW)
    erasures.settle([done])
    assert (erasures.get("e1"), erasures.waiting(), erasures.n_buried()) == (done, [later], 2)
    with pytest.raises(NotFound):
        erasures.get("e3")


def file_tombstones(folder: Path) -> FileTombstones:
    return FileTombstones(folder / "tombstones", lambda: secret_in(folder / "secret"))


@pytest.fixture(params=["memory", "file"])
def tombstones(request: pytest.FixtureRequest, tmp_path: Path) -> Tombstones:
    return MemoryTombstones() if request.param == "memory" else file_tombstones(tmp_path)


def test_who_is_buried_stays_so(tombstones: Tombstones) -> None:
    assert (tombstones.buried([ANNA]), len(tombstones)) == (set(), 0)
    assert (tombstones.bury([ANNA, "访客"]), tombstones.bury([ANNA])) == (2, 2)
    assert (tombstones.buried([ANNA, BEN, "访客"]), len(tombstones)) == ({ANNA, "访客"}, 2)


def test_a_tombstone_counts_in_other_processes_and_tells_nobody(tmp_path: Path) -> None:
    one, other = file_tombstones(tmp_path), file_tombstones(tmp_path)
    assert other.buried([ANNA]) == set()
    one.bury([ANNA])
    assert (other.buried([ANNA]), traces(tmp_path, [ANNA])) == ({ANNA}, {})


def test_what_a_crash_cut_off_marks_nobody(tmp_path: Path) -> None:
    file_tombstones(tmp_path).bury([ANNA])
    with (tmp_path / "tombstones").open("a") as file:
        file.write("0123")
    file_tombstones(tmp_path).bury([BEN])
    again = file_tombstones(tmp_path)
    assert (again.buried([ANNA, BEN, "cat"]), len(again)) == ({ANNA, BEN}, 2)


def test_tombstones_without_their_secret_are_refused(tmp_path: Path) -> None:
    file_tombstones(tmp_path).bury([ANNA])
    (tmp_path / "secret").unlink()
    with pytest.raises(InvalidInput, match="secret"):
        file_tombstones(tmp_path).buried([ANNA])


def test_a_pseudonym_is_the_same_until_it_is_drawn_anew(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.secret"
    one, again = (Pseudonyms(path, lambda: secret_in(path)) for _ in range(2))
    first = one.of([ANNA, BEN])
    assert (again.of([ANNA, BEN]), len({*first}), ANNA in "".join(first)) == (first, 2, False)
    one.rotate()
    assert set(again.of([ANNA, BEN])).isdisjoint(first)
