"""Who asked to be erased; and decisions about coupons can be removed once nobody is named in them."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0010", "0009"

_COLUMNS = (
    *("number", "decision_id", "campaign_id", "offer_id", "arm", "probability", "at", "allowed", "version"),
    "expected_minor",
)


def upgrade(op: Operations) -> None:
    """Make the table, and let decisions go in two steps: without the person, then whole."""
    op.create_table(
        "erasures",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column(
            "erasure_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False, unique=True
        ),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("people", sa.Text),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("n_buried", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_erasures_done_at", "erasures", ["done_at"])
    if op.get_bind().dialect.name == "sqlite":
        new, old = (", ".join(f'{which}."{name}"' for name in _COLUMNS) for which in ("NEW", "OLD"))
        for what, unless in (
            ("UPDATE", f"NEW.shopper_id IS 'erased:' AND ({new}) IS ({old})"),
            ("DELETE", "OLD.shopper_id IS 'erased:'"),
        ):
            name = f"coupon_decisions_no_{what.lower()}"
            op.execute(f"DROP TRIGGER {name}")
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {what} ON coupon_decisions WHEN NOT ({unless}) "
                "BEGIN SELECT RAISE(ABORT, 'coupon_decisions is only added to'); END"
            )
        return
    same = " AND ".join(f'NEW."{name}"::text IS NOT DISTINCT FROM OLD."{name}"::text' for name in _COLUMNS)
    op.execute(
        "CREATE OR REPLACE FUNCTION coupon_decisions_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND NEW.shopper_id = 'erased:' AND {same} THEN RETURN NEW; END IF; "
        "IF TG_OP = 'DELETE' AND OLD.shopper_id = 'erased:' THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'coupon_decisions is only added to'; END $$"
    )
