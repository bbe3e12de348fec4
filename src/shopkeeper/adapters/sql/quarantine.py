"""Who is in question, in a SQL table."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from shopkeeper.adapters.sql.erasing import PERSONAL, among, writing
from shopkeeper.adapters.sql.tables import ID, metadata
from shopkeeper.data.erasure import Gone, State
from shopkeeper.data.quarantine import Case, Verdict
from shopkeeper.estimator import Progress, ignore
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import NotFound
from shopkeeper.ports.people import Told

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("shopper_id", ID, primary_key=True),
    sa.Column("found_at", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("odds", sa.Double, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("judged_at", sa.BigInteger),
)

_WHO = quarantine.c[PERSONAL["quarantine"][0]]


class SqlQuarantineStore:
    """A QuarantineStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, cases: Sequence[Case]) -> int:
        """Store those of whom nothing is known yet, all or none; return how many. What was judged stays judged."""
        with self._engine.begin() as connection:
            known = set(connection.scalars(sa.select(quarantine.c.shopper_id)))
            new = [case for case in cases if case.shopper_id not in known]
            if new:
                connection.execute(sa.insert(quarantine), [_to_row(case) for case in new])
        return len(new)

    def all(self) -> list[Case]:
        """Return everybody, those first whose odds are highest."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(quarantine).order_by(quarantine.c.odds.desc(), quarantine.c.shopper_id))
            return [_to_case(row) for row in rows]

    def judge(self, shopper_id: str, verdict: Verdict, at: datetime) -> Case:
        """Note what an operator says; NotFound for somebody who is not in question."""
        own = quarantine.c.shopper_id == shopper_id
        with self._engine.begin() as connection:
            connection.execute(sa.update(quarantine).where(own).values(verdict=verdict, judged_at=to_us(at)))
            row = connection.execute(sa.select(quarantine).where(own)).one_or_none()
        if row is None:
            raise NotFound(f"Nobody holds {shopper_id!r} in quarantine; GET /v1/quarantine tells who is.")
        return _to_case(row)


class SqlQuarantinePlace:
    """Where persons are named who are in question."""

    name = "quarantine"
    state: State = "erased"
    about = "That somebody was in question is removed."

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return what speaks against them."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(quarantine).where(among(connection, _WHO, gone.ids)))
            return [{**row._mapping, "found_at": from_us(row.found_at).isoformat()} for row in rows]

    def count(self, gone: Gone) -> int:
        """Return how many of them are in question."""
        with self._engine.connect() as connection:
            counted = sa.select(sa.func.count()).select_from(quarantine)
            return connection.scalar(counted.where(among(connection, _WHO, gone.ids))) or 0

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Remove them."""
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(quarantine).where(among(connection, _WHO, gone.ids))).rowcount

    def known(self) -> Iterable[str]:
        """Return everybody's ids."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(_WHO)))


def _to_row(case: Case) -> dict[str, object]:
    row: dict[str, object] = {column.name: getattr(case, column.name) for column in quarantine.c}
    judged = None if case.judged_at is None else to_us(case.judged_at)
    return row | {"items": list(case.items), "found_at": to_us(case.found_at), "judged_at": judged}


def _to_case(row: sa.Row[tuple[object, ...]]) -> Case:
    told = dict(row._mapping)
    judged = None if told["judged_at"] is None else from_us(told["judged_at"])
    return Case(**told | {"items": tuple(told["items"]), "found_at": from_us(told["found_at"]), "judged_at": judged})
