"""What every store of tags must do; the tests run this on memory and SQL alike.

Subclass with a pytest fixture `stores` that returns an empty TagStore, the catalogue as merchants describe it, and the
same filled with what counts of the tags.
"""

from datetime import UTC, datetime, timedelta

from shopkeeper.data.applied import NOTHING, Applied
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY, Band, Tag, TagSource
from shopkeeper.ports import CatalogStore, Tagged, TagStore

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
Stores = tuple[TagStore, CatalogStore, CatalogStore]
GUESS = Tag(CATEGORY, "Home > Mugs", 0.6, TagSource.MODEL, "m1", Band.REVIEW)
SURE = Tag("colour", "red", 0.95, TagSource.RULE, "r1")
APPLIED = Applied(("Home > Mugs",), "Acme", ("new",), {"colour": "red", "parts": ("a", "b")})


def product(item_id: str = "a", **said: object) -> Product:
    """Return a product of which little is said."""
    return Product(**({"item_id": item_id, "title": f"Red mug {item_id}"} | said))  # type: ignore[arg-type]  # what a test names


def tagged(item_id: str = "a", *tags: Tag, applied: Applied = NOTHING, digest: str = "d") -> Tagged:
    """Return what is said of a product."""
    return Tagged(item_id, digest, tags, applied)


def review(review_id: str, action: Action = Action.FIX, value: str = "Home > Bowls", **said: object) -> Review:
    """Return a decision about the category of the product a."""
    given = {"item_id": "a", "name": CATEGORY, "by": "ann", "at": NOW, "said": GUESS.value} | said
    return Review(review_id=review_id, action=action, value=value, **given)  # type: ignore[arg-type]  # what a test names


class TagStoreSuite:
    """For implementations of `TagStore`."""

    def test_gives_back_what_it_was_told(self, stores: Stores) -> None:
        """Every field survives, and what is told again replaces it."""
        tags, _, _ = stores
        tags.tell([tagged("a", GUESS, SURE, applied=APPLIED), tagged("b", digest="é")])
        assert tags.told(["a", "b", "c"]) == {
            "a": tagged("a", GUESS, SURE, applied=APPLIED),
            "b": tagged("b", digest="é"),
        }
        tags.tell([tagged("a", SURE)])
        assert tags.told(["a"])["a"].tags == (SURE,)

    def test_what_counts_fills_what_the_merchant_left_empty(self, stores: Stores) -> None:
        """However the products are read; what the merchant said is not replaced."""
        tags, own, filled = stores
        full = product("b", categories=("Sale",), brand="Best", tags=("old",), attributes={"colour": "blue"})
        own.upsert([product(), full])
        tags.tell([tagged(one, applied=APPLIED) for one in ("a", "b")])
        both = {
            "a": product(categories=("Home > Mugs",), brand="Acme", tags=("new",), attributes=APPLIED.attributes),
            "b": product(
                "b",
                categories=("Sale",),
                brand="Best",
                tags=("old", "new"),
                attributes={"colour": "blue", "parts": ("a", "b")},
            ),
        }
        assert filled.get(["a", "b"]) == both
        assert filled.all() == filled.search() == list(both.values())
        assert {one.item_id: one for one in filled.changes().products} == both
        assert own.all() == [product(), full]

    def test_what_counts_is_searched(self, stores: Stores) -> None:
        """By category and brand, each only where the merchant said none."""
        tags, own, filled = stores
        own.upsert([product(), product("b", categories=("Sale",), brand="Best")])
        tags.tell([tagged(one, applied=APPLIED) for one in ("a", "b")])
        found = {
            asked: [one.item_id for one in filled.search(category=asked)] for asked in ("Home", "Sale", "Home > Bowls")
        }
        assert found == {"Home": ["a"], "Sale": ["b"], "Home > Bowls": []}
        assert [[one.item_id for one in filled.search(brand=asked)] for asked in ("Acme", "Best")] == [["a"], ["b"]]
        assert own.search(category="Home") == own.search(brand="Acme") == []

    def test_a_change_of_what_counts_is_a_change_of_the_product(self, stores: Stores) -> None:
        """What is only said, and said again, is none; nor is what is said of a product that is not there."""
        tags, own, filled = stores
        own.upsert([product()])
        number = filled.changes().number
        tags.tell([tagged("a", GUESS), tagged("nowhere", applied=APPLIED)])
        assert (filled.changes(number).products, filled.changes(number).removed) == ([], [])
        tags.tell([tagged("a", GUESS, applied=APPLIED)])
        changed = filled.changes(number)
        assert changed.products == [APPLIED.fill(product())]
        tags.tell([tagged("a", SURE, applied=APPLIED)])
        assert filled.changes(changed.number).products == []

    def test_an_update_changes_what_the_merchant_said(self, stores: Stores) -> None:
        """So that what counts does not become the merchant's own word."""
        tags, own, filled = stores
        own.upsert([product()])
        tags.tell([tagged("a", applied=APPLIED)])
        assert filled.update("a", lambda old: old) == product()
        assert own.get(["a"]) == {"a": product()}

    def test_the_least_sure_wait_first(self, stores: Stores) -> None:
        """Those in the band review alone, of products that are there."""
        tags, own, _ = stores
        own.upsert([product(), product("b")])
        less = Tag(CATEGORY, "Home > Bowls", 0.3, TagSource.LLM, "p1", Band.REVIEW)
        tags.tell([tagged("a", GUESS, SURE), tagged("b", less), tagged("gone", less)])
        assert tags.to_review() == [("b", less), ("a", GUESS)]
        assert tags.to_review(1) == [("b", less)]

    def test_what_was_decided_waits_no_longer(self, stores: Stores) -> None:
        """What was skipped waits until something else is said."""
        tags, own, _ = stores
        own.upsert([product(), product("b")])
        tags.tell([tagged("a", GUESS), tagged("b", GUESS)])
        tags.add([review("1"), review("2", Action.SKIP, "", item_id="b")])
        assert tags.to_review() == []
        other = Tag(CATEGORY, "Home > Bowls", 0.3, TagSource.MODEL, "m2", Band.REVIEW)
        tags.tell([tagged("a", other), tagged("b", other)])
        assert tags.to_review() == [("b", other)]

    def test_decisions_are_only_added(self, stores: Stores) -> None:
        """Each once, every field of it; the newest counts, and machines change none of them."""
        tags, _, _ = stores
        first = review("1", source=TagSource.MODEL, version="m1", confidence=0.6)
        later = review("2", Action.ACCEPT, "Home > Mugs", by="bob", at=NOW + timedelta(microseconds=1))
        skipped = review("3", Action.SKIP, "")
        assert tags.add([first, later]) == [True, True]
        assert tags.add([later, skipped]) == [False, True]
        tags.tell([tagged("a", SURE)])
        told, number = tags.reviews()
        assert told == [first, later, skipped]
        assert (tags.reviews(number), tags.reviews(limit=1)[0]) == (([], number), [first])
        assert tags.decided(["a", "b"]) == {"a": {CATEGORY: later}}
        assert tags.newest(["a", "b"]) == {"a": {CATEGORY: skipped}}

    def test_the_recent_ones_judge_what_was_said(self, stores: Stores) -> None:
        """Where nothing was said there is nothing to judge, nor in what was skipped."""
        tags, _, _ = stores
        told = [review("1"), review("2", said=""), review("3", Action.SKIP, ""), review("4"), review("5")]
        tags.add(told)
        assert [one.review_id for one in tags.recent(2)] == ["4", "5"]
        assert [one.review_id for one in tags.recent(9)] == ["1", "4", "5"]
        assert tags.recent(0) == []

    def test_each_reader_has_a_place(self, stores: Stores) -> None:
        """At first none."""
        tags, _, _ = stores
        tags.note_read("one", 3)
        tags.note_read("one", 5)
        assert (tags.read_up_to("one"), tags.read_up_to("other")) == (5, 0)
