"""Pictures of what happens to products: what is bought together, what lists earned, what sells."""

from shopkeeper.kit.money import Money
from shopkeeper.services.insights.charts.page import bar, cut, number, page, percent, text
from shopkeeper.services.insights.contract import (
    AssociationRules,
    Earned,
    EarnedAfter,
    EarnedGroup,
    Performance,
    PerformanceRow,
)


def rules(answer: AssociationRules) -> str:
    """Return a bar for each rule, as long as its lift is high."""
    most = max((rule.lift for rule in answer.rules), default=1.0)
    parts = []
    for row, rule in enumerate(answer.rules):
        y = 68 + 54 * row
        parts.append(text(16, y, cut(rule.title, 62)))
        parts.append(text(16, y + 15, f"→ {cut(rule.then_title, 60)}", "strong"))
        parts.append(f'<rect x="16" y="{y + 21}" width="90" height="9" rx="3" class="track"/>')
        parts.append(
            f'<rect x="16" y="{y + 21}" width="{90 * rule.lift / most:.1f}" height="9" rx="3" class="new full"/>'
        )
        told = f"{rule.lift:.3g} times chance, {percent(rule.confidence)} of buyers, {rule.baskets:,} baskets"
        parts.append(text(114, y + 30, told, "soft small"))
    if not answer.rules:
        parts.append(text(16, 68, "No pair is bought together more often than by chance.", "soft"))
    about = f"{answer.baskets:,} baskets" if answer.baskets else "Fewer than 10 baskets"
    return page("Bought together", about, parts, 68 + 54 * max(len(answer.rules), 1) - 12)


def earned(answer: Earned) -> str:
    """Return the money of each origin as a bar, after clicks and, lighter, after impressions alone."""
    told = [("All lists", answer.all), *((_name(group), group) for group in answer.groups)]
    most = max((_money(group.after_click) + _money(group.after_impression) for _, group in told), default=0) or 1
    parts, y = [], 68
    for name, group in told:
        parts.append(text(16, y, cut(name, 62), "strong"))
        clicks = number(group.clicks) + ("" if group.click_share is None else f" ({percent(group.click_share)})")
        parts.append(text(16, y + 16, f"{number(group.impressions)} shown, {clicks} clicked on", "soft"))
        parts.append(text(16, y + 32, _due("after a click", group.after_click, answer.currency), "soft"))
        parts.append(text(16, y + 48, _due("only shown", group.after_impression, answer.currency), "soft"))
        clicked, seen = (388 * _money(one) / most for one in (group.after_click, group.after_impression))
        parts.append(bar(16, y + 56, 388, "track"))
        parts.append(bar(16, y + 56, clicked + seen, "new"))
        parts.append(bar(16, y + 56, clicked, "new full"))
        y += 88
    about = "Bars: money after a click; lighter: after an impression alone"
    return page("What recommendations earned", about, parts, y - 16)


def performance(answer: Performance) -> str:
    """Return a bar of the money for each row, and of people where there is none."""
    of_money = any(row.money_minor for row in answer.rows)
    most = max((_size(row, of_money=of_money) for row in answer.rows), default=0) or 1
    parts = []
    for place, row in enumerate(answer.rows):
        y = 68 + 54 * place
        money = "" if row.money_minor is None or not answer.currency else str(Money(row.money_minor, answer.currency))
        parts.append(text(16, y, cut(row.title, 40), "strong"))
        parts.append(text(404, y, money, anchor="end"))
        parts.append(bar(16, y + 6, 388, "track"))
        parts.append(bar(16, y + 6, 388 * _size(row, of_money=of_money) / most, "new full"))
        share = "" if row.conversion is None else f", {percent(row.conversion)} of viewers"
        told = f"viewed by {number(row.viewers)}, bought by {number(row.buyers)}{share}"
        parts.append(text(16, y + 28, told, "soft small"))
        if row.money_change is not None:
            tone = "rise" if row.money_change >= 0 else "fall"
            parts.append(text(404, y + 28, f"{100 * row.money_change:+.0f} %", f"{tone} small", "end"))
    if not answer.rows:
        parts.append(text(16, 68, "Nothing that ten people or more viewed or bought.", "soft"))
    name = {"item": "Products", "category": "Categories", "brand": "Brands"}[answer.by]
    about = f"{len(answer.rows):,} of {answer.total:,}"
    if answer.before_since:
        about += f", against {answer.before_since} to {answer.before_until}"
    return page(name, about, parts, 68 + 54 * max(len(answer.rows), 1) - 10)


def _size(row: PerformanceRow, *, of_money: bool) -> int:
    return max((row.money_minor if of_money else row.viewers) or 0, 0)


def _name(group: EarnedGroup) -> str:
    names = (group.scenario, group.model, group.model_version)
    return " · ".join(name for name in names if name) or "Lists that say nothing of where they came from"


def _due(when: str, due: EarnedAfter, currency: str | None) -> str:
    money = "" if due.money_minor is None or currency is None else f", {Money(due.money_minor, currency)}"
    return f"{when}: {number(due.carts)} into carts, {number(due.purchases)} bought{money}"


def _money(due: EarnedAfter) -> int:
    return max(due.money_minor or 0, 0)
