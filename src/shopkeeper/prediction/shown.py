"""Whether a product that is shown to somebody is clicked, or bought: a case is an impression.

What a case knows came before the impression, not with it: logs tell times by the second, and what was clicked then
would tell the answer. Of products what is known by the time of learning is kept with what is learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import INTERACTIONS, EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import State
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.cases import NEWEST, Known, check_features, drawn, reasons, trees_of
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.features import DAY_US, NAMES, Moments, features
from shopkeeper.prediction.forecast import LEAST, LEAST_NEWEST, Asked, Learned, Said, check
from shopkeeper.prediction.labels import marked
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.times import Times
from shopkeeper.prediction.trees import Trees

Floats = NDArray[np.float64]
Table = NDArray[np.float32]

_COUNTED = (EventType.IMPRESSION, EventType.CLICK, EventType.VIEW, EventType.CART, EventType.PURCHASE)
_DAYS = 7
_TOGETHER_US = 60_000_000

PRODUCT_NAMES: Sequence[str] = (
    *(f"{kind.label}s of the product" for kind in _COUNTED),
    *(f"{kind.label}s of the product, {_DAYS} days" for kind in _COUNTED),
    "clicks an impression of the product",
    "purchases an impression of the product",
    "days since the product was first met",
    "price of the product",
)
SHOWN_NAMES: Sequence[str] = (
    *NAMES,
    *PRODUCT_NAMES,
    *(f"{kind.label}s of the product by the shopper" for kind in _COUNTED),
    "days since it was shown to the shopper",
    "days since the shopper turned to it",
    "share of its category in what the shopper did",
    "impressions of the shopper",
    "clicks an impression of the shopper",
    "its price by the mean price viewed",
    "shown in the minute before",
)
"""Of the columns; what is shown in the minute before tells the place in a list."""
_NOTHING = np.r_[np.zeros(2 * len(_COUNTED)), np.full(len(PRODUCT_NAMES) - 2 * len(_COUNTED), np.nan)]
"""What is known of a product that nobody met."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """Products shown to people, and what had happened before that."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    """-1: not in the log."""
    category: NDArray[np.int32]
    """-1: none, or not in the log."""
    as_of: NDArray[np.int64]
    """The last microsecond that is known."""
    before: Floats
    """How many products were shown in the minute before."""


def shown_features(told: Behaviour, log: EventLog, rows: NDArray[np.int64]) -> Table:
    """Return a row of SHOWN_NAMES for each of some impressions in a log; NaN: nothing is known."""
    item, as_of = log.item_idx[rows], log.at[rows] - 1
    is_shown = log.type == EventType.IMPRESSION
    place = np.cumsum(is_shown) - 1
    whose, at = log.user_idx[is_shown], log.at[is_shown]
    since = Times(whose.astype(np.int64), at).end(log.user_idx[rows], log.at[rows] - _TOGETHER_US - 1)
    before = (place[rows] - since).astype(np.float64)
    shown = _Shown(log.user_idx[rows], item, told.category_of[item], as_of, before)
    return _features(told, log, shown, product_features(log, item, as_of))


def product_features(log: EventLog, item: NDArray[np.int32], as_of: NDArray[np.int64]) -> Floats:
    """Return a row of PRODUCT_NAMES for each product at a moment."""
    met = _of_products(log, log.item_idx >= 0)
    by_kind = [_of_products(log, (log.item_idx >= 0) & (log.type == kind)) for kind in _COUNTED]
    n = [times.n(item, as_of) for times in by_kind]
    recent = [times.n(item, as_of) - times.n(item, as_of - _DAYS * DAY_US) for times in by_kind]
    has_price = (log.item_idx >= 0) & (log.price_minor >= 0)
    priced = _of_products(log, has_price)
    price = priced.newest(item, as_of, log.price_minor[has_price][priced.order])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [n[1] / n[0], n[4] / n[0]]
    return np.column_stack([*n, *recent, *shares, met.days_since_first(item, as_of), price])


def _of_products(log: EventLog, rows: NDArray[np.bool_]) -> Times:
    return Times.of(log.item_idx[rows], log.at[rows])


def _features(told: Behaviour, log: EventLog, shown: _Shown, product: Floats) -> Table:
    has_item, n_items = log.item_idx >= 0, len(log.items) + 1
    pair = shown.user.astype(np.int64) * n_items + shown.item + 1
    own = log.user_idx.astype(np.int64) * n_items + log.item_idx + 1
    by_kind = [Times.of(own[rows], log.at[rows]) for rows in (has_item & (log.type == kind) for kind in _COUNTED)]
    is_done = np.isin(log.type, INTERACTIONS)
    turned = Times.of(own[has_item & is_done], log.at[has_item & is_done])
    n_names = len(told.names) + 1
    category = np.append(told.category_of, np.int32(-1))[log.item_idx]
    in_one = is_done & (category >= 0)
    in_it = Times.of((log.user_idx.astype(np.int64) * n_names + category + 1)[in_one], log.at[in_one])
    in_any = Times(log.user_idx[in_one].astype(np.int64), log.at[in_one])
    wanted = shown.user.astype(np.int64) * n_names + shown.category + 1
    impressions, clicks = (
        Times(log.user_idx[rows].astype(np.int64), log.at[rows]).n(shown.user, shown.as_of)
        for rows in (log.type == EventType.IMPRESSION, log.type == EventType.CLICK)
    )
    moments = Moments(shown.user, shown.as_of)
    # Products of one list, one after the other, are shown to the same person at once.
    is_next = np.ones(len(moments), np.bool_)
    is_next[1:] = (shown.user[1:] != shown.user[:-1]) | (shown.as_of[1:] != shown.as_of[:-1])
    person = features(log, moments.take(is_next), told.category_of)[np.cumsum(is_next) - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [
            *(times.n(pair, shown.as_of) for times in by_kind),
            by_kind[0].days_since(pair, shown.as_of),
            turned.days_since(pair, shown.as_of),
            in_it.n(wanted, shown.as_of) / in_any.n(shown.user, shown.as_of),
            impressions,
            clicks / impressions,
            product[:, PRODUCT_NAMES.index("price of the product")] / person[:, NAMES.index("mean price viewed")],
            shown.before,
        ]
    found = np.column_stack([person, product, *columns]).astype(np.float32)
    found[~np.isfinite(found)] = np.nan
    return found


@dataclass(frozen=True, slots=True, eq=False)
class ShownForecast:
    """Trees over impressions, and what was known of each product by then."""

    trees: Trees
    items: Vocabulary
    products: Floats
    """(n, PRODUCT_NAMES)"""
    names: Vocabulary
    """Of categories."""
    category_of: NDArray[np.int32]
    """Of each product, -1 for none."""

    @property
    def measured(self) -> Quality | None:
        """Return how good the probabilities were."""
        return self.trees.measured

    def state(self) -> State:
        """Return all that was learned."""
        ids = self.items.state("items") | self.names.state("names") | Vocabulary(SHOWN_NAMES).state("features")
        return self.trees.state() | ids | {"products": self.products, "category_of": self.category_of}

    @classmethod
    def from_state(cls, _prediction: Prediction, state: State) -> "ShownForecast":
        """Rebuild what `state` returned."""
        check_features(state, SHOWN_NAMES)
        items, names = (Vocabulary.from_state(name, state) for name in ("items", "names"))
        products, category_of = np.asarray(state["products"], np.float64), state["category_of"].astype(np.int32)
        return cls(Trees.from_state(state), items, products, names, category_of)

    def digest(self) -> bytes:
        """Return bytes that differ where what was learned differs."""
        curve, ids = self.trees.calibration, "\n".join([*self.items, *self.names])
        numbers = np.array([curve.slope, curve.offset, *curve.x, *curve.y])
        tree = self.trees.booster.model_to_string() + ids
        return tree.encode() + numbers.tobytes() + self.products.tobytes() + self.category_of.tobytes()

    def say(self, told: Behaviour, past: EventLog, asked: Asked) -> list[Said]:
        """Return the chance for each product, as if it were shown first in a list."""
        if asked.items is None:
            raise InvalidInput("This is about products that are shown: name one for each shopper.")
        place = self.items.indices(list(asked.items))
        product = np.vstack((self.products, _NOTHING))[place]
        known = np.append(told.names.indices(list(self.names)), np.int32(-1))
        category = known[np.append(self.category_of, np.int32(-1))[place]]
        as_of = np.full(len(place), asked.as_of)
        is_shown = past.type == EventType.IMPRESSION
        shown = Times(past.user_idx[is_shown].astype(np.int64), past.at[is_shown])
        before = shown.n(asked.users, as_of) - shown.n(asked.users, as_of - _TOGETHER_US - 1)
        cases = _Shown(asked.users, past.items.indices(list(asked.items)), category, as_of, before)
        x = _features(told, past, cases, product)
        why = reasons(self.trees, SHOWN_NAMES, x) if asked.why else [()] * len(x)
        return [Said(float(p), "", own) for p, own in zip(self.trees.probability(x), why, strict=True)]


def shown_forecast(prediction: Prediction, told: Behaviour, past: EventLog, as_of: int) -> Learned:
    """Learn from impressions whose window has ended, and calibrate on the newest of them."""
    horizon = int(prediction.horizon_days or 0) * DAY_US
    known = min(as_of, int(past.at.max()))
    is_shown = (past.type == EventType.IMPRESSION) & (past.item_idx >= 0)
    if not is_shown.any():
        raise TooLittle("There is no impression by then: shelves tell what they show, or send events of the type.")
    has_ended = is_shown & (past.at + horizon <= known)
    cut = int(np.quantile(past.at[has_ended], 1 - NEWEST)) if has_ended.any() else 0
    is_label = marked(prediction, told, past) & (past.item_idx >= 0)
    n_items = len(past.items)
    pair = past.user_idx.astype(np.int64) * n_items + past.item_idx
    labels = Times.of(pair[is_label], past.at[is_label])
    kept = np.arange(n_items, dtype=np.int32)

    def known_of(impressions: NDArray[np.bool_], what: str, least: int = LEAST) -> Known:
        rows = drawn(impressions)
        comes = labels.n(pair[rows], past.at[rows] + horizon) > labels.n(pair[rows], past.at[rows] - 1)
        within = f"with {prediction.comes} of the product within {prediction.horizon_days} days"
        check(int(comes.sum()), f"{what} {within}", least)
        return shown_features(told, past, rows), comes

    learned = known_of(has_ended & (past.at + horizon <= cut), "impressions")
    newest = known_of(has_ended & (past.at > cut), "newest impressions", LEAST_NEWEST)
    products = product_features(past, kept, np.full(n_items, as_of))
    # What comes later has no place in what was learned, not even by name.
    kept = kept[products[:, : len(_COUNTED)].any(axis=1)]
    categories = told.category_of[kept]
    used = np.unique(categories[categories >= 0])
    trees, reached = trees_of(learned, newest)
    forecast = ShownForecast(
        trees,
        Vocabulary(past.items[item] for item in kept.tolist()),
        products[kept],
        Vocabulary(told.names[name] for name in used.tolist()),
        np.where(categories >= 0, np.searchsorted(used, categories), -1).astype(np.int32),
    )
    return forecast, reached
