"""Bring a database to the newest tables, all the way or not at all."""

from pathlib import Path

import sqlalchemy as sa

from shopkeeper.adapters.sql.tables import about
from shopkeeper.kit.errors import IncompatibleVersion

FOLDER = Path(__file__).with_name("migrations")
_VERSION = sa.table("alembic_version", sa.column("version_num"))
"""Alembic's own, of one row."""


def upgrade(connection: sa.Connection, folder: Path) -> None:
    """Run the migrations that are missing, inside the transaction that is open; tables of a newer one are refused."""
    if sa.inspect(connection).has_table(_VERSION.name) and connection.scalar(sa.select(_VERSION.c.version_num)) == max(
        path.stem.removeprefix("revision_") for path in folder.glob("revision_*.py")
    ):
        return
    # Only now: to load it takes a tenth of the time in which a shop opens.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(folder, version_locations=[folder])
    context = MigrationContext.configure(connection)
    current = context.get_current_revision() or _of_old(connection)
    head = scripts.get_current_head()
    if current == head:
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise IncompatibleVersion(
            f"its tables are of version {current}, and this Shopkeeper uses {head}: "
            "use the Shopkeeper that made it, or leave it be and import again into a new one."
        )
    for script in reversed(list(scripts.iterate_revisions("head", current or "base"))):
        # Not alembic.op, which all threads share: two shops may be opened at once.
        script.module.upgrade(Operations(context))
    context.stamp(scripts, "head")


def _of_old(connection: sa.Connection) -> str | None:
    """Return the version of a database from before there were migrations, None of an empty one."""
    if not sa.inspect(connection).has_table(about.name):
        return None
    version = connection.scalar(sa.select(about.c.version))
    return None if version is None else f"{version:04}"
