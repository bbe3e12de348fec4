"""The large behaviour model: a causal transformer over what a visitor did, trained to foresee the next product."""

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.estimator import Progress, Scorer, State, ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.transformer import Blocks, last_states, norm, unit
from shopkeeper.training.config import TransformerConfig
from shopkeeper.training.sequences import Sequences

Array = NDArray[np.float32]

# Rows of the context table: a type each, then classes of gaps (powers of two of seconds) and of quantities.
_GAPS, _QUANTITIES = len(EventType), len(EventType) + 32
_N_CONTEXT = _QUANTITIES + 8
_HELD_OUT_SHARE, _HELD_OUT_MOST = 0.05, 2000


class SequenceConfig(TransformerConfig):
    """Hyper-parameters of `Sequence`."""

    context: tuple[Literal["type", "gap", "quantity"], ...] = ("type", "gap", "quantity")
    """What is told of an event besides its product; the gap is the time until the next one, or until it is asked."""


class Sequence(Scorer[SequenceConfig]):
    """Foresee the next product from the newest events, in their order.

    score(u, i) = h_u . e_i, e_i the product's embedding and h_u the state of a causal transformer (SASRec, Kang and
    McAuley 2018; gated blocks as in LiGR, Pinterest 2025) behind the newest event. The embeddings that are read are
    those that score; with `cosine` both are unit vectors. Each event of a history is a training example.
    """

    name = "sequence"
    Config = SequenceConfig
    space: ClassVar = {}

    def fit(
        self,
        data: Dataset,
        *,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Train by gradient descent."""
        from shopkeeper.training.graph import scaled_items
        from shopkeeper.training.loop import Forgetful, train

        rng = rng if rng is not None else default_rng(0)
        config, histories = self.config, data.histories
        learn = np.ones(len(histories.item_idx), np.bool_)
        held = self._held_out(histories, rng)
        learn[histories.indptr[1:][held] - 1] = False
        learned = histories.keep(learn)
        asked = learned.take(held)
        wanted = histories.item_idx[histories.indptr[1:][held] - 1]
        self.known_ = np.bincount(learned.item_idx, minlength=data.n_items) > 0

        def use(weights) -> None:
            self.items_ = np.asarray(scaled_items(weights, config))
            self.context_ = np.asarray(weights.context)
            self.blocks_ = Blocks(*(np.asarray(x) for x in weights.blocks))
            self.norm_ = np.asarray(weights.norm)

        def rank(weights) -> float:
            use(weights)
            values = []
            for first in range(0, len(asked), 256):
                part = np.arange(first, min(first + 256, len(asked)))
                scores = self.score(asked.take(part))
                own = scores[np.arange(len(part)), wanted[part]]
                ranks = (scores >= own[:, None]).sum(axis=1)
                values.append(1 / np.log2(1 + ranks))
            value = float(np.concatenate(values).mean())
            print(f"  held {value:.4f}")
            return value

        sequences = Sequences(learned.indptr, learned.item_idx, self._context(learned))
        use(train(
            sequences, data.n_items, _N_CONTEXT, config,
            seed=int(rng.integers(2**63)), fingerprint=data.fingerprint(),
            rank=rank if len(held) else None, on_progress=on_progress, checkpoints=Forgetful(),
        ))
        on_progress(1.0)
        return self

    def _held_out(self, histories: HistoryBatch, rng: Generator) -> NDArray[np.int64]:
        if not self.config.patience:
            return np.zeros(0, np.int64)
        able = np.flatnonzero(histories.lengths >= 3)
        return np.sort(rng.permutation(able)[: min(_HELD_OUT_MOST, int(len(able) * _HELD_OUT_SHARE))])

    def _context(self, histories: HistoryBatch) -> NDArray[np.int32]:
        """Return what else is known of each event, as rows of the context table, shape (n, F)."""
        following = np.append(histories.at[1:], 0)
        last = histories.indptr[1:][histories.lengths > 0] - 1
        following[last] = histories.as_of[histories.lengths > 0]
        seconds = np.maximum(following - histories.at, 0) / 1e6
        columns = {
            "type": histories.type.astype(np.int32),
            "gap": _GAPS + np.minimum(np.log2(1 + seconds), 31).astype(np.int32),
            "quantity": _QUANTITIES + np.clip(np.log2(np.maximum(histories.quantity, 1)), 0, 7).astype(np.int32),
        }
        return np.stack([columns[name] for name in self.config.context], axis=1) if self.config.context else np.zeros((len(last and histories.at), 0), np.int32)

    def state(self) -> State:
        self.check_fitted("items_")
        blocks = {f"block_{k}": v for k, v in self.blocks_._asdict().items()}
        return {"items": self.items_, "context": self.context_, "norm": self.norm_, "known": self.known_, **blocks}

    @classmethod
    def from_state(cls, config: SequenceConfig, state: State) -> Self:
        model = cls(config)
        model.items_, model.context_, model.norm_, model.known_ = (state[k] for k in ("items", "context", "norm", "known"))
        model.blocks_ = Blocks(*(state[f"block_{k}"] for k in Blocks._fields))
        return model

    def vectors(self, histories: HistoryBatch) -> Array:
        self.check_fitted("items_")
        lengths = np.minimum(histories.lengths, self.config.max_length)
        n = max(1, int(lengths.max(initial=0)))
        at = histories.indptr[1:, None] - n + np.arange(n)
        x = np.zeros((len(histories), n, self.items_.shape[1]), np.float32)
        inside = np.arange(n) >= n - lengths[:, None]
        events = at[inside]
        context = self._context(histories)
        x[inside] = self.items_[histories.item_idx[events]] * np.float32(self.items_.shape[1] ** 0.5) + self.context_[context[events]].sum(axis=1)
        h = norm(last_states(x, lengths, self.blocks_), self.norm_)
        return unit(h) if self.config.cosine else h

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> Array:
        """Compare; -inf for an empty history and for products nobody took."""
        self.check_fitted("items_")
        histories = histories.keep(self.known_[histories.item_idx])
        table = self.items_ if items is None else self.items_[items]
        scores = self.vectors(histories) @ table.T
        scores[:, ~(self.known_ if items is None else self.known_[items])] = -np.inf
        scores[histories.lengths == 0] = -np.inf
        return scores
