"""The keys of an installation."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0004", "0003"


def upgrade(op: Operations) -> None:
    """Make their table."""
    op.create_table(
        "keys",
        sa.Column("key_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("origins", sa.JSON, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
