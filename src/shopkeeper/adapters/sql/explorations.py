"""Explored places in SQLite or PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import NUMBER, metadata
from shopkeeper.data.exploration import Exploration
from shopkeeper.kit.clock import from_us, to_us

explorations = sa.Table(
    "explorations",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("recommendation_id", sa.Text, nullable=False),
    sa.Column("item_id", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("propensity", sa.Double, nullable=False),
    sa.Column("pool", sa.JSON, nullable=False),  # what could have been chosen, with what probability
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("explorations_by_time", "at", "number"),
)


class SqlExplorationLog:
    """An ExplorationLog in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, places: Sequence[Exploration]) -> None:
        """Store all or none."""
        rows = [
            {
                "recommendation_id": one.recommendation_id,
                "item_id": one.item_id,
                "position": one.position,
                "propensity": one.propensity,
                "pool": dict(one.pool),
                "at": to_us(one.at),
            }
            for one in places
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(explorations.insert(), rows)

    def since(self, at: datetime, *, limit: int = 100_000) -> list[Exploration]:
        """Return the first places of a time on, the oldest first."""
        asked = sa.select(explorations).where(explorations.c.at >= to_us(at))
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(explorations.c.at, explorations.c.number).limit(limit)).all()
        return [
            Exploration(row.recommendation_id, row.item_id, row.position, row.propensity, row.pool, from_us(row.at))
            for row in rows
        ]

    def forget(self, before: datetime) -> int:
        """Remove what is older; return how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(explorations.delete().where(explorations.c.at < to_us(before))).rowcount
