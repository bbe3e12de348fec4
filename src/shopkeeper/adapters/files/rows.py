"""One file as rows of typed event columns, each with what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shopkeeper.adapters.files.columns import COLUMNS, FIELDS, NO_CURRENCY, minor_sql
from shopkeeper.adapters.files.presets import Preset
from shopkeeper.adapters.files.source import Source, quote
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us

_DAY_US = 86_400_000_000
_ITEMLESS = ", ".join(str(int(kind)) for kind in (EventType.SEARCH, EventType.PROMOTION))


@dataclass(frozen=True, slots=True)
class Rows:
    """A file under a preset; all that is left is to run the SQL."""

    source: Source
    preset: Preset

    @property
    def texts(self) -> Mapping[str, str]:
        """SQL of each field that the file holds, as text."""
        found = {wanted: self.preset.sql_of(wanted, self.source.columns) for wanted in FIELDS}
        texts = {wanted: sql for wanted, sql in found.items() if sql is not None}
        if "price" in texts:
            texts.setdefault("currency", quote(NO_CURRENCY))
        return texts

    @property
    def columns(self) -> list[str]:
        """The columns of COLUMNS that the rows have."""
        return [column for column in COLUMNS if {"price_minor": "price"}.get(column, column) in self.texts]

    def sql(self, rejects: str, now: datetime) -> str:
        """Return a SELECT of `columns`, `record_number` (of JSON, else NULL) and `problem` (NULL, or reason and raw).

        Broken lines go to the temporary table `rejects`; an event more than a day after `now` is a problem.
        """
        texts = ", ".join(f'{sql} AS "{field}"' for field, sql in self.texts.items())
        given = ", ".join(f'"{field}" AS "{field}_text"' for field in self.texts)
        typed = ", ".join(f'{_typed(column, self.preset)} AS "{column}"' for column in self.columns)
        chosen = ", ".join(f'"{column}"' for column in self.columns)
        others = "WHERE type IS NOT NULL OR type_text IS NULL" if self.preset.skips_others else ""
        return (
            f"SELECT {chosen}, record_number, CASE {self._problems(now)} END || chr(31) || raw AS problem FROM "
            f"(SELECT raw, record_number, broken, {given}, {typed} FROM "
            f"(SELECT _raw AS raw, _number AS record_number, _broken AS broken, {texts} "
            f"FROM {self._products(self.source.sql(rejects))})) {others}"
        )

    def _products(self, rows: str) -> str:
        if self.preset.products is None:
            return rows
        return (
            "(SELECT *, unnest(products) AS product, unnest(range(1, len(products) + 1)) AS product_place, "
            "len(products) AS products_n FROM (SELECT *, "
            f"coalesce(nullif({self.preset.products}, []), [NULL::JSON]) AS products FROM {rows}))"
        )

    def _problems(self, now: datetime) -> str:
        person = ", ".join(f'"{field}"' for field in ("user_id", "visitor_id") if field in self.columns)
        item = "item_id" if "item_id" in self.columns else "NULL"
        latest = to_us(now) + _DAY_US
        ids = [column for column in self.columns if column.endswith("_id")] if self.source.kind == "json" else []
        nested = {f"{column}[1] IN ('{{', '[') AND json_valid({column})": column for column in ids}
        problems = {
            "broken": "'not JSON'",
            **{test: f"'not an id: ' || {column}" for test, column in nested.items()},
            f"coalesce({person}) IS NULL": "'no user or visitor'",
            "type_text IS NULL": "'no type'",
            "type IS NULL": "'unknown type ' || type_text",
            f"{item} IS NULL AND type NOT IN ({_ITEMLESS})": "'no product'",
            "at_text IS NULL": "'no time'",
            '"at" IS NULL': "'not a time: ' || at_text",
            '"at" < 0': "'time before 1970: ' || at_text",
            f'"at" > {latest}': "'time in the future: ' || at_text",
            "quantity IS NULL OR quantity < 1": "'not a quantity: ' || quantity_text",
            "price_text IS NOT NULL AND coalesce(price_minor, -1) < 0": "'not a price: ' || price_text",
            "price_text IS NOT NULL AND NOT regexp_full_match(currency, '[A-Z]{3}')": (
                "'not a currency: ' || currency_text"
            ),
            "rating_text IS NOT NULL AND NOT coalesce(isfinite(rating), false)": "'not a rating: ' || rating_text",
            "n_results_text IS NOT NULL AND coalesce(n_results, -1) < 0": (
                "'not a number of results: ' || n_results_text"
            ),
        }
        optional = {"quantity": "quantity ", "price": "price_", "rating": "rating_", "n_results": "n_results_"}
        absent = tuple(start for field, start in optional.items() if field not in self.texts)
        there = {test: reason for test, reason in problems.items() if not test.startswith(absent)}
        return " ".join(f"WHEN {test} THEN {reason}" for test, reason in there.items())


def _typed(column: str, preset: Preset) -> str:
    words = " ".join(f"WHEN {quote(word)} THEN {int(kind)}" for word, kind in preset.words.items())
    return {
        "type": f"CAST(CASE lower(type) {words} END AS TINYINT)",
        "at": _microseconds('"at"', preset.time_formats),
        "quantity": "CASE WHEN quantity IS NULL THEN 1 "
        "WHEN TRY_CAST(quantity AS DOUBLE) = TRY_CAST(quantity AS INTEGER) THEN TRY_CAST(quantity AS INTEGER) END",
        "price_minor": minor_sql("price", "upper(currency)"),
        "currency": "CASE WHEN price IS NOT NULL THEN upper(currency) END",
        "rating": "TRY_CAST(rating AS FLOAT)",
        "n_results": "TRY_CAST(n_results AS INTEGER)",
    }.get(column, f'"{column}"')


def _microseconds(text: str, formats: tuple[str, ...]) -> str:
    """Return SQL that reads ISO 8601 (UTC if it names no zone), a day as 20141118, or Unix time in s, ms, us or ns."""
    number = f"TRY_CAST({text} AS BIGINT)"
    known = ", ".join(
        quote(form) for form in (*formats, "%Y-%m-%d %H", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")
    )
    return (
        f"coalesce(CASE WHEN {number} < 0 THEN -1 "
        f"WHEN {number} BETWEEN 19000101 AND 21001231 THEN epoch_us(try_strptime({text}, '%Y%m%d')) "
        f"WHEN {number} < 100000000000 THEN {number} * 1000000 WHEN {number} < 100000000000000 THEN {number} * 1000 "
        f"WHEN {number} < 100000000000000000 THEN {number} ELSE {number} // 1000 END, "
        f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)), epoch_us(try_strptime({text}, [{known}])))"
    )
