"""The category tree: nodes with stable ids, and names in several languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.catalog import LEVELS
from shopkeeper.kit.errors import InvalidInput, UnknownName

NAME = ""
"""The language of a name whose language nobody said."""


@dataclass(frozen=True, slots=True)
class Category:
    """One node of the tree."""

    category_id: str
    """Stays the same when the category is renamed or moved; of trees made from paths, the path."""
    parent_id: str | None
    names: Mapping[str, str]
    """By language; under `NAME` where that is not said. Two categories may have one name."""

    def name(self, language: str = NAME) -> str:
        """Return the name in a language, or the first there is."""
        return self.names.get(language) or next(iter(self.names.values()))


class Taxonomy:
    """A tree, or several, of categories; parents come before their children, else as given."""

    def __init__(self, categories: Iterable[Category]) -> None:
        given: dict[str, Category] = {}
        for category in categories:
            if not category.category_id:
                raise InvalidInput(f"The category {category.names} has no id: give each one of its own.")
            if category.category_id in given:
                raise InvalidInput(f"Two categories have the id {category.category_id!r}: give each one of its own.")
            if not any(name.strip() for name in category.names.values()):
                raise InvalidInput(f"The category {category.category_id!r} has no name: give it one.")
            given[category.category_id] = category
        self.categories: tuple[Category, ...] = tuple(_parents_first(given))
        self._place = {category.category_id: place for place, category in enumerate(self.categories)}

    @classmethod
    def from_paths(cls, paths: Iterable[str]) -> "Taxonomy":
        """Make the tree of the paths that a catalogue has, levels joined by ` > `; a path is the id of its node."""
        found: dict[str, Category] = {}
        for path in paths:
            levels = [level.strip() for level in path.split(LEVELS.strip())]
            if not all(levels):
                raise InvalidInput(f"The path {path!r} has a level without a name: write levels as A > B > C.")
            above: str | None = None
            for depth, level in enumerate(levels, 1):
                own = LEVELS.join(levels[:depth])
                found.setdefault(own, Category(own, above, {NAME: level}))
                above = own
        return cls(found.values())

    def __len__(self) -> int:
        return len(self.categories)

    def __contains__(self, category_id: object) -> bool:
        return category_id in self._place

    def __getitem__(self, category_id: str) -> Category:
        return self.categories[self.place(category_id)]

    def place(self, category_id: str) -> int:
        """Return the place of a category among all; an unknown id is an error with the near matches."""
        if category_id not in self._place:
            raise UnknownName("category", category_id, self._place)
        return self._place[category_id]

    @cached_property
    def parents(self) -> NDArray[np.int32]:
        """The place of each category's parent, which is lower than its own; -1 of roots."""
        above = (category.parent_id for category in self.categories)
        return np.array([-1 if one is None else self._place[one] for one in above], np.int32)

    @cached_property
    def depths(self) -> NDArray[np.int32]:
        """How many categories lie above each; 0 of roots."""
        depths = np.zeros(len(self), np.int32)
        for place, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                depths[place] = depths[parent] + 1
        return depths

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The ids of the categories that have none below them."""
        inner = set(self.parents.tolist())
        return tuple(one.category_id for place, one in enumerate(self.categories) if place not in inner)

    def children(self, category_id: str | None = None) -> tuple[str, ...]:
        """Return the ids right below a category; without one, of the roots."""
        parent = -1 if category_id is None else self.place(category_id)
        return tuple(self.categories[place].category_id for place in np.flatnonzero(self.parents == parent).tolist())

    def ancestors(self, category_id: str) -> tuple[str, ...]:
        """Return the ids above a category, the root first."""
        above, parent = [], self[category_id].parent_id
        while parent is not None:
            above.append(parent)
            parent = self[parent].parent_id
        return tuple(reversed(above))

    def depth(self, category_id: str) -> int:
        """Return how many categories lie above this one."""
        return int(self.depths[self.place(category_id)])

    def path(self, category_id: str, language: str = NAME) -> str:
        """Return the names from the root, joined by ` > `, as a product's `categories` has them."""
        return LEVELS.join(self[one].name(language) for one in (*self.ancestors(category_id), category_id))

    def named(self, language: str, names: Mapping[str, str]) -> "Taxonomy":
        """Return the same tree with names in one more language, by id; ids that are not in the tree are an error."""
        for category_id in names:
            self.place(category_id)
        return Taxonomy(
            replace(one, names={**one.names, language: names[one.category_id]}) if one.category_id in names else one
            for one in self.categories
        )


def _parents_first(given: Mapping[str, Category]) -> Sequence[Category]:
    """Return them in order; an unknown parent and a cycle are errors that name who is concerned."""
    ordered: dict[str, Category] = {}
    for category in given.values():
        line: list[Category] = []
        one: Category | None = category
        while one is not None and one.category_id not in ordered:
            if one in line:
                ring = [each.category_id for each in line[line.index(one) :]]
                raise InvalidInput(
                    f"The categories {' -> '.join([*ring, ring[0]])} are each other's parents: "
                    "give one of them a parent outside, or none."
                )
            line.append(one)
            if one.parent_id is not None and one.parent_id not in given:
                raise InvalidInput(
                    f"The category {one.category_id!r} has the parent {one.parent_id!r}, which is not in the tree: "
                    "add that category, or leave the parent out."
                )
            one = None if one.parent_id is None else given[one.parent_id]
        ordered.update((each.category_id, each) for each in reversed(line))
    return list(ordered.values())
