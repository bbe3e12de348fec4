"""What can be said of a product: attributes, stock, when it is available, variants; and which changed last."""

import sqlalchemy as sa
from alembic.operations import Operations

revision, down_revision = "0002", "0001"


def upgrade(op: Operations) -> None:
    """Add the columns, of which what is there says nothing, and count what is there as changed."""
    for column in (
        sa.Column("attributes", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("available_from", sa.BigInteger),
        sa.Column("available_until", sa.BigInteger),
        sa.Column("stock", sa.Integer),
        sa.Column("variants", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("created_at", sa.BigInteger),
    ):
        op.add_column("products", column)
    op.create_table(
        "catalog_changes",
        sa.Column("item_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_index("catalog_changes_by_number", "catalog_changes", ["number"])
    op.execute("INSERT INTO catalog_changes SELECT item_id, row_number() OVER (ORDER BY item_id) FROM products")
    # Nothing but versions from before there were migrations reads this: they must not go on.
    op.execute("UPDATE shopkeeper SET version = 2")
