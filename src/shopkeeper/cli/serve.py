"""`shopkeeper serve`: answer over HTTP."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from shopkeeper import models
from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings


def serve_command(
    store: Annotated[Path | None, typer.Option(help="Folder of the shop's data.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Annotated[str | None, typer.Option(help="The model that answers.")] = None,
) -> None:
    """Serve the API, and a page to try it as a shopper.

    What is not given comes from SHOPKEEPER_STORE, _HOST, _PORT and _MODEL, else from the defaults.

    For example,

      shopkeeper serve

      SHOPKEEPER_MODEL=svd shopkeeper serve --host 0.0.0.0 --port 80
    """
    given = {"store": store, "host": host, "port": port, "model": model}
    settings = Settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    models.find(settings.model)
    config = uvicorn.Config(assemble(settings), host=settings.host, port=settings.port, log_level="warning")
    # Bound here, so that nothing is announced which somebody else's process answers.
    socket = config.bind_socket()
    Console().print(f"The shop is open: [bold]http://{settings.host}:{socket.getsockname()[1]}[/] (Ctrl-C closes it)")
    uvicorn.Server(config).run(sockets=[socket])
