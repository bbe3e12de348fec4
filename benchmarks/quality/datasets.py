"""Public datasets as `Dataset`s; where only the order is known, one day passes from one action to the next."""

from pathlib import Path

import duckdb
import numpy as np

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.vocabulary import Vocabulary

DAY_US = 86_400_000_000
PARTS = ((0, "train"), (1, "test"))


def gowalla(data: Path) -> Dataset:
    """Return the NGCF split, 29,858 users and 40,981 places: its training pairs on day 0, its test pairs on day 1."""
    parts = (f"SELECT user_id, item_id, {day} AS day FROM '{data / 'gowalla' / part}.parquet'" for day, part in PARTS)
    return _dataset(" UNION ALL ".join(parts), 29_858, 40_981)


def s3rec_beauty(data: Path) -> Dataset:
    """Return all actions, the newest of each user on day 0: age in days is then age in actions."""
    return _dataset(
        f"""SELECT user_id - min(user_id) OVER () AS user_id, item_id - min(item_id) OVER () AS item_id,
            position - max(position) OVER (PARTITION BY user_id) AS day
            FROM '{data / "s3rec_beauty" / "interactions.parquet"}'""",
        22_363,
        12_101,
    )


def tafeng(data: Path) -> Dataset:
    """Return all baskets, a day each, the last of each user on day 0."""
    return _dataset(
        f"""SELECT dense_rank() OVER (ORDER BY user_id) - 1 AS user_id,
            dense_rank() OVER (ORDER BY product_id) - 1 AS item_id,
            order_number - max(order_number) OVER (PARTITION BY user_id) AS day
            FROM '{data / "tafeng_baskets" / "baskets.parquet"}'""",
        13_858,
        11_997,
    )


def _dataset(query: str, n_users: int, n_items: int) -> Dataset:
    """Return the rows (user_id, item_id, day) as purchases; ids count from 0."""
    ordered = f"SELECT * FROM ({query}) ORDER BY user_id, day, item_id"
    columns = duckdb.connect().execute(ordered).fetchnumpy()
    n = len(columns["day"])
    log = EventLog(
        users=Vocabulary(f"{user:07}" for user in range(n_users)),
        items=Vocabulary(f"{item:07}" for item in range(n_items)),
        user_idx=columns["user_id"].astype(np.int32),
        item_idx=columns["item_id"].astype(np.int32),
        type=np.full(n, EventType.PURCHASE, np.int8),
        at=columns["day"].astype(np.int64) * DAY_US,
        quantity=np.ones(n, np.float32),
        rating=np.full(n, np.nan, np.float32),
        price_minor=np.full(n, -1, np.int64),
    )
    return Dataset.from_log(log)
