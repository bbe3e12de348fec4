"""Ways through the shop, and searches, as they are told."""

from collections.abc import Sequence

from shopkeeper.data.insights import PathFigures, SearchFigures, Tally, WayFigures
from shopkeeper.kit import rounding
from shopkeeper.services.insights.contract import Paths, PathsRequest, PathTold, Searches, SearchesRequest, SearchTold

_MOST_BEGINNINGS = 500


def paths(found: PathFigures, request: PathsRequest) -> Paths:
    """Return the ways of most visits, by figures as they are told."""
    people = rounding.people(found.people)
    visits = rounding.tens(found.visits) if people else None
    told = sorted(
        (_path(way, visits, people) for way in found.ways), key=lambda one: (-one.visits, -one.people, one.steps)
    )
    whole = [one for one in told if one.ended or len(one.steps) == request.steps]
    return Paths(visits=visits, people=people, paths=whole[: request.n], beginnings=told[:_MOST_BEGINNINGS])


def _path(way: WayFigures, visits: int | None, people: int | None) -> PathTold:
    told = rounding.tens(way.visits), rounding.tens(way.people)
    shares = rounding.share(told[0], visits), rounding.share(told[1], people)
    return PathTold(
        steps=list(way.steps),
        ended=way.has_ended,
        visits=told[0],
        share=shares[0],
        people=told[1],
        people_share=shares[1],
    )


def searches(found: Sequence[SearchFigures], request: SearchesRequest) -> Searches:
    """Return what is searched for most, by figures as they are told."""
    everything, *told = (_search(one) for one in found)
    told.sort(key=lambda one: (-(getattr(one, request.sort) or 0), -(one.searches or 0), one.query or ""))
    return Searches(all=everything, total=len(told), queries=told[request.offset : request.offset + request.n])


def _search(figures: SearchFigures) -> SearchTold:
    searched, led_nowhere, known, found_nothing = map(
        _times, (figures.searched, figures.led_nowhere, figures.counted, figures.found_nothing)
    )
    return SearchTold(
        query=figures.words,
        searches=searched,
        people=rounding.people(figures.searched.people),
        led_nowhere=led_nowhere,
        led_nowhere_share=_part(led_nowhere, searched),
        found_nothing=found_nothing,
        found_nothing_share=_part(found_nothing, known),
    )


def _times(tally: Tally) -> int | None:
    return rounding.total(tally.times, tally.people)


def _part(part: int | None, whole: int | None) -> float | None:
    # Averages to two digits can make a part more than its whole.
    share = rounding.share(part, whole)
    return None if share is None else min(share, 1.0)
