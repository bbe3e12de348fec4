"""Campaigns, their coupons, and the ledger of both."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0006", "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Make their tables."""
    op.create_table(
        "coupon_budgets",
        sa.Column("campaign_id", _ID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("budget_minor", sa.BigInteger, nullable=False),
        sa.Column("reserved_minor", sa.BigInteger, nullable=False),
        sa.Column("spent_minor", sa.BigInteger, nullable=False),
        sa.Column("issued", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("redeemed", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "reserved_minor >= 0 AND spent_minor >= 0 AND reserved_minor + spent_minor <= budget_minor",
            name="coupon_budgets_kept",
        ),
    )
    op.create_table(
        "coupon_campaigns",
        sa.Column("campaign_id", _ID, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("terms", sa.Text, nullable=False),
    )
    op.create_table(
        "coupons",
        sa.Column("coupon_id", _ID, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("offer_id", sa.Text, nullable=False),
        sa.Column("shopper_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("decision_id", _ID, unique=True),
    )
    op.create_table(
        "coupon_orders",
        sa.Column("order_id", _ID, primary_key=True),
        sa.Column("reserved_until", sa.BigInteger),
        sa.Column("told", sa.Text, nullable=False),
    )
    op.create_table(
        "coupon_uses",
        sa.Column("campaign_id", _ID, primary_key=True),
        sa.Column("shopper_id", _ID, primary_key=True),
        sa.Column("orders", sa.Integer, nullable=False),
    )
    op.create_table(
        "coupon_ledger",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("coupon_id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("offer_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("reserved_minor", sa.BigInteger, nullable=False),
        sa.Column("spent_minor", sa.BigInteger, nullable=False),
        sa.Column("goods_minor", sa.BigInteger, nullable=False),
        sa.Column("cost_minor", sa.BigInteger),
    )
    op.create_table(
        "coupon_answers",
        sa.Column("key", _ID, primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("seed", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "coupon_decisions",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("decision_id", _ID, nullable=False, unique=True),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("shopper_id", _ID, nullable=False),
        sa.Column("offer_id", sa.Text),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("coupons_by_end", "coupons", ["state", "expires_at"])
    op.create_index("coupons_by_campaign", "coupons", ["campaign_id"])
    op.create_index("ix_coupon_orders_reserved_until", "coupon_orders", ["reserved_until"])
    op.create_index("coupon_ledger_by_campaign", "coupon_ledger", ["campaign_id", "number"])
    op.create_index("coupon_ledger_by_coupon", "coupon_ledger", ["coupon_id", "number"])
    op.create_index("ix_coupon_answers_at", "coupon_answers", ["at"])
    op.create_index("coupon_decisions_by_campaign", "coupon_decisions", ["campaign_id", "number"])
    for table in ("coupon_ledger", "coupon_decisions"):
        _never_changed(op, table)


def _never_changed(op: Operations, table: str) -> None:
    """Have the database refuse to change or remove what was written."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is only added to'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
    )
