"""From one category tree to another: a table between two, and what becomes of products when a tree changes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class TreeMap:
    """Which category of `target` each of some categories of `source` is."""

    source: Taxonomy
    target: Taxonomy
    pairs: Mapping[str, str]

    def __post_init__(self) -> None:
        for tree, side, ids in ((self.source, "from", self.pairs), (self.target, "to", self.pairs.values())):
            if missing := [one for one in ids if one not in tree]:
                raise InvalidInput(
                    f"The table maps {side} {missing[0]!r}, which is not in that tree (of {len(missing)} such): "
                    "correct the id, or leave the line out."
                )

    @classmethod
    def alike(cls, source: Taxonomy, target: Taxonomy, pairs: Mapping[str, str] | None = None) -> "TreeMap":
        """Map what `pairs` says, then what has the same path, then the same name where both trees have it once."""
        found: dict[str, str] = {}
        for keys in (_names, _paths):
            theirs = keys(target)
            found |= {own: theirs[key] for key, own in keys(source).items() if key in theirs}
        return cls(source, target, found | dict(pairs or {}))

    def translate(self, category_id: str) -> str | None:
        """Return what a category, or else the nearest one above it, is in the other tree; None where nothing is."""
        line = [*self.source.ancestors(category_id), category_id]
        return next((self.pairs[one] for one in reversed(line) if one in self.pairs), None)


def migration(old: Taxonomy, new: Taxonomy, moved: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Return where products of each category of an old tree belong in the new one.

    Where `moved` says; else in the category of the same id; else in the nearest one above it that survived, under its
    own id or another; None where none did, so that a person has to say.
    """
    given = TreeMap(old, new, moved or {}).pairs
    pairs = {one.category_id: one.category_id for one in old.categories if one.category_id in new} | dict(given)
    kept = TreeMap(old, new, pairs)
    return {one.category_id: kept.translate(one.category_id) for one in old.categories}


def _paths(tree: Taxonomy) -> dict[str, str]:
    return _once((tree.path(one.category_id).casefold(), one.category_id) for one in tree.categories)


def _names(tree: Taxonomy) -> dict[str, str]:
    return _once((one.name().casefold(), one.category_id) for one in tree.categories)


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the pairs whose key comes once."""
    found = list(pairs)
    n_of = Counter(key for key, _ in found)
    return {key: value for key, value in found if n_of[key] == 1}
