"""In which order persons look at tags: first where an answer helps most, and not the same ten times in a row."""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from shopkeeper.data.tags import Tag

Waiting = tuple[str, Tag]
"""A product, and what is said of it."""


def ordered(waiting: Sequence[Waiting], traffic: Mapping[str, int], n: int) -> list[Waiting]:
    """Return the first n by (1 - confidence) (1 + traffic), divided by how often the same was said before them.

    Least confidence (Lewis and Gale 1994), as often as it will be seen; a value that was shown k times counts
    1 / (1 + k), so that many products of one leaf take turns with others.
    """
    groups: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for place, (item_id, tag) in enumerate(waiting):
        worth = (1 - tag.confidence) * (1 + traffic.get(item_id, 0))
        groups.setdefault((tag.name, tag.value), []).append((-worth, place))
    heads = []
    for name, group in groups.items():
        heapify(group)
        heads.append((group[0], 0, name))
    heapify(heads)
    chosen: list[Waiting] = []
    while heads and len(chosen) < n:
        (_, place), shown, name = heappop(heads)
        chosen.append(waiting[place])
        group = groups[name]
        heappop(group)
        if group:
            worth, next_place = group[0]
            heappush(heads, ((worth / (2 + shown), next_place), shown + 1, name))
    return chosen
