"""Public datasets as `Dataset`s; where only the order is known, one day passes from one action to the next."""

from pathlib import Path

import duckdb
import numpy as np

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.evaluation import Split

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


def sasrec_video(data: Path) -> Dataset:
    """Return all actions, the newest of each user on day 0: age in days is then age in actions."""
    return _dataset(
        f"""SELECT user_id - 1 AS user_id, item_id - 1 AS item_id,
            position - max(position) OVER (PARTITION BY user_id) AS day
            FROM '{data / "sasrec_video" / "interactions.parquet"}'""",
        31_013,
        23_715,
    )


def diginetica(data: Path, *, validation: bool = False) -> Split:
    """Return the sessions to learn from, and the prefixes whose next view is asked for, each a history of its own.

    A session begins a minute after the one before it, its views are a second apart: sessions are known by order alone,
    and these minutes are about the months that they took. For validation the last tenth of the sessions takes the
    place of the test part, with all its prefixes.
    """
    folder = data / "diginetica_sessions"
    sessions = f"""SELECT session_id - min(session_id) OVER () AS session_id, item_ids
                   FROM '{folder / "train_sessions.parquet"}'"""
    every = _dataset(
        f"""SELECT session_id AS user_id, item_id - 1 AS item_id, session_id / 1440 + place / 86400 AS day
            FROM (SELECT session_id, unnest(item_ids) AS item_id, generate_subscripts(item_ids, 1) AS place
                  FROM ({sessions}))""",
        186_670,
        43_097,
        EventType.VIEW,
    )
    train, asked = every, f"SELECT list_append(prefix_item_ids, next_item_id) FROM '{folder / 'test_prefixes.parquet'}'"
    if validation:
        n_train = round(0.9 * every.n_users)
        asked = f"""SELECT item_ids[1:n] FROM (SELECT *, unnest(range(2, 1 + len(item_ids))) AS n FROM ({sessions}))
                    WHERE session_id >= {n_train} ORDER BY session_id, n"""
        histories = every.histories
        known = histories.keep(histories.row_of < n_train)
        train = every.with_histories(known.asked_at(np.full(len(known), known.at.max())))
    rows = [[item - 1 for item in row] for (row,) in duckdb.connect().execute(asked).fetchall()]
    truth = HistoryBatch.of([row[-1:] for row in rows], type=EventType.VIEW)
    return Split(
        train=train,
        queries=HistoryBatch.of([row[:-1] for row in rows], type=EventType.VIEW),
        truth=truth,
        name="next view of a session",
        is_validation=validation,
        n_cold=0,
        n_new_items=int(np.isin(truth.item_idx, train.histories.item_idx, invert=True).sum()),
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


def _dataset(query: str, n_users: int, n_items: int, kind: EventType = EventType.PURCHASE) -> Dataset:
    """Return the rows (user_id, item_id, day) as events; ids count from 0."""
    ordered = f"SELECT * FROM ({query}) ORDER BY user_id, day, item_id"
    columns = duckdb.connect().execute(ordered).fetchnumpy()
    n = len(columns["day"])
    log = EventLog(
        users=Vocabulary(f"{user:07}" for user in range(n_users)),
        items=Vocabulary(f"{item:07}" for item in range(n_items)),
        user_idx=columns["user_id"].astype(np.int32),
        item_idx=columns["item_id"].astype(np.int32),
        type=np.full(n, kind, np.int8),
        at=(columns["day"].astype(np.float64) * DAY_US).astype(np.int64),
        quantity=np.ones(n, np.float32),
        rating=np.full(n, np.nan, np.float32),
        price_minor=np.full(n, -1, np.int64),
        words=np.zeros(n, np.int32),
        of_page=np.zeros(n, np.bool_),
    )
    return Dataset.from_log(log)
