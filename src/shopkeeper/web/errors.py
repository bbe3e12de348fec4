"""Failures as problem details (RFC 9457), and back."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from httpx import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFitted, NotFound, ShopkeeperError, UnknownName

# The first class that fits decides; what is not here is a failure of the server.
STATUS: Sequence[tuple[type[ShopkeeperError], int]] = (
    (UnknownName, 404),
    (NotFound, 404),
    (InvalidInput, 422),
    (NotFitted, 503),
    (IncompatibleVersion, 503),
)
_TITLES = {404: "Not found", 422: "Invalid input", 503: "Not ready", 500: "Failure"}


class Problem(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: str
    """Which kind of failure."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong and what to do, for people."""


PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {
        "description": _TITLES[status],
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status in (404, 422, 503)
}


class RemoteFailure(ShopkeeperError):
    """Another service did not answer as it should."""


def status_of(error: ShopkeeperError) -> int:
    """Return the HTTP status of a failure."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def add_handlers(app: FastAPI) -> None:
    """Answer every expected failure with a problem; its text is the one that people read elsewhere too."""

    @app.exception_handler(ShopkeeperError)
    async def expected(_request: Request, error: ShopkeeperError) -> JSONResponse:
        return problem(status_of(error), str(error))

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, error.detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        found = [f"{_place(one['loc'])}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()]
        return problem(422, "; ".join(found))


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem as an answer."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    body = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _place(location: Sequence[str | int]) -> str:
    """Return `events[3].at` of ("body", "events", 3, "at"), and `body` where no field is named."""
    path = ""
    for part in location[1:] if any(isinstance(part, str) for part in location[1:]) else location[:1]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def checked(response: Response) -> bytes:
    """Return the body of a good answer; raise what the service raised otherwise."""
    if response.is_success:
        return response.content
    try:
        detail = Problem.model_validate_json(response.content).detail
    except ValueError:
        detail = f"{response.request.url} answered {response.status_code}"
    for kind, status in STATUS:
        if status == response.status_code and kind is not UnknownName:
            raise kind(detail)
    raise RemoteFailure(detail)
