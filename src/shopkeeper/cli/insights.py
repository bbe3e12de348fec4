"""`shopkeeper insights`: analyses of the whole shop, as a table or as a picture."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.cli import insight_tables as tables
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.insights import charts
from shopkeeper.services.insights.contract import (
    EarnedRequest,
    FunnelRequest,
    Insights,
    OfDays,
    PathsRequest,
    PerformanceRequest,
    RetentionRequest,
    RulesRequest,
    SearchesRequest,
)
from shopkeeper.web.errors import faults

A = TypeVar("A")
R = TypeVar("R", bound=OfDays)
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, of the shop's time zone.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write the picture here, as SVG.")]


def funnel_command(
    steps: Annotated[list[str], typer.Argument(help="Types of events, in order: view cart purchase.")],
    within_hours: Annotated[float, typer.Option(help="The most between the first step and the last.")] = 720,
    strict: Annotated[bool, typer.Option(help="Nothing else lies between two steps.")] = False,
    by: Annotated[Literal["category", "brand"] | None, typer.Option(help="A funnel for each.")] = None,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show how many people take steps one after the other.

    For example,

      shopkeeper insights funnel view cart purchase

      shopkeeper insights funnel view purchase --within-hours 24 --by category

      shopkeeper insights funnel view cart purchase -o funnel.svg
    """
    given = {"steps": steps, "within_hours": within_hours, "strict": strict, "by": by}
    request = _request(FunnelRequest, given, since, until)
    _show(store, out, lambda insights: insights.funnel(request), tables.funnel, charts.funnel)


def retention_command(
    every: Annotated[Literal["day", "week", "month"], typer.Option(help="How long a period is.")] = "week",
    periods: Annotated[int, typer.Option(help="How many periods after the first.")] = 12,
    types: Annotated[
        str, typer.Option(help="What counts, the first time and later.")
    ] = "view,favorite,cart,purchase,click",
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show who comes back, by when they came first.

    For example,

      shopkeeper insights retention

      shopkeeper insights retention --every month --types purchase -o retention.svg
    """
    request = _request(RetentionRequest, {"every": every, "periods": periods, "types": types}, since, until)
    _show(store, out, lambda insights: insights.retention(request), tables.retention, charts.retention)


def rfm_command(since: Since = None, until: Until = None, out: Out = None, store: Store = DEFAULT_STORE) -> None:
    """Show how many customers bought how lately, how often and for how much, in segments with names.

    For example,

      shopkeeper insights rfm

      shopkeeper insights rfm --since 2024-01-01 -o rfm.svg
    """
    request = _request(OfDays, {}, since, until)
    _show(store, out, lambda insights: insights.rfm(request), tables.rfm, charts.rfm)


def rules_command(
    item_id: Annotated[str | None, typer.Option("--item", help="Only what goes with this product.")] = None,
    n: Annotated[int, typer.Option("-n", help="At most so many.")] = 20,
    min_support: Annotated[float, typer.Option(help="Share of the baskets that hold both, at least.")] = 0.005,
    max_q: Annotated[float, typer.Option(help="The share of rules that may be chance alone.")] = 0.05,
    min_lift: Annotated[float, typer.Option(help="Together at least so many times as often as by chance.")] = 1.0,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show which products are bought together more often than by chance.

    For example,

      shopkeeper insights rules

      shopkeeper insights rules --item 22423 -n 5
    """
    request = _request(
        RulesRequest,
        {"item_id": item_id, "n": n, "min_support": min_support, "max_q": max_q, "min_lift": min_lift},
        since,
        until,
    )
    _show(store, out, lambda insights: insights.rules(request), tables.rules, charts.rules)


def earned_command(
    within_hours: Annotated[float, typer.Option(help="The most between a click and what it led to.")] = 24,
    by: Annotated[str, typer.Option(help="Tell lists apart by these.")] = "scenario,model,version",
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what came of recommendations: clicks, carts, purchases and money.

    For example,

      shopkeeper insights recommendations --since 2024-01-01

      shopkeeper insights recommendations --by scenario -o earned.svg
    """
    request = _request(EarnedRequest, {"within_hours": within_hours, "by": by}, since, until)
    _show(store, out, lambda insights: insights.earned(request), tables.earned, charts.earned)


def performance_command(
    by: Annotated[Literal["item", "category", "brand"], typer.Option(help="What the rows are.")] = "item",
    sort: Annotated[
        Literal["money", "purchases", "buyers", "carts", "views", "viewers", "conversion"],
        typer.Option(help="By what, the most first."),
    ] = "money",
    ascending: Annotated[bool, typer.Option(help="The least first.")] = False,
    n: Annotated[int, typer.Option("-n", help="At most so many.")] = 20,
    offset: Annotated[int, typer.Option(help="Leave out so many of the first.")] = 0,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show how products, categories or brands do, and with --since and --until how they did as many days before.

    For example,

      shopkeeper insights performance --by category

      shopkeeper insights performance --sort conversion -n 50 --since 2024-05-01 --until 2024-05-31
    """
    given = {"by": by, "sort": sort, "ascending": ascending, "n": n, "offset": offset}
    request = _request(PerformanceRequest, given, since, until)
    _show(store, out, lambda insights: insights.performance(request), tables.performance, charts.performance)


def paths_command(
    steps: Annotated[int, typer.Option(help="So many of the first steps of a visit.")] = 4,
    by: Annotated[Literal["type", "category"], typer.Option(help="category: steps name it too.")] = "type",
    types: Annotated[str, typer.Option(help="What is a step.")] = "search,click,view,favorite,cart,purchase",
    n: Annotated[int, typer.Option("-n", help="At most so many ways.")] = 20,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show which ways people take through the shop, visit by visit.

    For example,

      shopkeeper insights paths

      shopkeeper insights paths --by category --steps 3 -o paths.svg
    """
    request = _request(PathsRequest, {"steps": steps, "by": by, "types": types, "n": n}, since, until)
    _show(store, out, lambda insights: insights.paths(request), tables.paths, charts.paths)


def searches_command(
    sort: Annotated[
        Literal["searches", "people", "led_nowhere", "found_nothing"], typer.Option(help="By what, the most first.")
    ] = "searches",
    n: Annotated[int, typer.Option("-n", help="At most so many words.")] = 20,
    offset: Annotated[int, typer.Option(help="Leave out so many of the first.")] = 0,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what people search for, which searches find nothing, and which lead nowhere.

    For example,

      shopkeeper insights searches

      shopkeeper insights searches --sort found_nothing -n 50
    """
    request = _request(SearchesRequest, {"sort": sort, "n": n, "offset": offset}, since, until)
    _show(store, out, lambda insights: insights.searches(request), tables.searches, charts.searches)


def echo_command(since: Since = None, until: Until = None, out: Out = None, store: Store = DEFAULT_STORE) -> None:
    """Show whether lists narrow people: without --since, in the last 28 days.

    For example,

      shopkeeper insights echo

      shopkeeper insights echo --since 2024-05-01 --until 2024-05-31 -o echo.svg
    """
    _show(store, out, lambda insights: insights.echo(_request(OfDays, {}, since, until)), tables.echo, charts.echo)


def _request(kind: type[R], given: Mapping[str, object], since: datetime | None, until: datetime | None) -> R:
    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    try:
        return kind.model_validate({**given, **days})
    except ValidationError as error:
        raise InvalidInput(faults(error)) from error


def _show(
    store: Path,
    out: Path | None,
    ask: Callable[[Insights], Awaitable[A]],
    table: Callable[[A], Table],
    draw: Callable[[A], str],
) -> None:
    shop = existing_shop(store)

    async def answer() -> A:
        services = services_of(shop, Settings.read({"store": store}))
        try:
            return await ask(services.insights)
        finally:
            await services.close()

    try:
        found = asyncio.run(answer())
    finally:
        shop.close()
    if out is None:
        Console().print(table(found))
        return
    try:
        out.write_text(draw(found), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}.") from error
    Console().print(f"Written: {out}")


def commands() -> typer.Typer:
    """Return them together."""
    app = typer.Typer(help="What the whole shop's behaviour looks like.", no_args_is_help=True)
    app.command("funnel")(funnel_command)
    app.command("retention")(retention_command)
    app.command("rfm")(rfm_command)
    app.command("rules")(rules_command)
    app.command("recommendations")(earned_command)
    app.command("performance")(performance_command)
    app.command("paths")(paths_command)
    app.command("searches")(searches_command)
    app.command("echo")(echo_command)
    return app
