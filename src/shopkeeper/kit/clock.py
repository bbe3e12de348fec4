"""The only source of the current time; everywhere else it is passed in."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time as an aware UTC datetime."""
    return datetime.now(UTC)


def to_us(at: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC; a time without a zone is an error."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_us(at_us: int) -> datetime:
    """Return the aware UTC datetime of microseconds since 1970-01-01."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).replace(microsecond=at_us % 1_000_000)
