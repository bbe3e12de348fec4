"""Routes from bytes to bytes, for what comes so often that the way there takes longer than the work."""

from collections.abc import Awaitable, Callable, Iterable
from inspect import get_annotations
from typing import Any, get_args

from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.web.errors import problem_of

_JSON = "application/json"


class Direct(APIRoute):
    """A route whose handler takes a body and what one dependency makes of the request alone, and gives a model."""

    def directly(self) -> Callable[[Request, bytes], Awaitable[Response | None]]:
        """Return what answers at once, if it can: the body is checked as it is read, and the answer written as it is.

        What is not good JSON of the right form gets None: the usual way says what is wrong with it.
        """
        handle, status = self.endpoint, self.status_code or 200
        body_type, about = list(get_annotations(handle, eval_str=True).values())[:2]
        read, of_request = TypeAdapter(body_type).validate_json, get_args(about)[0]

        async def answer(request: Request, given: bytes) -> Response | None:
            if request.headers.get("content-type") != _JSON:
                return None
            try:
                body = read(given)
            except ValidationError:
                return None
            try:
                told: BaseModel = await handle(body, of_request(request))
            except ShopkeeperError as error:
                return problem_of(error)
            return Response(told.__pydantic_serializer__.to_json(told), status, media_type=_JSON)

        return answer


class DirectRoutes:
    """Middleware that answers direct routes past the framework; all else, and what is wrong, goes on to it."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        direct = [route for route in routes if isinstance(route, Direct)]
        self._routes: dict[tuple[str, str], Any] = {
            (method, route.path): (route, route.directly()) for route in direct for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], answer = found
        request = Request(scope, receive)
        body = await request.body()
        response = await answer(request, body) or self._app
        await response(scope, again(body, receive), send)


def again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read once more, then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return first.pop() if first else await receive()

    return read
