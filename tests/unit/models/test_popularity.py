import numpy as np

from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.models.popularity import Popularity, PopularityConfig
from shopkeeper.testing.checkerboard import dataset


def test_counts_the_newest_days_alone_where_asked_to() -> None:
    data = dataset([[0, 1], [0, 2]], 3)
    histories = data.histories.asked_at(np.full(2, 31 * DAY_US))
    histories.at[:] = [0, 30 * DAY_US, 2 * DAY_US, 31 * DAY_US]
    model = Popularity(PopularityConfig(newest_days=7.0)).fit(data.with_histories(histories))
    assert model.score(HistoryBatch.of([[]])).tolist() == [[0, 1, 1]]
