"""How products do, as it is told."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shopkeeper.data.insights import Days, PerformanceFigures
from shopkeeper.kit import rounding
from shopkeeper.services.insights.contract import PerformanceRequest, PerformanceRow


def days_before(days: Days) -> Days | None:
    """Return as many days before; None where there is no first or no last, or the calendar begins in them."""
    if days.since is None or days.until is None:
        return None
    length = days.until.toordinal() - days.since.toordinal() + 1
    if length >= days.since.toordinal():
        return None
    return Days(days.since - timedelta(length), days.since - timedelta(1))


def performance_rows(
    found: Sequence[PerformanceFigures],
    before: Mapping[str, PerformanceFigures],
    currency: str | None,
    request: PerformanceRequest,
) -> list[PerformanceRow]:
    """Return the rows of which anything is told, in the order that is asked for, with names for titles."""
    rows = [_row(one, before.get(one.name), currency) for one in found]
    told = [row for row in rows if any(value is not None for value in (row.viewers, row.carts, row.buyers))]
    told.sort(key=lambda row: row.name)
    told.sort(key=lambda row: _rank(row, request), reverse=not request.ascending)
    return told


def _rank(row: PerformanceRow, request: PerformanceRequest) -> tuple[bool, float]:
    """Of figures as they are told, so that the order tells nothing more; what is not told comes last."""
    name = "money_minor" if request.sort == "money" else request.sort
    value: float | None = getattr(row, name)
    return ((value is None) == request.ascending, value or 0)


def _row(now: PerformanceFigures, before: PerformanceFigures | None, currency: str | None) -> PerformanceRow:
    viewers, buyers, money = _told(now, currency)
    earlier = (None, None, None) if before is None else _told(before, currency)
    changes = [_change(*pair) for pair in zip((viewers, buyers, money), earlier, strict=True)]
    return PerformanceRow(
        name=now.name,
        title=now.name,
        views=rounding.total(now.viewed.times, now.viewed.people),
        viewers=viewers,
        carts=rounding.total(now.carted.times, now.carted.people),
        purchases=rounding.total(now.bought.times, now.bought.people),
        buyers=buyers,
        conversion=rounding.share(rounding.people(now.through), viewers),
        money_minor=money,
        viewers_change=changes[0],
        buyers_change=changes[1],
        money_change=changes[2],
    )


def _told(figures: PerformanceFigures, currency: str | None) -> tuple[int | None, int | None, int | None]:
    bought = figures.bought
    money = rounding.total(bought.minor, bought.people) if currency else None
    return rounding.people(figures.viewed.people), rounding.people(bought.people), money


def _change(now: int | None, before: int | None) -> float | None:
    return None if now is None or before is None or before <= 0 else round(now / before - 1, 4)
