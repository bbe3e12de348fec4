import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import Band, Label, Tag, TagSource
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.attribute_tagger import AttributeTagger

DICTIONARIES = FileDictionaries().all()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SYLLABLES = ("ka", "lo", "mi", "ren", "tas", "vo", "zel", "dur", "pin", "sho")
THINGS = ("kettle", "towel", "lamp", "mug", "shelf", "bowl")
KINDS = ("Whistling", "Folding", "Hanging", "Stacking")
COLOURS = ("Multi Colour", "Gray", "Red")
WRITTEN = {"Multi Colour": "multicolor", "Gray": "grey", "Red": "red"}


def product(k: int, rng: np.random.Generator) -> tuple[Product, dict[str, str]]:
    """Return a page with a made-up brand before the words of its title, and what is right of it."""
    brand = " ".join("".join(rng.choice(SYLLABLES, 2)).title() for _ in range(rng.integers(1, 3)))
    kind, thing, colour = (str(rng.choice(some)) for some in (KINDS, THINGS, COLOURS))
    title = f"{brand} {kind} {thing} in {WRITTEN[colour]}"
    found = Product(
        item_id=f"p{k}", title=title, description=f"Buy {title}. Sales Package {k} Type {kind} Warranty none"
    )
    return found, {"brand": brand, "kind": kind, "colour": colour}


def shop(n: int, seed: int = 0) -> tuple[list[Product], list[dict[str, str]]]:
    rng = np.random.default_rng(seed)
    products, right = zip(*(product(k, rng) for k in range(n)), strict=True)
    return list(products), list(right)


def labels(products: Sequence[Product], right: Sequence[dict[str, str]], *names: str) -> list[Label]:
    pairs = zip(products, right, strict=True)
    return [Label(one.item_id, name, told[name], "ann", NOW) for one, told in pairs for name in names]


@pytest.fixture(scope="module")
def learned() -> AttributeTagger:
    products, right = shop(200)
    return AttributeTagger.fit(DICTIONARIES, products, labels(products, right, "brand", "kind", "colour"))


def test_values_that_nobody_labelled_are_found_where_labels_say_they_stand(learned: AttributeTagger) -> None:
    products, right = shop(100, seed=1)
    found = [{tag.name: tag for tag in tags} for tags in learned.tag(products)]
    for name, least in (("brand", 0.9), ("kind", 0.95)):
        hits = [tags[name].value == told[name] for tags, told in zip(found, right, strict=True)]
        assert np.mean(hits) >= least
    assert {tags["kind"].source for tags in found} == {TagSource.MODEL}


def test_values_are_written_as_labels_write_them(learned: AttributeTagger) -> None:
    products, right = shop(50, seed=2)
    found = [{tag.name: tag for tag in tags} for tags in learned.tag(products)]
    assert [tags["colour"].value for tags in found] == [told["colour"] for told in right]
    assert {tags["colour"].source for tags in found} == {TagSource.RULE}


def test_a_confidence_is_how_often_it_is_right(learned: AttributeTagger) -> None:
    products, right = shop(400, seed=3)
    pairs = [
        (tag.confidence, tag.value == told[tag.name])
        for tags, told in zip(learned.tag(products), right, strict=True)
        for tag in tags
        if tag.name in told
    ]
    assert abs(np.mean([p for p, _ in pairs]) - np.mean([is_right for _, is_right in pairs])) < 0.06


def test_the_same_labels_give_the_same_and_it_survives_being_saved(learned: AttributeTagger) -> None:
    products, right = shop(200)
    again = AttributeTagger.fit(DICTIONARIES, products, labels(products, right, "brand", "kind", "colour"))
    loaded = AttributeTagger.from_state(DICTIONARIES, learned.state())
    asked, _ = shop(30, seed=4)
    assert again.version == loaded.version == learned.version
    assert again.tag(asked) == loaded.tag(asked) == learned.tag(asked)


def test_a_broken_file_of_trees_is_an_error(learned: AttributeTagger) -> None:
    state = learned.state() | {"brand/trees_utf8": np.frombuffer(b"no trees", np.uint8)}
    with pytest.raises(InvalidInput):
        AttributeTagger.from_state(DICTIONARIES, state)


def test_other_labels_are_another_version(learned: AttributeTagger) -> None:
    products, right = shop(200)
    other = AttributeTagger.fit(DICTIONARIES, products, labels(products, right, "brand", "kind"))
    assert other.version != learned.version


def test_what_the_merchant_filled_in_teaches_and_is_not_said_again() -> None:
    products, right = shop(150)
    pairs = zip(products, right, strict=True)
    filled = [replace(one, brand=told["brand"], attributes={"kind": told["kind"]}) for one, told in pairs]
    tagger = AttributeTagger.fit(DICTIONARIES, filled)
    assert not {tag.name for tags in tagger.tag(filled) for tag in tags} & {"brand", "kind"}
    asked, answers = shop(40, seed=5)
    assert (
        np.mean([_value(tags, "kind") == told["kind"] for tags, told in zip(tagger.tag(asked), answers, strict=True)])
        > 0.9
    )


def test_several_values_that_are_filled_in_teach_as_one_label() -> None:
    products = [
        Product(item_id=f"p{k}", title=f"Towel {k} in red and white", attributes={"colour": ("red", "white")})
        for k in range(50)
    ]
    (tags,) = AttributeTagger.fit(DICTIONARIES, products).tag([Product(item_id="q", title="Rug, white and red")])
    before = AttributeTagger.fit(DICTIONARIES, []).tag([Product(item_id="q", title="Rug, white and red")])[0]
    assert (tags[0].value, tags[0].band) == ("white, red", Band.APPLIED)
    assert before[0].band is Band.REVIEW


def test_what_stands_in_no_text_is_not_learned() -> None:
    products, _ = shop(100)
    filled = [replace(one, attributes={"shelf": f"A{k % 3}"}) for k, one in enumerate(products)]
    assert AttributeTagger.fit(DICTIONARIES, filled).learned == {}


def test_with_few_labels_rules_speak_and_are_believed_as_far_as_they_were_right() -> None:
    tagger = AttributeTagger.fit(DICTIONARIES, [])
    (tags,) = tagger.tag([Product(item_id="p", title="Blue mug, 1.5 l", description="Weight: 300 g. 128 GB")])
    told = {tag.name: (tag.value, tag.source, tag.band) for tag in tags}
    assert told == {
        "colour": ("blue", TagSource.RULE, Band.REVIEW),
        "volume": ("1500 ml", TagSource.RULE, Band.REVIEW),
        "weight": ("300 g", TagSource.RULE, Band.APPLIED),
        "storage": ("128 GB", TagSource.RULE, Band.REVIEW),
    }
    assert {tag.name: tag.confidence for tag in tags}["storage"] == 0.5


def test_persons_who_say_otherwise_are_believed_more_than_what_was_measured_elsewhere() -> None:
    products = [Product(item_id=f"p{k}", title="Sky blue mug") for k in range(40)]
    wrong = [Label(one.item_id, "colour", "turquoise" if k % 2 else "", "ann", NOW) for k, one in enumerate(products)]
    (tags,) = AttributeTagger.fit(DICTIONARIES, products, wrong).tag(products[:1])
    before = AttributeTagger.fit(DICTIONARIES, products).tag(products[:1])[0]
    assert tags[0].confidence < before[0].confidence


def test_what_rules_are_believed_is_what_was_measured() -> None:
    rows = json.loads(Path("benchmarks/results/attribute_rules/flipkart_attributes.json").read_text())
    measured = {(row["row"], row["metric"]): row["value"] for row in rows}
    shipped = {f"{one.name} {place}": seen for one in DICTIONARIES for place, seen in one.measured.items()}
    told = {
        (kind, metric): n for kind, seen in shipped.items() for metric, n in zip(("right", "of"), seen, strict=True)
    }
    assert told == measured


def _value(tags: Sequence[Tag], name: str) -> str:
    return next((tag.value for tag in tags if tag.name == name), "")
