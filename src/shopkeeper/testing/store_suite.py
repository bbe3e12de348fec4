"""What every store must do; the tests run these on memory, SQL and files alike.

Subclass with a pytest fixture `store` that returns an empty store.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from shopkeeper import models
from shopkeeper.data.catalog import Product, Variant
from shopkeeper.data.counts import Privacy
from shopkeeper.data.events import INTERACTIONS, Event, EventType
from shopkeeper.data.merges import Merge
from shopkeeper.kit.errors import NotFound
from shopkeeper.kit.money import Money
from shopkeeper.ports import CatalogStore, EventStore, LiveEventStore, MergeStore, ModelStore, SavedModel
from shopkeeper.testing.checkerboard import random_shop

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def event(
    event_id: str, *, user: str | None = "u", visitor: str = "v", item: str | None = "a", minutes: int = 0
) -> Event:
    """Return a purchase some minutes after noon."""
    return Event(
        event_id=event_id,
        type=EventType.PURCHASE,
        at=NOW + timedelta(minutes=minutes),
        visitor_id=visitor,
        user_id=user,
        item_id=item,
    )


class EventStoreSuite:
    """For implementations of `EventStore`."""

    def test_gives_back_what_it_was_given(self, store: EventStore) -> None:
        """Every field survives, to the microsecond and the last letter."""
        full = Event(
            event_id="é-1",
            type=EventType.REFUND,
            at=NOW.replace(microsecond=123_457),
            visitor_id="访客",
            user_id="顾客",
            item_id="a",
            quantity=3,
            price=Money(1999, "JPY"),
            rating=4.5,
            session_id="s",
            order_id="o",
            query="茶杯",
            recommendation_id="r",
            n_results=0,
        )
        store.append([full])
        assert store.history("顾客") == [full]

    def test_the_same_id_is_stored_once(self, store: EventStore) -> None:
        """Within one call and between calls; a retry is safe."""
        first, other = event("1"), event("2")
        assert store.append([first, other, first]) == [True, True, False]
        assert store.append([other, event("3")]) == [False, True]
        assert store.count() == 3

    def test_nothing_to_store(self, store: EventStore) -> None:
        """An empty call is no error."""
        assert store.append([]) == []

    def test_a_history_is_oldest_first_and_cut_to_the_newest(self, store: EventStore) -> None:
        """Whatever the order of arrival."""
        store.append([event("c", minutes=3), event("a", minutes=1), event("b", minutes=2)])
        assert [e.event_id for e in store.history("u")] == ["a", "b", "c"]
        assert [e.event_id for e in store.history("u", limit=2)] == ["b", "c"]
        assert store.history("u", limit=0) == []

    def test_a_history_of_some_types_is_cut_to_the_newest_of_them(self, store: EventStore) -> None:
        """What was merely shown does not push out what was taken."""
        store.append([event("a"), replace(event("b", minutes=1), type=EventType.IMPRESSION)])
        assert [e.event_id for e in store.history("u", limit=1, types=INTERACTIONS)] == ["a"]

    def test_events_of_one_moment_stay_in_order_of_arrival(self, store: EventStore) -> None:
        """Two clicks in one microsecond are not shuffled."""
        store.append([event(id_) for id_ in "zayb"])
        assert [e.event_id for e in store.history("u")] == list("zayb")

    def test_a_visitor_is_known_by_the_visitor_id(self, store: EventStore) -> None:
        """Until there is a user id."""
        store.append([event("1", user=None), event("2")])
        assert [e.event_id for e in store.history("v")] == ["1"]
        assert store.history("nobody") == []

    def test_says_which_ids_it_knows(self, store: EventStore) -> None:
        """Also among very many."""
        store.append([event("1"), event("2")])
        asked = [str(number) for number in range(3000)]
        assert store.known_ids(asked) == {"1", "2"}
        assert store.known_ids([]) == set()

    def test_the_log_is_everything_by_user_and_time(self, store: EventStore) -> None:
        """A search without a product is kept, under item_idx -1."""
        store.append([event("1", user="b", minutes=1), event("2", user="b"), event("3", user="a", item=None)])
        log = store.log()
        assert [log.users[user] for user in log.user_idx] == ["a", "b", "b"]
        assert log.item_idx.tolist()[0] == -1
        assert (np.diff(log.at[1:]) >= 0).all()

    def test_an_empty_log_is_a_log(self, store: EventStore) -> None:
        """No events, no error."""
        assert (len(store.log()), store.count(), store.shoppers()) == (0, 0, [])

    def test_the_most_active_come_first(self, store: EventStore) -> None:
        """Ties by id; guest orders are nobody's."""
        people = ["b", "a", "c", "c", "guest:1", "guest:1", "guest:1", "Guest:"]
        store.append([event(str(number), user=None, visitor=who) for number, who in enumerate(people)])
        assert store.shoppers() == [("c", 2), ("Guest:", 1), ("a", 1), ("b", 1)]
        assert store.shoppers(limit=1) == [("c", 2)]

    def test_the_products_that_most_happened_with_come_first(self, store: EventStore) -> None:
        """Since a time or ever, ties by id; what is about no product counts for none."""
        told = [("1", "b", 0), ("2", "b", 0), ("3", "c", 2), ("4", "a", 2), ("5", None, 2)]
        store.append([event(event_id, item=item, minutes=minutes) for event_id, item, minutes in told])
        assert store.traffic() == [("b", 2), ("a", 1), ("c", 1)]
        assert store.traffic(NOW + timedelta(minutes=1), limit=1) == [("a", 1)]

    def test_traffic_may_be_of_some_types(self, store: EventStore) -> None:
        """Such as what was shown."""
        store.append([event("1", item="a"), replace(event("2", item="b"), type=EventType.IMPRESSION)])
        assert store.traffic(types=[EventType.IMPRESSION]) == [("b", 1)]
        assert store.traffic(NOW, types=[EventType.CLICK]) == []


class LiveEventStoreSuite:
    """For implementations of `LiveEventStore`, beside what every store of events must do."""

    def test_the_newest_are_those_that_came_last(self, store: LiveEventStore) -> None:
        """Whenever they happened; one that was there before does not come again."""
        for number, minutes in (("1", 3), ("2", 1), ("3", 2), ("1", 3)):
            store.append([event(number, minutes=minutes)])
        assert (sorted(store.newest_ids(2)), store.newest_ids(0), len(store.newest_ids(9))) == (["2", "3"], [], 3)

    def test_what_came_since_is_told_in_that_order(self, store: LiveEventStore) -> None:
        """And nothing twice, when it is asked from where the last answer ended."""
        before = store.since(0)
        for event_id, minutes in (("1", 3), ("2", 1)):
            store.append([event(event_id, minutes=minutes)])
        first, number = store.since(0)
        store.append([event("2"), event("3")])
        then, last = store.since(number)
        assert (before, [one.event_id for one in first], first[0]) == (([], 0), ["1", "2"], event("1", minutes=3))
        assert ([one.event_id for one in then], store.since(last)) == (["3"], ([], last))


MUG = Product(
    item_id="22423",
    title="REGENCY Teetaße ÄÖ",
    description="d",
    brand="b",
    categories=("home > kitchen",),
    tags=("red", "mug"),
    price=Money(1275, "GBP"),
    url="https://shop.example/22423",
    image_url="https://shop.example/22423.jpg",
    available=False,
    attributes={"colour": "rød", "height": 9, "weight": 0.25, "fragile": True, "fits": ("a", "b")},
    available_from=NOW.replace(microsecond=123_457),
    available_until=NOW + timedelta(days=9000),
    stock=7,
    variants=(
        Variant(variant_id="s", attributes={"size": "S"}, price=Money(975, "GBP"), stock=0),
        Variant(variant_id="l"),
    ),
    created_at=NOW - timedelta(days=1),
)


def merge(visitor: str, user: str, *, minutes: int = 0) -> Merge:
    """Return a sign-in some minutes after noon."""
    return Merge(visitor, user, NOW + timedelta(minutes=minutes))


class MergeStoreSuite:
    """For implementations of `MergeStore`."""

    def test_tells_of_all_visitors_that_a_person_is_or_was(self, store: MergeStore) -> None:
        """And of whom else they were."""
        given = [merge("v", "u"), merge("w", "u"), merge("v", "other", minutes=1), merge("x", "y")]
        for one in given:
            store.add(one)
        assert sorted(store.about("u"), key=given.index) == given[:3]
        assert store.about("x") == [given[3]]
        assert store.about("stranger") == []
        assert store.all() == given

    def test_signing_in_again_is_a_moment_of_its_own(self, store: MergeStore) -> None:
        """Since another user's can come later and lie between; the same moment twice is one."""
        given = [merge("v", "u"), merge("v", "u", minutes=5), merge("v", "w", minutes=3)]
        for one in (*given, given[1]):
            store.add(one)
        assert store.all() == given


class CatalogStoreSuite:
    """For implementations of `CatalogStore`."""

    def test_gives_back_what_it_was_given(self, store: CatalogStore) -> None:
        """Every field survives."""
        assert store.upsert([MUG]) == 1
        assert store.get(["22423", "unknown"]) == {"22423": MUG}

    def test_a_product_is_replaced_by_its_id(self, store: CatalogStore) -> None:
        """The last one given counts, also within one call."""
        store.upsert([MUG])
        assert store.upsert([replace(MUG, title="x"), replace(MUG, title="new")]) == 1
        assert (store.get(["22423"])["22423"].title, store.count()) == ("new", 1)

    def test_can_be_read_whole(self, store: CatalogStore) -> None:
        """In id order."""
        store.upsert([MUG, Product(item_id="b", title="x"), Product(item_id="a", title="y")])
        assert [product.item_id for product in store.all()] == ["22423", "a", "b"]

    def test_is_searched_by_title_and_id_ignoring_case(self, store: CatalogStore) -> None:
        """In any language, in title order; signs of the database's own language are only text."""
        store.upsert([MUG, Product(item_id="b", title="红色 100% 茶杯"), Product(item_id="c", title="alpha")])
        assert [p.item_id for p in store.search("teetaße äö")] == ["22423"]
        assert [p.item_id for p in store.search("茶")] == ["b"]
        assert [p.item_id for p in store.search("100%")] == ["b"]
        assert [p.item_id for p in store.search("2242")] == ["22423"]
        assert [p.item_id for p in store.search("")] == ["c", "22423", "b"]
        assert [p.item_id for p in store.search("", limit=1)] == ["c"]
        assert store.search("_") == []

    def test_is_listed_by_category_and_brand_in_pages(self, store: CatalogStore) -> None:
        """A category holds what lies below it, and nothing that is only spelled like it."""
        paths = {"a": ("Home",), "b": ("Sale", "Home > Light"), "c": ("Homer",), "d": ("home > Light",), "e": ()}
        store.upsert(Product(item_id=key, title=key, categories=value, brand="B") for key, value in paths.items())
        store.upsert([Product(item_id="f", title="f", brand="b")])
        assert [p.item_id for p in store.search(category="Home")] == ["a", "b"]
        assert [p.item_id for p in store.search(category="Home > Light")] == ["b"]
        assert store.search(category="%") == store.search(category="Home", text="c") == []
        assert [p.item_id for p in store.search(brand="B", limit=2, offset=3)] == ["d", "e"]

    def test_is_changed_by_what_is_made_of_it(self, store: CatalogStore) -> None:
        """A change that fails leaves it; none of what is not there is made."""
        store.upsert([MUG])
        changed = store.update("22423", lambda old: replace(old, stock=(old.stock or 0) - 1))
        assert changed == store.get(["22423"])["22423"] == replace(MUG, stock=6)
        assert store.changes().products == [changed]
        assert store.update("unknown", lambda old: old) is None
        try:
            store.update("22423", lambda old: replace(old, title="x" * (1 // 0)))
        except ZeroDivisionError:
            assert store.all() == [changed]
        else:
            raise AssertionError("a change that failed was made")

    def test_no_change_is_lost_among_many(self, store: CatalogStore) -> None:
        """Each sees what the one before it made."""
        store.upsert([MUG])
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda _: store.update("22423", lambda old: replace(old, stock=(old.stock or 0) + 1)), "x" * 40
                )
            )
        assert store.get(["22423"])["22423"].stock == 47

    def test_what_is_removed_is_gone(self, store: CatalogStore) -> None:
        """What was not there is not counted."""
        store.upsert([MUG, Product(item_id="a", title="A")])
        before = store.changes().number
        assert store.remove(["22423", "unknown"]) == 1
        assert (store.changes(before).products, store.changes(before).removed) == ([], ["22423"])
        assert ([product.item_id for product in store.all()], store.search("Teetaße")) == (["a"], [])

    def test_many_at_once(self, store: CatalogStore) -> None:
        """More than a database takes in one statement."""
        many = [Product(item_id=f"{n:05}", title=f"product {n:05}") for n in range(3000)]
        assert store.upsert(many) == 3000
        assert len(store.get([p.item_id for p in many])) == store.count() == 3000

    def test_tells_what_changed_in_the_order_of_the_last_change(self, store: CatalogStore) -> None:
        """Each product once, as it is now; a part at a time, and then what is new."""
        store.upsert([MUG, Product(item_id="a", title="x"), Product(item_id="b", title="y")])
        store.upsert([replace(MUG, title="later")])
        first = store.changes(limit=2)
        assert [product.item_id for product in first.products] == ["a", "b"]
        second = store.changes(first.number)
        assert (list(second.products), list(second.removed)) == ([replace(MUG, title="later")], [])
        assert store.changes(second.number).number == second.number
        store.upsert([Product(item_id="b", title="new")])
        assert [product.title for product in store.changes(second.number).products] == ["new"]


def saved(version: str = "1", name: str = "user_knn") -> SavedModel:
    """Return a fitted model as a store takes it."""
    data = random_shop()
    return SavedModel(
        scorer=models.create(name, {"half_life_days": 30.0}).fit(data),
        users=data.users,
        items=data.items,
        version=version,
        fitted_at=NOW,
        fingerprint=data.fingerprint(),
        metrics={"ndcg@10": 0.25},
        privacy=Privacy(epsilon=0.5, drawn_at=NOW),
    )


class ModelStoreSuite:
    """For implementations of `ModelStore`."""

    def test_a_loaded_model_answers_as_the_saved_one(self, store: ModelStore) -> None:
        """With its options, vocabularies, and all that was said of it."""
        original, histories = saved(), random_shop().histories
        store.save(original)
        loaded = store.load("user_knn")
        assert loaded.scorer.score(histories).tobytes() == original.scorer.score(histories).tobytes()
        assert loaded.scorer.config == original.scorer.config
        assert (loaded.users, loaded.items) == (original.users, original.items)
        for field in ("version", "fitted_at", "fingerprint", "metrics", "privacy"):
            assert getattr(loaded, field) == getattr(original, field)
        assert store.versions("user_knn")[0].privacy == original.privacy

    def test_the_newest_save_is_current(self, store: ModelStore) -> None:
        """Of each name by itself."""
        for version in ("1", "2", "3"):
            store.save(saved(version))
        store.save(saved("9", "popularity"))
        assert (store.current("user_knn"), store.load("user_knn").version) == ("3", "3")
        assert store.names() == ["popularity", "user_knn"]

    def test_of_two_saves_of_one_version_the_last_counts(self, store: ModelStore) -> None:
        """Two fits of the same data can end in the same microsecond."""
        for half_life_days in (30.0, 7.0):
            model = saved()
            scorer = models.create("user_knn", {"half_life_days": half_life_days}).fit(random_shop())
            store.save(replace(model, scorer=scorer))
            assert store.load("user_knn").scorer.config == scorer.config
        assert [one.version for one in store.versions("user_knn")] == ["1"]

    def test_older_versions_are_kept_and_can_be_promoted(self, store: ModelStore) -> None:
        """Newest first, with what is known of each; to promote is to serve."""
        for day, version in enumerate(("1", "2", "3")):
            store.save(replace(saved(version), fitted_at=NOW + timedelta(days=day), metrics={"ndcg@10": day / 10}))
        store.promote("user_knn", "1")
        assert (store.current("user_knn"), store.load("user_knn").version) == ("1", "1")
        kept = store.versions("user_knn")
        assert [(one.version, one.is_current, one.metrics) for one in kept] == [
            ("3", False, {"ndcg@10": 0.2}),
            ("2", False, {"ndcg@10": 0.1}),
            ("1", True, {"ndcg@10": 0.0}),
        ]
        assert (kept[0].fitted_at, kept[0].fingerprint) == (NOW + timedelta(days=2), saved().fingerprint)

    def test_a_version_that_is_kept_can_be_loaded(self, store: ModelStore) -> None:
        """What is served stays; what is not kept is not found."""
        for version in ("1", "2"):
            store.save(saved(version))
        assert [store.load("user_knn", version).version for version in ("1", "2", "1")] == ["1", "2", "1"]
        assert store.load("user_knn").version == "2"
        try:
            store.load("user_knn", "3")
        except NotFound as error:
            assert "No version 3 of user_knn" in str(error)
        else:
            raise AssertionError("a version came out of nowhere")

    def test_much_is_known_of_a_version_without_loading_it(self, store: ModelStore) -> None:
        """Its options, and how many users and products it knows."""
        store.save(model := saved())
        (kept,) = store.versions("user_knn")
        assert kept.config == model.scorer.config.model_dump(mode="json")
        assert (kept.n_users, kept.n_items) == (len(model.users), len(model.items))

    def test_what_is_not_kept_cannot_be_promoted(self, store: ModelStore) -> None:
        """And what is served stays."""
        store.save(saved("1"))
        for name, version in (("user_knn", "2"), ("svd", "1"), ("../user_knn", "1")):
            try:
                store.promote(name, version)
            except NotFound as error:
                assert "shopkeeper models list" in str(error)
            else:
                raise AssertionError("what is not there was promoted")
        assert (store.current("user_knn"), store.versions("svd")) == ("1", [])

    def test_what_was_never_saved_is_not_found(self, store: ModelStore) -> None:
        """The error says what to do."""
        assert (store.current("svd"), store.names()) == (None, [])
        try:
            store.load("svd")
        except NotFound as error:
            assert "shopkeeper fit --model svd" in str(error)
        else:
            raise AssertionError("a model came out of nowhere")
