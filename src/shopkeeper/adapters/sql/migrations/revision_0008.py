"""What a decision about a coupon was made of."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0008", "0007"


def upgrade(op: Operations) -> None:
    """Decisions tell who could have got what, by which version, and for how much."""
    for column in (
        sa.Column("allowed", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Column("expected_minor", sa.Double, nullable=False, server_default="0"),
    ):
        op.add_column("coupon_decisions", column)
