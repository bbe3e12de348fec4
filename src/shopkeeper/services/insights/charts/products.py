"""Pictures of what happens to products: what is bought together."""

from shopkeeper.services.insights.charts.page import cut, page, percent, text
from shopkeeper.services.insights.contract import AssociationRules


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
