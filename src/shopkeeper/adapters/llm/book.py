"""Answers that were paid for, and what was spent, in one small SQLite file that several processes may share."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from shopkeeper.kit.errors import IncompatibleVersion
from shopkeeper.tagging.budget import Budget, Spent
from shopkeeper.tagging.teacher import Reply

_VERSION = 1
_TABLES = """
CREATE TABLE answers (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE spent (month TEXT PRIMARY KEY, tokens INTEGER NOT NULL, micro_minor INTEGER NOT NULL) WITHOUT ROWID;
"""


class Book:
    """Each change is one transaction: it is there or not, whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as sql:
            (version,) = sql.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise IncompatibleVersion(
                    f"{path} was written by another version: remove it, and answers are asked anew."
                )
            if not version:
                for statement in filter(str.strip, _TABLES.split(";")):
                    sql.execute(statement)
                sql.execute(f"PRAGMA user_version = {_VERSION}")

    def answer(self, key: str) -> Reply | None:
        """Return an answer that is kept, None if there is none."""
        with closing(self._open()) as sql:
            row = sql.execute("SELECT reply FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else Reply(**json.loads(row[0]))

    def keep(self, key: str, reply: Reply) -> None:
        """Keep an answer."""
        with self._writing() as sql:
            sql.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(asdict(reply))))

    def spent(self, at: datetime) -> Spent:
        """Return what was spent in the month of a time, what may still turn out cheaper included."""
        with closing(self._open()) as sql:
            return _spent(sql, f"{at:%Y-%m}")

    def reserve(self, at: datetime, most: Spent, budget: Budget) -> bool:
        """Note the most that something can cost as spent; nothing, and False, where that is more than is left."""
        month = f"{at:%Y-%m}"
        with self._writing() as sql:
            total = _spent(sql, month) + most
            if not budget.allows(total):
                return False
            sql.execute("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", (month, total.tokens, total.micro_minor))
        return True

    def settle(self, at: datetime, reserved: Spent, cost: Spent) -> None:
        """Note what something did cost instead of what was reserved for it at that time."""
        month = f"{at:%Y-%m}"
        with self._writing() as sql:
            total = _spent(sql, month) + -reserved + cost
            sql.execute("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", (month, total.tokens, total.micro_minor))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as sql:
            sql.execute("BEGIN IMMEDIATE")
            yield sql
            sql.execute("COMMIT")


def _spent(sql: sqlite3.Connection, month: str) -> Spent:
    row = sql.execute("SELECT tokens, micro_minor FROM spent WHERE month = ?", (month,)).fetchone()
    return Spent(*row) if row else Spent()
