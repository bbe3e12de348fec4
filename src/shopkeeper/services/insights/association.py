"""From pairs of products to rules worth telling."""

from collections.abc import Iterator

import numpy as np

from shopkeeper.data.insights import PairFigures
from shopkeeper.kit import rounding
from shopkeeper.kit.significance import q_values, together_by_chance
from shopkeeper.services.insights.contract import AssociationRule, AssociationRules, RulesRequest


def association_rules(found: PairFigures, request: RulesRequest) -> AssociationRules:
    """Return the rules that are not chance, the highest lift first, with ids for titles."""
    n_tests = found.n_items * (found.n_items - 1) // 2
    baskets = rounding.people(found.n_baskets)
    if baskets is None:
        return AssociationRules(baskets=None, tested=n_tests, rules=[])
    both = rounding.tens(found.with_both)
    told = np.flatnonzero((found.people >= rounding.BASE) & (both >= request.min_support * baskets))
    counts = (found.with_both[told], found.with_first[told], found.with_second[told])
    q = q_values(together_by_chance(*counts, found.n_baskets), n_tests)
    rules = [rule for place in told[q <= request.max_q].tolist() for rule in _both_ways(found, place, baskets)]
    chosen = [one for one in rules if request.item_id in (None, one.item_id) and one.lift >= request.min_lift]
    chosen.sort(key=lambda one: (-one.lift, -one.confidence, one.item_id, one.then_item_id))
    return AssociationRules(baskets=baskets, tested=n_tests, rules=chosen[: request.n])


def _both_ways(found: PairFigures, place: int, baskets: int) -> Iterator[AssociationRule]:
    """Return both rules of a pair, of figures as they are told, from which the exact ones do not follow."""
    columns = (found.with_first, found.with_second, found.with_both)
    first, second, both = (rounding.tens(int(column[place])) for column in columns)
    for ids, n in ((found.item_ids[place], first), (found.item_ids[place][::-1], second)):
        yield AssociationRule(
            item_id=ids[0],
            title=ids[0],
            then_item_id=ids[1],
            then_title=ids[1],
            baskets=both,
            support=round(both / baskets, 6),
            confidence=round(min(both / n, 1.0), 4),
            lift=round(both * baskets / (first * second), 2),
        )
