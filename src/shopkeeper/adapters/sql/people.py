"""What people allow and prefer, in SQL tables."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql.people_tables import consents, preferences
from shopkeeper.adapters.sql.ready import NUL, Ready, one_of
from shopkeeper.data.consent import Consent, Preferences, Purpose, Said
from shopkeeper.kit.clock import from_us, to_us

_NAMED = tuple(column.name for column in consents.c if column is not consents.c.number)
_PREFERENCES = TypeAdapter(Preferences)
_CONSENT = tuple(column for column in consents.c if column is not consents.c.shopper_id)


def _all_said(*where: "sa.ColumnElement[bool] | None") -> sa.CompoundSelect[Any]:
    """Return the SELECT of the answers and the preferences of those for whom a condition holds, on each table."""
    of_consents, of_preferences = where or (None, None)
    answers = sa.select(consents.c.shopper_id, sa.null().label("said"), *_CONSENT)
    wishes = sa.select(preferences.c.shopper_id, preferences.c.said, *(sa.null().label(c.name) for c in _CONSENT))
    return sa.union_all(
        answers if of_consents is None else answers.where(of_consents),
        wishes if of_preferences is None else wishes.where(of_preferences),
    )


class SqlPeopleStore:
    """A PeopleStore in a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._insert = sqlite.insert if self._is_sqlite else postgresql.insert
        of_some = [one_of(engine.dialect, of.c.shopper_id, sa.bindparam("names")) for of in (consents, preferences)]
        self._of_some = Ready(engine, _all_said(*of_some))

    def add(self, consents_: Sequence[Consent]) -> list[bool]:
        """Add answers, all or none; return for each whether it is new."""
        own = consents.c.consent_id
        insert = self._insert(consents).on_conflict_do_nothing(index_elements=[own]).returning(own)
        with self._alone() as connection:
            return [connection.scalar(insert, _row_of(one)) is not None for one in consents_]

    def said(self, shopper_ids: Collection[str]) -> Mapping[str, Said]:
        """Return what those of them said who said anything."""
        names = [name for name in dict.fromkeys(shopper_ids) if NUL not in name]
        found = _told(self._of_some.rows({"names": json.dumps(names)}))
        if odd := [name for name in shopper_ids if NUL in name]:
            asked = _all_said(consents.c.shopper_id.in_(odd), preferences.c.shopper_id.in_(odd))
            with self._engine.connect() as connection:
                found |= _told(connection.execute(asked).all())
        return found

    def everybody(self) -> Mapping[str, Said]:
        """Return what everybody said who said anything."""
        with self._engine.connect() as connection:
            return _told(connection.execute(_all_said()).all())

    def newest(self) -> int:
        """Return a number that grows with each answer."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(consents.c.number))) or 0

    def change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace what a person prefers by what is made of it, and return that; nobody else changes it meanwhile."""
        own = sa.select(preferences.c.said).where(preferences.c.shopper_id == shopper_id)
        with self._alone() as connection:
            before = connection.scalar(own)
            new = change(Preferences() if before is None else _PREFERENCES.validate_json(before))
            said = _PREFERENCES.dump_json(new, exclude_defaults=True).decode()
            insert = self._insert(preferences).values(shopper_id=shopper_id, said=said)
            connection.execute(insert.on_conflict_do_update(index_elements=["shopper_id"], set_={"said": said}))
        return new

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """Keep others from writing meanwhile; PostgreSQL locks no row that is not there yet."""
        lock = "BEGIN IMMEDIATE" if self._is_sqlite else "LOCK TABLE consents, preferences IN SHARE ROW EXCLUSIVE MODE"
        with self._engine.begin() as connection:
            connection.exec_driver_sql(lock)
            yield connection


def _row_of(one: Consent) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(one, name) for name in _NAMED}
    return row | {"purpose": one.purpose.value, "at": to_us(one.at), "received_at": to_us(one.received_at)}


def _told(rows: Iterable[Sequence[Any]]) -> dict[str, Said]:
    answers, wishes = dict[str, list[tuple[int, Consent]]](), dict[str, Preferences]()
    for shopper_id, said, *consent in rows:
        if said is not None:
            wishes[shopper_id] = _PREFERENCES.validate_json(said)
            continue
        number, consent_id, purpose, granted, policy, at, received_at, source, proof = consent
        one = Consent(
            consent_id=consent_id,
            shopper_id=shopper_id,
            purpose=Purpose(purpose),
            granted=bool(granted),
            policy=policy,
            at=from_us(at),
            received_at=from_us(received_at),
            source=source,
            proof=proof,
        )
        answers.setdefault(shopper_id, []).append((number, one))
    return {
        name: Said([one for _, one in sorted(answers.get(name, []), key=_number)], wishes.get(name, Preferences()))
        for name in dict.fromkeys([*answers, *wishes])
    }


def _number(numbered: tuple[int, Consent]) -> int:
    return numbered[0]
