"""The large behaviour model: a causal transformer over what a visitor did, which foresees the next product."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind, chosen
from shopkeeper.estimator import Checkpoints, NoCheckpoints, Progress, Scorer, State, ignore, verified
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.sequences import Sequences
from shopkeeper.kit.texts import resembling, text_vectors
from shopkeeper.kit.transformer import Array, Network, last_states, unit
from shopkeeper.training.config import TransformerConfig

# Rows of the context table: a type each, then a power of two of seconds each, then a power of two of pieces each.
_N_GAPS, _N_QUANTITIES = 32, 8
_FIRST_GAP = len(EventType)
_FIRST_QUANTITY = _FIRST_GAP + _N_GAPS
_N_CONTEXT = _FIRST_QUANTITY + _N_QUANTITIES

_TEXT_FACTORS = 128


class SequenceConfig(TransformerConfig):
    """Hyper-parameters of `Sequence`."""

    context: tuple[Literal["type", "gap", "quantity"], ...] = ("type", "gap", "quantity")
    """What is read of an event besides its product; the gap is the time until the next one, or until it is asked."""
    text_neighbors: Annotated[int, Field(ge=0)] = 10
    """A product that nobody took stands amid so many products with the most similar texts; 0: it is left out."""


class Sequence(Scorer[SequenceConfig]):
    """Foresee the next product from the newest events, in their order.

    score(u, i) = h_u . e_i, e_i the product's embedding and h_u the state of a causal transformer behind the newest
    event (SASRec, Kang and McAuley 2018; gated blocks as in LiGR, Pinterest 2025), a unit vector each with `cosine`.
    The network reads products by the embeddings that score them, and each event of a history is an example, as far as
    it is believed. Trained with JAX, served by numpy. An empty history, and products that nobody took and no text tells
    of: -inf.
    """

    name = "sequence"
    Config = SequenceConfig
    order_matters = True
    unasked = False
    knows_texts = True
    cost = "epochs x events x (factors^2 + factors x negatives)"
    # It learns an order, and on the checkerboard of the suite nothing ever comes after the last square.
    completes = False
    space: ClassVar = {
        "factors": (64, 128),
        "dropout": (0.2, 0.3, 0.4, 0.5, 0.6),
        "temperature": (0.05, 0.07, 0.1),
        "negative_power": (0.0, 0.5, 1.0),
        "learning_rate": (1e-3, 2e-3, 3e-3),
        "reg": (0.01, 0.05),
    }

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Train by gradient descent."""
        return self.resume(data, NoCheckpoints(), rng=rng, on_progress=on_progress)

    def resume(
        self,
        data: Dataset,
        checkpoints: Checkpoints,
        *,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Train, from where a killed training was: it ends with the same bytes."""
        try:
            from shopkeeper.training.loop import train
        except ModuleNotFoundError as error:
            raise InvalidInput(
                f"sequence is trained with JAX, and {error.name} is not installed: pip install 'shopkeeper[train]'"
            ) from error
        rng = rng if rng is not None else default_rng(0)
        network = train(
            replace(self.tokens(data.histories), weight=_relative(data.histories.trust)),
            data.n_items,
            _N_CONTEXT,
            self.config,
            seed=int(rng.integers(2**63)),
            fingerprint=data.fingerprint(),
            on_progress=on_progress,
            checkpoints=checkpoints,
        )
        known = np.bincount(data.histories.item_idx, minlength=data.n_items) > 0
        if self.config.text_neighbors and any(data.texts):
            self._place_by_text(network.items, known, text_vectors(data.texts, _TEXT_FACTORS, rng, on_progress=ignore))
        self.network_, self.known_ = network, known
        on_progress(1.0)
        return self

    def _place_by_text(self, items: Array, known: NDArray[np.bool_], vectors: Array) -> None:
        """Give an embedding to the products that have none but a text, and have them known."""
        told = vectors.any(axis=1)
        near = known & told
        asked = np.flatnonzero(~known & told)
        found = resembling(vectors[asked], vectors[near], items[near], self.config.text_neighbors)
        items[asked] = unit(found) if self.config.cosine else found
        known[asked] = found.any(axis=1)

    def state(self) -> State:
        """Return the weights of the network, and which products it knows."""
        self.check_fitted("network_")
        return {**self.network_._asdict(), "known": self.known_}

    @classmethod
    def from_state(cls, config: SequenceConfig, state: State) -> Self:
        """Rebuild from `state`."""
        model = cls(config)
        model.network_ = Network(*(state[name].astype(np.float32) for name in Network._fields))
        model.known_ = state["known"].astype(np.bool_)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> Array:
        """Compare what is foreseen with each product."""
        states = self.embed(histories)
        table, known = chosen(self.network_.items, items, axis=0), chosen(self.known_, items)
        scores = states @ table.T
        scores[:, ~known] = -np.inf
        scores[np.isnan(states).any(axis=1)] = -np.inf
        return scores

    def embed(self, histories: HistoryBatch) -> Array:
        """Return the network's states behind the newest events."""
        self.check_fitted("network_")
        histories = self._readable(histories)
        if not len(histories.item_idx):
            return np.full((len(histories), self.network_.items.shape[1]), np.nan, np.float32)
        tails = self.tokens(histories).tails(np.arange(len(histories)), self.config.max_length)
        states = last_states(self.network_, tails)
        states[histories.lengths == 0] = np.nan
        return unit(states) if self.config.cosine else states

    def embed_items(self, items: NDArray[np.int32] | None = None) -> Array:
        """Return the products' embeddings."""
        self.check_fitted("network_")
        return np.where(chosen(self.known_, items)[:, None], chosen(self.network_.items, items, axis=0), np.nan)

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the newest events whose embedding is nearest, where the score is lower without it."""
        self.check_fitted("network_")
        readable = self._readable(histories)
        newest = [readable.items_of(b)[-self.config.max_length :] for b in range(len(readable))]
        return verified(self, readable, items, [self._explain(own, items[b]) for b, own in enumerate(newest)])

    def _explain(self, history: NDArray[np.int32], items: NDArray[np.int32]) -> list[Reason]:
        if not len(history):
            return [Reason(ReasonKind.POPULAR) for _ in items]
        nearness = unit(self.network_.items[items]) @ unit(self.network_.items[history]).T
        return [Reason(ReasonKind.SIMILAR, because=int(history[j])) for j in nearness.argmax(axis=1)]

    def _readable(self, histories: HistoryBatch) -> HistoryBatch:
        """Leave out events with products that have no learned embedding."""
        histories.check(len(self.known_))
        return histories.keep(self.known_[histories.item_idx])

    def tokens(self, histories: HistoryBatch) -> Sequences:
        """Return the events as the network reads them."""
        until = np.append(histories.at[1:], 0)
        some = histories.lengths > 0
        until[histories.indptr[1:][some] - 1] = histories.as_of[some]
        seconds = np.maximum(until - histories.at, 0) / 1e6
        gap = np.minimum(np.log2(1 + seconds), _N_GAPS - 1)
        # What is no number counts as one.
        quantity = np.log2(np.minimum(np.fmax(histories.quantity, 1), 2 ** (_N_QUANTITIES - 1)))
        columns = {"type": histories.type, "gap": _FIRST_GAP + gap, "quantity": _FIRST_QUANTITY + quantity}
        context = np.empty((len(seconds), len(self.config.context)), np.int32)
        for place, name in enumerate(self.config.context):
            context[:, place] = columns[name]
        return Sequences(histories.indptr, histories.item_idx, context, histories.at // 1_000_000)


def _relative(trust: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """Return the trust in each event, shape (n,), relative to the mean, so that steps are as large as without it."""
    if trust is None or not trust.any():
        return None
    return np.asarray(trust / float(trust.mean()), np.float32)
