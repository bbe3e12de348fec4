"""The analyses as tables of the command line."""

from functools import partial

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from shopkeeper.kit.money import Money
from shopkeeper.services.insights.contract import (
    AssociationRules,
    Earned,
    Echo,
    Funnel,
    Paths,
    Performance,
    Retention,
    Rfm,
    Searches,
)


def _n(count: int | None) -> str:
    return "<10" if count is None else f"{count:,}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _money(currency: str | None, minor: int | None) -> str:
    return "" if minor is None or currency is None else str(Money(minor, currency))


def funnel(answer: Funnel) -> Table:
    """Return a row for each step."""
    table = Table("", "step", box=SIMPLE)
    for head in ("people", "of all", "of the step before", "half within"):
        table.add_column(head, justify="right")
    for group in answer.groups:
        for place, step in enumerate(group.steps):
            hours = group.median_hours if place == len(group.steps) - 1 else None
            name = escape(group.name or "") if place == 0 else ""
            shares = (_share(step.of_first), _share(step.of_previous)) if place else ("", "")
            table.add_row(name, step.type, _n(step.people), *shares, "" if hours is None else f"{hours:g} h")
    return table


def retention(answer: Retention) -> Table:
    """Return a row for each cohort."""
    table = Table(box=SIMPLE, title=f"Of each 100, how many came again, {answer.every} by {answer.every}")
    table.add_column("first in", no_wrap=True)
    for k in range(1 + max((len(one.returned) for one in answer.cohorts), default=0)):
        table.add_column(f"+{k}" if k else "people", justify="right", no_wrap=True)
    for cohort in answer.cohorts:
        shares = ("<10" if share is None else f"{100 * share:.0f}" for share in cohort.share)
        table.add_row(str(cohort.start), _n(cohort.people), *shares)
    return table


def rfm(answer: Rfm) -> Table:
    """Return a row for each segment."""
    table = Table("segment", box=SIMPLE, title=f"{_n(answer.people)} customers")
    for head in ("people", "share", "orders", "money"):
        table.add_column(head, justify="right")
    for one in answer.segments:
        orders = "" if one.orders is None else f"{one.orders:,}"
        money = _money(answer.currency, one.money_minor)
        table.add_row(one.name, _n(one.people), _share(one.share), orders, money)
    return table


def rules(answer: AssociationRules) -> Table:
    """Return a row for each rule."""
    about = f"{_n(answer.baskets)} baskets, {answer.tested:,} pairs tested"
    table = Table("who buys", "buys", box=SIMPLE, title=about)
    for head in ("lift", "confidence", "support", "baskets"):
        table.add_column(head, justify="right")
    for rule in answer.rules:
        row = (f"{rule.lift:g}", _share(rule.confidence), f"{100 * rule.support:.2f} %", _n(rule.baskets))
        table.add_row(escape(rule.title), escape(rule.then_title), *row)
    return table


def earned(answer: Earned) -> Table:
    """Return a row for each origin, and one for all."""
    table = Table("scenario", "model", "version", box=SIMPLE, title="What came of lists, after a click")
    for head in ("shown", "clicks", "per shown", "carts", "bought", "money", "unclicked, bought", "money"):
        table.add_column(head, justify="right")
    money = partial(_money, answer.currency)
    for name, group in (("all", answer.all), *((None, group) for group in answer.groups)):
        names = [escape(name or group.scenario or "?"), escape(group.model or ""), escape(group.model_version or "")]
        clicked, seen = group.after_click, group.after_impression
        shares = (_n(group.impressions), _n(group.clicks), _share(group.click_share))
        due = (_n(clicked.carts), _n(clicked.purchases), money(clicked.money_minor))
        table.add_row(*names, *shares, *due, _n(seen.purchases), money(seen.money_minor))
    return table


def performance(answer: Performance) -> Table:
    """Return a row for each product, category or brand."""
    about = f"{answer.total:,} that ten people or more viewed, took or bought"
    if answer.before_since:
        about += f"; against {answer.before_since} to {answer.before_until}"
    table = Table(answer.by, box=SIMPLE, title=about)
    for head in ("views", "viewers", "", "carts", "purchases", "buyers", "", "bought of viewers", "money", ""):
        table.add_column(head, justify="right")
    for row in answer.rows:
        viewed = (_n(row.views), _n(row.viewers), _change(row.viewers_change))
        bought = (_n(row.carts), _n(row.purchases), _n(row.buyers), _change(row.buyers_change), _share(row.conversion))
        money = (_money(answer.currency, row.money_minor), _change(row.money_change))
        table.add_row(escape(row.title), *viewed, *bought, *money)
    return table


def paths(answer: Paths) -> Table:
    """Return a row for each way."""
    table = Table("way", box=SIMPLE, title=f"{_n(answer.visits)} visits of {_n(answer.people)} people")
    for head in ("visits", "of all", "people", "of all"):
        table.add_column(head, justify="right")
    for one in answer.paths:
        way = " → ".join(one.steps) + ("" if one.ended else " …")
        table.add_row(escape(way), _n(one.visits), _share(one.share), _n(one.people), _share(one.people_share))
    return table


def searches(answer: Searches) -> Table:
    """Return a row for each words, and one for all."""
    table = Table("words", box=SIMPLE, title=f"{answer.total:,} that ten people or more searched for")
    for head in ("searches", "people", "led nowhere", "", "found nothing", ""):
        table.add_column(head, justify="right")
    for one in (answer.all, *answer.queries):
        nowhere = (_n(one.led_nowhere), _share(one.led_nowhere_share))
        nothing = (_n(one.found_nothing), _share(one.found_nothing_share))
        words = "(all)" if one.query is None else one.query
        table.add_row(escape(words), _n(one.searches), _n(one.people), *nowhere, *nothing)
    return table


def echo(answer: Echo) -> Table:
    """Return a row for each figure."""
    table = Table("of people", "", box=SIMPLE, title=f"{_n(answer.people)} turned to anything")
    rows = {
        "lists led there": _share(answer.led_share),
        "enough is known of": _n(answer.judged),
        "narrowed by lists": f"{_n(answer.narrowed)} {_share(answer.narrowed_share)}".strip(),
        "entropy of what they found alone": _nats(answer.entropy_alone),
        "entropy of what lists led to": _nats(answer.entropy_led),
        "categories never turned to before": _share(answer.unseen_share),
    }
    for name, told in rows.items():
        table.add_row(name, told)
    return table


def _nats(entropy: float | None) -> str:
    return "" if entropy is None else f"{entropy:.2g}"


def _change(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.0f} %"
