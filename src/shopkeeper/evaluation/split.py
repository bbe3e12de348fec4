"""Cut the past from what came after it, so that models are asked only for what they cannot have seen."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What models learn from, and what they are asked for; both over the same users and products."""

    train: Dataset
    queries: HistoryBatch
    """The histories of the users who are asked about: those with something to predict."""
    truth: HistoryBatch
    """What each of them took afterwards, row by row, each product once."""
    name: str
    is_validation: bool
    """Whether it was cut inside a training part, so that choosing by it spoils nothing."""
    n_cold: int
    """Users with something to predict and no history: there is nothing to ask a personal model, they are left out."""
    n_new_items: int
    """Products to predict that nobody took before: no model here can find them; they stay in, as misses."""


def leave_one_out(data: Dataset, *, validation: bool = False, at_least: int = 3) -> Split:
    """Predict each user's newest interaction from all before it.

    For validation the newest is dropped and the one before it predicted. Only users with `at_least` interactions are
    asked about, the same ones in both cuts; products of the history are never the answer unless repeats are allowed.
    """
    histories = data.histories
    from_end = histories.indptr[1:][histories.row_of] - np.arange(len(histories.item_idx))
    place = 2 if validation else 1
    enough = histories.lengths[histories.row_of] >= at_least
    train, truth = np.where(enough, from_end > place, True), enough & (from_end == place)
    as_of = histories.as_of.copy()
    # Asked at the moment of what is predicted, so that age counts from there.
    as_of[histories.row_of[truth]] = histories.at[truth]
    return _split(data, train, truth, as_of, "leave one out", validation)


def random_split(data: Dataset, *, test_share: float = 0.2, seed: int = 0, validation: bool = False) -> Split:
    """Predict a random share of all (user, product) pairs from the rest.

    It lets models see the future, which flatters them; it is here to compare with what others publish.
    """
    histories = data.histories
    pairs, of_event = np.unique(histories.row_of * data.n_items + histories.item_idx, return_inverse=True)
    drawn = np.random.default_rng(seed).random(len(pairs))
    share = _share(test_share)
    hidden = drawn < share
    if validation:
        kept = ~hidden
        drawn = np.random.default_rng(seed + 1).random(len(pairs))
        return _split(
            data, (kept & (drawn >= share))[of_event], (kept & (drawn < share))[of_event], None, "random", True
        )
    return _split(data, ~hidden[of_event], hidden[of_event], None, "random", False)


def global_time(
    data: Dataset, *, at: datetime | None = None, test_share: float = 0.2, validation: bool = False
) -> Split:
    """Predict what everybody took from a moment on from what anybody took before it: as a shop meets the question.

    Without `at`, the moment is where the newest `test_share` of the interactions begins. For validation the same share
    is cut once more from the part before the moment.
    """
    histories = data.histories
    if not len(histories.at):
        raise InvalidInput("There are no interactions to split; import some first.")
    cut = to_us(at) if at is not None else int(np.quantile(histories.at, 1 - _share(test_share), method="higher"))
    before = histories.at < cut
    if not 0 < np.count_nonzero(before) < len(before):
        span = f"{from_us(int(histories.at.min())):%Y-%m-%d} to {from_us(int(histories.at.max())):%Y-%m-%d}"
        raise InvalidInput(f"{from_us(cut):%Y-%m-%d %H:%M} does not divide the interactions, which are from {span}.")
    name = f"before and from {from_us(cut):%Y-%m-%d}"
    if not validation:
        return _split(data, before, ~before, _everybody(data, cut), name, False)
    share = test_share if at is None else 1 - np.count_nonzero(before) / len(before)
    inner = int(np.quantile(histories.at[before], 1 - share, method="higher"))
    train = histories.at < inner
    return _split(
        data, train, before & ~train, _everybody(data, inner), f"before and from {from_us(inner):%Y-%m-%d}", True
    )


def _share(test_share: float) -> float:
    if not 0 < test_share < 1:
        raise InvalidInput(f"test_share must be between 0 and 1, not {test_share}.")
    return test_share


def _everybody(data: Dataset, at_us: int) -> NDArray[np.int64]:
    return np.full(data.n_users, at_us, np.int64)


def _split(
    data: Dataset,
    train: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    as_of: NDArray[np.int64] | None,
    name: str,
    is_validation: bool,
) -> Split:
    histories = data.histories if as_of is None else data.histories.asked_at(as_of)
    known, wanted = histories.keep(train), histories.keep(truth)
    asked = (known.lengths > 0) & (wanted.lengths > 0)
    rows = np.flatnonzero(asked)
    wanted = _distinct(wanted.take(rows), data.n_items)
    learned = np.zeros(data.n_items, np.bool_)
    learned[known.item_idx] = True
    return Split(
        train=data.with_histories(known),
        queries=known.take(rows),
        truth=wanted,
        name=name,
        is_validation=is_validation,
        n_cold=int(np.count_nonzero((known.lengths == 0) & (histories.keep(truth).lengths > 0))),
        n_new_items=int(np.count_nonzero(~learned[wanted.item_idx])),
    )


def _distinct(histories: HistoryBatch, n_items: int) -> HistoryBatch:
    """Keep the first event of each product in each row."""
    first = np.zeros(len(histories.item_idx), np.bool_)
    first[np.unique(histories.row_of * n_items + histories.item_idx, return_index=True)[1]] = True
    return histories.keep(first)
