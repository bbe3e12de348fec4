"""Coupons as rows, and back."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from shopkeeper.adapters.sql import coupon_tables as tables
from shopkeeper.adapters.sql.ready import of_json
from shopkeeper.data.coupon import Budget, Coupon, Decision, Entry
from shopkeeper.kit.clock import from_us, to_us

Row = dict[str, Any]
_BUDGET = tuple(column.name for column in tables.budgets.c)


def budget_of(row: Sequence[Any]) -> Budget:
    """Return what is left, of its columns in their order."""
    return Budget(**dict(zip(_BUDGET, row, strict=True)))


def row_of_budget(budget: Budget) -> Row:
    """Return a row of what is left."""
    return {name: getattr(budget, name) for name in _BUDGET}


def coupon_of(row: Any) -> Coupon:
    """Return the coupon of a row."""
    told: Row = row._asdict()
    return Coupon(**told | {"at": from_us(told["at"]), "expires_at": from_us(told["expires_at"])})


def row_of_coupon(coupon: Coupon) -> Row:
    """Return a row of a coupon."""
    return _row(coupon) | {"at": to_us(coupon.at), "expires_at": to_us(coupon.expires_at)}


def entry_of(row: Any) -> Entry:
    """Return the entry of a row."""
    told: Row = row._asdict()
    return Entry(**told | {"at": from_us(told["at"])})


def row_of_entry(entry: Entry) -> Row:
    """Return a row of a new entry, which the database numbers."""
    row = _row(entry) | {"at": to_us(entry.at)}
    del row["number"]
    return row


def decision_of(row: Any) -> Decision:
    """Return the decision of a row."""
    told: Row = row._asdict()
    del told["number"]
    return Decision(**told | {"at": from_us(told["at"]), "allowed": tuple(of_json(told["allowed"]))})


def row_of_decision(decision: Decision) -> Row:
    """Return a row of a decision."""
    return _row(decision) | {"at": to_us(decision.at)}


def _row(one: Coupon | Entry | Decision) -> Row:
    return {field.name: getattr(one, field.name) for field in fields(one)}
