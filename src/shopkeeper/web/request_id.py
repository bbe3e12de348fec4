"""One id for a request, through all the services that it passes."""

import re
from contextvars import ContextVar
from itertools import count
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
_FORM = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


_process, _number = token_hex(8), count()  # asking the system for chance each time would let another thread in


def request_id() -> str:
    """Return the id of the request that is being answered; nothing outside of one."""
    return _current.get()


class RequestIds:
    """Middleware that takes the caller's X-Request-Id, or makes one, and returns it with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request under its id; one that would not be safe in a log or a header is replaced."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        own = given if _FORM.fullmatch(given) else f"{_process}{next(_number):016x}"

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = own
            await send(message)

        before = _current.set(own)
        try:
            await self._app(scope, receive, send_named)
        finally:
            _current.reset(before)
