"""What every service must do, whether it is called in this process or over HTTP.

Subclass with a pytest fixture for the service: for events and catalogue an empty shop whose clock stands at `NOW`; for
recommendations and models a shop on the products of `checkerboard(20)`, fitted with user_knn, popularity and two
versions of als, als-1 and als-2, the newer the current one, whose users have no stored events; for recommendations also
with item_knn, trending and buy_again. Product number n costs n EUR, is of the brand Even or Odd, and one of
`Toys > Dolls` below 10, of `Toys > Cars` from there on; nothing is said of i19, and i6 cannot be bought. The catalogue
is asked for changes with every request. Tests are coroutines: run them with the pytest plugin of anyio.
"""

from datetime import UTC, datetime, timedelta

import pytest

from shopkeeper.data.events import EventType
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.catalog.contract import Catalog, ProductChange, ProductModel, Products, VariantModel
from shopkeeper.services.events.contract import EventBatch, EventIn, Events, MergeRequest
from shopkeeper.services.models.contract import EmbedRequest, HistoryEvent, Models, ScoreRequest

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def batch(*events: EventIn) -> EventBatch:
    """Return the events as one batch."""
    return EventBatch(events=list(events))


class EventsSuite:
    """For implementations of `Events`."""

    async def test_tells_what_it_was_told_newest_first(self, events: Events) -> None:
        """Without a time, it was now."""
        early = EventIn(type="view", event_id="1", at=NOW - timedelta(hours=1), user_id="u", item_id="a")
        late = EventIn(type="purchase", event_id="2", user_id="u", item_id="b", price_minor=250, currency="EUR")
        receipt = await events.record(batch(early, late))
        assert (receipt.accepted, receipt.duplicates, receipt.event_ids) == (2, 0, ["1", "2"])
        told = (await events.history("u")).events
        assert [(event.event_id, event.type, event.item_id, event.at) for event in told] == [
            ("2", "purchase", "b", NOW),
            ("1", "view", "a", NOW - timedelta(hours=1)),
        ]
        assert (told[0].price_minor, told[0].currency) == (250, "EUR")

    async def test_a_retry_adds_nothing(self, events: Events) -> None:
        """With an id, or without one where all fields agree."""
        named = EventIn(type="view", event_id="1", visitor_id="v", item_id="a")
        unnamed = EventIn(type="view", at=NOW, visitor_id="v", item_id="a")
        first = await events.record(batch(named, unnamed))
        again = await events.record(batch(named, unnamed))
        assert (again.accepted, again.duplicates) == (0, 2)
        assert again.event_ids == first.event_ids

    async def test_equal_events_of_one_moment_are_one(self, events: Events) -> None:
        """Without an id, an event is what it says; without a time, all of a batch happened now."""
        said = EventIn(type="view", visitor_id="v", item_id="a")
        receipt = await events.record(batch(said, said))
        assert (receipt.accepted, receipt.duplicates) == (1, 1)

    async def test_an_event_from_the_future_stops_its_whole_batch(self, events: Events) -> None:
        """The text names its place, and nothing is stored."""
        good = EventIn(type="view", visitor_id="v", item_id="a")
        bad = EventIn(type="view", visitor_id="v", item_id="a", at=NOW + timedelta(days=2))
        with pytest.raises(InvalidInput, match=r"events\[1\]\.at.*future"):
            await events.record(batch(good, bad))
        assert (await events.history("v")).events == []

    async def test_an_event_from_before_1970_stops_its_whole_batch(self, events: Events) -> None:
        """No shop was online, and some such times cannot be told again."""
        bad = EventIn(type="view", visitor_id="v", item_id="a", at=datetime.fromisoformat("0001-01-01T00:00:00+14:00"))
        with pytest.raises(InvalidInput, match=r"events\[0\]\.at.*1970"):
            await events.record(batch(bad))
        assert (await events.history("v")).events == []

    async def test_a_search_says_how_much_it_found(self, events: Events) -> None:
        """Nothing else does."""
        searched = EventIn(type="search", visitor_id="v", query="tea", n_results=0)
        await events.record(batch(searched))
        assert [(one.query, one.n_results) for one in (await events.history("v")).events] == [("tea", 0)]
        with pytest.raises(ValueError, match="n_results belongs to a search, and not to a view"):
            EventIn(type="view", visitor_id="v", item_id="a", n_results=1)

    async def test_a_partial_batch_stores_what_it_can(self, events: Events) -> None:
        """And says of the others what is wrong with them."""
        good = EventIn(type="view", event_id="1", visitor_id="v", item_id="a")
        late = EventIn(type="view", event_id="2", visitor_id="v", item_id="a", at=NOW + timedelta(days=2))
        receipt = await events.record(EventBatch(events=[late, {"type": "vieww"}, good], partial=True))
        assert (receipt.accepted, receipt.event_ids) == (1, [None, None, "1"])
        assert [error.index for error in receipt.errors] == [0, 1]
        assert "future" in receipt.errors[0].detail
        assert receipt.errors[1].detail.startswith("type: ")
        assert [event.event_id for event in (await events.history("v")).events] == ["1"]

    async def test_what_is_no_event_stops_its_whole_batch(self, events: Events) -> None:
        """Where it is not partial."""
        good = EventIn(type="view", visitor_id="v", item_id="a")
        with pytest.raises(InvalidInput, match=r"events\[1\]\.type"):
            await events.record(EventBatch(events=[good, {"type": "vieww"}]))
        assert (await events.history("v")).events == []

    async def test_validates_without_storing(self, events: Events) -> None:
        """What it says of wrong events is the same."""
        good = EventIn(type="view", event_id="1", visitor_id="v", item_id="a")
        receipt = await events.record(EventBatch(events=[good, {}], partial=True, validate_only=True))
        assert (receipt.accepted, receipt.event_ids, len(receipt.errors)) == (0, ["1", None], 1)
        assert (await events.history("v")).events == []

    async def test_creates_products_when_asked(self, events: Events, catalog: Catalog) -> None:
        """Those that are known stay as they are."""
        await catalog.put(Products(products=[ProductModel(item_id="known", title="Mug")]))
        views = [EventIn(type="view", visitor_id="v", item_id=item_id) for item_id in ("known", "new", "new")]
        await events.record(EventBatch(events=views[:1]))
        await events.record(EventBatch(events=views, create_products=True))
        found = await catalog.get_many(["known", "new"])
        assert {item_id: product.title for item_id, product in found.items()} == {"known": "Mug", "new": "new"}

    async def test_what_a_visitor_did_before_signing_in_is_the_users(self, events: Events) -> None:
        """What comes later under the visitor alone is not; again is harmless."""
        before = EventIn(type="view", event_id="1", visitor_id="v", item_id="a", at=NOW - timedelta(hours=1))
        own = EventIn(
            type="view", event_id="2", visitor_id="w", user_id="u/1", item_id="b", at=NOW - timedelta(hours=2)
        )
        after = EventIn(type="view", event_id="3", visitor_id="v", item_id="c", at=NOW + timedelta(hours=1))
        await events.record(batch(before, own, after))
        for _ in range(2):
            told = await events.merge("u/1", MergeRequest(visitor_id="v"))
        assert (told.user_id, told.visitor_id, told.at) == ("u/1", "v", NOW)
        assert [event.event_id for event in (await events.history("u/1")).events] == ["1", "2"]
        assert [event.event_id for event in (await events.history("v")).events] == ["3"]

    async def test_nobody_is_merged_with_oneself(self, events: Events) -> None:
        """The text asks whose past is meant."""
        with pytest.raises(InvalidInput, match="whose past"):
            await events.merge("v", MergeRequest(visitor_id="v"))

    async def test_tells_only_of_the_types_asked_for(self, events: Events) -> None:
        """So that a thousand impressions do not hide one purchase."""
        taken = EventIn(type="purchase", at=NOW - timedelta(hours=1), visitor_id="v", item_id="a")
        shown = EventIn(type="impression", visitor_id="v", item_id="b")
        await events.record(batch(taken, shown))
        told = (await events.history("v", limit=1, types=[EventType.PURCHASE, EventType.VIEW])).events
        assert [event.item_id for event in told] == ["a"]

    async def test_names_the_most_active(self, events: Events) -> None:
        """Most active first."""
        people = ["a", "b", "b"]
        await events.record(batch(*(EventIn(type="view", user_id=who, item_id=str(n)) for n, who in enumerate(people))))
        told = (await events.shoppers(limit=1)).shoppers
        assert [(shopper.shopper_id, shopper.events) for shopper in told] == [("b", 2)]

    async def test_nothing_is_known_of_a_stranger(self, events: Events) -> None:
        """An empty history, not an error."""
        assert (await events.history("nobody")).events == []


MUG = ProductModel(
    item_id="a/1 ä",
    title="Red mug",
    price_minor=250,
    currency="EUR",
    tags=["red"],
    categories=["Home > Kitchen"],
    brand="Acme",
    attributes={"colour": "red", "height": 9, "weight": 0.25, "fragile": True, "fits": ["a", "b"]},
    available=False,
    available_from=NOW,
    available_until=NOW + timedelta(days=1),
    stock=3,
    variants=[VariantModel(variant_id="s", attributes={"size": "S"}, price_minor=200, currency="EUR", stock=0)],
    created_at=NOW,
)


class CatalogSuite:
    """For implementations of `Catalog`."""

    async def test_gives_back_what_it_was_given(self, catalog: Catalog) -> None:
        """By one id, whatever signs are in it."""
        assert (await catalog.put(Products(products=[MUG]))).stored == 1
        assert await catalog.get("a/1 ä") == MUG

    async def test_finds_by_text(self, catalog: Catalog) -> None:
        """In any case."""
        await catalog.put(Products(products=[MUG, ProductModel(item_id="b", title="Green bowl")]))
        assert [product.item_id for product in (await catalog.search("MUG")).products] == ["a/1 ä"]
        assert len((await catalog.search("", limit=1)).products) == 1

    async def test_fetches_many(self, catalog: Catalog) -> None:
        """Unknown ids are left out; none asked for gives none."""
        many = [ProductModel(item_id=str(number), title="t") for number in range(250)]
        await catalog.put(Products(products=many))
        asked = [product.item_id for product in many]
        assert sorted(await catalog.get_many([*asked, "unknown"])) == sorted(asked)
        assert await catalog.get_many([]) == {}

    async def test_is_listed_by_category_and_brand_in_pages(self, catalog: Catalog) -> None:
        """A category holds what lies below it."""
        await catalog.put(Products(products=[MUG, ProductModel(item_id="b", title="Bowl", categories=["Home"])]))
        listed = [(await catalog.search(category="Home", limit=1, offset=offset)).products for offset in range(3)]
        assert [[product.title for product in page] for page in listed] == [["Bowl"], ["Red mug"], []]
        assert (await catalog.search(brand="Acme")).products == [MUG]

    async def test_a_change_leaves_what_it_does_not_name(self, catalog: Catalog) -> None:
        """What it names may be None too: the product's stock is not counted any more."""
        await catalog.put(Products(products=[MUG]))
        changed = await catalog.update(MUG.item_id, ProductChange(price_minor=300, stock=None))
        assert changed == await catalog.get(MUG.item_id) == MUG.model_copy(update={"price_minor": 300, "stock": None})

    async def test_a_change_that_makes_no_product_is_refused(self, catalog: Catalog) -> None:
        """The whole is checked, and nothing is stored."""
        await catalog.put(Products(products=[MUG]))
        with pytest.raises(InvalidInput, match="price_minor and currency belong together"):
            await catalog.update(MUG.item_id, ProductChange(stock=9, currency=None))
        with pytest.raises(InvalidInput, match="available_until must be after available_from"):
            await catalog.update(MUG.item_id, ProductChange(stock=9, available_until=NOW))
        assert await catalog.get(MUG.item_id) == MUG

    async def test_a_removed_product_is_gone(self, catalog: Catalog) -> None:
        """Removing it again is no error."""
        await catalog.put(Products(products=[MUG]))
        assert [(await catalog.remove(MUG.item_id)).removed for _ in range(2)] == [1, 0]
        assert await catalog.get_many([MUG.item_id]) == {}

    async def test_tells_what_changed(self, catalog: Catalog) -> None:
        """From the beginning, and then what is new."""
        await catalog.put(Products(products=[MUG]))
        first = await catalog.changes()
        assert (first.products, first.removed) == ([MUG], [])
        assert (await catalog.changes(first.number)).products == []
        await catalog.put(Products(products=[ProductModel(item_id="b", title="Green bowl")]))
        assert [product.item_id for product in (await catalog.changes(first.number)).products] == ["b"]

    async def test_an_unknown_product_is_not_found(self, catalog: Catalog) -> None:
        """The text names it."""
        with pytest.raises(NotFound, match="nothing"):
            await catalog.get("nothing")
        with pytest.raises(NotFound, match="nothing"):
            await catalog.update("nothing", ProductChange(stock=1))


class ModelsSuite:
    """For implementations of `Models`."""

    async def test_names_what_was_fitted(self, models: Models) -> None:
        """With all versions, what each reached and knows, and what the model can."""
        told = (await models.fitted()).models
        assert [model.name for model in told] == ["als", "popularity", "user_knn"]
        assert told[0] == await models.get("als")
        newest, older = told[0].versions
        assert [(one.version, one.is_current) for one in (newest, older)] == [("als-2", True), ("als-1", False)]
        assert (newest.fitted_at, newest.metrics) == (NOW, {"ndcg@10": 0.5})
        assert (newest.n_users, newest.n_items, newest.config["factors"]) == (20, 20, 4)
        assert newest.fingerprint == older.fingerprint
        assert [model.capabilities.embeds for model in told] == [True, False, False]
        assert [model.capabilities.personalised for model in told] == [True, False, True]

    async def test_the_best_are_scored(self, models: Models) -> None:
        """Best first, and what was seen only when asked for."""
        request = ScoreRequest(histories=[["i1", "i3"], ["i2"]], n=5)
        answer = await models.score("als", request)
        assert (answer.model, answer.version, answer.unknown_item_ids) == ("als", "als-2", [])
        odd, even = (one.item_ids for one in answer.histories)
        assert {int(item_id[1:]) % 2 for item_id in odd} == {1}
        assert {int(item_id[1:]) % 2 for item_id in even} == {0}
        assert not {"i1", "i3"} & set(odd)
        scores = [score for score in answer.histories[0].scores if score is not None]
        assert (len(scores), scores) == (5, sorted(scores, reverse=True))
        again = await models.score("als", request.model_copy(update={"exclude_seen": False, "n": 20}))
        assert {"i1", "i3"} < set(again.histories[0].item_ids)

    async def test_named_products_are_scored_in_their_order(self, models: Models) -> None:
        """Seen ones too; unknown ones are told of, in histories as well."""
        request = ScoreRequest(histories=[["i1", "gone"], ["i1"]], items=["i2", "new", "i1", "i5"])
        answer = await models.score("als", request)
        assert answer.unknown_item_ids == ["gone", "new"]
        assert answer.histories[0].item_ids == ["i2", "i1", "i5"]
        assert answer.histories[0] == answer.histories[1]
        other, _, alike = (score or 0.0 for score in answer.histories[0].scores)
        assert alike > other

    async def test_events_are_read_as_their_ids_are(self, models: Models) -> None:
        """An id alone is a purchase now; what is no turn to a product is not read."""
        refund, purchase = HistoryEvent(item_id="i2", type="refund"), HistoryEvent(item_id="i1", at=NOW)
        answer = await models.score("user_knn", ScoreRequest(histories=[[refund, purchase], ["i1"]]))
        assert answer.histories[0] == answer.histories[1]

    async def test_of_somebody_new_a_model_says_what_it_can(self, models: Models) -> None:
        """A personal one nothing, popularity what is popular; a named product has no score then."""
        stranger = ScoreRequest(histories=[[], ["gone"]])
        assert [one.item_ids for one in (await models.score("als", stranger)).histories] == [[], []]
        assert [len(one.item_ids) for one in (await models.score("popularity", stranger)).histories] == [10, 10]
        named = await models.score("als", ScoreRequest(histories=[[]], items=["i1"]))
        assert named.histories[0].scores == [None]

    async def test_an_older_version_can_be_asked(self, models: Models) -> None:
        """As long as it is kept."""
        older = await models.score("als", ScoreRequest(histories=[["i1"]], version="als-1"))
        newer = await models.score("als", ScoreRequest(histories=[["i1"]]))
        assert (older.version, newer.version) == ("als-1", "als-2")
        assert older.histories != newer.histories
        with pytest.raises(NotFound, match="No version als-9 of als"):
            await models.score("als", ScoreRequest(histories=[["i1"]], version="als-9"))

    async def test_the_product_of_vectors_is_the_score(self, models: Models) -> None:
        """Of what nothing is known there is none."""
        answer = await models.embed("als", EmbedRequest(histories=[["i1"], []], items=["i2", "new", "i3"]))
        person, nobody = answer.histories
        first, unknown, last = answer.items
        assert (answer.version, answer.dimension, answer.unknown_item_ids) == ("als-2", 4, ["new"])
        assert person and first and last
        assert (nobody, unknown, len(person)) == (None, None, 4)
        products = [sum(a * b for a, b in zip(person, vector, strict=True)) for vector in (first, last)]
        scored = (await models.score("als", ScoreRequest(histories=[["i1"]], items=["i2", "i3"]))).histories[0]
        assert products == pytest.approx(scored.scores, abs=1e-5)

    async def test_a_model_without_vectors_names_those_that_have_them(self, models: Models) -> None:
        """As its capabilities say."""
        with pytest.raises(InvalidInput, match=r"popularity has no vectors.*als, content, sequence, svd"):
            await models.embed("popularity", EmbedRequest(items=["i1"]))

    async def test_only_unknown_products_are_refused(self, models: Models) -> None:
        """There is nothing to score."""
        with pytest.raises(InvalidInput, match="knows none of them"):
            await models.score("als", ScoreRequest(histories=[["i1"]], items=["new"]))

    async def test_time_runs_forwards(self, models: Models) -> None:
        """The newest comes last, and not from the future; the text names the event."""
        early, late = (HistoryEvent(item_id="i1", at=NOW + timedelta(days=days)) for days in (-1, 2))
        for history in ([late], [late, early], [HistoryEvent(item_id="i2", at=NOW), early]):
            with pytest.raises(InvalidInput, match=r"histories\[1\]\[0\].at is 2024"):
                await models.score("als", ScoreRequest(histories=[["i1"], list(history)]))

    async def test_a_model_that_is_not_there_brings_those_that_are(self, models: Models) -> None:
        """Fitted ones for one that could be fitted, near ones for a slip of the pen."""
        with pytest.raises(NotFound, match=r"fit --model svd.*als, popularity, user_knn"):
            await models.score("svd", ScoreRequest(histories=[[]]))
        for ask in (models.get("svd"), models.embed("svd", EmbedRequest(items=["i1"]))):
            with pytest.raises(NotFound, match="als, popularity, user_knn"):
                await ask
        with pytest.raises((NotFound, InvalidInput), match="did you mean user_knn"):
            await models.get("user_nn")
