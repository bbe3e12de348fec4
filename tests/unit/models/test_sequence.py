import sys
from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import ReasonKind
from shopkeeper.estimator import NoCheckpoints, State
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.models.sequence import Sequence, SequenceConfig
from shopkeeper.testing.checkerboard import dataset, random_shop

SMALL = SequenceConfig(factors=16, inner_factors=16, batch_events=300, epochs=30, dropout=0.0, learning_rate=0.02)
ALL = SMALL.model_copy(update={"patience": 0})


def circle(n_items: int = 12) -> Dataset:
    """Everybody takes the next product of a circle, from anywhere on; one product is not on it."""
    starts = np.random.default_rng(0).integers(0, n_items, 60)
    return dataset([[(start + step) % n_items for step in range(6)] for start in starts.tolist()], n_items + 1)


class Kept:
    """Checkpoints in memory, which end the training after some passes."""

    def __init__(self, passes: int) -> None:
        self.passes, self.saves = passes, 0
        self.state: State | None = None

    def save(self, state: State) -> None:
        self.state = {name: array.copy() for name, array in state.items()}
        self.saves += 1
        if self.saves == self.passes:
            raise KeyboardInterrupt

    def load(self) -> State | None:
        return self.state

    def clear(self) -> None:
        raise AssertionError("a fit clears nothing: what it made is not saved yet")


@pytest.fixture(scope="module")
def on_the_circle() -> Sequence:
    return Sequence(ALL).fit(circle())


def test_foresees_the_next_on_a_circle(on_the_circle: Sequence) -> None:
    asked = HistoryBatch.of([[3, 4, 5], [10, 11], [7]])
    assert on_the_circle.score(asked).argmax(axis=1).tolist() == [6, 0, 8]


@pytest.mark.parametrize(("trust", "foreseen"), [(1.0, 2), (0.02, 4)])
def test_what_is_hardly_believed_is_hardly_learned(trust: float, foreseen: int) -> None:
    forwards, backwards = [np.roll(np.arange(12), -start) for start in range(12)], np.arange(12)[::-1]
    told = [*forwards * 5, *[np.roll(backwards, start) for start in range(12)] * 20]
    data = dataset([row[:6].tolist() for row in told], 12)
    believed = np.where(data.histories.row_of < 60, 1, trust).astype(np.float32)
    model = Sequence(ALL).fit(data.with_histories(replace(data.histories, trust=believed)))
    assert model.score(HistoryBatch.of([[3]])).argmax() == foreseen


def test_looks_at_the_newest_events_alone() -> None:
    model = Sequence(ALL.model_copy(update={"max_length": 3, "epochs": 1})).fit(circle())
    long, short = model.score(HistoryBatch.of([[9, 1, 5, 3, 4, 5], [3, 4, 5]]))
    np.testing.assert_allclose(long, short, rtol=1e-5, atol=1e-6)


def test_it_matters_when_it_is_asked(on_the_circle: Sequence) -> None:
    asked = HistoryBatch.of([[3, 4, 5]])
    later = asked.asked_at(asked.as_of + 86_400_000_000)
    assert (on_the_circle.score(asked) != on_the_circle.score(later)).any()


def test_says_nothing_of_and_after_what_nobody_took(on_the_circle: Sequence) -> None:
    alone, beside, neither = on_the_circle.score(HistoryBatch.of([[12], [12, 3, 12], [3]]))
    assert (alone == -np.inf).all()
    assert beside[12] == neither[12] == -np.inf
    np.testing.assert_allclose(beside[:12], neither[:12], atol=0.3)


def test_a_product_nobody_took_stands_where_similar_texts_do() -> None:
    data = circle()
    titles = [f"{'oak chair' if item in (6, 7) else 'mug'} {chr(97 + item) * 3}" for item in range(12)]
    products = [Product(item_id=f"i{item}", title=title) for item, title in enumerate(titles)]
    products += [Product(item_id="new", title="oak chair"), Product(item_id="nameless", title="")]
    data = data.with_products(products)
    model = Sequence(ALL.model_copy(update={"text_neighbors": 2})).fit(data)
    scores = model.score(HistoryBatch.of([[3, 4, 5]]))[0]
    new, nameless = data.items.index("new"), data.items.index("nameless")
    assert new in np.argsort(-scores)[:3]
    assert scores[nameless] == scores[12] == -np.inf
    assert np.isfinite(model.score(HistoryBatch.of([[new]]))[0, 6])


def test_learns_how_much_an_old_event_counts() -> None:
    """Within the hour what comes next follows from the first of two, after a day from the second."""
    rng = np.random.default_rng(0)
    first, second, late = rng.integers(0, 4, 400), rng.integers(4, 8, 400), rng.random(400) < 0.5
    follows = np.where(late, second + 4, first + 8)
    data = dataset(np.stack([first, second, follows], axis=1).tolist(), 12)
    hours = np.stack([np.zeros(400), np.where(late, 24, 1), np.where(late, 24, 1)], axis=1).ravel()
    histories = replace(data.histories, at=(hours * 3_600_000_000).astype(np.int64), as_of=np.full(400, 1 << 50))
    config = ALL.model_copy(update={"context": (), "epochs": 60})
    found = {}
    for time_bias in (True, False):
        model = Sequence(config.model_copy(update={"time_bias": time_bias})).fit(data.with_histories(histories))
        two = histories.keep(np.tile([True, True, False], 400))
        found[time_bias] = (model.score(two)[:, 8:].argmax(axis=1) + 8 == follows).mean()
    assert found[True] > 0.95
    assert found[False] < 0.75


def test_the_reason_is_a_product_of_the_history(on_the_circle: Sequence) -> None:
    """After 3 and 4 comes 5, because of one of them; 3 comes again because of neither."""
    (reasons,) = on_the_circle.explain(HistoryBatch.of([[3, 4]]), np.array([[5, 3]], np.int32))
    assert [reason.kind for reason in reasons] == [ReasonKind.SIMILAR, ReasonKind.HISTORY]
    assert reasons[0].because in (3, 4)


def test_finds_the_missing_square_where_the_order_tells_nothing() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.permutation([i for i in range(u % 2, 20, 2) if i != u % 20]).tolist() for u in range(200)]
    data = dataset(rows, 20)
    best = Sequence(ALL.model_copy(update={"epochs": 60})).fit(data).top_n(data.histories, 1).item_idx[:, 0]
    assert ((best - np.arange(200)) % 20 == 0).mean() > 0.95


@pytest.mark.parametrize("config", [SMALL, SMALL.model_copy(update={"dropout": 0.2, "accumulate": 2})])
def test_a_killed_training_ends_as_if_it_had_not_been(config: SequenceConfig) -> None:
    data, kept = random_shop(), Kept(passes=3)
    with pytest.raises(KeyboardInterrupt):
        Sequence(config).resume(data, kept)
    resumed, whole = (Sequence(config).resume(data, c).state() for c in (kept, NoCheckpoints()))
    assert {k: v.tobytes() for k, v in resumed.items()} == {k: v.tobytes() for k, v in whole.items()}


def test_a_checkpoint_of_other_data_is_not_used() -> None:
    kept = Kept(passes=3)
    with pytest.raises(KeyboardInterrupt):
        Sequence(SMALL).resume(random_shop(seed=1), kept)
    found, fresh = (Sequence(SMALL).resume(random_shop(), c).state() for c in (kept, NoCheckpoints()))
    assert found["items"].tobytes() == fresh["items"].tobytes()


def test_stops_when_held_out_events_are_no_longer_foreseen_better() -> None:
    kept = Kept(passes=-1)
    Sequence(SMALL.model_copy(update={"patience": 2})).resume(random_shop(), kept)
    assert 3 <= kept.saves < SMALL.epochs


@pytest.mark.parametrize("rows", [[], [[]], [[0]], [[0, 0]], [[0], [1]]], ids=str)
def test_a_shop_with_almost_nothing_can_be_fitted(rows: list[list[int]]) -> None:
    scores = Sequence(SMALL).fit(dataset(rows, 2)).score(HistoryBatch.of([[0], []]))
    assert scores.shape == (2, 2)
    assert not np.isnan(scores).any()


def test_without_jax_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("shopkeeper.training.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(InvalidInput, match=r"pip install 'shopkeeper\[train\]'"):
        Sequence(SMALL).fit(circle())


def test_a_product_outside_the_table_is_an_error(on_the_circle: Sequence) -> None:
    with pytest.raises(InvalidInput, match=r"0\.\.12"):
        on_the_circle.score(HistoryBatch.of([[13]]))


def test_a_quantity_that_is_no_number_counts_as_one() -> None:
    model = Sequence(SMALL.model_copy(update={"epochs": 1})).fit(random_shop())
    asked = HistoryBatch.of([[0, 1]])
    unknown = replace(asked, quantity=np.array([np.nan, -3], np.float32))
    assert model.score(unknown).tobytes() == model.score(asked).tobytes()
