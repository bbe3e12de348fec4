"""What every catalogue service must do with tags, whether it is called in this process or over HTTP.

Subclass with a pytest fixture `catalog` of a shop with the tree `TREE`, fitted on the names of its categories while it
had the products `PRODUCTS`, which are tagged, and one event about `lamp`.
"""

import anyio
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import CATEGORY
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.catalog.contract import Catalog, Decision, Decisions, ProductModel, Products, ProductTags

TREE = "id,parent_id,name,name_zh\nhome,,Home,家居\nmugs,home,Mugs,马克杯\nlamps,home,Lamps,灯具\ntoys,,Toys,玩具\n"
PRODUCTS = (
    Product(item_id="mug", title="Red mug"),
    Product(item_id="lamp", title="Lamp of glass"),
    Product(item_id="own", title="Blue mugs", categories=("Sale",)),
)


def decisions(*given: dict[str, str]) -> Decisions:
    """Return decisions, about the category of the mug where nothing else is said."""
    return Decisions(decisions=[Decision.model_validate({"item_id": "mug"} | one) for one in given])


async def tagged(catalog: Catalog, item_id: str) -> ProductTags:
    """Return the tags of a product that are said within seconds."""
    with anyio.fail_after(60):
        while not (told := await catalog.tags(item_id)).tags:
            await anyio.sleep(0.02)
    return told


class CatalogTagsSuite:
    """For implementations of `Catalog`."""

    async def test_says_what_is_said_of_a_product(self, catalog: Catalog) -> None:
        """By whom, and how sure that is; before there are labels, a person looks first."""
        said = {tag.name: tag for tag in (await catalog.tags("mug")).tags}
        assert (said[CATEGORY].value, said[CATEGORY].text) == ("mugs", "Home > Mugs")
        assert (said[CATEGORY].source, said[CATEGORY].band) == ("model", "review")
        assert 0 < said[CATEGORY].confidence < 1
        assert (said["colour"].value, said["colour"].source) == ("red", "rule")

    async def test_what_the_merchant_says_is_not_said_again(self, catalog: Catalog) -> None:
        """A category of one's own stays, whatever the tree."""
        assert CATEGORY not in {tag.name for tag in (await catalog.tags("own")).tags}

    async def test_a_new_product_is_tagged_soon(self, catalog: Catalog) -> None:
        """And again once its title changed."""
        await catalog.put(Products(products=[ProductModel(item_id="a/1 ä", title="Toys 玩具")]))
        assert {tag.value for tag in (await tagged(catalog, "a/1 ä")).tags} >= {"toys"}

    async def test_an_unknown_product_has_no_tags(self, catalog: Catalog) -> None:
        """The text names it."""
        with pytest.raises(NotFound, match="nothing"):
            await catalog.tags("nothing")

    async def test_the_queue_tells_what_may_be_right(self, catalog: Catalog) -> None:
        """What is seen more comes first; the choices have what is said among them."""
        told = await catalog.reviews(name=CATEGORY)
        assert [one.item_id for one in told.waiting] == ["lamp", "mug"]
        assert (told.open, told.waiting[0].events, told.alarm) == (2, 1, None)
        assert told.waiting[1].choices[0].text == "Home > Mugs"
        assert len((await catalog.reviews(name=CATEGORY, limit=1)).waiting) == 1

    async def test_what_is_accepted_counts_at_once(self, catalog: Catalog) -> None:
        """As a filter, in every list of products, and not as the merchant's own word."""
        decided = await catalog.review(decisions({"action": "accept", "by": "ann"}))
        assert (decided.accepted, decided.duplicates) == (1, 0)
        told = await catalog.tags("mug")
        assert told.categories == ["Home > Mugs"]
        assert (told.tags[0].source, told.tags[0].version, told.tags[0].confidence) == ("person", "ann", 1.0)
        assert [one.item_id for one in (await catalog.search(category="Home > Mugs")).products] == ["mug"]
        assert (await catalog.get_many(["mug"]))["mug"].categories == ["Home > Mugs"]
        assert (await catalog.get("mug")).categories == []
        assert [one.item_id for one in (await catalog.reviews(name=CATEGORY)).waiting] == ["lamp"]

    async def test_what_is_fixed_is_learned_at_once(self, catalog: Catalog) -> None:
        """By its words, so that the next product like it is filed there."""
        await catalog.review(decisions({"action": "fix", "value": "toys"}))
        assert (await catalog.tags("mug")).categories == ["Toys"]
        await catalog.put(Products(products=[ProductModel(item_id="next", title="Red mug")]))
        assert {tag.value for tag in (await tagged(catalog, "next")).tags} >= {"toys"}

    async def test_a_person_is_never_overwritten(self, catalog: Catalog) -> None:
        """Not by a new title, and not by a new look at all products."""
        await catalog.review(decisions({"action": "fix", "value": "toys", "by": "ann"}))
        await catalog.put(
            Products(products=[ProductModel(item_id="mug", title="Lamp"), ProductModel(item_id="z", title="Lamp")])
        )
        await tagged(catalog, "z")
        assert (await catalog.tags("mug")).categories == ["Toys"]

    async def test_nothing_fits(self, catalog: Catalog) -> None:
        """An empty value files it nowhere, and it is not asked about again."""
        await catalog.review(decisions({"action": "fix", "value": ""}))
        assert (await catalog.tags("mug")).categories == []
        assert [one.item_id for one in (await catalog.reviews(name=CATEGORY)).waiting] == ["lamp"]

    async def test_what_is_skipped_is_not_asked_again(self, catalog: Catalog) -> None:
        """Until something else is said; nothing counts of it."""
        await catalog.review(decisions({"action": "skip"}))
        assert [one.item_id for one in (await catalog.reviews(name=CATEGORY)).waiting] == ["lamp"]
        assert (await catalog.tags("mug")).categories == []

    async def test_the_same_again_is_one_decision(self, catalog: Catalog) -> None:
        """With an id of the caller's, or said twice in a row; who changes their mind is heard."""
        once = {"action": "fix", "value": "toys"}
        named = once | {"review_id": "r1"}
        assert (await catalog.review(decisions(named))).accepted == 1
        again = await catalog.review(decisions(named, once))
        assert (again.accepted, again.duplicates) == (0, 2)
        assert (await catalog.review(decisions({"action": "fix", "value": "lamps"}, once))).accepted == 2
        assert (await catalog.tags("mug")).categories == ["Toys"]

    async def test_a_wrong_decision_stops_all(self, catalog: Catalog) -> None:
        """The text says which one, and what is wrong; nothing is stored."""
        good = {"action": "accept"}
        with pytest.raises(InvalidInput, match=r"decisions\[1\].*no category 'mug'; did you mean mugs"):
            await catalog.review(decisions(good, {"item_id": "lamp", "action": "fix", "value": "mug"}))
        with pytest.raises(NotFound, match=r"decisions\[1\].*'nothing'"):
            await catalog.review(decisions(good, {"item_id": "nothing", "action": "skip"}))
        with pytest.raises(InvalidInput, match=r"size.*cannot be accepted"):
            await catalog.review(decisions(good, {"name": "size", "action": "accept"}))
        assert (await catalog.reviews(name=CATEGORY)).open == 2
        with pytest.raises(ValueError, match="value goes with fix"):
            Decision(item_id="mug", action="fix")

    async def test_tells_the_tree(self, catalog: Catalog) -> None:
        """Parents before their children."""
        told = [(one.category_id, one.text) for one in (await catalog.tree()).categories]
        assert told == [("home", "Home"), ("mugs", "Home > Mugs"), ("lamps", "Home > Lamps"), ("toys", "Toys")]
