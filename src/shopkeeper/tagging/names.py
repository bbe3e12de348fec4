"""The names and paths of categories as first examples, from which there is an answer before any label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.taxonomy import Taxonomy


def names_of(taxonomy: Taxonomy, places: Sequence[int]) -> tuple[list[str], NDArray[np.int32], NDArray[np.float32]]:
    """Return each name and path once for each of the places, in every language.

    With which of the places each is of, and its share in what the names of a place count for together.
    """
    texts: list[str] = []
    target: list[int] = []
    for number, place in enumerate(places):
        category = taxonomy.categories[place]
        paths = (taxonomy.path(category.category_id, language) for language in category.names)
        own = list(dict.fromkeys([*category.names.values(), *paths]))
        texts += own
        target += [number] * len(own)
    n_of = np.bincount(target, minlength=len(places))
    return texts, np.array(target, np.int32), (1 / n_of[target]).astype(np.float32)
