"""The plain requests for lists, past the machinery that most routes need and a page of a shop need not wait for."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shopkeeper.kit.errors import ShopkeeperError
from shopkeeper.services.recommendations.contract import Recommendations, RecommendRequest
from shopkeeper.services.recommendations.pages import of_nobody
from shopkeeper.web.direct import again
from shopkeeper.web.errors import problem_of
from shopkeeper.web.gate import GRANT, Grant
from shopkeeper.web.shopper import is_refused

PATH = "/v1/recommendations"
_ASKED = {"user_id", "visitor_id", "scenario", "n", "model", "exclude_seen"}


@dataclass(frozen=True, slots=True)
class _Route:
    """What the log and the metrics call it."""

    path: str


class QuickLists:
    """Middleware that answers what it can read at once; all else, and what is wrong, goes on to the careful route.

    Both answer the same; pages, which may not see all of an answer, are always the careful one's.
    """

    def __init__(self, app: ASGIApp, recommendations: Recommendations) -> None:
        self._app, self._recommendations = app, recommendations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != PATH or _is_page(scope.get(GRANT)):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "GET":
            asked = _of_query(scope["query_string"])
        else:
            request = Request(scope, receive)
            body = await request.body()
            asked = _of_body(request, body)
            receive = again(body, receive)
        if asked is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _Route(PATH)
        try:
            asked = of_nobody(asked) if is_refused(scope) else asked
            answer = Response(await self._recommendations.recommend_json(asked), media_type="application/json")
        except ShopkeeperError as error:
            answer = problem_of(error)
        await answer(scope, receive, send)


def _is_page(grant: object) -> bool:
    return isinstance(grant, Grant) and grant.is_of_page


def _of_query(query: bytes) -> RecommendRequest | None:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs) or not given.keys() <= _ASKED or not (given.get("user_id") or given.get("visitor_id")):
        return None
    try:
        return RecommendRequest.model_validate(given)
    except ValidationError:
        return None


def _of_body(request: Request, body: bytes) -> RecommendRequest | None:
    if request.method != "POST" or request.headers.get("content-type") != "application/json":
        return None
    try:
        return RecommendRequest.model_validate_json(body)
    except ValidationError:
        return None
