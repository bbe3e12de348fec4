"""Whole numbers split in proportion, to the last unit."""

from collections.abc import Sequence


def share_out(total: int, weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """Split a total by weight, no share over its room; what does not fit goes to those with room left.

    Largest remainders, ties to the first. The shares add up to the total, or to all the room where that is less. Places
    without weight get something only where the others are full.
    """
    shares, left = [0] * len(rooms), min(total, sum(rooms))
    while left:
        free = [place for place, room in enumerate(rooms) if shares[place] < room]
        free = [place for place in free if weights[place]] or free
        weight = sum(weights[place] for place in free)
        parts = {place: divmod(left * (weights[place] if weight else 1), weight or len(free)) for place in free}
        over = left - sum(whole for whole, _ in parts.values())
        first = sorted(free, key=lambda place: (-parts[place][1], place))[:over]
        for place in free:
            share = min(parts[place][0] + (place in first), rooms[place] - shares[place])
            shares[place] += share
            left -= share
    return shares
