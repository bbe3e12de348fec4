"""What recommendations earned, as it is told."""

from collections.abc import Sequence

from shopkeeper.data.insights import EarnedFigures, OriginPart, Tally
from shopkeeper.kit import rounding
from shopkeeper.services.insights.contract import Earned, EarnedAfter, EarnedGroup


def earned(found: Sequence[EarnedFigures], currency: str | None, by: Sequence[OriginPart]) -> Earned:
    """Return the figures of all lists, and of those groups of which something is told."""
    everything, *others = (_group(one, by, currency) for one in found)
    return Earned(currency=currency, all=everything, groups=sorted(filter(_is_told, others), key=_order))


def _group(figures: EarnedFigures, by: Sequence[OriginPart], currency: str | None) -> EarnedGroup:
    names = dict(zip(by, figures.origin, strict=False))
    impressions, clicks = _times(figures.shown), _times(figures.clicked)
    return EarnedGroup(
        scenario=names.get("scenario"),
        model=names.get("model"),
        model_version=names.get("version"),
        people=rounding.people(figures.shown.people),
        impressions=impressions,
        clicks=clicks,
        click_share=rounding.share(clicks, impressions),
        after_click=_after(figures.carted, figures.bought, currency),
        after_impression=_after(figures.carted_unclicked, figures.bought_unclicked, currency),
    )


def _after(carted: Tally, bought: Tally, currency: str | None) -> EarnedAfter:
    return EarnedAfter(
        carts=_times(carted),
        purchases=_times(bought),
        buyers=rounding.people(bought.people),
        money_minor=rounding.total(bought.minor, bought.people) if currency else None,
    )


def _times(tally: Tally) -> int | None:
    return rounding.total(tally.times, tally.people)


def _is_told(group: EarnedGroup) -> bool:
    due = [figure for after in (group.after_click, group.after_impression) for figure in (after.carts, after.purchases)]
    return any(figure is not None for figure in (group.impressions, group.clicks, *due))


def _order(group: EarnedGroup) -> tuple[object, ...]:
    """Money first, then clicks, then impressions: of what is told alone, so that the order tells nothing more."""
    most = (group.after_click.money_minor, group.clicks, group.impressions)
    names = (group.scenario, group.model, group.model_version)
    return (*(-(one or 0) for one in most), *(name or "" for name in names))
