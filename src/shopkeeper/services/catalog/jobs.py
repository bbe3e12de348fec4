"""Tag what is new, fit the taggers again when it is time, and ask a language model where the shop has one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import anyio

from shopkeeper.data.catalog import Product
from shopkeeper.data.tags import CATEGORY, Tag
from shopkeeper.estimator import Progress
from shopkeeper.kit.due import Due
from shopkeeper.kit.errors import IncompatibleVersion
from shopkeeper.ports import Tagged
from shopkeeper.services.catalog.tagging import Tagging, fingerprint, tree_of
from shopkeeper.tagging.teacher import N_CANDIDATES, Judged, Option, Question, earned, unsure
from shopkeeper.tagging.trust import Trust

WANTED = (CATEGORY, "brand", "colour", "material", "size")
"""What a language model is asked for, where nobody is sure."""
_READER = "teacher"
_AT_ONCE = 100


class Teacher(Protocol):
    """A language model whose answers are checked."""

    @property
    def version(self) -> str:
        """Of the model, and of what it is asked."""

    def ask(self, questions: Sequence[Question], trust: Trust) -> Awaitable[list[Judged]]:
        """Return what is believed about each product."""


@dataclass(slots=True)
class TagProducts:
    """Keeps tags fresh beside serving, which tags what it is given itself."""

    tagging: Tagging
    due: Due
    teacher: Callable[[], Teacher | None]
    """The language model of the shop, where it has one."""
    name: str = "tags"

    def run(self, on_progress: Progress) -> str:
        """Do what is due and return what was done."""
        done = []
        if self._is_due():
            saved = self.tagging.fit(on_progress)
            n = self.tagging.retag(self.tagging.products.all(), on_progress)
            done.append(f"fitted {saved.version}, tagged {n:,} products")
        if n := self.tagging.catch_up(on_progress):
            done.append(f"tagged {n:,} new or changed products")
        if (teacher := self.teacher()) and (told := taught(self.tagging, teacher, on_progress)):
            done.append(told)
        return "; ".join(done)

    def _is_due(self) -> bool:
        tagging = self.tagging
        fitted_at, learned_from = None, ""
        if tagging.taggers.current():
            try:
                saved = tagging.taggers.load()
                fitted_at, learned_from = saved.fitted_at, saved.fingerprint
            except IncompatibleVersion:
                fitted_at = None
        read = tagging.tags.reviews()[1]
        if not self.due.is_due(tagging.clock(), tagging.products.count() + read, fitted_at):
            return False
        products = tagging.products.all()
        return (
            bool(products)
            and fingerprint(products, tagging.taxonomies.get() or tree_of(products), read) != learned_from
        )


def taught(tagging: Tagging, teacher: Teacher, on_progress: Progress) -> str:
    """Ask a language model about what is new and unsure; return what came of it.

    Where it cannot answer, or the month's budget is spent, the rest waits for the next time.
    """
    number, n_asked, n_told = tagging.tags.read_up_to(_READER), 0, 0
    trust = trust_in_teacher(tagging, teacher.version)
    while (told := tagging.products.changes(number, limit=_AT_ONCE)).number != number:
        on_progress(0.0)
        asked = questions(tagging, told.products)
        answers = anyio.run(partial(teacher.ask, asked, trust)) if asked else []
        for answer in answers:
            tagging.add(answer.item_id, answer.tags)
            n_told += bool(answer.tags)
        n_asked += len(asked)
        stuck = [one for one in answers if set(one.review.values()) & {"over budget", "unavailable"}]
        if stuck:
            why = next(iter(stuck[0].review.values()))
            return f"asked a language model about {n_asked - len(stuck):,} products, then no more: {why}"
        number = told.number
        tagging.tags.note_read(_READER, number)
    return (
        f"asked a language model about {n_asked:,} products, of which it told something of {n_told:,}"
        if n_asked
        else ""
    )


def trust_in_teacher(tagging: Tagging, version: str) -> Trust:
    """Return how often what a language model said was right, by name, where persons looked at it."""
    judged = tagging.tags.recent(1_000_000)
    looks = (
        (Tag(one.name, one.said, one.confidence, one.source, one.version), one.value) for one in judged if one.source
    )
    return earned(looks, version, tagging.used().attributes.rules)


def questions(tagging: Tagging, products: Sequence[Product]) -> list[Question]:
    """Return what is to be asked of products: what nobody has said, or nobody is sure of."""
    said = tagging.tags.told([product.item_id for product in products])
    decided = tagging.tags.decided([product.item_id for product in products])
    chosen: list[tuple[Product, tuple[str, ...]]] = []
    for product in products:
        told: Tagged | None = said.get(product.item_id)
        names = unsure(product, told.tags if told else (), WANTED)
        if names := tuple(name for name in names if name not in decided.get(product.item_id, {})):
            chosen.append((product, names))
    return [
        question_of(tagging, product, names, candidates)
        for (product, names), candidates in zip(
            chosen, _options(tagging, [product for product, _ in chosen]), strict=True
        )
    ]


def question_of(tagging: Tagging, product: Product, names: Sequence[str], options: Sequence[Option]) -> Question:
    """Return what is asked about a product."""
    rules = tagging.used().attributes.rules
    return Question(
        product.item_id,
        product.title,
        product.description,
        tuple(options) if CATEGORY in names else (),
        {name: rules.values(name) for name in names if name != CATEGORY},
    )


def _options(tagging: Tagging, products: Sequence[Product]) -> list[list[Option]]:
    tree = tagging.tree()
    return [
        [
            Option(one.category_id, tree.path(one.category_id), one.probability)
            for one in told
            if tree is not None and one.category_id in tree
        ]
        for told in tagging.candidates(products, N_CANDIDATES)
    ]
