"""`shopkeeper serve`: answer over HTTP."""

import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from shopkeeper import models
from shopkeeper.app.assemble import PORTS, Part, assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.telemetry import write_logs


def serve_command(
    part: Annotated[Part | None, typer.Argument(help="One service alone, or the gateway to all; else all.")] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the shop's data.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Annotated[str | None, typer.Option(help="The model that answers.")] = None,
) -> None:
    """Serve the API, and a page to try it as a shopper: all in this process, or one service alone.

    What is not given comes from SHOPKEEPER_STORE, _HOST, _PORT and _MODEL, else from the defaults. Alone, events
    listens on 8001, catalog on 8002, recommendations on 8003, models on 8004, insights on 8005,
    predictions on 8006, coupons on 8007 and people on 8008. A service whose address is set, such as
    SHOPKEEPER_EVENTS_URL, is asked there; the gateway needs the address of each.

    For example,

      shopkeeper serve

      SHOPKEEPER_MODEL=svd shopkeeper serve --host 0.0.0.0 --port 80

      shopkeeper serve events --store /srv/shop
    """
    settings = Settings.read({"store": store, "host": host, "port": port, "model": model})
    if part and "port" not in settings.model_fields_set:
        settings = settings.model_copy(update={"port": PORTS[part]})
    models.find(settings.model)
    # Who answers waits for a thread that computes to give way: by default, five times as long as a list takes.
    sys.setswitchinterval(0.001)
    write_logs(settings.log_format, settings.log_level)
    config = uvicorn.Config(assemble(settings, part), host=settings.host, port=settings.port, log_level="warning")
    # Bound here, so that nothing is announced which somebody else's process answers.
    socket = config.bind_socket()
    address = f"http://{settings.host}:{socket.getsockname()[1]}"
    what = "shop" if part is None else part if part == "gateway" else f"{part} service"
    Console().print(f"The {what} is open: [bold]{address}[/] (Ctrl-C closes it)")
    uvicorn.Server(config).run(sockets=[socket])
