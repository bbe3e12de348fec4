"""The columns of an event on disk, and what makes two events the same."""

from hashlib import md5
from itertools import product
from string import ascii_uppercase

from shopkeeper.kit.money import minor_digits

COLUMNS = {
    "event_id": "VARCHAR",
    "type": "TINYINT",
    "at": "BIGINT",
    "visitor_id": "VARCHAR",
    "user_id": "VARCHAR",
    "item_id": "VARCHAR",
    "quantity": "INTEGER",
    "price_minor": "BIGINT",
    "currency": "VARCHAR",
    "rating": "FLOAT",
    "session_id": "VARCHAR",
    "order_id": "VARCHAR",
    "query": "VARCHAR",
    "recommendation_id": "VARCHAR",
    "n_results": "INTEGER",
}
"""Column -> DuckDB type; `at` is microseconds since 1970 UTC, `event_id` is NULL where it is the MD5 of the rest."""

LATER = "n_results"
"""A column that segments of the first versions do not have."""

FIELDS = (*(name for name in COLUMNS if name != "price_minor"), "price")
"""What a preset or `--map` may fill; `price` is a decimal amount, stored as price_minor."""

NO_CURRENCY = "XXX"
"""ISO 4217's own code for amounts of which nobody said the currency."""

SHOPPER = "coalesce(user_id, visitor_id)"

# A changed canonical text would change the id of every event imported before: never edit, see decision 4.
_SAYS = [column for column in COLUMNS if column not in ("event_id", "recommendation_id", LATER)]
CANONICAL = "concat(" + ", chr(31), ".join(f'CAST("{column}" AS VARCHAR)' for column in _SAYS) + ")"

EVENT_ID = f"coalesce(event_id, md5({CANONICAL}))"
"""SQL of the id of a stored row."""

# DuckDB cannot ask kit.money, so it is told every code whose minor unit is not a hundredth.
_DIGITS = {
    code: digits for code in map("".join, product(ascii_uppercase, repeat=3)) if (digits := minor_digits(code)) != 2
}


def minor_sql(price: str, currency: str) -> str:
    """Return SQL that turns a decimal text of major units into minor units, half to even; NULL if it is no number."""
    by_digits = "".join(f"WHEN '{code}' THEN {10**digits} " for code, digits in _DIGITS.items())
    return (
        f"CAST(round_even(TRY_CAST({price} AS DECIMAL(18, 6)) * CASE {currency} {by_digits}ELSE 100 END, 0) AS BIGINT)"
    )


HALVES = "CAST(key >> 64 AS UBIGINT) AS high, CAST(key & 18446744073709551615::UHUGEINT AS UBIGINT) AS low"
"""SQL of the halves of a key, as `key_of` gives them."""


def key_of(event_id: str) -> tuple[int, int]:
    """Return the 128-bit key of an id as two halves, as DuckDB's `md5_number` makes it."""
    number = int.from_bytes(md5(event_id.encode(), usedforsecurity=False).digest(), "little")
    return number >> 64, number & (1 << 64) - 1
