"""`shopkeeper worker`: what must be done beside serving."""

from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from shopkeeper import models
from shopkeeper.adapters.lock_file import held
from shopkeeper.app.erasing import sweep_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.telemetry import write_logs
from shopkeeper.app.worker import jobs_of, stopping, work
from shopkeeper.cli.options import existing_shop
from shopkeeper.estimator import ignore
from shopkeeper.evaluation import metrics
from shopkeeper.kit.clock import utc_now


def worker_command(
    store: Annotated[Path | None, typer.Option(help="Folder of the shop's data.")] = None,
    model: Annotated[str | None, typer.Option(help="The model that is kept fresh.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Import what is dropped into the store's inbox, and fit the served model again when it is old or much happened.

    SHOPKEEPER_REFIT_HOURS and _REFIT_EVENTS say when. A fit has the options of the served version, learns from
    SHOPKEEPER_TYPES, and is published unless it is worse than popularity. Files of behaviour go from `inbox` to
    `inbox/done` or, with the reason, `inbox/refused`. One worker is at work in a store; asked to stop (SIGTERM), it
    gives up what it does at the next step, and nothing is left by half.

    For example,

      shopkeeper worker

      SHOPKEEPER_MODEL=blend SHOPKEEPER_REFIT_EVENTS=10000 shopkeeper worker --store /srv/shop
    """
    settings = Settings.read({"store": store, "model": model})
    models.find(settings.model)
    metrics.parse(settings.metric)
    write_logs(settings.log_format, settings.log_level)
    console, stop = Console(highlight=False, soft_wrap=True), Event()

    def tell(sentence: str) -> None:
        console.print(f"{utc_now():%Y-%m-%d %H:%M:%S}", escape(sentence))

    shop = existing_shop(settings.store)
    try:
        with (
            held(settings.store / "worker.lock", f"Another worker is at work in {settings.store}; one is enough."),
            stopping(stop),
        ):
            # As before serving: a copy from before somebody was erased is cleaned, one that lost `apart` is refused.
            sweep_of(shop, settings).reapply(ignore)
            tell(f"at work in {settings.store}")
            work(jobs_of(shop, settings), stop, look_s=settings.look_s, once=once, tell=tell)
    finally:
        shop.close()
