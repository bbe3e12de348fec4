"""A route from bytes to bytes, for what comes so often that the way there takes longer than the work."""

from collections.abc import Callable, Coroutine
from inspect import get_annotations
from typing import Any, get_args

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

_JSON = "application/json"


class Direct(APIRoute):
    """A route whose handler takes a body and what one dependency makes of the request alone, and gives a model.

    The body is checked as it is read, instead of after, and the answer is written as it is, without a check of our own
    word. What is not good JSON of the right form goes the usual way, which says what is wrong with it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        usual, handle, status = super().get_route_handler(), self.endpoint, self.status_code or 200
        body_type, about = list(get_annotations(handle, eval_str=True).values())[:2]
        read, of_request = TypeAdapter(body_type).validate_json, get_args(about)[0]

        async def answer(request: Request) -> Response:
            if request.headers.get("content-type") != _JSON:
                return await usual(request)
            try:
                body = read(await request.body())
            except ValidationError:
                return await usual(request)
            told: BaseModel = await handle(body, of_request(request))
            return Response(told.__pydantic_serializer__.to_json(told), status, media_type=_JSON)

        return answer
