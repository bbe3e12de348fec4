"""What everything that learns has in common: a config, fit, state; a scorer scores and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar, Generic, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, ItemBatch, Reason, ReasonKind, chosen, similar_to
from shopkeeper.data.matrix import Entry, Weighting
from shopkeeper.kit.best import Barred, best_of_dense, best_of_sparse
from shopkeeper.kit.coarse import CoarseRows
from shopkeeper.kit.errors import NotFitted
from shopkeeper.kit.sparse import Rows, from_arrays, to_arrays
from shopkeeper.kit.tables import strongest, times_sparse
from shopkeeper.kit.topk import top_k

ROWS_AT_ONCE = 256
"""Histories scored together: enough to keep all cores busy, few enough for memory."""

_FEW = 16
"""Histories of which each is better scored alone than all by a kernel that first turns the products' vectors."""

Progress = Callable[[float], None]
"""Told the share of the work done, 0 to 1."""

State = dict[str, NDArray[np.generic]]
"""All that was learned, as plain arrays."""


def ignore(share: float) -> None:
    """Listen to progress and do nothing."""


class Checkpoints(Protocol):
    """Keeps the newest state of a fit that may be killed."""

    def save(self, state: State) -> None:
        """Replace what was kept: all of it, or nothing when killed."""

    def load(self) -> State | None:
        """Return what was kept last, None if nothing was."""

    def clear(self) -> None:
        """Keep nothing any more: the fit has ended."""


class NoCheckpoints:
    """For a fit that may start anew."""

    def save(self, state: State) -> None:
        """Keep nothing."""

    def load(self) -> State | None:
        """Return nothing."""
        return None

    def clear(self) -> None:
        """Do nothing."""


def _known_type(label: str) -> str:
    if label.upper() not in EventType.__members__:
        raise ValueError(f"{label} is no event type; there are {', '.join(kind.label for kind in EventType)}")
    return label


TypeLabel = Annotated[str, AfterValidator(_known_type)]
"""The word for an event type."""


class Config(BaseModel):
    """Base of all hyper-parameters: immutable, checked, each field documented by the docstring under it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class InteractionConfig(Config):
    """Hyper-parameters of how events become matrix entries, shared by all models on the matrix."""

    entry: Entry = "count"
    """What an entry is: the count, 1 (binary), ln(1 + count) (log) or the newest explicit rating."""
    half_life_days: float | None = None
    """Age in days at which an event weighs half; none: no decay."""
    type_weights: dict[TypeLabel, float] = {kind.label: 1.0 for kind in INTERACTIONS}
    """Weight of each event type; types not named weigh nothing."""

    def weighting(self) -> Weighting:
        """Return the same as the value object that builds the matrix."""
        types = tuple((EventType[label.upper()], weight) for label, weight in self.type_weights.items())
        return Weighting(self.entry, self.half_life_days, types)


class TableConfig(InteractionConfig):
    """Hyper-parameters of how a history is read by a `TableScorer`."""

    half_life_events: Annotated[float, Field(gt=0.0)] | None = None
    """Number of later events of the history after which a product of it weighs half; none: all weigh the same."""


C = TypeVar("C", bound=Config)


class Estimator(ABC, Generic[C]):
    """Learns from a dataset. Learned attributes end in an underscore; the same seed gives the same bytes."""

    name: ClassVar[str]
    """The model's name: that of its file."""
    Config: ClassVar[type[Config]]
    """The class of its hyper-parameters."""
    learned: ClassVar[tuple[str, ...]] = ()
    """The learned attributes, where all are arrays: `state` and `from_state` then need no code of the model's own."""

    def __init__(self, config: C | None = None) -> None:
        self.config: C = config if config is not None else self.Config()  # type: ignore[assignment]  # C is Config's

    @abstractmethod
    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Learn from all of `data`, forgetting what was learned before; without `rng`, seed 0."""

    def resume(
        self,
        data: Dataset,
        checkpoints: Checkpoints,
        *,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Fit, from where a killed fit to the same data with the same config and rng was; what is quick starts anew."""
        return self.fit(data, rng=rng, on_progress=on_progress)

    def state(self) -> State:
        """Return all that was learned."""
        self.check_fitted(self.learned[0])
        return {name.removesuffix("_"): getattr(self, name) for name in self.learned}

    @classmethod
    def from_state(cls, config: C, state: State) -> Self:
        """Return the fitted estimator that `state` came from."""
        model = cls(config)
        for name in cls.learned:
            setattr(model, name, state[name.removesuffix("_")])
        return model

    def check_fitted(self, attribute: str) -> None:
        """Raise NotFitted while the learned attribute is missing."""
        if not hasattr(self, attribute):
            raise NotFitted(f"{self.name} has not been fitted: call fit(data) or load a saved model first.")


class Scorer(Estimator[C]):
    """Gives every product a number for every history; higher is better."""

    personalised: ClassVar[bool] = True
    """Whether products a person has not taken are ranked by what that person took."""
    completes: ClassVar[bool] = True
    """Of a personalised model: whether the last product of a kind comes first for who took all others, in any order."""
    order_matters: ClassVar[bool] = False
    """Whether, with the default options, the same events in another order are another history."""
    counts_repeats: ClassVar[bool] = False
    """Whether a product of the history gains by each time that it was taken."""
    knows_texts: ClassVar[bool] = False
    """Whether products that nobody took yet can be found, by their texts."""
    knows_people: ClassVar[bool] = False
    """Whether it looks for the person among those it was fitted on, so as not to learn from the person itself."""
    refits: ClassVar[bool] = False
    """Whether a fit can go on from the one before it."""
    scores_alone: ClassVar[bool] = True
    """Whether a product's score is the same whatever else may be listed."""
    unasked: ClassVar[bool] = True
    """Whether it is measured where no model is named: it needs no extra, and fits in seconds where others do."""
    cost: ClassVar[str]
    """What a fit costs, in the numbers of events, users, items, factors and so on."""
    space: ClassVar[Mapping[str, Sequence[object]]] = {}
    """Values of each option that are worth trying when the model is tuned."""

    rows_at_once: ClassVar[int] = ROWS_AT_ONCE
    """Histories whose lists are made together; more where their scores are never all held."""

    @abstractmethod
    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return scores, shape (B, n_items), or (B, len(items)) for the chosen products.

        -inf means: this model has nothing to say about the product for this history. A product outside the shop, in a
        history that is read or among the chosen, is InvalidInput.
        """

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Return why each of `items`, shape (B, n), -1 for none, is in its row's list.

        Unless a model knows better: because of the history, or because it is popular where there is none.
        """
        kinds = [ReasonKind.HISTORY if length else ReasonKind.POPULAR for length in histories.lengths]
        return [[Reason(kind) for _ in row] for kind, row in zip(kinds, items, strict=True)]

    def top_n(self, histories: HistoryBatch, n: int, exclude: Exclude | None = None) -> ItemBatch:
        """Return the n best products of each history, ties to the lower item_idx.

        They are made for `rows_at_once` histories at a time: memory besides the answer does not grow with B.
        """
        if len(histories) <= self.rows_at_once:
            return self._top_n(histories, n, exclude or Exclude())
        parts = [self._top_n(part, n, exclude or Exclude()) for part in histories.parts(self.rows_at_once)]
        return ItemBatch(
            np.concatenate([part.item_idx for part in parts]), np.concatenate([part.score for part in parts])
        )

    def _top_n(self, histories: HistoryBatch, n: int, exclude: Exclude) -> ItemBatch:
        """Make all scores, then choose; a model that need not hold them all chooses the same in its own way."""
        return ItemBatch(*top_k(listable(self.score(histories), histories, exclude), n))


def verified(
    scorer: Scorer[C], histories: HistoryBatch, items: NDArray[np.int32], reasons: list[list[Reason]]
) -> list[list[Reason]]:
    """Return reasons, (B, n), of which each product that is named lowers the score when it is taken out of the history.

    All are scored once more without it; where the score does not fall, the reason is the history as a whole.
    """
    named = [
        (b, place, reason.because)
        for b, row in enumerate(reasons)
        for place, reason in enumerate(row)
        if reason.because >= 0 and items[b, place] >= 0
    ]
    if not named:
        return reasons
    pairs = list(dict.fromkeys((b, because) for b, _, because in named))
    row_of = {pair: row for row, pair in enumerate(pairs)}
    fewer = histories.take(np.array([b for b, _ in pairs]))
    fewer = fewer.keep(fewer.item_idx != np.array([because for _, because in pairs])[fewer.row_of])
    wanted, place_of = np.unique([items[b, place] for b, place, _ in named], return_inverse=True)
    scores = scorer.score(HistoryBatch.joined([histories, fewer]), wanted.astype(np.int32))
    told = [list(row) for row in reasons]
    for (b, place, because), column in zip(named, place_of.tolist(), strict=True):
        if not scores[len(histories) + row_of[b, because], column] < scores[b, column]:
            told[b][place] = Reason(ReasonKind.HISTORY)
    return told


def listable(scores: NDArray[np.float32], histories: HistoryBatch, exclude: Exclude) -> NDArray[np.float32]:
    """Return the scores, (B, n_items), with what must not be listed at -inf, in place."""
    histories.check(scores.shape[1])
    if exclude.items is not None:
        scores[:, exclude.items] = -np.inf
    if exclude.seen:
        scores[histories.row_of, histories.item_idx] = -np.inf
    return scores


def _barred(histories: HistoryBatch, exclude: Exclude, n_items: int) -> Barred:
    """Return what lists must not hold, as kernels take it."""
    indptr = histories.indptr if exclude.seen else np.zeros_like(histories.indptr)
    everywhere = np.zeros(n_items, np.bool_) if exclude.items is None else exclude.items
    return Barred(indptr, histories.item_idx, everywhere)


@runtime_checkable
class Embedder(Protocol):
    """Has vectors whose product is the score: score(u, i) = x_u.y_i, and -inf where either is NaN."""

    def embed(self, histories: HistoryBatch) -> NDArray[np.float32]:
        """Return the histories' vectors, (B, d); a row of NaN: nothing to say."""

    def embed_items(self, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the vectors of the chosen products, (len(items), d), or of all; a row of NaN: nothing is known."""


class VectorScorer(Scorer[C]):
    """Scores by vectors, as an `Embedder`."""

    rows_at_once = 8192

    @property
    @abstractmethod
    def _of_items(self) -> NDArray[np.float32]:
        """Return the products' vectors, (n_items, factors); fail when not fitted."""

    @abstractmethod
    def embed(self, histories: HistoryBatch) -> NDArray[np.float32]:
        """Return the histories' vectors, (B, factors); a row of NaN: nothing to say."""

    def embed_items(self, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the vectors of the chosen products, (len(items), factors), or of all."""
        return chosen(self._of_items, items, axis=0)

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Multiply the vectors."""
        vectors = self.embed(histories)
        scores = np.asarray(vectors @ self.embed_items(items).T, np.float32)
        scores[np.isnan(vectors).any(axis=1)] = -np.inf
        return scores

    def _top_n(self, histories: HistoryBatch, n: int, exclude: Exclude) -> ItemBatch:
        items, vectors = self._of_items, self.embed(histories)
        histories.check(len(items))
        barred = _barred(histories, exclude, len(items))
        if len(histories) >= _FEW:
            return ItemBatch(*best_of_dense(vectors, items, n, barred))
        item_idx, score = np.full((len(histories), n), -1, np.int32), np.full((len(histories), n), -np.inf, np.float32)
        for b, vector in enumerate(vectors):
            never = barred.everywhere.copy()
            never[barred.idx[barred.indptr[b] : barred.indptr[b + 1]]] = True
            item_idx[b], score[b] = self._coarse(items).best_of(vector, n, never)
        return ItemBatch(item_idx, score)

    def _coarse(self, items: NDArray[np.float32]) -> CoarseRows:
        """Return the products' vectors as single requests read them, made by the first of these after a fit."""
        kept: CoarseRows | None = getattr(self, "_rows_for_one", None)
        if kept is None or kept.rows is not items:
            self._rows_for_one = kept = CoarseRows(items)
        return kept


T = TypeVar("T", bound=TableConfig)


class TableScorer(Scorer[T]):
    """Scores by a sparse table of products by products, which is all that `fit` has to learn.

    score(u, i) = sum over j of r_uj t_ji, r the matrix of the histories, t the table. Nothing leads to i: -inf.
    """

    rows_at_once = 8192
    table_: Rows
    """(n_items, n_items), row j is what product j says for each product."""

    def state(self) -> State:
        """Return the table as three arrays."""
        self.check_fitted("table_")
        return to_arrays(self.table_)

    @classmethod
    def from_state(cls, config: T, state: State) -> Self:
        """Rebuild from `state`."""
        model = cls(config)
        model.table_ = from_arrays(state, len(state["indptr"]) - 1)
        return model

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Sum the rows of the history's products."""
        self.check_fitted("table_")
        scores = times_sparse(self._rows(histories), self.table_)
        scores[scores == 0] = -np.inf
        return chosen(scores, items)

    def _top_n(self, histories: HistoryBatch, n: int, exclude: Exclude) -> ItemBatch:
        self.check_fitted("table_")
        barred = _barred(histories, exclude, self.table_.shape[1])
        return ItemBatch(*best_of_sparse(self._rows(histories), self.table_, n, barred))

    def explain(self, histories: HistoryBatch, items: NDArray[np.int32]) -> list[list[Reason]]:
        """Name the product of the history that adds most to the score."""
        self.check_fitted("table_")
        reasons = similar_to(strongest(self._rows(histories), self.table_, items))
        # Where later events make earlier ones fade, the others gain by what is taken out.
        return reasons if self.config.half_life_events is None else verified(self, histories, items, reasons)

    def _rows(self, histories: HistoryBatch) -> Rows:
        half_life = self.config.half_life_events
        return self.config.weighting().rows(histories, self.table_.shape[0], half_life_events=half_life)
