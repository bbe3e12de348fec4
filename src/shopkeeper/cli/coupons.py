"""`shopkeeper coupons`: campaigns, codes, and what becomes of them."""

import asyncio
import csv
import sys
import tomllib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.shops import name_of
from shopkeeper.app.stores import Shop
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.data.consent import Purpose
from shopkeeper.data.keys import DEFAULT_SHOP
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.money import Money
from shopkeeper.services.coupons.contract import (
    CampaignModel,
    Coupons,
    Earnings,
    Figure,
    IssueRequest,
    IssueTo,
    Report,
)
from shopkeeper.services.coupons.jobs import CampaignLearner
from shopkeeper.web.errors import faults

T = TypeVar("T")
_AT_ONCE = 1000
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="As in the list.")]


def commands() -> typer.Typer:
    """Return the commands of this file."""
    group = typer.Typer(help="Campaigns, their codes, and the ledger of both.", no_args_is_help=True)
    group.command("create")(create_command)
    group.command("list")(list_command)
    group.command("issue")(issue_command)
    group.command("ledger")(ledger_command)
    group.command("budget")(budget_command)
    group.command("learn")(learn_command)
    group.command("report")(report_command)
    return group


def _ask(store: Path, question: Callable[[Coupons], Coroutine[None, None, T]]) -> T:
    """Return what the coupons service of the shop in a folder answers."""
    with closing(existing_shop(store)) as shop:
        services = services_of(shop, Settings.read({"store": store}), name=name_of(store) or DEFAULT_SHOP)
        return asyncio.run(question(services.coupons))


def _campaign(file: Path) -> CampaignModel:
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            return CampaignModel.model_validate_json(text)
        return CampaignModel.model_validate(tomllib.loads(text))
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise InvalidInput(f"{file}: {faults(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read as TOML: {error}") from error


def create_command(
    file: Annotated[Path, typer.Argument(help="The campaign, .toml or .json.")],
    edit: Annotated[bool, typer.Option("--edit", help="Make it the next version of one that there is.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Make a campaign of a file, or the next version of one; coupons that were issued keep their terms.

    docs/how-to/run-a-campaign.md shows such a file.

    For example,

      shopkeeper coupons create spring.toml

      shopkeeper coupons create spring.toml --edit
    """
    made = _campaign(file)
    told = _ask(store, lambda coupons: coupons.edit(made) if edit else coupons.create(made))
    left = Money(told.budget.left_minor, told.currency)
    Console().print(f"The campaign {told.campaign_id} is there in version {told.version}, with {left} to give away.")


def list_command(store: Store = DEFAULT_STORE) -> None:
    """Show all campaigns with what is left of their budgets.

    For example,

      shopkeeper coupons list
    """
    told = _ask(store, lambda coupons: coupons.campaigns())
    table = Table("campaign", "from", "until", "budget", "reserved", "spent", "issued", "redeemed", "", box=SIMPLE)
    for one in told.campaigns:
        amounts = (one.budget.budget_minor, one.budget.reserved_minor, one.budget.spent_minor)
        table.add_row(
            one.campaign_id,
            f"{one.starts_at:%Y-%m-%d}",
            f"{one.ends_at:%Y-%m-%d}",
            *(str(Money(minor, one.currency)) for minor in amounts),
            f"{one.budget.issued:,}",
            f"{one.budget.redeemed:,}",
            "paused" if one.paused else "",
        )
    none = "There is no campaign yet: shopkeeper coupons create FILE makes one."
    Console().print(table if told.campaigns else none)


def issue_command(
    campaign_id: CampaignId,
    offer_id: Annotated[str, typer.Argument(metavar="OFFER", help="One of its offers.")],
    shopper: Annotated[list[str] | None, typer.Option(help="Who gets one; repeatable.")] = None,
    count: Annotated[int | None, typer.Option(help="So many for whoever has them.", min=1)] = None,
    out: Annotated[Path | None, typer.Option(help="Where the codes go, as .csv; else they are printed.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Make codes. They are told this once and kept nowhere, so keep what this prints as you keep money.

    For example,

      shopkeeper coupons issue spring tenth --count 500 --out codes.csv

      shopkeeper coupons issue spring tenth --shopper 12748 --shopper 15311
    """
    if bool(shopper) == bool(count):
        raise InvalidInput("Name shoppers with --shopper, or give --count: who are the codes for?")

    async def issue(coupons: Coupons) -> list[tuple[str, str, str, str]]:
        rows: list[tuple[str, str, str, str]] = []
        people = [IssueTo(shopper_id=who) for who in shopper or ()]
        for start in range(0, len(people) or count or 0, _AT_ONCE):
            some = people[start : start + _AT_ONCE] or None
            n = None if some else min(_AT_ONCE, (count or 0) - start)
            told = await coupons.issue(IssueRequest(campaign_id=campaign_id, offer_id=offer_id, people=some, count=n))
            if told.refusals and not told.coupons:
                raise InvalidInput(told.refusals[0].detail)
            for refusal in told.refusals:
                who = some[refusal.place].shopper_id if some and refusal.place is not None else "all"
                Console(stderr=True).print(f"{escape(who)}: {refusal.detail}")
            rows += [(c.coupon_id, c.code, c.shopper_id or "", c.expires_at.isoformat()) for c in told.coupons]
        return rows

    rows = _ask(store, issue)
    heading = ("coupon_id", "code", "shopper_id", "expires_at")
    if out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows([heading, *rows])
        return
    with out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([heading, *rows])
    Console().print(f"Wrote {len(rows):,} codes to {out}.")


def ledger_command(
    campaign: Annotated[str | None, typer.Option(help="Only of this campaign.")] = None,
    order: Annotated[str | None, typer.Option(help="Only of this order.")] = None,
    coupon: Annotated[str | None, typer.Option(help="Only of this coupon, by its id.")] = None,
    since: Annotated[int, typer.Option(help="Only what came after this number.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="At most so many lines.", min=1, max=10_000)] = 100,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show lines of the ledger as they were written; nothing in it is ever changed.

    For example,

      shopkeeper coupons ledger --campaign spring

      shopkeeper coupons ledger --order 1042
    """
    told = _ask(
        store,
        lambda coupons: coupons.ledger(
            campaign_id=campaign, order_id=order, coupon_id=coupon, since=since, limit=limit
        ),
    )
    table = Table("number", "at", "coupon", "campaign", "step", "order", "reserved", "spent", box=SIMPLE)
    for one in told.entries:
        table.add_row(
            str(one.number),
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.coupon_id,
            f"{one.campaign_id} v{one.version}",
            one.step,
            escape(one.order_id or ""),
            f"{one.reserved_minor:+,}" if one.reserved_minor else "",
            f"{one.spent_minor:+,}" if one.spent_minor else "",
        )
    Console().print(table if told.entries else "There is nothing of that in the ledger.")


def budget_command(campaign_id: CampaignId, store: Store = DEFAULT_STORE) -> None:
    """Show what is left of a campaign's budget, and what came of it.

    It is what people bought with coupons, not what they bought because of them.

    For example,

      shopkeeper coupons budget spring
    """
    told = _ask(store, lambda coupons: coupons.report(campaign_id))
    table = Table("", "", title=f"{campaign_id}", title_justify="left", box=SIMPLE, show_header=False)
    for name, value in _figures(told):
        table.add_row(name, value)
    Console().print(table)


def _figures(told: Report) -> list[tuple[str, str]]:
    def money(minor: int | None) -> str:
        return "not known of all goods" if minor is None else str(Money(minor, told.budget.currency))

    return [
        ("budget", money(told.budget.budget_minor)),
        ("reserved", money(told.budget.reserved_minor)),
        ("spent", money(told.budget.spent_minor)),
        ("left", money(told.budget.left_minor)),
        *((name, f"{n:,} coupons") for name, n in told.steps.items()),
        ("goods in orders with it, before coupons", money(told.goods_minor)),
        ("taken off", money(told.off_minor)),
        ("revenue", money(told.revenue_minor)),
        ("what the goods cost", money(told.cost_minor)),
        ("profit", money(told.profit_minor)),
    ]


def learner_of(shop: Shop, clock: Clock = utc_now) -> CampaignLearner:
    """Return what learns of the campaigns of a shop."""
    return CampaignLearner(shop.coupons, shop.policies, shop.allowing(Purpose.COUPONS), shop.catalog, clock)


def learn_command(campaign_id: CampaignId, store: Store = DEFAULT_STORE) -> None:
    """Learn who buys because of a campaign's offers, from decisions that chance took; the worker does so each night.

    For example,

      shopkeeper coupons learn spring
    """
    with closing(existing_shop(store)) as shop:
        learner = learner_of(shop)
        policy = learner.learn(campaign_id, learner.behaviour())
    console = Console()
    console.print(f"Learned version {policy.version} from {policy.people:,} people about whom chance had decided.")
    _show_learned(console, policy.uplift.why())


def report_command(
    campaign_id: CampaignId,
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures, SVG.")] = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Tell what a campaign earned, against those who by chance never get a coupon of it.

    For example,

      shopkeeper coupons report spring --out spring/
    """
    with closing(existing_shop(store)) as shop:
        learner = learner_of(shop)
        told = learner.tell(campaign_id, learner.behaviour())
    show(told, campaign_id, out)


def show(told: Earnings, campaign_id: str, out: Path | None) -> None:
    """Print what a campaign earned, and write its pictures."""
    console = Console()
    console.print(told.text)
    if told.against:
        table = Table("against the hold-out", "", "from", "to", box=SIMPLE)
        for name in ("revenue", "margin", "profit", "watched"):
            table.add_row(name, *_amounts(getattr(told.against, name), told.currency))
        table.add_row("taken off", str(Money(round(told.against.cost), told.currency)), "", "")
        console.print(table)
    judged = Table("who would get what", "a person", "from", "to", "decisions", box=SIMPLE)
    for one in told.policies:
        if one.dr:
            judged.add_row(one.policy, *_amounts(one.dr, told.currency), f"{one.effective or 0:,.0f}")
        else:
            judged.add_row(one.policy, one.why_not or "", "", "", "")
    if told.policies:
        console.print(judged)
    _show_learned(console, told.learned)
    console.print(f"Alert: {told.loyalty.text}" if told.loyalty.alert else told.loyalty.text)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        for name, picture in told.pictures.items():
            (out / f"{campaign_id}-{name}.svg").write_text(picture, encoding="utf-8")
        console.print(f"Written: {', '.join(f'{campaign_id}-{name}.svg' for name in told.pictures)} in {out}.")


def _show_learned(console: Console, why: Mapping[str, str]) -> None:
    if why:
        console.print("What offers bring, in minor units of margin (as cents are):")
    for offer, sentence in why.items():
        console.print(f"{offer}: {sentence}")


def _amounts(figure: Figure, currency: str) -> tuple[str, str, str]:
    value, low, high = (str(Money(round(one), currency)) for one in (figure.value, figure.low, figure.high))
    return value, low, high
