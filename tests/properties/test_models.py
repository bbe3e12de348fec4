"""Whatever people did, a model answers with numbers that can be sorted, and with lists that can be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.data.matrix import Entry, Weighting
from shopkeeper.evaluation import global_time
from shopkeeper.evaluation.run import accuracy
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import dataset

N_ITEMS = 5
# The transformer takes a second a fit, and the suite fits it on such shops; the products here have no texts.
FITTED_AT_ONCE = [name for name in models.names() if name not in ("sequence", "content")]


class Did(NamedTuple):
    """One thing that one person did."""

    item: int
    type: int
    at: int
    quantity: float
    rating: float


DID = st.builds(
    Did,
    item=st.integers(0, N_ITEMS - 1),
    type=st.sampled_from([int(kind) for kind in EventType]),
    at=st.integers(0, 2**57),
    quantity=st.floats(width=32),
    rating=st.just(float("nan")) | st.floats(-1000, 1000, width=32),
)
PEOPLE = st.lists(st.lists(DID, max_size=6), max_size=5)
ENTRIES: Sequence[Entry] = ("count", "binary", "log", "rating")
OPTIONS = st.fixed_dictionaries({"entry": st.sampled_from(ENTRIES)}, optional={"half_life_days": st.floats(1e-6, 1e6)})


def histories(people: Sequence[Sequence[Did]], as_of: int) -> HistoryBatch:
    """Return what they did, oldest first."""
    rows = [sorted(person, key=lambda did: did.at) for person in people]
    events = [did for row in rows for did in row]
    batch = HistoryBatch.of([[did.item for did in row] for row in rows], user_idx=range(len(rows)))
    return replace(
        batch,
        type=np.array([did.type for did in events], np.int8),
        at=np.array([did.at for did in events], np.int64),
        quantity=np.array([did.quantity for did in events], np.float32),
        rating=np.array([did.rating for did in events], np.float32),
        as_of=np.full(len(rows), as_of, np.int64),
    )


def shop(people: Sequence[Sequence[Did]], as_of: int = 2**57) -> Dataset:
    """Return a shop of N_ITEMS products where they did it."""
    return dataset([[] for _ in people], N_ITEMS).with_histories(histories(people, as_of))


@pytest.mark.parametrize("name", FITTED_AT_ONCE)
@given(people=PEOPLE, others=PEOPLE, as_of=st.integers(-(2**60), 2**61), options=OPTIONS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_scores_are_numbers_and_lists_are_in_order(
    name: str,
    people: list[list[Did]],
    others: list[list[Did]],
    as_of: int,
    options: Mapping[str, object],
) -> None:
    known = {option: value for option, value in options.items() if option in models.find(name).Config.model_fields}
    model = models.create(name, known).fit(shop(people))
    for asked in (
        shop(people).histories,
        replace(histories(others, as_of), user_idx=np.full(len(others), -1, np.int32)),
    ):
        scores = model.score(asked)
        best = model.top_n(asked, N_ITEMS + 2, Exclude(seen=True))
        assert scores.shape == (len(asked), N_ITEMS)
        assert not (np.isnan(scores) | (scores == np.inf)).any()
        for row, (items, values) in enumerate(zip(best.item_idx, best.score, strict=True)):
            listed = items[items >= 0].tolist()
            assert listed == items[: len(listed)].tolist()
            assert len(set(listed)) == len(listed)
            assert not set(listed) & set(asked.items_of(row).tolist())
            assert (np.diff(values[: len(listed)]) <= 0).all()


@given(people=PEOPLE, as_of=st.integers(-(2**60), 2**61), options=OPTIONS)
def test_a_matrix_holds_numbers_above_zero_alone(
    people: list[list[Did]], as_of: int, options: Mapping[str, object]
) -> None:
    rows = Weighting(**options).rows(histories(people, as_of), N_ITEMS)  # type: ignore[arg-type]  # of the strategy
    assert rows.has_canonical_format
    assert (rows.data > 0).all()
    assert np.isfinite(rows.data).all()


@given(people=PEOPLE, share=st.floats(0.01, 0.99))
def test_a_split_measures_a_share_or_says_why_not(people: list[list[Did]], share: float) -> None:
    # People and products that come in one part only are the rule here.
    try:
        split = global_time(shop(people), test_share=share)
    except InvalidInput as error:
        assert str(error)
    else:
        found = accuracy(models.create("popularity"), split, "ndcg@3", repeats="include") if len(split.queries) else 0.0
        assert 0 <= found <= 1
