"""What changes the order of a list after it was scored, in the order in which that is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from numpy.random import Generator

from shopkeeper.data.columns import Columns, Mask, Numbers
from shopkeeper.data.exploration import Exploration
from shopkeeper.data.facts import Facts
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.query import Query
from shopkeeper.pipeline import Step
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.caps import cap
from shopkeeper.ranking.diversity import Vectors, diversify
from shopkeeper.ranking.durables import pause
from shopkeeper.ranking.exploring import Explorer, Exposures, Lot
from shopkeeper.ranking.exposure import level
from shopkeeper.ranking.fatigue import rotate, tire
from shopkeeper.ranking.scenario import Scenario
from shopkeeper.ranking.sources import Ahead, ModelSource, Source


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """What the steps of one list look at."""

    scenario: Scenario
    columns: Columns
    facts: Facts
    shown: HistoryBatch
    """Impressions of the person."""
    pauses: Numbers | None
    """(n_items,), days; None: nothing was learned of them."""
    exposures: Exposures | None
    """None: nobody counted what was shown."""
    fresh: Mask
    """(n_items,), what the model does not know, or came in the last weeks."""


def steps_of(about: About, boost: Numbers | None, sources: Sequence[Source]) -> list[Step]:
    """Return the steps: what weighs merits comes first, then what chooses by them, caps last."""
    scenario, columns, history = about.scenario, about.columns, about.facts.history
    steps, n = list[Step](), scenario.n
    if boost is not None:
        steps.append(lambda found: found.weighed(boost[found.item_idx]))
    if len(about.shown.at) and scenario.rotation:
        steps.append(partial(rotate, shown=about.shown, share=scenario.rotation))
    if len(about.shown.at) and scenario.fatigue:
        steps.append(partial(tire, shown=about.shown, did=history, share=scenario.fatigue))
    if scenario.pause and about.pauses is not None and len(history.at):
        returned: Mask = about.facts["refunded"].astype(np.bool_)
        steps.append(
            partial(
                pause, columns=columns, history=history, pauses=about.pauses, returned=returned, share=scenario.pause
            )
        )
    if scenario.level and about.exposures is not None:
        steps.append(partial(level, crowding=about.exposures.crowding, share=scenario.level, n=n))
    if scenario.calibration and len(history.at):
        share = scenario.calibration * scenario.personalization
        steps.append(partial(calibrate, columns=columns, history=history, share=share, n=n))
    if scenario.diversity:
        vectors = _vectors_of(sources[0]) if scenario.diversity_by == "dpp_vectors" else None
        steps.append(
            partial(
                diversify,
                columns=columns,
                share=scenario.diversity,
                n=n,
                method=scenario.diversity_by,
                vectors=vectors,
            )
        )
    if scenario.caps.columns():
        steps.append(partial(cap, columns=columns, caps=scenario.caps, n=n))
    return steps


def explorer(about: About, query: Query, source: int, rng: Generator) -> Explorer | None:
    """Return the last step, where some places shall find out: for people of whom anything is known.

    All strangers share one list; what it shows is everybody's, and not drawn. Who is narrowed by lists gets more.
    """
    share, history = about.scenario.exploration, about.facts.history
    if not share or about.exposures is None or not (query.n and len(history.at)):
        return None
    return Explorer(about.columns, history, about.exposures, query.allowed, about.fresh, share, query.n, source, rng)


def explorations(lots: Sequence[Lot], listed: Sequence[str], columns: Columns, now: datetime) -> list[Exploration]:
    """Return the lots that are in the list, in outside ids, for an answer that has no name yet."""
    items, places = columns.items, {item_id: place for place, item_id in enumerate(listed, 1)}
    return [
        Exploration("", items[lot.item_idx], places[items[lot.item_idx]], lot.propensity, pool, now)
        for lot in lots
        if items[lot.item_idx] in places
        for pool in [{items[item]: p for item, p in lot.pool.items()}]
    ]


def _vectors_of(source: Source) -> Vectors | None:
    """Return what gives the vectors of products by a source, None where it has none."""
    model = source.source if isinstance(source, Ahead) else source
    if not isinstance(model, ModelSource) or not model.has_vectors:
        return None
    return model.vectors
