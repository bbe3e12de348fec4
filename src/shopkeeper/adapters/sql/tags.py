"""Tags, what counts of them, and decisions about them, in SQL tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.adapters.sql.catalog import applied_of, note_changes
from shopkeeper.adapters.sql.tables import products
from shopkeeper.adapters.sql.tag_tables import product_tags, tag_readers, tag_reviews, tagged
from shopkeeper.data.applied import NOTHING, Applied
from shopkeeper.data.catalog import Attribute
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import Band, Tag, TagSource
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.ports import Tagged

_AT_ONCE = 500
_ATTRIBUTES = TypeAdapter(dict[str, Attribute])


class SqlTagStore:
    """A TagStore in the database of the catalogue."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

    def tell(self, told: Sequence[Tagged]) -> None:
        """Store what is said of products instead of what was before; whose applied tags changed, changed for lists."""
        newest = {one.item_id: one for one in told}
        with self._alone() as connection:
            for part in _parts(list(newest)):
                before = {row.item_id: applied_of(row) for row in _rows(connection, tagged, part)}
                for table in (tagged, product_tags):
                    connection.execute(sa.delete(table).where(table.c.item_id.in_(part)))
                connection.execute(sa.insert(tagged), [_to_row(newest[item_id]) for item_id in part])
                if rows := [_tag_row(item_id, tag) for item_id in part for tag in newest[item_id].tags]:
                    connection.execute(sa.insert(product_tags), rows)
                changed = [one for one in part if before.get(one, NOTHING) != newest[one].applied]
                known = connection.scalars(sa.select(products.c.item_id).where(products.c.item_id.in_(changed)))
                note_changes(connection, known.all())

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """Keep out other writers of the catalogue, whose changes are numbered too."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        lock = "BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE catalog_changes IN SHARE ROW EXCLUSIVE MODE"
        with self._engine.begin() as connection:
            connection.exec_driver_sql(lock)
            yield connection

    def told(self, item_ids: Sequence[str]) -> dict[str, Tagged]:
        """Return what is said of those products of which anything is."""
        found: dict[str, Tagged] = {}
        with self._engine.connect() as connection:
            for part in _parts(item_ids):
                tags: dict[str, list[Tag]] = {}
                for row in _rows(connection, product_tags, part, product_tags.c.name, product_tags.c.value):
                    tags.setdefault(row.item_id, []).append(_tag_of(row))
                found |= {
                    row.item_id: Tagged(row.item_id, row.digest, tuple(tags.get(row.item_id, ())), applied_of(row))
                    for row in _rows(connection, tagged, part)
                }
        return found

    def to_review(self, limit: int = 10_000) -> list[tuple[str, Tag]]:
        """Return the tags of products that a person shall look at, the least sure first, and who they are about."""
        own, done = product_tags.c, tag_reviews.c
        decided = sa.exists().where(
            done.item_id == own.item_id,
            done.name == own.name,
            sa.or_(done.action != Action.SKIP.value, done.said == own.value),
        )
        known = sa.exists().where(products.c.item_id == own.item_id)
        asked = sa.select(product_tags).where(own.band == Band.REVIEW.value, known, ~decided)
        ordered = asked.order_by(own.confidence, own.item_id, own.name, own.value).limit(limit)
        with self._engine.connect() as connection:
            return [(row.item_id, _tag_of(row)) for row in connection.execute(ordered)]

    def add(self, reviews: Sequence[Review]) -> list[bool]:
        """Add decisions, all or none; return for each whether it is new."""
        own = tag_reviews.c.review_id
        insert = self._insert(tag_reviews).on_conflict_do_nothing(index_elements=[own]).returning(own)
        with self._alone() as connection:
            return [connection.scalar(insert, _review_row(review)) is not None for review in reviews]

    def reviews(self, since: int = 0, *, limit: int = 1_000_000) -> tuple[list[Review], int]:
        """Return the first decisions after a number, in their order, and the number of the last."""
        newer = sa.select(tag_reviews).where(tag_reviews.c.number > since)
        with self._engine.connect() as connection:
            rows = connection.execute(newer.order_by(tag_reviews.c.number).limit(limit)).all()
        return [_review_of(row) for row in rows], rows[-1].number if rows else since

    def decided(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the newest decision about each name of products, what was skipped left out."""
        return self._newest(item_ids, (Action.ACCEPT, Action.FIX))

    def newest(self, item_ids: Sequence[str]) -> dict[str, dict[str, Review]]:
        """Return the same with what was skipped."""
        return self._newest(item_ids, tuple(Action))

    def _newest(self, item_ids: Sequence[str], actions: Sequence[Action]) -> dict[str, dict[str, Review]]:
        found: dict[str, dict[str, Review]] = {}
        with self._engine.connect() as connection:
            for part in _parts(item_ids):
                for row in _rows(connection, tag_reviews, part, tag_reviews.c.number):
                    if row.action in actions:
                        found.setdefault(row.item_id, {})[row.name] = _review_of(row)
        return found

    def recent(self, n: int) -> list[Review]:
        """Return the newest n decisions about what had been said, the oldest first, what was skipped left out."""
        judged = sa.select(tag_reviews).where(tag_reviews.c.said != "", tag_reviews.c.action != Action.SKIP.value)
        with self._engine.connect() as connection:
            rows = connection.execute(judged.order_by(tag_reviews.c.number.desc()).limit(n)).all()
        return [_review_of(row) for row in reversed(rows)]

    def read_up_to(self, reader: str) -> int:
        """Return the number of the last change of the catalogue that somebody has read; 0: none."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(tag_readers.c.number).where(tag_readers.c.reader == reader)) or 0

    def note_read(self, reader: str, number: int) -> None:
        """Note that somebody has read the changes up to a number."""
        insert = self._insert(tag_readers)
        upsert = insert.on_conflict_do_update(index_elements=["reader"], set_={"number": insert.excluded.number})
        with self._engine.begin() as connection:
            connection.execute(upsert, {"reader": reader, "number": number})


def _rows(
    connection: sa.Connection, table: sa.Table, item_ids: Sequence[str], *order: sa.ColumnElement[Any]
) -> sa.CursorResult[Any]:
    return connection.execute(sa.select(table).where(table.c.item_id.in_(item_ids)).order_by(*order))


def _parts(item_ids: Iterable[str]) -> Iterator[Sequence[str]]:
    ids = list(item_ids)
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _to_row(told: Tagged) -> Mapping[str, object]:
    applied: Applied = told.applied
    return {
        "item_id": told.item_id,
        "digest": told.digest,
        "categories": list(applied.categories),
        "brand": applied.brand,
        "tags": list(applied.tags),
        "attributes": _ATTRIBUTES.dump_python(dict(applied.attributes), mode="json"),
    }


def _tag_row(item_id: str, tag: Tag) -> Mapping[str, object]:
    return {
        "item_id": item_id,
        "name": tag.name,
        "value": tag.value,
        "source": tag.source.value,
        "version": tag.version,
        "confidence": tag.confidence,
        "band": tag.band.value,
    }


def _tag_of(row: sa.Row[Any]) -> Tag:
    return Tag(row.name, row.value, row.confidence, TagSource(row.source), row.version, Band(row.band))


def _review_row(review: Review) -> Mapping[str, object]:
    return {
        "review_id": review.review_id,
        "item_id": review.item_id,
        "name": review.name,
        "action": review.action.value,
        "value": review.value,
        "by": review.by,
        "at": to_us(review.at),
        "said": review.said,
        "source": review.source.value if review.source else None,
        "version": review.version,
        "confidence": review.confidence,
    }


def _review_of(row: sa.Row[Any]) -> Review:
    source = TagSource(row.source) if row.source else None
    return Review(
        review_id=row.review_id,
        item_id=row.item_id,
        name=row.name,
        action=Action(row.action),
        value=row.value,
        by=row.by,
        at=from_us(row.at),
        said=row.said,
        source=source,
        version=row.version,
        confidence=row.confidence,
    )
