import numpy as np

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.query import Query
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.ranking.sources import ModelSource
from shopkeeper.ranking.support import Support, Supported

BREAD, BUTTER, JAM, SECRET = range(4)
PEOPLE = [[BREAD, BUTTER]] * 6 + [[BREAD, JAM]] * 5 + [[BREAD, SECRET]] * 4


def shop() -> Dataset:
    return Dataset(
        Vocabulary(map(str, range(15))), Vocabulary("bread butter jam secret".split()), HistoryBatch.of(PEOPLE)
    )


def test_together_counts_people_not_times() -> None:
    twice = Dataset(Vocabulary("ab"), Vocabulary("xy"), HistoryBatch.of([[0, 0, 1], [0, 1, 1]]))
    model = models.create("together", {"entry": "count"}).fit(twice)
    assert model.score(HistoryBatch.of([[0]])).tolist() == [[-np.inf, 2.0]]


def test_an_edge_needs_enough_people() -> None:
    model = models.create("together").fit(shop())
    support = Support(model.table_, np.array([3, 2, 1, 0]))  # type: ignore[attr-defined]  # numbered the other way
    assert support.of(np.array([3]), 5, 5).tolist() == [False, True, True, False, False]
    assert support.of(np.array([3]), 1, 5).tolist() == [True, True, True, False, False]
    assert not support.of(np.array([4]), 1, 5).any()


def test_a_supported_source_lists_nothing_else() -> None:
    data = shop()
    source = ModelSource(models.create("item_knn", {"shrink": 0.0}).fit(data), data.users)
    query = Query(HistoryBatch.of([[BREAD]]), np.array([False, True, True, True]), 3)
    assert set(source.find(query, 3).item_idx.tolist()) == {BUTTER, JAM, SECRET}
    held = Supported(source, np.array([True, True, True, False]))
    assert set(held.find(query, 3).item_idx.tolist()) == {BUTTER, JAM}
    assert held.explain(query, np.array([JAM])) == source.explain(query, np.array([JAM]))
