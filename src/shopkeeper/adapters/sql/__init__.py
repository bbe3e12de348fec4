"""The live state of a shop in a SQL database: SQLite by default."""

from shopkeeper.adapters.sql.catalog import SqlCatalogStore
from shopkeeper.adapters.sql.coupons import SqlCouponStore
from shopkeeper.adapters.sql.engine import open_engine
from shopkeeper.adapters.sql.erasing import SqlEventPlace, leave_no_trace, merge_place, said_places
from shopkeeper.adapters.sql.erasing_coupons import SqlCouponPlace
from shopkeeper.adapters.sql.erasures import SqlErasures
from shopkeeper.adapters.sql.events import SqlEventStore
from shopkeeper.adapters.sql.explorations import SqlExplorationLog
from shopkeeper.adapters.sql.keys import SqlKeyStore
from shopkeeper.adapters.sql.merges import SqlMergeStore
from shopkeeper.adapters.sql.people import SqlPeopleStore
from shopkeeper.adapters.sql.quarantine import SqlQuarantinePlace, SqlQuarantineStore
from shopkeeper.adapters.sql.tags import SqlTagStore

__all__ = [
    "SqlCatalogStore",
    "SqlCouponPlace",
    "SqlCouponStore",
    "SqlErasures",
    "SqlEventPlace",
    "SqlEventStore",
    "SqlExplorationLog",
    "SqlKeyStore",
    "SqlMergeStore",
    "SqlPeopleStore",
    "SqlQuarantinePlace",
    "SqlQuarantineStore",
    "SqlTagStore",
    "leave_no_trace",
    "merge_place",
    "open_engine",
    "said_places",
]
