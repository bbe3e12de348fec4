"""`shopkeeper quarantine`: who looks as if made up, and what an operator says of them."""

from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.data.quarantine import Verdict
from shopkeeper.kit.clock import utc_now

ShopperId = Annotated[str, typer.Argument(metavar="ID", help="As in the list: a user id, or a visitor id.")]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="People who look as if made up: models learn without them.", no_args_is_help=True)
    app.command("list")(list_command)
    app.command("confirm")(confirm_command)
    app.command("release")(release_command)
    return app


def list_command(store: Store = DEFAULT_STORE) -> None:
    """List who is in question, and why, the surest first.

    The worker looks before each fit. Events of who is held stay stored, and no model learns from them.

    For example,

      shopkeeper quarantine list
    """
    shop = existing_shop(store)
    try:
        cases = shop.quarantine.all()
    finally:
        shop.close()
    table = Table("person", "verdict", "found (UTC)", "odds", "why", box=SIMPLE)
    for case in cases:
        found = f"{case.found_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(case.shopper_id), case.verdict, found, f"{case.odds:.1f}", escape(case.why))
    Console().print(table if cases else "Nobody is in question.")


def confirm_command(shopper_id: ShopperId, store: Store = DEFAULT_STORE) -> None:
    """Say that somebody is a fake: no model learns from them, for good.

    For example,

      shopkeeper quarantine confirm web-5f0c
    """
    _judge(shopper_id, "confirmed", store)


def release_command(shopper_id: ShopperId, store: Store = DEFAULT_STORE) -> None:
    """Say that somebody is a person: from the next fit on models learn from what they did, all of it.

    For example,

      shopkeeper quarantine release web-5f0c
    """
    _judge(shopper_id, "released", store)


def _judge(shopper_id: str, verdict: Verdict, store: Store) -> None:
    shop = existing_shop(store)
    try:
        shop.quarantine.judge(shopper_id, verdict, utc_now())
    finally:
        shop.close()
    Console().print(f"{escape(shopper_id)} is {verdict}; it counts from the next fit on.")
