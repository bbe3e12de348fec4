from collections.abc import Mapping

from shopkeeper.data.applied import Applied
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY, FREE, Band, Tag, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.tagging.applying import applied, decided, missing
from shopkeeper.tagging.drift import drift
from shopkeeper.tagging.queue import Waiting, ordered
from shopkeeper.testing.tags_suite import NOW

TREE = Taxonomy.from_paths(["Home > Mugs"])


def waiting(item_id: str, confidence: float, value: str = "mugs") -> Waiting:
    return item_id, Tag(CATEGORY, value, confidence, TagSource.MODEL, "m", Band.REVIEW)


def first(given: list[Waiting], traffic: Mapping[str, int], n: int = 9) -> list[str]:
    return [item_id for item_id, _ in ordered(given, traffic, n)]


def tag(name: str, value: str, band: Band = Band.APPLIED) -> Tag:
    return Tag(name, value, 0.9, TagSource.MODEL, "m", band)


def said(name: str, value: str) -> Review:
    return Review("r", "a", name, Action.FIX, value, "ann", NOW)


def test_the_unsure_and_the_busy_come_first() -> None:
    given = [waiting("sure", 0.9, "a"), waiting("unsure", 0.2, "b"), waiting("busy", 0.9, "c")]
    assert first(given, {"busy": 20}) == ["busy", "unsure", "sure"]
    assert first(given, {}, 1) == ["unsure"]


def test_ten_of_one_leaf_do_not_come_in_a_row() -> None:
    mugs = [waiting(f"mug{number}", 0.1) for number in range(10)]
    lamps = [waiting(f"lamp{number}", 0.5, "lamps") for number in range(5)]
    told = first([*mugs, *lamps], {}, 6)
    assert sum(one.startswith("lamp") for one in told) == 2
    assert told[0] == "mug0"


def test_nothing_waits() -> None:
    assert ordered([], {"a": 1}, 5) == []


def test_what_is_sure_counts_and_a_person_before_it() -> None:
    tags = [
        tag(CATEGORY, "Home > Mugs"),
        tag("brand", "Acme"),
        tag("colour", "red, blue"),
        tag("size", "L", Band.REVIEW),
    ]
    assert applied(tags, TREE) == Applied(("Home > Mugs",), "Acme", (), {"colour": ("red", "blue")})
    person = decided(tags, {"size": said("size", "S"), "brand": said("brand", ""), FREE: said(FREE, "new, gift")})
    assert applied(person, TREE) == Applied(
        ("Home > Mugs",), None, ("new", "gift"), {"colour": ("red", "blue"), "size": "S"}
    )


def test_a_category_that_left_the_tree_says_nothing() -> None:
    assert applied([tag(CATEGORY, "Toys")], TREE) == applied([tag(CATEGORY, "Home > Mugs")], None) == Applied()


def test_what_the_merchant_said_is_not_said_again() -> None:
    product = Product(item_id="a", title="Mug", brand="Best", categories=("Sale",), attributes={"colour": "red"})
    tags = [
        tag(CATEGORY, "Home > Mugs"),
        tag("brand", "x"),
        tag("colour", "x"),
        tag("size", "S"),
        tag("pack", "1", Band.BLANK),
    ]
    assert [one.name for one in missing(product, tags)] == ["size"]


def test_a_fall_of_what_is_accepted_is_an_alarm() -> None:
    told = drift([True] * 180 + [False] * 20 + [True] * 30 + [False] * 20)
    assert (told.n, told.now, told.before, told.is_alarm) == (50, 0.6, 0.9, True)
    assert "60% were accepted, and 90% before" in told.text


def test_a_small_or_early_fall_is_none() -> None:
    for accepted in ([], [False] * 60, [True] * 90 + [False] * 10 + [True] * 42 + [False] * 8):
        assert (drift(accepted).is_alarm, drift(accepted).text) == (False, "")
