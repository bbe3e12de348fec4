"""Coupons as rows, and back."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from shopkeeper.adapters.sql import coupon_tables as tables
from shopkeeper.adapters.sql.ready import of_json
from shopkeeper.data.coupon import Budget, Coupon, Decision, Entry
from shopkeeper.kit.clock import from_us, to_us

Row = tuple[Any, ...]
BUDGET, COUPON, ENTRY = (
    tuple(column.name for column in table.c if column.name != "number")  # which the database gives
    for table in (tables.budgets, tables.coupons, tables.ledger)
)
_budget, _coupon, _entry = (attrgetter(*names) for names in (BUDGET, COUPON, ENTRY))


def budget_of(row: Sequence[Any]) -> Budget:
    """Return what is left, of its columns in their order."""
    return Budget(**dict(zip(BUDGET, row, strict=True)))


def row_of_budget(budget: Budget) -> Row:
    """Return what is left, as `BUDGET` names it."""
    return _row(_budget(budget))


def coupon_of(row: Sequence[Any]) -> Coupon:
    """Return the coupon of a row."""
    told = dict(zip(COUPON, row, strict=True))
    return Coupon(**told | {"at": from_us(told["at"]), "expires_at": from_us(told["expires_at"])})


def row_of_coupon(coupon: Coupon) -> Row:
    """Return a coupon, as `COUPON` names it."""
    return _row(_coupon(coupon))


def entry_of(row: Any) -> Entry:
    """Return the entry of a row."""
    told: dict[str, Any] = row._asdict()
    return Entry(**told | {"at": from_us(told["at"])})


def row_of_entry(entry: Entry) -> Row:
    """Return a new entry, as `ENTRY` names it."""
    return _row(_entry(entry))


def decision_of(row: Any) -> Decision:
    """Return the decision of a row."""
    told: dict[str, Any] = row._asdict()
    del told["number"]
    return Decision(**told | {"at": from_us(told["at"]), "allowed": tuple(of_json(told["allowed"]))})


def row_of_decision(decision: Decision) -> dict[str, Any]:
    """Return a row of a decision."""
    return {field.name: getattr(decision, field.name) for field in fields(decision)} | {"at": to_us(decision.at)}


def _row(values: Row) -> Row:
    return tuple([to_us(value) if isinstance(value, datetime) else value for value in values])
