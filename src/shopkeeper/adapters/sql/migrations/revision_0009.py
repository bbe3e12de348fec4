"""What people allow and prefer."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0009", "0008"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    """Make their tables."""
    op.create_table(
        "consents",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("consent_id", _ID, nullable=False, unique=True),
        sa.Column("shopper_id", _ID, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("shopper_id", _ID, primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("consents_by_shopper", "consents", ["shopper_id", "number"])
