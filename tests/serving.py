"""Servers that a test starts: a real one for an application, and one that fails on purpose."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Asked:
    """One request that was received."""

    path: str
    headers: dict[str, str]
    body: str
    status: int = 0
    """Of the answer."""

    @property
    def ids(self) -> list[str]:
        """Return the ids of the events in it."""
        return [event["event_id"] for event in json.loads(self.body)["events"]]


Told = tuple[int, dict[str, str], str]
"""Status, headers and body of an answer."""
Mood = Callable[[Asked], Told | None]
"""How a request is answered; None: not at all."""


@dataclass
class Moody:
    """A server that answers each request in the next of its moods; the last one stays."""

    moods: list[Mood]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answered: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when it stops, so that those who wait for an answer let go."""


def problem(status: int, code: str, **headers: str) -> Mood:
    body = json.dumps({"title": "", "status": status, "code": code, "detail": "not now", "request_id": "r1"})
    sent = {"Content-Type": "application/problem+json"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return lambda _: (status, sent, body)


def stored(asked: Asked) -> Told:
    """Take all events."""
    receipt = {"accepted": len(asked.ids), "duplicates": 0, "event_ids": asked.ids}
    return 201, {"Content-Type": "application/json"}, json.dumps(receipt)


def silent(_: Asked) -> None:
    """Say nothing."""


@contextmanager
def moody(*moods: Mood) -> Iterator[Moody]:
    """Serve moods on a free port."""
    served = Moody(list(moods))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            asked = Asked(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            served.asked.append(asked)
            told = (served.moods.pop(0) if len(served.moods) > 1 else served.moods[0])(asked)
            if told is None:
                served.gone.wait()
                return
            asked.status, headers, text = told
            served.answered.set()
            self.send_response(asked.status)
            for name, value in (headers | {"Content-Length": str(len(text.encode()))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            served.gone.set()
            server.shutdown()
            thread.join()
