"""The tables of coupons, as the newest migration leaves them. No code is in any of them."""

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import ID, NUMBER, metadata

budgets = sa.Table(
    "coupon_budgets",
    metadata,
    sa.Column("campaign_id", ID, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # the newest of the campaign
    sa.Column("budget_minor", sa.BigInteger, nullable=False),
    sa.Column("reserved_minor", sa.BigInteger, nullable=False),
    sa.Column("spent_minor", sa.BigInteger, nullable=False),
    sa.Column("issued", sa.BigInteger, nullable=False),
    sa.Column("reserved", sa.BigInteger, nullable=False),
    sa.Column("redeemed", sa.BigInteger, nullable=False),
    # Whatever the program does, the database lets no budget be overspent.
    sa.CheckConstraint(
        "reserved_minor >= 0 AND spent_minor >= 0 AND reserved_minor + spent_minor <= budget_minor",
        name="coupon_budgets_kept",
    ),
)

campaigns = sa.Table(
    "coupon_campaigns",
    metadata,
    sa.Column("campaign_id", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("terms", sa.Text, nullable=False),  # JSON
)

coupons = sa.Table(
    "coupons",
    metadata,
    sa.Column("coupon_id", ID, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),  # HMAC of the code
    sa.Column("campaign_id", ID, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("offer_id", sa.Text, nullable=False),
    sa.Column("shopper_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("decision_id", ID, unique=True),
    sa.Index("coupons_by_end", "state", "expires_at"),
    sa.Index("coupons_by_campaign", "campaign_id"),
)

orders = sa.Table(
    "coupon_orders",
    metadata,
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("reserved_until", sa.BigInteger, index=True),
    sa.Column("told", sa.Text, nullable=False),  # JSON
)

uses = sa.Table(
    "coupon_uses",
    metadata,
    sa.Column("campaign_id", ID, primary_key=True),
    sa.Column("shopper_id", ID, primary_key=True),
    sa.Column("orders", sa.Integer, nullable=False),
)

ledger = sa.Table(
    "coupon_ledger",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("coupon_id", ID, nullable=False),
    sa.Column("campaign_id", ID, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("offer_id", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("reserved_minor", sa.BigInteger, nullable=False),
    sa.Column("spent_minor", sa.BigInteger, nullable=False),
    sa.Column("goods_minor", sa.BigInteger, nullable=False),
    sa.Column("cost_minor", sa.BigInteger),
    sa.Index("coupon_ledger_by_campaign", "campaign_id", "number"),
    sa.Index("coupon_ledger_by_coupon", "coupon_id", "number"),
)

answers = sa.Table(
    "coupon_answers",
    metadata,
    sa.Column("key", ID, primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("seed", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)

decisions = sa.Table(
    "coupon_decisions",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("decision_id", ID, nullable=False, unique=True),
    sa.Column("campaign_id", ID, nullable=False),
    sa.Column("shopper_id", ID, nullable=False),
    sa.Column("offer_id", sa.Text),
    sa.Column("arm", sa.Text, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("allowed", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("version", sa.Text, nullable=False, server_default=""),
    sa.Column("expected_minor", sa.Double, nullable=False, server_default="0"),
    sa.Index("coupon_decisions_by_campaign", "campaign_id", "number"),
)
