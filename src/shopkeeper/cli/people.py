"""`shopkeeper people`: what a shop has about a person, for them to have, and to have removed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopkeeper.adapters.event_files import write_events
from shopkeeper.adapters.sealing import seal_with
from shopkeeper.app.erasing import erasing_of, packing_of, sweep_of
from shopkeeper.app.settings import Settings
from shopkeeper.cli.options import DEFAULT_STORE, Store, existing_shop
from shopkeeper.data.erasure import Place
from shopkeeper.estimator import ignore
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.people.packing import packed

Who = Annotated[str, typer.Argument(help="Id of the user, else of the visitor.")]


def commands() -> typer.Typer:
    """Return the commands of this file."""
    group = typer.Typer(help="What the shop has about a person: tell it, remove it.", no_args_is_help=True)
    group.command("export")(export_command)
    group.command("erase")(erase_command)
    group.command("erasure")(erasure_command)
    group.command("sweep")(sweep_command)
    group.command("events")(events_command)
    return group


def export_command(
    shopper_id: Who,
    out: Annotated[Path, typer.Option(help="Where it goes, a .zip that nobody else can read; sealed, a .zip.age.")],
    recipient: Annotated[
        str | None, typer.Option(help="Seal it for a public key of age; else for SHOPKEEPER_EXPORT_RECIPIENT, if set.")
    ] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Seal it with a passphrase, asked for here.")
    ] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Write all that the shop has about a person, by all their ids, to a zip: one JSON, and a CSV for each place.

    For example,

      shopkeeper people export 17850 --out 17850.zip

      shopkeeper people export 17850 --out 17850.zip.age --passphrase
    """
    settings = Settings.read({"store": store})
    if recipient and passphrase:
        raise InvalidInput("Give --recipient or --passphrase: a file is sealed for one of them.")
    ending = ".zip.age" if recipient or passphrase or settings.export_recipient else ".zip"
    if not out.name.endswith(ending) or not out.parent.is_dir():
        raise InvalidInput(f"{out} cannot be written: give a {ending} in a folder that is there.")
    secret = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if passphrase else None
    shop = existing_shop(store)
    try:
        told = erasing_of(shop, settings).tell(shopper_id)
    finally:
        shop.close()
    content = seal_with(packed(told), secret) if secret else packing_of(settings).file(told, recipient).content
    new = out.with_name(f".{out.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_bytes(content)
    new.replace(out)
    n = sum(map(len, told.values()))
    Console().print(f"Wrote {n:,} entries of {len(told):,} places about {escape(shopper_id)} to {escape(str(out))}.")


def erase_command(
    shopper_id: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; nothing can bring it back.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what would be removed of a person; with --yes, have it removed.

    From then on nothing of theirs is used, in every process. The worker takes it out of all places and fits the models
    anew without it; `shopkeeper people erasure` tells how far that is.

    For example,

      shopkeeper people erase 17850

      shopkeeper people erase 17850 --yes
    """
    shop, console = existing_shop(store), Console(soft_wrap=True)
    try:
        erasing = erasing_of(shop, Settings.read({"store": store}))
        if not yes:
            _show(console, erasing.look(shopper_id))
            console.print(f"Nothing was changed. To erase {escape(shopper_id)}, give --yes.")
            return
        erasure = erasing.erase(shopper_id)
        _show(console, erasure.places)
        console.print(f"Receipt {erasure.erasure_id}: nothing of it is used any longer. The worker removes it;")
        console.print(f"how far that is: shopkeeper people erasure {erasure.erasure_id}")
    finally:
        shop.close()


def erasure_command(
    receipt: Annotated[str, typer.Argument(help="What `shopkeeper people erase --yes` told.")],
    store: Store = DEFAULT_STORE,
) -> None:
    """Show what became of an erasure, place by place.

    For example,

      shopkeeper people erasure 3f2a9c4e5b6d7081a2b3c4d5e6f70819
    """
    shop, console = existing_shop(store), Console(soft_wrap=True)
    try:
        erasure = shop.personal.erasures.get(receipt)
    finally:
        shop.close()
    _show(console, erasure.places)
    asked = f"Asked for {erasure.asked_at:%Y-%m-%d %H:%M} UTC"
    done = f"done {erasure.done_at:%Y-%m-%d %H:%M} UTC." if erasure.done_at else "waiting for the worker."
    console.print(f"{asked}, {done}")


def sweep_command(store: Store = DEFAULT_STORE) -> None:
    """Do what the worker does with erasures, now: empty all places, and fit the models without who is erased.

    For example,

      shopkeeper people sweep
    """
    shop = existing_shop(store)
    try:
        done = sweep_of(shop, Settings.read({"store": store})).run(ignore)
    finally:
        shop.close()
    Console(soft_wrap=True).print(done or "Nobody waits to be erased, and nobody who was is back.")


def events_command(
    out: Annotated[Path, typer.Argument(help="Where they go, .parquet or .csv.")],
    rotate: Annotated[bool, typer.Option("--rotate", help="Draw new pseudonyms: old ones mean nobody then.")] = False,
    store: Store = DEFAULT_STORE,
) -> None:
    """Write all events for analysis elsewhere: who did them is told by a pseudonym, the same in each file.

    Neither devices, sessions and orders nor searched words are in it. The secret of the pseudonyms lies in the shop's
    folder `apart`; once it is drawn anew, nobody can tell whom the old ones meant.

    For example,

      shopkeeper people events events.parquet

      shopkeeper people events events.csv --rotate
    """
    shop = existing_shop(store)
    try:
        pseudonyms = shop.personal.pseudonyms
        if rotate:
            pseudonyms.rotate()
        log = shop.events.log()
        write_events(log, pseudonyms.of(list(log.users)), out)
    finally:
        shop.close()
    told = f"Wrote {len(log):,} events of {len(log.users):,} people, under pseudonyms, to {escape(str(out))}."
    Console().print(told)


def _show(console: Console, places: Sequence[Place]) -> None:
    table = Table("place", "entries", "state", "", box=SIMPLE)
    for place in places:
        table.add_row(place.name, f"{place.n:,}", place.state, escape(place.about))
    console.print(table)
