"""Tagging as the service and the worker do it, over stores in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.adapters.memory import MemoryCatalogStore
from shopkeeper.adapters.memory_tags import FilledCatalog, MemoryTaggers, MemoryTagStore
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY, Band, Tag, TagSource
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.estimator import ignore
from shopkeeper.kit.due import Due
from shopkeeper.kit.errors import TooLittle
from shopkeeper.ports import TaggerStore, TagStore
from shopkeeper.services.catalog.jobs import TagProducts
from shopkeeper.services.catalog.tagging import Tagging
from shopkeeper.tagging.teacher import Judged, Problem, Question
from shopkeeper.tagging.trust import Trust

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
TREE = Taxonomy.from_paths(["Home > Mugs", "Home > Lamps", "Toys > Puzzles"])
MUG, LAMP = Product(item_id="mug", title="Red mug"), Product(item_id="lamp", title="Desk lamp")


@dataclass
class Trees:
    """The tree that a shop has now."""

    tree: Taxonomy | None = None

    def get(self) -> Taxonomy | None:
        return self.tree


@dataclass
class House:
    """A shop, and as many processes as are asked for."""

    products: MemoryCatalogStore = field(default_factory=MemoryCatalogStore)
    taggers: TaggerStore = field(default_factory=MemoryTaggers)
    trees: Trees = field(default_factory=lambda: Trees(TREE))
    tags: TagStore = field(init=False)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.tags = MemoryTagStore(self.products, self.products.note)

    def clock(self) -> datetime:
        return self.now

    def process(self) -> Tagging:
        return Tagging(
            self.products, self.tags, self.taggers, self.trees, FileDictionaries(), self.clock, lambda _: None
        )

    def category(self, item_id: str) -> Tag | None:
        return next((tag for tag in self.tags.told([item_id])[item_id].tags if tag.name == CATEGORY), None)

    def counts(self, item_id: str) -> tuple[str, ...]:
        return FilledCatalog(self.products, self.tags).get([item_id])[item_id].categories


def house(*products: Product) -> House:
    made = House()
    made.products.upsert(products or (MUG, LAMP))
    return made


def right(item_id: str, value: str) -> Review:
    return Review(f"{item_id} {value}", item_id, CATEGORY, Action.FIX, value, "ann", NOW)


@dataclass
class Teacher:
    """A language model that says what it is told to say."""

    says: str = "Toys > Puzzles"
    band: Band = Band.REVIEW
    problem: Problem | None = None
    asked: list[str] = field(default_factory=list)
    version: str = "fake, prompt 1"

    async def ask(self, questions: Sequence[Question], trust: Trust) -> list[Judged]:
        self.asked += [one.item_id for one in questions]
        if self.problem:
            return [Judged(one.item_id, review=dict.fromkeys(one.names, self.problem)) for one in questions]
        tag = Tag(CATEGORY, self.says, 0.7, TagSource.LLM, self.version, self.band)
        return [Judged(one.item_id, (tag,)) for one in questions]


def job(shop: House, teacher: Teacher | None = None) -> TagProducts:
    return TagProducts(shop.process(), Due(timedelta(days=1), 1000), lambda: teacher)


def test_rules_answer_before_anything_is_fitted() -> None:
    shop = house()
    assert shop.process().catch_up() == 2
    assert [(tag.name, tag.value) for tag in shop.tags.told(["mug"])["mug"].tags] == [("colour", "red")]


def test_only_what_changed_in_its_words_is_tagged_again() -> None:
    shop = house()
    tagging = shop.process()
    tagging.catch_up()
    shop.products.upsert([Product(item_id="mug", title="Red mug", stock=3), Product(item_id="lamp", title="Blue lamp")])
    assert (tagging.catch_up(), tagging.catch_up(), shop.process().catch_up()) == (1, 0, 0)


def test_every_process_learns_what_persons_decide() -> None:
    shop = house(MUG, LAMP, Product(item_id="other", title="Desk thing"))
    serving, worker = shop.process(), shop.process()
    worker.fit()
    for one in (serving, worker):
        one.catch_up()
    serving.decide([right("lamp", "Toys > Puzzles")])
    worker.retag(shop.products.all())
    other = shop.category("other")
    assert other is not None
    assert (other.value, other.version) == ("Toys > Puzzles", worker.used().category.version)  # type: ignore[union-attr]  # it is there


def test_a_person_outlives_every_fit_and_every_model() -> None:
    shop = house()
    tagging = shop.process()
    tagging.catch_up()
    tagging.decide([right("mug", "Toys > Puzzles")])
    tagging.fit()
    tagging.retag(shop.products.all())
    tagging.add("mug", [Tag(CATEGORY, "Home > Lamps", 1.0, TagSource.LLM, "x")])
    assert shop.counts("mug") == ("Toys > Puzzles",)
    assert shop.tags.reviews()[0] == [right("mug", "Toys > Puzzles")]


def test_the_worker_fits_when_it_is_time_and_there_is_something_new() -> None:
    shop = house()
    worker = job(shop)
    assert worker.run(ignore).startswith("fitted ")
    first = shop.category("mug")
    shop.now += timedelta(days=2)
    assert worker.run(ignore) == ""
    shop.tags.add([right("lamp", "Home > Lamps")])
    shop.now += timedelta(days=2)
    assert "tagged 2 products" in worker.run(ignore)
    then = shop.category("mug")
    assert first is not None
    assert then is not None
    assert (first.value, then.value, first.version == then.version) == ("Home > Mugs", "Home > Mugs", False)


def test_a_changed_tree_files_anew_and_forgets_what_left_it() -> None:
    shop = house()
    worker = job(shop)
    worker.run(ignore)
    worker.tagging.decide([right("mug", "Home > Mugs")])
    assert shop.counts("mug") == ("Home > Mugs",)
    shop.trees.tree = Taxonomy.from_paths(["Cups", "Lights"])
    shop.now += timedelta(days=2)
    worker.run(ignore)
    lamp = shop.category("lamp")
    assert lamp is not None
    assert (shop.counts("mug"), lamp.value in ("Cups", "Lights")) == ((), True)


def test_without_a_tree_only_attributes_are_told() -> None:
    shop = house()
    shop.trees.tree = None
    saved = shop.process().fit()
    assert saved.category is None
    with pytest.raises(TooLittle, match="no products"):
        House().process().fit()


def test_a_class_with_one_example_is_learned() -> None:
    shop = house(*(Product(item_id=f"m{n}", title=f"Mug {n}", categories=("Home > Mugs",)) for n in range(60)), LAMP)
    shop.products.upsert([Product(item_id="one", title="Jigsaw of a cat", categories=("Toys > Puzzles",))])
    shop.products.upsert([Product(item_id="new", title="Jigsaw of a dog")])
    shop.process().fit()
    shop.process().catch_up()
    new = shop.category("new")
    assert new is not None
    assert new.value == "Toys > Puzzles"


def test_what_labels_taught_is_measured_on_some_of_them() -> None:
    words = {"Home > Mugs": "mug cup", "Home > Lamps": "lamp bulb", "Toys > Puzzles": "puzzle jigsaw"}
    titles = [(f"{value} {n}", f"{text} {n}", value) for value, text in words.items() for n in range(40)]
    shop = house(*(Product(item_id=item_id, title=title) for item_id, title, _ in titles))
    tagging = shop.process()
    with pytest.raises(TooLittle, match="0 labels"):
        tagging.check()
    tagging.decide([right(item_id, value) for item_id, _, value in titles])
    told = tagging.check()
    assert (told.n, told.n_right, told.n_applied_right == told.n_applied > 0) == (24, 24, True)


def test_a_language_model_is_asked_about_what_is_unsure_alone() -> None:
    sure = Product(item_id="sure", title="Mug", brand="x", categories=("Home > Mugs",))
    full = Product(
        item_id="full",
        title="Mug",
        brand="x",
        categories=("Home > Mugs",),
        attributes=dict.fromkeys(("colour", "material", "size"), "x"),
    )
    shop, teacher = house(LAMP, sure, full), Teacher()
    worker = job(shop, teacher)
    assert "asked a language model about 2 products" in worker.run(ignore)
    assert sorted(teacher.asked) == ["lamp", "sure"]
    said = shop.category("lamp")
    assert said is not None
    assert (said.value, said.source, said.band) == ("Toys > Puzzles", TagSource.LLM, Band.REVIEW)
    assert worker.run(ignore) == ""
    assert shop.counts("lamp") == ()


def test_what_it_said_stays_until_the_words_of_the_product_change() -> None:
    shop, teacher = house(), Teacher(band=Band.APPLIED)
    worker = job(shop, teacher)
    worker.run(ignore)
    worker.tagging.retag(shop.products.all())
    assert shop.counts("lamp") == ("Toys > Puzzles",)
    shop.products.upsert([Product(item_id="lamp", title="Desk lamp of glass")])
    worker.tagging.catch_up()
    assert shop.counts("lamp") == ()


@pytest.mark.parametrize("problem", ["over budget", "unavailable"])
def test_who_cannot_be_asked_is_asked_later(problem: Problem) -> None:
    shop, teacher = house(), Teacher(problem=problem)
    worker = job(shop, teacher)
    assert worker.run(ignore).endswith(f"then no more: {problem}")
    teacher.problem = None
    assert "asked a language model about 2 products, of which it told something of 2" in worker.run(ignore)
