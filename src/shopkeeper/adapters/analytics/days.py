"""The shop's own calendar: in which of its days a moment lies, and in which of its weeks and months a day."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shopkeeper.data.insights import Days, Period
from shopkeeper.kit.clock import from_us, to_us

EPOCH = date(1970, 1, 1)
_DAY_US = 86_400_000_000
_EVER = (-1_000_000, 4_000_000)
"""In days since 1970."""

PERIOD_SQL: Mapping[Period, str] = {
    "day": "day",
    # The first of January 1970 was a Thursday; weeks begin on Monday.
    "week": "CAST(floor((day + 3) / 7) AS INTEGER)",
    "month": "CAST(date_diff('month', DATE '1970-01-01', DATE '1970-01-01' + day) AS INTEGER)",
}
"""SQL of the number of the period that a day, since 1970, lies in."""


def start_of(every: Period, number: int) -> date:
    """Return the first day of a period."""
    if every == "month":
        return date(1970 + number // 12, number % 12 + 1, 1)
    return EPOCH + timedelta(number if every == "day" else number * 7 - 3)


def bounds(days: Days) -> tuple[int, int]:
    """Return the first and the last day, since 1970."""
    first, last = _EVER
    return (
        first if days.since is None else (days.since - EPOCH).days,
        last if days.until is None else (days.until - EPOCH).days,
    )


def day_sql(zone: ZoneInfo, first_us: int, last_us: int) -> str:
    """Return SQL of the day that a moment `t` (microseconds since 1970 UTC) between two others has in a time zone."""
    *earlier, last = _offsets(zone, first_us, last_us)
    cases = "".join(f"WHEN t < {until} THEN {offset} " for until, offset in earlier)
    offset = f"CASE {cases}ELSE {last[1]} END" if earlier else str(last[1])
    return f"CAST(floor((t + {offset}) / {_DAY_US}) AS INTEGER)"


def _offsets(zone: ZoneInfo, first_us: int, last_us: int) -> Iterator[tuple[int, int]]:
    """Return until when which offset from UTC holds, both in microseconds."""
    low, offset = first_us, _offset(zone, first_us)
    while low < last_us:
        high = min(low + _DAY_US, last_us)
        if (new := _offset(zone, high)) != offset:
            changed = high
            while changed - low > 1:
                middle = (low + changed) // 2
                low, changed = (middle, changed) if _offset(zone, middle) == offset else (low, middle)
            yield changed, offset
            offset = new
        low = high
    yield last_us + 1, offset


def _offset(zone: ZoneInfo, at_us: int) -> int:
    local = from_us(at_us).astimezone(zone)
    return to_us(datetime.combine(local.date(), local.time(), from_us(0).tzinfo)) - at_us
