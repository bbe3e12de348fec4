"""Item-to-item transitions: what people turned to shortly after what this person turned to last."""

from typing import Annotated, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.estimator import Progress, TableConfig, TableScorer, ignore
from shopkeeper.kit.nearby import Near, Sequences, nearby
from shopkeeper.kit.sparse import Rows, row_sums, scaled_rows
from shopkeeper.kit.tables import best_of_product


class TransitionsConfig(TableConfig):
    """Hyper-parameters of `Transitions`."""

    half_life_events: Annotated[float, Field(gt=0.0)] | None = 2.0
    """Number of later events of the history after which a product of it weighs half; none: all weigh the same."""
    window: Annotated[int, Field(ge=0)] = 20
    """How many moments two events of a person may be apart; events of one moment (an order) are none apart."""
    distance_decay: Annotated[float, Field(ge=0.0)] = 0.5
    """Events d moments apart count max(d, 1) ** -distance_decay; 0 makes it co-occurrence within the window."""
    backward: Annotated[float, Field(ge=0.0, le=1.0)] = 0.35
    """What an earlier event counts of what a later one does; 1 makes it symmetric."""
    length_damping: Annotated[float, Field(ge=0.0)] = 0.25
    """Pairs of a history of n events are divided by n ** length_damping, or long histories decide all."""
    popularity_damping: Annotated[float, Field(ge=0.0)] = 0.3
    """Counts are divided by (events of the product + shrink) ** popularity_damping, or best-sellers follow all."""
    shrink: Annotated[float, Field(ge=0.0)] = 30.0
    """Added to the number of events, so that rare products gain little by being rare."""
    confidence: Annotated[float, Field(ge=0.0, le=1.0)] = 0.7
    """How much more a product says of which more is known: its row adds up to (sum of its counts) ** confidence."""
    two_steps: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Share of what is reached over one product between; connects products of which little is known."""
    repeat: Annotated[float, Field(ge=0.0)] | None = None
    """What a product of the history says for itself, where its whole row says 1; none: as often as counted."""
    n_neighbors: Annotated[int, Field(ge=1)] = 500
    """Products kept for each product."""


class Transitions(TableScorer[TransitionsConfig]):
    """Score a product by how often it came near the newest products of the history, rather after than before them.

    c_ji adds up w_a w_b max(d, 1) ** -distance_decay over all events a of j and b of i of one person, d <= window
    moments apart, times `backward` where b came first. With p_ji = c_ji / (n_i + shrink) ** popularity_damping,
    D the sums of its rows and P = D^-1 p, the table is D^confidence ((1 - two_steps) P + two_steps P P). It descends
    from the sequential rules of session-based recommendation (Ludewig and Jannach 2018), with the second step of
    a random walk; score(u, i) = sum over j of r_uj 2 ** (-later events / half_life_events) table_ji.
    """

    name = "transitions"
    Config = TransitionsConfig
    cost = "events x window"
    order_matters = True
    space: ClassVar = {
        "half_life_events": (1.5, 3.0),
        "window": (10, 50),
        "distance_decay": (0.5, 0.75),
        "backward": (0.2, 0.35, 0.6),
        "length_damping": (0.25, 0.75),
        "popularity_damping": (0.3, 0.5),
        "shrink": (10.0, 30.0),
        "confidence": (0.0, 0.5, 0.7),
        "two_steps": (0.0, 0.2, 0.8),
        "repeat": (None, 1.0),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Count near pairs, then walk a second step where asked for."""
        config, n_items = self.config, data.n_items
        counts = self._counts(data)
        on_progress(0.5)
        if config.repeat is not None:
            counts.data[counts.indices == np.repeat(np.arange(n_items), np.diff(counts.indptr))] = 0
        sums = row_sums(counts)
        step = scaled_rows(counts, np.divide(1, sums, where=sums > 0, out=np.zeros_like(sums)))
        if config.two_steps:
            itself = sp.eye_array(n_items, format="csr", dtype=np.float32)
            either = sp.csr_matrix((1 - config.two_steps) * itself + config.two_steps * step)
            step = best_of_product(either, step, config.n_neighbors)
        self.table_ = scaled_rows(step, sums**config.confidence)
        if config.repeat is not None:
            own = np.full(n_items, config.repeat, np.float32) * sums**config.confidence
            self.table_ = sp.csr_matrix(self.table_ + sp.diags_array(own, format="csr", dtype=np.float32))
        on_progress(1.0)
        return self

    def _counts(self, data: Dataset) -> Rows:
        """Return the damped counts."""
        config, histories = self.config, data.histories
        weights = config.weighting().of_events(histories)
        halved = histories.lengths[histories.row_of] ** (-config.length_damping / 2)
        moment = np.cumsum(np.concatenate(([0], histories.at[1:] != histories.at[:-1]))[: len(weights)])
        apart = np.maximum(np.arange(config.window + 1), 1)
        near = Near((apart**-config.distance_decay).astype(np.float32), np.float32(config.backward))
        events = np.bincount(histories.item_idx, weights=weights, minlength=data.n_items)
        scale = np.maximum(events + config.shrink, 1.0) ** -config.popularity_damping
        sequences = Sequences(histories.indptr, histories.item_idx, moment, (weights * halved).astype(np.float32))
        return nearby(sequences, near, scale.astype(np.float32), config.n_neighbors)
