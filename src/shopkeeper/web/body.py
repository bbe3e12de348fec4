"""How much may be said at a time."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.web.errors import problem_of_http

LARGEST_MB = 64
"""Ten thousand products with descriptions of a few thousand letters, or a thousand events, several times over."""


class BodyLimit:
    """Middleware that refuses a body over the limit: at once where its length is told, else once it is too long."""

    def __init__(self, app: ASGIApp, largest_mb: float = LARGEST_MB) -> None:
        self._app, self._largest = app, int(largest_mb * 1e6)
        self._told = f"The body is over {largest_mb:g} MB: send it in parts."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        error = HTTPException(413, self._told)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > self._largest:
            await problem_of_http(error)(scope, receive, send)
            return
        size = 0

        async def receive_counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._largest:
                raise error
            return message

        try:
            await self._app(scope, receive_counted, send)
        except HTTPException as raised:
            if raised is not error:
                raise
            await problem_of_http(error)(scope, receive, send)
