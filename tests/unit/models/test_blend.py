from shopkeeper import models
from shopkeeper.data.history import HistoryBatch
from shopkeeper.testing.checkerboard import dataset


def test_what_may_not_be_listed_takes_no_place_from_what_may() -> None:
    blend = models.create("blend", {"members": {"personal_top": {"rank": 1.0}}}).fit(dataset([[0, 0, 1], [2]], 3))
    best = blend.top_n(HistoryBatch.of([[0, 1]]), 1)
    assert (best.item_idx.tolist(), best.score.tolist()) == ([[2]], [[1.0]])
